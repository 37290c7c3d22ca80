use std::sync::Arc;

use async_trait::async_trait;
use aws::Aws;
use domain::ports::{Clock, Entropy, Mail, MailError, Mailer};
use mail::{Smtp, SmtpSettings};
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;

/// Hands mail to the server whose URL is in a secret of Secrets Manager, read when the first mail is sent.
#[derive(Debug)]
pub(crate) struct SmtpBySecret {
    pub aws: Aws,
    pub secret: Option<String>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub smtp: OnceCell<Smtp>,
}

impl SmtpBySecret {
    async fn open(&self) -> Result<Smtp, MailError> {
        let none = "no mail server is set: put its URL into a secret and name that in the stack's parameter SmtpSecret";
        let secret = self.secret.as_deref().ok_or_else(|| MailError(none.into()))?;
        let url = self.aws.secret(secret).await.map_err(|error| MailError(error.to_string()))?;
        let settings: SmtpSettings = url
            .expose_secret()
            .trim()
            .parse()
            .map_err(|error: mail::SettingsError| MailError(format!("the secret {secret}: {error}")))?;
        Smtp::new(settings, Arc::clone(&self.clock), Arc::clone(&self.entropy))
    }
}

#[async_trait]
impl Mailer for SmtpBySecret {
    fn is_set(&self) -> bool {
        self.secret.is_some()
    }

    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.smtp.get_or_try_init(|| self.open()).await?.send(mail).await
    }
}
