//! Users (003 §1.1 to §1.3).

pub mod add;
pub mod login;
pub mod send_verification_email;
pub mod verify_email;

use serde::Serialize;
use utoipa::ToSchema;

/// It worked.
#[derive(Serialize, ToSchema)]
pub struct Message {
    message: &'static str,
}
