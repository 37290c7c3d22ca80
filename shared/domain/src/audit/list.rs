use super::AUDIT;
use super::chain::{Recorded, TRAIL};
use crate::entity;
use crate::ports::{KeyValue, Query};
use crate::users::Viewer;
use crate::{Context, Result};

/// The newest entries, up to `limit`; only those older than the entry `before`, when it is given.
pub async fn list(ctx: &Context, viewer: &Viewer, limit: u32, before: Option<String>) -> Result<Vec<Recorded>> {
    viewer.require_admin()?;
    let mut query = Query::of(&AUDIT, TRAIL);
    query.descending = true;
    // One more, because the entry `before` itself is read too.
    query.limit = Some(limit + 1);
    query.sort_at_most = before.clone().filter(|id| !id.is_empty()).map(KeyValue::Text);
    let page = ctx.store.query(query).await?;
    let entries = page.items.into_iter().map(|item| Ok(entity::from_item::<Recorded>(item)?.value));
    let older = entries.filter(|entry| entry.as_ref().map_or(true, |entry| Some(&entry.id) != before.as_ref()));
    older.take(limit as usize).collect()
}
