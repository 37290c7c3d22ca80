use std::time::SystemTime;

use domain::ports::{Clock, Entropy, EntropyExt, Mail, MailError};
use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;

/// The message as it goes over the wire.
pub fn compose(mail: &Mail, from: &Mailbox, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<Message, MailError> {
    let to = mail.to.parse().map_err(|_| MailError(format!("{:?} is not a mail address", mail.to)))?;
    // lettre would make both up from a clock and a generator of its own.
    let date = SystemTime::from(clock.now());
    let id = format!("<{}@{}>", entropy.hex::<16>(), from.email.domain());
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(&mail.subject)
        .date(date)
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone())
        .map_err(|e| MailError(e.to_string()))
}
