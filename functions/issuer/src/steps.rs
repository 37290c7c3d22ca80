//! The steps from verified records to a certificate (RFC 8555 §7.1.6, §7.4, §7.5).

use std::time::Duration;

use domain::acme::{self, Account};
use domain::certificates::{self, Certificate};
use domain::entity::{self, Stored};
use domain::names::DomainName;
use domain::operations::{self, Operation, Progress};
use domain::ports::{CaAccount, CaError, Key, OrderStatus, OrderView};
use domain::{Context, Error, audit, http_challenges};
use secrecy::SecretString;

use crate::issue::{Hitch, Party, Stop};
use crate::{LEASE, follow_up, publish};

/// The first look after something was asked of the CA; most are done by then.
const FIRST_LOOK: Duration = Duration::from_millis(100);
/// The longest pause between two looks when the CA names none.
const SLOWEST_LOOK: Duration = Duration::from_secs(10);

/// What comes after a step.
pub(crate) enum Course {
    /// The next one.
    On,
    /// A pause: the CA is at work.
    Wait(Duration),
    /// Nothing: the certificate is issued.
    Finished,
}

/// An order at work: its two rows, and what was learnt of it in this run.
pub(crate) struct Order {
    pub(crate) operation: Stored<Operation>,
    pub(crate) certificate: Stored<Certificate>,
    /// Who took the lease: this worker. The row's own is gone as soon as the end is written into it.
    holder: Option<String>,
    account: Option<CaAccount>,
    view: Option<OrderView>,
}

impl Order {
    pub(crate) fn new(operation: Stored<Operation>, certificate: Stored<Certificate>) -> Self {
        let holder = operation.value.lease.as_ref().map(|lease| lease.holder.clone());
        Self { operation, certificate, holder, account: None, view: None }
    }

    /// Reads both rows again after somebody else has written one, e.g. the owner a note; whether the lease is still
    /// ours.
    pub(crate) async fn reload(&mut self, ctx: &Context) -> domain::Result<bool> {
        let store = ctx.store.as_ref();
        self.operation = entity::load(store, Key::of(self.operation.value.id.0)).await?;
        self.certificate = entity::load(store, Key::of(self.certificate.value.id.0)).await?;
        self.view = None;
        Ok(self.holder.is_some()
            && self.operation.value.lease.as_ref().map(|lease| &lease.holder) == self.holder.as_ref())
    }

    /// Writes both rows, or neither.
    pub(crate) async fn record(&mut self, ctx: &Context) -> Result<(), Stop> {
        ctx.store.transact(vec![self.operation.update()?, self.certificate.update()?]).await?;
        self.operation.written();
        self.certificate.written();
        Ok(())
    }

    /// Records the end, well or not, and what follows from it; each of those is an operation of its own, or a schedule
    /// that is repaired where it was lost.
    pub(crate) async fn end(&mut self, ctx: &Context) -> Result<(), Stop> {
        let follow_up = follow_up::operations(ctx, &self.operation.value, &self.certificate.value).await?;
        let mut writes = vec![self.operation.update()?, self.certificate.update()?];
        for operation in &follow_up {
            writes.push(entity::insert(operation)?);
        }
        ctx.store.transact(writes).await?;
        self.operation.written();
        self.certificate.written();
        for operation in &follow_up {
            operations::send(ctx.queue.as_ref(), operation).await;
        }
        let operation = &self.operation.value;
        let unproven = operation.steps.iter().any(|step| step.name == "authorize" && step.state == Progress::Failed);
        if let Err(error) = certificates::count(ctx, &self.certificate.value, operation.state, unproven).await {
            tracing::warn!(certificate = %self.certificate.value.id, %error, "not counted against the CA's limits");
        }
        let certificate = &self.certificate.value;
        let action = if certificate.version == 0 { "certificate.issue" } else { "certificate.renew" };
        let result = self.operation.value.error.as_deref().unwrap_or("issued");
        let target = format!("certificate {}: {}", certificate.id, certificate.domain);
        if let Err(error) = audit::record_system(ctx, action, target, result).await {
            tracing::error!(certificate = %certificate.id, %error, "the end of an order is not in the audit trail");
        }
        if let Err(error) = http_challenges::remove(ctx, self.operation.value.id).await {
            tracing::warn!(operation = %self.operation.value.id, %error, "HTTP answers are left until they expire");
        }
        if let Err(error) = certificates::schedule(ctx, &self.certificate.value).await {
            tracing::warn!(certificate = %self.certificate.value.id, %error, "not scheduled; the repair will do it");
        }
        if let Err(error) = certificates::tell(ctx, &self.certificate.value).await {
            tracing::warn!(certificate = %self.certificate.value.id, %error, "not told; the next look will do it");
        }
        Ok(())
    }

