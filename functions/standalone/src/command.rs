//! What `steward` does beside starting.

use std::env;
use std::path::Path;
use std::sync::Arc;

use acme::InstantCa;
use aws::Aws;
use dns::Authoritative;
use domain::ports::{Clock, Entropy};
use domain::targets::TargetPolicy;
use domain::{Context, Error, users};
use probe::RustlsProber;
use secrecy::ExposeSecret;
use ssh::SshRemote;
use system::{SystemClock, SystemEntropy};
use webhook::HttpMessenger;
use zones::Zones;

use crate::audit;
use crate::config::{AuditCommand, Command, Config, Place};
use crate::document::document;
use crate::run::{StartError, mailer, open, settings, wrong_password};
use crate::transfer::{self, Manifest};

/// Does one thing, prints the outcome, and ends.
pub async fn command(config: &Config, command: Command) -> Result<(), StartError> {
    match command {
        Command::Admin { place } => admin(config, &place).await,
        Command::Export { directory, place } => {
            let manifest = transfer::export(&context(config, &place)?, &directory).await?;
            tell("exported to", &directory, &manifest);
            Ok(())
        }
        Command::Import { directory, go_on, place } => {
            let manifest = transfer::import(&context(config, &place)?, &directory, go_on).await?;
            tell("imported from", &directory, &manifest);
            Ok(())
        }
        Command::Audit { audit: AuditCommand::Export { place } } => {
            audit::export(context(config, &place)?.store.as_ref()).await
        }
        Command::Audit { audit: AuditCommand::Purge { before, place } } => {
            audit::purge(&context(config, &place)?, before).await
        }
        Command::Audit { audit: AuditCommand::Verify { file: Some(file), place } } => {
            // A file can be checked anywhere; only its cut needs the key.
            let is_there = place.stack.is_some() || config.data.exists();
            audit::verify_file(&file, || is_there.then(|| context(config, &place)).transpose()).await
        }
        Command::Audit { audit: AuditCommand::Verify { file: None, place } } => {
            audit::verify(&context(config, &place)?).await
        }
        Command::Openapi => openapi(),
    }
}

#[expect(clippy::print_stdout, reason = "the password is shown to whoever asked for it, once")]
async fn admin(config: &Config, place: &Place) -> Result<(), StartError> {
    let ctx = context(config, place)?;
    if users::exist(&ctx).await? {
        let reason = "there are users already; an administrator makes others: PUT /api/v1/users/{id} with a role";
        return Err(Error::Conflict(reason.into()).into());
    }
    let password = config.admin_password.as_ref().map(ExposeSecret::expose_secret);
    match users::register_first_admin(&ctx, password).await.map_err(wrong_password)? {
        Some(password) => println!("The user admin was made with the password {password} (shown this once)."),
        None => println!("The user admin was made with the password in STEWARD_ADMIN_PASSWORD."),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what was asked for")]
fn openapi() -> Result<(), StartError> {
    let document = document().to_pretty_json().map_err(|error| Error::Internal(error.to_string()))?;
    println!("{document}");
    Ok(())
}

/// The ports of the place that is meant.
fn context(config: &Config, place: &Place) -> Result<Context, StartError> {
    match &place.stack {
        Some(stack) => {
            let deployment = aws::Settings::of(stack, |name| env::var(name).ok())?;
            on_aws(config, deployment, Arc::new(SystemClock), Arc::new(SystemEntropy))
        }
        None => Ok(open(config, Arc::new(SystemClock), Arc::new(SystemEntropy))?.ctx),
    }
}

/// The ports of a deployment on AWS, for a program that is not on Lambda.
pub fn on_aws(
    config: &Config,
    deployment: aws::Settings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Context, StartError> {
    let policy = TargetPolicy::new(config.allow_targets.clone());
    let aws = Aws::new(deployment, Arc::clone(&entropy))?;
    let dns = Authoritative::new(config.dns, policy.clone())
        .map_err(|error| StartError::Setting { variable: "STEWARD_DNS", reason: error.to_string() })?;
    let messenger = HttpMessenger::new(policy.clone())?;
    let prober = Arc::new(RustlsProber::new(policy.clone(), Arc::clone(&clock)));
    let ca = Arc::new(InstantCa::new(policy.clone(), Arc::clone(&clock)));
    let remote = Arc::new(SshRemote::new(policy.clone(), Arc::clone(&entropy)));
    Ok(Context {
        store: aws.store(),
        queue: aws.queue(),
        vault: aws.vault(),
        scheduler: aws.scheduler(),
        mailer: mailer(config, &clock, &entropy)?,
        clock,
        entropy,
        messenger: Arc::new(messenger),
        dns: Arc::new(dns),
        ca,
        zones: Arc::new(Zones::new(policy)),
        prober,
        remote,
        settings: settings(config),
    })
}

#[expect(clippy::print_stdout, reason = "it is what the command was run for")]
fn tell(what: &str, directory: &Path, manifest: &Manifest) {
    println!("{:<24} {:>10}  sha256", "", "count");
    for (name, content) in &manifest.files {
        println!("{name:<24} {:>10}  {}", content.count, content.sha256);
    }
    println!("{what} {}", directory.display());
}
