//! Servers that leave most of SSH's algorithms out, as hardened ones and those under FIPS 140 do, let Steward in.

use domain::ports::{Command, EntropyExt, Remote, RemoteHost};
use std::time::Duration;
use system_tests::need;
use system_tests::peers::{Sshd, make_key};
use system_tests::steward::{Steward, StewardOptions};

#[tokio::test(flavor = "multi_thread")]
async fn what_openssh_offers_is_offered() {
    need!("sshd", "ssh-keygen");
    let steward = Steward::start(StewardOptions::default()).await;
    let remote = steward.ctx.remote.as_ref();
    for lines in [
        "KexAlgorithms curve25519-sha256",
        "KexAlgorithms ecdh-sha2-nistp256",
        "KexAlgorithms ecdh-sha2-nistp384",
        "KexAlgorithms ecdh-sha2-nistp521",
        "KexAlgorithms diffie-hellman-group14-sha256",
        // Group 18 takes half a minute of a build that is not optimized.
        "KexAlgorithms diffie-hellman-group16-sha512",
        "KexAlgorithms diffie-hellman-group-exchange-sha256",
        "Ciphers aes128-ctr",
        "Ciphers aes192-ctr",
        "Ciphers aes256-ctr",
        "Ciphers aes128-gcm@openssh.com",
        "Ciphers aes256-gcm@openssh.com",
        "Ciphers chacha20-poly1305@openssh.com",
        "Ciphers aes256-ctr\nMACs hmac-sha2-256",
        "Ciphers aes256-ctr\nMACs hmac-sha2-512",
        "Ciphers aes256-ctr\nMACs hmac-sha2-256-etm@openssh.com",
        "Ciphers aes256-ctr\nMACs hmac-sha2-512-etm@openssh.com",
        "Ciphers aes256-ctr\nMACs hmac-sha1",
        // RHEL's FIPS policy, shortened.
        "KexAlgorithms ecdh-sha2-nistp256,diffie-hellman-group14-sha256\nCiphers aes256-ctr,aes128-ctr\nMACs \
         hmac-sha2-256",
    ] {
        lets_in(remote, &steward, &format!("{lines}\n"), "ed25519").await;
    }
    for kind in ["ecdsa", "rsa"] {
        lets_in(remote, &steward, "", kind).await;
    }
}

async fn lets_in(remote: &dyn Remote, steward: &Steward, lines: &str, host_key: &str) {
    let key = remote.new_key(&steward.ctx.entropy.bytes()).unwrap();
    let directory = system_tests::peers::Process::directory();
    make_key(directory.path(), "only", host_key);
    let only = format!("{lines}HostKeyAlgorithms -ssh-ed25519\nHostKey {}\n", directory.path().join("only").display());
    let sshd = Sshd::start_with(if host_key == "ed25519" { lines } else { &only }).await;
    sshd.authorize(&key.public);
    let (host, port) = (sshd.address().ip().to_string(), sshd.address().port());
    let host = RemoteHost { host, port, user: Sshd::user(), key: key.private, pinned: None };
    let connected = remote.connect(&host, Duration::from_secs(30)).await;
    let connected = connected.unwrap_or_else(|error| panic!("{lines} {host_key}: {error}"));
    let said = connected.session.run(Command::new("echo here", Duration::from_secs(30))).await.unwrap();
    assert_eq!((said.status, said.stdout.as_str()), (0, "here\n"), "{lines} {host_key}");
}
