use std::io::stdout;
use std::sync::Arc;

use aws::Aws;
use domain::ports::{Absent, Clock, Entropy};
use domain::{Context, Settings};
use lambda_runtime::Error;
use system::{OneLine, SystemClock, SystemEntropy};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::environment::{Environment, log_filter};
use crate::outside::Outside;

/// Sends the log to where CloudWatch takes it up, which notes the time by itself, and makes the ports that AWS provides;
/// `equip` adds those of the outside that this function has business with. Nothing is connected to yet.
pub(crate) fn open(equip: impl FnOnce(Context, &Outside) -> Result<Context, Error>) -> Result<Context, Error> {
    let filter: Targets = log_filter().parse().map_err(|error| format!("STEWARD_LOG: {error}"))?;
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).without_time();
    // What a request or a peer says must not look like lines of the log.
    let lines = lines.with_writer(|| OneLine::new(stdout(), false));
    tracing_subscriber::registry().with(filter).with(lines).init();
    std::panic::set_hook(Box::new(|info| {
        if !steward_http::keep_panic(info) {
            tracing::error!("{info}");
        }
    }));

    let environment = Environment::read()?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let aws = Aws::new(environment.aws, Arc::clone(&entropy))?;
    let ctx = Context {
        store: aws.store(),
        queue: aws.queue(),
        vault: aws.vault(),
        scheduler: aws.scheduler(),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        ca: Arc::new(Absent),
        messenger: Arc::new(Absent),
        dns: Arc::new(Absent),
        zones: Arc::new(Absent),
        prober: Arc::new(Absent),
        remote: Arc::new(Absent),
        mailer: Arc::new(Absent),
        settings: Settings {
            public_url: environment.public_url,
            registration: environment.registration,
            audit_days: environment.audit_days,
            // API Gateway says itself where a request comes from.
            trusted_proxies: Vec::new(),
        },
    };
    let outside = Outside {
        targets: environment.targets,
        resolver: environment.dns,
        smtp_secret: environment.smtp_secret,
        aws,
        clock,
        entropy,
    };
    equip(ctx, &outside)
}
