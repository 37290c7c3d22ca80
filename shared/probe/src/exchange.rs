//! The bytes of a handshake, back and forth, within limits that no peer can exceed.

use std::io;

use rustls::ClientConnection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The most bytes that a server may send in a handshake.
pub(crate) const BYTES_MAX: usize = 256 * 1024;
/// The most records. A certificate of 64 KiB in the shortest records that a client may ask for (512 bytes, RFC 6066 §4)
/// takes 128.
pub(crate) const RECORDS_MAX: usize = 1024;

/// Why a handshake did not get to its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The server hung up without a word.
    Mute,
    /// The server hung up in the middle.
    Short,
    /// What the server speaks is not TLS.
    NotTls,
    /// The server sends more than a handshake has.
    TooMuch,
    /// The connection broke.
    Io(io::Error),
    /// TLS could not be agreed on.
    Tls(rustls::Error),
}

/// Shakes hands. What was shown until it broke stays in the connection, and in its verifier.
pub(crate) async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    tls: &mut ClientConnection,
) -> Result<(), Broken> {
    let (mut buffer, mut meter) = (vec![0; 16 * 1024], Meter::default());
    loop {
        flush(stream, tls).await.map_err(|error| meter.broke(error))?;
        if !tls.is_handshaking() {
            return Ok(());
        }
        let count = stream.read(&mut buffer).await.map_err(|error| meter.broke(error))?;
        let mut rest = buffer.get(..count).unwrap_or_default();
        match rest.first() {
            None if meter.bytes == 0 => return Err(Broken::Mute),
            None => return Err(Broken::Short),
            // Of the content types (RFC 8446 §5.1) no other is there.
            Some(first) if meter.bytes == 0 && !(20..=24).contains(first) => return Err(Broken::NotTls),
            Some(_) => {}
        }
        if !meter.takes(rest) {
            return Err(Broken::TooMuch);
        }
        while !rest.is_empty() {
            tls.read_tls(&mut rest).map_err(|_| Broken::TooMuch)?;
            if let Err(error) = tls.process_new_packets() {
                // That the server hears why is a courtesy.
                let _ = flush(stream, tls).await;
                return Err(Broken::Tls(error));
            }
        }
    }
}

/// Sends what there is to be sent.
pub(crate) async fn flush<S: AsyncWrite + Unpin>(stream: &mut S, tls: &mut ClientConnection) -> io::Result<()> {
    let mut out = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut out)?;
    }
    stream.write_all(&out).await
}

/// Counts bytes and records as they come, however they are cut.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    bytes: usize,
    records: usize,
    /// What is there of a record's head.
    head: Vec<u8>,
    /// What is still to come of a record.
    rest: usize,
}

impl Meter {
    /// Whether this is within the limits.
    pub fn takes(&mut self, mut bytes: &[u8]) -> bool {
        self.bytes += bytes.len();
        while !bytes.is_empty() && self.bytes <= BYTES_MAX && self.records <= RECORDS_MAX {
            if self.rest > 0 {
                let skipped = self.rest.min(bytes.len());
                self.rest -= skipped;
                bytes = bytes.get(skipped..).unwrap_or_default();
                continue;
            }
            let wanted = (5 - self.head.len()).min(bytes.len());
            let (head, after) = bytes.split_at(wanted);
            self.head.extend(head);
            bytes = after;
            if let [_, _, _, high, low] = self.head[..] {
                self.rest = usize::from(u16::from_be_bytes([high, low]));
                self.records += 1;
                self.head.clear();
            }
        }
        self.bytes <= BYTES_MAX && self.records <= RECORDS_MAX
    }

    fn broke(&self, error: io::Error) -> Broken {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match error.kind() {
            UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe if self.bytes == 0 => Broken::Mute,
            UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => Broken::Short,
            _ => Broken::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_records_however_they_are_cut() {
        let stream: Vec<u8> = [[22, 3, 3, 0, 2, 9, 9].as_slice(), &[22, 3, 3, 0, 0], &[23, 3, 3, 0, 1, 9]].concat();
        for cut in 1..stream.len() {
            let mut meter = Meter::default();
            assert!(stream.chunks(cut).all(|chunk| meter.takes(chunk)));
            assert_eq!((meter.records, meter.bytes, meter.rest), (3, stream.len(), 0), "{cut}");
        }
        let mut meter = Meter::default();
        assert!(!meter.takes(&[22, 3, 3, 0, 0].repeat(RECORDS_MAX + 1)), "records of no length");
        assert!(!Meter::default().takes(&vec![22; BYTES_MAX + 1]));
    }
}
