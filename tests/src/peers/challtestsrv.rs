use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Port, Process};

/// Pebble's challenge test server: a DNS server, and an HTTP-01 server, that say what they are told to.
#[derive(Debug)]
pub struct ChallTestSrv {
    process: Process,
    management: Port,
    dns: Port,
    http01: Port,
    client: reqwest::Client,
}

impl ChallTestSrv {
    /// Starts one. It answers every A query with 127.0.0.1 until told otherwise.
    pub async fn start() -> Self {
        let [management, dns, http01] = [Port::claim(), Port::claim(), Port::claim()];
        let of = |port: &Port| port.address().to_string();
        let args = [
            ("-management", of(&management)),
            ("-dns01", of(&dns)),
            ("-http01", of(&http01)),
            ("-https01", String::new()),
            ("-tlsalpn01", String::new()),
            ("-defaultIPv6", String::new()),
        ];
        let args: Vec<_> = args.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect();
        let mut process = Process::start("pebble-challtestsrv", Process::directory(), &args, &[]);
        for port in [&management, &dns, &http01] {
            process.until_listening(port.address()).await;
        }
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { process, management, dns, http01, client }
    }

    /// Its DNS server, UDP and TCP.
    pub fn dns_addr(&self) -> SocketAddr {
        self.dns.address()
    }

    /// Its HTTP-01 server.
    pub fn http01_addr(&self) -> SocketAddr {
        self.http01.address()
    }

    /// Adds a TXT value to a name.
    pub async fn set_txt(&self, host: &str, value: &str) {
        self.post("set-txt", json!({"host": fqdn(host), "value": value})).await;
    }

    /// Removes the TXT values of a name.
    pub async fn clear_txt(&self, host: &str) {
        self.post("clear-txt", json!({"host": fqdn(host)})).await;
    }

    /// Makes a name an alias.
    pub async fn add_cname(&self, host: &str, target: &str) {
        self.post("set-cname", json!({"host": fqdn(host), "target": fqdn(target)})).await;
    }

    /// Removes an alias.
    pub async fn clear_cname(&self, host: &str) {
        self.post("clear-cname", json!({"host": fqdn(host)})).await;
    }

    /// Sets the IPv4 addresses of a name.
    pub async fn add_a(&self, host: &str, addresses: &[&str]) {
        self.post("add-a", json!({"host": fqdn(host), "addresses": addresses})).await;
    }

    /// Answers SERVFAIL for a name.
    pub async fn set_servfail(&self, host: &str) {
        self.post("set-servfail", json!({"host": fqdn(host)})).await;
    }

    /// Answers for a name again.
    pub async fn clear_servfail(&self, host: &str) {
        self.post("clear-servfail", json!({"host": fqdn(host)})).await;
    }

    /// Serves a key authorization at `/.well-known/acme-challenge/{token}`.
    pub async fn add_http01(&self, token: &str, content: &str) {
        self.post("add-http01", json!({"token": token, "content": content})).await;
    }

    /// Stops serving a token.
    pub async fn clear_http01(&self, token: &str) {
        self.post("del-http01", json!({"token": token})).await;
    }

    /// Forgets everything said of a name: TXT values, alias, SERVFAIL.
    pub async fn clear(&self, host: &str) {
        self.clear_txt(host).await;
        self.clear_cname(host).await;
        self.clear_servfail(host).await;
    }

    /// The DNS questions asked about a name so far, as challtestsrv prints them.
    pub async fn dns_request_history(&self, host: &str) -> Vec<Value> {
        // Alone among its names, this one has no dot at its end.
        let body = self.post("dns-request-history", json!({"host": host.trim_end_matches('.')})).await;
        serde_json::from_str::<Option<Vec<Value>>>(&body).unwrap().unwrap_or_default()
    }

    /// Kills it: from now on nothing answers.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    async fn post(&self, verb: &str, body: Value) -> String {
        let url = format!("http://{}/{verb}", self.management.address());
        let response = self.client.post(&url).body(body.to_string()).send().await.unwrap();
        assert!(response.status().is_success(), "{verb} {body}: {}", response.status());
        response.text().await.unwrap()
    }
}

fn fqdn(host: &str) -> String {
    format!("{}.", host.trim_end_matches('.'))
}
