//! The `Vault` port as encrypted rows of any `Store`: what both deployments keep secrets in. They differ in where the
//! key comes from.

mod sealed;
mod sealing;

pub use sealed::{KeySource, SECRETS, SealedVault};
pub use sealing::opens;
