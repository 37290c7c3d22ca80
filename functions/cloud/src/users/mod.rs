//! Users (004 §1, §2.2).

pub mod delete;
pub mod get;
pub mod list;
pub mod login;
pub mod profile;
pub mod reactivate;
pub mod regenerate_key;
pub mod register;
pub mod suspend;
pub mod update;
pub mod update_profile;

use domain::users::{Quota, User};
use serde::{Deserialize, Serialize};
use steward_http::Time;
use steward_http::schema::{UserRole, Username};
use utoipa::ToSchema;

use crate::schema::UserState;

/// A user.
#[derive(Serialize, ToSchema)]
pub struct Profile {
    id: i64,
    #[schema(value_type = Username)]
    username: String,
    email: String,
    /// Whether they proved that the address is theirs.
    email_verified: bool,
    /// `admin`, `distributor` or `user`.
    #[schema(value_type = UserRole)]
    role: &'static str,
    /// `active`, `suspended` or `deleted`.
    #[schema(value_type = UserState)]
    status: &'static str,
    quota: QuotaBody,
    created_at: Time,
    updated_at: Time,
}

/// How much a user may have.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaBody {
    /// How many certificates.
    certificates: u32,
}

impl From<QuotaBody> for Quota {
    fn from(body: QuotaBody) -> Self {
        Self { certificates: body.certificates }
    }
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            username: user.username,
            email: user.email.to_string(),
            email_verified: user.email_verified,
            role: user.role.as_str(),
            status: user.status.as_str(),
            quota: QuotaBody { certificates: user.quota.certificates },
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
        }
    }
}
