use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use dial::words::{self, tls_words};
use dial::{DialError, Dialler};
use domain::ports::{Clock, Endpoint, Handshake, KeyAsked, ProbeError, Prober, TlsVersion, Trusted};
use domain::targets::TargetPolicy;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, Error, ProtocolVersion, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::exchange::{self, Broken};
use crate::plain::Glimpse;
use crate::signature::Proof;
use crate::trust::Roots;
use crate::verifier::{Onlooker, Visitor};
use crate::{facts, glimpse, starttls, trust};

/// How long a name may take to be found: the system's resolver would try for half a minute and more.
const RESOLVE_WITHIN: Duration = Duration::from_secs(10);

static PUBLIC_ROOTS: LazyLock<RootCertStore> =
    LazyLock::new(|| RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });

/// Shakes hands by rustls, on AWS-LC: TLS 1.2 and 1.3, with cipher suites that are still thought safe. Where a server
/// agrees to none of that, reads what it shows of itself in plain text.
#[derive(Clone)]
pub struct RustlsProber {
    dialler: Dialler,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
}

impl std::fmt::Debug for RustlsProber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RustlsProber").field("dialler", &self.dialler).finish_non_exhaustive()
    }
}

impl RustlsProber {
    /// Looks at servers whose addresses the policy permits.
    pub fn new(policy: TargetPolicy, clock: Arc<dyn Clock>) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        Self { dialler: Dialler::new(Arc::new(policy)), clock, provider }
    }

    /// What a client says that wants a certificate with this key.
    fn config(&self, key: KeyAsked, onlooker: &Arc<Onlooker>, visitor: &Arc<Visitor>) -> Result<ClientConfig, Error> {
        let mut provider = CryptoProvider::clone(&self.provider);
        // Suites of TLS 1.2 name the kind of key; those of TLS 1.3 fit all.
        provider.cipher_suites.retain(|suite| {
            let name = suite.suite().as_str().unwrap_or_default();
            match key {
                KeyAsked::Any => true,
                KeyAsked::Rsa => !name.contains("_ECDSA_"),
                KeyAsked::Ecdsa => !name.contains("_RSA_"),
            }
        });
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Onlooker>::clone(onlooker))
            .with_client_cert_resolver(Arc::<Visitor>::clone(visitor));
        // A session taken up again shows no certificate.
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    async fn connect(&self, endpoint: &Endpoint, within: Duration) -> Result<TcpStream, ProbeError> {
        let address = SocketAddr::new(endpoint.address, endpoint.port);
        let mut stream = self.dialler.connect_to(address, within).await.map_err(refused)?;
        if let Some(protocol) = endpoint.starttls {
            starttls::start(&mut stream, protocol).await?;
        }
        Ok(stream)
    }

    async fn shake(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError> {
        let address = SocketAddr::new(endpoint.address, endpoint.port);
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|_| ProbeError::Tls(format!("'{}' cannot be asked for in TLS", endpoint.host)))?;
        let ours = |error: Error| ProbeError::Tls(format!("TLS cannot be set up: {}", tls_words(&error)));
        let onlooker = Arc::new(Onlooker::new(self.provider.signature_verification_algorithms, endpoint.key));
        let visitor = Arc::new(Visitor::default());
        let config = self.config(endpoint.key, &onlooker, &visitor).map_err(ours)?;
        let mut tls = ClientConnection::new(Arc::new(config), name).map_err(ours)?;
        let mut stream = self.connect(endpoint, within).await?;
        let ended = exchange::shake(&mut stream, &mut tls).await;
        let sighting = onlooker.sighting();
        let asks_for_certificate = visitor.was_asked();
        let proof = match (sighting.proof, ended) {
            (Some(Proof::Wrong), _) => {
                let words = "does not have the key of the certificate that it shows; install the key and the \
                             certificate that belong together";
                return Err(ProbeError::WrongKey(format!("{address} {words}")));
            }
            // Who has none of the certificates that the server wants from its visitors has seen the server's own.
            (Some(Proof::Given), ended) if ended.is_ok() || asks_for_certificate => Ok(()),
            (Some(Proof::NotChecked(why)), ended) if ended.is_ok() || asks_for_certificate => Err(why),
            (_, Err(broken)) => return Err(why_not(address, &broken)),
            (_, Ok(())) => return Err(ProbeError::Tls(format!("{address} sent no certificate"))),
        };
        // That the server hears of the end is a courtesy.
        tls.send_close_notify();
        let _ = exchange::flush(&mut stream, &mut tls).await;
        let version = match tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
            _ => TlsVersion::Tls12,
        };
        let suite = tls.negotiated_cipher_suite().map(|suite| suite.suite());
        let cipher = suite.and_then(|suite| suite.as_str()).unwrap_or_default().replacen("TLS13_", "TLS_", 1);
        self.shown(address, sighting.chain, version, cipher, proof, asks_for_certificate)
    }

    async fn catch(&self, endpoint: &Endpoint, within: Duration, why: &str) -> Result<Handshake, ProbeError> {
        let address = SocketAddr::new(endpoint.address, endpoint.port);
        let mut stream = self.connect(endpoint, within).await?;
        let nothing = || ProbeError::Tls(format!("{address} shows no certificate"));
        let seen = glimpse::glimpse(&mut stream, &endpoint.host, endpoint.key, self.provider.secure_random).await;
        let Glimpse { version, cipher, chain } = seen.map_err(|_| nothing())?.ok_or_else(nothing)?;
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        let proof = Err(format!("whether the server has the key of this certificate was not checked: {why}"));
        self.shown(address, chain, version, cipher, proof, false)
    }

    fn shown(
        &self,
        address: SocketAddr,
        chain: Vec<CertificateDer<'static>>,
        version: TlsVersion,
        cipher: String,
        proof: Result<(), String>,
        asks_for_certificate: bool,
    ) -> Result<Handshake, ProbeError> {
        let unread = || ProbeError::Tls(format!("{address} shows a certificate that cannot be read"));
        let leaf = chain.first().and_then(|leaf| facts::facts(leaf)).ok_or_else(unread)?;
        let algorithms = &self.provider.signature_verification_algorithms;
        let trust = trust::trust(&chain, &Roots::Public(&PUBLIC_ROOTS), algorithms, self.clock.now());
        let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
        Ok(Handshake { chain, leaf, version, cipher, trust, proof, asks_for_certificate })
    }
}

