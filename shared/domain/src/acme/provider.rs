use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::budget::Limit;
use crate::entity::{self, Entity};
use crate::ids::ProviderId;
use crate::ports::{Attribute, Directory, Item, Key, Query, Store, StoreError, Table};
use crate::users::Viewer;
use crate::{Context, Error, Result, counter};

/// The providers that administrators added; the well-known ones are part of Steward.
pub static PROVIDERS: Table = Table {
    name: "acme_providers",
    partition: Attribute::text("list"),
    sort: Some(Attribute::text("name")),
    indexes: &[],
    ttl: None,
};

/// All added providers are in one partition: they are few, and listed together.
const LIST: &str = "providers";

/// The longest root certificates of a provider, in bytes.
pub const ROOT_CA_MAX: usize = 64 * 1024;

/// The shortest name of a provider, in characters.
pub const PROVIDER_NAME_MIN: usize = 2;
/// The longest name of a provider, in characters.
pub const PROVIDER_NAME_MAX: usize = 40;

/// A certificate authority one can have accounts at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// Its name, unique and never changed.
    pub name: String,
    /// Where it is reached.
    pub directory: Directory,
    /// Whether an account needs external account binding.
    pub requires_eab: bool,
    /// The limits of the CA, where they are not those it is known for.
    #[serde(default)]
    pub limits: Option<Vec<Limit>>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Entity for Provider {
    const TABLE: &'static Table = &PROVIDERS;
    const NAME: &'static str = "provider";

    fn key(&self) -> Key {
        Key::pair(LIST, self.name.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("list".into(), LIST.into());
    }
}

/// The directories of the well-known providers, as each CA publishes them, with the ids document 002 gives.
const WELL_KNOWN: [(i64, &str, &str, bool); 4] = [
    (1, "letsencrypt", "https://acme-v02.api.letsencrypt.org/directory", false),
    (2, "google", "https://dv.acme-v02.api.pki.goog/directory", true),
    (3, "zerossl", "https://acme.zerossl.com/v2/DV90", true),
    (4, "letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory", false),
];

fn well_known() -> impl Iterator<Item = Provider> {
    WELL_KNOWN.into_iter().map(|(id, name, url, requires_eab)| Provider {
        id: ProviderId(id),
        name: name.to_owned(),
        directory: Directory { url: url.to_owned(), root_ca_pem: None },
        requires_eab,
        limits: None,
        created_at: Timestamp::constant(1_768_903_200, 0),
    })
}

/// The name people know a provider by, as document 000 spells it.
pub fn display_name(provider: &str) -> &str {
    match provider {
        "letsencrypt" => "Let's Encrypt",
        "google" => "Google",
        "zerossl" => "ZeroSSL",
        other => other,
    }
}

/// Every provider, by id.
pub async fn providers(store: &dyn Store) -> Result<Vec<Provider>> {
    let mut all: Vec<Provider> = well_known().collect();
    let added = entity::every::<Provider>(store, Query::of(&PROVIDERS, LIST)).await?;
    all.extend(added.into_iter().map(|row| row.value));
    all.sort_by_key(|provider| provider.id);
    Ok(all)
}

/// The provider with this name, in Steward's or document 000's spelling; no store call for a well-known one.
pub async fn find_provider(store: &dyn Store, field: &str, name: &str) -> Result<Provider> {
    let wanted = name.trim();
    let same = |provider: &Provider| {
        provider.name.eq_ignore_ascii_case(wanted) || display_name(&provider.name).eq_ignore_ascii_case(wanted)
    };
    if let Some(provider) = well_known().find(same) {
        return Ok(provider);
    }
    let key = Key::pair(LIST, wanted.to_lowercase());
    let added = if wanted.is_empty() { None } else { entity::find::<Provider>(store, key).await? };
    added.map(|provider| provider.value).ok_or_else(|| {
        let shown: String = wanted.chars().take(64).collect();
        let reason = format!("no provider is called '{shown}'; GET /api/v1/acme/providers lists them");
        Error::invalid(field, reason)
    })
}

/// What an administrator gives to add a provider.
#[derive(Debug)]
pub struct NewProvider {
    /// 2 to 40 lower-case letters, digits and dashes.
    pub name: String,
    /// The CA's directory URL, https.
    pub directory_url: String,
    /// Whether accounts need external account binding.
    pub requires_eab: bool,
    /// The root of the CA's own TLS certificate, PEM, when it is not a public one.
    pub root_ca_pem: Option<String>,
    /// The limits the CA publishes; those of the well-known CAs are known.
    pub limits: Option<Vec<Limit>>,
}

/// Adds a provider.
pub async fn add_provider(ctx: &Context, viewer: &Viewer, new: NewProvider) -> Result<Provider> {
    viewer.require_admin()?;
    let name = new.name;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(PROVIDER_NAME_MIN..=PROVIDER_NAME_MAX).contains(&name.len()) || !name.chars().all(allowed) {
        let reason = format!("must be {PROVIDER_NAME_MIN} to {PROVIDER_NAME_MAX} lower-case letters, digits or dashes");
        return Err(Error::invalid("name", reason));
    }
    if well_known().any(|provider| provider.name == name) {
        return Err(taken(&name));
    }
    let url = url::Url::parse(&new.directory_url).ok().filter(|url| url.scheme() == "https" && url.has_host());
    let url = url.ok_or_else(|| {
        Error::invalid("directoryUrl", "must be the https URL of an ACME directory, e.g. https://ca.example.com/dir")
    })?;
    let root_ca_pem = new.root_ca_pem.filter(|pem| !pem.trim().is_empty());
    let directory = Directory { url: url.to_string(), root_ca_pem };
    let too_long = directory.root_ca_pem.as_ref().is_some_and(|pem| pem.len() > ROOT_CA_MAX);
    // The URL is good by now: what is wrong is the root.
    if too_long || ctx.ca.check(&directory).is_err() {
        return Err(Error::invalid("rootCaPem", "must be one or more certificates in PEM, 64 KiB at most"));
    }

    let number = counter::next_id(ctx.store.as_ref(), "acme-provider").await?;
    let provider = Provider {
        id: ProviderId(WELL_KNOWN.len() as i64 + number),
        name,
        directory,
        requires_eab: new.requires_eab,
        limits: new.limits,
        created_at: ctx.clock.now(),
    };
    match ctx.store.write(entity::insert(&provider)?).await {
        Ok(()) => Ok(provider),
        Err(StoreError::Unexpected { .. }) => Err(taken(&provider.name)),
        Err(error) => Err(error.into()),
    }
}

fn taken(name: &str) -> Error {
    Error::Conflict(format!("name: a provider called '{name}' exists already"))
}
