use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::{Port, Process};

/// A key that changes zones.
#[derive(Clone, Copy, Debug)]
pub struct TsigKey {
    /// Its name.
    pub name: &'static str,
    /// E.g. `hmac-sha256`.
    pub algorithm: &'static str,
    /// Base64.
    pub secret: &'static str,
}

/// A bind9 name server.
#[derive(Debug)]
pub struct Bind {
    process: Process,
    port: Port,
    relay: JoinSet<()>,
}

impl Bind {
    /// Starts one that is the authority for these zones, each a name and the records of its zone file after SOA, NS
    /// and `ns IN A 127.0.0.1`. It answers REFUSED for every other name.
    pub async fn start(zones: &[(&str, &str)]) -> Self {
        let zones: Vec<_> = zones.iter().map(|(zone, records)| (*zone, *records, &[][..])).collect();
        Self::writable(&zones, &[]).await
    }

    /// The same, with these keys; each zone may be changed with those that it names (RFC 2136, RFC 8945).
    pub async fn writable(zones: &[(&str, &str, &[&str])], keys: &[TsigKey]) -> Self {
        let (port, directory) = (Port::claim(), Process::directory());
        let path = directory.path();
        let mut conf = format!(
            "options {{ directory {path:?}; pid-file none; session-keyfile none; listen-on port {} {{ 127.0.0.1; }}; \
             listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; notify no; \
             check-names primary ignore; }};\ncontrols {{ }};\n",
            port.number(),
        );
        for TsigKey { name, algorithm, secret } in keys {
            conf.push_str(&format!("key {name:?} {{ algorithm {algorithm}; secret {secret:?}; }};\n"));
        }
        for (zone, records, writers) in zones {
            let file = format!("{zone}.zone");
            let head = "$TTL 60\n@ IN SOA ns hostmaster 1 60 60 600 60\n@ IN NS ns\nns IN A 127.0.0.1\n";
            fs::write(path.join(&file), format!("{head}{records}\n")).unwrap();
            let writers: String = writers.iter().map(|key| format!("key {key:?}; ")).collect();
            let update = if writers.is_empty() { "none; ".to_owned() } else { writers };
            conf.push_str(&format!("zone {zone:?} {{ type primary; file {file:?}; allow-update {{ {update}}}; }};\n"));
        }
        fs::write(path.join("named.conf"), conf).unwrap();
        let mut process = Process::start("named", directory, &["-4", "-n", "1", "-g", "-c", "named.conf"], &[]);
        // It takes connections before its zones are loaded, and answers SERVFAIL until then.
        let log = process.path("log");
        process.until(async || fs::read_to_string(&log).is_ok_and(|log| log.contains(" running\n"))).await;
        process.until_listening(port.address()).await;
        Self { process, port, relay: JoinSet::new() }
    }

    /// Starts another one that answers, by UDP, on the same port of `address`, which is one of 127.0.0.0/8: the
    /// name servers of a zone all listen on one port. It must not outlive this one.
    pub async fn beside(&self, address: Ipv4Addr, zones: &[(&str, &str)]) -> Self {
        assert!(address.is_loopback());
        let mut second = Self::start(zones).await;
        // bind9 listens only on addresses that an interface bears, and 127.0.0.2 is on none.
        let front = UdpSocket::bind((address, self.port.number())).await.unwrap();
        let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        back.connect(second.dns_addr()).await.unwrap();
        second.relay.spawn(async move {
            let mut packet = [0; 4096];
            while let Ok((length, asker)) = front.recv_from(&mut packet).await {
                back.send(&packet[..length]).await.unwrap();
                let length = back.recv(&mut packet).await.unwrap();
                front.send_to(&packet[..length], asker).await.unwrap();
            }
        });
        second
    }

    /// Its address, UDP and TCP.
    pub fn dns_addr(&self) -> SocketAddr {
        self.port.address()
    }

    /// Kills it: from now on nothing answers.
    pub fn stop(&mut self) {
        self.process.stop();
    }
}
