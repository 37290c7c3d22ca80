use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, date_time_ymd,
};
use system_tests::openssl;
use system_tests::peers::Chain;

/// A CA of a test, which signs as badly as it is told to.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    key: String,
}

/// What is in a certificate.
pub struct Leaf {
    pub names: Vec<&'static str>,
    /// Days from now, from and to.
    pub valid: (i64, i64),
    pub organization: Option<&'static str>,
    /// The last arcs of a policy below 2.23.140.1.
    pub policy: Option<&'static [u8]>,
    pub key: KeyPair,
}

impl Default for Leaf {
    fn default() -> Self {
        Self {
            names: vec!["www.example.com"],
            valid: (-1, 90),
            organization: None,
            policy: None,
            key: KeyPair::generate().unwrap(),
        }
    }
}

impl Authority {
    pub fn new() -> Self {
        Self::named("a test's root")
    }

    pub fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let pem = key.serialize_pem();
        Self { issuer: CertifiedIssuer::self_signed(Self::params(name), key).unwrap(), key: pem }
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (date_time_ymd(2015, 1, 1), date_time_ymd(2099, 1, 1));
        params
    }

    /// A CA below it that ends in so many days.
    pub fn below_for(&self, days: i64) -> Self {
        let key = KeyPair::generate().unwrap();
        let pem = key.serialize_pem();
        let mut params = Self::params("a short-lived intermediate");
        let (year, month, last) = day(days);
        params.not_after = date_time_ymd(year, month, last);
        Self { issuer: CertifiedIssuer::signed_by(params, key, &self.issuer).unwrap(), key: pem }
    }

    /// Its certificate, PEM.
    pub fn root(&self) -> String {
        self.issuer.pem()
    }

    /// A CA below it.
    pub fn below(&self) -> Self {
        let key = KeyPair::generate().unwrap();
        let pem = key.serialize_pem();
        let params = Self::params("a test's intermediate");
        Self { issuer: CertifiedIssuer::signed_by(params, key, &self.issuer).unwrap(), key: pem }
    }

    /// A certificate from it, sent without anything above.
    pub fn sign(&self, leaf: Leaf) -> Chain {
        let certificate = params(&leaf).signed_by(&leaf.key, &self.issuer).unwrap();
        Chain { leaf: certificate.pem(), above: String::new(), key: leaf.key.serialize_pem() }
    }

    /// A certificate that OpenSSL makes in its name: with an RSA key of this length, signed with this digest.
    pub fn sign_by_openssl(&self, bits: u32, digest: &str) -> Chain {
        let directory = tempfile::TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("ca.pem"), self.root()).unwrap();
        std::fs::write(path("ca.key"), &self.key).unwrap();
        std::fs::write(path("names"), "subjectAltName=DNS:www.example.com").unwrap();
        let key = openssl::run(&["genrsa", &bits.to_string()], b"");
        std::fs::write(path("key.pem"), &key).unwrap();
        let request = openssl::run(&["req", "-new", "-subj", "/CN=www.example.com", "-key", &path("key.pem")], b"");
        let arguments =
            ["x509", "-req", digest, "-days", "90", "-CA", &path("ca.pem"), "-CAkey", &path("ca.key"), "-extfile"];
        let leaf = openssl::run(&[&arguments[..], &[&path("names")]].concat(), request.as_bytes());
        Chain { leaf, above: String::new(), key }
    }
}

/// A certificate that is signed by itself.
pub fn self_signed() -> Chain {
    let leaf = Leaf::default();
    let certificate = params(&leaf).self_signed(&leaf.key).unwrap();
    Chain { leaf: certificate.pem(), above: String::new(), key: leaf.key.serialize_pem() }
}

/// The beginning of a day from now.
fn day(from_now: i64) -> (i32, u8, u8) {
    let at = (Timestamp::now() + SignedDuration::from_hours(24 * from_now)).to_zoned(TimeZone::UTC);
    (at.year().into(), at.month().unsigned_abs(), at.day().unsigned_abs())
}

/// The names, days and the rest of a certificate, before it is signed.
pub fn params(leaf: &Leaf) -> CertificateParams {
    let names: Vec<String> = leaf.names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    let at = |(year, month, day)| date_time_ymd(year, month, day);
    (params.not_before, params.not_after) = (at(day(leaf.valid.0)), at(day(leaf.valid.1)));
    if let Some(organization) = leaf.organization {
        params.distinguished_name.push(DnType::OrganizationName, organization);
    }
    if let Some(arcs) = leaf.policy {
        // 2.23.140.1 and the rest, in a PolicyInformation, in CertificatePolicies (RFC 5280 §4.2.1.4).
        let oid = [&[0x67, 0x81, 0x0c, 0x01], arcs].concat();
        let wrap = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
        let policies = wrap(0x30, &wrap(0x30, &wrap(0x06, &oid)));
        params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 32], policies));
    }
    params
}
