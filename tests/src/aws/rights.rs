use serde_json::{Map, Value};

/// The rights that a call to DynamoDB needs, each as `action table`, `action table/index` or, where a role may only
/// reach some families of the vault, `action table[family]`.
pub fn needed(operation: &str, request: &Value, table: impl Fn(&str) -> String) -> Vec<String> {
    let right = |action: &str, asked: &Value| {
        let name = table(asked["TableName"].as_str().unwrap_or_default());
        let index = asked["IndexName"].as_str().map(|index| format!("/{index}")).unwrap_or_default();
        format!("{action} {name}{index}{}", family(asked))
    };
    let members = |asked: &Value| asked.as_object().cloned().unwrap_or_else(Map::new);
    match operation {
        "TransactWriteItems" => {
            let items = request["TransactItems"].as_array().into_iter().flatten();
            let of_item = |(kind, asked): (String, Value)| {
                let action = if kind == "ConditionCheck" { "ConditionCheckItem".into() } else { format!("{kind}Item") };
                right(&action, &asked)
            };
            items.flat_map(members).map(of_item).collect()
        }
        "BatchGetItem" => {
            members(&request["RequestItems"]).keys().map(|name| format!("{operation} {}", table(name))).collect()
        }
        _ => vec![right(operation, request)],
    }
}

/// The family of the vault that is asked for.
fn family(asked: &Value) -> String {
    let row = if asked["Item"].is_object() { &asked["Item"] } else { &asked["Key"] };
    let of_row = row["family"]["S"].as_str();
    // A query names its partition among its values.
    let is_vault = asked["TableName"].as_str().is_some_and(|table| table.ends_with("vault_secrets"));
    let values = asked["ExpressionAttributeValues"].as_object().filter(|_| is_vault);
    let of_query = values.and_then(|values| values.values().find_map(|value| value["S"].as_str()));
    of_row.or(of_query).map(|family| format!("[{family}]")).unwrap_or_default()
}
