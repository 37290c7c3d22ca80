use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::Port;

/// A question that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name, without the final dot.
    pub name: String,
    /// The number of its type: 2 is NS, 5 CNAME, 6 SOA, 16 TXT.
    pub kind: u16,
    /// Whether the asker wants recursion.
    pub recursive: bool,
}

/// What a resolver does with a question instead of passing it on: a response code, or nothing.
type Rule = Box<dyn Fn(&Question) -> Option<u8> + Send>;

/// A resolver before a name server, by UDP: is an authority for nothing, asks for who wants recursion, keeps what it
/// was asked.
#[derive(Debug)]
pub struct Resolver {
    port: Port,
    asked: Arc<Mutex<Vec<Question>>>,
    relay: JoinHandle<()>,
}

impl Resolver {
    /// Starts one that answers some questions with a response code of its own.
    pub async fn before(server: SocketAddr, rule: impl Fn(&Question) -> Option<u8> + Send + 'static) -> Self {
        let port = Port::claim();
        let front = UdpSocket::bind(port.address()).await.unwrap();
        let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        back.connect(server).await.unwrap();
        let asked = Arc::<Mutex<Vec<Question>>>::default();
        let relay = tokio::spawn(relay(front, back, Arc::clone(&asked), Box::new(rule)));
        Self { port, asked, relay }
    }

    /// Where it answers.
    pub fn dns_addr(&self) -> SocketAddr {
        self.port.address()
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn relay(front: UdpSocket, back: UdpSocket, asked: Arc<Mutex<Vec<Question>>>, rule: Rule) {
    let mut packet = [0; 4096];
    while let Ok((length, asker)) = front.recv_from(&mut packet).await {
        let question = read(&packet[..length]);
        asked.lock().unwrap().push(question.clone());
        let own = rule(&question).or((!question.recursive).then_some(0));
        let length = match own {
            Some(code) => {
                packet[2] |= 0x80;
                packet[3] = 0x80 | code;
                length
            }
            None => {
                back.send(&packet[..length]).await.unwrap();
                let length = back.recv(&mut packet).await.unwrap();
                // Not authoritative, recursion available.
                packet[2] &= !0x04;
                packet[3] |= 0x80;
                length
            }
        };
        front.send_to(&packet[..length], asker).await.unwrap();
    }
}

fn read(packet: &[u8]) -> Question {
    let mut labels = Vec::new();
    let mut at = 12;
    while packet[at] != 0 {
        let end = at + 1 + usize::from(packet[at]);
        labels.push(String::from_utf8_lossy(&packet[at + 1..end]).to_lowercase());
        at = end;
    }
    let kind = u16::from_be_bytes([packet[at + 1], packet[at + 2]]);
    Question { name: labels.join("."), kind, recursive: packet[2] & 1 == 1 }
}
