//! The worker that brings certificates to servers, and takes them back where that goes wrong.
//!
//! # What a deployment makes on a server
//!
//! ```text
//! DEPLOY_PATH/fullchain.pem  -> current/fullchain.pem      never changes after the first run
//! DEPLOY_PATH/privkey.pem    -> current/privkey.pem        never changes after the first run
//! DEPLOY_PATH/current        -> versions/17-8f14e45fceea   replaced by one rename: the swap
//! DEPLOY_PATH/versions/17-8f14e45fceea/{fullchain,privkey}.pem
//! DEPLOY_PATH/.steward-fence                           held while a script works; names the connection that may
//! ```
//!
//! Two files cannot be replaced at once, one link can: whoever reads them at any moment, be it a reload by logrotate or a
//! reboot, finds a certificate with its own key. A version is written under a name of its own and never again once it
//! is live; the one before stays as the backup. Files that were there before Steward become the first version, by steps
//! that leave the content of both names as it is.

mod attempt;
mod deploy;
mod hitch;
mod inspect;
mod material;
mod rollback;
mod rollout;
mod script;
mod served;
mod steps;
mod test_server;
mod verify;

use domain::jobs::Job;
use domain::operations::Next;
use domain::ports::QueueName;
use domain::{Context, Result};

/// How long one worker keeps an operation before another may take it up; renewed with each recorded step. Longer than
/// two commands that take all of [`domain::servers::COMMAND`].
pub const LEASE: std::time::Duration = std::time::Duration::from_secs(120);

/// Works on a job of the deployer's queue.
pub async fn handle(ctx: &Context, job: &Job) -> Result<Next> {
    match job {
        Job::Deploy { operation } => deploy::deploy(ctx, *operation).await,
        Job::Rollout { operation } => rollout::roll_out(ctx, *operation).await,
        Job::TestServer { operation } => test_server::test(ctx, *operation).await,
        other => Err(other.misplaced(QueueName::Deployer)),
    }
}
