use std::collections::BTreeMap;

use domain::ports::Table;
use serde_json::{Value, json};
use system_tests::definition;
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
    let sorted = |value: &Value, by: &str| {
        let mut members = value.as_array().cloned().unwrap_or_default();
        members.sort_by_key(|member| member[by].to_string());
        members
    };
    json!({
        "AttributeDefinitions": sorted(&table["AttributeDefinitions"], "AttributeName"),
        "BillingMode": table["BillingMode"],
        "GlobalSecondaryIndexes": sorted(&table["GlobalSecondaryIndexes"], "IndexName"),
        "KeySchema": table["KeySchema"],
        "TimeToLiveSpecification": table["TimeToLiveSpecification"],
    })
}

/// A table as the code declares it, in the template's words.
fn declared(table: &Table) -> Value {
    let mut declared = definition(table);
    declared["TimeToLiveSpecification"] = table.ttl.map(|name| json!({"AttributeName": name, "Enabled": true})).into();
    shape(&declared)
}
