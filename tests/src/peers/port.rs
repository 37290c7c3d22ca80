use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that the kernel hands out for outgoing connections.
const FIRST: u16 = 18_000;
const COUNT: u16 = 14_000;

/// A port of 127.0.0.1, free for TCP and UDP, that no other test is given while this value lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _claim: UnixListener,
}

impl Port {
    /// Claims a free port.
    pub fn claim() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Tests run as separate processes: each begins its search elsewhere.
        let start = u64::from(std::process::id()) * 61;
        for _ in 0..COUNT {
            let step = u64::from(NEXT.fetch_add(1, Ordering::Relaxed));
            let offset = (start + step) % u64::from(COUNT);
            let number = FIRST + u16::try_from(offset).expect("below COUNT");
            // The kernel frees an abstract socket with the process that holds it: the claim cannot outlive a test.
            let claim = UnixAddr::from_abstract_name(format!("steward-test-port-{number}"))
                .and_then(|name| UnixListener::bind_addr(&name));
            let Ok(claim) = claim else { continue };
            let address = (Ipv4Addr::LOCALHOST, number);
            if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
                return Self { number, _claim: claim };
            }
        }
        panic!("no free port from {FIRST} on");
    }

    /// The number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// 127.0.0.1 with this port.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.number))
    }
}
