//! Clients that never do their part.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::{Running, address, login};

const HALF_A_HEAD: &[u8] = b"GET /api/health HTTP/1.1\r\nhost: x\r\nx-half: ";
const BODY: usize = 2 * 1024 * 1024;

/// One that may have 1,024 open files, as most systems allow.
fn started() -> (tempfile::TempDir, Running, SocketAddr, String) {
    rlimit::increase_nofile_limit(8_192).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut steward = Running::start_with_files(&directory.path().join("data"), 1_024);
    let line = steward.line();
    let password = line.strip_prefix("The user admin was made with the password ").unwrap().split(' ').next().unwrap();
    let address = address(&steward.line());
    (directory, steward, address, password.to_owned())
}

/// Connections that hold `said` of a request, each.
fn connections(address: SocketAddr, number: usize, said: &[u8]) -> Vec<TcpStream> {
    let connection = |_| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(said).unwrap();
        stream
    };
    (0..number).map(connection).collect()
}

fn health(address: SocketAddr) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /api/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    begun.elapsed()
}

/// The most memory that the process ever had, in MiB.
fn peak(steward: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", steward.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn half_heads_hold_nobody_up() {
    let (_directory, steward, address, password) = started();
    let mut idle = connections(address, 1_100, HALF_A_HEAD);
    let begun = Instant::now();
    let mut times: Vec<_> = (0..21).map(|_| health(address)).collect();
    times.sort();
    let peak = peak(&steward);
    println!("1,100 half heads: median {:?}, longest {:?}, {peak} MiB", times[10], times[20]);
    assert!(times[10] < Duration::from_millis(100), "{times:?}");
    assert!(peak < 200, "{peak} MiB");
    assert!(login(address, &password).starts_with("HTTP/1.1 200"));
    // They are closed when their time is over.
    let last = idle.last_mut().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let read = last.read(&mut [0; 100]);
    assert!(matches!(read, Ok(0)) || read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// Strangers hear that they are none before they have sent a body, and those who are known share what there is room for.
#[test]
fn half_sent_bodies_take_no_memory() {
    let (_directory, steward, address, password) = started();
    let answer = login(address, &password);
    let token = answer.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap();
    let length = format!("content-length: {BODY}\r\n");
    let requests = [
        ("POST /api/auth/login HTTP/1.1\r\nhost: x\r\n".to_owned(), "HTTP/1.1 413"),
        ("POST /api/channels HTTP/1.1\r\nhost: x\r\n".to_owned(), "HTTP/1.1 401"),
        (format!("POST /api/deployments HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n", "0".repeat(64)), "HTTP/1.1 401"),
        (format!("POST /api/channels HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"), ""),
    ];
    for (head, expected) in requests {
        let mut half = connections(address, 200, format!("{head}{length}\r\n").as_bytes());
        let body = vec![b' '; BODY - 100];
        for stream in &mut half {
            stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
            // What was answered may be closed already.
            let _ = stream.write_all(&body);
        }
        if !expected.is_empty() {
            let mut answer = [0; 12];
            half[0].set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            half[0].read_exact(&mut answer).unwrap();
            assert_eq!(String::from_utf8_lossy(&answer), expected);
        }
        let peak = peak(&steward);
        println!("200 half bodies: {peak} MiB after {}", head.lines().next().unwrap());
        assert!(peak < 200, "{peak} MiB after {head}");
        health(address);
        assert!(login(address, &password).starts_with("HTTP/1.1 200"));
    }
}

/// Who sends all of it before they read hears the answer, although it was there before.
#[test]
fn a_large_body_is_no_broken_pipe() {
    let (_directory, _steward, address, _) = started();
    for length in [100_000, 3 * 1024 * 1024, 15 * 1024 * 1024] {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "POST /api/channels HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n").unwrap();
        stream.write_all(&vec![b' '; length]).unwrap();
        write!(stream, "GET /api/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert!(answers.starts_with("HTTP/1.1 401") && answers.contains("HTTP/1.1 200"), "{length}: {answers}");
    }
}
