use super::{ApiKey, Quota, Role, USER_NAMES, User, UserStatus, Viewer, email_key, password, username_key};
use crate::counter::{self, COUNTERS};
use crate::entity::{self, Stored};
use crate::ids::UserId;
use crate::names::Email;
use crate::ports::{EntropyExt, Expect, Item, Key, KeyValue, StoreError, Write};
use crate::{Context, Error, Registration, Result};

/// The shortest username, in characters.
pub const USERNAME_MIN: usize = 3;
/// The longest username, in characters.
pub const USERNAME_MAX: usize = 64;

/// The name of the first administrator, which nobody else gets even when that user is deleted.
const FIRST_ADMIN: &str = "admin";
/// The address of the first administrator until they give their own; nobody can receive mail there (RFC 2606).
const NO_ADDRESS: &str = "admin@steward.invalid";

/// What a person gives to become a user.
pub struct NewUser<'a> {
    /// 3 to 64 letters, digits, dots, dashes and underscores.
    pub username: &'a str,
    /// Their address.
    pub email: &'a str,
    /// At least 8 characters.
    pub password: &'a str,
}

/// Makes a user, with an API key that is given this once. With closed registration only an administrator or a
/// distributor may; whom a distributor makes, they brought.
pub async fn register(ctx: &Context, new: NewUser<'_>, viewer: Option<&Viewer>) -> Result<(Stored<User>, ApiKey)> {
    let brought_by = match (viewer.map(|viewer| viewer.role), ctx.settings.registration) {
        (Some(Role::Admin), _) => None,
        (Some(Role::Distributor), _) => viewer.map(|viewer| viewer.user),
        (Some(Role::User) | None, Registration::Open) => None,
        (Some(Role::User) | None, Registration::Closed) => {
            return Err(Error::Forbidden(
                "registration is closed: ask an administrator for an account (the operator opens it with \
                 STEWARD_REGISTRATION=open)"
                    .into(),
            ));
        }
    };
    if new.username.eq_ignore_ascii_case(FIRST_ADMIN) {
        return Err(Error::Conflict("username: is taken".into()));
    }
    create(ctx, new, Role::User, brought_by).await
}

/// Whether there ever was a user.
pub async fn exist(ctx: &Context) -> Result<bool> {
    let users = ctx.store.get(&COUNTERS, counter::key(User::TOTAL)).await?;
    Ok(counter::value(users.as_ref()) > 0)
}

/// Makes the user `admin` at the first start, when there never was a user; gives the password when it had to be generated, for showing once.
pub async fn register_first_admin(ctx: &Context, password: Option<&str>) -> Result<Option<String>> {
    if exist(ctx).await? {
        return Ok(None);
    }
    let generated = password.is_none().then(|| ctx.entropy.hex::<12>());
    let password = generated.as_deref().or(password).unwrap_or_default();
    create(ctx, NewUser { username: FIRST_ADMIN, email: NO_ADDRESS, password }, Role::Admin, None).await?;
    Ok(generated)
}

async fn create(
    ctx: &Context,
    new: NewUser<'_>,
    role: Role,
    brought_by: Option<UserId>,
) -> Result<(Stored<User>, ApiKey)> {
    let username = checked_username(new.username)?;
    let email = Email::parse("email", new.email)?;
    password::check("password", new.password)?;
    let password_hash = password::hash(ctx.entropy.as_ref(), new.password).await?;

    let id = UserId(counter::next_id(ctx.store.as_ref(), "user").await?);
    let key = ApiKey::new(id, ctx.entropy.as_ref());
    let now = ctx.clock.now();
    let user = User {
        id,
        username,
        email,
        email_verified: false,
        verification_sent_at: None,
        email_proofs: Vec::new(),
        password_hash,
        api_key_hash: key.hash(),
        role,
        status: UserStatus::Active,
        quota: Quota::default(),
        generation: 0,
        revoked_sessions: Vec::new(),
        more_revoked_until: None,
        known_sources: Vec::new(),
        brought_by,
        created_at: now,
        updated_at: now,
    };
    let writes = vec![
        reserve(username_key(&user.username), id),
        reserve(email_key(&user.email), id),
        entity::insert(&user)?,
        counter::add(User::TOTAL, 1),
    ];
    match ctx.store.transact(writes).await {
        Ok(()) => Ok((entity::inserted(user), key)),
        Err(StoreError::Unexpected { index: 0 }) => Err(Error::Conflict("username: is taken".into())),
        Err(StoreError::Unexpected { index: 1 }) => Err(Error::Conflict("email: is in use".into())),
        Err(error) => Err(error.into()),
    }
}

/// The marker that keeps a name for a user.
pub(super) fn reserve(key: Key, user: UserId) -> Write {
    let mut item = Item::new();
    if let KeyValue::Text(name) = key.partition {
        item.insert("name".into(), name.into());
    }
    item.insert("user".into(), user.0.into());
    Write::Put { table: &USER_NAMES, item, expect: Expect::Absent }
}

fn checked_username(username: &str) -> Result<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if (USERNAME_MIN..=USERNAME_MAX).contains(&username.len()) && username.chars().all(allowed) {
        Ok(username.to_owned())
    } else {
        let reason = format!("must be {USERNAME_MIN} to {USERNAME_MAX} letters, digits, dots, dashes or underscores");
        Err(Error::invalid("username", reason))
    }
}
