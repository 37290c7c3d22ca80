use serde_json::json;
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::Lab;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_half_made_record_is_named_with_what_was_found() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let dns = lab.pebble.challtestsrv();
    let ordered = lab.order(&["example.com", "*.example.com"]).await;
    let path = format!("/api/certificates/{}/verify", ordered["id"]);
    let value = |n: usize| ordered["verification_records"][n]["value"].as_str().unwrap().to_owned();
    let missing = async || {
        let reply = lab.admin.post(&path, json!({})).await.expect(200);
        assert_eq!((&reply["success"], &reply["operation_id"]), (&json!(false), &json!(null)), "{reply}");
        assert_eq!(reply["certificate"]["status"], "unissued");
        assert_eq!(reply["verification_records"], ordered["verification_records"]);
        reply["message"].as_str().unwrap().to_owned()
    };

    assert!(missing().await.contains("no TXT record of that name"));
    dns.set_txt("_acme-challenge.example.com", "something else").await;
    let message = missing().await;
    for part in ["_acme-challenge.example.com", "\"something else\"", "127.0.0.1:", &value(0)] {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
    dns.set_txt("_acme-challenge.example.com", &value(0)).await;
    let message = missing().await;
    assert!(message.contains(&format!("with the value {}", value(1))), "{message}");
    assert!(message.contains(&format!("\"{}\"", value(0))), "it says what it found: {message}");
    assert!(!lab.pebble.log().contains("/chalZ/"), "the CA was not bothered: {}", lab.pebble.log());

    dns.set_txt("_acme-challenge.example.com", &value(1)).await;
    let operation = lab.verify(ordered["id"].as_i64().unwrap()).await;
    assert_eq!(lab.ended(operation).await["state"], "succeeded", "a wrong value beside the right ones does no harm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_may_be_an_alias() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let dns = lab.pebble.challtestsrv();
    let ordered = lab.order(&["example.com"]).await;
    let id = ordered["id"].as_i64().unwrap();
    dns.add_cname("_acme-challenge.example.com", "example-com.challenges.example.net").await;
    let reply = lab.admin.post(&format!("/api/certificates/{id}/verify"), json!({})).await.expect(200);
    let message = reply["message"].as_str().unwrap();
    let words = "_acme-challenge.example.com (through its CNAME to example-com.challenges.example.net)";
    assert!(reply["success"] == false && message.contains(words), "{message}");

    let value = ordered["verification_info"]["value"].as_str().unwrap();
    dns.set_txt("example-com.challenges.example.net", value).await;
    let operation = lab.verify(id).await;
    let ended = lab.ended(operation).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_server_that_fails_is_named() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com"]).await;
    lab.pebble.challtestsrv().set_servfail("_acme-challenge.example.com").await;
    let reply = lab.admin.post(&format!("/api/certificates/{}/verify", ordered["id"]), json!({})).await;
    assert!([200, 400].contains(&reply.status.as_u16()), "{reply:?}");
    let text = String::from_utf8(reply.bytes).unwrap();
    for part in ["_acme-challenge.example.com", "SERVFAIL", "127.0.0.1:"] {
        assert!(text.contains(part), "'{part}' is not in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_ten_times_at_once_it_starts_once() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com"]).await;
    lab.make_records(&ordered).await;
    let mut calls = JoinSet::new();
    for _ in 0..10 {
        let (admin, path) = (lab.admin.clone(), format!("/api/certificates/{}/verify", ordered["id"]));
        calls.spawn(async move { admin.post(&path, json!({})).await });
    }
    let mut operations = Vec::new();
    for reply in calls.join_all().await {
        // One that comes late finds it issued.
        if reply.status == 200 {
            operations.push(reply.json["operation_id"].as_i64().unwrap());
        } else {
            assert_eq!(reply.expect(409)["error"], "the certificate is issued already");
        }
    }
    operations.dedup();
    assert_eq!(operations.len(), 1, "{operations:?}");
    assert_eq!(lab.ended(operations[0]).await["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_still_proven_needs_no_record() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions { authz_reuse: 100, ..PebbleOptions::default() }).await;
    lab.issue(&["example.com"]).await;
    lab.pebble.challtestsrv().clear("_acme-challenge.example.com").await;
    let ordered = lab.order(&["example.com"]).await;
    assert_eq!(ordered["verification_info"]["status"], "valid", "{ordered}");
    let operation = lab.verify(ordered["id"].as_i64().unwrap()).await;
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
}
