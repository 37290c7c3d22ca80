use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::names::entries;
use crate::ports::StartTls;
use crate::{Error, Result};

/// The most addresses that a monitor names.
const ADDRESSES_MAX: usize = 8;

/// Which addresses of a name are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpType {
    /// All, and one that does not answer is overlooked while another does.
    Auto,
    /// Every IPv4 address.
    Ipv4,
    /// Every IPv6 address.
    Ipv6,
    /// Every address, and each must answer.
    Both,
    /// Those that are given.
    Pinned,
}

impl IpType {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Ipv4, Self::Ipv6, Self::Both, Self::Pinned];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Both => "both",
            Self::Pinned => "pinned",
        }
    }

    /// Whether an address is of the kind.
    pub fn takes(self, address: IpAddr) -> bool {
        match self {
            Self::Auto | Self::Both | Self::Pinned => true,
            Self::Ipv4 => address.is_ipv4(),
            Self::Ipv6 => address.is_ipv6(),
        }
    }
}

/// Which addresses a monitor looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Of what kind.
    pub ip_type: IpType,
    /// These very ones; where there are none, the name is resolved at each check.
    pub addresses: Vec<IpAddr>,
}

impl Target {
    /// Reads the API's words, in any case: `ip_type` is one of [`IpType::ALL`], `ip_address` one or more addresses with
    /// commas between them. Addresses alone are `pinned`; with another kind they must be of it.
    pub fn parse(ip_type: Option<&str>, ip_address: Option<&str>) -> Result<Self> {
        let mut addresses: Vec<IpAddr> = Vec::new();
        for text in entries(ip_address.unwrap_or_default()).flat_map(str::split_whitespace) {
            let address = text.trim_matches(['[', ']']).parse::<IpAddr>().map_err(|_| {
                let shown: String = text.chars().take(60).collect();
                let reason = format!("must be IP addresses with commas between them; '{shown}' is none");
                Error::invalid("ip_address", reason)
            })?;
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.len() > ADDRESSES_MAX {
            return Err(Error::invalid("ip_address", format!("must be at most {ADDRESSES_MAX} addresses")));
        }
        let word = ip_type.unwrap_or_default().trim();
        let unless_said = if addresses.is_empty() { IpType::Auto } else { IpType::Pinned };
        let found = IpType::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(word));
        let ip_type = match found {
            Some(kind) => kind,
            None if word.is_empty() => unless_said,
            None => return Err(Error::invalid("ip_type", "must be one of auto, ipv4, ipv6, both, pinned")),
        };
        if ip_type == IpType::Pinned && addresses.is_empty() {
            return Err(Error::invalid("ip_address", "must be given where ip_type is pinned"));
        }
        if let Some(other) = addresses.iter().find(|address| !ip_type.takes(**address)) {
            return Err(Error::invalid("ip_address", format!("{other} is no {} address", ip_type.as_str())));
        }
        Ok(Self { ip_type, addresses })
    }

    /// Whether an address that does not answer is overlooked while another does.
    pub fn is_lenient(&self) -> bool {
        self.ip_type == IpType::Auto && self.addresses.is_empty()
    }
}

/// Reads the API's word for what is spoken before TLS; empty or `none` for nothing.
pub fn starttls(text: &str) -> Result<Option<StartTls>> {
    match text.trim().to_ascii_lowercase().as_str() {
        "" | "none" => Ok(None),
        "smtp" => Ok(Some(StartTls::Smtp)),
        "imap" => Ok(Some(StartTls::Imap)),
        _ => Err(Error::invalid("starttls", "must be smtp, imap or none")),
    }
}
