use super::{Server, ServerStatus};
use crate::entity::Stored;
use crate::users::Viewer;
use crate::{Context, Error, Result, audit};

/// Accepts the host key that was refused: from now on the server must show that one. Administrators only, and only
/// the very key that is refused now.
pub async fn accept_host_key(
    ctx: &Context,
    viewer: &Viewer,
    server: &mut Stored<Server>,
    fingerprint: &str,
) -> Result<()> {
    viewer.require_admin()?;
    let id = server.value.id;
    let Some(ssh) = &mut server.value.ssh else {
        return Err(Error::Conflict(format!("server {id} has no SSH settings yet: PUT /api/servers/{id}/ssh")));
    };
    let Some(refused) = &ssh.refused else {
        return Err(Error::Conflict("no host key was refused; there is nothing to accept".into()));
    };
    if refused.fingerprint != fingerprint.trim() {
        let reason = format!("must be the fingerprint that was refused, {}", refused.fingerprint);
        return Err(Error::invalid("fingerprint", reason));
    }
    let now = ctx.clock.now();
    ssh.host_key = ssh.refused.take();
    server.value.found(ServerStatus::Unknown, now);
    audit::record(ctx, viewer, "server.host_key.accept", format!("server {id}, {}", fingerprint.trim())).await?;
    server.save(ctx.store.as_ref()).await
}
