use super::{Quota, Role, USER_NAMES, User, UserStatus, Viewer};
use crate::entity::Stored;
use crate::ports::{Expect, Write};
use crate::{Context, Error, Result, repair};

/// What an administrator may change of a user.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// A new role.
    pub role: Option<Role>,
    /// A new quota.
    pub quota: Option<Quota>,
}

/// Changes role or quota. Administrators cannot change their own role: one must remain.
pub async fn change(ctx: &Context, viewer: &Viewer, user: &mut Stored<User>, change: Change) -> Result<()> {
    if user.value.status == UserStatus::Deleted {
        return Err(gone());
    }
    let before = user.value.role;
    if let Some(role) = change.role {
        if user.value.role != role {
            not_yourself(viewer, user, "change your own role")?;
        }
        user.value.role = role;
    }
    let new_role = user.value.role != before;
    if let Some(quota) = change.quota {
        user.value.quota = quota;
    }
    save(ctx, user).await?;
    if new_role {
        // What stood still for want of a right may go on.
        repair::send_resume(ctx, user.value.id).await;
    }
    Ok(())
}

/// `active → suspended`: refused from the next request on.
pub async fn suspend(ctx: &Context, viewer: &Viewer, user: &mut Stored<User>) -> Result<()> {
    not_yourself(viewer, user, "suspend yourself")?;
    match user.value.status {
        UserStatus::Active | UserStatus::Suspended => user.value.status = UserStatus::Suspended,
        UserStatus::Deleted => return Err(gone()),
    }
    user.value.generation += 1;
    save(ctx, user).await
}

/// `suspended → active`; sessions from before stay ended.
pub async fn reactivate(ctx: &Context, user: &mut Stored<User>) -> Result<()> {
    match user.value.status {
        UserStatus::Active | UserStatus::Suspended => user.value.status = UserStatus::Active,
        UserStatus::Deleted => return Err(gone()),
    }
    save(ctx, user).await?;
    repair::send_resume(ctx, user.value.id).await;
    Ok(())
}

/// `active | suspended → deleted`, for good. The names become free; what the user had stays, for administrators.
pub async fn delete(ctx: &Context, viewer: &Viewer, user: &mut Stored<User>) -> Result<()> {
    not_yourself(viewer, user, "delete yourself")?;
    if user.value.status == UserStatus::Deleted {
        return Err(gone());
    }
    user.value.status = UserStatus::Deleted;
    user.value.generation += 1;
    user.value.updated_at = ctx.clock.now();
    let mut writes = vec![user.update()?];
    writes.extend(user.value.names().map(|key| Write::Delete { table: &USER_NAMES, key, expect: Expect::Any }));
    ctx.store.transact(writes).await?;
    user.written();
    Ok(())
}

async fn save(ctx: &Context, user: &mut Stored<User>) -> Result<()> {
    user.value.updated_at = ctx.clock.now();
    user.save(ctx.store.as_ref()).await
}

fn not_yourself(viewer: &Viewer, user: &Stored<User>, what: &str) -> Result<()> {
    if viewer.user == user.value.id {
        return Err(Error::Conflict(format!("you cannot {what}; ask another administrator")));
    }
    Ok(())
}

fn gone() -> Error {
    Error::Conflict("the user was deleted".into())
}
