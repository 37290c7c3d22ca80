//! The files a certificate is downloaded as.

mod archive;
mod format;
mod pfx;

use std::fmt;

use domain::names::DomainName;
use domain::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::{blocking, chain};

pub use format::Format;

/// A file to be downloaded.
pub struct Exported {
    /// Its name: letters, digits, dots and hyphens.
    pub file_name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// What is in it; may hold the private key.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported")
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// Writes a certificate in a format. Takes the first name, the PEM chain, the key where [`Format::needs_key`] says so,
/// and for [`Format::Pfx`] the password that protects it; `password` is the field that is wrong when it is missing.
pub async fn export(
    format: Format,
    name: &DomainName,
    chain_pem: &str,
    key: Option<&SecretString>,
    password: Option<&SecretString>,
) -> Result<Exported> {
    let chain = chain::certificates(chain_pem)?;
    let key = || key.ok_or_else(|| Error::Internal(format!("an export as {format} needs the private key")));
    let bytes = match format {
        Format::Der => chain.into_iter().next().unwrap_or_default(),
        Format::Fullchain => chain::to_pem(&chain).into_bytes(),
        Format::Key => key()?.expose_secret().as_bytes().to_vec(),
        Format::Pem => {
            let key = key()?.clone();
            blocking::run(move || archive::write(&chain, &key)).await?
        }
        Format::Pfx => {
            let (alias, key, password) = (name.to_string(), key()?.clone(), pfx::checked(password)?.clone());
            blocking::run(move || pfx::write(&alias, &chain, &key, &password)).await?
        }
    };
    // A star is a wildcard to shells too.
    let stem = name.as_str().replacen("*.", "wildcard.", 1);
    Ok(Exported { file_name: format!("{stem}.{}", format.extension()), content_type: format.content_type(), bytes })
}
