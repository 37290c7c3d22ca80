//! What a server says in plain text before its certificate is through, read as it arrives.

use domain::ports::TlsVersion;
use rustls::CipherSuite;

use crate::exchange::{BYTES_MAX, RECORDS_MAX};

/// The most certificates of a chain that are read.
const CERTIFICATES_MAX: usize = 16;

/// What a server showed before it was hung up on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glimpse {
    pub version: TlsVersion,
    pub cipher: String,
    pub chain: Vec<Vec<u8>>,
}

/// How far the reading is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is more to come.
    More,
    /// The certificate is there.
    Shown(Glimpse),
    /// There will be none.
    Nothing,
}

/// Reads records (RFC 5246 §6.2.1) and the handshake messages in them. Holds no more than [`BYTES_MAX`], and reads no
/// more than [`RECORDS_MAX`] records.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// What is there of a record that is not whole yet.
    record: Vec<u8>,
    /// What is there of messages that are not read yet.
    messages: Vec<u8>,
    bytes: usize,
    records: usize,
    agreed: Option<(TlsVersion, u16)>,
}

impl Reader {
    /// Reads on.
    pub fn take(&mut self, bytes: &[u8]) -> Progress {
        self.bytes += bytes.len();
        if self.bytes > BYTES_MAX {
            return Progress::Nothing;
        }
        // Taken out and put back: what is not whole yet is not copied again and again as it grows.
        let mut received = std::mem::take(&mut self.record);
        received.extend_from_slice(bytes);
        let mut rest = received.as_slice();
        loop {
            // What cannot begin a record is not waited for.
            if rest.first().is_some_and(|kind| !(20..=24).contains(kind)) {
                return Progress::Nothing;
            }
            let Some((kind, content, after)) = record(rest) else { break };
            rest = after;
            self.records += 1;
            let progress = match (kind, content) {
                _ if self.records > RECORDS_MAX => Progress::Nothing,
                // A handshake record is never empty (RFC 5246 §6.2.1).
                (22, []) => Progress::Nothing,
                (22, content) => self.messages(content),
                // A warning is not the end (RFC 5246 §7.2), such as that the server does not know the name; only
                // that it closes is.
                (21, [1, alert]) if *alert != 0 => Progress::More,
                _ => Progress::Nothing,
            };
            if progress != Progress::More {
                return progress;
            }
        }
        let used = received.len() - rest.len();
        received.drain(..used);
        self.record = received;
        Progress::More
    }

    /// The bytes that wait for the rest of theirs.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.record.len() + self.messages.len()
    }

    /// The records read.
    #[cfg(test)]
    pub fn read(&self) -> usize {
        self.records
    }

    fn messages(&mut self, content: &[u8]) -> Progress {
        let mut received = std::mem::take(&mut self.messages);
        received.extend_from_slice(content);
        let mut rest = received.as_slice();
        while let Some((kind, body, after)) = message(rest) {
            rest = after;
            match kind {
                2 => self.agreed = server_hello(body),
                11 => {
                    let chain = certificates(body);
                    let agreed = self.agreed.filter(|_| !chain.is_empty());
                    return agreed.map_or(Progress::Nothing, |(version, suite)| {
                        Progress::Shown(Glimpse { version, cipher: cipher(suite), chain })
                    });
                }
                _ => {}
            }
        }
        let used = received.len() - rest.len();
        received.drain(..used);
        self.messages = received;
        Progress::More
    }
}

/// The first record, if it is whole: its kind, its content, and what follows it.
fn record(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [kind, _, _, high, low, rest @ ..] = bytes else { return None };
    let (content, after) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
    Some((*kind, content, after))
}

/// The first handshake message, if it is whole: its type, its body, and what follows it.
fn message(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [kind, a, b, c, rest @ ..] = bytes else { return None };
    let (body, after) = rest.split_at_checked(length([*a, *b, *c]))?;
    Some((*kind, body, after))
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
    Some((version, u16::from_be_bytes([*suite.first()?, *suite.last()?])))
}

/// The certificates, the leaf first (RFC 5246 §7.4.2).
fn certificates(body: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = body.get(3..).unwrap_or_default();
    let mut chain = Vec::new();
    while let [a, b, c, after @ ..] = rest
        && let Some((certificate, after)) = after.split_at_checked(length([*a, *b, *c]))
        && chain.len() < CERTIFICATES_MAX
    {
        chain.push(certificate.to_vec());
        rest = after;
    }
    chain
}

fn length(bytes: [u8; 3]) -> usize {
    bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
}

fn cipher(suite: u16) -> String {
    CipherSuite::from(suite).as_str().map_or_else(|| format!("0x{suite:04x}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record_of(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[kind, 3, 3], length.as_slice(), content].concat()
    }

    fn hello() -> Vec<u8> {
        [[2, 0, 0, 38, 3, 2].as_slice(), &[7; 32], &[0, 0xc0, 0x13, 0]].concat()
    }

    fn shown() -> Glimpse {
        Glimpse {
            version: TlsVersion::Tls11,
            cipher: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA".into(),
            chain: vec![vec![7, 8]],
        }
    }

    const CERTIFICATE: [u8; 12] = [11, 0, 0, 8, 0, 0, 5, 0, 0, 2, 7, 8];

    #[test]
    fn reads_no_further_than_there_is() {
        assert!(message(&[2, 0, 0, 5, 1, 2]).is_none());
        assert_eq!(message(&[2, 0, 0, 1, 9, 11]), Some((2, [9].as_slice(), [11].as_slice())));
        assert!(server_hello(&[3, 1]).is_none());
        assert!(server_hello(&[3, 1, 0]).is_none());
        assert!(certificates(&[]).is_empty());
        assert!(certificates(&[0, 0, 9, 0, 0, 200, 1, 2]).is_empty());
        assert_eq!(certificates(&[0, 0, 5, 0, 0, 2, 7, 8]), [[7, 8]]);
        assert_eq!(certificates(&[0; 3 * 1000]).len(), CERTIFICATES_MAX);
    }

    #[test]
    fn reads_a_certificate_however_it_arrives() {
        let whole = [record_of(22, &hello()), record_of(22, &CERTIFICATE)].concat();
        let together = record_of(22, &[hello(), CERTIFICATE.to_vec()].concat());
        let warned = [record_of(21, &[1, 112]), whole.clone()].concat();
        for stream in [whole, together, warned] {
            for cut in 1..=stream.len() {
                let mut reader = Reader::default();
                let last = stream.chunks(cut).map(|chunk| reader.take(chunk)).last();
                assert_eq!(last, Some(Progress::Shown(shown())), "{cut}");
            }
        }
    }

    #[test]
    fn ends_where_no_certificate_will_come() {
        for (what, stream) in [
            ("a fatal alert", record_of(21, &[2, 40])),
            ("a close", record_of(21, &[1, 0])),
            ("a record of no length", record_of(22, &[])),
            ("another content", record_of(23, &[1])),
            ("no TLS", b"HTTP".to_vec()),
            ("a certificate before the hello", record_of(22, &CERTIFICATE)),
            ("endless warnings", record_of(21, &[1, 112]).repeat(RECORDS_MAX + 1)),
            ("too much", vec![22; BYTES_MAX + 1]),
        ] {
            assert_eq!(Reader::default().take(&stream), Progress::Nothing, "{what}");
        }
    }
}
