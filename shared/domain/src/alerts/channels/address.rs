use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Channel, Service};
use crate::names::Email;
use crate::ports::{Address, EntropyExt};
use crate::{Context, Error, Result};

/// The longest URL, token or secret.
pub const LONGEST: usize = 2048;
/// Telegram's own.
const TELEGRAM: &str = "https://api.telegram.org";

/// What a person gives of where messages go; which of it is needed depends on the kind.
#[derive(Debug, Default)]
pub struct Given {
    /// `email`: to whom.
    pub address: Option<String>,
    /// `webhook`, `slack`, `dingtalk`, `wecom`, `feishu`: where to, with the token the provider put into it.
    pub url: Option<SecretString>,
    /// `webhook`, `dingtalk`, `feishu`: the key of the signature.
    pub secret: Option<SecretString>,
    /// `telegram`: the bot's token.
    pub token: Option<SecretString>,
    /// `telegram`: the chat's number, or its `@name`.
    pub chat: Option<String>,
    /// `telegram`: a Bot API of one's own.
    pub base_url: Option<String>,
}

impl Given {
    /// Whether there is anything.
    pub fn is_nothing(&self) -> bool {
        let Self { address, url, secret, token, chat, base_url } = self;
        [address.is_none(), url.is_none(), secret.is_none(), token.is_none(), chat.is_none(), base_url.is_none()]
            .into_iter()
            .all(|none| none)
    }
}

/// What is kept of an address in the vault.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    url: Option<String>,
    secret: Option<String>,
    token: Option<String>,
}

/// An address that was checked: what is shown of it, and what is kept in the vault.
pub(super) struct Checked {
    pub service: Service,
    pub target: String,
    pub kept: Option<SecretString>,
    /// The secret of a webhook whose owner gave none: shown once.
    pub made: Option<SecretString>,
}

/// Checks what was given for a channel of this kind.
pub(super) fn check(ctx: &Context, kind: &str, given: Given) -> Result<Checked> {
    let url = |field| needed(field, given.url.as_ref()).and_then(|url| checked_url(field, url));
    let optional = given.secret.as_ref().map(|secret| needed("secret", Some(secret))).transpose()?;
    let hook = |service, secret: Option<String>, made| {
        let (url, target) = url("url")?;
        Ok(Checked { service, target, kept: Some(keep(&Kept { url: Some(url), secret, token: None })?), made })
    };
    match kind {
        "email" => {
            let address = given.address.as_deref().ok_or_else(|| Error::invalid("address", "is needed"))?;
            let address = Email::parse("address", address)?;
            if !address.can_receive() {
                return Err(Error::invalid("address", "must be one that can receive mail"));
            }
            let target = address.to_string();
            Ok(Checked { service: Service::Email { address }, target, kept: None, made: None })
        }
        "webhook" => {
            let made = optional.is_none().then(|| ctx.entropy.hex::<32>());
            let secret = optional.or_else(|| made.clone());
            hook(Service::Webhook, secret, made.map(SecretString::from))
        }
        "slack" => hook(Service::Slack, None, None),
        "dingtalk" => hook(Service::Dingtalk, optional, None),
        "wecom" => hook(Service::Wecom, None, None),
        "feishu" => hook(Service::Feishu, optional, None),
        "telegram" => {
            let (base, target) = checked_url("base_url", given.base_url.unwrap_or_else(|| TELEGRAM.into()))?;
            let chat = given.chat.map(|chat| chat.trim().to_owned()).filter(|chat| !chat.is_empty());
            let chat = chat.ok_or_else(|| Error::invalid("chat_id", "is needed for this kind of channel"))?;
            if !is_chat(&chat) {
                let reason = "must be the id of a chat such as -1001234567890, or the @name of a channel";
                return Err(Error::invalid("chat_id", reason));
            }
            let token = needed("token", given.token.as_ref())?;
            if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":_-".contains(&byte)) {
                return Err(Error::invalid("token", "must be the token of a bot, as @BotFather shows it"));
            }
            let base = base.trim_end_matches('/').to_owned();
            let kept = keep(&Kept { token: Some(token), ..Kept::default() })?;
            Ok(Checked { service: Service::Telegram { base, chat }, target, kept: Some(kept), made: None })
        }
        _ => Err(Error::invalid("kind", "must be one of email, webhook, slack, telegram, dingtalk, wecom, feishu")),
    }
}

fn needed(field: &str, secret: Option<&SecretString>) -> Result<String> {
    let text = secret.map(|secret| secret.expose_secret().trim().to_owned()).unwrap_or_default();
    match text.len() {
        0 => Err(Error::invalid(field, "is needed for this kind of channel")),
        1..=LONGEST => Ok(text),
        _ => Err(Error::invalid(field, format!("must be at most {LONGEST} characters long"))),
    }
}

/// The URL as it is called, and its host, which is all that is shown of it.
fn checked_url(field: &str, text: String) -> Result<(String, String)> {
    let wrong = || Error::invalid(field, "must be a URL such as https://hooks.example.com/…, without a user name");
    let url = Url::parse(&text).map_err(|_| wrong())?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    match url.host_str() {
        Some(host) if matches!(url.scheme(), "https" | "http") && plain => {
            let host = host.to_owned();
            Ok((url.into(), host))
        }
        _ => Err(wrong()),
    }
}

fn is_chat(text: &str) -> bool {
    let name = |name: &str| name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.parse::<i64>().is_ok() || text.strip_prefix('@').is_some_and(name)
}

fn keep(kept: &Kept) -> Result<SecretString> {
    serde_json::to_string(kept).map(SecretString::from).map_err(|e| Error::Internal(e.to_string()))
}

/// Where the messages of a channel go; `None` for mail, which needs no secret of its own.
pub(in crate::alerts) async fn open(ctx: &Context, channel: &Channel) -> Result<Option<Address>> {
    if matches!(channel.service, Service::Email { .. }) {
        return Ok(None);
    }
    let missing = || Error::Internal(format!("the address of channel {} is not in the vault", channel.id));
    let kept = ctx.vault.get(&Channel::secret(channel.id)).await?.ok_or_else(missing)?;
    let Kept { url, secret, token } = serde_json::from_str(kept.expose_secret()).map_err(|_| missing())?;
    let (url, secret) = (url.map(SecretString::from), secret.map(SecretString::from));
    let url = || url.clone().ok_or_else(missing);
    Ok(Some(match &channel.service {
        Service::Email { .. } => return Ok(None),
        Service::Webhook => Address::Webhook { url: url()?, secret: secret.ok_or_else(missing)? },
        Service::Slack => Address::Slack { url: url()? },
        Service::Telegram { base, chat } => {
            let token = token.map(SecretString::from).ok_or_else(missing)?;
            Address::Telegram { base: base.clone(), token, chat: chat.clone() }
        }
        Service::Dingtalk => Address::Dingtalk { url: url()?, secret },
        Service::Wecom => Address::Wecom { url: url()? },
        Service::Feishu => Address::Feishu { url: url()?, secret },
    }))
}
