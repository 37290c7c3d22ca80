use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::certificates::{Certificate, KeyType};
use crate::names::DomainName;
use crate::ports::KeyAsked;
use crate::servers::Server;
use crate::{Error, Result};

/// The longest path or command, in characters.
pub const TEXT_MAX: usize = 500;
/// The most addresses, and the most names, that are looked at.
pub const LOOKED_AT_MAX: usize = 20;
/// The port of https.
const HTTPS: u16 = 443;

/// What serves the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// nginx: `nginx -t`, `systemctl reload nginx`.
    Nginx,
    /// Apache: `apachectl configtest`, `apachectl -k graceful`.
    Apache,
    /// Something else: nothing is run or looked at but what is said.
    Files,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Nginx, Self::Apache, Self::Files];

    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::Files => "files",
        }
    }

    /// Reads the API's word.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| Error::invalid(field, "must be nginx, apache or files"))
    }

    /// What fits a server's type.
    fn of(server: &Server) -> Self {
        match server.r#type.as_str() {
            "nginx" | "openresty" | "tengine" => Self::Nginx,
            "apache" | "apache2" | "httpd" => Self::Apache,
            _ => Self::Files,
        }
    }
}

/// How it is found out whether the new certificate is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// By handshakes with the site.
    Handshake,
    /// By what is on the server's disk: for sites that Steward cannot see as their visitors do.
    Files,
}

impl Verify {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Handshake, Self::Files];

    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Files => "files",
        }
    }

    /// Reads the API's word.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|verify| verify.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| Error::invalid(field, "must be handshake or files"))
    }
}

/// What is done beside the two files, as far as somebody said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// What serves the site; by the server's type unless given.
    pub kind: Option<Kind>,
    /// A file that Steward writes, with the directives that name the two files.
    pub snippet_path: Option<String>,
    /// The command that tests the configuration, for `sh -c`.
    pub test: Option<String>,
    /// The command that makes the server read the files anew, for `sh -c`.
    pub reload: Option<String>,
    /// The port of the site.
    pub port: Option<u16>,
    /// The addresses of the site; the server's own unless given.
    pub addresses: Option<Vec<IpAddr>>,
    /// The names the site is asked for by; the certificate's first unless given.
    pub names: Option<Vec<DomainName>>,
    /// How it is found out that a run went well; by handshakes unless given.
    pub verify: Option<Verify>,
    /// Whose the two files are; as what they replace unless given, or else who logs in.
    pub owner: Option<String>,
    /// Their group; as what they replace unless given, or else that of who logs in.
    pub group: Option<String>,
    /// The mode of the key's file, three octal digits; as what it replaces unless given, or else 600.
    pub mode: Option<String>,
}

/// The owner, the group and the mode that files get; empty is as what they replace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// The owner of both files.
    pub owner: String,
    /// The group of both files.
    pub group: String,
    /// The mode of the key's file.
    pub mode: String,
}

/// What a deployment does, with everything decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What serves it.
    pub kind: Kind,
    /// The directory of the files.
    pub deploy_path: String,
    /// The file with the directives, and what is in it.
    pub snippet: Option<(String, String)>,
    /// The command that tests the configuration.
    pub test: Option<String>,
    /// The command that makes the server read the files anew.
    pub reload: Option<String>,
    /// Where the site is looked at: name, address, port. Empty where it is not.
    pub endpoints: Vec<(String, IpAddr, u16)>,
    /// Which of its certificates it is asked for.
    pub key: KeyAsked,
    /// Which of those names nobody gave, in words for a person.
    pub assumed: Option<String>,
    /// Whose the two files are to be.
    pub rights: Rights,
}

