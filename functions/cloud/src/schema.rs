//! What the OpenAPI document says of this area's values: see [`steward_http::schema`].

use domain::users::UserStatus;
use steward_http::described;
use steward_http::schema::words;

described! {
    /// Whether a user may act.
    pub UserState = words(UserStatus::ALL.map(UserStatus::as_str));
}
