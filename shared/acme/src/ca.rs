use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::names::Email;
use domain::ports::{
    Ca, CaAccount, CaError, CaMeta, ChallengeType, Clock, Directory, ExternalAccountBinding, NewOrder, OrderView,
    Registered, RenewalInfo,
};
use domain::targets::TargetPolicy;
use futures_util::FutureExt;

use crate::client::Client;

/// The longest that one call may take, however many requests it needs: an authorization costs one. Shorter than the
/// issuer's lease, and than its function's time on Lambda.
const LONGEST_CALL: Duration = Duration::from_secs(50);

/// The [`Ca`] port on instant-acme. Whatever a CA answers, a call ends, and ends in an error at worst.
#[derive(Debug)]
pub struct InstantCa(Client);

impl InstantCa {
    /// Connects to CAs at addresses that the policy permits. The clock reads waits that a CA gives as a date.
    pub fn new(policy: TargetPolicy, clock: Arc<dyn Clock>) -> Self {
        Self(Client::new(policy, clock))
    }
}

/// Turns a panic over an answer, and a call without an end, into an error. A panic leaves nothing half done: what is
/// kept between calls is taken out before it is used.
async fn contained<T>(call: impl Future<Output = Result<T, CaError>>) -> Result<T, CaError> {
    match tokio::time::timeout(LONGEST_CALL, AssertUnwindSafe(call).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(CaError::Refused(
            "the CA's answer is not ACME: reading it failed inside; check the provider's directoryUrl, and the log"
                .into(),
        )),
        Err(_) => Err(CaError::Later {
            reason: format!("the CA took more than {} s to answer", LONGEST_CALL.as_secs()),
            retry_after: None,
        }),
    }
}

#[async_trait]
impl Ca for InstantCa {
    fn check(&self, directory: &Directory) -> Result<(), CaError> {
        self.0.check(directory)
    }

    async fn register(
        &self,
        directory: &Directory,
        contact: &Email,
        binding: Option<&ExternalAccountBinding>,
    ) -> Result<Registered, CaError> {
        contained(self.0.register(directory, contact, binding)).await
    }

    async fn meta(&self, directory: &Directory) -> Result<CaMeta, CaError> {
        contained(self.0.meta(directory)).await
    }

    async fn renewal_info(&self, directory: &Directory, chain_pem: &str) -> Result<Option<RenewalInfo>, CaError> {
        contained(self.0.renewal_info(directory, chain_pem)).await
    }

    async fn new_order(&self, account: &CaAccount, new: &NewOrder) -> Result<OrderView, CaError> {
        contained(self.0.new_order(account, new)).await
    }

    async fn order(&self, account: &CaAccount, url: &str) -> Result<OrderView, CaError> {
        contained(self.0.order(account, url)).await
    }

    async fn answer_challenges(&self, account: &CaAccount, url: &str, by: ChallengeType) -> Result<(), CaError> {
        contained(self.0.answer_challenges(account, url, by)).await
    }

    async fn finalize(&self, account: &CaAccount, url: &str, csr: &[u8]) -> Result<OrderView, CaError> {
        contained(self.0.finalize(account, url, csr)).await
    }

    async fn certificate(&self, account: &CaAccount, url: &str) -> Result<String, CaError> {
        contained(self.0.certificate(account, url)).await
    }

    async fn revoke(&self, account: &CaAccount, chain_pem: &str) -> Result<(), CaError> {
        contained(self.0.revoke(account, chain_pem)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let outcome: Result<(), _> = contained(async { panic!("over an answer") }).await;
        assert!(matches!(outcome, Err(CaError::Refused(reason)) if reason.contains("is not ACME")));
        assert!(contained(async { Ok(1) }).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_an_end_ends() {
        let outcome: Result<(), _> = contained(std::future::pending()).await;
        assert!(matches!(outcome, Err(CaError::Later { .. })));
    }
}
