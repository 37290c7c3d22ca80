//! One question to one server: by UDP, and by TCP where the answer does not fit.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::proto::op::{Message, MessageType, Query};
use hickory_resolver::proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

const TRY: Duration = Duration::from_secs(3);
const TRIES: u32 = 2;
/// Without EDNS no answer by UDP is longer (RFC 1035 §4.2.1); some servers send more.
const LARGEST: usize = 4096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    #[error("did not answer within {} s", (TRY * TRIES).as_secs())]
    Late,
    #[error("could not be asked: {0}")]
    Io(#[from] io::Error),
    #[error("answered by TCP with what is no DNS message")]
    Malformed,
}

/// Asks, twice if need be; whatever the response code, an answer is an answer.
pub async fn ask(
    server: SocketAddr,
    name: &Name,
    record_type: RecordType,
    recurse: bool,
) -> Result<Message, Unanswered> {
    let mut question = Message::query();
    question.add_query(Query::query(name.clone(), record_type));
    question.metadata.recursion_desired = recurse;
    let packet = question.to_vec().map_err(io::Error::other)?;
    for _ in 0..TRIES {
        if let Ok(answer) = timeout(TRY, once(server, &question, &packet)).await {
            return answer;
        }
    }
    Err(Unanswered::Late)
}

/// Whether this machine has a route there; sends nothing.
pub async fn has_route(server: SocketAddr) -> bool {
    connect(server).await.is_ok()
}

async fn once(server: SocketAddr, question: &Message, packet: &[u8]) -> Result<Message, Unanswered> {
    let answer = by_udp(server, question, packet).await?;
    if answer.truncation { by_tcp(server, question, packet).await } else { Ok(answer) }
}

async fn by_udp(server: SocketAddr, question: &Message, packet: &[u8]) -> Result<Message, Unanswered> {
    let socket = connect(server).await?;
    socket.send(packet).await?;
    let mut buffer = vec![0; LARGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // Anyone can send a packet that only looks like an answer: wait for the real one.
        match Message::from_vec(&buffer[..length]) {
            Ok(answer) if answers(&answer, question) => return Ok(answer),
            _ => tracing::debug!(%server, "a packet that does not answer the question was left aside"),
        }
    }
}

async fn by_tcp(server: SocketAddr, question: &Message, packet: &[u8]) -> Result<Message, Unanswered> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(packet.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), packet].concat()).await?;
    let mut buffer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut buffer).await?;
    let answer = Message::from_vec(&buffer).map_err(|_| Unanswered::Malformed)?;
    if answers(&answer, question) { Ok(answer) } else { Err(Unanswered::Malformed) }
}

/// A connected socket takes packets from its peer only, and learns that nobody listens there.
async fn connect(server: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

fn answers(answer: &Message, question: &Message) -> bool {
    answer.id == question.id && answer.message_type == MessageType::Response && answer.queries == question.queries
}
