use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use lettre::Address;
use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::{Host, Url};

/// Where and how mail is handed over, from a URL:
///
/// | URL | connection | port unless given |
/// |---|---|---|
/// | `smtps://user:password@host` | TLS from the start | 465 |
/// | `smtp://user:password@host` | STARTTLS, or none to this very machine | 587, or 25 |
/// | `smtp://host?tls=required` | STARTTLS, or no mail | 587 |
/// | `smtp://host?tls=opportunistic` | STARTTLS where the server has it | 587 |
/// | `smtp://host?tls=none` | no TLS: anyone on the way reads the mail and the password | 25 |
///
/// User and password are percent-encoded, and may be left out. The sender is what `from=steward%40example.com` says,
/// else `steward@host`, or `steward@localhost` when the host is an address. Its domain is also the name that the
/// server is greeted with.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// User and password.
    pub login: Option<(String, SecretString)>,
    /// The sender.
    pub from: Mailbox,
    /// Certificates, in PEM, that are trusted beside the public ones.
    pub root_pem: Option<String>,
}

/// How an SMTP connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the start.
    Wrapped,
    /// By STARTTLS, or not used at all.
    Required,
    /// By STARTTLS, where the server offers it.
    Opportunistic,
    /// Not.
    None,
}

/// What is wrong with the URL of the mail server. The URL, which holds a password, is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL of the mail server {0}")]
pub struct SettingsError(String);

impl FromStr for SmtpSettings {
    type Err = SettingsError;

    fn from_str(url: &str) -> Result<Self, SettingsError> {
        let error = |why: &str| SettingsError(why.to_owned());
        let url = Url::parse(url).map_err(|e| SettingsError(format!("is not one: {e}")))?;
        // `smtp` is no scheme whose host the URL standard parses: an address is a mere name to it.
        let host = match url.host() {
            None => return Err(error("names no host")),
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
        };
        let mut asked_tls = None;
        let mut from = None;
        for (name, value) in url.query_pairs() {
            match &*name {
                "tls" => asked_tls = Some(value.into_owned()),
                "from" => from = Some(value.into_owned()),
                _ => return Err(error("has another parameter than tls and from")),
            }
        }
        let tls = match (url.scheme(), asked_tls.as_deref()) {
            ("smtps", None) => Tls::Wrapped,
            ("smtps", Some(_)) => {
                return Err(error("begins with smtps://, which is TLS from the start: leave tls= out"));
            }
            ("smtp", None) if is_this_machine(&host) => Tls::None,
            ("smtp", None | Some("required")) => Tls::Required,
            ("smtp", Some("opportunistic")) => Tls::Opportunistic,
            ("smtp", Some("none")) => Tls::None,
            ("smtp", Some(_)) => return Err(error("has a tls= that is not required, opportunistic or none")),
            _ => return Err(error("does not begin with smtp:// or smtps://")),
        };
        let port = url.port().unwrap_or(match tls {
            Tls::Wrapped => 465,
            Tls::Required | Tls::Opportunistic => 587,
            Tls::None => 25,
        });
        let from = match from {
            Some(from) => from.parse().map_err(|_| error("has a from= that is not a mail address"))?,
            None => default_sender(&host).ok_or_else(|| error("names a host that no sender can be of: add from="))?,
        };
        Ok(Self { host, port, tls, login: login(&url)?, from, root_pem: None })
    }
}

fn login(url: &Url) -> Result<Option<(String, SecretString)>, SettingsError> {
    let decode = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().map(Cow::into_owned);
        text.map_err(|_| SettingsError("has a user or password that is not UTF-8".to_owned()))
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => Ok(Some((decode(user)?, decode(password)?.into()))),
        _ => Err(SettingsError("has a user without a password, or a password without a user".to_owned())),
    }
}

fn default_sender(host: &str) -> Option<Mailbox> {
    // lettre does not read an address as the domain of a sender: `steward@[192.0.2.1]`.
    let domain = if host.parse::<IpAddr>().is_ok() { "localhost" } else { host };
    Some(Mailbox::new(None, Address::new("steward", domain).ok()?))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_url_says_how_to_connect() {
        for (url, host, port, tls, from) in [
            ("smtps://mail.example", "mail.example", 465, Tls::Wrapped, "steward@mail.example"),
            ("smtp://mail.example", "mail.example", 587, Tls::Required, "steward@mail.example"),
            ("smtp://mail.example:2525?tls=required", "mail.example", 2525, Tls::Required, "steward@mail.example"),
            ("smtp://mail.example?tls=opportunistic", "mail.example", 587, Tls::Opportunistic, "steward@mail.example"),
            ("smtp://mail.example?tls=none&from=a%40b.example", "mail.example", 25, Tls::None, "a@b.example"),
            ("smtp://localhost", "localhost", 25, Tls::None, "steward@localhost"),
            ("smtp://127.0.0.1:25025", "127.0.0.1", 25025, Tls::None, "steward@localhost"),
            ("smtp://[::1]:25025", "::1", 25025, Tls::None, "steward@localhost"),
            ("smtp://192.0.2.1", "192.0.2.1", 587, Tls::Required, "steward@localhost"),
        ] {
            let settings: SmtpSettings = url.parse().unwrap();
            let said = (settings.host.as_str(), settings.port, settings.tls, settings.from.to_string());
            assert_eq!(said, (host, port, tls, from.to_owned()), "{url}");
            assert!(settings.login.is_none());
        }
        let named: SmtpSettings = "smtp://h.example?from=Steward+%3Cs%40h.example%3E".parse().unwrap();
        assert_eq!(named.from.to_string(), "Steward <s@h.example>");
    }

    #[test]
    fn the_password_is_decoded_and_never_shown() {
        let settings: SmtpSettings = "smtps://us%40er:p%2Fss%20w@mail.example".parse().unwrap();
        let (user, password) = settings.login.as_ref().unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("us@er", "p/ss w"));
        let debug = format!("{settings:?}");
        assert!(!debug.contains("p/ss") && !debug.contains("p%2F"), "{debug}");
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_repeated() {
        for (url, why) in [
            ("mail.example", "is not one: relative URL without a base"),
            ("http://user:secret@mail.example", "does not begin with smtp:// or smtps://"),
            ("smtp:secret", "names no host"),
            ("smtp://user:secret@mail.example:99999", "is not one: invalid port number"),
            ("smtp://user:secret@mail.example?tls=yes", "has a tls= that is not required, opportunistic or none"),
            (
                "smtps://user:secret@mail.example?tls=none",
                "begins with smtps://, which is TLS from the start: leave tls= out",
            ),
            ("smtp://user:secret@mail.example?form=a%40b.c", "has another parameter than tls and from"),
            ("smtp://user:secret@mail.example?from=nobody", "has a from= that is not a mail address"),
            ("smtp://user@mail.example", "has a user without a password, or a password without a user"),
        ] {
            let error = url.parse::<SmtpSettings>().unwrap_err().to_string();
            assert_eq!(error, format!("the URL of the mail server {why}"), "{url}");
        }
    }
}
