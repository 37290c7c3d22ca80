//! Passwords: argon2id, 19 MiB, 2 passes, 1 lane (DESIGN §6), worked out off the runtime's threads.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::ports::{Entropy, EntropyExt};
use crate::{Error, Result};

/// The fewest characters a password has.
pub const PASSWORD_MIN: usize = 8;
/// The most bytes: hashing a megabyte for a stranger would be a gift.
pub const PASSWORD_MAX: usize = 1024;

/// How many hashes are worked out at once: each takes 19 MiB.
static SLOTS: Semaphore = Semaphore::const_new(4);

/// The hash of no password anybody has, made with the same parameters: checking an unknown user against it takes
/// the time that a known one takes.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c3Rld2FyZC1ub2JvZHkhIQ$JTAI7rOyT8WCIXgDJR8KSwfkqDkR1TAR1VYlTMYpu0E";

/// Checks that a password may be used.
pub(super) fn check(field: &str, password: &str) -> Result<()> {
    if password.chars().count() < PASSWORD_MIN {
        return Err(Error::invalid(field, format!("must be at least {PASSWORD_MIN} characters long")));
    }
    if password.len() > PASSWORD_MAX {
        return Err(Error::invalid(field, format!("must be at most {PASSWORD_MAX} bytes long")));
    }
    Ok(())
}

/// The PHC string of a password, with a new salt.
pub(super) async fn hash(entropy: &dyn Entropy, password: &str) -> Result<String> {
    let (salt, password) = (entropy.bytes::<16>(), password.to_owned());
    off_the_runtime(move || {
        let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(internal)?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether the password belongs to the hash; without a hash, no, after the same time.
pub(super) async fn verify(hash: Option<&str>, password: &str) -> Result<bool> {
    let known = hash.is_some();
    let (hash, password) = (hash.unwrap_or(NOBODY).to_owned(), password.to_owned());
    off_the_runtime(move || {
        let hash = PasswordHash::new(&hash).map_err(internal)?;
        let fits = password.len() <= PASSWORD_MAX && argon2()?.verify_password(password.as_bytes(), &hash).is_ok();
        Ok(fits && known)
    })
    .await
}

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let slot = SLOTS.acquire().await.map_err(internal)?;
    // The slot goes with the work, which goes on even when the caller has hung up.
    let working = move || {
        let done = work();
        drop(slot);
        done
    };
    tokio::task::spawn_blocking(working).await.map_err(internal)?
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("password hashing: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed;
    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    #[tokio::test]
    async fn knows_its_own_hashes_and_nobody_fits_nobody() {
        let hash = hash(&Fixed, "correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify(Some(&hash), "correct horse").await.unwrap());
        assert!(!verify(Some(&hash), "wrong horse").await.unwrap());
        assert!(!verify(None, "correct horse").await.unwrap());
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
