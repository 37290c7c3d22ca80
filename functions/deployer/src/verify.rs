use std::time::Duration;

use domain::Context;
use domain::deployments::{Before, Served};
use domain::ports::ProbeError;
use jiff::Timestamp;

use crate::attempt::Attempt;
use crate::hitch::{Course, Hitch};
use crate::script::{self, script};
use crate::served;

/// A site that does not serve the new certificate this long after the reload never will.
pub(crate) const VERIFY_FOR: Duration = Duration::from_secs(10);
/// Looks this often before it reports a failure: a worker may have been away all that time.
const LOOKS: u32 = 5;
/// The first pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Looks at the site until each of its addresses serves the new certificate.
pub(crate) async fn verify(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let expected = attempt.run.value.fingerprint.clone();
    if attempt.site.endpoints.is_empty() {
        return on_disk(ctx, attempt, expected).await;
    }
    let seen = served::look(ctx, &attempt.site).await;
    let amiss: Vec<_> = seen.iter().filter(|(served, _)| served.fingerprint != expected).collect();
    let Some((served, problem)) = amiss.first() else {
        let found = match attempt.site.endpoints.len() {
            1 => "the new certificate is served".to_owned(),
            n => format!("the new certificate is served at all {n} places"),
        };
        return attempt.done(ctx, "verify", Some(found)).await;
    };
    let words = served::words(served, problem.as_ref());
    let began = began(attempt, "verify", ctx.clock.now());
    let waited = since(ctx, began);
    attempt.run.value.looks += 1;
    if waited >= VERIFY_FOR && attempt.run.value.looks >= LOOKS {
        let before = attempt.before()?;
        if amiss.iter().all(|(served, problem)| cannot_be_verified(&before, served, problem.as_ref())) {
            let found = format!(
                "cannot be verified: {words}, and nothing could be read there before this run either. The files are in \
                 place, and the reload went well. Set config.verify to \"files\" where Steward cannot see what visitors \
                 see"
            );
            return attempt.done(ctx, "verify", Some(found)).await;
        }
        let assumed = attempt.site.assumed.as_ref().map(|assumed| format!("; {assumed}")).unwrap_or_default();
        return Err(Hitch::failed(format!(
            "{} s after the reload {words}, not the new one, {}{assumed}",
            waited.as_secs(),
            expected.as_deref().map(served::short).unwrap_or_default()
        )));
    }
    Ok(Course::Wait(pause(waited), Some(words)))
}

/// Compares what is on the disk, where no handshake is asked for.
async fn on_disk(ctx: &Context, attempt: &mut Attempt, expected: Option<String>) -> Result<Course, Hitch> {
    let (version, directory) = (attempt.version()?, attempt.site.deploy_path.clone());
    let command = script(script::ON_DISK, [&directory, &version]);
    let chain = attempt.must(ctx, "the new files are not in their place", command).await?;
    let found = tls::facts(&chain).ok().map(|facts| facts.fingerprint);
    if found != expected {
        return Err(Hitch::failed(format!("{directory}/fullchain.pem does not hold the new certificate")));
    }
    attempt.done(ctx, "verify", Some("the new files are on the server; no handshake was asked for".to_owned())).await
}

/// Whether somebody answers there whom Steward cannot read, and could not before the run either: a rollback would put
/// back what is perhaps as well served as it was, for nothing.
fn cannot_be_verified(before: &Before, now: &Served, problem: Option<&ProbeError>) -> bool {
    let could_be_read = before.served.iter().any(|served| {
        (&served.name, served.address, served.port) == (&now.name, now.address, now.port)
            && served.fingerprint.is_some()
    });
    !could_be_read && matches!(problem, Some(ProbeError::Tls(_) | ProbeError::NotTls(_)))
}

/// When a step began; now, if it does.
fn began(attempt: &Attempt, step: &str, now: Timestamp) -> Timestamp {
    let steps = &attempt.operation.value.steps;
    steps.iter().find(|s| s.name == step).and_then(|step| step.started_at).unwrap_or(now)
}

/// How long ago that was.
pub(crate) fn since(ctx: &Context, began: Timestamp) -> Duration {
    Duration::try_from(ctx.clock.now().duration_since(began)).unwrap_or_default()
}

/// Longer the longer it takes.
pub(crate) fn pause(waited: Duration) -> Duration {
    (waited / 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
}
