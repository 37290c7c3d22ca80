use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{EntropyExt, SecretName};
use domain::users::{SESSION_LIFETIME, Session, User};
use domain::{Context, Error, Result};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;

/// How often keys are read again when a token names one that is not known.
const REREAD_AFTER: Duration = Duration::from_secs(60);

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Audience {
    #[serde(rename = "session")]
    Session,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: Audience,
    sub: String,
    jti: String,
    iat: i64,
    exp: i64,
    #[serde(rename = "gen", default)]
    generation: u64,
    /// When the user gave their password (OpenID Connect Core §2); a refreshed token keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

#[derive(Clone, Serialize, Deserialize)]
struct SigningKey {
    kid: String,
    key: String,
}

#[derive(Default)]
struct Keys {
    known: Vec<SigningKey>,
    read_at: Option<Timestamp>,
}

impl Keys {
    /// Whether they were read from the vault a short while ago.
    fn are_fresh(&self, ctx: &Context) -> bool {
        let since = |at: Timestamp| ctx.clock.now().duration_since(at).as_secs();
        self.read_at.is_some_and(|at| since(at) < REREAD_AFTER.as_secs().cast_signed())
    }
}

/// Makes and reads tokens (JWT, RFC 7519): HS256 only, with a key that lives in the vault. The version before the
/// current key is still accepted, so that a key can be replaced without ending sessions.
#[derive(Default)]
pub struct Tokens {
    keys: RwLock<Keys>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// Reads the signing key ahead of the first request.
    pub async fn warm(&self, ctx: &Context) -> Result<()> {
        self.current(ctx).await.map(drop)
    }

    /// A token for a new session of the user.
    pub async fn new_session(&self, ctx: &Context, user: &User) -> Result<String> {
        let logged_in_at = ctx.clock.now().as_second();
        self.sign(ctx, user, ctx.entropy.hex::<16>(), Some(logged_in_at)).await
    }

    /// Another token for a session, good for its full time from now; logging out ends them all.
    pub async fn refresh_session(&self, ctx: &Context, user: &User, session: &Session) -> Result<String> {
        let logged_in_at = session.logged_in_at.map(Timestamp::as_second);
        self.sign(ctx, user, session.id.clone(), logged_in_at).await
    }

    /// The session of a token. Whether it was revoked is for the domain to say.
    pub async fn read_session(&self, ctx: &Context, token: &str) -> Result<Session> {
        let wrong = || Error::Unauthenticated("the token is not valid; log in again".into());
        let claims = self.read(ctx, token).await?.ok_or_else(wrong)?;
        let user = claims.sub.parse().map(domain::ids::UserId).map_err(|_| wrong())?;
        let until = Timestamp::from_second(claims.exp).map_err(|_| wrong())?;
        let logged_in_at = claims.auth_time.and_then(|at| Timestamp::from_second(at).ok());
        Ok(Session { id: claims.jti, user, generation: claims.generation, until, logged_in_at })
    }

    async fn sign(&self, ctx: &Context, user: &User, jti: String, auth_time: Option<i64>) -> Result<String> {
        let now = ctx.clock.now();
        let exp = now.checked_add(SESSION_LIFETIME).map_err(|e| Error::Internal(e.to_string()))?.as_second();
        let claims = Claims {
            aud: Audience::Session,
            sub: user.id.to_string(),
            jti,
            iat: now.as_second(),
            exp,
            generation: user.generation,
            auth_time,
        };
        let key = self.current(ctx).await?;
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key.kid.clone());
        let key = EncodingKey::from_secret(&decode(&key)?);
        jsonwebtoken::encode(&header, &claims, &key).map_err(|e| Error::Internal(format!("token: {e}")))
    }

    async fn read(&self, ctx: &Context, token: &str) -> Result<Option<Claims>> {
        let Some(kid) = jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid) else {
            return Ok(None);
        };
        let Some(key) = self.by_kid(ctx, &kid).await? else { return Ok(None) };
        let mut validation = Validation::new(Algorithm::HS256);
        // Time is compared with the domain's clock below; the audience is an enum of ours.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let Ok(data) = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(&decode(&key)?), &validation)
        else {
            return Ok(None);
        };
        let good = data.claims.exp > ctx.clock.now().as_second();
        Ok(good.then_some(data.claims))
    }

    async fn current(&self, ctx: &Context) -> Result<SigningKey> {
        {
            let keys = self.keys.read().await;
            // Another process may have put a new one into the vault: what it replaced is refused one day.
            if let Some(key) = keys.known.first().filter(|_| keys.are_fresh(ctx)) {
                return Ok(key.clone());
            }
        }
        self.reread(ctx).await?;
        self.keys.read().await.known.first().cloned().ok_or_else(|| Error::Internal("no signing key".into()))
    }

    async fn by_kid(&self, ctx: &Context, kid: &str) -> Result<Option<SigningKey>> {
        let find = |keys: &Keys| keys.known.iter().find(|key| key.kid == kid).cloned();
        {
            let keys = self.keys.read().await;
            let found = find(&keys);
            if found.is_some() || keys.are_fresh(ctx) {
                return Ok(found);
            }
        }
        self.reread(ctx).await?;
        Ok(find(&*self.keys.read().await))
    }

    async fn reread(&self, ctx: &Context) -> Result<()> {
        let mut keys = self.keys.write().await;
        let name = SecretName("http/signing-key".into());
        if ctx.vault.get(&name).await?.is_none() {
            let key = STANDARD.encode(ctx.entropy.bytes::<32>());
            let new = SigningKey { kid: ctx.entropy.hex::<4>(), key };
            let text = serde_json::to_string(&new).map_err(|e| Error::Internal(e.to_string()))?;
            // Of several processes that start at once, all take the key of one.
            ctx.vault.create(&name, &SecretString::from(text)).await?;
        }
        let stored = [ctx.vault.get(&name).await?, ctx.vault.previous(&name).await?];
        keys.known = stored
            .iter()
            .flatten()
            .map(|text| serde_json::from_str(text.expose_secret()))
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| Error::Internal("the signing key in the vault cannot be read".into()))?;
        keys.read_at = Some(ctx.clock.now());
        Ok(())
    }
}

fn decode(key: &SigningKey) -> Result<Vec<u8>> {
    STANDARD.decode(&key.key).map_err(|_| Error::Internal("the signing key in the vault cannot be read".into()))
}
