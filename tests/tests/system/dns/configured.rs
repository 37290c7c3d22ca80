//! With STEWARD_DNS: one server is asked, whoever's zone it is.

use std::net::SocketAddr;

use dns::Authoritative;
use domain::ports::{Dns, DnsError};
use domain::targets::TargetPolicy;
use system_tests::need;
use system_tests::peers::{Bind, ChallTestSrv, Port};

use super::{LAB, OTHER, line};

async fn ask(server: SocketAddr, name: &str) -> String {
    let dns = Authoritative::new(Some(server), TargetPolicy::default()).unwrap();
    let said = match dns.txt(name).await {
        Ok(answers) => {
            assert_eq!(answers.len(), 1);
            assert_eq!(answers[0].server, server.to_string());
            line(&answers[0])
        }
        Err(DnsError::NoZone(why)) => format!("no zone: {why}"),
        Err(DnsError::Unavailable(why)) => format!("unavailable: {why}"),
    };
    said.replace(&server.to_string(), "SERVER")
}

#[tokio::test]
async fn bind_answers_for_its_zones() {
    need!("named");
    let bind = Bind::start(&[("lab.example", LAB), ("other.example", OTHER)]).await;
    let server = bind.dns_addr();
    for (name, said) in [
        ("_acme-challenge.one.lab.example", r#"_acme-challenge.one.lab.example: ["value-1"]"#),
        ("_ACME-challenge.ONE.lab.example.", r#"_acme-challenge.one.lab.example: ["value-1"]"#),
        ("joined.lab.example", r#"joined.lab.example: ["a long value in two strings"]"#),
        ("within.lab.example", r#"_acme-challenge.one.lab.example: ["value-1"]"#),
        ("beyond.lab.example", r#"target.other.example: ["value-elsewhere"]"#),
        // The name does not exist, its zone does; or it exists without TXT; or its alias's target does not exist.
        ("_acme-challenge.www.lab.example", "_acme-challenge.www.lab.example: []"),
        ("www.lab.example", "www.lab.example: []"),
        ("nowhere.lab.example", "missing.lab.example: []"),
        (
            "circle.lab.example",
            "circle.lab.example: its aliases go round in a loop: circle.lab.example → ring.lab.example → circle.lab.example",
        ),
        (
            "_acme-challenge.nobody.example",
            "unavailable: SERVER was asked for the TXT records of _acme-challenge.nobody.example; it answered REFUSED",
        ),
        (
            "lost.lab.example",
            "unavailable: SERVER was asked for the TXT records of lost.lab.example → target.nobody.example; it answered REFUSED",
        ),
    ] {
        assert_eq!(ask(server, name).await, said);
    }
    let two = ask(server, "_acme-challenge.two.lab.example").await;
    assert!(two.contains("value-1") && two.contains("value-2"), "{two}");
    let far = ask(server, "c0.lab.example").await;
    assert!(far.contains("an alias of more than 8 names in a row: c0.lab.example → c1"), "{far}");
}

#[tokio::test]
async fn an_answer_too_long_for_udp_comes_by_tcp() {
    need!("named");
    let bind = Bind::start(&[("lab.example", LAB)]).await;
    let said = ask(bind.dns_addr(), "many.lab.example").await;
    for digit in "0123456".chars() {
        assert!(said.contains(&digit.to_string().repeat(91)), "{said}");
    }
}

#[tokio::test]
async fn a_name_without_a_zone_is_told_from_one_without_a_record() {
    need!("named");
    // A server that is the authority for the root and a top-level domain denies what does not exist under them.
    let bind = Bind::start(&[("example", "lab IN NS ns.lab\nns.lab IN A 127.0.0.1"), ("lab.example", LAB)]).await;
    let server = bind.dns_addr();
    assert_eq!(ask(server, "_acme-challenge.x.lab.example").await, "_acme-challenge.x.lab.example: []");
    assert_eq!(
        ask(server, "_acme-challenge.unregistered.example").await,
        "no zone: SERVER was asked for the TXT records of _acme-challenge.unregistered.example; \
         it answered NXDOMAIN, and the closest zone is example",
    );
    assert_eq!(ask(server, "a..b").await, r#"no zone: "a..b" is not a domain name"#);
}

#[tokio::test]
async fn challtestsrv_answers_what_it_was_told() {
    need!("pebble-challtestsrv");
    let peer = ChallTestSrv::start().await;
    let server = peer.dns_addr();
    let name = "_acme-challenge.a.example";

    assert_eq!(ask(server, name).await, format!("{name}: []"));
    peer.set_txt(name, "value-1").await;
    peer.set_txt(name, "value-2").await;
    // Fresh at each call, and the same through an alias.
    assert_eq!(ask(server, name).await, format!(r#"{name}: ["value-1", "value-2"]"#));
    peer.add_cname("b.example", name).await;
    assert_eq!(ask(server, "b.example").await, format!(r#"{name}: ["value-1", "value-2"]"#));
    assert!(!peer.dns_request_history(name).await.is_empty());

    peer.add_cname("c.example", "d.example").await;
    peer.add_cname("d.example", "c.example").await;
    let circle = ask(server, "c.example").await;
    assert_eq!(circle, "c.example: its aliases go round in a loop: c.example → d.example → c.example");

    peer.set_servfail(name).await;
    let failed = "unavailable: SERVER was asked for the TXT records of _acme-challenge.a.example; it answered SERVFAIL";
    assert_eq!(ask(server, name).await, failed);
    peer.clear(name).await;
    assert_eq!(ask(server, name).await, format!("{name}: []"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_said_plainly() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    assert_eq!(ask(silent.local_addr().unwrap(), "a.example").await, "a.example: did not answer within 6 s");
    let nobody = Port::claim();
    let refused = ask(nobody.address(), "a.example").await;
    assert_eq!(refused, "a.example: could not be asked: Connection refused (os error 111)");
}
