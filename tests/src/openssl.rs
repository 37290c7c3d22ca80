//! What OpenSSL makes of the files that Steward gives.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs `openssl` with this input; its output. Panics when it fails.
pub fn run(arguments: &[&str], input: &[u8]) -> String {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The DNS names of the first certificate in a PEM file, sorted.
pub fn names(pem: &[u8]) -> Vec<String> {
    let text = run(&["x509", "-noout", "-ext", "subjectAltName"], pem);
    let mut names: Vec<String> =
        text.split([',', '\n']).filter_map(|part| part.trim().strip_prefix("DNS:").map(str::to_owned)).collect();
    names.sort();
    names
}
