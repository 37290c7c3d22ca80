use std::fs;
use std::net::SocketAddr;

use serde_json::json;

use super::need::wished;
use super::{ChallTestSrv, Port, Process, ServerCertificate};

/// The key id of the external account that Pebble knows when `eab` is on.
pub const EAB_KID: &str = "kid-1";
/// Its HMAC key, base64url.
pub const EAB_KEY: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

/// How Pebble behaves.
#[derive(Clone, Debug)]
pub struct PebbleOptions {
    /// The percentage of good nonces it refuses.
    pub nonce_reject: u8,
    /// The percentage of valid authorizations it uses again for a new order.
    pub authz_reuse: u8,
    /// Whether it demands an external account binding; [`EAB_KID`] and [`EAB_KEY`] are the one it knows.
    pub eab: bool,
    /// The DNS server it validates with; its own [`ChallTestSrv`] when `None`.
    pub dns: Option<SocketAddr>,
    /// The port it fetches HTTP-01 answers from; its own [`ChallTestSrv`]'s when `None`.
    pub http_port: Option<u16>,
    /// How long its certificates live, in seconds.
    pub validity: u64,
    /// Whether every challenge passes without being looked at.
    pub always_valid: bool,
    /// Domains it refuses to issue for.
    pub blocklist: Vec<String>,
    /// Its profiles, each with the seconds that its certificates live: for [`Pebble::with_ari`]. Where there are none,
    /// one of them is `default`.
    pub profiles: Vec<(&'static str, u64)>,
}

/// The name that `tests/run` installs a Pebble under that knows ARI and profiles; Debian 12's own does not.
const PEBBLE_ARI: &str = "pebble-ari";

impl Default for PebbleOptions {
    fn default() -> Self {
        Self {
            nonce_reject: 0,
            authz_reuse: 0,
            eab: false,
            dns: None,
            http_port: None,
            validity: 90 * 24 * 60 * 60,
            always_valid: false,
            blocklist: Vec::new(),
            profiles: Vec::new(),
        }
    }
}

/// Let's Encrypt's ACME test server, with a challenge test server beside it.
#[derive(Debug)]
pub struct Pebble {
    process: Process,
    listen: Port,
    management: Port,
    challtestsrv: ChallTestSrv,
    tls: ServerCertificate,
    client: reqwest::Client,
}

impl Pebble {
    /// Starts one, in strict mode.
    pub async fn start(options: PebbleOptions) -> Self {
        Self::launch("pebble", options).await
    }

    /// Starts one that says when to renew (RFC 9773) and has profiles. Says aloud that the test is skipped where that
    /// version could not be had.
    pub async fn with_ari(options: PebbleOptions) -> Option<Self> {
        if !wished(PEBBLE_ARI, "Debian's unstable suite has it, and could not be reached") {
            return None;
        }
        Some(Self::launch(PEBBLE_ARI, options).await)
    }

    async fn launch(program: &str, options: PebbleOptions) -> Self {
        let challtestsrv = ChallTestSrv::start().await;
        let (listen, management, tls) = (Port::claim(), Port::claim(), ServerCertificate::generate());
        let directory = Process::directory();
        let named = |(name, seconds): &(&str, u64)| {
            ((*name).to_owned(), json!({"description": name, "validityPeriod": seconds}))
        };
        let default = [("default", options.validity)];
        let profiles = if options.profiles.is_empty() { &default[..] } else { &options.profiles };
        let profiles: serde_json::Map<_, _> = profiles.iter().map(named).collect();
        let config = json!({"pebble": {
            "listenAddress": listen.address(),
            "managementListenAddress": management.address(),
            "certificate": "tls.crt",
            "privateKey": "tls.key",
            "httpPort": options.http_port.unwrap_or(challtestsrv.http01_addr().port()),
            "tlsPort": 1,
            "ocspResponderURL": "",
            "certificateValidityPeriod": options.validity,
            "externalAccountBindingRequired": options.eab,
            "externalAccountMACKeys": if options.eab { json!({EAB_KID: EAB_KEY}) } else { json!({}) },
            "domainBlocklist": options.blocklist,
            "profiles": profiles,
        }});
        for (file, text) in
            [("tls.crt", &tls.certificate_pem), ("tls.key", &tls.key_pem), ("pebble.json", &config.to_string())]
        {
            fs::write(directory.path().join(file), text).unwrap();
        }
        let dns = options.dns.unwrap_or(challtestsrv.dns_addr()).to_string();
        let mut env = vec![
            ("PEBBLE_VA_NOSLEEP", "1".to_owned()),
            ("PEBBLE_WFE_NONCEREJECT", options.nonce_reject.to_string()),
            ("PEBBLE_AUTHZREUSE", options.authz_reuse.to_string()),
        ];
        if options.always_valid {
            env.push(("PEBBLE_VA_ALWAYS_VALID", "1".to_owned()));
        }
        let args = ["-strict", "-config", "pebble.json", "-dnsserver", &dns];
        let mut process = Process::start(program, directory, &args, &env);
        process.until_listening(listen.address()).await;
        process.until_listening(management.address()).await;
        let root = reqwest::Certificate::from_pem(tls.root_pem.as_bytes()).unwrap();
        let client =
            reqwest::Client::builder().no_proxy().user_agent("steward-tests").tls_certs_only([root]).build().unwrap();
        Self { process, listen, management, challtestsrv, tls, client }
    }