    /// Records that a step is done, and keeps the lease for the next.
    pub(crate) async fn done(&mut self, ctx: &Context, step: &str) -> Result<Course, Hitch> {
        self.advance(ctx, step)?;
        self.save(ctx).await?;
        Ok(Course::On)
    }

    /// Gives the operation back until a pause is over.
    pub(crate) async fn pause(&mut self, ctx: &Context, pause: Duration, reason: Option<String>) -> Result<(), Stop> {
        self.operation.value.pause(pause, reason, ctx.clock.now());
        self.save(ctx).await
    }

    async fn save(&mut self, ctx: &Context) -> Result<(), Stop> {
        ctx.store.write(self.operation.update()?).await?;
        self.operation.written();
        Ok(())
    }

    fn advance(&mut self, ctx: &Context, step: &str) -> domain::Result<()> {
        let now = ctx.clock.now();
        let operation = &mut self.operation.value;
        operation.complete(step, now);
        operation.missing_since = None;
        let until = now.checked_add(LEASE).map_err(|e| Error::Internal(e.to_string()))?;
        operation.keep_lease(until);
        Ok(())
    }

    fn url(&self) -> Result<String, Hitch> {
        let order = self.certificate.value.order.as_ref();
        order.map(|order| order.url.clone()).ok_or_else(|| Hitch::Refused("no order was made at the CA".into()))
    }

    async fn account(&mut self, ctx: &Context) -> Result<CaAccount, Hitch> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let key = Key::of(self.certificate.value.account.0);
        let account: Stored<Account> = entity::load(ctx.store.as_ref(), key).await?;
        // Only a wait that is for the whole account: a limit on new orders does not stop one that was made.
        account.value.refuse_early(&[], ctx.clock.now()).map_err(put_off)?;
        let account = account.value.unlock(ctx.vault.as_ref()).await?;
        Ok(self.account.insert(account).clone())
    }

    /// What the CA did; what it says of the account instead is remembered.
    async fn heard<T>(&self, ctx: &Context, outcome: Result<T, CaError>) -> Result<T, Hitch> {
        if let Err(error) = &outcome {
            let certificate = &self.certificate.value;
            let names: Vec<DomainName> = certificate.names().cloned().collect();
            acme::heed(ctx, certificate.account, &names, error).await;
        }
        Ok(outcome?)
    }

    /// The order as the CA sees it now; one it has given up is refused with its reason.
    async fn look(&mut self, ctx: &Context) -> Result<OrderView, Hitch> {
        let (account, url) = (self.account(ctx).await?, self.url()?);
        let view = match self.view.take() {
            Some(view) => view,
            None => self.heard(ctx, ctx.ca.order(&account, &url).await).await?,
        };
        match view.status {
            OrderStatus::Invalid => {
                let problem = view.problem.clone();
                Err(Hitch::Refused(problem.unwrap_or_else(|| "the CA gave the order up without a reason".into())))
            }
            OrderStatus::Pending | OrderStatus::Ready | OrderStatus::Processing | OrderStatus::Valid => Ok(view),
        }
    }

    /// How long the step at hand has taken.
    pub(crate) fn waited(&self, ctx: &Context) -> Duration {
        let step = self.operation.value.steps.iter().find(|step| step.finished_at.is_none());
        let began = step.and_then(|step| step.started_at);
        let waited = began.map(|began| ctx.clock.now().duration_since(began)).unwrap_or_default();
        Duration::try_from(waited).unwrap_or_default()
    }

    /// How long until the next look: what the CA asks for, else longer the longer it takes.
    fn until_next_look(&self, ctx: &Context, view: &OrderView) -> Duration {
        let half = self.waited(ctx) / 2;
        view.retry_after.map_or_else(|| half.clamp(FIRST_LOOK, SLOWEST_LOOK), |asked| asked.max(FIRST_LOOK))
    }
}

/// Does the step that is next.
pub(crate) async fn next(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    match order.operation.value.next_step().unwrap_or("download") {
        "order" => place(ctx, order).await,
        "publish" => publish::publish(ctx, order).await,
        "propagate" => publish::propagate(ctx, order).await,
        "answer_challenges" => answer_challenges(ctx, order).await,
        "authorize" => authorize(ctx, order).await,
        "finalize" => finalize(ctx, order).await,
        _ => download(ctx, order).await,
    }
}

