//! What went wrong with TLS and certificates, in plain sentences: the libraries name their own enums.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error, OtherError, PeerIncompatible};

/// One cause of a failed connection in plain words, where it is one of TLS; else its own.
pub fn cause(error: &(dyn StdError + 'static)) -> String {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let tls = error.downcast_ref::<Error>().or_else(|| inner.and_then(|inner| inner.downcast_ref::<Error>()));
    tls.map_or_else(|| error.to_string(), tls_words)
}

/// What stopped a handshake; follows "no TLS with HOST: ".
pub fn tls_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_words(error),
        Error::AlertReceived(alert) => alert_words(*alert),
        Error::PeerIncompatible(incompatible) => incompatible_words(incompatible).to_owned(),
        Error::InvalidMessage(_) => "what it sends cannot be read as TLS".to_owned(),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } | Error::PeerMisbehaved(_) => {
            "it does not keep to the rules of TLS".to_owned()
        }
        Error::NoCertificatesPresented => "it sends no certificate".to_owned(),
        Error::UnsupportedNameType => "its name cannot be asked for in TLS".to_owned(),
        Error::DecryptError => "what it sends cannot be decrypted".to_owned(),
        Error::PeerSentOversizedRecord => "it sends records that are longer than TLS allows".to_owned(),
        Error::NoApplicationProtocol => "it speaks none of the protocols that were offered".to_owned(),
        Error::InvalidEncryptedClientHello(_) => "it cannot be greeted in encrypted form".to_owned(),
        Error::InvalidCertRevocationList(_) => "its list of revoked certificates cannot be used".to_owned(),
        // Of ours, these: they say nothing of the peer.
        Error::EncryptError
        | Error::General(_)
        | Error::FailedToGetCurrentTime
        | Error::FailedToGetRandomBytes
        | Error::HandshakeNotComplete
        | Error::BadMaxFragmentSize
        | Error::InconsistentKeys(_)
        | Error::Other(_) => "the handshake failed on our side".to_owned(),
        _ => "the handshake failed".to_owned(),
    }
}

/// What is wrong with a certificate or the chain above it.
pub fn certificate_words(error: &CertificateError) -> String {
    let words = match error {
        CertificateError::BadEncoding => "a certificate cannot be read",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "a certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "a certificate is not valid yet",
        CertificateError::Revoked => "a certificate was revoked",
        CertificateError::UnhandledCriticalExtension => UNKNOWN_EXTENSION,
        CertificateError::UnknownIssuer => "the chain leads to no root that is trusted; a part may be missing",
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => "whether a certificate was revoked is not known",
        CertificateError::BadSignature => "a signature is wrong",
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => UNTRUSTED_SIGNATURE,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate is for other names"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the certificate is not for servers"
        }
        CertificateError::InvalidOcspResponse => "what the CA says about the certificate (OCSP) cannot be read",
        CertificateError::ApplicationVerificationFailure => "the certificate was refused",
        CertificateError::Other(other) => return other_words(other).to_owned(),
        // One that rustls deprecated, and those that it has yet to invent.
        _ => UNTRUSTED_SIGNATURE_OR_OTHER,
    };
    words.to_owned()
}

const UNKNOWN_EXTENSION: &str = "a certificate has an extension that is marked critical and that clients do not know, so \
                                 that they refuse it";
const UNTRUSTED_SIGNATURE: &str = "a certificate of the chain is signed in a way that is not trusted (such as SHA-1, or \
                                   an algorithm that few clients know)";
const UNTRUSTED_SIGNATURE_OR_OTHER: &str = "a certificate of the chain is not valid";
const NAME_CONSTRAINTS: &str = "a CA of the chain may not issue for these names (name constraints)";
const TOO_MUCH: &str = "the chain is too long or too branched to be checked";

