use std::collections::HashMap;
use std::fmt;

use domain::ports::QueueName;
use secrecy::SecretString;

/// Which deployment on AWS is meant, and how it is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What every name of the deployment starts with: the name of its stack.
    pub stack: String,
    /// The region, e.g. `eu-central-1`.
    pub region: String,
    /// Where to call instead of AWS's own endpoints: an emulator.
    pub endpoint: Option<String>,
    /// Who calls.
    pub credentials: Credentials,
    /// The URLs of the queues; one that is missing is asked for by its name.
    pub queue_urls: HashMap<QueueName, String>,
    /// The role that the scheduler takes to send to the queues; only what sets schedules needs it.
    pub scheduler_role: Option<String>,
    /// The roots to trust, PEM, instead of Amazon's own.
    pub roots_pem: Option<Vec<u8>>,
}

/// An access key.
#[derive(Clone)]
pub struct Credentials {
    /// Its id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: SecretString,
    /// The token that belongs to a temporary one.
    pub session_token: Option<SecretString>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Why the environment does not say which deployment is meant, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A variable is missing.
    #[error("{variable} is not set: {advice}")]
    Missing {
        /// Its name.
        variable: &'static str,
        /// What to set it to.
        advice: &'static str,
    },
    /// A file that a variable names cannot be read.
    #[error("{variable}: {path} cannot be read: {reason}")]
    File {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        reason: std::io::Error,
    },
}

/// The variable with the URL of a queue.
pub fn queue_variable(queue: QueueName) -> String {
    format!("STEWARD_QUEUE_{}", queue.as_str().to_uppercase().replace('-', "_"))
}

impl Settings {
    /// Reads the settings of one deployment from environment variables, which `variable` looks up. An empty one counts
    /// as missing.
    pub fn of(stack: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed =
            |name: &'static str, advice| variable(name).ok_or(SettingsError::Missing { variable: name, advice });
        let credentials = "on Lambda it is there by itself; elsewhere run \
                           `eval \"$(aws configure export-credentials --format env)\"`";
        let roots_pem = variable("SSL_CERT_FILE")
            .map(|path| {
                std::fs::read(&path).map_err(|reason| SettingsError::File { variable: "SSL_CERT_FILE", path, reason })
            })
            .transpose()?;
        Ok(Self {
            stack: stack.to_owned(),
            region: variable("AWS_REGION")
                .map_or_else(|| needed("AWS_DEFAULT_REGION", "the region of the deployment, or AWS_REGION"), Ok)?,
            endpoint: variable("AWS_ENDPOINT_URL"),
            credentials: Credentials {
                access_key_id: needed("AWS_ACCESS_KEY_ID", credentials)?,
                secret_access_key: needed("AWS_SECRET_ACCESS_KEY", credentials)?.into(),
                session_token: variable("AWS_SESSION_TOKEN").map(SecretString::from),
            },
            queue_urls: QueueName::ALL
                .into_iter()
                .filter_map(|queue| Some((queue, variable(&queue_variable(queue))?)))
                .collect(),
            scheduler_role: variable("STEWARD_SCHEDULER_ROLE"),
            roots_pem,
        })
    }
}
