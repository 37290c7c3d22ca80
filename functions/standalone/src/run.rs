use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use acme::InstantCa;
use axum::Router;
use dns::Authoritative;
use domain::jobs::Job;
use domain::operations::{self, SWEEP_SCHEDULE};
use domain::ports::{Clock, Entropy, Mailer, QueueName, Schedule, ScheduleName, When};
use domain::repair::REPAIR_SCHEDULE;
use domain::targets::TargetPolicy;
use domain::{Context, Settings, users};
use embedded::{Embedded, EmbeddedScheduler};
use probe::RustlsProber;
use secrecy::ExposeSecret;
use ssh::SshRemote;
use steward_http::App;
use system::{SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use webhook::HttpMessenger;
use zones::Zones;

use crate::transfer::TransferError;
use crate::{Config, areas, worker};

/// How often the sweep looks for operations whose job was lost.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How often what has lost its schedule is looked for.
const REPAIR_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long requests under way may take to end when Steward is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Why Steward did not start, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable has a value that cannot be.
    #[error("{variable}: {reason}")]
    Setting {
        /// Its name.
        variable: &'static str,
        /// What would be right.
        reason: String,
    },
    /// The data directory cannot be used.
    #[error("STEWARD_DATA: {0}")]
    Data(#[from] embedded::OpenError),
    /// The address cannot be listened at.
    #[error("STEWARD_LISTEN: cannot listen at {address}: {reason}; is another program using the port?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        reason: io::Error,
    },
    /// The first steps failed.
    #[error("cannot start: {0}")]
    Start(#[from] domain::Error),
    /// The environment does not say how to reach AWS.
    #[error(transparent)]
    Aws(#[from] aws::SettingsError),
    /// The client for AWS cannot be made.
    #[error(transparent)]
    AwsClient(#[from] aws::SetupError),
    /// No TLS can be spoken.
    #[error(transparent)]
    Tls(#[from] dial::HttpsError),
    /// The audit trail is not whole.
    #[error("the audit trail is not whole: {0}")]
    Audit(String),
    /// A file cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Not everything was exported or imported.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The server ended.
    #[error("cannot go on: {0}")]
    Serve(#[from] io::Error),
}

/// One Steward, opened and not yet answering.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The ports.
    pub ctx: Context,
    /// Fires schedules while it runs.
    pub scheduler: Arc<EmbeddedScheduler>,
}

/// Sends the log to standard error, filtered by `STEWARD_LOG`.
pub fn log(filter: &str) -> Result<(), StartError> {
    let refused = |error: &dyn std::fmt::Display| {
        let reason =
            format!("'{filter}' is not a level (error, warn, info, debug, trace) or a list of directives: {error}");
        StartError::Setting { variable: "STEWARD_LOG", reason }
    };
    // A bare word that is no level would be taken for the name of a module, and silence everything else.
    for word in filter.split(',').map(str::trim).filter(|part| !part.contains(['=', '['])) {
        word.parse::<LevelFilter>().map_err(|_| refused(&format!("'{word}' is no level")))?;
    }
    let filter = EnvFilter::builder().parse(filter).map_err(|error| refused(&error))?;
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours).init();
    Ok(())
}

/// Opens the data directory and everything outside that the settings name.
pub fn open(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Parts, StartError> {
    let embedded = Embedded::open(&config.data, Arc::clone(&clock), Arc::clone(&entropy))?;
    let policy = TargetPolicy::new(config.allow_targets.clone());
    let dns = Authoritative::new(config.dns, policy.clone())
        .map_err(|error| StartError::Setting { variable: "STEWARD_DNS", reason: error.to_string() })?;
    let messenger = HttpMessenger::new(policy.clone())?;
    let mailer = mailer(config, &clock, &entropy)?;
    let prober = Arc::new(RustlsProber::new(policy.clone(), Arc::clone(&clock)));
    let ca = Arc::new(InstantCa::new(policy.clone(), Arc::clone(&clock)));
    let remote = Arc::new(SshRemote::new(policy.clone(), Arc::clone(&entropy)));
    let ctx = Context {
        store: embedded.store(),
        queue: embedded.queue(),
        vault: embedded.vault(),
        scheduler: embedded.scheduler(),
        clock,
        entropy,
        messenger: Arc::new(messenger),
        dns: Arc::new(dns),
        ca,
        zones: Arc::new(Zones::new(policy)),
        prober,
        remote,
        mailer,
        settings: settings(config),
    };
    Ok(Parts { ctx, scheduler: embedded.scheduler() })
}

pub(crate) fn settings(config: &Config) -> Settings {
    let public_url = match &config.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if config.listen.ip().is_unspecified() => format!("http://localhost:{}", config.listen.port()),
        None => format!("http://{}", config.listen),
    };
    Settings { public_url, registration: config.registration.into(), trusted_proxies: config.trusted_proxies.clone() }
}

pub(crate) fn mailer(
    config: &Config,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Arc<dyn Mailer>, StartError> {
    let (clock, entropy) = (Arc::clone(clock), Arc::clone(entropy));
    let Some(url) = &config.smtp_url else {
        let directory = mail::Directory::new(&config.data, clock, entropy)
            .map_err(|error| StartError::Setting { variable: "STEWARD_DATA", reason: error.to_string() })?;
        return Ok(Arc::new(directory));
    };
    let refused = |reason: String| StartError::Setting { variable: "STEWARD_SMTP_URL", reason };
    let settings: mail::SmtpSettings =
        url.expose_secret().parse().map_err(|error: mail::SettingsError| refused(error.to_string()))?;
    let smtp = mail::Smtp::new(settings, clock, entropy).map_err(|error| refused(error.to_string()))?;
    Ok(Arc::new(smtp))
}

/// Runs until the process is asked to stop.
#[expect(clippy::print_stdout, reason = "the two things an operator waits for: the first password, and the URL")]
pub async fn run(config: Config) -> Result<(), StartError> {
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|reason| StartError::Listen { address: config.listen, reason })?;
    let address = listener.local_addr()?;
    let config = Config { listen: address, ..config };
    let parts = open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    let password = config.admin_password.as_ref().map(ExposeSecret::expose_secret);
    let generated = users::register_first_admin(&parts.ctx, password).await.map_err(wrong_password)?;
    if let Some(password) = generated {
        println!("The user admin was made with the password {password} (shown this once).");
    }
    let answering = || println!("Steward answers at http://{address} (its documentation: http://{address}/api/docs)");
    serve(parts, listener, answering, stop_signal()).await
}

/// The first password comes from a variable; what is wrong with it is said of that.
pub(crate) fn wrong_password(error: domain::Error) -> StartError {
    match error {
        domain::Error::Invalid { reason, .. } => StartError::Setting { variable: "STEWARD_ADMIN_PASSWORD", reason },
        other => other.into(),
    }
}

/// Serves every area, and works on every queue and schedule, until `stop` ends; requests under way have ten
/// seconds to end.
pub async fn serve(
    parts: Parts,
    listener: TcpListener,
    answering: impl FnOnce(),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let Parts { ctx, scheduler } = parts;
    let left = operations::recover(&ctx).await?;
    if left > 0 {
        tracing::info!(operations = left, "taking up what was left open");
    }
    let care = [(SWEEP_SCHEDULE, SWEEP_EVERY, Job::Sweep), (REPAIR_SCHEDULE, REPAIR_EVERY, Job::Repair)];
    for (name, every, job) in care {
        let name = ScheduleName(name.into());
        let schedule = Schedule { name, when: When::Every(every), queue: QueueName::Issuer, job };
        ctx.scheduler.set(schedule).await.map_err(domain::Error::from)?;
    }

    let mut background = JoinSet::new();
    background.spawn(async move { scheduler.run().await });
    let (stop_workers, _) = watch::channel(false);
    let mut workers = JoinSet::new();
    for queue in QueueName::ALL {
        let mut stop = stop_workers.subscribe();
        let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
        workers.spawn(worker::work_until(ctx.clone(), queue, stopped));
    }
    let left_open = ctx.clone();
    let service = router(ctx).into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        let _ = stopping.send(());
    });
    answering();
    tokio::select! {
        ended = server => ended?,
        () = grace_over(stopped) => tracing::warn!("requests that did not end were cut off"),
    }
    // Whoever opens the data directory next finds that nobody has it open.
    let _ = stop_workers.send(true);
    while workers.join_next().await.is_some() {}
    if let Err(error) = operations::give_back(&left_open).await {
        tracing::warn!(%error, "what was cut off keeps its lease until the next start");
    }
    background.shutdown().await;
    Ok(())
}

/// Ends when requests have had their time to end.
async fn grace_over(stopped: oneshot::Receiver<()>) {
    if stopped.await.is_err() {
        // The server has ended, and nobody waits.
        return std::future::pending().await;
    }
    tokio::time::sleep(GRACE).await;
}

/// Every area, and the documents.
pub fn everything() -> Router<App> {
    Router::from(areas()).merge(console::docs())
}

/// The longest a request may take.
const LONGEST: Duration = Duration::from_secs(120);

/// Every area, on these ports.
pub fn router(ctx: Context) -> Router {
    steward_http::finish(everything(), App::new(ctx), LONGEST)
}

/// Ends when the process is asked to stop (SIGINT or SIGTERM).
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
}
