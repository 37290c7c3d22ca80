use domain::Context;
use domain::deployments::Outcome;

use crate::attempt::Attempt;
use crate::hitch::{Course, Hitch};
use crate::script::{self, script};
use crate::served;

/// What a dry run does instead of deploying: looks whether anything is in the way, and says what would be done.
pub(crate) async fn inspect(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let inspect = script(script::INSPECT, [&attempt.site.deploy_path, attempt.snippet_path()]);
    let current = attempt.must(ctx, "files cannot be put there", inspect).await?;
    let mut found = vec![match current.trim() {
        "" => format!("{} has no version of Steward's yet", attempt.site.deploy_path),
        version => format!("{}/current is {version}", attempt.site.deploy_path),
    }];
    if let Some(test) = attempt.site.test.clone() {
        found.push(match attempt.owners(ctx, &test).await {
            Ok(()) => format!("`{test}` goes well"),
            Err(Hitch::Failed { reason, .. }) => format!("{reason} (as things are now)"),
            Err(other) => return Err(other),
        });
    }
    found.extend(served::look(ctx, &attempt.site).await.iter().map(|(served, p)| served::words(served, p.as_ref())));
    if let Some(reload) = &attempt.site.reload {
        found.push(format!("then `{reload}` would be run"));
    }
    attempt.operation.value.complete_with("inspect", Some(found.join("; ")), ctx.clock.now());
    Ok(attempt.end(ctx, Outcome::Checked, false).await?)
}
