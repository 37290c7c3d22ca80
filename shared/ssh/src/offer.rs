//! What is offered in the exchange of keys (RFC 4253 §7.1): what OpenSSH 9 offers, as far as russh has it. Hardened
//! servers, and those under FIPS 140, leave out what they do not want; the order is from the best to the last resort.

use std::borrow::Cow;

use domain::ports::HostKey;
use russh::client::GexParams;
use russh::keys::Algorithm;
use russh::{Preferred, cipher, kex, mac};

use crate::keys;

const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];

const CIPHERS: &[cipher::Name] = &[
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

/// HMAC does not need a hash that resists collisions: SHA-1 is still offered, last, as by OpenSSH.
const MACS: &[mac::Name] = &[
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256,
    mac::HMAC_SHA512,
    mac::HMAC_SHA1_ETM,
    mac::HMAC_SHA1,
];

/// The least that OpenSSH takes of a group that the server chooses (RFC 4419), what it asks for, and the most, in bits.
const GROUP_SIZES: (usize, usize, usize) = (2048, 3072, 8192);

/// What is offered to a server whose host key is pinned, or not yet.
pub(crate) fn preferred(pinned: Option<&HostKey>) -> Preferred {
    let all = Preferred::DEFAULT.key;
    // Signatures by SHA-1 are not taken.
    let mut key: Vec<Algorithm> = all.iter().filter(|a| !matches!(a, Algorithm::Rsa { hash: None })).cloned().collect();
    if let Some(pinned) = pinned {
        // A server has several keys: of the pinned kind first, or another kind would look like a change.
        key.sort_by_key(|algorithm| keys::algorithm(algorithm) != pinned.algorithm);
    }
    Preferred {
        kex: Cow::Borrowed(KEX),
        cipher: Cow::Borrowed(CIPHERS),
        mac: Cow::Borrowed(MACS),
        key: Cow::Owned(key),
        ..Preferred::DEFAULT
    }
}

/// The sizes of groups that the server may choose.
pub(crate) fn group_sizes() -> GexParams {
    let (least, asked_for, most) = GROUP_SIZES;
    GexParams::new(least, asked_for, most).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ssh -Q` of OpenSSH 9.2, without what russh does not have: sntrup761, UMAC.
    #[test]
    fn what_openssh_offers_is_offered() {
        let offered = preferred(None);
        for name in [
            "curve25519-sha256",
            "ecdh-sha2-nistp256",
            "ecdh-sha2-nistp384",
            "ecdh-sha2-nistp521",
            "diffie-hellman-group-exchange-sha256",
            "diffie-hellman-group14-sha256",
            "diffie-hellman-group16-sha512",
            "diffie-hellman-group18-sha512",
        ] {
            assert!(offered.kex.iter().any(|kex| kex.as_ref() == name), "{name}");
        }
        for name in ["aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com"] {
            assert!(offered.cipher.iter().any(|cipher| cipher.as_ref() == name), "{name}");
        }
        for name in ["hmac-sha2-256", "hmac-sha2-512", "hmac-sha1", "hmac-sha2-256-etm@openssh.com"] {
            assert!(offered.mac.iter().any(|mac| mac.as_ref() == name), "{name}");
        }
        assert!(!offered.key.contains(&Algorithm::Rsa { hash: None }), "signatures by SHA-1");
    }
}
