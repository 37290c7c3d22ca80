//! What each Lambda costs, counted in instructions so that it is the same on a busy machine: `cargo run --release -p
//! benches --bin lambda`.
//!
//! Each function's real program runs here against a Lambda runtime API, and against DynamoDB and Secrets Manager behind
//! TLS. The counts are those of valgrind, whose processor has what the real one has up to AVX2; another one, or another
//! compiler, counts a little differently.

mod data;
mod endpoint;
mod events;
mod function;
mod record;
mod runtime_api;

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;
use std::{env, fs};

use clap::Parser;
use endpoint::Endpoint;
use events::{BUNDLE, Event, Measured};
use function::{Function, is_program};
use record::{Numbers, TOLERANCE};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The stack that the functions take themselves to be part of.
const STACK: &str = "measured";

/// Events before those that count as warm.
const BEFORE: usize = 10;
/// Events that are averaged over.
const AVERAGED: usize = 50;

const COLD_GOAL: u64 = 10_000_000;
const WARM_GOAL: u64 = 500_000;
const RESIDENT_GOAL_KIB: u64 = 20 * 1024;
const ZIP_GOAL: u64 = 5_000_000;

/// Measures the Lambdas: instructions to the first answer and per further event, memory, and size.
///
/// Ends with 1 when an instruction count has grown by more than 5 % over the one in benches/lambda.tsv.
#[derive(Debug, Parser)]
#[command(name = "lambda", max_term_width = 110)]
struct Arguments {
    /// Write the counts to benches/lambda.tsv instead of comparing with it.
    #[arg(long)]
    record: bool,
    /// Only these functions.
    #[arg(value_name = "FUNCTION")]
    only: Vec<String>,
    /// Keep the counts of the first answer and of 60 events there (NAME.cold, NAME.warm), for callgrind_annotate.
    #[arg(long, value_name = "DIRECTORY")]
    keep: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("lambda: {error}");
            ExitCode::from(2)
        }
    }
}

/// Measures, and says whether nothing has grown.
async fn run(arguments: Arguments) -> Result<bool> {
    let counted_by = counted_by()?;
    let chosen = chosen(&arguments.only)?;
    let programs = chosen.iter().map(|measured| program(measured.function)).collect::<Result<Vec<_>>>()?;
    if let Some(keep) = &arguments.keep {
        fs::create_dir_all(keep)?;
    }
    let files = tempfile::Builder::new().prefix("steward-lambda-").tempdir()?;
    let endpoint = Endpoint::start(&aws::tables().collect::<Vec<_>>()).await?;
    let environment = environment(&endpoint, files.path())?;
    eprintln!("making the data …");
    let token = data::put(&environment, files.path()).await?;

    let mut recorded = record::read()?;
    let mut complaints = Vec::new();
    println!("{counted_by}; goals: cold ≤ 10 M, warm ≤ 500 k, memory ≤ 20 MiB, zip ≤ 5 MB");
    println!("{:14} {:24} {:>9} {:>9} {:>9} {:>8}", "function", "event", "cold", "warm", "memory", "zip");
    for (measured, program) in chosen.into_iter().zip(&programs) {
        let bench = Bench { measured, program, environment: &environment, token: &token };
        let numbers = bench.measure(arguments.keep.as_deref()).await?;
        let (function, was) = (measured.function, recorded.get(measured.function));
        println!("{}", line(measured, was, &numbers));
        if !arguments.record {
            complaints.extend(record::grown(function, was, &numbers));
        }
        recorded.insert(function.to_owned(), numbers);
    }
    if arguments.record {
        record::write(&recorded, &counted_by)?;
        println!("recorded in {}", record::path().display());
    }
    if !complaints.is_empty() {
        eprintln!("\nmore than {TOLERANCE} % over what is recorded in benches/lambda.tsv ({}):", record::counted_by()?);
        complaints.iter().for_each(|complaint| eprintln!("  {complaint}"));
        eprintln!("Make it cheaper, or record why it is worth it: run this again with --record, and commit the file.");
    }
    Ok(complaints.is_empty())
}

/// One function, and all it needs.
struct Bench<'a> {
    measured: &'a Measured,
    program: &'a Path,
    environment: &'a [(String, String)],
    token: &'a str,
}

impl Bench<'_> {
    async fn measure(&self, keep: Option<&Path>) -> Result<Numbers> {
        let name = self.measured.function;
        let kept = |kind: &str| keep.map(|keep| keep.join(format!("{name}.{kind}")));
        eprintln!("{name}: the first answer …");
        let cold = self.count(1, kept("cold")).await?;
        eprintln!("{name}: {AVERAGED} more …");
        let before = self.count(BEFORE, None).await?;
        let after = self.count(BEFORE + AVERAGED, kept("warm")).await?;
        let mut function = self.start(false).await?;
        self.events(&mut function, AVERAGED).await?;
        let resident_kib = function.resident_kib()?;
        function.stop(None).await?;
        let warm = after.saturating_sub(before) / AVERAGED as u64;
        Ok(Numbers { cold, warm, resident_kib, zip: zipped(self.program)? })
    }

    /// The instructions from the start to the answer of the last event.
    async fn count(&self, events: usize, keep: Option<PathBuf>) -> Result<u64> {
        let mut function = self.start(true).await?;
        self.events(&mut function, events).await?;
        let counted = function.stop(keep).await?;
        counted.ok_or_else(|| format!("valgrind counted nothing for {}", self.measured.function).into())
    }

    async fn start(&self, counted: bool) -> Result<Function> {
        Function::start(self.measured.function, self.program, self.environment, counted).await
    }

    async fn events(&self, function: &mut Function, events: usize) -> Result<()> {
        for n in 0..events {
            let event: Event = self.measured.work;
            let answer = function.invoke(&event.payload(n, self.token)).await?;
            if !event.is_answered_by(&answer) {
                return Err(format!("{} answered {} by {answer}", self.measured.function, event.title()).into());
            }
        }
        Ok(())
    }
}

