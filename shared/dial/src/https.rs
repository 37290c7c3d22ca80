use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use domain::targets::TargetPolicy;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tower::Service;

use crate::resolver::{BoxError, GuardedResolver, Refusal};

/// DNS, TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

type Inner = HttpsConnector<HttpConnector<GuardedResolver>>;

/// The time limit for a connection was reached.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} s", CONNECT_TIMEOUT.as_secs())]
struct ConnectTimeout;

/// Why a client for https cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpsError {
    /// What was given as roots is none.
    #[error("is not a PEM certificate")]
    Roots,
    /// TLS itself cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// A connector for hyper's client: by https only, and only to addresses that the policy permits, also after a redirect.
#[derive(Clone)]
pub struct Https {
    inner: Inner,
    policy: Arc<TargetPolicy>,
    /// For http, where that is allowed at all.
    plain: Option<(Inner, Arc<TargetPolicy>)>,
}

impl Https {
    /// Trusts these roots ([`roots`]).
    pub fn new(roots: RootCertStore, policy: Arc<TargetPolicy>) -> Result<Self, HttpsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| HttpsError::Tls(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1();
        let inner = builder.wrap_connector(connector(&policy));
        Ok(Self { inner, policy, plain: None })
    }

    /// Trusts these roots, and goes by http too, but only to addresses in networks that the operator named: what is
    /// said there stays in house.
    pub fn or_http_in_house(roots: RootCertStore, policy: Arc<TargetPolicy>) -> Result<Self, HttpsError> {
        let in_house = Arc::new(policy.listed_only());
        let https = Self::new(roots, policy)?;
        let none = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| HttpsError::Tls(error.to_string()))?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let builder = HttpsConnectorBuilder::new().with_tls_config(none).https_or_http().enable_http1();
        let plain = builder.wrap_connector(connector(&in_house));
        Ok(Self { plain: Some((plain, in_house)), ..https })
    }
}

fn connector(policy: &Arc<TargetPolicy>) -> HttpConnector<GuardedResolver> {
    let mut http = HttpConnector::new_with_resolver(GuardedResolver::new(Arc::clone(policy)));
    http.enforce_http(false);
    http.set_nodelay(true);
    http
}

/// The public roots, and those of a PEM text.
pub fn roots(own: Option<&str>) -> Result<RootCertStore, HttpsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = own.filter(|pem| !pem.trim().is_empty()) {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate.map_err(|_| HttpsError::Roots)?).map_err(|_| HttpsError::Roots)?;
            found = true;
        }
        if !found {
            return Err(HttpsError::Roots);
        }
    }
    Ok(roots)
}

impl Service<Uri> for Https {
    type Response = <Inner as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // The connector asks no resolver about an address.
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let (inner, policy) = match &mut self.plain {
            Some((plain, in_house)) if uri.scheme_str() == Some("http") => (plain, &*in_house),
            _ => (&mut self.inner, &self.policy),
        };
        if let Ok(address) = host.parse::<IpAddr>()
            && !policy.permits(address)
        {
            return Box::pin(async move { Err(Refusal { host, address }.into()) });
        }
        let connection = inner.call(uri);
        Box::pin(async move {
            tokio::time::timeout(CONNECT_TIMEOUT, connection).await.map_err(|_| BoxError::from(ConnectTimeout))?
        })
    }
}
