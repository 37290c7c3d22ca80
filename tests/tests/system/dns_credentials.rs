//! Credentials at DNS providers, and the records made with them, against bind9.

mod cuts;
mod hostile;
mod keep;
mod killed;
mod owners;
mod records;
mod trial;

use std::time::Duration;

use domain::ports::DnsError;
use serde_json::{Value, json};
use system_tests::peers::{Bind, TsigKey};
use system_tests::steward::{Client, Steward, StewardOptions, eventually};

pub const KEY: TsigKey =
    TsigKey { name: "steward", algorithm: "hmac-sha256", secret: "VGhpcyBpcyB0aGUga2V5IG9mIHRoZSB6b25lIQ==" };
const STRONGER: TsigKey =
    TsigKey { name: "stronger", algorithm: "hmac-sha512", secret: "VGhpcyBpcyB0aGUgb3RoZXIga2V5LCBsb25nZXI=" };

const LAB: &str = "\
_acme-challenge.alias IN CNAME here.other.example.
_acme-challenge.ring  IN CNAME circle
circle                IN CNAME _acme-challenge.ring
kept                  IN TXT \"of somebody else\"
";

/// A name server with two zones that `steward` may change, one for `stronger`, and one for nobody; and a Steward that
/// asks it.
pub struct Zones {
    pub bind: Bind,
    pub steward: Steward,
}

impl Zones {
    pub async fn start(options: StewardOptions) -> Self {
        let zones = [
            ("lab.example", LAB, &["steward"][..]),
            ("other.example", "", &["steward", "stronger"][..]),
            ("closed.example", "", &[][..]),
        ];
        let bind = Bind::writable(&zones, &[KEY, STRONGER]).await;
        let steward = Steward::start(StewardOptions { dns: Some(bind.dns_addr()), ..options }).await;
        Self { bind, steward }
    }

    /// A credential for the name server; its id.
    pub async fn credential(&self, caller: &Client, key: &TsigKey, zone: Option<&str>) -> i64 {
        let reply = caller.post("/api/dns-credentials", self.body(key, zone)).await.expect(201);
        reply["id"].as_i64().unwrap()
    }

    fn body(&self, key: &TsigKey, zone: Option<&str>) -> Value {
        let fields = json!({
            "server": self.bind.dns_addr().to_string(), "key_name": key.name, "key": key.secret,
            "algorithm": key.algorithm,
        });
        json!({"name": "bind", "provider": "rfc2136", "fields": fields, "zone": zone})
    }

    /// What the name server has at a name.
    pub async fn txt(&self, name: &str) -> Vec<String> {
        let answers = match self.steward.ctx.dns.txt(name).await {
            Ok(answers) => answers,
            Err(DnsError::NoZone(_)) => return Vec::new(),
            Err(error) => panic!("{error}"),
        };
        let mut values = answers[0].values.clone().unwrap();
        values.sort();
        values
    }
}

/// Waits until an operation has ended.
pub async fn ended(caller: &Client, operation: &Value) -> Value {
    let path = format!("/api/operations/{operation}");
    let ended = || async {
        let shown = caller.get(&path).await.ok();
        (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
    };
    eventually(&format!("the end of operation {operation}"), ended).await
}

/// Longer than any lease or pause.
const LATER: Duration = Duration::from_secs(2 * 60 * 60);
