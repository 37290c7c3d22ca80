use super::{User, UserStatus, attempts, find_by_name, known_source, password};
use crate::entity::Stored;
use crate::{Context, Error, Result};

/// The user with this name (or address) and password. Says only that the two do not fit, whichever is wrong, after
/// the same time and the same calls. Guesses are counted before they are checked. Ten failures lock the account for
/// their source for a quarter of an hour; there a right password passes if they logged in from that source before.
pub async fn login(ctx: &Context, username: &str, password: &str, source: &str) -> Result<Stored<User>> {
    let shown: String = username.chars().take(254).collect();
    let user = find_by_name(ctx.store.as_ref(), &shown).await?;
    let wrong = || Error::Unauthenticated("Invalid username or password".into());
    if !guess(ctx, &shown, user.as_ref(), password, source).await? {
        return Err(wrong());
    }
    let mut user = user.ok_or_else(wrong)?;
    if user.value.status == UserStatus::Suspended {
        return Err(Error::Forbidden("this account is suspended; ask an administrator".into()));
    }
    known_source::remember(ctx, &mut user, source).await?;
    Ok(user)
}

/// Checks that a caller knows their own password: a session that was stolen must not be enough. Failures count as
/// failed logins.
pub(super) async fn confirm(ctx: &Context, user: &Stored<User>, password: &str, source: &str) -> Result<()> {
    if guess(ctx, &user.value.username, Some(user), password, source).await? {
        Ok(())
    } else {
        Err(Error::invalid("current_password", "is not your password"))
    }
}

/// Whether this is the password of the user (of nobody, where the name is nobody's). Counted before it is checked.
async fn guess(ctx: &Context, name: &str, user: Option<&Stored<User>>, password: &str, source: &str) -> Result<bool> {
    let user = user.map(|user| &user.value).filter(|user| user.status != UserStatus::Deleted);
    let network = known_source::network(source);
    // One account, whichever of its names is tried.
    let who = match user {
        Some(user) => format!("user/{}", user.id),
        None => format!("name/{}", name.to_lowercase()),
    };
    let known = user.is_some_and(|user| user.knows(&network, ctx.clock.now()));
    let admitted = attempts::admit(ctx, &who, &network, known).await?;
    let fits = password::verify(user.map(|user| user.password_hash.as_str()), password).await?;
    let right = fits && (known || admitted.locked.is_none());
    attempts::settle(ctx, &who, &network, admitted, right).await?;
    match admitted.locked {
        // A wrong password and a lock look alike, so that nobody guesses on by the difference.
        Some(until) if !right => Err(attempts::too_many(until, ctx.clock.now())),
        _ => Ok(right),
    }
}
