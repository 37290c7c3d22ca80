//! What a CA finds at `/.well-known/acme-challenge/{token}` (RFC 8555 §8.3): a site redirects that path to Steward, with
//! the mark of the owner whose orders it trusts. Without it anybody who has an account here could have a certificate for
//! the site: only the operator's own orders are answered so.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::entity::{self, Entity};
use crate::ids::{OperationId, UserId};
use crate::ports::{Attribute, Expect, Index, Item, Key, Projection, Query, StoreError, Table, Write};
use crate::{Context, Error, Result};

/// Answers, by token. `by_holder` tells those of an operation.
pub static HTTP_CHALLENGES: Table = Table {
    name: "http_challenges",
    partition: Attribute::text("token"),
    sort: None,
    indexes: &[Index {
        name: "by_holder",
        partition: Attribute::number("holder"),
        sort: Attribute::number("expires"),
        projection: Projection::Include(&["created_at"]),
    }],
    ttl: Some("expires"),
};

/// Longer than any order lives; what a crash leaves goes by itself.
const KEPT: SignedDuration = SignedDuration::from_hours(8 * 24);

/// The longest token; CAs send 43 characters.
const TOKEN_MAX: usize = 128;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct HttpChallenge {
    token: String,
    holder: OperationId,
    key_authorization: String,
    /// Who is told it only; rows of before are for everybody.
    #[serde(default)]
    mark: Option<String>,
    created_at: Timestamp,
}

impl Entity for HttpChallenge {
    const TABLE: &'static Table = &HTTP_CHALLENGES;
    const NAME: &'static str = "challenge";

    fn key(&self) -> Key {
        Key::of(self.token.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("expires".into(), self.expires().as_second().into());
    }
}

impl HttpChallenge {
    fn expires(&self) -> Timestamp {
        self.created_at.checked_add(KEPT).unwrap_or(Timestamp::MAX)
    }
}

/// Whether a CA can have made this token: base64url (RFC 8555 §8.3).
pub fn is_token(text: &str) -> bool {
    (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// What a site that trusts the orders of this owner redirects with: the same for ever, and another for each owner.
pub fn mark(owner: UserId) -> String {
    let digest = Sha256::digest(format!("http-01/{owner}"));
    hex::encode(&digest[..16])
}

/// Who is told an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Sites that redirect to Steward at all: the answer is to an order of the operator's, or to a renewal.
    Everybody,
    /// Sites that redirect with the mark of this owner.
    SitesOf(UserId),
}

/// Answers a token with its key authorization, for an operation. Safe to repeat. A token belongs to the order that had it
/// first: a CA that somebody runs could name one of another order's, and replace or remove what a real CA looks for.
pub async fn publish(
    ctx: &Context,
    holder: OperationId,
    audience: Audience,
    token: &str,
    key_authorization: &str,
) -> Result<()> {
    if !is_token(token) {
        return Err(Error::Conflict("the CA sent a token that is not base64url (RFC 8555 §8.3)".into()));
    }
    let challenge = HttpChallenge {
        token: token.to_owned(),
        holder,
        key_authorization: key_authorization.to_owned(),
        mark: match audience {
            Audience::Everybody => None,
            Audience::SitesOf(owner) => Some(mark(owner)),
        },
        created_at: ctx.clock.now(),
    };
    match ctx.store.write(entity::insert(&challenge)?).await {
        Ok(()) => Ok(()),
        Err(StoreError::Unexpected { .. }) => {
            match entity::find::<HttpChallenge>(ctx.store.as_ref(), challenge.key()).await? {
                Some(found) if found.value.holder == holder => Ok(()),
                _ => Err(Error::Conflict("the CA sent a token that another order has; order again".into())),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes back every answer of an operation. Safe to repeat.
pub async fn remove(ctx: &Context, holder: OperationId) -> Result<()> {
    let mut query = Query::of(&HTTP_CHALLENGES, holder.0);
    query.index = Some("by_holder");
    loop {
        let page = ctx.store.query(query.clone()).await?;
        for item in page.items {
            let Some(token) = item.get("token").and_then(serde_json::Value::as_str) else { continue };
            let key = Key::of(token);
            ctx.store.write(Write::Delete { table: &HTTP_CHALLENGES, key, expect: Expect::Any }).await?;
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The key authorization of a token, for a site that redirects with this mark. What no CA can have asked for is not
/// looked up.
pub async fn answer(ctx: &Context, token: &str, mark: Option<&str>) -> Result<String> {
    let not_found = || Error::NotFound { what: HttpChallenge::NAME };
    if !is_token(token) {
        return Err(not_found());
    }
    let challenge = entity::load::<HttpChallenge>(ctx.store.as_ref(), Key::of(token)).await?.value;
    let told = challenge.mark.as_deref().is_none_or(|own| mark == Some(own));
    if !told || challenge.expires() <= ctx.clock.now() {
        return Err(not_found());
    }
    Ok(challenge.key_authorization)
}
