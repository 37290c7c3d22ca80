//! The first half of a handshake in TLS 1.0 to 1.2, where a server shows its certificate in plain text: for servers that
//! agree to nothing that is still thought safe.

use std::io;

use domain::ports::TlsVersion;
use rustls::CipherSuite;
use rustls::crypto::SecureRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most that a server may send until its certificate is through.
const MOST: usize = 256 * 1024;

/// What old servers know, ECDHE, DHE and RSA with AES in GCM and CBC, and 3DES.
const SUITES: [u16; 26] = [
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0x009e, 0x009f, 0xc023, 0xc027, 0xc024, 0xc028, 0xc009, 0xc013, 0xc00a, 0xc014,
    0x0067, 0x006b, 0x0033, 0x0039, 0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0xc012, 0x000a,
];

/// What a server showed before it was hung up on.
pub(crate) struct Glimpse {
    pub version: TlsVersion,
    pub cipher: String,
    pub chain: Vec<Vec<u8>>,
}

/// Says hello as an old client, and reads as far as the certificate. `None` where there is none to see.
pub(crate) async fn glimpse(
    stream: &mut TcpStream,
    host: &str,
    random: &dyn SecureRandom,
) -> io::Result<Option<Glimpse>> {
    stream.write_all(&client_hello(host, random)).await?;
    let (mut messages, mut read, mut agreed) = (Vec::new(), 0, None);
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head).await?;
        let [kind, _, _, high, low] = head;
        let mut record = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        stream.read_exact(&mut record).await?;
        read += record.len();
        // Another content than a handshake is an alert (RFC 5246 §6.2.1).
        if kind != 22 || read > MOST {
            return Ok(None);
        }
        messages.extend(record);
        while let Some((kind, body)) = next_message(&mut messages) {
            match kind {
                2 => agreed = server_hello(&body),
                11 => {
                    let chain = certificates(&body);
                    return Ok(agreed.filter(|_| !chain.is_empty()).map(|(version, suite)| Glimpse {
                        version,
                        cipher: cipher(suite),
                        chain,
                    }));
                }
                _ => {}
            }
        }
    }
}

/// RFC 5246 §7.4.1.2.
fn client_hello(host: &str, random: &dyn SecureRandom) -> Vec<u8> {
    let mut nonce = [0; 32];
    // The handshake is not finished, so that nothing depends on it.
    let _ = random.fill(&mut nonce);
    let suites: Vec<u8> = SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let name = [&[0], with_length(host.as_bytes()).as_slice()].concat();
    let extensions = [
        // Server name (RFC 6066 §3), groups and point formats (RFC 8422 §5.1), signature algorithms (RFC 5246 §7.4.1.4.1).
        extension(0, &with_length(&name)),
        extension(10, &with_length(&[0, 29, 0, 23, 0, 24, 0, 25])),
        extension(11, &[1, 0]),
        extension(13, &with_length(&[4, 3, 4, 1, 5, 3, 5, 1, 6, 3, 6, 1, 2, 3, 2, 1, 8, 4])),
    ]
    .concat();
    let body = [&[3, 3], nonce.as_slice(), &[0], &with_length(&suites), &[1, 0], &with_length(&extensions)].concat();
    let message = [&[1, 0], with_length(&body).as_slice()].concat();
    [&[22, 3, 1], with_length(&message).as_slice()].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().as_slice(), &with_length(content)].concat()
}

/// Two bytes of length, and the content; everything here is far shorter than that can say.
fn with_length(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or_default();
    [length.to_be_bytes().as_slice(), content].concat()
}

/// Takes the first whole handshake message off: its type and its body.
fn next_message(messages: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (kind, length) = (*messages.first()?, length24(messages.get(1..4)?));
    let body = messages.get(4..4 + length)?.to_vec();
    messages.drain(..4 + length);
    Some((kind, body))
}

/// The version and the suite (RFC 5246 §7.4.1.3).
fn server_hello(body: &[u8]) -> Option<(TlsVersion, u16)> {
    let version = match body.get(..2)? {
        [3, 1] => TlsVersion::Tls10,
        [3, 2] => TlsVersion::Tls11,
        [3, 3] => TlsVersion::Tls12,
        _ => return None,
    };
    let after_session = 35 + usize::from(*body.get(34)?);
    let suite = body.get(after_session..after_session + 2)?;
    Some((version, u16::from_be_bytes([suite[0], suite[1]])))
}

/// The certificates, the leaf first (RFC 5246 §7.4.2).
fn certificates(body: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = body.get(3..).unwrap_or_default();
    let mut chain = Vec::new();
    while let Some(head) = rest.get(..3) {
        let end = 3 + length24(head);
        let Some(certificate) = rest.get(3..end) else { break };
        chain.push(certificate.to_vec());
        rest = &rest[end..];
    }
    chain
}

fn length24(bytes: &[u8]) -> usize {
    bytes.iter().take(3).fold(0, |length, byte| length << 8 | usize::from(*byte))
}

fn cipher(suite: u16) -> String {
    CipherSuite::from(suite).as_str().map_or_else(|| format!("0x{suite:04x}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_no_further_than_there_is() {
        assert!(next_message(&mut vec![2, 0, 0, 5, 1, 2]).is_none());
        assert_eq!(next_message(&mut vec![2, 0, 0, 1, 9, 11]), Some((2, vec![9])));
        assert!(server_hello(&[3, 1]).is_none());
        assert!(server_hello(&[3, 1, 0]).is_none());
        assert!(certificates(&[]).is_empty());
        assert!(certificates(&[0, 0, 9, 0, 0, 200, 1, 2]).is_empty());
        assert_eq!(certificates(&[0, 0, 5, 0, 0, 2, 7, 8]), [[7, 8]]);
    }
}
