use std::net::IpAddr;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Server, ServerStatus};
use crate::entity::{self, Stored};
use crate::operations::{self, Operation, Work};
use crate::ports::{EntropyExt, HostKey, RemoteError, RemoteHost, SecretName, Vault};
use crate::{Context, Error, Result};

/// The port of SSH.
const PORT: u16 = 22;
/// Who logs in unless it is said.
const USER: &str = "root";
/// The most places of a server whose host keys are kept.
const PLACES_MAX: usize = 500;

/// How a server is reached over SSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ssh {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The line for that user's `authorized_keys`.
    pub public_key: String,
    /// The key's SHA-256, as OpenSSH writes it.
    pub fingerprint: String,
    /// The name of the key in the vault.
    pub key: SecretName,
    /// The host key it must show, since the first contact.
    pub host_key: Option<HostKey>,
    /// Another host key it has shown, which waits for an administrator.
    pub refused: Option<HostKey>,
    /// The host keys of the places it was said to be at before: who says so again finds the key pinned that was.
    #[serde(default)]
    pub known: Vec<KnownPlace>,
}

/// A place that a server was said to be at, and the host key that was pinned there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPlace {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The key.
    pub host_key: HostKey,
}

/// What a person says of how a server is reached; what is `None` stays, or is made up at first.
#[derive(Debug, Default)]
pub struct SshSettings {
    /// A name or an address; the server's own address unless given.
    pub host: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// Who logs in.
    pub user: Option<String>,
    /// The key to log in with; Steward makes one unless there is one.
    pub private_key: Option<SecretString>,
}

impl Ssh {
    /// What is needed to connect.
    pub async fn unlock(&self, vault: &dyn Vault) -> Result<RemoteHost> {
        let missing = || Error::Internal(format!("the SSH key {} is not in the vault", self.key));
        let key = vault.get(&self.key).await?.ok_or_else(missing)?;
        let (host, user) = (self.host.clone(), self.user.clone());
        Ok(RemoteHost { host, port: self.port, user, key, pinned: self.host_key.clone() })
    }

    /// Puts it at another place: the key that is pinned here is kept, and the one that was pinned there counts again.
    fn moved(self, host: String, port: u16) -> Result<Self> {
        let Self { host_key, mut known, .. } = self;
        let there = known.iter().position(|place| place.host == host && place.port == port);
        let pinned = there.map(|at| known.swap_remove(at).host_key);
        if let Some(host_key) = host_key {
            known.push(KnownPlace { host: self.host, port: self.port, host_key });
        }
        if known.len() > PLACES_MAX {
            return Err(Error::Conflict(format!(
                "this server was at {PLACES_MAX} places, whose host keys are kept; add it as a new server instead"
            )));
        }
        Ok(Self { host, port, host_key: pinned, known, ..self })
    }
}

/// Says how a server is reached. A replaced key leaves the vault by an operation. Another host or port is another
/// machine, whose host key is pinned at the first contact, and kept for when the server is said to be there again. Not
/// so while a changed host key waits for an administrator.
pub async fn set_ssh(ctx: &Context, server: &mut Stored<Server>, new: SshSettings) -> Result<()> {
    let before = server.value.ssh.clone();
    let host = match new.host {
        Some(host) => checked_host(&host)?,
        None => before.as_ref().map_or_else(|| server.value.ip_address.clone(), |ssh| ssh.host.clone()),
    };
    let port = new.port.or(before.as_ref().map(|ssh| ssh.port)).unwrap_or(PORT);
    if port == 0 {
        return Err(Error::invalid("port", "must be from 1 to 65535"));
    }
    let user = match new.user {
        Some(user) => checked_user(&user)?,
        None => before.as_ref().map_or_else(|| USER.to_owned(), |ssh| ssh.user.clone()),
    };
    let moved = before.as_ref().is_some_and(|ssh| (ssh.host.as_str(), ssh.port) != (host.as_str(), port));
    if moved && before.as_ref().is_some_and(|ssh| ssh.refused.is_some()) {
        return Err(Error::Conflict(
            "the server shows another host key than before; an administrator has to accept it (POST \
             /api/servers/{id}/ssh/host-key) before host or port change"
                .into(),
        ));
    }
    let made = match (new.private_key, &before) {
        (Some(given), _) => Some(ctx.remote.read_key(&given).map_err(|error| refused_key(&error))?),
        (None, None) => {
            Some(ctx.remote.new_key(&ctx.entropy.bytes()).map_err(|error| Error::Internal(error.to_string()))?)
        }
        (None, Some(_)) => None,
    };
    let there = match before.clone() {
        Some(before) if moved => Some(before.moved(host.clone(), port)?),
        before => before,
    };
    let ssh = match (made, there) {
        (Some(key), there) => {
            let name = SecretName(format!("{}ssh/{}", Server::secrets(server.value.id), ctx.entropy.hex::<8>()));
            ctx.vault.put(&name, &key.private).await?;
            let (public_key, fingerprint) = (key.public, key.fingerprint);
            let (host_key, refused, known) =
                there.map_or((None, None, Vec::new()), |ssh| (ssh.host_key, ssh.refused, ssh.known));
            Ssh { host, port, user, public_key, fingerprint, key: name, host_key, refused, known }
        }
        (None, Some(there)) => Ssh { user, ..there },
        (None, None) => return Err(Error::Internal("a server without a key".into())),
    };
    let replaced = before.filter(|before| before.key != ssh.key).map(|before| before.key);
    let now = ctx.clock.now();
    server.value.ssh = Some(ssh);
    server.value.updated_at = now;
    if moved {
        server.value.status = ServerStatus::Unknown;
    }
    let Some(replaced) = replaced else { return server.save(ctx.store.as_ref()).await };

    let store = ctx.store.as_ref();
    let work = Work::Purge { secrets: vec![replaced] };
    let operation = Operation::new(operations::next_id(store).await?, server.value.owner, work, &["purge"], now);
    store.transact(vec![server.update()?, entity::insert(&operation)?]).await?;
    server.written();
    operations::send(ctx.queue.as_ref(), &operation).await;
    Ok(())
}

