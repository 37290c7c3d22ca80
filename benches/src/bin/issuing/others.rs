use std::fs;
use std::path::Path;

use system_tests::peers::{Pebble, PebbleOptions, Port};
use tokio::process::Command;

use crate::{Cost, cpu};

/// Where a client works.
pub(crate) struct Place<'a> {
    directory: &'a Path,
    acme: String,
    root: String,
    port: u16,
}

/// The command that gets a certificate for a name; without one, that only registers.
pub(crate) type Client = fn(&Place<'_>, Option<&str>) -> Command;

/// Registers, then gets so many certificates.
pub(crate) async fn measure(program: &'static str, client: Client, certificates: usize) -> Cost {
    let port = Port::claim();
    let pebble = Pebble::start(PebbleOptions { http_port: Some(port.number()), ..PebbleOptions::default() }).await;
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path().join("root.pem");
    fs::write(&root, pebble.root_pem()).expect("a file");
    let place = Place {
        directory: directory.path(),
        acme: pebble.directory_url(),
        root: root.display().to_string(),
        port: port.number(),
    };
    run(client(&place, None)).await;
    let (requests, cpu) = (pebble.requests(), cpu::children());
    for n in 0..certificates {
        run(client(&place, Some(&format!("bench{n}.example")))).await;
    }
    let (requests, cpu_ms) = (pebble.requests() - requests, cpu::children() - cpu);
    Cost { client: program, certificates, requests, cpu_ms }
}

async fn run(mut command: Command) {
    let output = command.output().await.expect("a program that starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}: {said}", output.status);
}

pub(crate) fn lego(place: &Place<'_>, name: Option<&str>) -> Command {
    let mut command = Command::new("lego");
    let port = format!(":{}", place.port);
    command.env("LEGO_CA_CERTIFICATES", &place.root).args(["--accept-tos", "--email", "ops@example.com"]);
    command.args(["--server", &place.acme, "--key-type", "ec256", "--http", "--http.port", &port, "--path"]);
    // It registers together with its first certificate.
    command.arg(place.directory).args(["--domains", name.unwrap_or("first.example"), "run"]);
    command
}

pub(crate) fn uacme(place: &Place<'_>, name: Option<&str>) -> Command {
    let (directory, port) = (place.directory.display(), place.port);
    let hook = place.directory.join("hook");
    // ualpn, its own server, speaks tls-alpn-01 only.
    let script = format!(
        "#!/bin/sh\nd={directory}/www/.well-known/acme-challenge\nmkdir -p $d\n\
         case $1 in begin) [ $2 = http-01 ] || exit 1; echo -n $5 > $d/$4;; *) rm -f $d/$4;; esac\n"
    );
    fs::write(&hook, script).expect("a file");
    let what = name.map_or_else(|| "new ops@example.com".to_owned(), |name| format!("issue {name}"));
    let acme = &place.acme;
    // It trusts the system's roots only.
    let shell = format!(
        "chmod +x {directory}/hook; mkdir -p {directory}/www; cat {root} /etc/ssl/certs/ca-certificates.crt > {directory}/roots; \
         mount --bind {directory}/roots /etc/ssl/certs/ca-certificates.crt; \
         busybox httpd -f -p 127.0.0.1:{port} -h {directory}/www & server=$!; \
         uacme -y -c {directory}/uacme -a {acme} -t EC -h {directory}/hook {what}; status=$?; kill $server; exit $status",
        root = place.root,
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &shell]);
    command
}

pub(crate) fn certbot(place: &Place<'_>, name: Option<&str>) -> Command {
    let mut command = Command::new("certbot");
    command.env("REQUESTS_CA_BUNDLE", &place.root);
    match name {
        None => command.args(["register", "-m", "ops@example.com"]),
        Some(name) => command.args(["certonly", "--standalone", "--key-type", "ecdsa", "-d", name]),
    };
    if name.is_some() {
        command.args(["--http-01-address", "127.0.0.1", "--http-01-port", &place.port.to_string()]);
    }
    command.args(["-n", "--agree-tos", "--server", &place.acme]);
    for option in ["--config-dir", "--work-dir", "--logs-dir"] {
        command.arg(option).arg(place.directory);
    }
    command
}
