use std::io::{Cursor, Write};

use domain::{Error, Result};
use secrecy::{ExposeSecret, SecretString};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::chain::to_pem;

/// A zip with the four files that web servers are configured with, named as certbot names them.
pub(super) fn write(chain: &[Vec<u8>], key: &SecretString) -> Result<Vec<u8>> {
    let (cert, rest) = (to_pem(&chain[..1]), to_pem(&chain[1..]));
    let fullchain = to_pem(chain);
    let failed = |reason: String| Error::Internal(format!("writing a zip: {reason}"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, text) in [
        ("cert.pem", 0o644, cert.as_str()),
        ("chain.pem", 0o644, rest.as_str()),
        ("fullchain.pem", 0o644, fullchain.as_str()),
        ("privkey.pem", 0o600, key.expose_secret()),
    ] {
        let options = SimpleFileOptions::default().unix_permissions(mode);
        zip.start_file(name, options).map_err(|e| failed(e.to_string()))?;
        zip.write_all(text.as_bytes()).map_err(|e| failed(e.to_string()))?;
    }
    Ok(zip.finish().map_err(|e| failed(e.to_string()))?.into_inner())
}
