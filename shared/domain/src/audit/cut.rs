use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;

use super::AUDIT;
use crate::entity::{self, Entity};
use crate::ports::{EntropyExt, Item, Key, SecretName, Store, Table, Vault};
use crate::{Context, Error, Result};

const CUT: &str = "cut";
/// Where the trail begins since its oldest entries were removed. It is signed with a key of the vault: who can write the
/// rows alone cannot cut the trail unseen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The number of the last entry that was removed.
    pub seq: u64,
    /// Its hash, which the first entry that is left names as the one before.
    pub hash: String,
    /// When the trail was cut.
    pub at: Timestamp,
    /// Entries from before this time were to be removed.
    pub before: Timestamp,
    /// HMAC-SHA-256 over all of it, hex.
    pub signature: String,
}

impl Entity for Cut {
    const TABLE: &'static Table = &AUDIT;
    const NAME: &'static str = "audit trail's cut";

    fn key(&self) -> Key {
        Self::at()
    }

    fn index(&self, item: &mut Item) {
        item.insert("trail".into(), CUT.into());
        item.insert("id".into(), CUT.into());
    }
}

impl Cut {
    /// The name of the secret that cuts are signed with.
    pub const KEY: &str = "audit/cut-key";

    pub(super) fn at() -> Key {
        Key::pair(CUT, CUT)
    }

    /// The cut as it is now, if the trail was ever cut.
    pub async fn now(store: &dyn Store) -> Result<Option<Self>> {
        Ok(entity::find::<Self>(store, Self::at()).await?.map(|cut| cut.value))
    }

    /// A cut after this entry.
    pub(super) async fn new(ctx: &Context, (seq, hash): (u64, String), before: Timestamp) -> Result<Self> {
        let name = SecretName(Self::KEY.into());
        let key = match ctx.vault.get(&name).await? {
            Some(key) => key,
            None => {
                // Of several at once, all take the key of one.
                ctx.vault.create(&name, &SecretString::from(ctx.entropy.hex::<32>())).await?;
                let created = ctx.vault.get(&name).await?;
                created.ok_or_else(|| Error::Internal("the key of the audit trail's cut is gone".into()))?
            }
        };
        let mut cut = Self { seq, hash, at: ctx.clock.now(), before, signature: String::new() };
        cut.signature = hex::encode(cut.code(&key)?.finalize().into_bytes());
        Ok(cut)
    }

    /// Whether it was signed with this vault's key.
    pub async fn is_genuine(&self, vault: &dyn Vault) -> Result<bool> {
        let Some(key) = vault.get(&SecretName(Self::KEY.into())).await? else { return Ok(false) };
        let Ok(signature) = hex::decode(&self.signature) else { return Ok(false) };
        Ok(self.code(&key)?.verify_slice(&signature).is_ok())
    }

    fn code(&self, key: &SecretString) -> Result<Hmac<Sha256>> {
        let canonical = json!(["steward-audit-cut-1", self.seq, self.hash, self.at, self.before]).to_string();
        let mut code = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes())
            .map_err(|error| Error::Internal(error.to_string()))?;
        code.update(canonical.as_bytes());
        Ok(code)
    }
}
