//! When a certificate that comes to its end is told of.

pub mod get;
pub mod update;

use domain::alerts::Thresholds;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// At how many days left of a certificate's life you are told, and how urgently. A threshold of a third of its life or
/// more does not count. When it has expired you are told in any case.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertThresholds {
    /// Days left for level `info`; 30 unless set.
    #[schema(example = 30)]
    info: u32,
    /// Days left for level `warning`; 14 unless set.
    #[schema(example = 14)]
    warning: u32,
    /// Days left for level `critical`; 7 unless set.
    #[schema(example = 7)]
    critical: u32,
    /// Days left for a last word of level `critical`; 1 unless set.
    #[schema(example = 1)]
    last: u32,
}

impl From<Thresholds> for AlertThresholds {
    fn from(thresholds: Thresholds) -> Self {
        let Thresholds { info, warning, critical, last } = thresholds;
        Self { info, warning, critical, last }
    }
}

impl From<AlertThresholds> for Thresholds {
    fn from(thresholds: AlertThresholds) -> Self {
        let AlertThresholds { info, warning, critical, last } = thresholds;
        Self { info, warning, critical, last }
    }
}
