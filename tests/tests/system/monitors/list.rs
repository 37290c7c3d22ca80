use serde_json::{Value, json};

use super::idle;

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_searches() {
    let steward = idle().await;
    let admin = steward.admin().await;
    for n in 0..25 {
        let body = json!({"domain": format!("n{n}.example.com"), "note": format!("note {n}")});
        admin.post("/api/monitors", body).await.expect(201);
    }
    admin.post("/api/monitors", json!({"domain": "bücher.example"})).await.expect(201);
    for (query, count, total, first) in [
        ("", 20, 26, "xn--bcher-kva.example"),
        ("?page=2", 6, 26, "n5.example.com"),
        ("?per_page=50", 26, 26, "xn--bcher-kva.example"),
        ("?search=N1", 11, 11, "n19.example.com"),
        ("?search=note%2024", 1, 1, "n24.example.com"),
        ("?search=b%C3%BCcher", 1, 1, "xn--bcher-kva.example"),
        ("?search=nothing", 0, 0, ""),
    ] {
        let listed = admin.get(&format!("/api/monitors{query}")).await.ok();
        let rows = listed["monitors"].as_array().unwrap();
        assert_eq!((rows.len(), &listed["total"]), (count, &json!(total)), "{query}");
        assert_eq!(rows.first().map_or("", |row| row["domain"].as_str().unwrap()), first, "{query}");
    }
    let listed = admin.get("/api/monitors").await.ok();
    let row = listed["monitors"][0].as_object().unwrap();
    // The document's fields (000 §4.4.1).
    for (field, is) in [
        ("id", Value::is_i64 as fn(&Value) -> bool),
        ("domain", Value::is_string),
        ("cert_level", Value::is_null),
        ("encryption_type", Value::is_null),
        ("port", Value::is_i64),
        ("ip_type", Value::is_string),
        ("ip_address", Value::is_string),
        ("status", Value::is_string),
        ("days_remaining", Value::is_null),
        ("is_active", Value::is_boolean),
        ("note", Value::is_string),
        ("last_check", Value::is_null),
    ] {
        assert!(is(&row[field]), "{field}: {}", row[field]);
    }
    let id = row["id"].as_i64().unwrap();
    let deleted = admin.delete(&format!("/api/monitors/{id}")).await.ok();
    assert_eq!(deleted["message"], "Monitor deleted successfully");
    assert_eq!(admin.get("/api/monitors").await.ok()["total"], 25);
    admin.get(&format!("/api/monitors/{id}")).await.expect(404);
}
