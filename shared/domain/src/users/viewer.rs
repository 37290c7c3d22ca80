use super::Role;
use crate::ids::UserId;
use crate::{Error, Result};

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
    /// Whether they may see and change what `owner` has: their own things, and an administrator everything.
    pub fn may_reach(&self, owner: UserId) -> bool {
        self.user == owner || self.role == Role::Admin
    }

    /// Refuses everybody but administrators.
    pub fn require_admin(&self) -> Result<()> {
        match self.role {
            Role::Admin => Ok(()),
            Role::Distributor | Role::User => Err(Error::Forbidden("only an administrator may do this".into())),
        }
    }
}
