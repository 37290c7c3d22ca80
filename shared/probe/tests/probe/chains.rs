//! The earliest end that a chain needs.

use domain::ports::{ChainEnd, Prober};
use jiff::Timestamp;
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

use crate::peer::prober;

/// A CA that ends with this year.
fn params(name: &str, last_year: i32) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2015, 1, 1), date_time_ymd(last_year + 1, 1, 1));
    params
}

fn root(last_year: i32) -> CertifiedIssuer<'static, KeyPair> {
    CertifiedIssuer::self_signed(params("root", last_year), KeyPair::generate().unwrap()).unwrap()
}

fn leaf(issuer: &CertifiedIssuer<'static, KeyPair>) -> Certificate {
    let mut leaf = CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    (leaf.not_before, leaf.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2050, 1, 1));
    leaf.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap()
}

fn end(subject: &str, year: i32) -> Option<ChainEnd> {
    let valid_to: Timestamp = format!("{year}-01-01T00:00:00Z").parse().unwrap();
    Some(ChainEnd { subject: format!("CN={subject}"), valid_to })
}

fn ends(chain: &[&Certificate], root: &str) -> Option<ChainEnd> {
    let chain: Vec<Vec<u8>> = chain.iter().map(|certificate| certificate.der().to_vec()).collect();
    prober().trust(&chain, root).unwrap().ends
}

#[test]
fn is_that_of_what_is_needed() {
    let (lasting, short) = (root(2060), root(2045));
    let below = |last_year| {
        let key = KeyPair::generate().unwrap();
        CertifiedIssuer::signed_by(params("below", last_year), key, &lasting).unwrap()
    };
    let (a, b) = (below(2040), below(2055));
    assert_eq!(ends(&[&leaf(&lasting)], &lasting.pem()), None, "nothing is between");
    assert_eq!(ends(&[&leaf(&b), b.as_ref()], &lasting.pem()), None, "it outlives the leaf");
    assert_eq!(ends(&[&leaf(&a), a.as_ref()], &lasting.pem()), end("below", 2041));
    assert_eq!(
        ends(&[&leaf(&b), b.as_ref(), a.as_ref()], &lasting.pem()),
        None,
        "what ends early is sent, and not needed"
    );
    assert_eq!(ends(&[&leaf(&short)], &short.pem()), end("root", 2046), "the root ends");
    assert_eq!(ends(&[&leaf(&short)], &format!("{}{}", lasting.pem(), short.pem())), end("root", 2046));
}

/// Of two ways to a root the longer lasting counts, whichever is sent first.
#[test]
fn is_that_of_the_better_way() {
    let root = root(2060);
    let key = KeyPair::generate().unwrap();
    let old = params("twin", 2040).signed_by(&key, &root).unwrap();
    let new = CertifiedIssuer::signed_by(params("twin", 2058), key, &root).unwrap();
    let leaf = leaf(&new);
    assert_eq!(ends(&[&leaf, &old, new.as_ref()], &root.pem()), None);
    assert_eq!(ends(&[&leaf, new.as_ref(), &old], &root.pem()), None);
    assert_eq!(ends(&[&leaf, &old], &root.pem()), end("twin", 2041));
}

#[test]
fn a_root_that_has_expired_is_said_to_have() {
    let root = root(2022);
    let chain = [leaf(&root).der().to_vec()];
    let why = prober().trust(&chain, &root.pem()).unwrap_err();
    assert_eq!(why, "the root given in root_ca_pem expired at 2023-01-01T00:00:00Z");
}

/// CAs that all have one name could each be above each other: a server must not keep a core busy with them.
#[test]
fn a_tangled_chain_costs_little() {
    let above: Vec<_> = (0..15).map(|_| root(2060)).collect();
    let leaf = leaf(&above[0]);
    let chain: Vec<Vec<u8>> =
        std::iter::once(&leaf).chain(above.iter().map(AsRef::as_ref)).map(|one| one.der().to_vec()).collect();
    let other = CertifiedIssuer::self_signed(params("other", 2060), KeyPair::generate().unwrap()).unwrap();
    let start = std::time::Instant::now();
    prober().trust(&chain, &other.pem()).unwrap_err();
    assert!(start.elapsed() < std::time::Duration::from_secs(2), "{:?}", start.elapsed());
}