/// What counts: the versions of valgrind and of the compiler, and what the processor knows of what valgrind passes on.
fn counted_by() -> Result<String> {
    let said = |program: &str| Command::new(program).arg("--version").output();
    let valgrind = said("valgrind").map_err(|error| {
        format!("valgrind is needed to count instructions, and does not run ({error}); `apt-get install valgrind`")
    })?;
    let valgrind = String::from_utf8_lossy(&valgrind.stdout).trim().to_owned();
    let rustc = said("rustc").map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let avx2 = if processor.contains(" avx2") { "AVX2" } else { "no AVX2" };
    Ok(format!("{valgrind}, {}, {}, {avx2}", rustc.unwrap_or_default(), env::consts::ARCH))
}

fn chosen(only: &[String]) -> Result<Vec<&'static Measured>> {
    let known = |name: &String| BUNDLE.iter().find(|measured| measured.function == name);
    if only.is_empty() {
        return Ok(BUNDLE.iter().collect());
    }
    let names: Vec<_> = BUNDLE.iter().map(|measured| measured.function).collect();
    only.iter()
        .map(|name| known(name).ok_or_else(|| format!("'{name}' is none of {}", names.join(", ")).into()))
        .collect()
}

/// A function's program: what `cargo build` or `cargo lambda build` made last.
fn program(function: &str) -> Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let places = [target.join("release").join(function), target.join("lambda").join(function).join("bootstrap")];
    let made = |path: &PathBuf| path.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    places.iter().filter(|path| is_program(path)).max_by_key(|path| made(path)).cloned().ok_or_else(|| {
        let packages: Vec<_> = BUNDLE.iter().map(|measured| format!("-p {}", measured.function)).collect();
        format!(
            "{function} is not built: neither {} nor {} is there; run\n  cargo build --release --bins {}",
            places[0].display(),
            places[1].display(),
            packages.join(" ")
        )
        .into()
    })
}

/// What a function finds in its environment.
fn environment(endpoint: &Endpoint, files: &Path) -> Result<Vec<(String, String)>> {
    let root = files.join("root.pem");
    fs::write(&root, &endpoint.root)?;
    let queue = |name: &str| format!("{}/123456789012/{STACK}-{name}", endpoint.url);
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".into()),
        ("AWS_ENDPOINT_URL", endpoint.url.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        ("AWS_REGION", "eu-central-1".into()),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
        ("SSL_CERT_FILE", root.display().to_string()),
        ("STEWARD_LOG", "info".into()),
        ("STEWARD_PUBLIC_URL", "https://api.example.com".into()),
        ("STEWARD_QUEUE_AUDITOR", queue("auditor")),
        ("STEWARD_QUEUE_PROBER", queue("prober")),
        ("STEWARD_QUEUE_ISSUER", queue("issuer")),
        ("STEWARD_QUEUE_NOTIFIER", queue("notifier")),
        ("STEWARD_REGISTRATION", "closed".into()),
        ("STEWARD_SCHEDULER_ROLE", "arn:aws:iam::123456789012:role/scheduler".into()),
        ("STEWARD_STACK", STACK.into()),
    ];
    Ok(variables.into_iter().map(|(name, value): (&str, String)| (name.to_owned(), value)).collect())
}

/// How large the program is when it is handed to Lambda.
fn zipped(program: &Path) -> Result<u64> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755))?;
    zip.write_all(&fs::read(program)?)?;
    Ok(zip.finish()?.into_inner().len() as u64)
}

fn line(measured: &Measured, was: Option<&Numbers>, is: &Numbers) -> String {
    let over = |is: u64, goal: u64| if is > goal { "!" } else { " " };
    let change = |was: u64, is: u64| (is as f64 / was.max(1) as f64 - 1.0) * 100.0;
    let mut line = format!(
        "{:14} {:24} {:>6.2} M{} {:>6.1} k{} {:>4.1} MiB{} {:>4.2} MB{}",
        measured.function,
        measured.work.title(),
        is.cold as f64 / 1e6,
        over(is.cold, COLD_GOAL),
        is.warm as f64 / 1e3,
        over(is.warm, WARM_GOAL),
        is.resident_kib as f64 / 1024.0,
        over(is.resident_kib, RESIDENT_GOAL_KIB),
        is.zip as f64 / 1e6,
        over(is.zip, ZIP_GOAL),
    );
    if let Some(was) = was {
        line.push_str(&format!("  cold {:+.1} %, warm {:+.1} %", change(was.cold, is.cold), change(was.warm, is.warm)));
    }
    line
}
