use std::time::Duration;

use super::{Deployment, Outcome, Run};
use crate::alerts::{self, Finding, Kind, Level, Observation, Subject};
use crate::{Context, Result};

/// Tells the owner how a run ended, where that changes how the deployment stands.
pub(super) async fn tell(
    ctx: &Context,
    deployment: &Deployment,
    run: &Run,
    name: &str,
    again: Option<Duration>,
) -> Result<()> {
    let (failed, not_taken_back) = match &run.outcome {
        Outcome::Deployed => (None, None),
        _ if run.dry_run => return Ok(()),
        Outcome::Failed { error } | Outcome::RolledBack { error } => {
            let (level, then) = match again {
                Some(pause) => (Level::Warning, format!("It is tried again in {} minutes.", pause.as_secs() / 60)),
                None => (Level::Critical, "It is not tried again by itself.".to_owned()),
            };
            (Some(Finding { level, text: format!("{error}. {then}") }), None)
        }
        Outcome::RollbackFailed { error } => (None, Some(Finding { level: Level::Critical, text: error.clone() })),
        Outcome::Waiting | Outcome::Running | Outcome::Checked | Outcome::Superseded => return Ok(()),
    };
    let stands = not_taken_back.is_some();
    for (kind, finding) in [(Kind::DeployFailed, failed), (Kind::RollbackFailed, not_taken_back)] {
        // A rollback that failed is worse than what led to it, and is told instead.
        if kind == Kind::DeployFailed && stands {
            continue;
        }
        let subject = Subject::Deployment(deployment.id);
        alerts::observe(ctx, Observation { owner: deployment.owner, subject, name, kind, finding }).await?;
    }
    Ok(())
}
