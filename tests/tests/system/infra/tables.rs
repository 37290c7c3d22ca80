use std::collections::BTreeMap;

use domain::ports::{Attribute, AttributeKind, Projection, Table};
use serde_json::{Value, json};
use system_tests::template::{Template, of_stack};

#[test]
fn the_tables_are_those_of_the_code() {
    let template = Template::read();
    let tables = template.of_type("AWS::DynamoDB::Table").into_iter();
    let deployed: BTreeMap<&str, Value> =
        tables.map(|(_, table)| (of_stack(&table["Properties"]["TableName"]), shape(&table["Properties"]))).collect();
    let declared: BTreeMap<&str, Value> = aws::tables().map(|table| (table.name, declared(table))).collect();
    assert_eq!(deployed.keys().collect::<Vec<_>>(), declared.keys().collect::<Vec<_>>());
    for (name, table) in declared {
        assert_eq!(deployed[name], table, "{name}");
    }
}

#[test]
fn nothing_stored_is_lost_with_the_stack() {
    let template = Template::read();
    let kinds = ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"];
    let kept: Vec<_> = kinds.iter().flat_map(|kind| template.of_type(kind)).collect();
    assert_eq!(kept.len(), aws::tables().count() + 1);
    for (name, resource) in kept {
        // But not by a deployment that failed: it would be in the way of the next one.
        assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{name}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
    }
    for (name, table) in template.of_type("AWS::DynamoDB::Table") {
        let backups = &table["Properties"]["PointInTimeRecoverySpecification"];
        assert_eq!(backups["PointInTimeRecoveryEnabled"], true, "{name}");
    }
}

/// A table as the template has it, in one order.
fn shape(table: &Value) -> Value {
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    let sorted = |value: &Value, by: &str| {
        let mut members = value.as_array().cloned().unwrap_or_default();
        members.sort_by_key(|member| member[by].to_string());
        members
    };
    json!({
        "attributes": sorted(&table["AttributeDefinitions"], "AttributeName"),
        "key": table["KeySchema"],
        "indexes": sorted(&table["GlobalSecondaryIndexes"], "IndexName"),
        "ttl": table["TimeToLiveSpecification"],
    })
}

/// A table as the code declares it, in the template's words.
fn declared(table: &Table) -> Value {
    let of_indexes = table.indexes.iter().flat_map(|index| [index.partition, index.sort]);
    let attributes = [table.partition].into_iter().chain(table.sort).chain(of_indexes);
    let attributes: BTreeMap<&str, Value> = attributes
        .map(|attribute| {
            let kind = match attribute.kind {
                AttributeKind::Text => "S",
                AttributeKind::Number => "N",
            };
            (attribute.name, json!({"AttributeName": attribute.name, "AttributeType": kind}))
        })
        .collect();
    let mut indexes: Vec<_> = table.indexes.iter().collect();
    indexes.sort_by_key(|index| index.name);
    let indexes = indexes.into_iter().map(|index| {
        let projection = match index.projection {
            Projection::All => json!({"ProjectionType": "ALL"}),
            Projection::Include(attributes) => json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": attributes}),
        };
        json!({"IndexName": index.name, "KeySchema": key(index.partition, Some(index.sort)), "Projection": projection})
    });
    json!({
        "attributes": attributes.into_values().collect::<Vec<_>>(),
        "key": key(table.partition, table.sort),
        "indexes": indexes.collect::<Vec<_>>(),
        "ttl": table.ttl.map(|attribute| json!({"AttributeName": attribute, "Enabled": true})),
    })
}

fn key(partition: Attribute, sort: Option<Attribute>) -> Value {
    let mut key = vec![json!({"AttributeName": partition.name, "KeyType": "HASH"})];
    key.extend(sort.map(|sort| json!({"AttributeName": sort.name, "KeyType": "RANGE"})));
    key.into()
}