    /// Its ACME directory.
    pub fn directory_url(&self) -> String {
        format!("https://localhost:{}/dir", self.listen.number())
    }

    /// Where it listens; the URLs in its answers have the port that it was asked at.
    pub fn address(&self) -> SocketAddr {
        self.listen.address()
    }

    /// The CA of its own TLS certificate: what an ACME client must trust (`rootCaPem`).
    pub fn root_pem(&self) -> &str {
        &self.tls.root_pem
    }

    /// The root of the certificates it issues. Every Pebble makes its own.
    pub async fn issuing_root_pem(&self) -> String {
        self.management("roots/0").await
    }

    /// The intermediate of the certificates it issues.
    pub async fn issuing_intermediate_pem(&self) -> String {
        self.management("intermediates/0").await
    }

    /// What it knows of a certificate, by serial number in hex: `Status` is `Valid` or `Revoked`.
    pub async fn certificate_status(&self, serial: &str) -> serde_json::Value {
        serde_json::from_str(&self.management(&format!("cert-status-by-serial/{serial}")).await).unwrap()
    }

    /// From now on it would have the leaf of this chain renewed between these times (RFC 3339).
    pub async fn suggest_renewal(&self, chain_pem: &str, start: &str, end: &str) {
        const END: &str = "-----END CERTIFICATE-----\n";
        let leaf = &chain_pem[..chain_pem.find(END).unwrap() + END.len()];
        let url = format!("https://localhost:{}/set-renewal-info/", self.management.number());
        let answer = json!({"suggestedWindow": {"start": start, "end": end}}).to_string();
        let body = json!({"Certificate": leaf, "ARIResponse": answer});
        let response = self.client.post(url).json(&body).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.text().await.unwrap());
    }

    /// The challenge test server beside it.
    pub fn challtestsrv(&self) -> &ChallTestSrv {
        &self.challtestsrv
    }

    /// An HTTP client that trusts its TLS certificate.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The serial numbers of what it issued for an order. It has no list to ask for, but prints a line for each:
    /// `Issued certificate serial S for order ID`, where ID is the end of the order's URL.
    pub fn issued_for(&self, order_url: &str) -> Vec<String> {
        let order = order_url.rsplit('/').next().unwrap();
        let log = self.log();
        let issued =
            log.lines().filter_map(|line| line.split_once("Issued certificate serial ")?.1.split_once(" for order "));
        issued.filter(|(_, id)| id.trim() == order).map(|(serial, _)| serial.to_owned()).collect()
    }

    /// How many requests it was sent. It prints a line for each, such as `POST /order-plz -> calling handler()`.
    pub fn requests(&self) -> usize {
        self.log().lines().filter(|line| line.contains("-> calling handler()")).count()
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Kills it: from now on the CA cannot be reached.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    async fn management(&self, path: &str) -> String {
        let url = format!("https://localhost:{}/{path}", self.management.number());
        let response = self.client.get(url).send().await.unwrap().error_for_status().unwrap();
        response.text().await.unwrap()
    }
}
