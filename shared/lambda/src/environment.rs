//! The one place where a Lambda reads its environment.

use std::env;
use std::net::SocketAddr;

use domain::Registration;
use domain::targets::TargetPolicy;
use ipnet::IpNet;

/// Every variable that Steward reads on Lambda, beside those that Lambda itself sets. `infra/template.yaml` sets them.
pub const VARIABLES: &[&str] = &[
    "STEWARD_ALLOW_TARGETS",
    "STEWARD_AUDIT_DAYS",
    "STEWARD_DNS",
    "STEWARD_LOG",
    "STEWARD_PUBLIC_URL",
    "STEWARD_QUEUE_AUDITOR",
    "STEWARD_QUEUE_DEPLOYER",
    "STEWARD_QUEUE_ISSUER",
    "STEWARD_QUEUE_NOTIFIER",
    "STEWARD_QUEUE_PROBER",
    "STEWARD_REGISTRATION",
    "STEWARD_SCHEDULER_ROLE",
    "STEWARD_SMTP_SECRET",
    "STEWARD_STACK",
];

/// For how many days an entry of the audit trail is kept, unless the operator decides.
const AUDIT_DAYS: u32 = 400;

/// Why a function does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    /// A variable has a value that cannot be.
    #[error("{variable} is '{value}': {reason}")]
    Wrong { variable: &'static str, value: String, reason: &'static str },
    /// A variable is missing.
    #[error("{0} is not set; the template of the stack sets it")]
    Missing(&'static str),
    /// AWS is not reachable with what is set.
    #[error(transparent)]
    Aws(#[from] aws::SettingsError),
}

/// What the operator decided, in the parameters of the stack.
#[derive(Debug)]
pub(crate) struct Environment {
    pub aws: aws::Settings,
    pub public_url: String,
    pub registration: Registration,
    pub audit_days: u32,
    pub targets: TargetPolicy,
    pub dns: Option<SocketAddr>,
    pub smtp_secret: Option<String>,
}

impl Environment {
    pub(crate) fn read() -> Result<Self, EnvironmentError> {
        let registration = match variable("STEWARD_REGISTRATION").as_deref() {
            Some("open") => Registration::Open,
            Some("closed") | None => Registration::Closed,
            Some(other) => return Err(wrong("STEWARD_REGISTRATION", other, "must be open or closed")),
        };
        let audit_days = match variable("STEWARD_AUDIT_DAYS") {
            Some(text) => text.parse().ok().filter(|days| (1..=36_500).contains(days)),
            None => Some(AUDIT_DAYS),
        };
        let audit_days = audit_days.ok_or_else(|| {
            let value = variable("STEWARD_AUDIT_DAYS").unwrap_or_default();
            wrong("STEWARD_AUDIT_DAYS", &value, "must be a number of days from 1 to 36500")
        })?;
        let allowed = variable("STEWARD_ALLOW_TARGETS").unwrap_or_default();
        let networks = allowed.split(',').map(str::trim).filter(|text| !text.is_empty()).map(|text| {
            let network = text.parse().map(|address: std::net::IpAddr| IpNet::from(address)).or_else(|_| text.parse());
            network.map_err(|_| wrong("STEWARD_ALLOW_TARGETS", text, "must be networks such as 10.1.0.0/16"))
        });
        let dns = variable("STEWARD_DNS")
            .map(|text| text.parse().map_err(|_| wrong("STEWARD_DNS", &text, "must be an IP address and a port")));
        Ok(Self {
            aws: aws::Settings::of(&needed("STEWARD_STACK")?, variable)?,
            public_url: needed("STEWARD_PUBLIC_URL")?.trim_end_matches('/').to_owned(),
            registration,
            audit_days,
            targets: TargetPolicy::new(networks.collect::<Result<_, _>>()?),
            dns: dns.transpose()?,
            smtp_secret: variable("STEWARD_SMTP_SECRET"),
        })
    }
}

/// How much to log (`STEWARD_LOG`): a level, or directives.
pub(crate) fn log_filter() -> String {
    variable("STEWARD_LOG").unwrap_or_else(|| "info".into())
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn needed(name: &'static str) -> Result<String, EnvironmentError> {
    variable(name).ok_or(EnvironmentError::Missing(name))
}

fn wrong(variable: &'static str, value: &str, reason: &'static str) -> EnvironmentError {
    EnvironmentError::Wrong { variable, value: value.to_owned(), reason }
}
