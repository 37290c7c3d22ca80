use super::{Certificate, load};
use crate::entity::Stored;
use crate::ids::CertificateId;
use crate::ports::StoreError;
use crate::users::Viewer;
use crate::{Context, Result};

/// How often a note is written again over a change of somebody else, most likely a worker that issues.
const TRIES: usize = 5;

/// Changes the note. It is no decision about the rest of the certificate, so that a change meanwhile does no harm.
pub async fn set_note(ctx: &Context, viewer: &Viewer, id: CertificateId, note: String) -> Result<Stored<Certificate>> {
    let store = ctx.store.as_ref();
    let mut tries = 0;
    loop {
        let mut certificate = load(store, id, viewer).await?;
        certificate.value.set_note(note.clone(), ctx.clock.now())?;
        tries += 1;
        match store.write(certificate.update()?).await {
            Err(StoreError::Unexpected { .. }) if tries < TRIES => {}
            written => {
                written?;
                certificate.written();
                return Ok(certificate);
            }
        }
    }
}
