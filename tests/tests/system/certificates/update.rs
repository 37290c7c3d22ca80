use std::time::Instant;

use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::PebbleOptions;
use system_tests::steward::{Lab, Steward, StewardOptions, certificate_row, issued_until, put_certificates};

use super::id_of;

#[tokio::test(flavor = "multi_thread")]
async fn changes_the_note_and_nothing_else() {
    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let row = certificate_row(id_of(&admin).await, 1, "example.com", issued_until(10));
    let id = put_certificates(&steward.ctx, vec![row]).await[0];
    let path = format!("/api/certificates/{id}");
    let before = admin.get(&path).await.ok();
    for note in ["the shop", "", "商店 🛒\nsecond line", &"ä".repeat(1000)] {
        let changed = admin.put(&path, json!({"note": note})).await.expect(200);
        assert_eq!(
            (&changed["id"], &changed["domain"], &changed["note"]),
            (&json!(id), &json!("example.com"), &json!(note))
        );
        let mut shown = admin.get(&path).await.ok();
        assert_eq!((&shown["note"], &shown["updated_at"]), (&json!(note), &changed["updated_at"]));
        for field in ["note", "updated_at"] {
            shown[field] = before[field].clone();
        }
        assert_eq!(shown, before);
    }
    let kept = admin.get(&path).await.ok();
    let wrong: [(Value, &str); 5] = [
        (json!({"note": "ä".repeat(1001)}), "note: must be at most 1000 characters long; it has 1001"),
        (json!({"note": "a".repeat(1 << 20)}), "note: must be at most 1000 characters long"),
        (json!({"note": 5}), "note: "),
        (json!({}), "note: "),
        (json!({"note": "x", "domain": "other.example.com"}), "domain: "),
    ];
    for (body, words) in wrong {
        let refused = admin.put(&path, body).await.expect(400);
        assert!(refused["error"].as_str().unwrap().starts_with(words), "{words}: {refused}");
    }
    assert_eq!(admin.get(&path).await.ok(), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_written_while_it_is_issued_holds_nothing_up() {
    need!("pebble", "pebble-challtestsrv");
    let lab = Lab::start(PebbleOptions::default()).await;
    let ordered = lab.order(&["example.com"]).await;
    let path = format!("/api/certificates/{}", ordered["id"]);
    lab.make_records(&ordered).await;
    let operation = lab.verify(ordered["id"].as_i64().unwrap()).await;
    let start = Instant::now();
    let mut notes = 0;
    let shown = loop {
        let note = format!("note {notes}");
        let changed = lab.admin.put(&path, json!({"note": note})).await.expect(200);
        assert_eq!(changed["note"], note);
        notes += 1;
        let shown = lab.admin.get(&path).await.ok();
        assert_eq!(shown["note"], note, "the worker wrote an older one over it");
        if shown["status"] == "issued" {
            break shown;
        }
        assert!(start.elapsed().as_secs() < 30, "{notes} notes on, it is still {}", shown["status"]);
    };
    assert!(shown["error"].is_null() && notes > 1, "{notes} notes: {shown}");
    assert_eq!(lab.ended(operation).await["state"], "succeeded");
}
