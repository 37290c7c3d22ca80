//! What the OpenAPI document says of this area's values: see [`steward_http::schema`].

use domain::acme::budget::LimitKind;
use domain::acme::{PROVIDER_NAME_MAX, PROVIDER_NAME_MIN, ROOT_CA_MAX};
use steward_http::described;
use steward_http::schema::{text, words};

described! {
    /// Whether an account may be used.
    pub AccountState = words(["active", "disabled", "deactivated"]);

    /// The name of a provider: lower-case letters, digits and dashes.
    pub ProviderName =
        text(PROVIDER_NAME_MIN, PROVIDER_NAME_MAX).pattern(Some("^[a-z0-9-]+$")).examples(["internal-ca"]);

    /// Whether a provider may be used.
    pub ProviderState = words(["active"]);

    /// Root certificates, PEM.
    pub ProviderRoot = text(0, ROOT_CA_MAX);

    /// What a CA counts.
    pub LimitedThing = words(LimitKind::ALL.map(LimitKind::as_str));
}
