//! The file with the key that encrypts the vault.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{Entropy, EntropyExt};
use secrecy::zeroize::Zeroizing;

/// Bytes of a key for AES-256.
const KEY_LENGTH: usize = 32;

/// Reads the key; `None` when there is no file. Refuses a file that others than its owner can reach.
pub(crate) fn read(path: &Path) -> io::Result<Option<LessSafeKey>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mode = file.metadata()?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(io::Error::other(format!(
            "others than its owner can reach it (mode {mode:04o}); run `chmod 600 {}`, and consider the secrets in \
             this directory as known to whoever could read it",
            path.display()
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    let damaged = || io::Error::other("it does not hold a key of 32 bytes in base64; put its backup in its place");
    let key = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| damaged())?);
    UnboundKey::new(&AES_256_GCM, &key).map(|key| Some(LessSafeKey::new(key))).map_err(|_| damaged())
}

/// Makes a new key, in a file (mode 0600) that is there whole or not at all.
pub(crate) fn create(path: &Path, entropy: &dyn Entropy) -> io::Result<LessSafeKey> {
    let key = Zeroizing::new(entropy.bytes::<KEY_LENGTH>());
    let unfinished = path.with_extension("unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(Zeroizing::new(STANDARD.encode(*key)).as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    if let Some(directory) = path.parent() {
        // Without this the file's name can be lost with the power, and every secret with it.
        File::open(directory)?.sync_all()?;
    }
    let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| io::Error::other("a new key was refused"))?;
    Ok(LessSafeKey::new(key))
}
