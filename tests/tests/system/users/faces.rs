use serde_json::{Value, json};
use system_tests::steward::{Client, Steward, StewardOptions};

use super::{PASSWORD, fields, registration};

const PROFILE: [&str; 9] =
    ["created_at", "email", "email_verified", "id", "quota", "role", "status", "updated_at", "username"];

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_fields_of_their_documents() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let nobody = steward.client();

    let added = nobody.post("/api/add_user", registration("anna")).await.expect(200);
    assert_eq!(added, json!({"message": "User created successfully", "user_id": 2}));

    let registered = nobody.post("/api/v1/users/register", registration("Bert")).await.expect(201);
    assert_eq!(fields(&registered), ["data", "message", "success"]);
    assert_eq!(registered["success"], true);
    let mut with_key = PROFILE.to_vec();
    with_key.insert(0, "api_key");
    assert_eq!(fields(&registered["data"]), with_key);
    let data = &registered["data"];
    assert_eq!((&data["username"], &data["email"]), (&json!("Bert"), &json!("Bert@example.com")));
    assert_eq!((&data["role"], &data["status"]), (&json!("user"), &json!("active")));
    assert_eq!((&data["id"], &data["email_verified"]), (&json!(3), &json!(false)));
    let key = data["api_key"].as_str().unwrap();
    assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");

    let credentials = json!({"username": "anna", "password": PASSWORD});
    let login = nobody.post("/api/auth/login", credentials.clone()).await.expect(200);
    assert_eq!(fields(&login), ["token", "user"]);
    assert_eq!(login["user"], json!({"id": 2, "username": "anna", "email": "anna@example.com", "is_admin": false}));
    let rental = nobody.post("/api/login", credentials.clone()).await.expect(200);
    assert_eq!((fields(&rental), &rental["message"]), (vec!["message", "token"], &json!("Login successful")));
    let cloud = nobody.post("/api/v1/users/login", credentials).await.expect(200);
    assert_eq!((fields(&cloud), &cloud["success"]), (vec!["data", "message", "success"], &json!(true)));
    assert_eq!((fields(&cloud["data"]), fields(&cloud["data"]["user"])), (vec!["token", "user"], PROFILE.to_vec()));
    let admin = nobody.post("/api/auth/login", json!({"username": "admin", "password": "correct horse battery"})).await;
    assert_eq!(admin.ok()["user"]["is_admin"], true);

    let anna = nobody.with_token(login["token"].as_str().unwrap());
    let profile = anna.get("/api/v1/users/profile").await.expect(200);
    assert_eq!((fields(&profile), fields(&profile["data"])), (vec!["data", "message", "success"], PROFILE.to_vec()));
    assert_eq!(fields(&anna.post("/api/auth/refresh", Value::Null).await.expect(200)), ["token"]);
    let regenerated = anna.post("/api/v1/users/regenerate-key", json!({})).await.expect(200);
    assert_eq!(fields(&regenerated["data"]), ["api_key"]);
    let out = anna.post("/api/auth/logout", Value::Null).await.expect(200);
    assert_eq!(out, json!({"message": "Logout successful"}));

    // A wrong login in the words of each document.
    let wrong = json!({"username": "anna", "password": "a wrong password"});
    let said = "Invalid username or password";
    assert_eq!(nobody.post("/api/auth/login", wrong.clone()).await.expect(401), json!({"error": said}));
    assert_eq!(nobody.post("/api/login", wrong.clone()).await.expect(401), json!({"error": said}));
    assert_eq!(nobody.post("/api/v1/users/login", wrong).await.expect(401)["message"], said);
    let unknown = json!({"username": "nobody", "password": PASSWORD});
    assert_eq!(nobody.post("/api/auth/login", unknown).await.expect(401), json!({"error": said}));
}

/// Whoever registered at one face logs in at the others, by name or address, and every token works in every area.
#[tokio::test(flavor = "multi_thread")]
async fn one_set_of_users_behind_three_faces() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let nobody = steward.client();
    nobody.post("/api/add_user", registration("anna")).await.expect(200);
    nobody.post("/api/v1/users/register", registration("bert")).await.expect(201);
    let mut tokens = 0;
    for name in ["anna", "BERT", "Anna@Example.com", "bert@example.com"] {
        for path in ["/api/auth/login", "/api/login", "/api/v1/users/login"] {
            let reply = nobody.post(path, json!({"username": name, "password": PASSWORD})).await.ok();
            let token = reply["token"].as_str().or(reply["data"]["token"].as_str()).unwrap();
            works_everywhere(&nobody.with_token(token)).await;
            tokens += 1;
        }
    }
    assert_eq!(tokens, 12);
}

async fn works_everywhere(caller: &Client) {
    for path in ["/api/certificates", "/api/v1/acme/accounts", "/api/v1/users/profile", "/api/urls"] {
        caller.get(path).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_closed_registration_administrators_make_users() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    admin.post("/api/add_user", registration("anna")).await.expect(200);
    admin.post("/api/v1/users/register", registration("bert")).await.expect(201);
    for name in ["anna", "bert"] {
        steward.client().login(name, PASSWORD).await;
    }
}
