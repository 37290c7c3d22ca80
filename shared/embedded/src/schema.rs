//! Makes the declared tables and indexes where they are missing.

use domain::ports::{Attribute, AttributeKind, Index, Projection, Table};
use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::update_table::{
    CreateGsiAction, DeleteGsiAction, GlobalSecondaryIndexUpdate, UpdateTableRequest,
};
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::errors::DynoxideError;
use dynoxide::types::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection as DynamoProjection,
    ProjectionType, ScalarAttributeType,
};

/// Brings the database to the declared tables. Data of tables and indexes that are declared no more stays.
pub(crate) fn ensure<'a>(
    database: &Database,
    tables: impl IntoIterator<Item = &'a Table>,
) -> Result<(), DynoxideError> {
    for table in tables {
        match database.get_table_metadata(table.name)? {
            None => create(database, table)?,
            Some(stored) => {
                let key: Vec<KeySchemaElement> = parse(table, &stored.key_schema)?;
                let types: Vec<AttributeDefinition> = parse(table, &stored.attribute_definitions)?;
                let retyped = |wanted: AttributeDefinition| {
                    types.iter().any(|old| old.attribute_name == wanted.attribute_name && *old != wanted)
                };
                if key != key_schema(table.partition, table.sort) || key_definitions(table).into_iter().any(retyped) {
                    return Err(DynoxideError::ValidationException(format!(
                        "the table {} has other keys than this version of Steward needs",
                        table.name
                    )));
                }
                add_indexes(database, table, stored.gsi_definitions.as_deref())?;
            }
        }
        if let Some(attribute) = table.ttl {
            database.update_time_to_live(UpdateTimeToLiveRequest {
                table_name: table.name.to_owned(),
                time_to_live_specification: TimeToLiveSpecification {
                    attribute_name: attribute.to_owned(),
                    enabled: true,
                },
            })?;
        }
    }
    Ok(())
}

fn create(database: &Database, table: &Table) -> Result<(), DynoxideError> {
    let indexes: Vec<_> = table.indexes.iter().map(index_definition).collect();
    database.create_table(CreateTableRequest {
        table_name: table.name.to_owned(),
        key_schema: key_schema(table.partition, table.sort),
        attribute_definitions: key_definitions(table),
        global_secondary_indexes: (!indexes.is_empty()).then_some(indexes),
        billing_mode: Some("PAY_PER_REQUEST".into()),
        ..CreateTableRequest::default()
    })?;
    Ok(())
}

/// An index that is declared otherwise than it was made is made anew.
fn add_indexes(database: &Database, table: &Table, stored: Option<&str>) -> Result<(), DynoxideError> {
    let stored: Vec<GlobalSecondaryIndex> = stored.map(|json| parse(table, json)).transpose()?.unwrap_or_default();
    for index in table.indexes {
        let wanted = index_definition(index);
        match stored.iter().find(|stored| stored.index_name == index.name) {
            Some(stored) if *stored == wanted => continue,
            Some(_) => {
                let delete = DeleteGsiAction { index_name: index.name.to_owned() };
                update(
                    database,
                    table,
                    None,
                    GlobalSecondaryIndexUpdate { delete: Some(delete), ..Default::default() },
                )?;
            }
            None => {}
        }
        let create = CreateGsiAction {
            index_name: wanted.index_name,
            key_schema: wanted.key_schema,
            projection: wanted.projection,
        };
        update(
            database,
            table,
            Some(definitions([index.partition, index.sort])),
            GlobalSecondaryIndexUpdate { create: Some(create), ..Default::default() },
        )?;
    }
    Ok(())
}

fn update(
    database: &Database,
    table: &Table,
    attribute_definitions: Option<Vec<AttributeDefinition>>,
    change: GlobalSecondaryIndexUpdate,
) -> Result<(), DynoxideError> {
    database.update_table(UpdateTableRequest {
        table_name: table.name.to_owned(),
        attribute_definitions,
        global_secondary_index_updates: Some(vec![change]),
        ..UpdateTableRequest::default()
    })?;
    Ok(())
}

fn index_definition(index: &Index) -> GlobalSecondaryIndex {
    let (projection_type, non_key_attributes) = match index.projection {
        Projection::All => (ProjectionType::ALL, None),
        Projection::Include(names) => {
            (ProjectionType::INCLUDE, Some(names.iter().map(|name| (*name).to_owned()).collect()))
        }
    };
    GlobalSecondaryIndex {
        index_name: index.name.to_owned(),
        key_schema: key_schema(index.partition, Some(index.sort)),
        projection: DynamoProjection { projection_type: Some(projection_type), non_key_attributes },
        provisioned_throughput: None,
    }
}

