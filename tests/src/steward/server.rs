use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws::Aws;
use clap::Parser;
use domain::ports::{Key, QueueName};
use domain::users::{self, ProfileChange, User};
use domain::{Context, entity};
use embedded::EmbeddedScheduler;
use steward::{Config, Parts};
use system::SystemEntropy;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::{Client, CountingStore, TestClock};

/// The password of `admin`.
pub const ADMIN_PASSWORD: &str = "correct horse battery";

/// How a Steward is started.
#[derive(Debug, Default)]
pub struct StewardOptions {
    /// `STEWARD_DNS`.
    pub dns: Option<SocketAddr>,
    /// `STEWARD_REGISTRATION=open`.
    pub open_registration: bool,
    /// The data directory of an earlier one.
    pub data: Option<PathBuf>,
    /// Whether it connects to public addresses only, without `STEWARD_ALLOW_TARGETS`.
    pub public_only: bool,
    /// It answers, and works on no queue and no schedule.
    pub idle: bool,
    /// A deployment on AWS that has what it knows, instead of a data directory.
    pub deployment: Option<aws::Settings>,
    /// Who sees its calls to that deployment.
    pub observer: Option<Arc<dyn aws::Observer>>,
    /// Where it answers, unless on any free port.
    pub listen: Option<SocketAddr>,
    /// More options of the command line.
    pub arguments: Vec<String>,
}

/// A Steward that answers on a free port, in this process. Dropping it ends it as hard as `kill -9`, but for its open
/// files.
#[derive(Debug)]
pub struct Steward {
    /// Its ports; its store counts.
    pub ctx: Context,
    /// Its store.
    pub store: Arc<CountingStore>,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// What fires its schedules, unless they are on AWS.
    pub scheduler: Option<Arc<EmbeddedScheduler>>,
    url: String,
    data: PathBuf,
    _directory: Option<TempDir>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Steward {
    /// Starts one, with the user `admin`.
    pub async fn start(options: StewardOptions) -> Self {
        let directory = options.data.is_none().then(|| TempDir::with_prefix("steward-test-").unwrap());
        let data = options.data.or_else(|| directory.as_ref().map(|d| d.path().join("data"))).unwrap();
        let listener = TcpListener::bind(options.listen.unwrap_or(([127, 0, 0, 1], 0).into())).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut arguments = vec![
            "steward".to_owned(),
            format!("--listen={address}"),
            format!("--data={}", data.display()),
            format!("--registration={}", if options.open_registration { "open" } else { "closed" }),
        ];
        arguments.extend((!options.public_only).then(|| "--allow-targets=127.0.0.0/8".to_owned()));
        arguments.extend(options.dns.map(|dns| format!("--dns={dns}")));
        arguments.extend(options.arguments);
        let config = Config::parse_from(arguments);

        let clock = Arc::new(TestClock::default());
        let entropy = Arc::new(SystemEntropy);
        let (ctx, scheduler) = match options.deployment {
            None => {
                let Parts { ctx, scheduler } = steward::open(&config, clock.clone(), entropy).unwrap();
                (ctx, Some(scheduler))
            }
            Some(deployment) => {
                let ctx = steward::on_aws(&config, deployment.clone(), clock.clone(), entropy.clone()).unwrap();
                let observed = |observer| {
                    let ports = Aws::new(deployment, entropy).unwrap().observed(observer);
                    Context {
                        store: ports.store(),
                        queue: ports.queue(),
                        vault: ports.vault(),
                        scheduler: ports.scheduler(),
                        ..ctx.clone()
                    }
                };
                (options.observer.map_or_else(|| ctx.clone(), observed), None)
            }
        };
        make_admin(&ctx).await;
        let store = Arc::new(CountingStore::new(Arc::clone(&ctx.store)));
        let ctx = Context { store: store.clone(), ..ctx };

        let (stop, stopped) = oneshot::channel();
        let (ready, answering) = oneshot::channel();
        let served = (ctx.clone(), scheduler.clone());
        let server = tokio::spawn(async move {
            let ready = move || ready.send(()).unwrap();
            let stopped = async move { drop(stopped.await) };
            match served {
                (ctx, Some(scheduler)) if !options.idle => {
                    steward::serve(Parts { ctx, scheduler }, listener, ready, stopped).await.unwrap();
                }
                (ctx, _) => {
                    // Dropped with the server: the workers end with it.
                    let mut workers = JoinSet::new();
                    for queue in QueueName::ALL.into_iter().filter(|_| !options.idle) {
                        workers.spawn(steward::work(ctx.clone(), queue));
                    }
                    ready();
                    let service = steward::router(ctx).into_make_service_with_connect_info::<SocketAddr>();
                    axum::serve(listener, service).with_graceful_shutdown(stopped).await.unwrap();
                }
            }
        });
        answering.await.unwrap();
        let url = format!("http://{address}");
        Self { ctx, store, clock, scheduler, url, data, _directory: directory, stop: Some(stop), server }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A caller without credentials.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The administrator.
    pub async fn admin(&self) -> Client {
        self.client().login("admin", ADMIN_PASSWORD).await
    }

    /// A new user, logged in.
    pub async fn user(&self, name: &str) -> Client {
        let body = serde_json::json!({
            "username": name, "password": "a good password", "email": format!("{name}@example.com"),
        });
        self.admin().await.post("/api/add_user", body).await.ok();
        self.client().login(name, "a good password").await
    }

    /// Stops it as SIGTERM does.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.server).await;
    }
}

/// The ports of a new data directory, with nothing in it and nobody serving it.
pub fn empty_context(data: &Path) -> Context {
    let config = Config::parse_from(["steward".to_owned(), format!("--data={}", data.display())]);
    steward::open(&config, Arc::new(TestClock::default()), Arc::new(SystemEntropy)).unwrap().ctx
}

/// The first administrator, once they have given an address that a CA takes.
async fn make_admin(ctx: &Context) {
    users::register_first_admin(ctx, Some(ADMIN_PASSWORD)).await.unwrap();
    let mut admin = entity::load::<User>(ctx.store.as_ref(), Key::of(1)).await.unwrap();
    if !admin.value.email.can_receive() {
        let change = ProfileChange {
            email: Some("admin@example.com"),
            password: None,
            current_password: ADMIN_PASSWORD,
            source: "a test",
        };
        users::change_profile(ctx, &mut admin, change).await.unwrap();
    }
}

impl Drop for Steward {
    fn drop(&mut self) {
        self.server.abort();
    }
}
