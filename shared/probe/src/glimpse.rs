//! The first half of a handshake in TLS 1.0 to 1.2, where a server shows its certificate in plain text: for servers that
//! agree to nothing that is still thought safe.

use std::io;
use std::net::IpAddr;

use domain::ports::KeyAsked;
use rustls::crypto::SecureRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::plain::{Glimpse, Progress, Reader};

/// What old servers know: ECDHE, DHE and RSA with AES in GCM and CBC, and 3DES; those that an ECDSA key signs.
const ECDSA_SUITES: [u16; 8] = [0xc02b, 0xc02c, 0xcca9, 0xc023, 0xc024, 0xc009, 0xc00a, 0xc008];
/// The same that an RSA key signs, or decrypts.
const RSA_SUITES: [u16; 22] = [
    0xc02f, 0xc030, 0xcca8, 0x009e, 0x009f, 0xccaa, 0xc027, 0xc028, 0xc013, 0xc014, 0x0067, 0x006b, 0x0033, 0x0039,
    0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0xc012, 0x000a,
];

/// Signature algorithms (RFC 8446 §4.2.3): ECDSA, Ed25519 and Ed448, the strongest hash first but for what most have.
const ECDSA_SIGNATURES: [u16; 6] = [0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0203];
/// RSA, with the padding of PSS and of PKCS#1.
const RSA_SIGNATURES: [u16; 10] = [0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0201];

/// Says hello as an old client, and reads as far as the certificate. `None` where there is none to see.
pub(crate) async fn glimpse(
    stream: &mut TcpStream,
    host: &str,
    key: KeyAsked,
    random: &dyn SecureRandom,
) -> io::Result<Option<Glimpse>> {
    stream.write_all(&client_hello(host, key, random)).await?;
    let (mut reader, mut buffer) = (Reader::default(), vec![0; 16 * 1024]);
    loop {
        let count = stream.read(&mut buffer).await?;
        match reader.take(buffer.get(..count).unwrap_or_default()) {
            Progress::Shown(glimpse) => return Ok(Some(glimpse)),
            Progress::More if count > 0 => {}
            Progress::More | Progress::Nothing => return Ok(None),
        }
    }
}

/// RFC 5246 §7.4.1.2.
fn client_hello(host: &str, key: KeyAsked, random: &dyn SecureRandom) -> Vec<u8> {
    let mut nonce = [0; 32];
    // The handshake is not finished, so that nothing depends on it.
    let _ = random.fill(&mut nonce);
    let (ecdsa, rsa) = (key != KeyAsked::Rsa, key != KeyAsked::Ecdsa);
    let of = |ecdsa_numbers: &[u16], rsa_numbers: &[u16]| -> Vec<u8> {
        let ecdsa = ecdsa_numbers.iter().filter(|_| ecdsa);
        ecdsa.chain(rsa_numbers.iter().filter(|_| rsa)).flat_map(|number| number.to_be_bytes()).collect()
    };
    let suites = of(&ECDSA_SUITES, &RSA_SUITES);
    // Server name (RFC 6066 §3), which an address never is; groups and point formats (RFC 8422 §5.1); signature
    // algorithms (RFC 5246 §7.4.1.4.1), and all of them for what CAs signed (RFC 8446 §4.2.3).
    let mut extensions = Vec::new();
    if host.parse::<IpAddr>().is_err() {
        let name = [&[0], with_length(host.as_bytes()).as_slice()].concat();
        extensions.extend(extension(0, &with_length(&name)));
    }
    extensions.extend(extension(10, &with_length(&[0, 29, 0, 23, 0, 24, 0, 25])));
    extensions.extend(extension(11, &[1, 0]));
    extensions.extend(extension(13, &with_length(&of(&ECDSA_SIGNATURES, &RSA_SIGNATURES))));
    if key != KeyAsked::Any {
        let all: Vec<u8> = ECDSA_SIGNATURES.iter().chain(&RSA_SIGNATURES).flat_map(|n| n.to_be_bytes()).collect();
        extensions.extend(extension(50, &with_length(&all)));
    }
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
