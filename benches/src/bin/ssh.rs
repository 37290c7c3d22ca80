//! What a run over SSH costs the controller: twenty sshd, each connected to once a round, its host key checked, logged
//! in to with an Ed25519 key, and given what a deployment gives it: two files (the key by the standard input), a swap, a
//! test and a reload, five commands in all. The processor time is this process's own, from `/proc/self/stat`.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::{Command, Remote, RemoteHost};
use domain::targets::TargetPolicy;
use futures_util::future::try_join_all;
use secrecy::SecretString;
use ssh::SshRemote;
use system::SystemEntropy;
use system_tests::peers::Sshd;

const HOSTS: usize = 20;
const ROUNDS: usize = 10;
/// What a deployment may cost for each host.
const WANTED: f64 = 14.0;
/// Of the kernel's ticks that `/proc/self/stat` counts in, a second has so many (`USER_HZ`).
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let remote = Arc::new(SshRemote::new(TargetPolicy::new(vec!["127.0.0.0/8".parse()?]), Arc::new(SystemEntropy)));
    let key = remote.new_key(&[42; 32])?;
    let mut servers = Vec::new();
    for _ in 0..HOSTS {
        let sshd = Sshd::start().await;
        sshd.authorize(&key.public);
        servers.push(sshd);
    }
    let hosts: Vec<RemoteHost> = servers.iter().map(|sshd| host(sshd, &key.private)).collect();
    // The first round pins the host keys.
    let pinned = round(&remote, hosts, 1).await?;

    println!("{HOSTS} sshd, {ROUNDS} rounds; processor time of the controller for each host");
    for (what, commands) in [("connect, log in, one command", 1), ("connect, log in, a deployment's five", 5)] {
        let (began, before) = (Instant::now(), cpu()?);
        let mut hosts = pinned.clone();
        for _ in 0..ROUNDS {
            hosts = round(&remote, hosts, commands).await?;
        }
        let runs = (HOSTS * ROUNDS) as f64;
        let each = (cpu()? - before) * 1000.0 / runs;
        let verdict = if each <= WANTED { "within" } else { "over" };
        println!(
            "{what:38} {each:6.2} ms   ({verdict} {WANTED} ms; a round took {:.0} ms)",
            began.elapsed().as_secs_f64() * 1000.0 / ROUNDS as f64
        );
    }
    Ok(())
}

fn host(sshd: &Sshd, key: &SecretString) -> RemoteHost {
    let (host, port) = (sshd.address().ip().to_string(), sshd.address().port());
    RemoteHost { host, port, user: Sshd::user(), key: key.clone(), pinned: None }
}

/// A run on every host at once; the hosts with the keys they have shown.
async fn round(remote: &SshRemote, hosts: Vec<RemoteHost>, commands: usize) -> Result<Vec<RemoteHost>, Box<dyn Error>> {
    Ok(try_join_all(hosts.into_iter().map(|host| run(remote, host, commands))).await?)
}

async fn run(remote: &SshRemote, host: RemoteHost, commands: usize) -> Result<RemoteHost, domain::ports::RemoteError> {
    let within = Duration::from_secs(30);
    let connected = remote.connect(&host, within).await?;
    for n in 0..commands {
        let command = Command::new("cat >/dev/null; echo \"$1\"", within).with([format!("{n} {}", "x".repeat(4096))]);
        let output = connected.session.run(command.reading(SecretString::from("k".repeat(1700)))).await?;
        assert!(output.succeeded(), "{output:?}");
    }
    Ok(RemoteHost { pinned: Some(connected.host_key), ..host })
}

/// Processor time of this process so far, in seconds.
fn cpu() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/self/stat has another form")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}
