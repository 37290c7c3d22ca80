use std::collections::HashMap;

use domain::ports::{Expect, Query, StoreError, Table};

use crate::keys::key_attribute;
use crate::values::{Attributes, Dialect, Shape};

/// What must hold for a write to happen, with what its placeholders stand for. Without anything to expect it has none
/// of the three: DynamoDB refuses empty ones.
pub struct Condition<D: Dialect> {
    /// The condition expression.
    pub expression: Option<String>,
    /// The attribute names in it.
    pub names: Option<HashMap<String, String>>,
    /// The values in it.
    pub values: Option<Attributes<D>>,
}

impl<D: Dialect> Condition<D> {
    /// What an expectation means for a row of the table.
    pub fn of(table: &Table, expect: Expect) -> Self {
        match expect {
            Expect::Any => Self { expression: None, names: None, values: None },
            Expect::Absent => Self::on_key(table, "attribute_not_exists(#k)"),
            Expect::Present => Self::on_key(table, "attribute_exists(#k)"),
            Expect::Rev(rev) => Self {
                expression: Some("#rev = :rev".into()),
                names: Some(HashMap::from([("#rev".to_owned(), "rev".to_owned())])),
                values: Some(HashMap::from([(":rev".to_owned(), number::<D>(rev))])),
            },
        }
    }

    /// The same for a check, which must have a condition, even one that always holds.
    #[must_use]
    pub fn or_always(self, table: &Table) -> Self {
        if self.expression.is_some() {
            return self;
        }
        Self::on_key(table, "attribute_exists(#k) OR attribute_not_exists(#k)")
    }

    fn on_key(table: &Table, expression: &str) -> Self {
        Self {
            expression: Some(expression.to_owned()),
            names: Some(HashMap::from([("#k".to_owned(), table.partition.name.to_owned())])),
            values: None,
        }
    }
}

/// The update that adds to a counter.
pub struct Addition<D: Dialect> {
    /// The update expression.
    pub update: String,
    /// The condition expression.
    pub condition: Option<String>,
    /// The attribute names in them.
    pub names: HashMap<String, String>,
    /// The values in them.
    pub values: Attributes<D>,
}

/// Adds to an attribute whose value is at most this now, where there is a bound.
pub fn addition<D: Dialect>(attribute: &str, by: i64, at_most: Option<i64>) -> Addition<D> {
    let mut values = HashMap::from([(":by".to_owned(), number::<D>(by))]);
    let condition = at_most.map(|at_most| {
        values.insert(":at_most".into(), number::<D>(at_most));
        // What is absent counts as 0, which a negative bound does not allow either.
        let condition = if at_most < 0 { "#n <= :at_most" } else { "attribute_not_exists(#n) OR #n <= :at_most" };
        condition.to_owned()
    });
    let names = HashMap::from([("#n".to_owned(), attribute.to_owned())]);
    Addition { update: "ADD #n :by".to_owned(), condition, names, values }
}

/// The expressions of a query.
pub struct Reading<D: Dialect> {
    /// The key condition expression.
    pub condition: String,
    /// The filter expression.
    pub filter: Option<String>,
    /// The attribute names in them.
    pub names: HashMap<String, String>,
    /// The values in them.
    pub values: Attributes<D>,
}

/// What a query reads; fails where the table has no such index or no sort key.
pub fn reading<D: Dialect>(query: &Query) -> Result<Reading<D>, StoreError> {
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
    let mut values = HashMap::from([(":p".to_owned(), key_attribute::<D>(query.partition.clone()))]);
    if let Some(bound) = &query.sort_at_most {
        let sort = sort.ok_or_else(|| StoreError::Failed(format!("{} has no sort key", table.name)))?;
        condition.push_str(" AND #s <= :s");
        names.insert("#s".into(), sort.name.to_owned());
        values.insert(":s".into(), key_attribute::<D>(bound.clone()));
    }
    let filter = query.contains.as_ref().map(|(attribute, text)| {
        names.insert("#c".into(), (*attribute).to_owned());
        values.insert(":c".into(), D::write(Shape::Text(text.clone())));
        "contains(#c, :c)".to_owned()
    });
    Ok(Reading { condition, filter, names, values })
}

fn number<D: Dialect>(number: impl ToString) -> D::Value {
    D::write(Shape::Number(number.to_string()))
}
