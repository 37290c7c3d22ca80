use std::borrow::Cow;
use std::time::Duration;

use dial::words::{certificate_words, tls_words};
use domain::ports::{ChainEnd, Trusted};
use jiff::Timestamp;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use crate::facts;

/// The most certificates above the leaf that are looked at; a chain in real life has one or two. More would let a server
/// keep a core busy.
const ABOVE_MAX: usize = 6;
/// The most ends that are tried.
const ENDS_MAX: usize = 16;

/// What a chain may lead to.
pub(crate) enum Roots<'a> {
    /// Roots whose dates are somebody else's business.
    Public(&'a RootCertStore),
    /// Those that an owner gave, each with its end.
    Own(Vec<(CertificateDer<'static>, Timestamp)>),
}

impl Roots<'_> {
    /// Reads the certificates of a PEM text.
    pub fn read(pem: &str) -> Result<Self, String> {
        let roots = roots(pem)?;
        let end = |der: &CertificateDer<'_>| facts::subject_and_end(der).map_or(Timestamp::MAX, |(_, end)| end);
        Ok(Self::Own(roots.into_iter().map(|der| (end(&der), der)).map(|(end, der)| (der, end)).collect()))
    }

    /// Those that are valid at a time.
    fn at(&self, at: Timestamp) -> Result<Cow<'_, RootCertStore>, String> {
        match self {
            Self::Public(store) => Ok(Cow::Borrowed(store)),
            Self::Own(roots) => {
                let mut store = RootCertStore::empty();
                for (der, _) in roots.iter().filter(|(_, end)| *end >= at) {
                    let wrong = |error| format!("the root given cannot be one: {}", tls_words(&error));
                    store.add(der.clone()).map_err(wrong)?;
                }
                Ok(Cow::Owned(store))
            }
        }
    }

    /// When one that was given has ended by a time, and none is left.
    fn ended(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Public(_) => None,
            Self::Own(roots) => roots.iter().map(|(_, end)| *end).max().filter(|end| *end < at),
        }
    }

    /// Whose they are, and when they end.
    fn ends(&self) -> Vec<ChainEnd> {
        match self {
            Self::Public(_) => Vec::new(),
            Self::Own(roots) => roots.iter().filter_map(|(der, _)| end(der)).collect(),
        }
    }
}

fn end(der: &CertificateDer<'_>) -> Option<ChainEnd> {
    facts::subject_and_end(der).map(|(subject, valid_to)| ChainEnd { subject, valid_to })
}

/// Whether the chain, leaf first, leads to one of the roots; if not, why. The leaf's own dates are judged elsewhere, so
/// that an expired certificate is said to be expired, and no more: the chain is looked at as of the leaf's validity.
pub(crate) fn trust(
    chain: &[CertificateDer<'_>],
    roots: &Roots<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
    now: Timestamp,
) -> Result<Trusted, String> {
    let Some((leaf, above)) = chain.split_first() else { return Err("the server sent no certificate".into()) };
    let above = above.get(..ABOVE_MAX).unwrap_or(above);
    let facts = facts::facts(leaf).ok_or("the certificate cannot be read")?;
    // What is wrong with the certificate itself comes first: a new one is needed anyway.
    let parsed = ParsedCertificate::try_from(leaf).map_err(|error| tls_words(&error))?;
    let leads = |at: Timestamp| {
        let unix = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
        let unix = UnixTime::since_unix_epoch(unix);
        let store = roots.at(at)?;
        let leads = verify_server_cert_signed_by_trust_anchor(&parsed, &store, above, unix, algorithms.all);
        leads.map_err(|error| match roots.ended(at) {
            Some(end) => format!("the root given in root_ca_pem expired at {end}"),
            None => reason(&error, chain, &facts.issuer),
        })
    };
    let at = now.min(facts.valid_to).max(facts.valid_from);
    leads(at)?;
    // What ends first and is needed: without it the chain leads nowhere. Of two ways to a root the longer lasting counts.
    let mut ends: Vec<ChainEnd> = above.iter().filter_map(end).chain(roots.ends()).collect();
    ends.retain(|end| at <= end.valid_to && end.valid_to < facts.valid_to);
    ends.sort_by_key(|end| end.valid_to);
    ends.truncate(ENDS_MAX);
    let needed = |end: &ChainEnd| {
        let after = end.valid_to.checked_add(Duration::from_secs(1));
        after.is_ok_and(|after| leads(after).is_err())
    };
    Ok(Trusted { ends: ends.into_iter().find(needed) })
}

/// The certificates of a PEM text.
pub(crate) fn roots(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err("must be PEM certificates".into()),
    }
}

fn reason(error: &Error, chain: &[CertificateDer<'_>], issuer: &str) -> String {
    let Error::InvalidCertificate(error) = error else {
        return format!("the chain cannot be checked: {}", tls_words(error));
    };
    let last = chain.last().map(AsRef::as_ref).unwrap_or_default();
    match error {
        _ if chain.len() == 1 && facts::is_self_issued(last) => {
            "the certificate is signed by itself, and by no authority".into()
        }
        CertificateError::UnknownIssuer if chain.len() == 1 => format!(
            "the server sends only its own certificate; that of its issuer ({issuer}) is missing, or is not trusted"
        ),
        CertificateError::UnknownIssuer if facts::is_self_issued(last) => {
            "the chain ends at a root that is not trusted".into()
        }
        CertificateError::UnknownIssuer if chain.len() > ABOVE_MAX => format!(
            "the server sends {} certificates, of which the first {} lead to no root that is trusted",
            chain.len(),
            ABOVE_MAX + 1
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "a certificate of the chain, above the server's own, has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "a certificate of the chain, above the server's own, is not valid yet".into()
        }
        CertificateError::BadSignature => "a signature in the chain is wrong".into(),
        other => certificate_words(other),
    }
}
