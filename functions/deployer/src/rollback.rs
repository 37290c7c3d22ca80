//! Putting back what was there, and showing that it is served.

use std::time::Duration;

use domain::Context;
use domain::deployments::{Before, Outcome, Rollback, Served};
use domain::ports::ProbeError;

use crate::attempt::Attempt;
use crate::hitch::{Course, Hitch, Stop};
use crate::script::{self, script};
use crate::served;
use crate::verify::{pause, since};

/// A site that does not serve what it did before this long after a reload is told once more, and then given up.
const PROVE_FOR: Duration = Duration::from_secs(4);
/// The pause before a script is run again that failed where nobody looks at the site.
const AGAIN: Duration = Duration::from_secs(1);
/// How often everything is put back before it is given up.
const TRIES: u32 = 2;

/// Turns a run round; recorded before anything is put back.
pub(crate) async fn turn_round(ctx: &Context, attempt: &mut Attempt, reason: String) -> Result<(), Stop> {
    let now = ctx.clock.now();
    tracing::warn!(run = %attempt.run.value.id, reason, "a deployment is taken back");
    attempt.operation.value.divert("rollback", &reason, now);
    attempt.run.value.lost_since = None;
    attempt.run.value.rollback = Some(Rollback { reason, since: now, tries: 0, put_back_at: None });
    attempt.record(ctx).await
}

/// The step of a run that was turned round.
pub(crate) async fn roll_back(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let rollback = attempt.run.value.rollback.clone();
    let rollback = rollback.ok_or_else(|| Hitch::failed("nothing says why this run is taken back"))?;
    let before = attempt.before()?;
    let Some(put_back_at) = rollback.put_back_at else { return put_back(ctx, attempt, rollback, &before).await };

    let seen = served::look(ctx, &attempt.site).await;
    let Some((served, problem)) = seen.iter().find(|(served, _)| !is_as_before(attempt, &before, served)) else {
        return rolled_back(ctx, attempt, &rollback).await;
    };
    let waited = since(ctx, put_back_at);
    if waited < PROVE_FOR {
        return Ok(Course::Wait(pause(waited), Some(served::words(served, problem.as_ref()))));
    }
    if rollback.tries < TRIES {
        attempt.run.value.rollback = Some(Rollback { put_back_at: None, ..rollback });
        attempt.record(ctx).await?;
        return Ok(Course::On);
    }
    let reason = format!("what was there is put back, but {}", served::words(served, problem.as_ref()));
    give_up(ctx, attempt, &reason).await
}

/// Puts snippet and link back, and tells the server. What its owner's commands say counts for nothing: what is served
/// does.
async fn put_back(ctx: &Context, attempt: &mut Attempt, rollback: Rollback, before: &Before) -> Result<Course, Hitch> {
    let (version, directory) = (attempt.version()?, attempt.site.deploy_path.clone());
    let earlier = before.version.clone().unwrap_or_default();
    let command = script(script::PUT_BACK, [&directory, &version, &earlier, attempt.snippet_path()]);
    let mut said = match attempt.change(ctx, "what was there cannot be put back", command).await {
        Ok(_) => None,
        Err(Hitch::Failed { reason, .. }) if rollback.tries + 1 >= TRIES => {
            return give_up(ctx, attempt, &reason).await;
        }
        // Where nobody looks at the site, nothing else would show that it is not put back.
        Err(Hitch::Failed { reason, .. }) if attempt.site.endpoints.is_empty() => {
            attempt.run.value.rollback = Some(Rollback { tries: rollback.tries + 1, ..rollback });
            return Ok(Course::Wait(AGAIN, Some(reason)));
        }
        Err(Hitch::Failed { reason, .. }) => Some(reason),
        Err(other) => return Err(other),
    };
    if earlier.is_empty() && !stands_without(ctx, attempt).await? {
        attempt.change(ctx, "the files cannot be left", script(script::RELINK, [&directory, &version])).await?;
        said = Some("the server's configuration needs the files, and there were none before: the new ones stay".into());
    }
    if let Some(reload) = attempt.site.reload.clone() {
        match attempt.owners(ctx, &reload).await {
            Ok(()) => {}
            Err(Hitch::Failed { reason, .. }) => said = Some(reason),
            Err(other) => return Err(other),
        }
    }
    let now = ctx.clock.now();
    attempt.run.value.rollback = Some(Rollback { tries: rollback.tries + 1, put_back_at: Some(now), ..rollback });
    attempt.operation.value.begin("rollback", said, now);
    attempt.record(ctx).await?;
    Ok(Course::On)
}

