use std::net::IpAddr;
use std::time::Duration;

use ipnet::Ipv6Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::User;
use crate::entity::{self, Stored};
use crate::ports::Key;
use crate::{Context, Error, Result};

/// How many are remembered; the one longest unseen goes first.
const MOST: usize = 20;
/// How long one is known after the last login from it.
const KNOWN_FOR: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// A login from a source seen so recently is not written down again.
const SEEN_LATELY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is written anew because the user was changed at the same time.
const TRIES: u32 = 5;

/// A network that a user logged in from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSource {
    /// The address, or the IPv6 network.
    pub network: String,
    /// The last login.
    pub seen: Timestamp,
}

impl User {
    /// Whether they logged in from this network before.
    pub(super) fn knows(&self, network: &str, now: Timestamp) -> bool {
        self.known_sources.iter().any(|known| known.network == network && !over(known.seen, KNOWN_FOR, now))
    }

    /// Notes a login; whether there is anything new to write.
    fn note_login(&mut self, network: &str, now: Timestamp) -> bool {
        let sources = &mut self.known_sources;
        if sources.iter().any(|known| known.network == network && !over(known.seen, SEEN_LATELY, now)) {
            return false;
        }
        sources.retain(|known| known.network != network && !over(known.seen, KNOWN_FOR, now));
        sources.insert(0, KnownSource { network: network.to_owned(), seen: now });
        sources.sort_by_key(|source| std::cmp::Reverse(source.seen));
        sources.truncate(MOST);
        true
    }
}

fn over(seen: Timestamp, lasts: Duration, now: Timestamp) -> bool {
    seen.checked_add(lasts).is_ok_and(|end| end <= now)
}

/// Remembers where a user logged in from: a lock that strangers cause does not hold there.
pub(super) async fn remember(ctx: &Context, user: &mut Stored<User>, source: &str) -> Result<()> {
    let (network, now) = (network(source), ctx.clock.now());
    for _ in 0..TRIES {
        if !user.value.note_login(&network, now) {
            return Ok(());
        }
        match user.save(ctx.store.as_ref()).await {
            Err(Error::Conflict(_)) => *user = entity::load(ctx.store.as_ref(), Key::of(user.value.id.0)).await?,
            saved => return saved,
        }
    }
    // The next login writes it.
    Ok(())
}

/// What counts as one source: an IPv4 address, or the /64 that one IPv6 subscriber has (RFC 6177).
pub fn network(source: &str) -> String {
    match source.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V6(v6)) => Ipv6Net::new_assert(v6, 64).trunc().to_string(),
        Ok(IpAddr::V4(v4)) => v4.to_string(),
        Err(_) => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn an_ipv6_subscriber_is_one_source() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!((network("192.0.2.1"), network("unknown")), ("192.0.2.1".to_owned(), "unknown".to_owned()));
    }
}
