//! Without STEWARD_DNS: the name servers of the zone are found and each is asked.

use std::net::Ipv4Addr;

use dns::Authoritative;
use domain::ports::{Dns, DnsError};
use domain::targets::TargetPolicy;
use system_tests::need;
use system_tests::peers::{Bind, Port, Question, Resolver};

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
        matches!(&lost, DnsError::Unavailable(why) if why.contains("target.nobody.example") && why.ends_with("it answered REFUSED")),
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

const SOA: u16 = 6;

/// A zone, and a name below it with records.
const BELOW: &str =
    "www IN A 127.0.0.1\n_acme-challenge.www IN TXT there\nkube IN NS ns.kube\nns.kube IN A 127.0.0.1\n";

fn resolved(resolver: &Resolver, bind: &Bind) -> Authoritative {
    let allowed = TargetPolicy::new(vec!["127.0.0.0/8".parse().unwrap()]);
    Authoritative::through(vec![resolver.dns_addr()], bind.dns_addr().port(), allowed)
}

/// Some servers know the SOA record of a zone at its apex only, and are not well when asked below it.
#[tokio::test]
async fn a_resolver_that_is_silent_of_what_is_below_the_apex_is_asked_above() {
    need!("named");
    let bind = Bind::start(&[("lab.example", BELOW)]).await;
    for code in [2, 4, 5] {
        let rule = move |asked: &Question| (asked.kind == SOA && asked.name != "lab.example").then_some(code);
        let resolver = Resolver::before(bind.dns_addr(), rule).await;
        let dns = resolved(&resolver, &bind);
        for name in ["_acme-challenge.www.lab.example", "_acme-challenge.a.b.lab.example", "lab.example"] {
            assert_eq!(dns.zone(name).await.unwrap(), "lab.example", "{name} {code}");
        }
        assert_eq!(
            lines(&dns.txt("_acme-challenge.www.lab.example").await.unwrap()),
            [r#"_acme-challenge.www.lab.example: ["there"]"#]
        );
        assert_eq!(dns.aliases("_acme-challenge.www.lab.example").await.unwrap().names.len(), 1);
    }
}

/// That there is no zone takes a server that says so.
#[tokio::test]
async fn a_resolver_that_is_not_well_is_no_proof_that_there_is_no_zone() {
    need!("named");
    let bind = Bind::start(&[("lab.example", BELOW)]).await;
    for (code, kind) in [(2, None), (4, None), (5, None), (2, Some(2)), (5, Some(2))] {
        let rule = move |asked: &Question| kind.is_none_or(|kind| asked.kind == kind).then_some(code);
        let resolver = Resolver::before(bind.dns_addr(), rule).await;
        let error = resolved(&resolver, &bind).txt("_acme-challenge.www.lab.example").await.unwrap_err();
        assert!(matches!(error, DnsError::Unavailable(_)), "{code} {kind:?}: {error}");
    }
    let resolver = Resolver::before(bind.dns_addr(), |_| Some(3)).await;
    let error = resolved(&resolver, &bind).txt("_acme-challenge.www.lab.example").await.unwrap_err();
    assert!(matches!(error, DnsError::NoZone(_)), "{error}");
}

/// A resolver remembers that a name is not there, and tells a CA that asks it (RFC 2308 §5).
#[tokio::test]
async fn no_resolver_is_asked_for_a_record_that_is_not_there_yet() {
    need!("named");
    let kube = ("kube.lab.example", "_acme-challenge.led IN CNAME proofs.other.example.\nwww IN A 127.0.0.1");
    let bind = Bind::start(&[("lab.example", BELOW), kube, ("other.example", "")]).await;
    let resolver = Resolver::before(bind.dns_addr(), |_| None).await;
    let dns = resolved(&resolver, &bind);
    for (name, zone) in [
        ("_acme-challenge.new.lab.example", "lab.example"),
        ("_acme-challenge.www.kube.lab.example", "kube.lab.example"),
        ("_acme-challenge.kube.lab.example", "kube.lab.example"),
    ] {
        assert_eq!(dns.aliases(name).await.unwrap().names, [name]);
        assert_eq!(dns.zone(name).await.unwrap(), zone);
        assert_eq!(lines(&dns.txt(name).await.unwrap()), [format!("{name}: []")]);
    }
    let led = dns.aliases("_acme-challenge.led.kube.lab.example").await.unwrap();
    assert_eq!(led.end(), "proofs.other.example");
    assert_eq!(dns.zone(led.end()).await.unwrap(), "other.example");
    assert_eq!(lines(&dns.txt(led.end()).await.unwrap()), ["proofs.other.example: []"]);
    let remembered =
        |asked: &Question| asked.recursive && (asked.name.starts_with('_') || asked.name.starts_with("proofs"));
    let asked: Vec<_> = resolver.asked().into_iter().filter(remembered).collect();
    assert!(asked.is_empty(), "{asked:?}");
}
