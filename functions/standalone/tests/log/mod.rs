//! What others say in the log.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::{Running, address};

/// Neither a name of a field nor a path makes a line of the log, or reaches the terminal as a command.
#[test]
fn nobody_forges_a_line_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut steward = Running::start_with(&directory.path().join("data"), |command| {
        command.env("STEWARD_LOG", "debug").stderr(File::create(&log).unwrap());
    });
    steward.line();
    let address = address(&steward.line());
    let forged = "2026-01-01T00:00:00Z ERROR forged";
    let body = format!(r#"{{"x\n{forged} by a field \u001b[2J\u202e": 1}}"#);
    let length = body.len();
    for request in [
        format!("POST /api/login HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"),
        "GET /a\u{2028}\u{85}by-a-path HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
    assert!(steward.ask_to_stop());
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("by a field"), "the refusal is not in the log: {log}");
    assert!(!log.lines().any(|line| line.starts_with(forged)), "{log}");
    assert!(!log.contains(['\u{1b}', '\u{202e}', '\u{2028}', '\u{85}']), "{log}");
}
