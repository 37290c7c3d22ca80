use jiff::Timestamp;

use super::standing::Standing;
use super::{Alert, AlertState, Event, Finding, Kind, Notice, Subject};
use crate::entity::{self, Stored};
use crate::ids::{AlertId, UserId};
use crate::operations::{self, Operation, Work};
use crate::ports::{Key, Store, Write};
use crate::{Context, Error, Result, counter};

/// How often it is looked again because somebody else wrote at the same time.
const TRIES: usize = 5;

/// What was seen of a subject.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    /// Whose it is.
    pub owner: UserId,
    /// What was looked at.
    pub subject: Subject,
    /// What people call that, e.g. `www.example.com`.
    pub name: &'a str,
    /// What was looked for.
    pub kind: Kind,
    /// What was found; `None` when all is well.
    pub finding: Option<Finding>,
}

/// Tells the channels of the owner when the state of subject and kind crosses: from nothing to a level, from a level to
/// a higher one, from a level to nothing ("recovered"). The same level again, or a lower one, says nothing.
pub async fn observe(ctx: &Context, seen: Observation<'_>) -> Result<()> {
    let step = seen.finding.as_ref().map_or(0, |finding| finding.level.step());
    for _ in 0..TRIES {
        let key = Key::of(Standing::name(seen.subject, seen.kind));
        let standing = entity::find(ctx.store.as_ref(), key).await?;
        match cross(ctx, &seen, step, standing).await {
            Err(Error::Conflict(_)) => {}
            done => return done,
        }
    }
    Err(Error::Unavailable("the state of an alert changes all the time; try again in a moment".into()))
}

/// Writes down and tells the crossing from what stands to what was seen, if it is one.
pub(super) async fn cross(
    ctx: &Context,
    seen: &Observation<'_>,
    step: u8,
    standing: Option<Stored<Standing>>,
) -> Result<()> {
    match (standing, &seen.finding) {
        (None, None) => Ok(()),
        (Some(standing), Some(_)) if step <= standing.value.step => Ok(()),
        (None, Some(finding)) => begin(ctx, seen, finding, step).await,
        (Some(standing), Some(finding)) => raise(ctx, standing, finding, step).await,
        (Some(standing), None) => recover(ctx, standing).await,
    }
}

async fn begin(ctx: &Context, seen: &Observation<'_>, finding: &Finding, step: u8) -> Result<()> {
    let alert = new_alert(ctx, seen, finding, AlertState::Firing).await?;
    let what = Standing::name(seen.subject, seen.kind);
    let standing = Standing { what, owner: seen.owner, alert: alert.id, step, until: None };
    let writes = vec![
        entity::insert(&standing)?,
        entity::insert(&alert)?,
        counter::add(&Alert::total(seen.owner), 1),
        counter::add(&Alert::firing(seen.owner), 1),
    ];
    tell(ctx, &alert, Event::Began, writes).await
}

async fn raise(ctx: &Context, mut standing: Stored<Standing>, finding: &Finding, step: u8) -> Result<()> {
    let mut alert = alert_of(ctx.store.as_ref(), &standing.value).await?;
    standing.value.step = step;
    alert.value.level = finding.level;
    alert.value.text.clone_from(&finding.text);
    alert.value.updated_at = ctx.clock.now();
    let writes = vec![standing.update()?, alert.update()?];
    tell(ctx, &alert.value, Event::Raised, writes).await
}

async fn recover(ctx: &Context, standing: Stored<Standing>) -> Result<()> {
    let mut alert = alert_of(ctx.store.as_ref(), &standing.value).await?;
    let writes = end(&standing, &mut alert, ctx.clock.now())?;
    tell(ctx, &alert.value, Event::Recovered, writes).await
}

/// What ends an alert that stands.
pub(super) fn end(standing: &Stored<Standing>, alert: &mut Stored<Alert>, now: Timestamp) -> Result<Vec<Write>> {
    alert.value.state = AlertState::Over { ended_at: now };
    alert.value.updated_at = now;
    Ok(vec![standing.delete(), alert.update()?, counter::add(&Alert::firing(alert.value.owner), -1)])
}

pub(super) async fn alert_of(store: &dyn Store, standing: &Standing) -> Result<Stored<Alert>> {
    entity::load(store, Key::of(standing.alert.0)).await
}

pub(super) async fn new_alert(
    ctx: &Context,
    seen: &Observation<'_>,
    finding: &Finding,
    state: AlertState,
) -> Result<Alert> {
    let now = ctx.clock.now();
    Ok(Alert {
        id: AlertId(counter::next_id(ctx.store.as_ref(), "alert").await?),
        owner: seen.owner,
        subject: seen.subject,
        name: seen.name.to_owned(),
        kind: seen.kind,
        level: finding.level,
        text: finding.text.clone(),
        state,
        since: now,
        updated_at: now,
    })
}

/// Commits what happened together with the operation that tells it, and sends that on its way.
pub(super) async fn tell(ctx: &Context, alert: &Alert, event: Event, mut writes: Vec<Write>) -> Result<()> {
    let store = ctx.store.as_ref();
    let now = ctx.clock.now();
    let work = Work::Notify { notice: Box::new(Notice::of(alert, event, now)), told: Vec::new() };
    let operation = Operation::new(operations::next_id(store).await?, alert.owner, work, &["notify"], now);
    writes.push(entity::insert(&operation)?);
    store.transact(writes).await?;
    tracing::info!(alert = %alert.id, name = alert.name, kind = alert.kind.as_str(), event = event.as_str(), "alert");
    operations::send(ctx.queue.as_ref(), &operation).await;
    Ok(())
}
