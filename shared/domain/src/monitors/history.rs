use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Changed, Look, Status, Target, monitor};
use crate::Result;
use crate::entity::{self, Entity};
use crate::ids::{CheckId, MonitorId};
use crate::ports::{Attribute, Item, Key, KeyValue, Query, Store, Table};

/// Checks, in a partition for each monitor, by time. A check is kept for 90 days, also when its monitor is deleted.
pub static CHECKS: Table = Table {
    name: "checks",
    partition: Attribute::number("monitor"),
    sort: Some(Attribute::number("id")),
    indexes: &[],
    ttl: Some("expires_at"),
};

/// How long a check is kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Who asked for a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The monitor's schedule.
    Schedule,
    /// Somebody, by the API.
    Request,
}

/// What one check saw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Its id: milliseconds since 1970.
    pub id: CheckId,
    /// What was looked at.
    pub monitor: MonitorId,
    /// When.
    pub at: Timestamp,
    /// Who asked for it.
    pub by: By,
    /// Which addresses were meant.
    pub target: Target,
    /// What was seen, address by address.
    pub looks: Vec<Look>,
    /// What is different from the check before.
    pub changes: Vec<Change>,
}

impl Entity for Check {
    const TABLE: &'static Table = &CHECKS;
    const NAME: &'static str = "check";

    fn key(&self) -> Key {
        Key::pair(self.monitor.0, self.id.0)
    }

    fn index(&self, item: &mut Item) {
        let kept = i64::try_from(KEPT.as_secs()).unwrap_or(i64::MAX);
        item.insert("expires_at".into(), self.at.as_second().saturating_add(kept).into());
    }
}

impl Check {
    /// What it found.
    pub fn status(&self) -> Status {
        monitor::worst(&self.target, &self.looks, self.at)
    }

    /// Whether the certificate in use was another than before.
    pub fn certificate_changed(&self) -> bool {
        self.changes.iter().any(|change| change.what == Changed::Certificate)
    }
}

/// A monitor's checks, newest first, up to `limit`; only those older than the check `before`, when it is given. Beside
/// them, whether there are older ones.
pub async fn history(
    store: &dyn Store,
    monitor: MonitorId,
    limit: u32,
    before: Option<CheckId>,
) -> Result<(Vec<Check>, bool)> {
    let mut query = Query::of(&CHECKS, monitor.0);
    query.descending = true;
    query.limit = Some(limit + 1);
    query.sort_at_most = before.map(|id| KeyValue::Number(id.0.saturating_sub(1)));
    let page = store.query(query).await?;
    let read = page.items.into_iter().map(|item| Ok(entity::from_item::<Check>(item)?.value));
    let mut checks = read.collect::<Result<Vec<_>>>()?;
    // Very large checks end a page early.
    let more =
        checks.len() > limit as usize || page.next.is_some() && !checks.is_empty() && checks.len() < limit as usize;
    checks.truncate(limit as usize);
    Ok((checks, more))
}
