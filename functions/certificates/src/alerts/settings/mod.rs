//! When Steward notifies an owner before a certificate expires.

pub mod get;
pub mod update;

use domain::Error;
use domain::alerts::{DAYS_MAX, Thresholds};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema::Days;

/// At how many days left of a certificate's life you are told, and how urgently. A threshold of a third of its life or
/// more does not count. When it has expired you are told in any case.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"info": 30, "warning": 14, "critical": 7, "last": 1}))]
pub struct AlertThresholds {
    /// Days left for level `info`; 30 unless set.
    #[schema(value_type = Days)]
    info: i64,
    /// Days left for level `warning`; 14 unless set.
    #[schema(value_type = Days)]
    warning: i64,
    /// Days left for level `critical`; 7 unless set.
    #[schema(value_type = Days)]
    critical: i64,
    /// Days left for a last word of level `critical`; 1 unless set.
    #[schema(value_type = Days)]
    last: i64,
}

impl From<Thresholds> for AlertThresholds {
    fn from(thresholds: Thresholds) -> Self {
        let Thresholds { info, warning, critical, last } = thresholds;
        let [info, warning, critical, last] = [info, warning, critical, last].map(i64::from);
        Self { info, warning, critical, last }
    }
}

impl TryFrom<AlertThresholds> for Thresholds {
    type Error = Error;

    fn try_from(thresholds: AlertThresholds) -> Result<Self, Error> {
        let AlertThresholds { info, warning, critical, last } = thresholds;
        let days = |field: &str, days: i64| {
            let fits = u32::try_from(days).ok().filter(|days| *days <= DAYS_MAX);
            fits.ok_or_else(|| Error::invalid(field, format!("must be from 0 to {DAYS_MAX} days")))
        };
        Ok(Self {
            info: days("info", info)?,
            warning: days("warning", warning)?,
            critical: days("critical", critical)?,
            last: days("last", last)?,
        })
    }
}
