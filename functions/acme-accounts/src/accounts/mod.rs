//! ACME accounts (002 §1 to §6).

pub mod create;
pub mod delete;
pub mod disable;
pub mod enable;
pub mod list;
pub mod set_default;

use domain::acme::AccountStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema::AccountState;

/// An account, by its id.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRef {
    id: i64,
}

/// An account's new status.
#[derive(Serialize, ToSchema)]
pub struct StatusItem {
    id: i64,
    /// `active`, `disabled`, or `deactivated` (by the CA).
    #[schema(value_type = AccountState)]
    status: &'static str,
}

fn word(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "active",
        AccountStatus::Disabled => "disabled",
        AccountStatus::Deactivated => "deactivated",
    }
}
