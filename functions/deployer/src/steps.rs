//! The steps of a run, each safe to do again.

use domain::Context;
use domain::deployments::{Before, Outcome};
use domain::ports::ProbeError;
use secrecy::{ExposeSecret, SecretString};

use crate::attempt::Attempt;
use crate::hitch::{Course, Hitch};
use crate::script::{self, script};
use crate::{inspect, material, rollback, served, verify};

/// Does the step that is next.
pub(crate) async fn next(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    match attempt.operation.value.next_step().unwrap_or("finish") {
        "connect" => connect(ctx, attempt).await,
        "check" => check(ctx, attempt).await,
        "inspect" => inspect::inspect(ctx, attempt).await,
        "upload" => upload(ctx, attempt).await,
        "backup" => backup(ctx, attempt).await,
        "swap" => swap(ctx, attempt).await,
        "test" => test(ctx, attempt).await,
        "reload" => reload(ctx, attempt).await,
        "verify" => verify::verify(ctx, attempt).await,
        "rollback" => rollback::roll_back(ctx, attempt).await,
        _ => finish(ctx, attempt).await,
    }
}

async fn connect(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    attempt.connect(ctx).await?;
    attempt.run.value.lost_since = None;
    let now = ctx.clock.now();
    attempt.run.value.started_at.get_or_insert(now);
    attempt.run.value.outcome = Outcome::Running;
    attempt.done(ctx, "connect", None).await
}

async fn check(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let material = material::of(ctx, &attempt.certificate).await?;
    attempt.run.value.fingerprint = Some(material.fingerprint);
    attempt.done(ctx, "check", None).await
}

async fn upload(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let material = material::of(ctx, &attempt.certificate).await?;
    // It may have been renewed since it was checked.
    attempt.run.value.fingerprint = Some(material.fingerprint);
    let version = attempt.version()?;
    let bytes = material.key.expose_secret().len().to_string();
    // What a dry run finds in the way, this one finds before it changes anything.
    inspect::look_at_place(ctx, attempt).await?;
    let (directory, rights) = (&attempt.site.deploy_path, attempt.site.rights.clone());
    let arguments = [directory.as_str(), &version, &material.chain, &bytes, &rights.owner, &rights.group, &rights.mode];
    let upload = script(script::UPLOAD, arguments).reading(material.key);
    attempt.change(ctx, "the files cannot be put on the server", upload).await?;
    attempt.done(ctx, "upload", None).await
}

/// What is there now is kept, and written down here before the swap: a rollback after a crash knows where to go back to.
async fn backup(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let (version, run) = (attempt.version()?, attempt.run.value.id.to_string());
    let backup = script(script::BACKUP, [&attempt.site.deploy_path, &version, &run, attempt.snippet_path()]);
    let said = attempt.change(ctx, "what is on the server cannot be kept", backup).await?;
    let (link, chain) = said.split_once('\n').unwrap_or((said.as_str(), ""));
    let version = match link.trim() {
        "" => None,
        link => Some(link.strip_prefix("versions/").ok_or_else(|| {
            Hitch::failed(format!("{}/current is a link to {link:?}, which is not Steward's", attempt.site.deploy_path))
        })?),
    };
    let fingerprint = tls::facts(chain).ok().map(|facts| facts.fingerprint);
    let seen = served::look(ctx, &attempt.site).await;
    if let Some(ProbeError::Refused(reason)) =
        seen.iter().find_map(|(_, problem)| problem.as_ref().filter(|p| matches!(p, ProbeError::Refused(_))))
    {
        return Err(Hitch::refused(format!("the site cannot be looked at: {reason}")));
    }
    let served = seen.into_iter().map(|(served, _)| served).collect();
    let before = Before { version: version.map(str::to_owned), fingerprint, served };
    let found = before
        .fingerprint
        .as_deref()
        .map(|fingerprint| format!("the certificate {} was there", served::short(fingerprint)));
    attempt.run.value.before = Some(before);
    attempt.done(ctx, "backup", found).await
}

async fn swap(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let (path, text) = attempt.site.snippet.clone().unwrap_or_default();
    let (version, bytes) = (attempt.version()?, text.len().to_string());
    let swap = script(script::SWAP, [&attempt.site.deploy_path, &version, &path, &bytes]);
    attempt.change(ctx, "the new files cannot be made current", swap.reading(SecretString::from(text))).await?;
    attempt.done(ctx, "swap", None).await
}

async fn test(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    if let Some(test) = attempt.site.test.clone() {
        attempt.owners(ctx, &test).await?;
    }
    attempt.done(ctx, "test", None).await
}

async fn reload(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    if let Some(reload) = attempt.site.reload.clone() {
        attempt.owners(ctx, &reload).await?;
    }
    attempt.done(ctx, "reload", None).await
}

/// The certificate is served. What is left over does no harm, and the next run removes it too.
async fn finish(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let found = match tidy(ctx, attempt).await {
        Ok(()) => None,
        Err(Hitch::Failed { reason, .. }) => Some(format!("older versions are still on the server: {reason}")),
        Err(Hitch::Lost(error)) => Some(format!("older versions are still on the server: {error}")),
        Err(stopped) => return Err(stopped),
    };
    attempt.operation.value.complete_with("finish", found, ctx.clock.now());
    Ok(attempt.end(ctx, Outcome::Deployed, false).await?)
}

async fn tidy(ctx: &Context, attempt: &mut Attempt) -> Result<(), Hitch> {
    let (version, before) = (attempt.version()?, attempt.before()?.version.unwrap_or_default());
    let finish = script(script::FINISH, [&attempt.site.deploy_path, &version, &before]);
    attempt.change(ctx, "they cannot be removed", finish).await.map(|_| ())
}
