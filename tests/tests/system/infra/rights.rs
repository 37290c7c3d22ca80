//! What each function's role allows, against what the function was seen to need: an emulator allows everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use system_tests::aws::{Charge, Measured};
use system_tests::template::{Template, get_att, list, of_stack};
use system_tests::walk::Visit;

use super::permissions::statements;
use super::routes::{of_template, resolve};

/// Fails when a function needs what its role does not allow, or has a right to its data that nothing needs.
pub fn check(template: &Template, measured: &Measured) {
    let routes = of_template(template);
    let mut needed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for visit in &measured.visits {
        needed.entry(program(&routes, visit)).or_default().extend(rights(&visit.calls));
    }
    let signing: BTreeSet<_> = rights(&measured.start)
        .filter(|right| right.contains("[http]") || right.starts_with("secretsmanager:"))
        .collect();
    for area in routes.values() {
        needed.entry(area).or_default().extend(signing.iter().cloned());
    }
    let mut wrong = Vec::new();
    for (program, (_, function)) in template.functions() {
        let role = template.resource(get_att(&function["Properties"]["Role"], "Arn"), "AWS::IAM::Role");
        let (granted, needed) = (granted(template, role), needed.remove(program).unwrap_or_default());
        wrong.extend(needed.difference(&granted).map(|right| format!("{program} needs {right}, and may not")));
        let unused = granted.difference(&needed).filter(|right| !right.contains(':'));
        let unseen = unused.filter(|right| !UNSEEN.contains(&(program, right.as_str())));
        wrong.extend(unseen.map(|right| format!("{program} may {right}, and nothing was seen to need it")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the walk does not come by, since all goes well there and no alert is sent: many logouts, somebody
/// else's change in between, an owner who comes back, what stands of an alert, a server that lets the deployer in, the
/// limits of a well-known CA, a CA that asks to wait, an order by a DNS credential, entries of the audit trail that are old.
const UNSEEN: [(&str, &str); 62] = [
    ("acme-accounts", "GetItem revoked_sessions"),
    ("auditor", "DeleteItem audit"),
    ("auditor", "GetItem audit"),
    ("auditor", "GetItem vault_secrets[audit]"),
    ("auditor", "PutItem vault_secrets[audit]"),
    ("certificates", "DeleteItem audit"),
    ("certificates", "DeleteItem vault_secrets[channels]"),
    ("certificates", "GetItem acme_budgets"),
    ("certificates", "GetItem audit"),
    ("certificates", "GetItem certificates"),
    ("certificates", "GetItem channels"),
    ("certificates", "GetItem monitors"),
    ("certificates", "GetItem revoked_sessions"),
    ("certificates", "GetItem vault_secrets[audit]"),
    ("certificates", "PutItem acme_budgets"),
    ("certificates", "PutItem audit"),
    ("certificates", "PutItem revoked_sessions"),
    ("certificates", "PutItem vault_secrets[audit]"),
    ("certificates", "Query alerts/by_firing"),
    ("cloud", "GetItem revoked_sessions"),
    ("console", "GetItem revoked_sessions"),
    ("deployer", "BatchGetItem alert_settings"),
    ("deployer", "BatchGetItem alert_standings"),
    ("deployer", "DeleteItem alert_standings"),
    ("deployer", "DeleteItem deployment_runs"),
    ("deployer", "GetItem alerts"),
    ("deployer", "GetItem vault_secrets[certificates]"),
    ("issuer", "BatchGetItem acme_budgets"),
    ("issuer", "BatchGetItem alert_settings"),
    ("issuer", "BatchGetItem alert_standings"),
    ("issuer", "BatchGetItem dns_credentials"),
    ("issuer", "DeleteItem alert_standings"),
    ("issuer", "DeleteItem http_challenges"),
    ("issuer", "GetItem acme_budgets"),
    ("issuer", "GetItem alerts"),
    ("issuer", "GetItem dns_delegation"),
    ("issuer", "GetItem http_challenges"),
    ("issuer", "GetItem monitors"),
    ("issuer", "GetItem vault_secrets[servers]"),
    ("issuer", "PutItem acme_accounts"),
    ("issuer", "PutItem acme_budgets"),
    ("issuer", "PutItem alert_standings"),
    ("issuer", "PutItem alerts"),
    ("issuer", "PutItem http_challenges"),
    ("issuer", "PutItem monitors"),
    ("issuer", "GetItem users"),
    ("issuer", "PutItem channels"),
    ("issuer", "PutItem dns_credentials"),
    ("issuer", "Query certificates/by_owner"),
    ("issuer", "Query channels/by_owner"),
    ("issuer", "Query monitors/by_owner"),
    ("prober", "BatchGetItem alert_settings"),
    ("prober", "BatchGetItem alert_standings"),
    ("prober", "DeleteItem alert_standings"),
    ("prober", "GetItem alert_standings"),
    ("prober", "GetItem alerts"),
    ("prober", "GetItem certificates"),
    ("prober", "PutItem alert_standings"),
    ("prober", "PutItem alerts"),
    ("prober", "PutItem operations"),
    ("prober", "UpdateItem counters"),
    ("rental", "GetItem revoked_sessions"),
];

fn rights(charges: &[Charge]) -> impl Iterator<Item = String> {
    charges.iter().flat_map(|charge| charge.rights.iter().cloned())
}

/// The function that answers a route or does a job.
fn program<'a>(routes: &'a BTreeMap<String, &'a str>, visit: &'a Visit<Charge>) -> &'a str {
    match visit.route.split_once(": ") {
        Some((queue, _)) if visit.by == "worker" => queue,
        _ => resolve(routes, visit.path.split('?').next().unwrap_or_default()).1,
    }
}

/// What a role allows, in the words of [`Charge::rights`].
fn granted(template: &Template, role: &Value) -> BTreeSet<String> {
    let mut rights = BTreeSet::new();
    for statement in statements(role) {
        let families = &statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"];
        let families: Vec<_> = list(families).into_iter().filter_map(Value::as_str).collect();
        for action in list(&statement["Action"]).into_iter().filter_map(Value::as_str) {
            let Some(action) = action.strip_prefix("dynamodb:") else {
                rights.insert(action.to_owned());
                continue;
            };
            for place in list(&statement["Resource"]).into_iter().map(|resource| place(template, resource)) {
                match families.as_slice() {
                    [] => rights.extend([format!("{action} {place}")]),
                    families => rights.extend(families.iter().map(|family| format!("{action} {place}[{family}]"))),
                }
            }
        }
    }
    rights
}

/// A table, or an index of one: `table/index`.
fn place(template: &Template, resource: &Value) -> String {
    let name = |id: &str| {
        let table = template.resource(id, "AWS::DynamoDB::Table");
        of_stack(&table["Properties"]["TableName"]).to_owned()
    };
    match resource["Fn::Sub"].as_str().and_then(|text| text.strip_prefix("${")?.split_once(".Arn}/index/")) {
        Some((id, index)) => format!("{}/{index}", name(id)),
        None => name(get_att(resource, "Arn")),
    }
}
