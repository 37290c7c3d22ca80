use std::collections::BTreeMap;

use domain::ports::{Attribute, AttributeKind, Projection, Table};
use serde_json::{Value, json};

/// A table as the code declares it, in the words of DynamoDB's `CreateTable`, without its name: attributes and indexes
/// in the order of their names.
pub fn definition(table: &Table) -> Value {
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
    let indexes: Vec<_> = indexes.collect();
    let mut definition = json!({
        "KeySchema": key(table.partition, table.sort),
        "AttributeDefinitions": attributes.into_values().collect::<Vec<_>>(),
        "BillingMode": "PAY_PER_REQUEST",
    });
    if !indexes.is_empty() {
        definition["GlobalSecondaryIndexes"] = indexes.into();
    }
    definition
}

fn key(partition: Attribute, sort: Option<Attribute>) -> Value {
    let mut key = vec![json!({"AttributeName": partition.name, "KeyType": "HASH"})];
    key.extend(sort.map(|sort| json!({"AttributeName": sort.name, "KeyType": "RANGE"})));
    key.into()
}
