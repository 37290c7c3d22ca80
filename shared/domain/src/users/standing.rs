use std::fmt;

use super::{User, UserStatus, Viewer};
use crate::entity;
use crate::ids::UserId;
use crate::ports::{Key, Store};
use crate::{Context, Result};

/// Something that work touches, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// What a person calls it, e.g. `certificate 12`.
    pub what: String,
    /// Its owner.
    pub owner: UserId,
}

impl Touched {
    /// Names a thing by its kind and id.
    pub fn new(kind: &str, id: impl fmt::Display, owner: UserId) -> Self {
        Self { what: format!("{kind} {id}"), owner }
    }
}

/// Why work of a user may not go on. Its text is for the person who finds the work stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// An administrator stopped the owner.
    #[error("stopped: its owner, {0}, is suspended; it goes on when an administrator reactivates them")]
    Suspended(String),
    /// The owner is gone.
    #[error("stopped: its owner was deleted")]
    Deleted,
    /// The owner has lost the right to something.
    #[error("stopped: {owner} may no longer reach {what}; somebody who may has to do it")]
    OutOfReach {
        /// Whose work it is.
        owner: String,
        /// What they may not reach.
        what: String,
    },
}

impl User {
    /// Whether they may act.
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }

    fn reaches(&self, owner: &User) -> bool {
        Viewer { user: self.id, role: self.role, source: String::new() }.reaches(owner)
    }
}

/// Decides whether work of `owner` may go on now: they are active, and may reach the owner of each thing it touches, or
/// one of those who allowed it (`by`) is active and may. Rights are lost while work waits: every flow asks again when
/// it runs. A user who is not there counts as deleted.
pub fn may_go_on(
    owner: Option<&User>,
    by: &[&User],
    touched: &[(String, Option<&User>)],
) -> std::result::Result<(), Barred> {
    let owner = owner.ok_or(Barred::Deleted)?;
    match owner.status {
        UserStatus::Active => {}
        UserStatus::Suspended => return Err(Barred::Suspended(owner.username.clone())),
        UserStatus::Deleted => return Err(Barred::Deleted),
    }
    let beyond = |user: &User| touched.iter().find(|(_, whose)| !whose.is_some_and(|whose| user.reaches(whose)));
    match beyond(owner) {
        None => Ok(()),
        Some(_) if by.iter().any(|user| user.is_active() && beyond(user).is_none()) => Ok(()),
        Some((what, _)) => Err(Barred::OutOfReach { owner: owner.username.clone(), what: what.clone() }),
    }
}

/// Reads everybody concerned in one store call, and decides by [`may_go_on`].
pub async fn ask_again(
    ctx: &Context,
    owner: UserId,
    by: &[UserId],
    touched: &[Touched],
) -> Result<std::result::Result<(), Barred>> {
    let mut ids: Vec<UserId> = vec![owner];
    for id in by.iter().copied().chain(touched.iter().map(|thing| thing.owner)) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let users = read(ctx.store.as_ref(), &ids).await?;
    let user = |id: UserId| users.iter().find(|user| user.id == id);
    let by: Vec<&User> = by.iter().filter_map(|id| user(*id)).collect();
    let touched: Vec<_> = touched.iter().map(|thing| (thing.what.clone(), user(thing.owner))).collect();
    Ok(may_go_on(user(owner), &by, &touched))
}

async fn read(store: &dyn Store, ids: &[UserId]) -> Result<Vec<User>> {
    let keys = ids.iter().map(|id| (&super::USERS, Key::of(id.0))).collect();
    let items = store.get_many(keys).await?.into_iter().flatten();
    items.map(|item| Ok(entity::from_item::<User>(item)?.value)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Quota, Role};
    use super::*;
    use crate::names::Email;

    fn user(id: i64, role: Role, brought_by: Option<i64>) -> User {
        User {
            id: UserId(id),
            username: format!("user{id}"),
            email: Email::parse("email", "a@example.com").unwrap(),
            email_verified: false,
            verification_sent_at: None,
            email_proofs: Vec::new(),
            password_hash: String::new(),
            api_key_hash: String::new(),
            role,
            status: UserStatus::Active,
            quota: Quota::default(),
            generation: 0,
            revoked_sessions: Vec::new(),
            more_revoked_until: None,
            known_sources: Vec::new(),
            brought_by: brought_by.map(UserId),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn thing(owner: &User) -> [(String, Option<&User>); 1] {
        [("certificate 1".to_owned(), Some(owner))]
    }

    #[test]
    fn a_distributor_reaches_their_customers_until_they_are_one_no_more() {
        let (mut distributor, customer) = (user(2, Role::Distributor, None), user(3, Role::User, Some(2)));
        assert_eq!(may_go_on(Some(&distributor), &[], &thing(&customer)), Ok(()));
        distributor.role = Role::User;
        let barred = may_go_on(Some(&distributor), &[], &thing(&customer)).unwrap_err();
        assert_eq!(
            barred.to_string(),
            "stopped: user2 may no longer reach certificate 1; somebody who may has to do it"
        );
        assert_eq!(may_go_on(Some(&distributor), &[], &thing(&distributor)), Ok(()));
    }

    #[test]
    fn who_is_not_active_does_nothing_and_lets_nobody() {
        let (mut admin, mut owner, other) =
            (user(1, Role::Admin, None), user(2, Role::User, None), user(3, Role::User, None));
        assert_eq!(may_go_on(Some(&owner), &[&admin], &thing(&other)), Ok(()));
        admin.status = UserStatus::Suspended;
        assert!(matches!(may_go_on(Some(&owner), &[&admin], &thing(&other)), Err(Barred::OutOfReach { .. })));
        admin.status = UserStatus::Active;
        admin.role = Role::User;
        assert!(may_go_on(Some(&owner), &[&admin], &thing(&other)).is_err());
        owner.status = UserStatus::Suspended;
        assert!(matches!(may_go_on(Some(&owner), &[], &thing(&owner)), Err(Barred::Suspended(_))));
        owner.status = UserStatus::Deleted;
        assert_eq!(may_go_on(Some(&owner), &[], &[]), Err(Barred::Deleted));
        assert_eq!(may_go_on(None, &[], &[]), Err(Barred::Deleted));
    }
}
