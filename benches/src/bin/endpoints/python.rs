use std::io::Write;
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::server::{NAME, Server};

const LOOP: &str = r"
import resource, socket, ssl, sys
root, name, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
addresses = sys.stdin.read().split()
context = ssl.create_default_context(cafile=root)
def look(address):
    with socket.create_connection((address, port), 10) as connection:
        with context.wrap_socket(connection, server_hostname=name) as tls:
            return tls.getpeercert(), tls.version(), tls.cipher()
look(addresses[0])
def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
before = spent()
for address in addresses:
    look(address)
print((spent() - before) / len(addresses))
";

/// The CPU that a plain loop in Python takes for each; nothing where there is no Python.
pub fn cpu_each(server: &Server, addresses: impl Iterator<Item = IpAddr>) -> Option<Duration> {
    let root = tempfile::NamedTempFile::new().ok()?;
    root.as_file().write_all(server.root_pem.as_bytes()).ok()?;
    let path = root.path().to_str()?;
    let mut python = Command::new("python3")
        .args(["-c", LOOP, path, NAME, &server.port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let addresses: Vec<String> = addresses.map(|address| address.to_string()).collect();
    python.stdin.take()?.write_all(addresses.join(" ").as_bytes()).ok()?;
    let told = python.wait_with_output().ok()?;
    let seconds: f64 = String::from_utf8(told.stdout).ok()?.trim().parse().ok()?;
    Some(Duration::from_secs_f64(seconds))
}
