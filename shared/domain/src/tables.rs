//! Every table, for whoever has to make them.

use crate::ports::Table;
use crate::{acme, alerts, audit, certificates, counter, deployments, monitors, operations, servers, users};

/// Every table of the domain.
pub static ALL: &[&Table] = &[
    &counter::COUNTERS,
    &users::USERS,
    &users::USER_NAMES,
    &users::LOGIN_FAILURES,
    &acme::PROVIDERS,
    &acme::ACCOUNTS,
    &acme::DEFAULT_ACCOUNTS,
    &certificates::CERTIFICATES,
    &monitors::MONITORS,
    &monitors::CHECKS,
    &servers::SERVERS,
    &deployments::DEPLOYMENTS,
    &deployments::PATHS,
    &deployments::RUNS,
    &deployments::LOCKS,
    &operations::OPERATIONS,
    &audit::AUDIT,
    &alerts::ALERTS,
    &alerts::STANDINGS,
    &alerts::ALERT_SETTINGS,
    &alerts::CHANNELS,
    &alerts::MESSAGES,
];