/// What webpki says, for which rustls has no word.
fn other_words(OtherError(error): &OtherError) -> &'static str {
    let Some(error) = error.downcast_ref::<webpki::Error>() else { return UNTRUSTED_SIGNATURE_OR_OTHER };
    match error {
        webpki::Error::CaUsedAsEndEntity => {
            "the server shows the certificate of a CA as its own; clients refuse that, so issue one for the server"
        }
        webpki::Error::EndEntityUsedAsCa => "a certificate of the chain is signed by one that is not a CA's",
        webpki::Error::UnsupportedCertVersion => {
            "the certificate is not of X.509 version 3; clients refuse older ones, so issue a new one"
        }
        webpki::Error::UnsupportedCriticalExtension => UNKNOWN_EXTENSION,
        webpki::Error::ExtensionValueInvalid | webpki::Error::MalformedExtensions => {
            "an extension of a certificate cannot be read"
        }
        webpki::Error::EmptyEkuExtension => "a certificate says that it is for nothing (an empty extended key usage)",
        webpki::Error::BadDer | webpki::Error::BadDerTime | webpki::Error::TrailingData(_) => {
            "a certificate cannot be read"
        }
        webpki::Error::InvalidCertValidity => "a certificate ends before it begins",
        webpki::Error::CertExpired { .. } => "a certificate has expired",
        webpki::Error::CertNotValidYet { .. } => "a certificate is not valid yet",
        webpki::Error::CertNotValidForName(_) => "the certificate is for other names",
        webpki::Error::CertDistrusted => "a CA of the chain is no longer trusted",
        webpki::Error::CertRevoked => "a certificate was revoked",
        webpki::Error::NameConstraintViolation
        | webpki::Error::MalformedNameConstraint
        | webpki::Error::InvalidNetworkMaskConstraint => NAME_CONSTRAINTS,
        webpki::Error::MalformedDnsIdentifier | webpki::Error::UnsupportedNameType => {
            "a name in a certificate cannot be read"
        }
        webpki::Error::PathLenConstraintViolated => "a CA of the chain may not have CAs below it (path length)",
        webpki::Error::MaximumNameConstraintComparisonsExceeded
        | webpki::Error::MaximumPathBuildCallsExceeded
        | webpki::Error::MaximumPathDepthExceeded
        | webpki::Error::MaximumSignatureChecksExceeded => TOO_MUCH,
        webpki::Error::RequiredEkuNotFoundContext(_) => "the certificate is not for servers",
        webpki::Error::SignatureAlgorithmMismatch => "a certificate names two ways in which it is signed",
        webpki::Error::InvalidSignatureForPublicKey => "a signature is wrong",
        webpki::Error::UnsupportedSignatureAlgorithmContext(_)
        | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => UNTRUSTED_SIGNATURE,
        webpki::Error::UnknownIssuer => "the chain leads to no root that is trusted; a part may be missing",
        webpki::Error::InvalidSerialNumber => "a serial number cannot be read",
        webpki::Error::UnknownRevocationStatus
        | webpki::Error::CrlExpired { .. }
        | webpki::Error::InvalidCrlNumber
        | webpki::Error::InvalidCrlSignatureForPublicKey
        | webpki::Error::IssuerNotCrlSigner
        | webpki::Error::UnsupportedCrlIssuingDistributionPoint
        | webpki::Error::UnsupportedCrlVersion
        | webpki::Error::UnsupportedDeltaCrl
        | webpki::Error::UnsupportedIndirectCrl
        | webpki::Error::UnsupportedRevocationReason
        | webpki::Error::UnsupportedRevocationReasonsPartitioning
        | webpki::Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | webpki::Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => {
            "whether a certificate was revoked is not known"
        }
        // Those that webpki deprecated, and those that it has yet to invent.
        _ => UNTRUSTED_SIGNATURE_OR_OTHER,
    }
}

fn incompatible_words(incompatible: &PeerIncompatible) -> &'static str {
    match incompatible {
        PeerIncompatible::NoCipherSuitesInCommon
        | PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon
        | PeerIncompatible::NoEcPointFormatsInCommon => {
            "it takes none of the cipher suites, groups and signatures that are still thought safe"
        }
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled
        | PeerIncompatible::Tls13RequiredForQuic => {
            "it offers neither TLS 1.2 nor TLS 1.3 with a cipher suite that is still thought safe"
        }
        PeerIncompatible::EcPointsExtensionRequired
        | PeerIncompatible::ExtendedMasterSecretExtensionRequired
        | PeerIncompatible::IncorrectCertificateTypeExtension
        | PeerIncompatible::KeyShareExtensionRequired
        | PeerIncompatible::NamedGroupsExtensionRequired
        | PeerIncompatible::NullCompressionRequired
        | PeerIncompatible::ServerSentHelloRetryRequestWithUnknownExtension
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired
        | PeerIncompatible::UncompressedEcPointsRequired
        | PeerIncompatible::UnsolicitedCertificateTypeExtension
        | PeerIncompatible::ServerRejectedEncryptedClientHello(_) => {
            "it wants a way of speaking TLS that is not known here"
        }
        _ => "it speaks TLS in a way that is not known here",
    }
}

