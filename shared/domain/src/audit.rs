//! The audit trail: who did what to what, from where, when.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::{self, Entity};
use crate::ids::UserId;
use crate::jobs::Job;
use crate::ports::{Attribute, EntropyExt, Item, Key, KeyValue, Query, QueueName, StoreError, Table};
use crate::users::Viewer;
use crate::{Context, Result};

/// Audit entries in one partition, in the order of their ids, which start with the time.
pub static AUDIT: Table = Table {
    name: "audit",
    partition: Attribute::text("trail"),
    sort: Some(Attribute::text("id")),
    indexes: &[],
    ttl: None,
};

const TRAIL: &str = "audit";

/// One entry. Its id comes from whoever makes it, so that a job delivered twice writes it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Unique, made of the time and random bits.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub user: UserId,
    /// From which address.
    pub source: String,
    /// What was done, e.g. `certificate.download`.
    pub action: String,
    /// To what, e.g. `certificate 12`.
    pub target: String,
}

impl Entity for AuditEntry {
    const TABLE: &'static Table = &AUDIT;
    const NAME: &'static str = "audit entry";

    fn key(&self) -> Key {
        Key::pair(TRAIL, self.id.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("trail".into(), TRAIL.into());
    }
}

/// Puts an entry on its way to the trail. When this fails, what was to be audited must not be done.
pub async fn record(ctx: &Context, viewer: &Viewer, action: &str, target: String) -> Result<()> {
    let at = ctx.clock.now();
    let entry = AuditEntry {
        id: format!("{:013x}{}", at.as_millisecond(), ctx.entropy.hex::<8>()),
        at,
        user: viewer.user,
        source: viewer.source.clone(),
        action: action.to_owned(),
        target,
    };
    Ok(ctx.queue.send(QueueName::Auditor, &Job::Audit { entry }, Duration::ZERO).await?)
}

/// Appends an entry; one that is there already is a success.
pub async fn append(ctx: &Context, entry: &AuditEntry) -> Result<()> {
    match ctx.store.write(entity::insert(entry)?).await {
        Ok(()) | Err(StoreError::Unexpected { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The newest entries, up to `limit`; only those older than the entry `before`, when it is given.
pub async fn list(ctx: &Context, viewer: &Viewer, limit: u32, before: Option<String>) -> Result<Vec<AuditEntry>> {
    viewer.require_admin()?;
    let mut query = Query::of(&AUDIT, TRAIL);
    query.descending = true;
    // One more, because the entry `before` itself is read too.
    query.limit = Some(limit + 1);
    query.sort_at_most = before.clone().filter(|id| !id.is_empty()).map(KeyValue::Text);
    let page = ctx.store.query(query).await?;
    let entries = page.items.into_iter().map(|item| Ok(entity::from_item::<AuditEntry>(item)?.value));
    let older = entries.filter(|entry| entry.as_ref().map_or(true, |entry| Some(&entry.id) != before.as_ref()));
    older.take(limit as usize).collect()
}
