//! Making, listing, changing and deleting deployments.

use serde_json::{Value, json};
use system_tests::steward::{Client, Steward, StewardOptions};

async fn server(client: &Client) -> i64 {
    let server = json!({"type": "nginx", "name": "web1", "ip_address": "192.0.2.10"});
    client.post("/api/servers", server).await.expect(201)["id"].as_i64().unwrap()
}

async fn add(client: &Client, certificate: i64, server: i64, path: &str) -> Value {
    let body = json!({"certificate_id": certificate, "server_id": server, "deploy_path": path});
    client.post("/api/deployments", body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_shown_listed_and_found() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let (server, other) = (server(&admin).await, server(&admin).await);
    let certificate = steward.plant_certificate(1, "www.example.com").await;
    let made = add(&admin, certificate, server, "/etc/ssl/www.example.com/").await;
    assert_eq!(made["deploy_path"], "/etc/ssl/www.example.com");
    assert_eq!((&made["status"], &made["fingerprint"], &made["config"]), (&json!("pending"), &json!(null), &json!({})));
    let shown = admin.get(&format!("/api/deployments/{}", made["id"])).await.ok();
    assert_eq!(shown, made);
    let second = add(&admin, certificate, other, "/etc/ssl/www.example.com").await;

    for (query, expected) in [
        (String::new(), vec![&second["id"], &made["id"]]),
        (format!("?server_id={server}"), vec![&made["id"]]),
        (format!("?certificate_id={certificate}&server_id={other}"), vec![&second["id"]]),
        ("?certificate_id=99".to_owned(), vec![]),
        ("?per_page=1&page=2".to_owned(), vec![&made["id"]]),
    ] {
        let listed = admin.get(&format!("/api/deployments{query}")).await.ok();
        let ids: Vec<_> = listed["deployments"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
        assert_eq!(ids, expected, "{query}");
    }
    assert!(
        admin.get(&format!("/api/deployments/{}/runs", made["id"])).await.ok()["runs"].as_array().unwrap().is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_directory_of_a_server_is_for_one_deployment() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let server = server(&admin).await;
    let certificate = steward.plant_certificate(1, "www.example.com").await;
    let first = add(&admin, certificate, server, "/etc/ssl/a").await;
    let second = add(&admin, certificate, server, "/etc/ssl/b").await;
    let body = json!({"certificate_id": certificate, "server_id": server, "deploy_path": "/etc/ssl/a/"});
    let error = admin.post("/api/deployments", body.clone()).await.expect(409)["error"].as_str().unwrap().to_owned();
    assert!(error.contains("another deployment has /etc/ssl/a"), "{error}");
    let path = format!("/api/deployments/{}", second["id"]);
    admin.put(&path, json!({"deploy_path": "/etc/ssl/a"})).await.expect(409);
    // A directory that was left is free again.
    let moved =
        admin.put(&format!("/api/deployments/{}", first["id"]), json!({"deploy_path": "/etc/ssl/c"})).await.ok();
    assert_eq!(moved["deploy_path"], "/etc/ssl/c");
    admin.put(&path, json!({"deploy_path": "/etc/ssl/a"})).await.ok();
    admin.delete(&path).await.ok();
    admin.post("/api/deployments", body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deployed_is_not_deleted() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let server = server(&admin).await;
    let certificate = steward.plant_certificate(1, "www.example.com").await;
    let expired = steward.plant_expired_certificate(1, "old.example.com").await;
    let made = add(&admin, certificate, server, "/etc/ssl/a").await;
    let old = add(&admin, expired, server, "/etc/ssl/b").await;
    let said = |reply: Value| reply["error"].as_str().unwrap().to_owned();
    let error = said(admin.delete(&format!("/api/certificates/{certificate}")).await.expect(409));
    assert!(error.contains(&format!("certificate {certificate} is deployed")), "{error}");
    let error = said(admin.delete(&format!("/api/servers/{server}")).await.expect(409));
    assert!(error.contains("certificates are deployed to server"), "{error}");
    // A cleanup leaves it, too.
    assert_eq!(admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 0);

    for id in [&made["id"], &old["id"]] {
        let reply = admin.delete(&format!("/api/deployments/{id}")).await.ok();
        assert_eq!(reply["message"], "Deployment deleted successfully");
        admin.get(&format!("/api/deployments/{id}")).await.expect(404);
    }
    assert_eq!(admin.post("/api/certificates/cleanup", json!({})).await.ok()["count"], 1);
    admin.delete(&format!("/api/certificates/{certificate}")).await.ok();
    admin.delete(&format!("/api/servers/{server}")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_users_is_not_there() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let (theirs, mine) = (server(&admin).await, steward.user("anna").await);
    let foreign = steward.plant_certificate(1, "www.example.com").await;
    let own_server = server(&mine).await;
    let id = mine.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
    let own = steward.plant_certificate(id, "mine.example.com").await;
    for (certificate, server) in [(foreign, own_server), (own, theirs)] {
        let body = json!({"certificate_id": certificate, "server_id": server, "deploy_path": "/etc/ssl/a"});
        mine.post("/api/deployments", body).await.expect(404);
    }
    let made = add(&mine, own, own_server, "/etc/ssl/a").await;
    mine.put(&format!("/api/deployments/{}", made["id"]), json!({"certificate_id": foreign})).await.expect(404);
    // An administrator brings a customer's certificate to a server of their own.
    add(&admin, own, theirs, "/etc/ssl/a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_by_its_name() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let server = server(&admin).await;
    let certificate = steward.plant_certificate(1, "www.example.com").await;
    for (path, config, starts) in [
        ("etc/ssl", json!({}), "deploy_path: must be an absolute path"),
        ("/etc/ssl/../x", json!({}), "deploy_path: must be an absolute path"),
        ("/etc/ssl/a b", json!({}), "deploy_path: must be an absolute path"),
        ("/etc/ssl/$(id)", json!({}), "deploy_path: must be an absolute path"),
        ("/etc/ssl/a", json!({"kind": "iis"}), "config.kind: must be nginx, apache or files"),
        ("/etc/ssl/a", json!({"snippet_path": "x"}), "config.snippet_path: must be an absolute path"),
        ("/etc/ssl/a", json!({"snippet_path": "/etc/ssl/a/x"}), "config.snippet_path: must not be inside"),
        ("/etc/ssl/a", json!({"reload": "a\nb"}), "config.reload: must be one line"),
        ("/etc/ssl/a", json!({"test": "\u{0}"}), "config.test: must be one line"),
        ("/etc/ssl/a", json!({"port": 0}), "config.port: must be from 1"),
        ("/etc/ssl/a", json!({"port": 70000}), "config.port: must be"),
        ("/etc/ssl/a", json!({"addresses": ["web1"]}), "config.addresses: must be IP addresses"),
        ("/etc/ssl/a", json!({"addresses": []}), "config.addresses: must be from 1"),
        ("/etc/ssl/a", json!({"names": ["a b"]}), "config.names: must be a domain name"),
        ("/etc/ssl/a", json!({"surprise": 1}), "config.surprise: is not a field here"),
    ] {
        let body = json!({"certificate_id": certificate, "server_id": server, "deploy_path": path, "config": config});
        let error =
            admin.post("/api/deployments", body.clone()).await.expect(400)["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(starts), "{body}: {error}");
    }
    assert_eq!(admin.get("/api/deployments").await.ok()["total"], 0);
}
