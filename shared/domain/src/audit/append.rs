use super::AuditEntry;
use super::chain::{Head, Recorded, Seen};
use crate::entity::{self, Stored};
use crate::ports::StoreError;
use crate::{Context, Error, Result};

/// How often the next place is tried because another entry took it.
const TRIES: usize = 100;
/// How long an id is remembered: SQS keeps a message for at most 14 days.
const REMEMBERED: i64 = 60 * 24 * 60 * 60;

/// Appends an entry to the chain; one whose id is there already is a success. The entry, the head and the mark of its id
/// are written together or not at all, so that a worker killed anywhere leaves a whole chain.
pub async fn append(ctx: &Context, entry: &AuditEntry) -> Result<()> {
    let store = ctx.store.as_ref();
    for _ in 0..TRIES {
        let (head, seen) = entity::find_both::<Head, Seen>(store, Head::at(), Seen::at(&entry.id)).await?;
        if seen.is_some() {
            return Ok(());
        }
        let recorded = Recorded::after(head.as_ref().map(|head: &Stored<Head>| &head.value), entry)?;
        let (Some(seq), Some(hash)) = (recorded.seq, recorded.hash.clone()) else {
            return Err(Error::Internal("an audit entry without a place in the chain".into()));
        };
        let next = Head { seq, hash };
        let head = match head {
            Some(mut head) => {
                head.value = next;
                head.update()?
            }
            None => entity::insert(&next)?,
        };
        let mark = Seen { id: entry.id.clone(), expires_at: ctx.clock.now().as_second() + REMEMBERED };
        match store.transact(vec![head, entity::insert(&recorded)?, entity::insert(&mark)?]).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Unexpected { .. } | StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Unavailable("the audit trail grows all the time; the entry is tried again".into()))
}
