//! Monitors: TLS endpoints that are looked at again and again, and the history of what was seen (document 000 §3.5,
//! §4.4, §5.3).

mod alarm;
mod change;
mod check;
mod create;
mod delete;
mod grade;
mod history;
mod host;
mod link;
mod look;
mod monitor;
mod probe;
mod schedule;
mod status;
mod subject_names;
mod target;
mod update;

pub use change::{Change, Changed};
pub use check::{check_due, check_now};
pub use create::{NewMonitor, ROOTS_MAX, create};
pub use delete::delete;
pub use grade::Grade;
pub use history::{By, CHECKS, Check, history};
pub use host::Host;
pub use link::Link;
pub use look::{CertLevel, Failure, FailureKind, Look, Outcome, Seen};
pub use monitor::{INTERVAL_DEFAULT, INTERVAL_MAX, INTERVAL_MIN, MONITORS, Monitor, list};
pub use probe::look;
pub use schedule::{realign, resume, sweep};
pub use status::Status;
pub use subject_names::matches;
pub use target::{IpType, Target, starttls};
pub use update::{MonitorChange, update};
