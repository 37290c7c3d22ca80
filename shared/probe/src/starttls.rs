use std::io;

use domain::ports::{ProbeError, StartTls};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The most that a server may say before TLS begins.
const MOST: usize = 16 * 1024;

/// Asks the server to begin TLS, in the protocol that it speaks.
pub(crate) async fn start<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    protocol: StartTls,
) -> Result<(), ProbeError> {
    let mut talk = Talk { stream, buffer: Vec::new(), read: 0 };
    match protocol {
        StartTls::Smtp => smtp(&mut talk).await,
        StartTls::Imap => imap(&mut talk).await,
    }?;
    // What was sent before TLS and would be read after it is not from the server that shakes hands (CVE-2011-0411).
    if talk.buffer.is_empty() { Ok(()) } else { Err(refused("the server goes on in plain text after STARTTLS", "")) }
}

/// RFC 3207 §2 and §4.
async fn smtp<S: AsyncRead + AsyncWrite + Unpin>(talk: &mut Talk<'_, S>) -> Result<(), ProbeError> {
    let greeting = reply(talk).await?;
    if !greeting.starts_with("220") {
        return Err(refused("the SMTP server does not greet", &greeting));
    }
    talk.say("EHLO steward.invalid\r\n").await?;
    let hello = reply(talk).await?;
    let offers = |line: &str| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"));
    if !hello.starts_with("250") || !hello.lines().any(offers) {
        return Err(refused("the SMTP server does not offer STARTTLS", &hello));
    }
    talk.say("STARTTLS\r\n").await?;
    let go = reply(talk).await?;
    if go.starts_with("220") { Ok(()) } else { Err(refused("the SMTP server does not start TLS", &go)) }
}

/// A whole reply, of one line or more (RFC 5321 §4.2.1).
async fn reply<S: AsyncRead + AsyncWrite + Unpin>(talk: &mut Talk<'_, S>) -> Result<String, ProbeError> {
    let mut reply = String::new();
    loop {
        let line = talk.line().await?;
        let last = line.as_bytes().get(3) != Some(&b'-');
        reply.push_str(&line);
        reply.push('\n');
        if last {
            return Ok(reply);
        }
    }
}

/// RFC 9051 §6.2.1.
async fn imap<S: AsyncRead + AsyncWrite + Unpin>(talk: &mut Talk<'_, S>) -> Result<(), ProbeError> {
    let greeting = talk.line().await?;
    if !greeting.to_ascii_uppercase().starts_with("* OK") {
        return Err(refused("the IMAP server does not greet", &greeting));
    }
    talk.say("a1 STARTTLS\r\n").await?;
    loop {
        let line = talk.line().await?;
        match line.to_ascii_uppercase() {
            upper if upper.starts_with("A1 OK") => return Ok(()),
            upper if upper.starts_with("* ") => {}
            _ => return Err(refused("the IMAP server does not start TLS", &line)),
        }
    }
}

struct Talk<'a, S> {
    stream: &'a mut S,
    buffer: Vec<u8>,
    read: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<'_, S> {
    async fn say(&mut self, line: &str) -> Result<(), ProbeError> {
        self.stream.write_all(line.as_bytes()).await.map_err(|error| broken(&error))
    }

    async fn line(&mut self) -> Result<String, ProbeError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            let count = self.stream.read_buf(&mut self.buffer).await.map_err(|error| broken(&error))?;
            self.read += count;
            if count == 0 {
                return Err(refused("the server hung up before STARTTLS", ""));
            }
            if self.read > MOST {
                return Err(refused("the server says too much before STARTTLS", ""));
            }
        }
    }
}

fn broken(error: &io::Error) -> ProbeError {
    ProbeError::Unreachable(format!("the connection broke before STARTTLS: {error}"))
}

fn refused(what: &str, said: &str) -> ProbeError {
    let said: String = said.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
    ProbeError::Tls(if said.is_empty() { what.to_owned() } else { format!("{what}; it says: {said}") })
}
