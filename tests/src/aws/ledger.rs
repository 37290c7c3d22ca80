use std::fmt;
use std::sync::Mutex;

use aws::Observer;
use serde_json::{Map, Value};

use super::rights::needed;
use crate::walk::Meter;

/// What one unit of reading is for, in bytes.
const READ_UNIT: usize = 4096;

/// One call to AWS, and the capacity of DynamoDB that it used.
///
/// What is written is what DynamoDB says, or an emulator in its place: a unit for each KB begun, twice in a
/// transaction, and as many again in each index that changes. An emulator forgets that reading more than 4 KB takes
/// more: what is read is also computed from the answer, at half a unit for what an index gives. A write that is refused
/// counts as nothing.
#[derive(Clone, Debug, Default)]
pub struct Charge {
    /// `dynamodb`, `sqs`, `secretsmanager` or `scheduler`.
    pub service: &'static str,
    /// E.g. `PutItem`.
    pub operation: String,
    /// The tables it was about, without the name of the stack.
    pub tables: Vec<String>,
    /// The rights that it needed, in DynamoDB by table, elsewhere by action only.
    pub rights: Vec<String>,
    /// Units of reading.
    pub reads: f64,
    /// Units of writing.
    pub writes: f64,
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.service {
            "dynamodb" => write!(f, "{} {}", self.operation, self.tables.join("+")),
            service => write!(f, "{service}:{}", self.operation),
        }
    }
}

/// Remembers what the calls to one stack cost.
#[derive(Debug)]
pub struct Ledger {
    stack: String,
    sent: Mutex<usize>,
    asked: Mutex<Vec<(String, Vec<String>)>>,
    charges: Mutex<Vec<Charge>>,
}

impl Ledger {
    /// One for this stack.
    pub fn new(stack: &str) -> Self {
        Self { stack: stack.to_owned(), sent: Mutex::default(), asked: Mutex::default(), charges: Mutex::default() }
    }

    fn charge(&self, charge: &mut Charge, used: &Value, answer: &Value) {
        charge.tables.push(self.table(used["TableName"].as_str().unwrap_or_default()));
        let said = used["CapacityUnits"].as_f64().unwrap_or_default();
        match charge.operation.as_str() {
            "GetItem" => charge.reads += said.max(blocks(size(&answer["Item"]))),
            "Query" | "Scan" => {
                let items = answer["Items"].as_array().into_iter().flatten();
                let share = if used["GlobalSecondaryIndexes"].is_object() { 0.5 } else { 1.0 };
                charge.reads += said.max(share * blocks(items.map(size).sum()));
            }
            _ => charge.writes += said,
        }
    }

    /// A batch: Ministack does not say what it used.
    fn charge_batch(&self, charge: &mut Charge, responses: &Map<String, Value>) {
        for (name, items) in responses {
            charge.tables.push(self.table(name));
            let items = items.as_array().into_iter().flatten();
            charge.reads += items.map(|item| blocks(size(item))).sum::<f64>().max(1.0);
        }
    }

    /// Those of the call that is answered: the oldest of its kind.
    fn rights(&self, service: &str, operation: &str) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap();
        match asked.iter().position(|(of, _)| service == "dynamodb" && of == operation) {
            Some(index) => asked.remove(index).1,
            None => vec![format!("{service}:{operation}")],
        }
    }

    fn table(&self, name: &str) -> String {
        name.trim_start_matches(&self.stack).trim_start_matches('-').to_owned()
    }
}

impl Observer for Ledger {
    fn called(&self, _service: &'static str, _operation: &str) {
        *self.sent.lock().unwrap() += 1;
    }

    fn asked(&self, operation: &str, body: &[u8]) {
        let request = serde_json::from_slice(body).unwrap_or_default();
        let rights = needed(operation, &request, |name| self.table(name));
        self.asked.lock().unwrap().push((operation.to_owned(), rights));
    }

    fn asks_capacity(&self) -> bool {
        true
    }

    fn answered(&self, service: &'static str, operation: &str, body: &[u8]) {
        let mut charge = Charge { service, operation: operation.to_owned(), ..Charge::default() };
        charge.rights = self.rights(service, operation);
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(responses) = answer["Responses"].as_object() {
            self.charge_batch(&mut charge, responses);
        }
        match &answer["ConsumedCapacity"] {
            _ if operation == "BatchGetItem" => {}
            Value::Array(tables) => tables.iter().for_each(|used| self.charge(&mut charge, used, &answer)),
            Value::Object(_) => self.charge(&mut charge, &answer["ConsumedCapacity"], &answer),
            _ => assert!(service != "dynamodb" || answer["__type"].is_string(), "{operation} did not say what it used"),
        }
        self.charges.lock().unwrap().push(charge);
    }
}

impl Meter for Ledger {
    type Call = Charge;

    fn take(&self) -> Vec<Charge> {
        let charges = std::mem::take(&mut *self.charges.lock().unwrap());
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        assert_eq!(charges.len(), sent, "each call that is sent is answered");
        charges
    }
}

fn blocks(size: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an answer has at most a megabyte")]
    let blocks = size.div_ceil(READ_UNIT).max(1) as f64;
    blocks
}

/// The size of an item or of a value in DynamoDB's JSON, as it is billed: names, texts as they are, numbers by two
/// digits a byte, three bytes and one for each member for lists and maps.
fn size(value: &Value) -> usize {
    let Some(fields) = value.as_object() else { return 0 };
    fields.iter().map(|(name, value)| name.len() + attribute(value)).sum()
}

fn attribute(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    let members = || value.as_array().map_or(0, Vec::len) + value.as_object().map_or(0, serde_json::Map::len);
    match kind.as_str() {
        "S" => value.as_str().map_or(0, str::len),
        "N" => value.as_str().map_or(0, |digits| digits.len().div_ceil(2) + 1),
        "L" => 3 + members() + value.as_array().into_iter().flatten().map(attribute).sum::<usize>(),
        "M" => 3 + members() + size(value),
        _ => 1,
    }
}
