use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Connected, LoginKey, Remote, RemoteError, RemoteHost};
use secrecy::SecretString;

use crate::keys;

/// Makes and reads keys, and connects to nothing: for an API, which leaves that to the deployer and so does without the
/// whole of SSH.
#[derive(Clone, Copy, Debug)]
pub struct SshKeys;

#[async_trait]
impl Remote for SshKeys {
    fn new_key(&self, seed: &[u8; 32]) -> Result<LoginKey, RemoteError> {
        keys::from_seed(seed)
    }

    fn read_key(&self, text: &SecretString) -> Result<LoginKey, RemoteError> {
        keys::given(text)
    }

    async fn connect(&self, host: &RemoteHost, _: Duration) -> Result<Connected, RemoteError> {
        Err(RemoteError::Unreachable(format!("{}: this program connects to no server; the deployer does", host.host)))
    }
}
