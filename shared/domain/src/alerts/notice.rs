use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Alert, Kind, Level, Subject};
use crate::ids::AlertId;

/// What is new of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It began.
    Began,
    /// It got worse.
    Raised,
    /// It is over.
    Recovered,
    /// It happened, once.
    Happened,
}

impl Event {
    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Raised => "raised",
            Self::Recovered => "recovered",
            Self::Happened => "happened",
        }
    }
}

/// News of an alert, as it is told: what the alert says later does not change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The alert.
    pub alert: AlertId,
    /// What is new.
    pub event: Event,
    /// How urgent it is; of what is over, how urgent it was.
    pub level: Level,
    /// What kind of thing is wrong.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// What people call that.
    pub name: String,
    /// What is wrong, and what to do.
    pub text: String,
    /// Since when.
    pub since: Timestamp,
    /// When this became known.
    pub at: Timestamp,
}

impl Notice {
    pub(super) fn of(alert: &Alert, event: Event, now: Timestamp) -> Self {
        Self {
            alert: alert.id,
            event,
            level: alert.level,
            kind: alert.kind,
            subject: alert.subject,
            name: alert.name.clone(),
            text: alert.text.clone(),
            since: alert.since,
            at: now,
        }
    }

    /// One line: how urgent, which name, what.
    pub fn title(&self) -> String {
        let level = if self.event == Event::Recovered { "recovered" } else { self.level.as_str() };
        format!("[{level}] {}: {}", self.name, self.headline())
    }

    fn headline(&self) -> &'static str {
        let over = self.event == Event::Recovered;
        match (self.kind, over) {
            (Kind::Expiry, false) => "the certificate is about to expire",
            (Kind::Expiry, true) => "the certificate was replaced in time",
            (Kind::Unreachable, false) => "does not answer",
            (Kind::Unreachable, true) => "answers again",
            (Kind::Untrusted, false) => "the certificate is not to be trusted",
            (Kind::Untrusted, true) => "the certificate is to be trusted again",
            (Kind::Changed, false) => "shows another certificate",
            (Kind::Changed, true) => "shows the expected certificate again",
            (Kind::DeployFailed, false) => "the deployment failed",
            (Kind::DeployFailed, true) => "the certificate is deployed",
            (Kind::RollbackFailed, false) => "the deployment failed, and so did its rollback",
            (Kind::RollbackFailed, true) => "the certificate is deployed after all",
            (Kind::RenewalFailed, false) => "the renewal failed",
            (Kind::RenewalFailed, true) => "the certificate is renewed",
            (Kind::RecordNeeded, false) => "a DNS record has to be made",
            (Kind::RecordNeeded, true) => "the DNS record was found",
            (Kind::HostKeyChanged, false) => "the SSH host key changed",
            (Kind::HostKeyChanged, true) => "the SSH host key is accepted",
        }
    }

    /// What somebody who is woken by it has to know, line by line, with links that start with `public_url`.
    pub fn body(&self, public_url: &str) -> String {
        let (word, id) = (self.subject.word(), self.subject.id());
        let since = self.since.strftime("%Y-%m-%d %H:%M UTC");
        let text = match self.event {
            Event::Recovered => format!("It is over. It was: {}", self.text),
            Event::Began | Event::Raised | Event::Happened => self.text.clone(),
        };
        let when = if self.event == Event::Happened { "When" } else { "Since" };
        format!(
            "{text}\n\nName: {} ({word} {id})\n{when}: {since}\nMore: {public_url}{}",
            self.name,
            self.subject.path()
        )
    }
}
