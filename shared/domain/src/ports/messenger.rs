//! The `Messenger` port: short messages to chat groups and webhooks.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

/// Where a message goes, with what it takes to be let in there. URLs are secret: whoever has one can write there.
#[derive(Clone, Debug)]
pub enum Address {
    /// A program of the owner's, which gets [`Message::json`], signed with the secret.
    Webhook {
        /// Where it listens.
        url: SecretString,
        /// The key of the signature.
        secret: SecretString,
    },
    /// An incoming webhook of Slack, or of what speaks like it.
    Slack {
        /// With its token.
        url: SecretString,
    },
    /// A bot of Telegram.
    Telegram {
        /// Where the Bot API is, without a final slash.
        base: String,
        /// The bot's token.
        token: SecretString,
        /// The chat's number, or its `@name`.
        chat: String,
    },
    /// A robot of a DingTalk group.
    Dingtalk {
        /// With its `access_token`.
        url: SecretString,
        /// The key of its `sign`, where the robot asks for one.
        secret: Option<SecretString>,
    },
    /// A robot of a WeCom group.
    Wecom {
        /// With its `key`.
        url: SecretString,
    },
    /// A bot of a Feishu (or Lark) group.
    Feishu {
        /// With its token.
        url: SecretString,
        /// The key of its `sign`, where the bot asks for one.
        secret: Option<SecretString>,
    },
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The same whenever it is sent again.
    pub id: String,
    /// Now; signatures are over it.
    pub at: Timestamp,
    /// One line.
    pub title: String,
    /// What follows it.
    pub text: String,
    /// The whole of it for programs.
    pub json: serde_json::Value,
}

/// Why a message was not taken. The reason names no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MessengerError {
    /// What the other side said, or why it could not be asked.
    pub reason: String,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// Hands messages over, within ten seconds each.
#[async_trait]
pub trait Messenger: Send + Sync + fmt::Debug {
    /// Returns when the other side said that it took the message, in its own words, not merely by an HTTP status.
    async fn send(&self, to: &Address, message: &Message) -> Result<(), MessengerError>;
}
