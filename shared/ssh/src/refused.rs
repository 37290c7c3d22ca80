//! Why a server does not let a user in.

use domain::ports::{RemoteError, RemoteHost};
use russh::client::Handle;
use russh::keys::agent::AgentIdentity;
use russh::keys::{HashAlg, PublicKey};
use russh::{MethodSet, SendError, Signer};

use crate::remote::HostKeyCheck;

/// The key was right, and the server wants more than that (RFC 4252 §5.1).
pub(crate) fn second_factor(host: &RemoteHost, wanted: &MethodSet) -> RemoteError {
    let RemoteHost { host, port, user, .. } = host;
    let wanted: Vec<&str> = wanted.iter().map(Into::into).collect();
    let wanted = if wanted.is_empty() { "another factor".to_owned() } else { wanted.join(" or ") };
    RemoteError::LoginRefused(format!(
        "{host}:{port} accepts the key of {user}, and wants {wanted} as well, which Steward cannot give: let this user in \
         by the key alone (in sshd_config: Match User {user}, then AuthenticationMethods publickey)"
    ))
}

/// The key is not there; or it is known, and the account may not log in by it.
pub(crate) fn login(host: &RemoteHost, is_known: bool) -> RemoteError {
    let RemoteHost { host, port, user, .. } = host;
    RemoteError::LoginRefused(if is_known {
        format!(
            "{host}:{port} accepts the key of {user} but refuses the login: sshd_config there forbids \
             it (PermitRootLogin no or forced-commands-only, AllowUsers, DenyUsers), or the account has expired; set \
             PermitRootLogin prohibit-password there, or name another user"
        )
    } else {
        format!(
            "{host}:{port} does not let {user} in with this key: add the public key that GET /api/servers/{{id}} shows to \
             the authorized_keys of that user"
        )
    })
}

/// Asks whether a signature of this key would do (RFC 4252 §7), and gives none.
pub(crate) async fn would_do(
    handle: &mut Handle<HostKeyCheck>,
    user: &str,
    key: PublicKey,
    hash: Option<HashAlg>,
) -> bool {
    let mut question = Question { would_do: false };
    // The question has no other answer than what it notes.
    let _ = handle.authenticate_publickey_with(user.to_owned(), key, hash, &mut question).await;
    question.would_do
}

/// Notes whether a signature is asked for, and gives none.
struct Question {
    would_do: bool,
}

/// There is no signature.
struct NotSigned;

impl From<SendError> for NotSigned {
    fn from(_: SendError) -> Self {
        Self
    }
}

impl Signer for Question {
    type Error = NotSigned;

    async fn auth_sign(&mut self, _: &AgentIdentity, _: Option<HashAlg>, _: Vec<u8>) -> Result<Vec<u8>, NotSigned> {
        self.would_do = true;
        Err(NotSigned)
    }
}
