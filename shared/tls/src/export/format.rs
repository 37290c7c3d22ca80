use std::fmt;

use domain::{Error, Result};

/// What a certificate can be downloaded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A zip archive: cert.pem, chain.pem, fullchain.pem, privkey.pem.
    Pem,
    /// A PKCS#12 file with the key, the leaf and the chain (RFC 7292).
    Pfx,
    /// The leaf, DER.
    Der,
    /// The leaf and the chain, PEM.
    Fullchain,
    /// The private key, PEM.
    Key,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Pem, Self::Pfx, Self::Der, Self::Fullchain, Self::Key];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::Pfx => "pfx",
            Self::Der => "der",
            Self::Fullchain => "fullchain",
            Self::Key => "key",
        }
    }

    /// Reads the API's word, in any case; `format` is the field that is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| Error::invalid("format", "must be one of pem, pfx, der, fullchain, key"))
    }

    /// Whether the private key is in it.
    pub fn needs_key(self) -> bool {
        match self {
            Self::Pem | Self::Pfx | Self::Key => true,
            Self::Der | Self::Fullchain => false,
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Pem => "zip",
            Self::Pfx => "pfx",
            Self::Der => "der",
            Self::Fullchain => "fullchain.pem",
            Self::Key => "key",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Pem => "application/zip",
            Self::Pfx => "application/x-pkcs12",
            // RFC 2585 §4.1.
            Self::Der => "application/pkix-cert",
            // RFC 8555 §9.1.
            Self::Fullchain => "application/pem-certificate-chain",
            Self::Key => "application/x-pem-file",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_words_only() {
        for format in Format::ALL {
            assert_eq!(Format::parse(&format.as_str().to_uppercase()).unwrap(), format);
        }
        let error = Format::parse("p12").unwrap_err().to_string();
        assert_eq!(error, "format: must be one of pem, pfx, der, fullchain, key");
    }
}
