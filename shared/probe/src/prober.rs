use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use dial::{DialError, Dialler};
use domain::ports::{Clock, Endpoint, Handshake, ProbeError, Prober, TlsVersion};
use domain::targets::TargetPolicy;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::glimpse::Glimpse;
use crate::verifier::Onlooker;
use crate::{facts, glimpse, starttls, trust};

/// How long a name may take to be found: the system's resolver would try for half a minute and more.
const RESOLVE_WITHIN: Duration = Duration::from_secs(10);

static PUBLIC_ROOTS: LazyLock<RootCertStore> =
    LazyLock::new(|| RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });

/// Shakes hands by rustls, on AWS-LC: TLS 1.2 and 1.3, with cipher suites that are still thought safe.
#[derive(Clone)]
pub struct RustlsProber {
    dialler: Dialler,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
    config: Result<Arc<ClientConfig>, String>,
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
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map(|builder| {
                let onlooker = Arc::new(Onlooker(Arc::clone(&provider)));
                let mut config = builder.dangerous().with_custom_certificate_verifier(onlooker).with_no_client_auth();
                // A session taken up again shows no certificate.
                config.resumption = Resumption::disabled();
                Arc::new(config)
            })
            .map_err(|error| format!("TLS cannot be set up: {error}"));
        Self { dialler: Dialler::new(Arc::new(policy)), clock, provider, config }
    }

    async fn look(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError> {
        let config = self.config.clone().map_err(ProbeError::Tls)?;
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|_| ProbeError::Tls(format!("'{}' cannot be asked for in TLS", endpoint.host)))?;
        let address = SocketAddr::new(endpoint.address, endpoint.port);
        let mut stream = self.dialler.connect_to(address, within).await.map_err(refused)?;
        if let Some(protocol) = endpoint.starttls {
            starttls::start(&mut stream, protocol).await?;
        }
        let mut stream =
            TlsConnector::from(config).connect(name, stream).await.map_err(|error| broken(address, &error))?;
        let seen = self.seen(stream.get_ref().1)?;
        // That the server hears of the end is a courtesy.
        let _ = stream.shutdown().await;
        Ok(seen)
    }

    async fn catch(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError> {
        let address = SocketAddr::new(endpoint.address, endpoint.port);
        let mut stream = self.dialler.connect_to(address, within).await.map_err(refused)?;
        if let Some(protocol) = endpoint.starttls {
            starttls::start(&mut stream, protocol).await?;
        }
        let nothing = || ProbeError::Tls(format!("{address} shows no certificate"));
        let seen = glimpse::glimpse(&mut stream, &endpoint.host, self.provider.secure_random).await;
        let Glimpse { version, cipher, chain } = seen.map_err(|_| nothing())?.ok_or_else(nothing)?;
        let leaf = facts::facts(&chain[0]).ok_or_else(nothing)?;
        let certificates: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let trust = self.public_trust(&certificates);
        Ok(Handshake { chain, leaf, version, cipher, trust })
    }

    fn public_trust(&self, chain: &[CertificateDer<'_>]) -> Result<(), String> {
        let algorithms = &self.provider.signature_verification_algorithms;
        trust::trust(chain, &PUBLIC_ROOTS, algorithms, self.clock.now())
    }

    fn seen(&self, connection: &rustls::ClientConnection) -> Result<Handshake, ProbeError> {
        let none = || ProbeError::Tls("the server sent no certificate".into());
        let chain = connection.peer_certificates().filter(|chain| !chain.is_empty()).ok_or_else(none)?;
        let leaf = facts::facts(&chain[0])
            .ok_or_else(|| ProbeError::Tls("the certificate that the server sent cannot be read".into()))?;
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
            _ => TlsVersion::Tls12,
        };
        let suite = connection.negotiated_cipher_suite().map(|suite| suite.suite());
        let cipher = suite.and_then(|suite| suite.as_str()).unwrap_or_default().replacen("TLS13_", "TLS_", 1);
        let trust = self.public_trust(chain);
        let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
        Ok(Handshake { chain, leaf, version, cipher, trust })
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
        timeout(within, self.look(endpoint, within)).await.unwrap_or_else(|_| Err(late(endpoint, within)))
    }

    async fn glimpse(&self, endpoint: &Endpoint, within: Duration) -> Result<Handshake, ProbeError> {
        timeout(within, self.catch(endpoint, within)).await.unwrap_or_else(|_| Err(late(endpoint, within)))
    }

    fn trust(&self, chain: &[Vec<u8>], roots_pem: &str) -> Result<(), String> {
        let own = trust::roots(roots_pem)?;
        if chain.first().is_some_and(|leaf| own.iter().any(|root| root.as_ref() == leaf.as_slice())) {
            return Ok(());
        }
        let mut roots = RootCertStore::empty();
        for root in own {
            roots.add(root).map_err(|error| format!("the root given cannot be one: {error}"))?;
        }
        let chain: Vec<_> = chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        trust::trust(&chain, &roots, &self.provider.signature_verification_algorithms, self.clock.now())
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
fn broken(address: SocketAddr, error: &io::Error) -> ProbeError {
    use rustls::{AlertDescription, Error};
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                ProbeError::Tls(format!("{address} hangs up instead of speaking TLS"))
            }
            _ => ProbeError::Unreachable(format!("the connection to {address} broke: {error}")),
        };
    };
    ProbeError::Tls(match tls {
        Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_) => format!(
            "{address} offers neither TLS 1.2 nor TLS 1.3 with a cipher suite that is still thought safe ({tls})"
        ),
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            format!("{address} takes none of the cipher suites of TLS 1.2 and TLS 1.3 that are still thought safe")
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => format!("{address} does not know the name"),
        Error::InvalidCertificate(_) => {
            format!("{address} does not prove that it has the key of the certificate it shows ({tls})")
        }
        Error::InvalidMessage(_) => format!("{address} does not speak TLS"),
        other => format!("no TLS with {address}: {other}"),
    })
}
