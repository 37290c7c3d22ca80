//! A root, an intermediate, and a leaf for any key.

use domain::names::DomainName;
use rcgen::{BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer, KeyPair};

pub fn names(names: &[&str]) -> Vec<DomainName> {
    names.iter().map(|name| DomainName::parse("domain", name).unwrap()).collect()
}

/// The PEM chain (leaf, intermediate) that a CA makes of a CSR.
pub fn issue(csr: &[u8]) -> String {
    let (root, _) = authority("Steward test root", None);
    let (intermediate, pem) = authority("Steward test CA", Some(&root));
    let mut request = CertificateSigningRequestParams::from_der(&csr.into()).unwrap();
    request.params.not_before = rcgen::date_time_ymd(2026, 1, 2);
    request.params.not_after = rcgen::date_time_ymd(2026, 4, 2);
    request.params.serial_number = Some(vec![0x8a, 0x00, 0x01].into());
    request.params.use_authority_key_identifier_extension = true;
    request.signed_by(&intermediate).unwrap().pem() + &pem
}

fn authority(name: &str, parent: Option<&Issuer<'static, KeyPair>>) -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = match parent {
        Some(parent) => params.signed_by(&key, parent).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (Issuer::new(params, key), certificate.pem())
}
