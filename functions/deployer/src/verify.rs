use std::time::Duration;

use domain::Context;
use jiff::Timestamp;

use crate::attempt::Attempt;
use crate::hitch::{Course, Hitch};
use crate::served;

/// A site that does not serve the new certificate this long after the reload never will.
pub(crate) const VERIFY_FOR: Duration = Duration::from_secs(10);
/// But so often is it looked at before that is said: a worker may have been away all that time.
const LOOKS: u32 = 5;
/// The first pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Looks at the site until each of its addresses serves the new certificate.
pub(crate) async fn verify(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let expected = attempt.run.value.fingerprint.clone();
    let seen = served::look(ctx, &attempt.site).await;
    let Some((served, problem)) = seen.iter().find(|(served, _)| served.fingerprint != expected) else {
        let found = match attempt.site.endpoints.len() {
            0 => "no port was named to look at".to_owned(),
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
        return Err(Hitch::failed(format!(
            "{} s after the reload {words}, not the new one, {}",
            waited.as_secs(),
            expected.as_deref().map(served::short).unwrap_or_default()
        )));
    }
    Ok(Course::Wait(pause(waited), Some(words)))
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
