//! Without STEWARD_DNS: the name servers of the zone are found and each is asked.

use std::net::Ipv4Addr;

use dns::Authoritative;
use domain::ports::{Dns, DnsError};
use domain::targets::TargetPolicy;
use system_tests::need;
use system_tests::peers::{Bind, Port};

use super::{LAB, OTHER, lines};

fn through(bind: &Bind, allowed: &str) -> Authoritative {
    let address = bind.dns_addr();
    Authoritative::through(vec![address], address.port(), TargetPolicy::new(vec![allowed.parse().unwrap()]))
}

/// The `ns` of each zone is 127.0.0.1; these are further ones.
const SECOND: &str = "@ IN NS second\nsecond IN A 127.0.0.2\n";

#[tokio::test]
async fn every_server_of_the_zone_is_asked() {
    need!("named");
    let zone = |records: &str| format!("{SECOND}{records}");
    let first = Bind::start(&[("lab.example", &zone("a IN TXT new"))]).await;
    let _second = first.beside(Ipv4Addr::new(127, 0, 0, 2), &[("lab.example", &zone(""))]).await;
    let mut answers = through(&first, "127.0.0.0/8").txt("a.lab.example").await.unwrap();
    answers.sort_by(|a, b| a.server.cmp(&b.server));

    let port = first.dns_addr().port();
    assert_eq!(answers[0].server, format!("ns.lab.example (127.0.0.1:{port})"));
    assert_eq!(answers[0].values, Ok(vec!["new".to_owned()]));
    assert_eq!(answers[1].server, format!("second.lab.example (127.0.0.2:{port})"));
    assert_eq!(answers[1].values, Ok(vec![]));
    assert_eq!(answers.len(), 2);
}

#[tokio::test]
async fn each_server_that_cannot_be_asked_says_why() {
    need!("named");
    let more = "@ IN NS lame\nlame IN A 127.0.0.3\n@ IN NS inner\ninner IN A 10.0.0.1\n@ IN NS gone.nobody.example.\na IN TXT v\n";
    let bind = Bind::start(&[("lab.example", &format!("{SECOND}{more}"))]).await;
    let _lame = bind.beside(Ipv4Addr::new(127, 0, 0, 3), &[("other.example", "")]).await;
    let answers = through(&bind, "127.0.0.0/8").txt("a.lab.example").await.unwrap();
    let lines = lines(&answers);
    assert_eq!(
        lines,
        [
            r#"a.lab.example: ["v"]"#,
            "a.lab.example: answered REFUSED for a.lab.example",
            "a.lab.example: could not be asked: Connection refused (os error 111)",
            "a.lab.example: its address could not be found",
            "a.lab.example: was not asked: 10.0.0.1 is not a public address, and not in STEWARD_ALLOW_TARGETS",
        ]
    );
    let strict = Authoritative::through(vec![bind.dns_addr()], bind.dns_addr().port(), TargetPolicy::default());
    let answers = strict.txt("a.lab.example").await.unwrap();
    assert!(answers.iter().all(|answer| answer.values.is_err()), "{answers:?}");
}

#[tokio::test]
async fn aliases_lead_to_the_servers_of_their_zone() {
    need!("named");
    let bind = Bind::start(&[("lab.example", LAB), ("other.example", OTHER)]).await;
    let dns = through(&bind, "127.0.0.0/8");
    for (name, said) in [
        ("within.lab.example", r#"_acme-challenge.one.lab.example: ["value-1"]"#),
        ("beyond.lab.example", r#"target.other.example: ["value-elsewhere"]"#),
        ("nowhere.lab.example", "missing.lab.example: []"),
        ("deep.below.www.lab.example", "deep.below.www.lab.example: []"),
        (
            "far.lab.example",
            "far.lab.example: its aliases go round in a loop: far.lab.example → far.other.example → far.lab.example",
        ),
    ] {
        assert_eq!(lines(&dns.txt(name).await.unwrap()), [said]);
    }
    let lost = dns.txt("lost.lab.example").await.unwrap_err();
    assert!(
        matches!(&lost, DnsError::NoZone(why) if why.ends_with("target.nobody.example; for target.nobody.example it answered REFUSED")),
        "{lost}"
    );
}

#[tokio::test]
async fn without_a_resolver_or_a_zone_nothing_can_be_asked() {
    need!("named");
    let nobody = Port::claim();
    let dns = Authoritative::through(vec![nobody.address()], 53, TargetPolicy::default());
    let error = dns.txt("a.lab.example").await.unwrap_err();
    assert!(matches!(error, DnsError::Unavailable(_)), "{error}");

    let bind = Bind::start(&[("example", "")]).await;
    let error = through(&bind, "127.0.0.0/8").txt("_acme-challenge.unregistered.example").await.unwrap_err();
    assert!(matches!(&error, DnsError::NoZone(why) if why.ends_with("the closest zone is example")), "{error}");
}
