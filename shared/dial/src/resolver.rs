use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use domain::targets::TargetPolicy;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The policy refuses the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{host} is at {address}, an address that Steward does not connect to; an operator can allow it in \
     STEWARD_ALLOW_TARGETS"
)]
pub struct Refusal {
    /// The host that was named.
    pub host: String,
    /// Its address.
    pub address: IpAddr,
}

/// Resolves a name and drops the addresses that the policy refuses; an error when none is left.
#[derive(Clone, Debug)]
pub struct GuardedResolver {
    policy: Arc<TargetPolicy>,
}

impl GuardedResolver {
    /// A resolver that gives what the policy permits.
    pub fn new(policy: Arc<TargetPolicy>) -> Self {
        Self { policy }
    }
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.policy.clone();
        let host = name.as_str().to_owned();
        let lookup = GaiResolver::new().call(name);
        Box::pin(async move {
            let (permitted, refused): (Vec<_>, Vec<_>) =
                lookup.await?.partition(|address: &SocketAddr| policy.permits(address.ip()));
            match (permitted.is_empty(), refused.first()) {
                (true, Some(address)) => Err(Refusal { host, address: address.ip() }.into()),
                _ => Ok(permitted.into_iter()),
            }
        })
    }
}