fn key_schema(partition: Attribute, sort: Option<Attribute>) -> Vec<KeySchemaElement> {
    let element =
        |attribute: Attribute, key_type| KeySchemaElement { attribute_name: attribute.name.to_owned(), key_type };
    let mut schema = vec![element(partition, KeyType::HASH)];
    schema.extend(sort.map(|sort| element(sort, KeyType::RANGE)));
    schema
}

/// The key attributes of a table and its indexes.
fn key_definitions(table: &Table) -> Vec<AttributeDefinition> {
    let keys = [Some(table.partition), table.sort].into_iter().flatten();
    definitions(keys.chain(table.indexes.iter().flat_map(|index| [index.partition, index.sort])))
}

fn definitions(attributes: impl IntoIterator<Item = Attribute>) -> Vec<AttributeDefinition> {
    let mut definitions: Vec<AttributeDefinition> = Vec::new();
    for attribute in attributes {
        if !definitions.iter().any(|definition| definition.attribute_name == attribute.name) {
            let attribute_type = match attribute.kind {
                AttributeKind::Text => ScalarAttributeType::S,
                AttributeKind::Number => ScalarAttributeType::N,
            };
            definitions.push(AttributeDefinition { attribute_name: attribute.name.to_owned(), attribute_type });
        }
    }
    definitions
}

fn parse<T: serde::de::DeserializeOwned>(table: &Table, json: &str) -> Result<T, DynoxideError> {
    serde_json::from_str(json)
        .map_err(|error| DynoxideError::InternalServerError(format!("the definition of {}: {error}", table.name)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use dynoxide::actions::put_item::PutItemRequest;
    use dynoxide::actions::query::QueryRequest;
    use dynoxide::types::AttributeValue;

    use super::*;

    const BY_OWNER: Index = Index {
        name: "by_owner",
        partition: Attribute::number("owner"),
        sort: Attribute::number("id"),
        projection: Projection::Include(&["search"]),
    };
    const OLD: Table =
        Table { name: "things", partition: Attribute::number("id"), sort: None, indexes: &[], ttl: None };
    const INDEXED: Table = Table { indexes: &[BY_OWNER], ttl: Some("ends"), ..OLD };
    const WIDER: Table = Table { indexes: &[Index { projection: Projection::All, ..BY_OWNER }], ..INDEXED };

    fn listed(database: &Database) -> Vec<usize> {
        let response = database.query(QueryRequest {
            table_name: "things".into(),
            index_name: Some("by_owner".into()),
            key_condition_expression: Some("#o = :o".into()),
            expression_attribute_names: Some(HashMap::from([("#o".into(), "owner".into())])),
            expression_attribute_values: Some(HashMap::from([(":o".into(), AttributeValue::N("7".into()))])),
            ..QueryRequest::default()
        });
        response.unwrap().items.unwrap().iter().map(HashMap::len).collect()
    }

    #[test]
    fn an_older_file_gets_what_it_lacks_and_keeps_what_it_has() {
        let database = Database::memory().unwrap();
        ensure(&database, [&OLD]).unwrap();
        let text = |text: &str| AttributeValue::S(text.into());
        for id in ["1", "2"] {
            let item = HashMap::from([
                ("id".into(), AttributeValue::N(id.into())),
                ("owner".into(), AttributeValue::N("7".into())),
                ("search".into(), text("shop")),
                ("chain".into(), text("long")),
            ]);
            database.put_item(PutItemRequest { table_name: "things".into(), item, ..Default::default() }).unwrap();
        }
        for _ in 0..2 {
            ensure(&database, [&INDEXED]).unwrap();
            assert_eq!(listed(&database), [3, 3]);
        }
        for _ in 0..2 {
            ensure(&database, [&WIDER]).unwrap();
            assert_eq!(listed(&database), [4, 4]);
        }
    }

    #[test]
    fn a_table_with_another_key_is_refused() {
        let database = Database::memory().unwrap();
        ensure(&database, [&OLD]).unwrap();
        let error = ensure(&database, [&Table { partition: Attribute::text("name"), ..OLD }]).unwrap_err();
        assert!(error.to_string().contains("things has other keys"), "{error}");
        // The key's name is the same, its type is not.
        let error = ensure(&database, [&Table { partition: Attribute::text("id"), ..OLD }]).unwrap_err();
        assert!(error.to_string().contains("things has other keys"), "{error}");
    }
}
