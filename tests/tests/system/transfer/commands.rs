//! The commands as an operator runs them: in a process of their own, with what they print and how they end.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use clap::Parser;
use secrecy::ExposeSecret;
use steward::Config;
use tokio::process::{Child, Command};

/// The environment variable with the child's command line, an option on each line.
const CHILD: &str = "STEWARD_TEST_COMMAND";

/// Not a test: the command that the tests start from their own program. Without being asked it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(arguments) = std::env::var(CHILD) else { return };
    let config = Config::parse_from(std::iter::once("steward").chain(arguments.lines()));
    steward::log(&config.log).unwrap();
    if let Err(error) = steward::command(&config, config.command.clone().unwrap()).await {
        eprintln!("steward: {error}");
        std::process::exit(1);
    }
}

/// Where a command has its entities.
#[derive(Clone, Copy)]
pub enum At<'a> {
    Data(&'a Path),
    Aws(&'a aws::Settings),
}

/// What came of a command.
#[derive(Debug)]
pub struct Outcome {
    pub success: bool,
    /// What is printed of each file: count and checksum.
    pub printed: BTreeMap<String, (u64, String)>,
    pub said: String,
}

impl Outcome {
    /// What a success printed.
    #[track_caller]
    pub fn ok(self) -> BTreeMap<String, (u64, String)> {
        assert!(self.success, "{}", self.said);
        self.printed
    }

    /// What a refusal said.
    #[track_caller]
    pub fn refused(self) -> String {
        assert!(!self.success && self.printed.is_empty(), "{self:?}");
        self.said
    }
}

pub async fn export(from: At<'_>, directory: &Path) -> Outcome {
    end(start(from, &["export", directory.to_str().unwrap()])).await
}

pub async fn import(directory: &Path, to: At<'_>) -> Outcome {
    end(start_import(directory, to, false)).await
}

pub async fn go_on(directory: &Path, to: At<'_>) -> Outcome {
    end(start_import(directory, to, true)).await
}

pub fn start_import(directory: &Path, to: At<'_>, go_on: bool) -> Child {
    let arguments = ["import", directory.to_str().unwrap(), "--continue"];
    start(to, &arguments[..if go_on { 3 } else { 2 }])
}

/// As a shell of an operator would: with what `aws configure export-credentials` gives, and no more of AWS.
fn start(place: At<'_>, arguments: &[&str]) -> Child {
    let mut arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("STEWARD_")) {
        command.env_remove(name);
    }
    match place {
        At::Data(data) => arguments.push(format!("--data={}", data.display())),
        At::Aws(settings) => {
            let credentials = &settings.credentials;
            arguments.push(format!("--stack={}", settings.stack));
            command.env("AWS_REGION", &settings.region);
            command.env("AWS_ACCESS_KEY_ID", &credentials.access_key_id);
            command.env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.expose_secret());
            command.envs(settings.endpoint.iter().map(|url| ("AWS_ENDPOINT_URL", url)));
            let token = credentials.session_token.iter();
            command.envs(token.map(|token| ("AWS_SESSION_TOKEN", token.expose_secret())));
        }
    }
    command
        .args(["--exact", "transfer::commands::child", "--nocapture"])
        .env(CHILD, arguments.join("\n"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

pub async fn end(child: Child) -> Outcome {
    let output = tokio::time::timeout(Duration::from_secs(240), child.wait_with_output());
    let output = output.await.expect("an end within four minutes").unwrap();
    let (printed, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let printed = printed.lines().filter_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, count, sum] = words[..] else { return None };
        Some((name.to_owned(), (count.parse().ok()?, (sum.len() == 64).then(|| sum.to_owned())?)))
    });
    Outcome { success: output.status.success(), printed: printed.collect(), said }
}
