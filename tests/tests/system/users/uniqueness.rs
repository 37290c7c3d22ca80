use std::pin::Pin;
use std::task::Poll;

use serde_json::json;
use system_tests::steward::{Steward, StewardOptions};

use super::{PASSWORD, registration};
use crate::api::refused;

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_are_unique_whatever_their_case() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let nobody = steward.client();
    nobody.post("/api/add_user", registration("Anna")).await.ok();
    for path in ["/api/add_user", "/api/v1/users/register"] {
        for (username, email, said) in [
            ("anna", "other@example.com", "username: is taken"),
            ("ANNA", "other@example.com", "username: is taken"),
            ("other", "anna@example.com", "email: is in use"),
            ("other", "ANNA@EXAMPLE.COM", "email: is in use"),
            ("Anna", "anna@example.com", "username: is taken"),
            ("ADMIN", "other@example.com", "username: is taken"),
        ] {
            let body = json!({"username": username, "password": PASSWORD, "email": email});
            assert_eq!(refused(path, &nobody.post(path, body).await, 409), said, "{username} {email}");
        }
    }
    // Nothing of what was refused is kept: its other half is still free.
    nobody
        .post("/api/add_user", json!({"username": "other", "password": PASSWORD, "email": "other@example.com"}))
        .await
        .ok();
    assert_eq!(steward.admin().await.get("/api/v1/users").await.ok()["data"]["total"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_register_at_once_one_gets_the_name() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let nobody = steward.client();
    let same_name = (0..20).map(|n| {
        let body = json!({"username": "anna", "password": PASSWORD, "email": format!("anna{n}@example.com")});
        nobody.post(["/api/add_user", "/api/v1/users/register"][n % 2], body)
    });
    one_of(at_once(same_name).await.iter().map(|reply| reply.status.as_u16()).collect());
    let same_address = (0..20).map(|n| {
        let body = json!({"username": format!("bert{n}"), "password": PASSWORD, "email": "bert@example.com"});
        nobody.post("/api/add_user", body)
    });
    one_of(at_once(same_address).await.iter().map(|reply| reply.status.as_u16()).collect());

    let users = steward.admin().await.get("/api/v1/users").await.ok();
    assert_eq!(users["data"]["total"], 3);
    assert_eq!(users["data"]["users"].as_array().unwrap().len(), 3);
}

fn one_of(statuses: Vec<u16>) {
    let made = statuses.iter().filter(|status| matches!(status, 200 | 201)).count();
    let refused = statuses.iter().filter(|status| **status == 409).count();
    assert_eq!((made, refused), (1, statuses.len() - 1), "{statuses:?}");
}

/// A deleted user's names are free, for somebody else with another id.
#[tokio::test(flavor = "multi_thread")]
async fn the_names_of_a_deleted_user_are_free() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let first = admin.post("/api/v1/users/register", registration("anna")).await.ok();
    admin.delete(&format!("/api/v1/users/{}", first["data"]["id"])).await.ok();
    let second = admin.post("/api/v1/users/register", registration("anna")).await.ok();
    assert_ne!(first["data"]["id"], second["data"]["id"]);
    let old = steward.client().with_key(first["data"]["api_key"].as_str().unwrap());
    refused("/api/certificates", &old.get("/api/certificates").await, 401);
    steward.client().login("anna", PASSWORD).await;
}

/// Runs them all at once.
pub async fn at_once<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<Pin<Box<_>>> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(move |cx| {
        for (future, done) in running.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(done.drain(..).flatten().collect()) } else { Poll::Pending }
    })
    .await
}
