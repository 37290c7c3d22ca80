//! Into AWS when it is slow, taken, or cut off.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::ids::{AccountId, OperationId};
use domain::jobs::Job;
use domain::operations;
use domain::ports::{QueueName, SecretName, Store, Vault};
use domain::users::USERS;
use secrecy::SecretString;
use system_tests::aws::Emulator;
use system_tests::peers::{AwsCall, AwsGate, Verdict};
use system_tests::steward::{Steward, StewardOptions, certificate_row, empty_context, issued_until, put_certificates};
use tempfile::TempDir;

use super::commands::{self, At, export, go_on, import, start_import};

/// An emulator behind a gate, and an export of one machine.
struct Move {
    emulator: Emulator,
    gate: AwsGate,
    directory: TempDir,
}

impl Move {
    /// With so many certificates of about 8 KB; `None` where no emulator is installed.
    async fn of(certificates: usize) -> Option<Self> {
        let emulator = Emulator::start().await?;
        emulator.make_sweep().await;
        let gate = AwsGate::open_to(&emulator.settings().endpoint?).await;
        let moved = Self { emulator, gate, directory: TempDir::with_prefix("steward-test-").unwrap() };
        let data = Some(moved.directory.path().join("data"));
        let steward = Steward::start(StewardOptions { idle: true, data, ..StewardOptions::default() }).await;
        let row = |n| {
            let mut row = certificate_row(1, 1, &format!("n{n}.example.com"), issued_until(60));
            row.note = "x".repeat(8_000);
            row
        };
        put_certificates(&steward.ctx, (0..certificates).map(row).collect()).await;
        for n in 0..10 {
            let name = SecretName(format!("certificates/{n}/key"));
            for version in 0..=n % 2 {
                steward.ctx.vault.put(&name, &SecretString::from(format!("version {version}"))).await.unwrap();
            }
        }
        let key = SecretName("http/signing-key".into());
        steward.ctx.vault.put(&key, &SecretString::from(r#"{"kid": "1", "key": "MQ=="}"#)).await.unwrap();
        let operation = steward.plant_open_operation(1).await;
        let queue = &steward.ctx.queue;
        for job in [Job::Purge { operation: OperationId(operation) }, Job::Reap { account: AccountId(1) }] {
            queue.send(QueueName::Issuer, &job, Duration::ZERO).await.unwrap();
        }
        steward.stop().await;
        Some(moved)
    }

    /// The deployment, by way of the gate.
    fn target(&self) -> aws::Settings {
        aws::Settings { endpoint: Some(self.gate.url().to_owned()), ..self.emulator.settings() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn throttles(call: &AwsCall) -> bool {
    call.number % 10 == 9
}

/// Every tenth call is throttled, for a while every transaction too: all rows arrive, and how far it is is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_table_arrives_whole_through_throttling() {
    let Some(moved) = Move::of(150).await else { return };
    let path = moved.path("export");
    let manifest = export(At::Data(&moved.path("data")), &path).await.ok();
    assert_eq!(manifest["certificates"].0, 150);
    let transactions = AtomicUsize::new(0);
    let writes =
        |call: &AwsCall| call.operation.ends_with("TransactWriteItems") && call.body.contains("-certificates\"");
    moved.gate.judge(move |call| match writes(call) {
        true if (2..8).contains(&transactions.fetch_add(1, Ordering::Relaxed)) => Verdict::Starve,
        _ if throttles(call) => Verdict::Throttle,
        _ => Verdict::Pass,
    });
    let outcome = import(&path, At::Aws(&moved.target())).await;
    let throttled = moved.gate.calls().iter().filter(|call| throttles(call)).count();
    assert!(throttled > 5, "{throttled} calls were throttled");
    assert!(outcome.said.contains("the store is busy"), "{}", outcome.said);
    assert!(outcome.said.contains("of 150") && outcome.said.contains("certificates: 150, done"), "{}", outcome.said);
    assert_eq!(outcome.ok(), manifest);

    let page = moved.emulator.aws().store().scan(&domain::certificates::CERTIFICATES, None).await.unwrap();
    assert!(page.next.is_some(), "the table fits into one page");
    moved.gate.judge(|call| if throttles(call) { Verdict::Throttle } else { Verdict::Pass });
    let again = export(At::Aws(&moved.target()), &moved.path("again")).await;
    assert!(again.said.contains("certificates: 150"), "{}", again.said);
    assert_eq!(again.ok(), manifest);
}

/// Writes happen whose answers are lost, longer than the SDK tries: they are made again.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_outlasts_a_network_that_is_away() {
    let Some(moved) = Move::of(25).await else { return };
    let path = moved.path("export");
    let manifest = export(At::Data(&moved.path("data")), &path).await.ok();
    let lost = AtomicUsize::new(0);
    moved.gate.judge(move |call| {
        let of_rows = call.operation.ends_with("TransactWriteItems");
        if of_rows && lost.fetch_add(1, Ordering::Relaxed) < 10 { Verdict::Lose } else { Verdict::Pass }
    });
    let outcome = import(&path, At::Aws(&moved.target())).await;
    assert!(outcome.said.contains("the store does not answer") && !outcome.said.contains("ERROR"), "{}", outcome.said);
    assert_eq!(outcome.ok(), manifest);
}

/// What holds anything is refused, with and without `--continue`, and stays as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_holds_anything_is_refused() {
    let Some(moved) = Move::of(3).await else { return };
    let (path, settings) = (moved.path("export"), moved.emulator.settings());
    export(At::Data(&moved.path("data")), &path).await.ok();
    let writes = |operation: &str| !["Get", "List", "Query", "Scan"].iter().any(|verb| operation.contains(verb));
    let refuse = async |words: &str| {
        let before = super::everything(At::Aws(&settings), &moved.directory).await;
        moved.gate.judge(|_| Verdict::Pass);
        for go_on in [false, true] {
            let said = commands::end(start_import(&path, At::Aws(&moved.target()), go_on)).await.refused();
            assert!(said.contains(words), "{said}");
        }
        let calls = moved.gate.calls();
        assert!(!calls.is_empty() && !calls.iter().any(|call| writes(&call.operation)), "{calls:?}");
        assert_eq!(super::everything(At::Aws(&settings), &moved.directory).await, before);
    };
    let vault = moved.emulator.aws().vault();
    let secret = SecretName("somebody/elses".into());
    vault.put(&secret, &SecretString::from("open-sesame")).await.unwrap();
    refuse("the vault holds somebody/elses").await;
    vault.delete(&secret).await.unwrap();

    let options = StewardOptions { idle: true, deployment: Some(settings.clone()), ..StewardOptions::default() };
    drop(Steward::start(options).await);
    refuse("the table").await;
    assert_eq!(moved.emulator.aws().store().scan(&USERS, None).await.unwrap().items.len(), 1);
}

/// Cut off again and again, each time later, and gone on with: the end is that of an import nobody disturbed. In
/// between the deployment is awake, and finds nothing to work on that is not whole.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_goes_on() {
    let Some(moved) = Move::of(60).await else { return };
    let (path, settings) = (moved.path("export"), moved.emulator.settings());
    let manifest = export(At::Data(&moved.path("data")), &path).await.ok();
    let awake = empty_context(&moved.path("awake"));
    let ports = moved.emulator.aws();
    let awake = domain::Context { store: ports.store(), queue: ports.queue(), vault: ports.vault(), ..awake };
    // What a new deployment makes when it is first called.
    awake.vault.put(&SecretName("http/signing-key".into()), &SecretString::from("its own")).await.unwrap();

    // Each table is looked at before anything is written.
    let (mut cuts, mut last) = (0, domain::tables::ALL.len() + 5);
    loop {
        moved.gate.judge(move |call| if call.number == last { Verdict::Kill } else { Verdict::Pass });
        let mut child = start_import(&path, At::Aws(&moved.target()), cuts > 0);
        while child.try_wait().unwrap().is_none() && !moved.gate.has_killed() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if !moved.gate.has_killed() {
            assert_eq!(commands::end(child).await.ok(), manifest);
            break;
        }
        child.kill().await.unwrap();
        (cuts, last) = (cuts + 1, last + 6);
        if cuts == 4 {
            let said = import(&path, At::Aws(&settings)).await.refused();
            assert!(said.contains("--continue"), "{said}");
        }
        if operations::sweep(&awake).await.unwrap() > 0 {
            assert_eq!(rows(&awake).await, (60, 10));
        }
    }
    assert!(cuts >= 5, "cut off {cuts} times only");
    let mut again = export(At::Aws(&settings), &moved.path("again")).await.ok();
    // One that was sent before a cut was sent again after it.
    let jobs = |name| std::fs::read_to_string(moved.path(name).join("jobs.jsonl")).unwrap();
    let (sent, found) = (jobs("export"), jobs("again"));
    assert!(sent.lines().count() == 2 && sent.lines().all(|job| found.contains(job)), "{sent}\n{found}");
    again.remove("jobs");
    assert!(again.iter().all(|(name, content)| manifest[name] == *content), "{again:?}\n{manifest:?}");
    assert_eq!(go_on(&path, At::Aws(&settings)).await.ok(), manifest, "gone on with once more");
}

/// How many certificates and keys are there.
async fn rows(ctx: &domain::Context) -> (usize, usize) {
    let certificates = ctx.store.scan(&domain::certificates::CERTIFICATES, None).await.unwrap().items.len();
    (certificates, ctx.vault.list("certificates/").await.unwrap().len())
}