#[async_trait]
impl Prober for RustlsProber {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ProbeError> {
        let late = || ProbeError::Unresolved(format!("{host} was not found within {} s", RESOLVE_WITHIN.as_secs()));
        let found = timeout(RESOLVE_WITHIN, self.dialler.resolve(host)).await;
        found.map_err(|_| late())?.map_err(refused)
    }

    async fn handshake(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError> {
        let deadline = Instant::now() + within;
        let late = |_| Err(late(endpoint, within));
        let shaken = timeout_at(deadline, self.shake(endpoint, within)).await.unwrap_or_else(late);
        let why = match &shaken {
            Err(ProbeError::Tls(why) | ProbeError::NotTls(why)) => why,
            _ => return shaken,
        };
        // Its certificate may still be seen; why there was no handshake tells more than why that is not.
        let left = deadline.saturating_duration_since(Instant::now());
        let caught = timeout_at(deadline, self.catch(endpoint, left, why)).await;
        caught.ok().and_then(Result::ok).map_or(shaken, Ok)
    }

    fn trust(&self, chain: &[Vec<u8>], roots_pem: &str) -> Result<Trusted, String> {
        let own = Roots::read(roots_pem)?;
        if let Roots::Own(roots) = &own
            && chain.first().is_some_and(|leaf| roots.iter().any(|(root, _)| root.as_ref() == leaf.as_slice()))
        {
            return Ok(Trusted::default());
        }
        let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        trust::trust(&chain, &own, &self.provider.signature_verification_algorithms, self.clock.now())
    }

    fn check_roots(&self, roots_pem: &str) -> Result<(), String> {
        let mut roots = RootCertStore::empty();
        for root in trust::roots(roots_pem)? {
            roots.add(root).map_err(|_| "has a certificate that cannot be a root")?;
        }
        Ok(())
    }
}

fn late(endpoint: &Endpoint, within: Duration) -> ProbeError {
    let address = SocketAddr::new(endpoint.address, endpoint.port);
    ProbeError::Unreachable(format!("{address} did not answer within {} s", within.as_secs_f64()))
}

fn refused(error: DialError) -> ProbeError {
    match error {
        DialError::Refused(refusal) => ProbeError::Refused(refusal.to_string()),
        DialError::Unresolved { .. } => ProbeError::Unresolved(error.to_string()),
        DialError::Connect { .. } | DialError::Late { .. } => ProbeError::Unreachable(error.to_string()),
    }
}

/// What stopped a handshake, in words.
fn why_not(address: SocketAddr, broken: &Broken) -> ProbeError {
    match broken {
        Broken::Mute => ProbeError::NotTls(format!(
            "{address} takes the connection and hangs up without a word: it does not speak TLS, or not to everybody \
             (a port that wants the PROXY protocol does that)"
        )),
        Broken::NotTls => ProbeError::NotTls(format!("{address} does not speak TLS")),
        Broken::Short => ProbeError::Tls(format!("{address} hangs up in the middle of the handshake")),
        Broken::TooMuch => ProbeError::Tls(format!("{address} sends more than a handshake has")),
        Broken::Io(error) => {
            ProbeError::Unreachable(format!("the connection to {address} broke: {}", words::cause(error)))
        }
        Broken::Tls(error) => ProbeError::Tls(format!("no TLS with {address}: {}", tls_words(error))),
    }
}