/// Makes the order at the CA. One that was made and not recorded is left to end by itself: nobody answers for it.
async fn place(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    let key = Key::of(order.certificate.value.account.0);
    let account: Stored<Account> = entity::load(ctx.store.as_ref(), key).await?;
    let made = certificates::place(ctx, &account.value, &mut order.certificate.value).await.map_err(put_off)?;
    let id = order.operation.value.id;
    order.certificate.value.ordered(id, made, ctx.clock.now())?;
    order.advance(ctx, "order")?;
    order.record(ctx).await?;
    Ok(Course::On)
}

/// What stands against an order: a rule, of the CA or of ours, or a time to wait.
fn put_off(error: Error) -> Hitch {
    match error {
        Error::Conflict(reason) => Hitch::Refused(reason),
        Error::Unavailable(reason) => Hitch::Later { party: Party::Ca, reason, retry_after: None },
        Error::PutOff { message, retry_after } => {
            Hitch::Later { party: Party::Ca, reason: message, retry_after: Some(retry_after) }
        }
        Error::TooMany { message, retry_after } => {
            let retry_after = Some(Duration::from_secs(retry_after));
            Hitch::Later { party: Party::Ca, reason: message, retry_after }
        }
        other => other.into(),
    }
}

async fn answer_challenges(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    let (account, url) = (order.account(ctx).await?, order.url()?);
    let by = order.certificate.value.method.challenge_type();
    order.heard(ctx, ctx.ca.answer_challenges(&account, &url, by).await).await?;
    order.done(ctx, "answer_challenges").await?;
    Ok(Course::Wait(FIRST_LOOK))
}

async fn authorize(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    let view = order.look(ctx).await?;
    if view.status == OrderStatus::Pending {
        return Ok(Course::Wait(order.until_next_look(ctx, &view)));
    }
    order.advance(ctx, "authorize")?;
    let id = order.operation.value.id;
    order.certificate.value.start_issuing(id, ctx.clock.now())?;
    order.record(ctx).await?;
    order.view = Some(view);
    Ok(Course::On)
}

/// The key is in the vault before the CA hears of it, under a name that a second try finds again.
async fn finalize(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    let view = order.look(ctx).await?;
    if view.status == OrderStatus::Ready {
        order.view = Some(submit(ctx, order).await?);
    }
    order.done(ctx, "finalize").await
}

async fn submit(ctx: &Context, order: &mut Order) -> Result<OrderView, Hitch> {
    let (account, url) = (order.account(ctx).await?, order.url()?);
    let names: Vec<DomainName> = order.certificate.value.names().cloned().collect();
    let key = key(ctx, &order.certificate.value).await?;
    let csr = tls::keys::csr(&key, &names).await?;
    order.heard(ctx, ctx.ca.finalize(&account, &url, &csr).await).await
}

/// The key of the order, made where there is none. A worker that was overtaken must not replace the one that the CA has
/// signed by now: of two at once, the first one's is the key of both.
async fn key(ctx: &Context, certificate: &Certificate) -> domain::Result<SecretString> {
    let name = certificate.next_key_name();
    loop {
        if let Some(key) = ctx.vault.get(&name).await? {
            return Ok(key);
        }
        let kept = match certificate.reuse_key && certificate.issued().is_some() {
            true => ctx.vault.get(&certificate.key_name()).await?,
            false => None,
        };
        let key = match kept {
            Some(key) => key,
            None => tls::keys::generate(certificate.key_type).await?,
        };
        if ctx.vault.create(&name, &key).await? {
            return Ok(key);
        }
    }
}

async fn download(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    let mut view = order.look(ctx).await?;
    if view.status == OrderStatus::Ready {
        // The CA has no memory of the request that was recorded as sent.
        view = submit(ctx, order).await?;
    }
    if view.status != OrderStatus::Valid {
        return Ok(Course::Wait(order.until_next_look(ctx, &view)));
    }
    let (account, url) = (order.account(ctx).await?, order.url()?);
    let chain = order.heard(ctx, ctx.ca.certificate(&account, &url).await).await?;
    let key = ctx.vault.get(&order.certificate.value.next_key_name()).await.map_err(Error::from)?;
    let key = key.ok_or_else(|| Hitch::Refused("the key of the order is not in the vault".into()))?;
    if !tls::matches_key(&chain, &key)? {
        return Err(Hitch::Refused("the CA sent a certificate for another key".into()));
    }
    let issued = tls::facts(&chain)?;

    let (now, id) = (ctx.clock.now(), order.operation.value.id);
    order.certificate.value.finish(id, issued, now)?;
    order.operation.value.succeed(now);
    order.end(ctx).await?;
    tracing::info!(certificate = %order.certificate.value.id, domain = %order.certificate.value.domain, "issued");
    Ok(Course::Finished)
}
