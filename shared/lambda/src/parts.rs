use std::sync::Arc;

use acme::InstantCa;
use aws::Aws;
use dns::Authoritative;
use domain::ports::{Clock, Entropy, NoDnsWriter};
use domain::targets::TargetPolicy;
use domain::{Context, Settings};
use lambda_runtime::Error;
use probe::RustlsProber;
use ssh::SshRemote;
use system::{SystemClock, SystemEntropy};
use tokio::sync::OnceCell;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use webhook::HttpMessenger;

use crate::environment::{Environment, log_filter};
use crate::mailer::SmtpBySecret;

/// Sends the log to where CloudWatch takes it up, which notes the time by itself, and makes the ports. Nothing is
/// connected to yet. The policy is for whoever adds a port that only few functions have.
pub(crate) fn open() -> Result<(Context, TargetPolicy), Error> {
    let filter: Targets = log_filter().parse().map_err(|error| format!("STEWARD_LOG: {error}"))?;
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).without_time();
    tracing_subscriber::registry().with(filter).with(lines).init();

    let environment = Environment::read()?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let aws = Aws::new(environment.aws, Arc::clone(&entropy))?;
    let mailer = SmtpBySecret {
        aws: aws.clone(),
        secret: environment.smtp_secret,
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        smtp: OnceCell::new(),
    };
    let prober = Arc::new(RustlsProber::new(environment.targets.clone(), Arc::clone(&clock)));
    let remote = Arc::new(SshRemote::new(environment.targets.clone()));
    let targets = environment.targets.clone();
    let ctx = Context {
        store: aws.store(),
        queue: aws.queue(),
        vault: aws.vault(),
        scheduler: aws.scheduler(),
        clock,
        entropy,
        ca: Arc::new(InstantCa::new(environment.targets.clone())),
        messenger: Arc::new(HttpMessenger::new(environment.targets.clone())?),
        dns: Arc::new(Authoritative::new(environment.dns, environment.targets)?),
        zones: Arc::new(NoDnsWriter),
        prober,
        remote,
        mailer: Arc::new(mailer),
        settings: Settings { public_url: environment.public_url, registration: environment.registration },
    };
    Ok((ctx, targets))
}
