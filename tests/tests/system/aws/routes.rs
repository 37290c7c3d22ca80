//! What each route and job calls on AWS, counted by the SDK over the real adapters, and what that costs.

use std::fs;

use system_tests::aws::{Charge, Measured};
use system_tests::prices::{AS_OF, REGION, readme_rows, route_table};
use system_tests::template::{Template, root};
use system_tests::walk::Visit;

use crate::infra::rights;

/// The calls that are the store's, without those of a create for ACME. The vault's rows are in DynamoDB too, and what a
/// create reads or writes there is an account's key.
fn store_calls(visit: &Visit<Charge>) -> Vec<&Charge> {
    let create = visit.route.starts_with("POST");
    let of = |charge: &&Charge, prefix| charge.tables.first().is_some_and(|table| table.starts_with(prefix));
    let calls = visit.calls.iter().filter(|charge| charge.service == "dynamodb" && !of(charge, "vault_secrets"));
    calls.filter(|charge| !(create && of(charge, "acme_"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_keep_to_their_limits_and_rights_and_the_readme_says_what_they_cost() {
    let Some(measured) = Measured::take().await else { return };
    let template = Template::read();
    rights::check(&template, &measured);
    let Measured { start, visits } = measured;
    println!("{}", route_table(&template, &visits));

    for visit in visits.iter().filter(|visit| visit.by != "worker") {
        let calls = store_calls(visit);
        if let Some(limit) = visit.limit() {
            assert!(calls.len() <= limit, "{} as {}: {calls:?}", visit.route, visit.by);
        }
        // A download also reads the key, and its audit entry is sent before it and after.
        let others = match visit.route.as_str() {
            "GET /api/certificates/{id}/download" => 3,
            // It changes something, though a link in a mail can be nothing but a GET.
            "GET /api/verify_email" => 2,
            _ => 0,
        };
        let read = visit.route.starts_with("GET");
        assert!(!read || visit.calls.len() <= calls.len() + others, "{}: {:?}", visit.route, visit.calls);
    }
    let secrets = |calls: &[Charge]| calls.iter().filter(|call| call.service == "secretsmanager").count();
    assert_eq!(secrets(&start), 1, "a process fetches the key of the vault once");
    assert_eq!(visits.iter().map(|visit| secrets(&visit.calls)).sum::<usize>(), 0);

    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let rows = readme_rows(&template, &visits);
    let stale: Vec<_> = rows.iter().filter(|row| !readme.contains(row.as_str())).collect();
    let table = rows.join("\n");
    assert!(stale.is_empty(), "README's table of costs is not what is counted now. Paste this into it:\n{table}");
    assert!(readme.contains(REGION) && readme.contains(AS_OF), "README must say: {REGION}, {AS_OF}");
}
