//! Why a server does not let a user in.

use domain::ports::RemoteError;
use russh::client::Handle;
use russh::keys::agent::AgentIdentity;
use russh::keys::{HashAlg, PublicKey};
use russh::{MethodSet, SendError, Signer};

use crate::remote::HostKeyCheck;

/// The key was right, and the server wants more than that (RFC 4252 §5.1).
pub(crate) fn second_factor(place: &str, user: &str, wanted: &MethodSet) -> RemoteError {
    let wanted: Vec<&str> = wanted.iter().map(Into::into).collect();
    let wanted = if wanted.is_empty() { "another factor".to_owned() } else { wanted.join(" or ") };
    RemoteError::LoginRefused(format!(
        "{place} accepts the key of {user}, and wants {wanted} as well, which Steward cannot give: let this user in by \
         the key alone (in sshd_config: Match User {user}, then AuthenticationMethods publickey)"
    ))
}

/// The key is not there; or it is, and the account may not log in by it. A server says which of the two when it is asked
/// whether a signature of the key would do (RFC 4252 §7).
pub(crate) async fn by_policy_or_key(
    handle: &mut Handle<HostKeyCheck>,
    place: &str,
    user: &str,
    key: PublicKey,
    hash: Option<HashAlg>,
) -> RemoteError {
    let mut question = Question { would_do: false };
    // The question has no other answer than this: nothing is signed.
    let _ = handle.authenticate_publickey_with(user.to_owned(), key, hash, &mut question).await;
    RemoteError::LoginRefused(if question.would_do {
        format!(
            "{place} knows the key of {user}, and does not let this user in all the same: sshd_config there forbids it \
             (PermitRootLogin no or forced-commands-only, AllowUsers, DenyUsers), or the account has expired; set \
             PermitRootLogin prohibit-password there, or name another user"
        )
    } else {
        format!(
            "{place} does not let {user} in with this key: add the public key that GET /api/servers/{{id}} shows to the \
             authorized_keys of that user"
        )
    })
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
