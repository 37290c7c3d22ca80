use std::net::IpAddr;

use super::{Server, ServerStatus};
use crate::certificates::checked_note;
use crate::entity::{self, Stored};
use crate::ids::{ServerId, UserId};
use crate::ports::StoreError;
use crate::{Context, Error, Result, counter};

/// The most servers somebody has.
const SERVERS_MAX: i64 = 1000;
/// The longest of a server's words, in characters.
pub const WORD_MAX: usize = 100;

/// The longest type, in characters.
pub const TYPE_MAX: usize = 32;

/// What a person says of a server.
#[derive(Clone, Debug, Default)]
pub struct NewServer {
    /// What serves its sites.
    pub r#type: String,
    /// What people call it.
    pub name: String,
    /// Its operating system; a test finds it out.
    pub system: String,
    /// Its address.
    pub ip_address: String,
    /// The version of what serves its sites; a test finds it out.
    pub version: String,
    /// Whether renewed certificates are deployed to it by themselves.
    pub auto_deploy: bool,
    /// A note.
    pub note: String,
}

/// Makes a server. How it is reached is said afterwards, by [`super::set_ssh`].
pub async fn create(ctx: &Context, owner: UserId, new: NewServer) -> Result<Stored<Server>> {
    let kind = new.r#type.trim().to_lowercase();
    if kind.is_empty() || kind.len() > TYPE_MAX || !kind.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    {
        let reason = format!("must be a word of at most {TYPE_MAX} letters and digits, such as nginx or apache");
        return Err(Error::invalid("type", reason));
    }
    let name = checked_name(&new.name)?;
    let system = word("system", &new.system)?;
    let version = word("version", &new.version)?;
    let address: IpAddr = new.ip_address.trim().parse().map_err(|_| {
        let reason = "must be an IP address such as 192.0.2.10 or 2001:db8::10; to reach the server by a name, set host \
                      with PUT /api/servers/{id}/ssh";
        Error::invalid("ip_address", reason)
    })?;
    let note = checked_note(new.note)?;

    let now = ctx.clock.now();
    let server = Server {
        id: ServerId(counter::next_id(ctx.store.as_ref(), "server").await?),
        owner,
        r#type: kind,
        name,
        system,
        ip_address: address.to_string(),
        version,
        status: ServerStatus::Unknown,
        auto_deploy: new.auto_deploy,
        note,
        ssh: None,
        last_update: None,
        created_at: now,
        updated_at: now,
    };
    let writes = vec![counter::add_one_up_to(&Server::total(owner), SERVERS_MAX), entity::insert(&server)?];
    match ctx.store.transact(writes).await {
        Ok(()) => Ok(entity::inserted(server)),
        Err(StoreError::Unexpected { index: 0 }) => {
            Err(Error::Conflict(format!("{SERVERS_MAX} servers is the most somebody has; delete some")))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn checked_name(text: &str) -> Result<String> {
    let name = word("name", text)?;
    if name.is_empty() { Err(Error::invalid("name", "must not be empty")) } else { Ok(name) }
}

fn word(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > WORD_MAX {
        return Err(Error::invalid(field, format!("must be at most {WORD_MAX} characters long")));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(field, "must be one line without control characters"));
    }
    Ok(text.to_owned())
}
