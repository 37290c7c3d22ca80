//! Bodies, made from the schema of each route.

use serde_json::{Map, Value, json};
use system_tests::steward::{Client, Steward, StewardOptions};

use super::sent;
use crate::api::{Kind, Route, nothing_written, refused, routes};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_fit_names_what_is_wrong() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let admin = steward.admin().await;
    // Something for each id to mean, so that nothing but the body is wrong.
    let certificate = steward.plant_certificate(1, "example.com").await;
    assert_eq!(steward.plant_dns_credential(1).await, certificate);
    assert_eq!(steward.plant_deployment(&admin, certificate).await, (certificate, certificate));
    assert_eq!(steward.plant_monitor(1).await, certificate);
    assert_eq!(steward.plant_channel(&admin).await, certificate);
    let mut walked = 0;
    for route in routes(&steward).await {
        let (Some(good), Some(fields)) = (route.sample(certificate), route.fields()) else { continue };
        walked += 1;
        let check = Check { steward: &steward, caller: &admin, path: route.path_with(certificate), route: &route };
        check.no_json(&good).await;
        for (name, required, kind) in fields {
            check.field(&good, &name, required, kind).await;
        }
        check.changed(&good, "surprise", json!(1), "surprise: is not a field here; known: ").await;
    }
    assert_eq!(walked, 36, "a route with a body was added or lost: count again");
}

struct Check<'a> {
    steward: &'a Steward,
    caller: &'a Client,
    path: String,
    route: &'a Route,
}

