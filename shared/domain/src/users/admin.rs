use super::{Quota, Role, USER_NAMES, User, UserStatus};
use crate::entity::{self, Stored};
use crate::ports::{Expect, Key, StoreError, Write};
use crate::{Context, Error, Result, repair};

/// How often a change is tried anew because the administrator's own row was written at the same time.
const TRIES: u32 = 10;

/// What an administrator may change of a user.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// A new role.
    pub role: Option<Role>,
    /// A new quota.
    pub quota: Option<Quota>,
}

/// Changes role or quota. Administrators cannot change their own role: one must remain.
pub async fn change(ctx: &Context, admin: &Stored<User>, user: &mut Stored<User>, change: Change) -> Result<()> {
    if user.value.status == UserStatus::Deleted {
        return Err(gone());
    }
    let before = user.value.role;
    if let Some(role) = change.role {
        if user.value.role != role {
            not_yourself(admin, user, "change your own role")?;
        }
        user.value.role = role;
    }
    let new_role = user.value.role != before;
    if let Some(quota) = change.quota {
        user.value.quota = quota;
    }
    commit(ctx, admin, user, Vec::new()).await?;
    if new_role {
        // What stood still for want of a right may go on.
        repair::send_resume(ctx, user.value.id).await;
    }
    Ok(())
}

/// `active → suspended`: refused from the next request on. Sessions and the API key end for good.
pub async fn suspend(ctx: &Context, admin: &Stored<User>, user: &mut Stored<User>) -> Result<()> {
    not_yourself(admin, user, "suspend yourself")?;
    match user.value.status {
        UserStatus::Active | UserStatus::Suspended => user.value.status = UserStatus::Suspended,
        UserStatus::Deleted => return Err(gone()),
    }
    user.value.end_all_access();
    commit(ctx, admin, user, Vec::new()).await
}

/// `suspended → active`; sessions and the API key from before stay ended.
pub async fn reactivate(ctx: &Context, admin: &Stored<User>, user: &mut Stored<User>) -> Result<()> {
    match user.value.status {
        UserStatus::Active | UserStatus::Suspended => user.value.status = UserStatus::Active,
        UserStatus::Deleted => return Err(gone()),
    }
    commit(ctx, admin, user, Vec::new()).await?;
    repair::send_resume(ctx, user.value.id).await;
    Ok(())
}

/// `active | suspended → deleted`, for good. The names become free; what the user had stays, for administrators.
pub async fn delete(ctx: &Context, admin: &Stored<User>, user: &mut Stored<User>) -> Result<()> {
    not_yourself(admin, user, "delete yourself")?;
    if user.value.status == UserStatus::Deleted {
        return Err(gone());
    }
    user.value.status = UserStatus::Deleted;
    user.value.end_all_access();
    let names = user.value.names().map(|key| Write::Delete { table: &USER_NAMES, key, expect: Expect::Any });
    commit(ctx, admin, user, names.into()).await
}

/// Writes the change if whoever makes it is an active administrator at that very moment. Since nobody changes their own
/// role or status, an administrator remains whatever several of them do to each other at once.
async fn commit(ctx: &Context, admin: &Stored<User>, user: &mut Stored<User>, more: Vec<Write>) -> Result<()> {
    user.value.updated_at = ctx.clock.now();
    let mut admin = admin.clone();
    for _ in 0..TRIES {
        if admin.value.status != UserStatus::Active {
            return Err(Error::Unauthenticated("this account cannot be used; ask an administrator".into()));
        }
        if !admin.value.is_admin() {
            return Err(Error::Forbidden("only an administrator may do this".into()));
        }
        let mut writes = vec![user.update()?];
        // Their own quota, say: then the update itself sees that nothing came in between.
        writes.extend((admin.value.id != user.value.id).then(|| admin.check()));
        writes.extend(more.iter().cloned());
        match ctx.store.transact(writes).await {
            Ok(()) => {
                user.written();
                return Ok(());
            }
            // Something else of them changed, or they are no longer an administrator.
            Err(StoreError::Unexpected { index: 1 } | StoreError::Busy(_)) => {
                admin = entity::load(ctx.store.as_ref(), Key::of(admin.value.id.0)).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Unavailable("the users are changed all the time; retry in a moment".into()))
}

fn not_yourself(admin: &Stored<User>, user: &Stored<User>, what: &str) -> Result<()> {
    if admin.value.id == user.value.id {
        return Err(Error::Conflict(format!("you cannot {what}; ask another administrator")));
    }
    Ok(())
}

fn gone() -> Error {
    Error::Conflict("the user was deleted".into())
}
