use std::fmt;

use super::look::Seen;
use crate::ports::{KeyKind, TlsVersion};

/// A grade after Qualys' *SSL Server Rating Guide*, for the one handshake that was made: what else the server would
/// agree to is not known, so that the best and the worst of each category are the same.
///
/// | section of the guide | here |
/// |---|---|
/// | Certificate Inspection | `T`: untrusted, expired, not valid yet, signed with SHA-1 or MD5; `M`: for other names |
/// | Protocol Support (30 %) | TLS 1.0 90, TLS 1.1 95, TLS 1.2 and 1.3: 100 |
/// | Key Exchange (30 %) | the certificate's key, in RSA's terms: under 512 bits 20, 1024 40, 2048 80, 4096 90, else 100 |
/// | Cipher Strength (40 %) | under 128 bits 20, under 256 80, else 100 |
/// | Overall Rating | 80 A, 65 B, 50 C, 35 D, 20 E, else F; a category with 0 is F |
/// | caps | a key under 1024 bits F, under 2048 bits B; no TLS 1.2 C; no forward secrecy or no AEAD B; no TLS 1.3 A- |
///
/// `A+` needs HSTS, which a handshake does not show, so that it is never given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Very good.
    A,
    /// Good, with a reservation.
    AMinus,
    /// Adequate.
    B,
    /// Out of date.
    C,
    /// Weak.
    D,
    /// Very weak.
    E,
    /// Broken.
    F,
    /// For other names.
    M,
    /// Not trusted.
    T,
}

impl Grade {
    /// Every grade.
    pub const ALL: [Self; 9] = [Self::A, Self::AMinus, Self::B, Self::C, Self::D, Self::E, Self::F, Self::M, Self::T];

    /// The guide's letter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::AMinus => "A-",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
            Self::F => "F",
            Self::M => "M",
            Self::T => "T",
        }
    }

    /// The grade of what was seen, trust, dates and names aside.
    pub(super) fn of_handshake(seen: &Seen) -> Self {
        let rsa = rsa_bits(seen.key_kind, seen.key_bits);
        let key = match rsa {
            0 => 0,
            1..512 => 20,
            512..1024 => 40,
            1024..2048 => 80,
            2048..4096 => 90,
            _ => 100,
        };
        let cipher = match cipher_bits(&seen.cipher) {
            0 => 0,
            1..128 => 20,
            128..256 => 80,
            _ => 100,
        };
        let protocol = match seen.protocol {
            TlsVersion::Tls10 => 90,
            TlsVersion::Tls11 => 95,
            TlsVersion::Tls12 | TlsVersion::Tls13 => 100,
        };
        let score = (protocol * 30 + key * 30 + cipher * 40) / 100;
        let grade = match score {
            _ if key == 0 || cipher == 0 => Self::F,
            80.. => Self::A,
            65.. => Self::B,
            50.. => Self::C,
            35.. => Self::D,
            20.. => Self::E,
            _ => Self::F,
        };
        let cap = match rsa {
            0..1024 => Self::F,
            _ if seen.protocol < TlsVersion::Tls12 => Self::C,
            1024..2048 => Self::B,
            _ if !seen.is_forward_secret() || !seen.is_authenticated() => Self::B,
            _ if seen.protocol < TlsVersion::Tls13 => Self::AMinus,
            _ => Self::A,
        };
        grade.max(cap)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The RSA key that is as strong (NIST SP 800-57 part 1, table 2).
fn rsa_bits(kind: KeyKind, bits: u32) -> u32 {
    match kind {
        KeyKind::Rsa | KeyKind::Other => bits,
        KeyKind::Ecc => match bits {
            0..160 => 512,
            160..224 => 1024,
            224..256 => 2048,
            256..384 => 3072,
            384..512 => 7680,
            _ => 15360,
        },
    }
}

fn cipher_bits(suite: &str) -> u32 {
    if suite.contains("AES_256") || suite.contains("CHACHA20") {
        256
    } else if suite.contains("AES_128") {
        128
    } else if suite.contains("3DES") {
        112
    } else {
        0
    }
}