/// Whether the configuration is in order with no files at all.
async fn stands_without(ctx: &Context, attempt: &mut Attempt) -> Result<bool, Hitch> {
    let Some(test) = attempt.site.test.clone() else { return Ok(true) };
    match attempt.owners(ctx, &test).await {
        Ok(()) => Ok(true),
        Err(Hitch::Failed { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

/// The certificate that was served, or the one that the files before hold, which a reload brings up; where nothing was
/// served, anything but the new one, or the new one if its files had to stay.
fn is_as_before(attempt: &Attempt, before: &Before, now: &Served) -> bool {
    let earlier = before
        .served
        .iter()
        .find(|served| (&served.name, served.address, served.port) == (&now.name, now.address, now.port));
    match earlier.and_then(|served| served.fingerprint.as_ref()) {
        Some(fingerprint) => {
            now.fingerprint.as_ref() == Some(fingerprint)
                || (now.fingerprint.is_some() && now.fingerprint == before.fingerprint)
        }
        None => now.fingerprint != attempt.run.value.fingerprint || before.version.is_none(),
    }
}

async fn rolled_back(ctx: &Context, attempt: &mut Attempt, rollback: &Rollback) -> Result<Course, Hitch> {
    let took = since(ctx, rollback.since);
    let stands = match attempt.site.endpoints.is_empty() {
        true => "what was there before is in its place again",
        false => "what was there before is served again",
    };
    let found = format!("{stands}, {:.1} s after the run was given up", took.as_secs_f64());
    attempt.operation.value.complete_with("rollback", Some(found), ctx.clock.now());
    let error = format!("{}; {stands}", rollback.reason);
    Ok(attempt.end(ctx, Outcome::RolledBack { error }, true).await?)
}

/// Ends the run in the state that somebody has to look at, saying what stands where.
pub(crate) async fn give_up(ctx: &Context, attempt: &mut Attempt, reason: &str) -> Result<Course, Hitch> {
    let mut stands = Vec::new();
    match attempt.sh(ctx, script(script::STANDS, [&attempt.site.deploy_path.clone()])).await {
        Ok(output) => stands.push(output.stdout.trim().to_owned()),
        Err(Hitch::Lost(error)) => {
            let (version, before) = (attempt.version()?, attempt.before()?.version);
            stands.push(format!(
                "the server cannot be asked ({error}); {}/current should be a link to versions/{}, and may be one to \
                 versions/{version}, the new certificate",
                attempt.site.deploy_path,
                before.as_deref().unwrap_or("nothing"),
            ));
        }
        Err(other) => return Err(other),
    }
    let seen = served::look(ctx, &attempt.site).await;
    stands.extend(
        seen.iter().map(|(served, problem): &(Served, Option<ProbeError>)| served::words(served, problem.as_ref())),
    );
    let first = attempt.run.value.rollback.as_ref().map(|rollback| format!("{}; then: ", rollback.reason));
    let error = format!("{}{reason}. Look at it now. {}", first.unwrap_or_default(), stands.join("; "));
    tracing::error!(run = %attempt.run.value.id, error, "a deployment could not be taken back");
    Ok(attempt.end(ctx, Outcome::RollbackFailed { error }, false).await?)
}
