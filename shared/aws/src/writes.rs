//! The port's writes and queries as DynamoDB's requests.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use domain::ports::{Expect, Key, Query, StoreError, Table, Write};

use crate::values::{Attributes, key_attribute, key_attributes, to_attributes};

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
            let Condition { expression, names, values } = Condition::of(table, expect);
            let put = Put::builder()
                .table_name(name(table))
                .set_item(Some(to_attributes(item)?))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
            action.put(put.build().map_err(incomplete)?)
        }
        Write::Delete { table, key, expect } => {
            let Condition { expression, names, values } = Condition::of(table, expect);
            let delete = Delete::builder()
                .table_name(name(table))
                .set_key(Some(key_attributes(table, key)?))
                .set_condition_expression(expression)
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values);
            action.delete(delete.build().map_err(incomplete)?)
        }
        Write::Check { table, key, expect } => {
            let Condition { expression, names, values } = Condition::of(table, expect).or_always(table);
            let check = ConditionCheck::builder()
                .table_name(name(table))
                .set_key(Some(key_attributes(table, key)?))
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
    let mut update = Update::builder()
        .table_name(table_name)
        .set_key(Some(key_attributes(table, key)?))
        .update_expression("ADD #n :by")
        .expression_attribute_names("#n", attribute)
        .expression_attribute_values(":by", AttributeValue::N(by.to_string()));
    if let Some(at_most) = at_most {
        // What is absent counts as 0, which a negative bound does not allow either.
        let condition = if at_most < 0 { "#n <= :at_most" } else { "attribute_not_exists(#n) OR #n <= :at_most" };
        update = update
            .condition_expression(condition)
            .expression_attribute_values(":at_most", AttributeValue::N(at_most.to_string()));
    }
    update.build().map_err(incomplete)
}

/// The expressions of a query.
pub(crate) struct Reading {
    pub(crate) condition: String,
    pub(crate) filter: Option<String>,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: Attributes,
}

pub(crate) fn reading(query: &Query) -> Result<Reading, StoreError> {
    let table = query.table;
    let (partition, sort) = match query.index {
        None => (table.partition, table.sort),
        Some(name) => {
            let index = table.indexes.iter().find(|index| index.name == name);
            let index = index.ok_or_else(|| StoreError::Failed(format!("{} has no index {name}", table.name)))?;
            (index.partition, Some(index.sort))
        }
    };
    let mut condition = "#p = :p".to_owned();
    let mut names = HashMap::from([("#p".to_owned(), partition.name.to_owned())]);
    let mut values = HashMap::from([(":p".to_owned(), key_attribute(query.partition.clone()))]);
    if let Some(bound) = &query.sort_at_most {
        let sort = sort.ok_or_else(|| StoreError::Failed(format!("{} has no sort key", table.name)))?;
        condition.push_str(" AND #s <= :s");
        names.insert("#s".into(), sort.name.to_owned());
        values.insert(":s".into(), key_attribute(bound.clone()));
    }
    let filter = query.contains.as_ref().map(|(attribute, text)| {
        names.insert("#c".into(), (*attribute).to_owned());
        values.insert(":c".into(), AttributeValue::S(text.clone()));
        "contains(#c, :c)".to_owned()
    });
    Ok(Reading { condition, filter, names, values })
}

/// A request lacks what it must have.
pub(crate) fn incomplete(error: BuildError) -> StoreError {
    StoreError::Failed(error.to_string())
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
