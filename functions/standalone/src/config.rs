use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::Registration;
use ipnet::IpNet;
use jiff::civil::Date;
use secrecy::SecretString;
use url::Url;

/// Runs a small hosting business from one place, starting with its TLS certificates.
///
/// Starts everything in one process: the API, its documentation at /api/docs, and the workers. Each setting is an
/// environment variable, or the option of the same name.
#[derive(Clone, Debug, Parser)]
#[command(name = "steward", version, about, long_about, max_term_width = 110)]
pub struct Config {
    /// What to do instead of starting.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The address and port to answer at.
    #[arg(long, env = "STEWARD_LISTEN", value_name = "STEWARD_LISTEN", default_value = "127.0.0.1:8080", value_parser = address)]
    pub listen: SocketAddr,

    /// The directory that holds everything Steward knows; made where missing. Back it up: it holds the keys.
    #[arg(long, global = true, env = "STEWARD_DATA", value_name = "STEWARD_DATA", default_value = "./steward-data")]
    pub data: PathBuf,

    /// The password of the user `admin`, used at the first start only. Without it one is made up and printed once.
    #[arg(long, env = "STEWARD_ADMIN_PASSWORD", value_name = "STEWARD_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<SecretString>,

    /// The URL that people reach Steward at, for links in mails; `http://` and the listening address unless given.
    #[arg(long, env = "STEWARD_PUBLIC_URL", value_name = "STEWARD_PUBLIC_URL", value_parser = public_url)]
    pub public_url: Option<Url>,

    /// The name server (ip:port) to ask whether a DNS record is there, instead of the zone's own name servers.
    #[arg(long, env = "STEWARD_DNS", value_name = "STEWARD_DNS", value_parser = address)]
    pub dns: Option<SocketAddr>,

    /// Networks (CIDR, separated by commas) that Steward may connect to although they are not public: where your own
    /// CA or name server is, for example `10.1.0.0/16,127.0.0.0/8`.
    #[arg(long, env = "STEWARD_ALLOW_TARGETS", value_name = "STEWARD_ALLOW_TARGETS", value_delimiter = ',', value_parser = network)]
    pub allow_targets: Vec<IpNet>,

    /// Proxies (CIDR, separated by commas) in front of Steward, for example `127.0.0.1,10.0.0.0/8`: of a request from one
    /// of them, the caller's address is the last in X-Forwarded-For (or Forwarded) that is no such proxy. Without it all
    /// callers behind a proxy are one, and share its locks after failed logins.
    #[arg(long, env = "STEWARD_TRUSTED_PROXIES", value_name = "STEWARD_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Who may make an account for themselves.
    #[arg(long, env = "STEWARD_REGISTRATION", value_name = "STEWARD_REGISTRATION", default_value = "closed")]
    pub registration: RegistrationSetting,

    /// The mail server, e.g. `smtps://user:password@mail.example.com?from=steward@example.com`. Without it mails are
    /// written to the log and to the directory `mail` under the data directory.
    #[arg(long, env = "STEWARD_SMTP_URL", value_name = "STEWARD_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,

    /// For how many days the audit trail is kept.
    #[arg(long, env = "STEWARD_AUDIT_DAYS", value_name = "STEWARD_AUDIT_DAYS", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub audit_days: u32,

    /// How much to log: error, warn, info, debug, trace, or directives such as `info,issuer=debug`.
    #[arg(long, env = "STEWARD_LOG", value_name = "STEWARD_LOG", default_value = "info")]
    pub log: String,
}

/// What `steward` does beside starting: on the data directory, which no running Steward may have open, or with
/// `--stack` on a deployment on AWS.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Make the user `admin`, and print the password: the first step after a deployment on AWS.
    Admin {
        #[command(flatten)]
        place: Place,
    },
    /// Write everything into a new directory, private keys in clear: keep it safe, and remove it when it has served.
    Export {
        /// The directory; it must not exist yet.
        directory: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Read everything from a directory that `export` wrote. Refuses a store that holds anything, and the export of a
    /// newer Steward.
    Import {
        /// The directory.
        directory: PathBuf,
        /// Go on with an import of the same directory that was cut off.
        #[arg(long = "continue")]
        go_on: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Prove the audit trail whole, write it out, or remove old entries.
    Audit {
        #[command(subcommand)]
        audit: AuditCommand,
    },
    /// Print the OpenAPI document of the API.
    Openapi,
}

/// What is done with the audit trail.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Write the trail to standard output, one JSON object a line, oldest first, and last the head of its chain.
    Export {
        #[command(flatten)]
        place: Place,
    },
    /// Remove the entries from before a day, and sign where the trail begins from then on.
    Purge {
        /// The day (UTC), such as 2026-01-31.
        #[arg(long, value_name = "DAY")]
        before: Date,
        #[command(flatten)]
        place: Place,
    },
    /// Say whether the trail is whole: how many entries, and the first and the last hash; or what is wrong, and end with
    /// 1. Keep the last hash elsewhere: it tells later whether the whole chain was made anew.
    Verify {
        /// A file that `export` wrote, instead of the trail itself.
        file: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the entities are.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The name of a stack on AWS, instead of the data directory. The region and the access key come from AWS_REGION,
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as `eval "$(aws configure export-credentials --format env)"` sets
    /// them; AWS_ENDPOINT_URL names an emulator.
    #[arg(long, env = "STEWARD_STACK", value_name = "STEWARD_STACK")]
    pub stack: Option<String>,
}

/// Who may make an account for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RegistrationSetting {
    /// Anybody who reaches the API.
    Open,
    /// Nobody: administrators and distributors make accounts.
    Closed,
}

impl From<RegistrationSetting> for Registration {
    fn from(setting: RegistrationSetting) -> Self {
        match setting {
            RegistrationSetting::Open => Self::Open,
            RegistrationSetting::Closed => Self::Closed,
        }
    }
}

fn public_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Ok(url)
        }
        _ => Err("must be an http or https URL without a query, such as https://steward.example.com".to_owned()),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

fn network(text: &str) -> Result<IpNet, String> {
    let single = text.trim().parse().map(|address: std::net::IpAddr| IpNet::from(address));
    single.or_else(|_| text.trim().parse()).map_err(|_| "must be networks such as 10.1.0.0/16 or 192.0.2.7".to_owned())
}
