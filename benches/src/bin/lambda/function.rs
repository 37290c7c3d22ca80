use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::Result;
use crate::runtime_api::{Outcome, RuntimeApi};

/// Longer than the slowest event under valgrind.
const PATIENCE: Duration = Duration::from_secs(120);

/// A function's program, running, as Lambda would run it.
#[derive(Debug)]
pub struct Function {
    name: String,
    child: Child,
    runtime: RuntimeApi,
    files: TempDir,
}

impl Function {
    /// Starts it; under callgrind when its instructions shall be `counted`.
    pub async fn start(name: &str, bootstrap: &Path, environment: &[(String, String)], counted: bool) -> Result<Self> {
        let files = tempfile::Builder::new().prefix("steward-lambda-").tempdir()?;
        let runtime = RuntimeApi::start().await?;
        let log = fs::File::create(files.path().join("log"))?;
        let mut command = if counted {
            let mut valgrind = Command::new("valgrind");
            let counts = files.path().join("counts");
            valgrind.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", counts.display()));
            valgrind.arg(bootstrap);
            valgrind
        } else {
            Command::new(bootstrap)
        };
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.env("AWS_LAMBDA_FUNCTION_NAME", name).env("AWS_LAMBDA_RUNTIME_API", runtime.address().to_string());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let child = command.spawn().map_err(|error| format!("{} does not start: {error}", bootstrap.display()))?;
        Ok(Self { name: name.to_owned(), child, runtime, files })
    }

    /// Hands it an event, and waits for its answer.
    pub async fn invoke(&mut self, event: &Value) -> Result<Value> {
        self.runtime.send(event.clone())?;
        let outcome = tokio::select! {
            outcome = self.runtime.outcome() => outcome,
            ended = self.child.wait() => return Err(self.failed(&format!("ended: {}", ended?))),
            () = tokio::time::sleep(PATIENCE) => return Err(self.failed("does not answer")),
        };
        match outcome {
            Some(Outcome::Answer(answer)) => Ok(answer),
            Some(Outcome::Failed(why)) => Err(self.failed(&why)),
            None => Err(self.failed("cannot answer any more")),
        }
    }

    /// How much memory it holds, in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let id = self.child.id().ok_or_else(|| self.failed("has ended"))?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok());
        resident.ok_or_else(|| self.failed("shows no VmRSS"))
    }

    /// Ends it; how many instructions it took, when they were counted. The counts go to `keep` as well.
    pub async fn stop(mut self, keep: Option<PathBuf>) -> Result<Option<u64>> {
        if let Some(id) = self.child.id() {
            // SIGKILL would leave valgrind no time to write.
            Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id.to_string()]).status().await?;
        }
        self.child.wait().await?;
        let counts = self.files.path().join("counts");
        if !counts.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&counts)?;
        if let Some(keep) = keep {
            fs::write(keep, &text)?;
        }
        let total = text.lines().find_map(|line| line.strip_prefix("totals:")?.trim().parse().ok());
        total.map(Some).ok_or_else(|| self.failed("was counted, but valgrind wrote no total"))
    }

    fn failed(&self, what: &str) -> Box<dyn std::error::Error + Send + Sync> {
        let log = fs::read_to_string(self.files.path().join("log")).unwrap_or_default();
        format!("the function {} {what}\n{log}", self.name).into()
    }
}

/// Whether a file is there and may be run.
pub fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
