//! What the OpenAPI document says of a value beside its type. Fields name these types by `#[schema(value_type = …)]`,
//! so that lengths, ranges and words come from the constants that the rules use.

use domain::list::{PAGE_MAX, PER_PAGE_MAX, SEARCH_MAX};
use domain::names::{DOMAIN_MAX, EMAIL_MAX};
use domain::users::{PASSWORD_MAX, PASSWORD_MIN, Role, USERNAME_MAX, USERNAME_MIN};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, Type};

/// A text of so many characters.
pub fn text(min: usize, max: usize) -> ObjectBuilder {
    let min = (min > 0).then_some(min);
    ObjectBuilder::new().schema_type(Type::String).min_length(min).max_length(Some(max))
}

/// A whole number of a range.
pub fn number(min: i64, max: i64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(min))
        .maximum(Some(max))
}

/// One of these words.
pub fn words(words: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words))
}

/// Declares types that only the OpenAPI document knows: `pub Port = number(1, 65535);`.
#[macro_export]
macro_rules! described {
    ($($(#[doc = $doc:literal])+ $visibility:vis $name:ident = $schema:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema.description(Some(concat!($($doc, "\n"),+).trim())).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

described! {
    /// A page, from 1.
    pub Page = number(1, PAGE_MAX.into()).default(Some(1.into()));

    /// How many rows a page has.
    pub PerPage = number(1, PER_PAGE_MAX.into());

    /// What to look for, without regard to case.
    pub Search = text(0, SEARCH_MAX);

    /// The name of a user: letters, digits, dots, dashes and underscores.
    pub Username = text(USERNAME_MIN, USERNAME_MAX).pattern(Some("^[A-Za-z0-9._-]+$")).examples(["anna"]);

    /// A new password.
    pub NewPassword = text(PASSWORD_MIN, PASSWORD_MAX)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .examples(["correct horse battery"]);

    /// An e-mail address.
    pub EmailAddress = text(3, EMAIL_MAX)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .examples(["anna@example.com"]);

    /// What a user is.
    pub UserRole = words(Role::ALL.map(Role::as_str)).examples(["user"]);

    /// A DNS name, in Unicode or in ASCII.
    pub Domain = text(1, DOMAIN_MAX).examples(["example.com"]);

    /// A port.
    pub Port = number(1, u16::MAX.into());
}
