use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::Context;
use domain::names::Email;
use domain::ports::{
    Ca, CaAccount, CaError, CaMeta, ChallengeType, Directory, ExternalAccountBinding, NewOrder, OrderStatus, OrderView,
    Registered, RenewalInfo,
};

/// What a CA does instead of what it is asked.
#[derive(Clone, Debug)]
pub enum Mood {
    /// It answers with this error.
    Says(CaError),
    /// It says that the order has this status.
    Shows(OrderStatus),
}

/// A CA that has moods. Stands for what Pebble cannot be made to do: rate limits, `Retry-After`, orders that expire or
/// are stuck. How such answers look on the wire is tested with the ACME client.
#[derive(Debug)]
pub struct MoodyCa {
    inner: Arc<dyn Ca>,
    moods: Mutex<HashMap<&'static str, Mood>>,
    calls: Mutex<Vec<&'static str>>,
}

impl MoodyCa {
    /// The ports with a CA that has moods.
    pub fn of(ctx: &Context) -> (Context, Arc<Self>) {
        let ca = Arc::new(Self { inner: Arc::clone(&ctx.ca), moods: Mutex::default(), calls: Mutex::default() });
        (Context { ca: ca.clone(), ..ctx.clone() }, ca)
    }

    /// From now on meets a call, e.g. `finalize`, like this.
    pub fn set(&self, call: &'static str, mood: Mood) {
        self.moods.lock().unwrap().insert(call, mood);
    }

    /// Is itself again.
    pub fn calm(&self) {
        self.moods.lock().unwrap().clear();
    }

    /// The calls since the last time.
    pub fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn mood(&self, call: &'static str) -> Result<Option<OrderStatus>, CaError> {
        self.calls.lock().unwrap().push(call);
        match self.moods.lock().unwrap().get(call) {
            Some(Mood::Says(error)) => Err(error.clone()),
            Some(Mood::Shows(status)) => Ok(Some(*status)),
            None => Ok(None),
        }
    }
}

#[async_trait]
impl Ca for MoodyCa {
    fn check(&self, directory: &Directory) -> Result<(), CaError> {
        self.inner.check(directory)
    }

    async fn register(
        &self,
        directory: &Directory,
        contact: &Email,
        binding: Option<&ExternalAccountBinding>,
    ) -> Result<Registered, CaError> {
        self.mood("register")?;
        self.inner.register(directory, contact, binding).await
    }

    async fn meta(&self, directory: &Directory) -> Result<CaMeta, CaError> {
        self.mood("meta")?;
        self.inner.meta(directory).await
    }

    async fn renewal_info(&self, directory: &Directory, chain_pem: &str) -> Result<Option<RenewalInfo>, CaError> {
        self.mood("renewal_info")?;
        self.inner.renewal_info(directory, chain_pem).await
    }

    async fn new_order(&self, account: &CaAccount, new: &NewOrder) -> Result<OrderView, CaError> {
        self.mood("new_order")?;
        self.inner.new_order(account, new).await
    }

    async fn order(&self, account: &CaAccount, url: &str) -> Result<OrderView, CaError> {
        let status = self.mood("order")?;
        let view = self.inner.order(account, url).await?;
        Ok(OrderView { status: status.unwrap_or(view.status), ..view })
    }

    async fn answer_challenges(&self, account: &CaAccount, url: &str, by: ChallengeType) -> Result<(), CaError> {
        self.mood("answer_challenges")?;
        self.inner.answer_challenges(account, url, by).await
    }

    async fn finalize(&self, account: &CaAccount, url: &str, csr: &[u8]) -> Result<OrderView, CaError> {
        self.mood("finalize")?;
        self.inner.finalize(account, url, csr).await
    }

    async fn certificate(&self, account: &CaAccount, url: &str) -> Result<String, CaError> {
        self.mood("certificate")?;
        self.inner.certificate(account, url).await
    }

    async fn revoke(&self, account: &CaAccount, chain_pem: &str) -> Result<(), CaError> {
        self.mood("revoke")?;
        self.inner.revoke(account, chain_pem).await
    }
}
