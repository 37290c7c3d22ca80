//! The connections there are, and which one gives way to another.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use tokio::sync::Notify;

use super::turn::Turn;

/// The most connections at once, where the process may have as many open files.
const MOST: usize = 4_000;
/// The open files kept for everything else.
const OTHER_FILES: usize = 512;
/// How many open files are asked for.
const FILES: u64 = 16_384;

/// All connections. One source may hold half of the places; a trusted proxy may hold all. When a source has its half, its
/// new connection closes the one of its own that has waited longest for its client. When all places are taken, the source
/// with the most connections gives up one.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    open: Arc<Mutex<Open>>,
    most: usize,
    proxies: Arc<[IpNet]>,
}

#[derive(Debug, Default)]
struct Open {
    places: HashMap<u64, Connection>,
    of_source: HashMap<IpAddr, usize>,
    last: u64,
}

#[derive(Debug)]
struct Connection {
    source: IpAddr,
    turn: Arc<Turn>,
    close: Arc<Notify>,
}

/// The place of one connection; dropping it frees it.
#[derive(Debug)]
pub(super) struct Place {
    connections: Connections,
    number: u64,
    turn: Arc<Turn>,
    close: Arc<Notify>,
}

impl Connections {
    /// As many as the process may have; the proxies are those that the operator trusts.
    pub fn new(proxies: &[IpNet]) -> Self {
        let files = rlimit::increase_nofile_limit(FILES).unwrap_or_else(|error| {
            tracing::warn!(%error, "how many files may be open is not known; 1,024 are assumed");
            1_024
        });
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        Self::at_most(files.saturating_sub(OTHER_FILES).clamp(64, MOST), proxies)
    }

    fn at_most(most: usize, proxies: &[IpNet]) -> Self {
        Self { open: Arc::default(), most, proxies: proxies.into() }
    }

    /// A place for a connection from there, which another may have to give way to; `None` while all the others are being
    /// answered.
    pub fn admit(&self, peer: IpAddr) -> Option<Place> {
        let source = network(peer);
        let is_proxy = self.proxies.iter().any(|network| network.contains(&peer.to_canonical()));
        let mut open = self.lock();
        if !is_proxy && open.of_source.get(&source).is_some_and(|own| *own >= self.most / 2) {
            open.close_one_of(source)?;
        } else if open.places.len() >= self.most {
            open.close_one()?;
        }
        open.last += 1;
        let number = open.last;
        let (turn, close) = (Arc::new(Turn::new()), Arc::new(Notify::new()));
        let connection = Connection { source, turn: Arc::clone(&turn), close: Arc::clone(&close) };
        open.places.insert(number, connection);
        *open.of_source.entry(source).or_default() += 1;
        Some(Place { connections: self.clone(), number, turn, close })
    }

    /// Closes a connection that waits for its client.
    pub fn close_one(&self) {
        self.lock().close_one();
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// One of the source that has most of those that wait.
    fn close_one(&mut self) -> Option<()> {
        let mut sources: Vec<_> = self.of_source.iter().map(|(source, number)| (*number, *source)).collect();
        sources.sort_unstable_by(|a, b| b.cmp(a));
        sources.into_iter().find_map(|(_, source)| self.close_one_of(source))
    }

    fn close_one_of(&mut self, source: IpAddr) -> Option<()> {
        let own = self.places.iter().filter(|(_, connection)| connection.source == source);
        let waiting = own.filter_map(|(number, connection)| Some((connection.turn.waits_since()?, *number)));
        let (_, longest) = waiting.min()?;
        self.remove(longest)?.close.notify_one();
        Some(())
    }

    fn remove(&mut self, number: u64) -> Option<Connection> {
        let connection = self.places.remove(&number)?;
        if let Some(own) = self.of_source.get_mut(&connection.source) {
            *own -= 1;
            if *own == 0 {
                self.of_source.remove(&connection.source);
            }
        }
        Some(connection)
    }
}

impl Place {
    /// Whose turn it is.
    pub fn turn(&self) -> &Arc<Turn> {
        &self.turn
    }

    /// Ends when the place was given to another.
    pub async fn closed(&self) {
        self.close.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().remove(self.number);
    }
}

/// What counts as one source: an IPv4 address, or the /64 that one IPv6 subscriber has (RFC 6177).
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::super::turn::Phase;
    use super::*;

    fn from(number: u8) -> IpAddr {
        [192, 0, 2, number].into()
    }

    fn is_closed(place: &Place) -> bool {
        !place.connections.lock().places.contains_key(&place.number)
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_waits_longest_gives_way() {
        let connections = Connections::at_most(4, &[]);
        let mut places = Vec::new();
        for source in [1, 1, 2, 3] {
            places.push(connections.admit(from(source)).unwrap());
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
        }
        // A source has half of the places, and gives way to itself.
        places[0].turn().enter(Phase::Work);
        let third = connections.admit(from(1)).unwrap();
        assert_eq!(places.iter().map(is_closed).collect::<Vec<_>>(), [false, true, false, false]);
        places[1].closed().await;
        // All places are taken: the source with most of them gives one up, but none that is being answered.
        let fourth = connections.admit(from(4)).unwrap();
        assert!(is_closed(&third) && !is_closed(&places[0]));
        for place in [&places[2], &places[3], &fourth] {
            place.turn().enter(Phase::Work);
        }
        assert!(connections.admit(from(5)).is_none());
        drop(fourth);
        connections.admit(from(5)).unwrap();
    }

    #[test]
    fn a_trusted_proxy_may_have_all_places() {
        let connections = Connections::at_most(4, &["198.51.100.0/24".parse().unwrap()]);
        let proxy = [198, 51, 100, 1].into();
        let places: Vec<_> = (0..4).map(|_| connections.admit(proxy).unwrap()).collect();
        assert!(!places.iter().any(is_closed));
    }

    #[test]
    fn an_ipv6_subscriber_is_one_source() {
        let source = |text: &str| network(text.parse().unwrap());
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), source("2001:db8:1:2::9"));
        assert_ne!(source("2001:db8:1:2::9"), source("2001:db8:1:3::9"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    }
}