impl Config {
    /// Checks what somebody wrote.
    pub fn checked(self, deploy_path: &str) -> Result<Self> {
        let snippet_path = self.snippet_path.map(|path| checked_path("config.snippet_path", &path)).transpose()?;
        if snippet_path.as_ref().is_some_and(|path| path.starts_with(&format!("{deploy_path}/"))) {
            return Err(Error::invalid("config.snippet_path", "must not be inside deploy_path, which Steward manages"));
        }
        if snippet_path.is_some() && self.kind == Some(Kind::Files) {
            return Err(Error::invalid("config.snippet_path", "is for nginx and apache only"));
        }
        let command = |field: &str, text: Option<String>| text.map(|text| checked_command(field, &text)).transpose();
        let (test, reload) = (command("config.test", self.test)?, command("config.reload", self.reload)?);
        if self.port == Some(0) {
            return Err(Error::invalid("config.port", "must be from 1 to 65535"));
        }
        let too_many = |field: &str| Error::invalid(field, format!("must be from 1 to {LOOKED_AT_MAX}"));
        if self.addresses.as_ref().is_some_and(|all| all.is_empty() || all.len() > LOOKED_AT_MAX) {
            return Err(too_many("config.addresses"));
        }
        if self.names.as_ref().is_some_and(|all| all.is_empty() || all.len() > LOOKED_AT_MAX) {
            return Err(too_many("config.names"));
        }
        if self.verify == Some(Verify::Handshake) && self.kind == Some(Kind::Files) && self.port.is_none() {
            let reason = "needs config.port where config.kind is files: nobody says where the site is";
            return Err(Error::invalid("config.verify", reason));
        }
        let account = |field: &str, text: Option<String>| text.map(|text| checked_account(field, &text)).transpose();
        let (owner, group) = (account("config.owner", self.owner)?, account("config.group", self.group)?);
        let mode = self.mode.map(|text| checked_mode("config.mode", &text)).transpose()?;
        Ok(Self { snippet_path, test, reload, owner, group, mode, ..self })
    }

    /// What it means for this certificate on this server.
    pub fn site(&self, deploy_path: &str, server: &Server, certificate: &Certificate) -> Site {
        let kind = self.kind.unwrap_or_else(|| Kind::of(server));
        let (test, reload) = match kind {
            Kind::Nginx => (Some("nginx -t"), Some("systemctl reload nginx")),
            Kind::Apache => (Some("apachectl configtest"), Some("apachectl -k graceful")),
            Kind::Files => (None, None),
        };
        let port = match (self.verify, kind, self.port) {
            (Some(Verify::Files), _, _) | (_, Kind::Files, None) => None,
            (_, _, port) => Some(port.unwrap_or(HTTPS)),
        };
        let addresses = self.addresses.clone().unwrap_or_else(|| server.ip_address.parse().into_iter().collect());
        let names: Vec<&DomainName> = match &self.names {
            Some(names) => names.iter().collect(),
            None => {
                let plain = certificate.names().find(|name| !name.as_str().starts_with("*."));
                vec![plain.unwrap_or(&certificate.domain)]
            }
        };
        let assumed = names.iter().find(|name| name.as_str().starts_with("*.")).map(|name| {
            format!("{} was asked for in place of {name}: name the site's own names in config.names", asked_for(name))
        });
        let names: Vec<String> = names.into_iter().map(asked_for).collect();
        let endpoints = port.into_iter().flat_map(|port| {
            let names = &names;
            addresses.iter().flat_map(move |address| names.iter().map(move |name| (name.clone(), *address, port)))
        });
        let snippet = self.snippet_path.clone().zip(snippet(kind, deploy_path));
        Site {
            kind,
            deploy_path: deploy_path.to_owned(),
            snippet,
            test: self.test.clone().or(test.map(str::to_owned)),
            reload: self.reload.clone().or(reload.map(str::to_owned)),
            endpoints: endpoints.collect(),
            key: match certificate.key_type {
                KeyType::Rsa2048 | KeyType::Rsa4096 => KeyAsked::Rsa,
                KeyType::EcP256 | KeyType::EcP384 => KeyAsked::Ecdsa,
            },
            assumed,
            rights: Rights {
                owner: self.owner.clone().unwrap_or_default(),
                group: self.group.clone().unwrap_or_default(),
                mode: self.mode.clone().unwrap_or_default(),
            },
        }
    }
}

/// The name to ask a site for: a wildcard stands for one of its names.
fn asked_for(name: &DomainName) -> String {
    if name.as_str().starts_with("*.") { format!("www.{}", name.base()) } else { name.as_str().to_owned() }
}

/// The directives that name the two files.
fn snippet(kind: Kind, deploy_path: &str) -> Option<String> {
    let head = "# Steward writes this file anew at each deployment.";
    match kind {
        Kind::Nginx => Some(format!(
            "{head}\nssl_certificate {deploy_path}/fullchain.pem;\nssl_certificate_key {deploy_path}/privkey.pem;\n"
        )),
        Kind::Apache => Some(format!(
            "{head}\nSSLCertificateFile \"{deploy_path}/fullchain.pem\"\nSSLCertificateKeyFile \
             \"{deploy_path}/privkey.pem\"\n"
        )),
        Kind::Files => None,
    }
}

