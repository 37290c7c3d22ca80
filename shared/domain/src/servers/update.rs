use super::Server;
use super::create::checked_name;
use crate::certificates::checked_note;
use crate::entity::Stored;
use crate::{Context, Result};

/// What changes of a server; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ServerChange {
    /// What people call it.
    pub name: Option<String>,
    /// Whether renewed certificates are deployed to it by themselves.
    pub auto_deploy: Option<bool>,
    /// The note.
    pub note: Option<String>,
}

/// Changes what people say of a server (000 §4.3.4).
pub async fn update(ctx: &Context, server: &mut Stored<Server>, change: ServerChange) -> Result<()> {
    let value = &mut server.value;
    if let Some(name) = change.name {
        value.name = checked_name(&name)?;
    }
    if let Some(note) = change.note {
        value.note = checked_note(note)?;
    }
    value.auto_deploy = change.auto_deploy.unwrap_or(value.auto_deploy);
    value.updated_at = ctx.clock.now();
    server.save(ctx.store.as_ref()).await
}
