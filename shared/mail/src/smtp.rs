use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Clock, Entropy, Mail, MailError, Mailer};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{self, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::message::compose;
use crate::settings::{SmtpSettings, Tls};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Hands mail to an SMTP server, over a new connection for each.
pub struct Smtp {
    server: String,
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Smtp {
    /// Connects to nothing yet.
    pub fn new(settings: SmtpSettings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, MailError> {
        let SmtpSettings { host, port, tls, login, from, root_pem } = settings;
        let parameters = || parameters(&host, root_pem.as_deref());
        let tls = match tls {
            Tls::Wrapped => client::Tls::Wrapper(parameters()?),
            Tls::Required => client::Tls::Required(parameters()?),
            Tls::Opportunistic => client::Tls::Opportunistic(parameters()?),
            Tls::None => client::Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host)
            .port(port)
            .tls(tls)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .timeout(Some(TIMEOUT));
        if let Some((user, password)) = login {
            transport = transport.credentials(Credentials::new(user, password.expose_secret().to_owned()));
        }
        Ok(Self { server: format!("{host}:{port}"), from, transport: transport.build(), clock, entropy })
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The transport holds the password.
        f.debug_struct("Smtp").field("server", &self.server).field("from", &self.from).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from, &*self.clock, &*self.entropy)?;
        let sent = self.transport.send(message).await;
        sent.map_err(|e| MailError(format!("{}: {e}", self.server)))?;
        tracing::info!(to = mail.to, subject = mail.subject, server = self.server, "mail handed over");
        Ok(())
    }
}

fn parameters(host: &str, root_pem: Option<&str>) -> Result<TlsParameters, MailError> {
    let error = |e: lettre::transport::smtp::Error| MailError(format!("TLS with {host}: {e}"));
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(pem) = root_pem {
        parameters = parameters.add_root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(error)?);
    }
    parameters.build().map_err(error)
}
