use std::time::Duration;

use super::{Made, PublishError, of_holder, publish};
use crate::Context;
use crate::ids::OperationId;
use crate::ports::StoreError;

/// Writes again what was made for `holder` longer than `after` ago. Two credentials that reach the same zone do not
/// wait for each other, so that a provider which replaces a name as a whole may have lost the values of one.
pub async fn repeat(ctx: &Context, holder: OperationId, after: Duration) -> Result<(), PublishError> {
    let store = ctx.store.as_ref();
    for mut records in of_holder(store, holder).await? {
        let row = &mut records.value;
        let written = row.written_at.unwrap_or(row.created_at);
        let since = Duration::try_from(ctx.clock.now().duration_since(written)).unwrap_or_default();
        if row.made != Made::There || since < after {
            continue;
        }
        row.made = Made::Intended;
        match store.write(records.update()?).await {
            Ok(()) => {}
            Err(StoreError::Unexpected { .. }) => return Err(PublishError::busy(&records.value.at)),
            Err(error) => return Err(error.into()),
        }
        let row = &records.value;
        publish(ctx, holder, row.owner, row.credential, &row.host, &row.values).await?;
    }
    Ok(())
}