fn refused_key(error: &RemoteError) -> Error {
    Error::invalid("private_key", error.to_string())
}

fn checked_host(text: &str) -> Result<String> {
    let host = text.trim().trim_end_matches('.').to_lowercase();
    let label =
        |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    let name = host.len() <= 253
        && host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && host.split('.').all(label);
    if host.parse::<IpAddr>().is_ok() || name {
        return Ok(host);
    }
    Err(Error::invalid("host", "must be a host name such as web1.example.com, or an IP address"))
}

fn checked_user(text: &str) -> Result<String> {
    let user = text.trim();
    let first = user.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = user.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if first && rest && user.len() <= 32 {
        return Ok(user.to_owned());
    }
    Err(Error::invalid("user", "must be the name of a user there, such as deploy: at most 32 letters, digits, - _ ."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ssh(host_key: Option<&str>) -> Ssh {
        let host_key = host_key.map(|text| HostKey { algorithm: "ssh-ed25519".into(), fingerprint: text.into() });
        Ssh {
            host: "web1".into(),
            port: 22,
            user: "root".into(),
            public_key: String::new(),
            fingerprint: String::new(),
            key: SecretName("servers/1/ssh/x".into()),
            host_key,
            refused: None,
            known: Vec::new(),
        }
    }

    #[test]
    fn a_host_key_stays_pinned_at_its_place() {
        let pinned = |ssh: &Ssh| ssh.host_key.as_ref().map(|key| key.fingerprint.clone());
        let elsewhere = ssh(Some("a")).moved("web1".into(), 2222).unwrap();
        assert_eq!(pinned(&elsewhere), None);
        let third = elsewhere.moved("web2".into(), 22).unwrap();
        assert_eq!((pinned(&third), third.known.len()), (None, 1));
        let back = third.moved("web1".into(), 22).unwrap();
        assert_eq!((pinned(&back), back.known.len()), (Some("a".into()), 0));
        assert_eq!((back.host.as_str(), back.port), ("web1", 22));
    }

    #[test]
    fn no_number_of_places_pushes_a_host_key_out() {
        let key = ssh(Some("a")).host_key;
        let mut ssh = ssh(Some("a"));
        for port in 1000.. {
            match ssh.clone().moved("web1".into(), port) {
                Ok(moved) => ssh = Ssh { host_key: key.clone(), ..moved },
                Err(error) => {
                    assert!(port > 1400 && matches!(error, Error::Conflict(_)), "{port}: {error}");
                    return;
                }
            }
        }
    }

    #[test]
    fn takes_hosts_and_users_and_nothing_that_could_be_more() {
        for host in ["web1.example.com", "web1", "192.0.2.1", "2001:db8::1", "a_b.example.com"] {
            assert_eq!(checked_host(host).unwrap(), host);
        }
        for host in ["", "a b", "-oProxyCommand=x", "a..b", "host;rm", "a\nb", "[::1]"] {
            assert!(checked_host(host).is_err(), "{host}");
        }
        for user in ["root", "deploy-1", "_www", "a.b"] {
            assert_eq!(checked_user(user).unwrap(), user);
        }
        for user in ["", "-l", "a b", "a;b", "a\n", "1x", &"x".repeat(33)] {
            assert_eq!(checked_user(user).is_err(), user != "a\n", "{user}");
        }
    }
}
