use super::register::reserve;
use super::{USER_NAMES, User, email_key, login, password};
use crate::entity::Stored;
use crate::names::Email;
use crate::ports::{Expect, StoreError, Write};
use crate::{Context, Error, Result};

/// What users change of themselves.
#[derive(Clone, Copy)]
pub struct ProfileChange<'a> {
    /// A new address; it has to be proven again.
    pub email: Option<&'a str>,
    /// A new password; every session ends, and the API key with them.
    pub password: Option<&'a str>,
    /// The password they have: a session that was stolen must not be enough. Failures count as failed logins.
    pub current_password: &'a str,
    /// Where they come from.
    pub source: &'a str,
}

/// Changes a user's own address, password, or both.
pub async fn change_profile(ctx: &Context, user: &mut Stored<User>, change: ProfileChange<'_>) -> Result<()> {
    let email = change.email.map(|email| Email::parse("email", email)).transpose()?;
    if let Some(new) = change.password {
        password::check("password", new)?;
    }
    login::confirm(ctx, user, change.current_password, change.source).await?;

    let mut writes = Vec::new();
    if let Some(email) = email.filter(|email| *email != user.value.email) {
        let (old, new) = (email_key(&user.value.email), email_key(&email));
        if old != new {
            writes.push(reserve(new, user.value.id));
            writes.push(Write::Delete { table: &USER_NAMES, key: old, expect: Expect::Any });
        }
        (user.value.email, user.value.email_verified) = (email, false);
        user.value.verification_sent_at = None;
        user.value.email_proofs.clear();
    }
    if let Some(new) = change.password {
        user.value.password_hash = password::hash(ctx.entropy.as_ref(), new).await?;
        user.value.end_all_access();
    }
    user.value.updated_at = ctx.clock.now();
    let reserves = !writes.is_empty();
    writes.push(user.update()?);
    match ctx.store.transact(writes).await {
        Ok(()) => {
            user.written();
            Ok(())
        }
        Err(StoreError::Unexpected { index: 0 }) if reserves => Err(Error::Conflict("email: is in use".into())),
        Err(error) => Err(error.into()),
    }
}
