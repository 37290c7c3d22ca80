/// What a monitor found, as one word. The later in this list, the worse; the worst of several addresses counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Not looked at yet.
    Unknown,
    /// All is well.
    Normal,
    /// It expires within 30 days, or within the last third of its life where that is shorter.
    Expiring,
    /// The certificate is for other names.
    Mismatch,
    /// The chain leads to no root that is trusted, or the certificate is not valid yet.
    Untrusted,
    /// The certificate has expired.
    Expired,
    /// There was no handshake.
    Unreachable,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Unknown,
        Self::Normal,
        Self::Expiring,
        Self::Mismatch,
        Self::Untrusted,
        Self::Expired,
        Self::Unreachable,
    ];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Normal => "normal",
            Self::Expiring => "expiring",
            Self::Mismatch => "mismatch",
            Self::Untrusted => "untrusted",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
        }
    }
}
