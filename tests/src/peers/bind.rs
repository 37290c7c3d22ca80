use std::fs;
use std::net::SocketAddr;

use super::{Port, Process};

/// A bind9 name server.
#[derive(Debug)]
pub struct Bind {
    process: Process,
    dns: Port,
}

impl Bind {
    /// Starts one that is the authority for these zones, each a name and the records of its zone file after SOA, NS
    /// and `ns IN A 127.0.0.1`. It answers REFUSED for every other name.
    pub async fn start(zones: &[(&str, &str)]) -> Self {
        let (dns, directory) = (Port::claim(), Process::directory());
        let path = directory.path();
        let mut conf = format!(
            "options {{ directory {path:?}; pid-file none; session-keyfile none; listen-on port {} {{ 127.0.0.1; }}; \
             listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; minimal-responses no; }};\ncontrols {{ }};\n",
            dns.number(),
        );
        for (zone, records) in zones {
            let file = format!("{zone}.zone");
            let head = "$TTL 60\n@ IN SOA ns hostmaster 1 60 60 600 60\n@ IN NS ns\nns IN A 127.0.0.1\n";
            fs::write(path.join(&file), format!("{head}{records}\n")).unwrap();
            conf.push_str(&format!("zone {zone:?} {{ type primary; file {file:?}; }};\n"));
        }
        fs::write(path.join("named.conf"), conf).unwrap();
        let mut process = Process::start("named", directory, &["-4", "-n", "1", "-g", "-c", "named.conf"], &[]);
        process.until_listening(dns.address()).await;
        let mut bind = Self { process, dns };
        bind.until_running().await;
        bind
    }

    /// Its address, UDP and TCP.
    pub fn dns_addr(&self) -> SocketAddr {
        self.dns.address()
    }

    /// Kills it: from now on nothing answers.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// named takes connections before its zones are loaded, and answers SERVFAIL until then.
    async fn until_running(&mut self) {
        let log = self.process.path("log");
        self.process.until(async || fs::read_to_string(&log).is_ok_and(|log| log.contains(" running"))).await;
    }
}
