use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{Clock, Entropy, EntropyExt, Mail, MailError, Mailer};
use lettre::Address;
use lettre::message::Mailbox;
use tokio::fs::{DirBuilder, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::message::compose;

/// Writes mail to files, and to the log, where no mail server is configured.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    from: Mailbox,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Directory {
    /// Writes to the directory `mail` in the data directory, made with the first mail.
    pub fn new(data: &Path, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, MailError> {
        let from = Address::new("steward", "localhost").map_err(|e| MailError(e.to_string()))?;
        Ok(Self { path: data.join("mail"), from: Mailbox::new(None, from), clock, entropy })
    }

    /// Mail carries tokens: nobody but Steward's own user may read it.
    async fn write(&self, file: &Path, content: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path).await?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).await?;
        file.write_all(content).await?;
        file.sync_all().await
    }
}

#[async_trait]
impl Mailer for Directory {
    fn kept_in(&self) -> Option<&Path> {
        Some(&self.path)
    }

    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from, &*self.clock, &*self.entropy)?;
        let time = self.clock.now().strftime("%Y%m%dT%H%M%S%.3fZ");
        let file = self.path.join(format!("{time}-{}.eml", self.entropy.hex::<4>()));
        let written = self.write(&file, &message.formatted()).await;
        written.map_err(|e| MailError(format!("{}: {e}", file.display())))?;
        tracing::info!(
            to = mail.to,
            subject = mail.subject,
            file = %file.display(),
            body = mail.body,
            "no mail server is configured: mail written to a file",
        );
        Ok(())
    }
}
