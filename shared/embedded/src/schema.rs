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
                if stored.key_schema != to_json(&key_schema(table.partition, table.sort))? {
                    return Err(DynoxideError::ValidationException(format!(
                        "the table {} has another key than this version of Steward needs",
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
    let keys = [Some(table.partition), table.sort].into_iter().flatten();
    let index_keys = table.indexes.iter().flat_map(|index| [index.partition, index.sort]);
    let indexes: Vec<_> = table.indexes.iter().map(index_definition).collect();
    database.create_table(CreateTableRequest {
        table_name: table.name.to_owned(),
        key_schema: key_schema(table.partition, table.sort),
        attribute_definitions: definitions(keys.chain(index_keys)),
        global_secondary_indexes: (!indexes.is_empty()).then_some(indexes),
        billing_mode: Some("PAY_PER_REQUEST".into()),
        ..CreateTableRequest::default()
    })?;
    Ok(())
}

/// An index that is declared otherwise than it was made is made anew.
fn add_indexes(database: &Database, table: &Table, stored: Option<&str>) -> Result<(), DynoxideError> {
    let stored: Vec<GlobalSecondaryIndex> = stored
        .map(serde_json::from_str)
        .transpose()
        .map_err(|error| DynoxideError::InternalServerError(format!("indexes of {}: {error}", table.name)))?
        .unwrap_or_default();
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

fn to_json<T: serde::Serialize>(value: &T) -> Result<String, DynoxideError> {
    serde_json::to_string(value).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
