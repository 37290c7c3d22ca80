use std::time::Duration;

use super::observe::{new_alert, tell};
use super::standing::Standing;
use super::{Alert, AlertState, Event, Finding, Kind, Observation, Subject};
use crate::entity;
use crate::ids::UserId;
use crate::ports::Key;
use crate::{Context, Error, Result, counter};

/// How long a key is remembered.
const REMEMBERED: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Tells of something that happened once; the same `key` for the same subject and kind again says nothing.
pub async fn announce(
    ctx: &Context,
    owner: UserId,
    subject: Subject,
    name: &str,
    kind: Kind,
    finding: Finding,
    key: &str,
) -> Result<()> {
    let (store, now) = (ctx.store.as_ref(), ctx.clock.now());
    let what = Standing::once(subject, kind, key);
    if entity::find::<Standing>(store, Key::of(what.as_str())).await?.is_some() {
        return Ok(());
    }
    let until = now.checked_add(REMEMBERED).map_err(|e| Error::Internal(e.to_string()))?;
    let seen = Observation { owner, subject, name, kind, finding: None };
    let alert = new_alert(ctx, &seen, &finding, AlertState::Happened).await?;
    let mark = Standing { what, owner, alert: alert.id, step: finding.level.step(), until: Some(until) };
    let writes = vec![entity::insert(&mark)?, entity::insert(&alert)?, counter::add(&Alert::total(owner), 1)];
    match tell(ctx, &alert, Event::Happened, writes).await {
        // Somebody else has just announced it.
        Err(Error::Conflict(_)) => Ok(()),
        done => done,
    }
}
