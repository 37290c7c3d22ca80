use serde_json::json;
use system_tests::need;
use system_tests::peers::{Port, SinkTls, SmtpSink, SmtpSinkOptions, TlsServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::authority::{Authority, Leaf};
use super::{check, idle, watch};

#[tokio::test(flavor = "multi_thread")]
async fn looks_at_a_mail_server() {
    need!("aiosmtpd");
    let steward = idle().await;
    let admin = steward.admin().await;
    let sink = SmtpSink::start(SmtpSinkOptions { tls: SinkTls::StartTls, ..SmtpSinkOptions::default() }).await;
    let more = json!({"starttls": "smtp", "root_ca_pem": sink.root_pem()});
    let id = watch(&admin, sink.addr(), &Authority::new(), more).await;
    let checked = check(&admin, id).await;
    // Its certificate is for localhost.
    assert_eq!((&checked["status"], &checked["grade"]), (&json!("mismatch"), &json!("M")), "{checked}");
    assert_eq!(checked["endpoints"][0]["certificate"]["trusted"], true);

    let plain = SmtpSink::start(SmtpSinkOptions { tls: SinkTls::None, ..SmtpSinkOptions::default() }).await;
    let id = watch(&admin, plain.addr(), &Authority::new(), json!({"starttls": "SMTP"})).await;
    let endpoint = check(&admin, id).await["endpoints"][0].clone();
    assert_eq!(endpoint["failure"], "tls");
    assert!(endpoint["error"].as_str().unwrap().contains("does not offer STARTTLS"), "{endpoint}");

    // Without STARTTLS it is no TLS server.
    let id = watch(&admin, sink.addr(), &Authority::new(), json!({})).await;
    let endpoint = check(&admin, id).await["endpoints"][0].clone();
    assert_eq!(endpoint["failure"], "tls", "{endpoint}");
}

/// A server that speaks just enough IMAP, as it is told to, and then is the TLS server behind it.
async fn imap(before: TlsServer, greeting: &'static str, answer: &'static str) -> Port {
    let port = Port::claim();
    let listener = TcpListener::bind(port.address()).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            near.write_all(greeting.as_bytes()).await.unwrap();
            let mut said = [0; 64];
            let length = near.read(&mut said).await.unwrap();
            assert_eq!(&said[..length], b"a1 STARTTLS\r\n");
            near.write_all(answer.as_bytes()).await.unwrap();
            let mut far = TcpStream::connect(before.address()).await.unwrap();
            let _ = copy_bidirectional(&mut near, &mut far).await;
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_at_an_imap_server() {
    need!("openssl");
    let steward = idle().await;
    let admin = steward.admin().await;
    let authority = Authority::new();
    for (greeting, answer, expected) in [
        ("* OK ready\r\n", "a1 OK begin\r\n", "normal"),
        ("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", "* CAPABILITY IMAP4rev1\r\na1 OK\r\n", "normal"),
        ("* OK ready\r\n", "a1 BAD unknown command\r\n", "unreachable"),
        // What comes in plain text after the answer would be read as if it had come by TLS.
        ("* OK ready\r\n", "a1 OK begin\r\n* 1 EXISTS\r\n", "unreachable"),
    ] {
        let server = TlsServer::start(&authority.sign(Leaf::default()), &[]).await;
        let port = imap(server, greeting, answer).await;
        let id = watch(&admin, port.address(), &authority, json!({"starttls": "imap"})).await;
        let checked = check(&admin, id).await;
        assert_eq!(checked["status"], expected, "{answer}: {checked}");
    }
}
