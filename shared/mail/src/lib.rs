//! Hands mail to an SMTP server; to a directory where none is configured.

mod directory;
mod message;
mod settings;
mod smtp;

pub use directory::Directory;
pub use settings::{SettingsError, SmtpSettings, Tls};
pub use smtp::Smtp;
