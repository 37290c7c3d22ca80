use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// A TLS certificate for localhost and 127.0.0.1, and the private CA it comes from.
#[derive(Clone, Debug)]
pub struct ServerCertificate {
    /// The CA's certificate: what a client must trust.
    pub root_pem: String,
    /// The server's certificate.
    pub certificate_pem: String,
    /// The server's key, PKCS #8.
    pub key_pem: String,
}

impl ServerCertificate {
    /// A fresh one.
    pub fn generate() -> Self {
        Self::for_names(&["localhost", "127.0.0.1"])
    }

    /// A fresh one for these names.
    pub fn for_names(names: &[&str]) -> Self {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "the CA of a test's peers");
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &ca).unwrap();
        Self { root_pem: ca.pem(), certificate_pem: certificate.pem(), key_pem: key.serialize_pem() }
    }
}

/// A private CA that issues many certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// A fresh one.
    pub fn generate() -> Self {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "the CA of a test's sites");
        Self(CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap())
    }

    /// What a client must trust.
    pub fn root_pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names with its key, PEM both.
    pub fn issue(&self, names: &[&str]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}
