use super::{Role, User};
use crate::entity::{self, Entity, Stored};
use crate::ids::UserId;
use crate::ports::{Key, Store};
use crate::{Error, Result};

/// What belongs to a user.
pub trait Owned: Entity {
    /// Whose it is.
    fn owner(&self) -> UserId;
}

/// Who is asking, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user: UserId,
    /// What they are.
    pub role: Role,
    /// The address they come from.
    pub source: String,
}

impl Viewer {
    /// Whether they may see and change what `owner` has: their own things, an administrator everything, a
    /// distributor what the users they brought have (DESIGN §6). The one place that decides it.
    pub async fn may_reach(&self, store: &dyn Store, owner: UserId) -> Result<bool> {
        match self.role {
            _ if self.user == owner => Ok(true),
            Role::Admin => Ok(true),
            Role::User => Ok(false),
            Role::Distributor => {
                let owner: Option<Stored<User>> = entity::find(store, Key::of(owner.0)).await?;
                Ok(owner.is_some_and(|owner| self.reaches(&owner.value)))
            }
        }
    }

    /// The same, of an owner who has been read.
    pub fn reaches(&self, owner: &User) -> bool {
        match self.role {
            _ if self.user == owner.id => true,
            Role::Admin => true,
            Role::User => false,
            Role::Distributor => owner.brought_by == Some(self.user),
        }
    }

    /// Gives [`Error::NotFound`] for `what` unless they may reach `owner`: what is not theirs does not exist.
    pub async fn require(&self, store: &dyn Store, owner: UserId, what: &'static str) -> Result<()> {
        if self.may_reach(store, owner).await? { Ok(()) } else { Err(Error::NotFound { what }) }
    }

    /// Refuses everybody but administrators.
    pub fn require_admin(&self) -> Result<()> {
        match self.role {
            Role::Admin => Ok(()),
            Role::Distributor | Role::User => Err(Error::Forbidden("only an administrator may do this".into())),
        }
    }
}
