use super::Certificate;
use crate::entity::{self, Entity, Stored};
use crate::ports::StoreError;
use crate::{Context, Result};

/// How often a note is written again over a change of somebody else, most likely a worker that issues.
const TRIES: usize = 5;

/// Changes the note. It is no decision about the rest of the certificate, so that a change meanwhile does no harm.
pub async fn set_note(ctx: &Context, certificate: &mut Stored<Certificate>, note: String) -> Result<()> {
    let store = ctx.store.as_ref();
    let mut tries = 0;
    loop {
        certificate.value.set_note(note.clone(), ctx.clock.now())?;
        tries += 1;
        match store.write(certificate.update()?).await {
            Err(StoreError::Unexpected { .. }) if tries < TRIES => {
                *certificate = entity::load(store, certificate.value.key()).await?;
            }
            written => {
                written?;
                certificate.written();
                return Ok(());
            }
        }
    }
}
