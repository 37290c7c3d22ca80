use std::time::Duration;

use super::{Deployment, Outcome, Run};
use crate::Context;

/// Tells the owner how a run ended, where that changes how the deployment stands.
pub(super) async fn tell(_ctx: &Context, deployment: &Deployment, run: &Run, again: Option<Duration>) {
    match &run.outcome {
        Outcome::Failed { error } | Outcome::RolledBack { error } => {
            tracing::warn!(deployment = %deployment.id, run = %run.id, error, ?again, "not deployed");
        }
        Outcome::RollbackFailed { error } => {
            tracing::error!(deployment = %deployment.id, run = %run.id, error, "not deployed, and not rolled back");
        }
        Outcome::Waiting | Outcome::Running | Outcome::Deployed | Outcome::Checked | Outcome::Superseded => {}
    }
}
