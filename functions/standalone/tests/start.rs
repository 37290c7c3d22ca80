//! The program itself: what it says and takes at the start, and how it ends.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

mod connections;
mod log;

const VARIABLES: [&str; 10] = [
    "STEWARD_LISTEN",
    "STEWARD_DATA",
    "STEWARD_ADMIN_PASSWORD",
    "STEWARD_PUBLIC_URL",
    "STEWARD_DNS",
    "STEWARD_ALLOW_TARGETS",
    "STEWARD_REGISTRATION",
    "STEWARD_SMTP_URL",
    "STEWARD_AUDIT_DAYS",
    "STEWARD_LOG",
];

fn steward(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steward"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.env("STEWARD_DATA", data).env("STEWARD_LISTEN", "127.0.0.1:0").env("STEWARD_LOG", "error");
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn help_explains_every_variable() {
    let directory = tempfile::tempdir().unwrap();
    let help = text(&steward(directory.path()).arg("--help").output().unwrap());
    for variable in VARIABLES {
        assert!(help.contains(&format!("[env: {variable}")), "{variable} is not explained in:\n{help}");
    }
}

#[test]
fn a_wrong_value_is_refused_with_the_name_of_its_variable() {
    let directory = tempfile::tempdir().unwrap();
    for (variable, value) in [
        ("STEWARD_LISTEN", "localhost"),
        ("STEWARD_LISTEN", "192.0.2.1:80"),
        ("STEWARD_DATA", "/dev/null/data"),
        ("STEWARD_ADMIN_PASSWORD", "short"),
        ("STEWARD_PUBLIC_URL", "steward.example.com"),
        ("STEWARD_DNS", "8.8.8.8"),
        ("STEWARD_ALLOW_TARGETS", "10.0.0.0/8,everything"),
        ("STEWARD_REGISTRATION", "perhaps"),
        ("STEWARD_AUDIT_DAYS", "0"),
        ("STEWARD_SMTP_URL", "http://user:hunter22@mail.example.com"),
        ("STEWARD_PUBLIC_URL", "https://steward.example.com/?a=1"),
        ("STEWARD_LOG", "loud=very=much"),
        ("STEWARD_LOG", "warning"),
    ] {
        let output = steward(directory.path()).env(variable, value).output().unwrap();
        let said = text(&output);
        assert!(!output.status.success(), "{variable}={value} was taken");
        assert!(said.contains(variable), "{variable}={value}: {said}");
        assert!(!said.contains("hunter22"), "a password is in: {said}");
    }
}

/// A running Steward, ended with the test.
struct Running {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Running {
    fn start(data: &Path) -> Self {
        Self::start_with(data, |_| {})
    }

    fn start_with(data: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = steward(data);
        change(&mut command);
        Self::spawn(command)
    }

    /// One that may have no more than so many open files.
    fn start_with_files(data: &Path, files: u32) -> Self {
        let program = steward(data);
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("ulimit -n {files}; exec \"$0\"")).arg(program.get_program());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        Self { process, said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    fn ask_to_stop(mut self) -> bool {
        let asked = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        asked.success() && self.process.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn address(line: &str) -> SocketAddr {
    let url = line.strip_prefix("Steward answers at http://").unwrap_or_else(|| panic!("no URL in: {line}"));
    url.split(' ').next().unwrap().parse().unwrap()
}

fn login(address: SocketAddr, password: &str) -> String {
    let body = format!(r#"{{"username": "admin", "password": "{password}"}}"#);
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_first_password_is_said_once_and_works_ever_after() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut first = Running::start(&data);
    let line = first.line();
    let password = line.strip_prefix("The user admin was made with the password ").expect(&line);
    let password = password.split(' ').next().unwrap().to_owned();
    let url = first.line();
    assert!(login(address(&url), &password).starts_with("HTTP/1.1 200"));

    let other = steward(&data).output().unwrap();
    assert!(!other.status.success() && text(&other).contains("in use by another Steward"), "{}", text(&other));
    assert!(first.ask_to_stop(), "it ends well when asked to");

    let mut second = Running::start(&data);
    let url = second.line();
    assert!(login(address(&url), &password).starts_with("HTTP/1.1 200"));
    assert!(login(address(&url), "not the password").starts_with("HTTP/1.1 401"));
}