/// What a server says when it refuses (RFC 8446 §6.2).
fn alert_words(alert: AlertDescription) -> String {
    let words = match alert {
        AlertDescription::ProtocolVersion => {
            "it offers neither TLS 1.2 nor TLS 1.3 with a cipher suite that is still thought safe"
        }
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "it takes none of the cipher suites of TLS 1.2 and TLS 1.3 that are still thought safe"
        }
        AlertDescription::UnrecognisedName => "it does not know the name",
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it wants a certificate from its visitors"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => "it does not let this visitor in",
        AlertDescription::InternalError => "it says that it has a fault of its own",
        AlertDescription::CloseNotify | AlertDescription::UserCanceled => "it ends the handshake",
        AlertDescription::NoApplicationProtocol => "it speaks none of the protocols that were offered",
        AlertDescription::EncryptedClientHelloRequired => "it takes encrypted greetings (ECH) only",
        AlertDescription::UnexpectedMessage
        | AlertDescription::BadRecordMac
        | AlertDescription::DecryptionFailed
        | AlertDescription::RecordOverflow
        | AlertDescription::DecompressionFailure
        | AlertDescription::IllegalParameter
        | AlertDescription::DecodeError
        | AlertDescription::DecryptError
        | AlertDescription::ExportRestriction
        | AlertDescription::InappropriateFallback
        | AlertDescription::NoRenegotiation
        | AlertDescription::MissingExtension
        | AlertDescription::UnsupportedExtension
        | AlertDescription::CertificateUnobtainable
        | AlertDescription::BadCertificateStatusResponse
        | AlertDescription::BadCertificateHashValue
        | AlertDescription::UnknownPSKIdentity => "it does not understand the handshake",
        AlertDescription::Unknown(number) => return format!("it refuses the handshake (alert {number})"),
        _ => "it refuses the handshake",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// No word of it is a variant's name.
    fn is_plain(words: &str) -> bool {
        let camel = |word: &str| word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
        let words = words.replace("CAs", "");
        !words.contains('{') && !words.contains("::") && !words.split([' ', '(', ')', ',']).any(camel)
    }

    fn by_webpki(error: webpki::Error) -> String {
        certificate_words(&CertificateError::Other(OtherError(Arc::new(error))))
    }

    #[test]
    fn says_in_plain_words_what_webpki_found() {
        assert!(by_webpki(webpki::Error::CaUsedAsEndEntity).contains("shows the certificate of a CA as its own"));
        assert!(by_webpki(webpki::Error::UnsupportedCertVersion).contains("not of X.509 version 3"));
        assert_eq!(by_webpki(webpki::Error::UnsupportedCriticalExtension), UNKNOWN_EXTENSION);
        for error in [
            webpki::Error::PathLenConstraintViolated,
            webpki::Error::NameConstraintViolation,
            webpki::Error::MaximumPathBuildCallsExceeded,
            webpki::Error::EmptyEkuExtension,
            webpki::Error::SignatureAlgorithmMismatch,
            webpki::Error::UnsupportedRevocationReason,
        ] {
            assert!(is_plain(&by_webpki(error.clone())), "{error:?}");
        }
    }

    #[test]
    fn no_sentence_names_an_enum() {
        use rustls::{InvalidMessage, PeerMisbehaved};
        for number in 0..=255 {
            let words = tls_words(&Error::AlertReceived(AlertDescription::from(number)));
            assert!(is_plain(&words.replace("TLS", "").replace("ECH", "")), "{words}");
        }
        for error in [
            Error::InvalidMessage(InvalidMessage::InvalidContentType),
            Error::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments),
            Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
            Error::NoCertificatesPresented,
            Error::DecryptError,
            Error::General("Some(Thing)".into()),
            Error::InvalidCertificate(CertificateError::UnknownIssuer),
            Error::InvalidCertificate(CertificateError::BadEncoding),
        ] {
            assert!(is_plain(&tls_words(&error)), "{error:?}");
        }
    }

    #[test]
    fn finds_the_error_of_tls_inside_that_of_the_connection() {
        let error = io::Error::other(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        assert!(cause(&error).starts_with("the chain leads to no root"), "{}", cause(&error));
        assert_eq!(cause(&io::Error::other("something else")), "something else");
    }
}
