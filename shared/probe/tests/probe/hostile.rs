//! Peers that mean no good: each look at them ends in time, in words, and with little work.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::{ProbeError, Prober};
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection};

use crate::peer::{endpoint, look, prober};

/// Answers each connection by this, on threads of its own.
fn peer(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Reads the hello, says this again and again, and waits until the other side has had enough.
fn says(bytes: Vec<u8>, times: usize) -> SocketAddr {
    peer(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        for _ in 0..times {
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = stream.read(&mut [0; 4096]);
    })
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], u16::try_from(content.len()).unwrap().to_be_bytes().as_slice(), content].concat()
}

/// The seconds of processor time of this thread so far; the runtime of a test has no other.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

/// Looks, and says how long that took and how much work it was.
async fn measured(at: SocketAddr) -> (ProbeError, Duration, Duration) {
    let (start, work) = (Instant::now(), processor_time());
    let error = look(at).await.unwrap_err();
    (error, start.elapsed(), processor_time() - work)
}

#[tokio::test]
async fn endless_answers_end_early_and_cost_little() {
    let hello = [[2, 0, 0, 38, 3, 3].as_slice(), &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
    let crumbs: Vec<u8> = hello.iter().flat_map(|byte| record(22, &[*byte])).collect();
    for (what, bytes) in [
        ("records of no length", record(22, &[])),
        ("warnings", record(21, &[1, 112])),
        ("hellos", record(22, &hello)),
        ("hellos in crumbs", crumbs),
        ("messages of no length", record(22, &[0, 0, 0, 0].repeat(4000))),
        ("a message without end", record(22, &[[11, 255, 255, 255].as_slice(), &[0; 16_000]].concat())),
        (
            "a certificate of nothing",
            record(22, &[&hello, [11, 0, 62, 131, 0, 62, 128].as_slice(), &[0; 16_000]].concat()),
        ),
        ("text", b"220 hello\r\n".to_vec()),
    ] {
        let (error, took, work) = measured(says(bytes, 1_000_000)).await;
        assert!(matches!(error, ProbeError::Tls(_) | ProbeError::NotTls(_)), "{what}: {error}");
        assert!(took < Duration::from_secs(4), "{what}: {took:?}");
        assert!(work < Duration::from_secs(2), "{what}: {work:?}");
    }
}

#[tokio::test]
async fn an_answer_byte_by_byte_ends_at_the_deadline() {
    let at = peer(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&[22, 3, 3, 64, 0]);
        while stream.write_all(&[0]).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let start = Instant::now();
    let error = prober().handshake(&endpoint(at), Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, ProbeError::Unreachable(_)), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// A port that wants the PROXY protocol hangs up on everybody who does not speak it: what it serves cannot be told, which
/// is another thing than that something else is served.
#[tokio::test]
async fn a_port_that_does_not_speak_tls_is_told_from_one_that_refuses() {
    let mute = look(peer(|mut stream| drop(stream.read(&mut [0; 4096])))).await.unwrap_err();
    assert!(matches!(&mute, ProbeError::NotTls(why) if why.contains("PROXY protocol")), "{mute}");
    let reset = look(peer(drop)).await.unwrap_err();
    assert!(matches!(reset, ProbeError::NotTls(_)), "{reset}");
    let web = look(says(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), 1)).await.unwrap_err();
    assert!(matches!(&web, ProbeError::NotTls(why) if why.ends_with("does not speak TLS")), "{web}");
    let refuses = look(says(record(21, &[2, 40]), 1)).await.unwrap_err();
    assert!(matches!(refuses, ProbeError::Tls(_)), "{refuses}");
}

/// What a server of TLS 1.2 shows in plain text, with a certificate of 220 KB.
#[tokio::test]
async fn what_a_large_certificate_says_is_cut() {
    let mut params =
        CertificateParams::new((0..2000).map(|n| format!("n{n}.example.com")).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::OrganizationName, "O".repeat(90_000));
    params.serial_number = Some(vec![0x7f; 100].into());
    let leaf = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let [a, b, c, d] = u32::try_from(leaf.der().len()).unwrap().to_be_bytes();
    assert_eq!(a, 0);
    let list = [&[b, c, d], leaf.der().as_ref()].concat();
    let whole = |content: &[u8]| [&u32::try_from(content.len()).unwrap().to_be_bytes()[1..], content].concat();
    let hello = [[2, 0, 0, 38, 3, 3].as_slice(), &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
    let certificate = [&[11], whole(&whole(&list)).as_slice()].concat();
    let records: Vec<u8> =
        [hello, certificate].concat().chunks(16_000).flat_map(|content| record(22, content)).collect();
    let seen = look(says(records, 1)).await.unwrap().leaf;
    for text in [&seen.subject, &seen.issuer, seen.organization.as_ref().unwrap(), &seen.serial] {
        assert!(text.len() <= 512 && text.ends_with('…'), "{} bytes", text.len());
    }
    assert_eq!(seen.names.len(), 2000);
}

#[derive(Debug)]
struct Mismatch(Arc<CertifiedKey>);

impl ResolvesServerCert for Mismatch {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Anybody can show anybody's certificate; TLS 1.2 shows it in plain text before the proof, so that it could be read all
/// the same.
#[tokio::test]
async fn a_server_without_the_key_of_its_certificate_is_not_believed() {
    let (own, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let leaf = CertificateParams::new(["www.example.com".to_owned()]).unwrap().self_signed(&own).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(other.serialize_der()));
    let key = provider.key_provider.load_private_key(key).unwrap();
    let shown = Arc::new(CertifiedKey::new(vec![CertificateDer::from(leaf.der().to_vec())], key));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Mismatch(Arc::clone(&shown))));
        let config = Arc::new(config);
        let at = peer(move |mut stream| {
            let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let _ = tls.complete_io(&mut stream);
        });
        let error = look(at).await.unwrap_err();
        assert!(matches!(&error, ProbeError::WrongKey(why) if why.contains("does not have the key")), "{error}");
    }
}