/// Checks a path on a server: absolute, of plain characters, and without detours. A final slash is dropped.
pub(super) fn checked_path(field: &str, text: &str) -> Result<String> {
    let path = text.trim_end_matches('/');
    let wrong = |reason: &str| {
        Error::invalid(field, format!("must be an absolute path such as /etc/ssl/example.com; {reason}"))
    };
    if !path.starts_with('/') {
        return Err(wrong("it does not start with /"));
    }
    if path.chars().count() > TEXT_MAX {
        return Err(wrong("it is too long"));
    }
    if let Some(bad) = path.chars().find(|c| !(c.is_ascii_alphanumeric() || "/._-+@,=:".contains(*c))) {
        return Err(wrong(&format!("{bad:?} is not taken in it")));
    }
    if path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..") || part.starts_with('-')) {
        return Err(wrong("it has an empty part, . or .., or a part that starts with -"));
    }
    if path.split('/').count() < 3 {
        return Err(wrong("a directory right below / is not taken"));
    }
    Ok(path.to_owned())
}

/// Checks the name or the number of a user or a group (useradd(8)).
fn checked_account(field: &str, text: &str) -> Result<String> {
    let name = text.trim();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let is_number = name.parse::<u32>().is_ok_and(|number| number < u32::MAX) && !name.starts_with('+');
    if name.len() <= 32 && (is_name || is_number) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid(field, "must be the name or the number of one on the server, such as www-data"))
}

/// Checks the mode of a key's file: three octal digits, with a 0 in front or without.
fn checked_mode(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    let digits = if text.len() == 4 { text.strip_prefix('0').unwrap_or(text) } else { text };
    let wrong = |reason: &str| Error::invalid(field, format!("must be a mode such as 600 or 640; {reason}"));
    let mode = match u32::from_str_radix(digits, 8) {
        Ok(mode) if digits.len() == 3 && digits.chars().all(|c| c.is_digit(8)) => mode,
        _ => return Err(wrong("it has three octal digits")),
    };
    if mode & 0o400 == 0 {
        return Err(wrong("its owner has to read the file"));
    }
    if mode & 0o111 != 0 {
        return Err(wrong("nobody runs a key"));
    }
    if mode & 0o027 != 0 {
        return Err(wrong("others must not read or write a key, nor may its group write it; set config.group instead"));
    }
    Ok(digits.to_owned())
}

fn checked_command(field: &str, text: &str) -> Result<String> {
    let command = text.trim();
    if command.is_empty() || command.chars().count() > TEXT_MAX || command.chars().any(char::is_control) {
        let reason = format!("must be one line of at most {TEXT_MAX} characters; leave it out for the usual command");
        return Err(Error::invalid(field, reason));
    }
    Ok(command.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute_plain_and_straight() {
        assert_eq!(checked_path("p", "/etc/ssl/a.example/").unwrap(), "/etc/ssl/a.example");
        for path in [
            "",
            "/",
            "/etc",
            "etc/ssl",
            "/etc/../root/x",
            "/etc//ssl",
            "/etc/s l",
            "/etc/$x/y",
            "/etc/a\n/b",
            "/etc/a'/b",
            "/etc/-rf/x",
            "/etc/./x",
            "/etc/a\0/b",
            "/etc/*/b",
            "~/x/y",
        ] {
            assert!(checked_path("p", path).is_err(), "{path:?}");
        }
        let long = format!("/etc/{}", "x".repeat(500));
        assert!(checked_path("p", &long).is_err());
    }

    #[test]
    fn accounts_are_names_or_numbers() {
        for account in ["www-data", "_www", "root", "0", "33", "first.last"] {
            assert_eq!(checked_account("a", account).unwrap(), account);
        }
        for account in ["", "-x", "a b", "a:b", "+5", "4294967295", "99999999999", &"x".repeat(33), "a\n/b", "$x"] {
            assert!(checked_account("a", account).is_err(), "{account:?}");
        }
    }

    #[test]
    fn modes_keep_a_key_a_secret() {
        for (mode, read) in [("600", "600"), ("0640", "640"), ("400", "400"), ("440", "440")] {
            assert_eq!(checked_mode("m", mode).unwrap(), read);
        }
        for mode in ["", "6", "644", "660", "604", "700", "040", "888", "-60", "+60", "1600", "u=r"] {
            assert!(checked_mode("m", mode).is_err(), "{mode:?}");
        }
    }

    #[test]
    fn commands_are_one_line() {
        assert_eq!(checked_command("c", " nginx -t ").unwrap(), "nginx -t");
        for command in ["", "  ", "a\nb", "a\0b", &"x".repeat(501)] {
            assert!(checked_command("c", command).is_err(), "{command:?}");
        }
    }
}
