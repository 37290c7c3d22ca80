//! Every table, for whoever has to make them.

use crate::ports::Table;
use crate::{
    acme, alerts, audit, certificates, counter, delegation, deployments, dns_credentials, dns_records, http_challenges,
    monitors, operations, servers, users,
};

/// Every table of the domain.
pub static ALL: &[&Table] = &[
    &counter::COUNTERS,
    &users::USERS,
    &users::USER_NAMES,
    &users::LOGIN_FAILURES,
    &users::REVOKED_SESSIONS,
    &acme::PROVIDERS,
    &acme::ACCOUNTS,
    &acme::DEFAULT_ACCOUNTS,
    &acme::budget::ACME_BUDGETS,
    &certificates::CERTIFICATES,
    &dns_credentials::DNS_CREDENTIALS,
    &dns_records::DNS_RECORDS,
    &dns_records::DNS_NAMES,
    &delegation::DNS_DELEGATION,
    &http_challenges::HTTP_CHALLENGES,
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
    &alerts::MAIL_ALLOWANCES,
];
