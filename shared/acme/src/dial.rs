//! Connections to a CA: guarded addresses, trusted roots, a time limit (DESIGN §6).

use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use domain::ports::{CaError, Directory};
use domain::targets::TargetPolicy;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tower::Service;

/// DNS, TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

type BoxError = Box<dyn StdError + Send + Sync>;
pub(crate) type Https = HttpsConnector<HttpConnector<GuardedResolver>>;

/// The policy refuses the address.
#[derive(Debug, thiserror::Error)]
#[error(
    "{host} is at {address}, an address that Steward does not connect to; an operator can allow it in \
     STEWARD_ALLOW_TARGETS"
)]
pub(crate) struct Refusal {
    host: String,
    address: IpAddr,
}

/// The time limit for a connection was reached.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} s", CONNECT_TIMEOUT.as_secs())]
struct ConnectTimeout;

/// Connects by https only, and only to addresses that the policy permits.
#[derive(Clone)]
pub(crate) struct Dialler {
    https: Https,
    policy: Arc<TargetPolicy>,
}

impl Dialler {
    /// Trusts the public roots and the directory's own; refuses what is not a PEM certificate.
    pub(crate) fn new(directory: &Directory, policy: Arc<TargetPolicy>) -> Result<Self, CaError> {
        let roots = roots(directory.root_ca_pem.as_deref())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| CaError::Refused(format!("TLS cannot be set up: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut http = HttpConnector::new_with_resolver(GuardedResolver { policy: policy.clone() });
        http.enforce_http(false);
        http.set_nodelay(true);
        let https =
            HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1().wrap_connector(http);
        Ok(Self { https, policy })
    }
}

fn roots(own: Option<&str>) -> Result<RootCertStore, CaError> {
    let wrong = || CaError::Refused("the provider's rootCaPem is not a PEM certificate".into());
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = own.filter(|pem| !pem.trim().is_empty()) {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate.map_err(|_| wrong())?).map_err(|_| wrong())?;
            found = true;
        }
        if !found {
            return Err(wrong());
        }
    }
    Ok(roots)
}

impl Service<Uri> for Dialler {
    type Response = <Https as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // The connector asks no resolver about an address.
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if let Ok(address) = host.parse::<IpAddr>()
            && !self.policy.permits(address)
        {
            return Box::pin(async move { Err(Refusal { host, address }.into()) });
        }
        let connection = self.https.call(uri);
        Box::pin(async move {
            tokio::time::timeout(CONNECT_TIMEOUT, connection).await.map_err(|_| BoxError::from(ConnectTimeout))?
        })
    }
}

/// Resolves a name and drops the addresses that the policy refuses; an error when none is left.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    policy: Arc<TargetPolicy>,
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.policy.clone();
        let host = name.as_str().to_owned();
        let lookup = GaiResolver::new().call(name);
        Box::pin(async move {
            let (permitted, refused): (Vec<_>, Vec<_>) =
                lookup.await?.partition(|address: &SocketAddr| policy.permits(address.ip()));
            match (permitted.is_empty(), refused.first()) {
                (true, Some(address)) => Err(Refusal { host, address: address.ip() }.into()),
                _ => Ok(permitted.into_iter()),
            }
        })
    }
}
