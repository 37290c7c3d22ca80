use std::fmt;
use std::path::Path;

use async_trait::async_trait;

/// A plain-text message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Why a message was not handed over.
#[derive(Debug, thiserror::Error)]
#[error("the mail was not accepted: {0}")]
pub struct MailError(pub String);

/// Hands messages to a mail server, or to a directory where none is configured.
#[async_trait]
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Whether there is anywhere to hand messages to.
    fn is_set(&self) -> bool {
        true
    }

    /// The directory where messages are kept instead of sent, if no server is set.
    fn kept_in(&self) -> Option<&Path> {
        None
    }

    /// Returns when the message was accepted.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
