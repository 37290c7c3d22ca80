//! The port's writes as DynamoDB's requests.

use std::collections::HashMap;

use domain::ports::{Expect, Key, StoreError, Table, Write};
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::transact_write_items::{
    TransactConditionCheck, TransactDelete, TransactPut, TransactUpdate, TransactWriteItem,
};
use dynoxide::actions::update_item::UpdateItemRequest;
use dynoxide::types::AttributeValue;

use crate::values::{Attributes, key_attributes, to_attributes};

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
            let Condition { expression, names, values } = Condition::of(table, expect);
            action.put = Some(TransactPut {
                table_name: table.name.to_owned(),
                item: to_attributes(item)?,
                condition_expression: expression,
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactPut::default()
            });
        }
        Write::Delete { table, key, expect } => {
            let Condition { expression, names, values } = Condition::of(table, expect);
            action.delete = Some(TransactDelete {
                table_name: table.name.to_owned(),
                key: key_attributes(table, key)?,
                condition_expression: expression,
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactDelete::default()
            });
        }
        Write::Check { table, key, expect } => {
            let Condition { expression, names, values } = Condition::of(table, expect).or_always(table);
            action.condition_check = Some(TransactConditionCheck {
                table_name: table.name.to_owned(),
                key: key_attributes(table, key)?,
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
    let mut values = HashMap::from([(":by".to_owned(), AttributeValue::N(by.to_string()))]);
    let condition = at_most.map(|at_most| {
        values.insert(":at_most".into(), AttributeValue::N(at_most.to_string()));
        // What is absent counts as 0, which a negative bound does not allow either.
        if at_most < 0 { "#n <= :at_most" } else { "attribute_not_exists(#n) OR #n <= :at_most" }
    });
    Ok(TransactUpdate {
        table_name: table.name.to_owned(),
        key: key_attributes(table, key)?,
        update_expression: "ADD #n :by".into(),
        condition_expression: condition.map(str::to_owned),
        expression_attribute_names: Some(HashMap::from([("#n".to_owned(), attribute.to_owned())])),
        expression_attribute_values: Some(values),
        ..TransactUpdate::default()
    })
}

struct Condition {
    expression: Option<String>,
    names: Option<HashMap<String, String>>,
    values: Option<Attributes>,
}

impl Condition {
    fn of(table: &Table, expect: Expect) -> Self {
        let on_key = |expression: &str| Self {
            expression: Some(expression.to_owned()),
            names: Some(HashMap::from([("#k".to_owned(), table.partition.name.to_owned())])),
            values: None,
        };
        match expect {
            Expect::Any => Self { expression: None, names: None, values: None },
            Expect::Absent => on_key("attribute_not_exists(#k)"),
            Expect::Present => on_key("attribute_exists(#k)"),
            Expect::Rev(rev) => Self {
                expression: Some("#rev = :rev".into()),
                names: Some(HashMap::from([("#rev".to_owned(), "rev".to_owned())])),
                values: Some(HashMap::from([(":rev".to_owned(), AttributeValue::N(rev.to_string()))])),
            },
        }
    }

    /// A check must have a condition, even one that always holds.
    fn or_always(self, table: &Table) -> Self {
        if self.expression.is_some() {
            return self;
        }
        let mut always = Self::of(table, Expect::Present);
        always.expression = Some("attribute_exists(#k) OR attribute_not_exists(#k)".into());
        always
    }
}
