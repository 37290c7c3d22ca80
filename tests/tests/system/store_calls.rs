//! How many store calls each route makes (DESIGN §7): at most 2 for a GET, 3 for a page of a list, 3 for a create, its
//! ACME calls aside. The table is printed: `cargo test -p system-tests store_calls -- --nocapture`.

use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, Steward, StewardOptions};
use system_tests::walk::{Visit, Walk};

/// Prints what was called, and checks that it is no more than may be.
fn check(visits: &[Visit<String>]) {
    for Visit { route, by, path, calls, .. } in visits {
        println!("{:>2}  {by:14} {route:44} {path:52.52} {}", calls.len(), calls.join(", "));
    }
    for visit in visits {
        let Some(limit) = visit.limit() else { continue };
        let (route, by, calls) = (&visit.route, visit.by, &visit.calls);
        assert!(without_acme(visit) <= limit, "{route} as {by}: {calls:?}");
        let reads = calls.iter().all(|call| call.starts_with("get") || call.starts_with("query"));
        assert!(reads || !route.starts_with("GET"), "{route} as {by}: {calls:?}");
    }
}

/// How many calls there are, those of a create aside that read a provider or an account, or keep an account.
fn without_acme(visit: &Visit<String>) -> usize {
    let of_acme = |call: &&String| call.split_once(' ').is_some_and(|(_, tables)| tables.starts_with("acme_"));
    let aside = visit.calls.iter().filter(of_acme).count();
    visit.calls.len() - if visit.route.starts_with("POST") { aside } else { 0 }
}

fn idle() -> StewardOptions {
    StewardOptions { idle: true, ..StewardOptions::default() }
}

/// The calls of each visit to a route.
fn of<'a>(visits: &'a [Visit<String>], route: &str) -> Vec<&'a [String]> {
    visits.iter().filter(|visit| visit.route == route).map(|visit| visit.calls.as_slice()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_makes_two_and_a_list_page_three() {
    let steward = Steward::start(idle()).await;
    let mut walk = Walk::over(&steward, steward.store.as_ref());
    walk.reads().await;
    check(&walk.visits);
    assert!(walk.visits.len() > 30, "{}", walk.visits.len());
}

/// A distributor's look at what their users have makes one call more, for whose it is; at the user, it does not. That
/// is within the limit but for a list of one user's certificates.
#[tokio::test(flavor = "multi_thread")]
async fn a_distributor_makes_one_more() {
    let steward = Steward::start(idle()).await;
    let mut walk = Walk::over(&steward, steward.store.as_ref());
    walk.distributor().await;
    check(&walk.visits);
    let made: Vec<_> = walk.visits.iter().map(|visit| (visit.route.as_str(), visit.calls.len())).collect();
    let expected = [
        ("GET /api/v1/users/{id}", 2),
        ("GET /api/certificates/{id}", 2),
        ("GET /api/certificates", 4),
        ("GET /api/v1/acme/accounts", 3),
        ("GET /api/certificates", 3),
    ];
    assert_eq!(made, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_and_every_job() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::idle(PebbleOptions::default()).await;
    let visits = Walk::over_everything(&lab, lab.steward.store.as_ref()).await;
    check(&visits);

    let acme = "query acme_accounts";
    let kept = "transact counters+acme_accounts+certificates+counters";
    let account = ["increment counters", "transact acme_default_accounts+acme_accounts"];
    let [by_issuer, by_account, first] = of(&visits, "POST /api/certificates")[..] else { panic!("three orders") };
    assert_eq!(by_issuer, ["get users", acme, "get acme_providers", "increment counters", kept]);
    assert_eq!(by_account, ["get users", acme, "get acme_providers", "increment counters", kept]);
    assert_eq!(first, ["get users", acme, "get acme_providers", account[0], account[1], "increment counters", kept]);
    for made in of(&visits, "GET /api/certificates/{id}/download") {
        assert_eq!(made, ["get_many users+certificates"]);
    }
    // The audit entry is written by a worker, at its own time.
    assert_eq!(of(&visits, "auditor: audit")[0], ["get_many audit", "transact audit"]);
}
