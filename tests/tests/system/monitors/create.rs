use serde_json::{Value, json};

use super::{idle, shown};

#[tokio::test(flavor = "multi_thread")]
async fn answers_with_what_was_given_and_what_is_usual() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let made = admin.post("/api/monitors", json!({"domain": "Bücher.Example"})).await.expect(201);
    let expected = json!({
        "domain": "xn--bcher-kva.example", "port": 443, "ip_type": "auto", "ip_address": "", "is_active": true,
        "note": "", "interval_minutes": 360, "starttls": null,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    assert!(made["created_at"].is_string() && made["next_check"].is_string());
    let seen = shown(&admin, made["id"].as_i64().unwrap()).await;
    for (field, value) in made.as_object().unwrap() {
        assert_eq!(&seen[field], value, "{field}");
    }

    let body = json!({
        "domain": "mail.example.com", "port": 2525, "ip_type": "IPv4", "ip_address": "127.0.0.1", "is_active": false,
        "note": "the mail", "interval_minutes": 5, "starttls": "smtp",
    });
    let made = admin.post("/api/monitors", body.clone()).await.expect(201);
    for (field, value) in body.as_object().unwrap() {
        let value = if field == "ip_type" { json!("ipv4") } else { value.clone() };
        assert_eq!(made[field], value, "{field}");
    }
    assert!(made["next_check"].is_null());
    for (starttls, port) in [("smtp", 25), ("imap", 143), ("none", 443), ("", 443)] {
        let made = admin.post("/api/monitors", json!({"domain": "a.example", "starttls": starttls})).await.expect(201);
        assert_eq!(made["port"], port, "{starttls}");
    }
    let pinned = admin.post("/api/monitors", json!({"domain": "a.example", "ip_address": "127.0.0.1"})).await;
    assert_eq!(pinned.expect(201)["ip_type"], "pinned");
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_cannot_be_watched() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let many =
        ["127.0.0.1"; 3].join(",") + ",127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5,127.0.0.6,127.0.0.7,127.0.0.8,127.0.0.9";
    let wrong: [(Value, &str); 16] = [
        (json!({"domain": ""}), "domain: must be a domain name"),
        (json!({"domain": "2130706433"}), "domain: must be a host such as www.example.com; '2130706433' is a number"),
        (json!({"domain": "*.example.com"}), "domain: must be one host"),
        (json!({"port": 0}), "port: must be from 1 to 65535"),
        (json!({"port": 65536}), "port: must be from 1 to 65535"),
        (json!({"ip_type": "ipv5"}), "ip_type: must be one of auto, ipv4, ipv6, both, pinned"),
        (json!({"ip_type": "pinned"}), "ip_address: must be given where ip_type is pinned"),
        (json!({"ip_type": "ipv4", "ip_address": "::1"}), "ip_address: ::1 is no ipv4 address"),
        (
            json!({"ip_address": "example.com"}),
            "ip_address: must be IP addresses with commas between them; 'example.com'",
        ),
        (json!({"ip_address": many}), "ip_address: must be at most 8 addresses"),
        (json!({"interval_minutes": 0}), "interval_minutes: must be from 1 to 43200"),
        (json!({"interval_minutes": 43201}), "interval_minutes: must be from 1 to 43200"),
        (json!({"starttls": "pop3"}), "starttls: must be smtp, imap or none"),
        (json!({"root_ca_pem": "hello"}), "root_ca_pem: must be PEM certificates"),
        (json!({"note": "n".repeat(1001)}), "note: must be at most 1000 characters long"),
        (json!({"interval": 5}), "interval: is not a field here"),
    ];
    for (more, words) in wrong {
        let mut body = json!({"domain": "www.example.com"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refused = admin.post("/api/monitors", body).await.expect(400);
        assert!(refused["error"].as_str().unwrap().starts_with(words), "{words}: {refused}");
    }
    assert_eq!(admin.get("/api/monitors").await.ok()["total"], 0);
}
