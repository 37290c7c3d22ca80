//! The port's writes as DynamoDB's requests.

use domain::ports::{Key, StoreError, Table, Write};
use dynamo::{Addition, Condition, addition, key_attributes, to_attributes};
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::transact_write_items::{
    TransactConditionCheck, TransactDelete, TransactPut, TransactUpdate, TransactWriteItem,
};
use dynoxide::actions::update_item::UpdateItemRequest;

use crate::values::Dynoxide;

/// A write as a call of its own.
pub(crate) enum Single {
    Put(PutItemRequest),
    Delete(DeleteItemRequest),
    Update(UpdateItemRequest),
    /// DynamoDB checks without writing in a transaction only.
    Check(Box<TransactWriteItem>),
}

pub(crate) fn single(write: Write) -> Result<Single, StoreError> {
    let item = transactional(write)?;
    Ok(match item {
        TransactWriteItem { put: Some(put), .. } => Single::Put(PutItemRequest {
            table_name: put.table_name,
            item: put.item,
            condition_expression: put.condition_expression,
            expression_attribute_names: put.expression_attribute_names,
            expression_attribute_values: put.expression_attribute_values,
            ..PutItemRequest::default()
        }),
        TransactWriteItem { delete: Some(delete), .. } => Single::Delete(DeleteItemRequest {
            table_name: delete.table_name,
            key: delete.key,
            condition_expression: delete.condition_expression,
            expression_attribute_names: delete.expression_attribute_names,
            expression_attribute_values: delete.expression_attribute_values,
            ..DeleteItemRequest::default()
        }),
        TransactWriteItem { update: Some(update), .. } => Single::Update(UpdateItemRequest {
            table_name: update.table_name,
            key: update.key,
            update_expression: Some(update.update_expression),
            condition_expression: update.condition_expression,
            expression_attribute_names: update.expression_attribute_names,
            expression_attribute_values: update.expression_attribute_values,
            ..UpdateItemRequest::default()
        }),
        check => Single::Check(Box::new(check)),
    })
}

pub(crate) fn transactional(write: Write) -> Result<TransactWriteItem, StoreError> {
    let mut action = TransactWriteItem::default();
    match write {
        Write::Put { table, item, expect } => {
            let Condition { expression, names, values } = Condition::<Dynoxide>::of(table, expect);
            action.put = Some(TransactPut {
                table_name: table.name.to_owned(),
                item: to_attributes::<Dynoxide>(item)?,
                condition_expression: expression,
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactPut::default()
            });
        }
        Write::Delete { table, key, expect } => {
            let Condition { expression, names, values } = Condition::<Dynoxide>::of(table, expect);
            action.delete = Some(TransactDelete {
                table_name: table.name.to_owned(),
                key: key_attributes::<Dynoxide>(table, key)?,
                condition_expression: expression,
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactDelete::default()
            });
        }
        Write::Check { table, key, expect } => {
            let Condition { expression, names, values } = Condition::<Dynoxide>::of(table, expect).or_always(table);
            action.condition_check = Some(TransactConditionCheck {
                table_name: table.name.to_owned(),
                key: key_attributes::<Dynoxide>(table, key)?,
                condition_expression: expression.unwrap_or_default(),
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactConditionCheck::default()
            });
        }
        Write::Add { table, key, attribute, by, at_most } => {
            action.update = Some(add(table, key, attribute, by, at_most)?);
        }
    }
    Ok(action)
}

/// The update that adds to a counter and gives its new value.
pub(crate) fn increment(table: &Table, key: Key, attribute: &str, by: i64) -> Result<UpdateItemRequest, StoreError> {
    let update = add(table, key, attribute, by, None)?;
    Ok(UpdateItemRequest {
        table_name: update.table_name,
        key: update.key,
        update_expression: Some(update.update_expression),
        expression_attribute_names: update.expression_attribute_names,
        expression_attribute_values: update.expression_attribute_values,
        return_values: Some("UPDATED_NEW".into()),
        ..UpdateItemRequest::default()
    })
}

fn add(table: &Table, key: Key, attribute: &str, by: i64, at_most: Option<i64>) -> Result<TransactUpdate, StoreError> {
    let Addition { update, condition, names, values } = addition::<Dynoxide>(attribute, by, at_most);
    Ok(TransactUpdate {
        table_name: table.name.to_owned(),
        key: key_attributes::<Dynoxide>(table, key)?,
        update_expression: update,
        condition_expression: condition,
        expression_attribute_names: Some(names),
        expression_attribute_values: Some(values),
        ..TransactUpdate::default()
    })
}
