use serde_json::json;
use system_tests::peers::{Pebble, PebbleOptions, Port};
use system_tests::steward::{Lab, StewardOptions};

use crate::{Cost, cpu};

/// Orders so many certificates of a Steward that answers the CA's questions itself.
pub(crate) async fn measure(certificates: usize) -> Cost {
    let port = Port::claim();
    let pebble = Pebble::start(PebbleOptions { http_port: Some(port.number()), ..PebbleOptions::default() }).await;
    let directory = pebble.directory_url();
    let listen = format!("127.0.0.1:{}", port.number()).parse().ok();
    let lab = Lab::beside(pebble, &directory, StewardOptions { listen, ..StewardOptions::default() }).await;
    let (requests, cpu) = (lab.pebble.requests(), cpu::own());
    for n in 0..certificates {
        let order = json!({"domain": format!("bench{n}.example"), "issuer": "pebble", "challenge": "http"});
        let ordered = lab.order_with(order).await;
        let ended = lab.ended(ordered["operation_id"].as_i64().expect("an operation")).await;
        assert_eq!(ended["state"], "succeeded", "{ended}");
    }
    let (requests, cpu_ms) = (lab.pebble.requests() - requests, cpu::own() - cpu);
    Cost { client: "steward", certificates, requests, cpu_ms }
}
