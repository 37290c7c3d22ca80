//! The port's writes as DynamoDB's requests.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use domain::ports::{Expect, Key, StoreError, Table, Write};
use dynamo::{Addition, Condition, addition, key_attributes, to_attributes};

use crate::values::Sdk;

/// A write as a call of its own.
pub(crate) enum Single {
    Put(Put),
    /// One that expects nothing.
    Delete(Delete),
    /// What DynamoDB does in a transaction only, or what must not happen twice.
    Transaction(Write),
}

pub(crate) fn single(write: Write, name: impl Fn(&Table) -> String) -> Result<Single, StoreError> {
    if matches!(write, Write::Put { .. } | Write::Delete { expect: Expect::Any, .. }) {
        let item = transactional(write, name)?;
        return match item {
            TransactWriteItem { put: Some(put), .. } => Ok(Single::Put(put)),
            TransactWriteItem { delete: Some(delete), .. } => Ok(Single::Delete(delete)),
            _ => Err(StoreError::Failed("a write became another".into())),
        };
    }
    Ok(Single::Transaction(write))
}

pub(crate) fn transactional(write: Write, name: impl Fn(&Table) -> String) -> Result<TransactWriteItem, StoreError> {
    let action = TransactWriteItem::builder();
    let action = match write {
        Write::Put { table, item, expect } => {
            let Condition { expression, names, values } = Condition::<Sdk>::of(table, expect);
            let put = Put::builder()
                .table_name(name(table))
                .set_item(Some(to_attributes::<Sdk>(item)?))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
            action.put(put.build().map_err(incomplete)?)
        }
        Write::Delete { table, key, expect } => {
            let Condition { expression, names, values } = Condition::<Sdk>::of(table, expect);
            let delete = Delete::builder()
                .table_name(name(table))
                .set_key(Some(key_attributes::<Sdk>(table, key)?))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
            action.delete(delete.build().map_err(incomplete)?)
        }
        Write::Check { table, key, expect } => {
            let Condition { expression, names, values } = Condition::<Sdk>::of(table, expect).or_always(table);
            let check = ConditionCheck::builder()
                .table_name(name(table))
                .set_key(Some(key_attributes::<Sdk>(table, key)?))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
            action.condition_check(check.build().map_err(incomplete)?)
        }
        Write::Add { table, key, attribute, by, at_most } => {
            action.update(add(table, name(table), key, attribute, by, at_most)?)
        }
    };
    Ok(action.build())
}

/// The update that adds to a counter.
pub(crate) fn add(
    table: &Table,
    table_name: String,
    key: Key,
    attribute: &str,
    by: i64,
    at_most: Option<i64>,
) -> Result<Update, StoreError> {
    let Addition { update, condition, names, values } = addition::<Sdk>(attribute, by, at_most);
    let update = Update::builder()
        .table_name(table_name)
        .set_key(Some(key_attributes::<Sdk>(table, key)?))
        .update_expression(update)
        .set_condition_expression(condition)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values(Some(values));
    update.build().map_err(incomplete)
}

/// A request lacks what it must have.
pub(crate) fn incomplete(error: BuildError) -> StoreError {
    StoreError::Failed(error.to_string())
}