impl Check<'_> {
    async fn send(&self, body: String) -> String {
        sent(self.steward, self.caller, self.route.method.clone(), &self.path, Some(body)).await
    }

    async fn no_json(&self, good: &Map<String, Value>) {
        let text = Value::Object(good.clone()).to_string();
        let values = Value::Array(good.values().cloned().collect()).to_string();
        let cases = [
            (String::new(), "body: must be a JSON object; it is empty"),
            ("   ".to_owned(), "body: must be a JSON object; it breaks off at line 1 column 3"),
            ("{\"a\":".to_owned(), ""),
            ("{'a': 1}".to_owned(), "body: must be a JSON object; it is no JSON: key must be a string"),
            ("username=admin&password=x".to_owned(), "body: must be a JSON object; it is no JSON: "),
            ("{\"\u{0}\": 1}".to_owned(), "body: must be a JSON object; it is no JSON: "),
            ("[]".to_owned(), "body: must be a JSON object, not a list"),
            // The right values in the right order, without their names.
            (values, "body: must be a JSON object, not a list"),
            ("null".to_owned(), "body: must be a JSON object, not null"),
            ("\"text\"".to_owned(), "body: must be a JSON object, not a string"),
            ("12".to_owned(), "body: must be a JSON object, not a number"),
            (format!("{text} x"), "body: must be one JSON object; more follows it at line 1 column "),
            (format!("{text}{text}"), "body: must be one JSON object; more follows it at line 1 column "),
            ("[".repeat(50_000), "body: must be a JSON object, not a list"),
            (format!("{{\"{}\": 1}}", "n".repeat(50_000)), "nnn"),
        ];
        for (body, starts) in cases {
            // A body that may be left out may be null too.
            if self.route.operation["requestBody"]["required"] != true && ["", "null"].contains(&body.trim()) {
                continue;
            }
            let message = self.send(body).await;
            assert!(message.starts_with(starts), "{}: {message}", self.route.name());
        }
    }

    async fn field(&self, good: &Map<String, Value>, name: &str, required: bool, kind: Kind) {
        if required {
            let mut body = good.clone();
            body.remove(name);
            let message = self.send(Value::Object(body).to_string()).await;
            assert_eq!(message, format!("{name}: is missing"));
        }
        let (wanted, wrong) = match kind {
            Kind::Text => {
                ("must be a string, not", vec![json!(5), json!(1.5), json!(true), json!([1]), json!({"a": 1})])
            }
            Kind::Integer => ("must be a whole number, not", vec![json!("5"), json!(1.5), json!([5])]),
            Kind::Boolean => ("must be true or false, not", vec![json!("true"), json!(1)]),
            Kind::Object => ("must be a JSON object, not", vec![json!("text"), json!(1), json!([1])]),
            Kind::Other => ("must be ", vec![json!(true), json!({"a": 1})]),
        };
        for value in wrong {
            self.changed(good, name, value, &format!("{name}: {wanted}")).await;
        }
        if kind == Kind::Integer {
            for large in [json!(u64::MAX), json!(1e30), json!(-1e30)] {
                self.changed(
                    good,
                    name,
                    large,
                    &format!("{name}: must be a whole number from -9223372036854775808 to "),
                )
                .await;
            }
        }
        if required {
            let value = &good[name];
            let twice = format!("{{\"{name}\": {value}, \"{name}\": {value}}}");
            assert_eq!(self.send(twice).await, format!("{name}: must be given once only"));
        }
    }

    async fn changed(&self, good: &Map<String, Value>, name: &str, value: Value, starts: &str) {
        let mut body = good.clone();
        body.insert(name.to_owned(), value);
        let body = Value::Object(body).to_string();
        let message = self.send(body.clone()).await;
        assert!(message.starts_with(starts), "{} {body}: {message}", self.route.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_inside_a_field_is_named_with_it() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    steward.user("user").await;
    for (body, expected) in [
        (json!({}), "body: must have a role or a quota"),
        (json!({"role": "owner"}), "role: must be one of admin, distributor, user"),
        (json!({"quota": {}}), "quota.certificates: is missing"),
        (json!({"quota": [5]}), "quota: must be a JSON object, not a list"),
        (json!({"quota": {"certificates": "5"}}), "quota.certificates: must be a whole number from 0 up, not a string"),
        (json!({"quota": {"certificates": -1}}), "quota.certificates: must be a whole number from 0 to 4294967295"),
        (
            json!({"quota": {"certificates": 4_294_967_296_i64}}),
            "quota.certificates: must be a whole number from 0 to 4294967295",
        ),
        (json!({"quota": {"certificates": 1e30}}), "quota.certificates: must be a whole number from 0 to 4294967295"),
        (
            json!({"quota": {"certificates": 1.0}}),
            "quota.certificates: must be a whole number from 0 up, written without a point or an exponent",
        ),
        (json!({"quota": {"certificates": 1, "cats": 2}}), "quota.cats: is not a field here; known: certificates"),
    ] {
        let message = sent(&steward, &admin, reqwest::Method::PUT, "/api/v1/users/2", Some(body.to_string())).await;
        assert_eq!(message, expected);
    }
}

/// The largest field is refused by its name, a larger body as a whole; the connection stays good for the answer.
#[tokio::test(flavor = "multi_thread")]
async fn much_too_much_is_refused() {
    let steward = Steward::start(StewardOptions { open_registration: true, ..Default::default() }).await;
    let admin = steward.admin().await;
    let certificate = steward.plant_certificate(1, "example.com").await;
    let path = format!("/api/certificates/{certificate}");
    let note = json!({"note": "n".repeat(1024 * 1024)}).to_string();
    let message = sent(&steward, &admin, reqwest::Method::PUT, &path, Some(note)).await;
    assert_eq!(message, "note: must be at most 1000 characters long; it has 1048576");

    let order = json!({"domain": "example.com", "issuer": "letsencrypt", "note": "n".repeat(1024 * 1024)}).to_string();
    let message = sent(&steward, &admin, reqwest::Method::POST, "/api/certificates", Some(order)).await;
    assert!(message.starts_with("note: must be at most 1000 characters"), "{message}");

    let text = |mebibytes: usize| json!({"text": "n".repeat(mebibytes * 1024 * 1024)}).to_string();
    for route in routes(&steward).await {
        if route.sample(1).is_none() {
            continue;
        }
        let path = route.path_with(certificate);
        steward.store.take();
        let reply = admin.send(route.method.clone(), &path, Some(text(3))).await;
        if reply.status != 404 {
            let public = route.operation["security"].as_array().is_some_and(|all| all.contains(&json!({})));
            let most = if public { "64 KiB" } else { "2 MiB" };
            let message = refused(&path, &reply, 413);
            assert_eq!(message, format!("body: must be at most {most}"), "{}", route.name());
        }
        nothing_written(&steward, &path);
        // A stranger is told that they are one, and is not cut off while they are still sending.
        let stranger = steward.client().with_token("garbage");
        let reply = stranger.send(route.method.clone(), &path, Some(text(1))).await;
        if reply.status != 413 {
            refused(&path, &reply, 401);
        }
    }
    sent(&steward, &steward.client(), reqwest::Method::POST, "/api/nowhere", Some(text(15))).await;
}
