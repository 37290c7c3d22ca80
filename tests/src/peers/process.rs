use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, mpsc};
use std::time::{Duration, Instant};
use std::{io, thread};

use tempfile::TempDir;

use super::need::find;

const START_WITHIN: Duration = Duration::from_secs(20);
/// How much of a peer's log a failed test shows.
const LINES: usize = 30;

/// A peer that runs as a child process in a directory of its own. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    program: String,
    directory: TempDir,
    child: Child,
}

impl Process {
    /// A directory for a peer's files.
    pub fn directory() -> TempDir {
        tempfile::Builder::new().prefix("steward-test-").tempdir().expect("a temporary directory")
    }

    /// Starts a program in `directory`, its output going to a log there.
    pub fn start<S: AsRef<OsStr>>(program: &str, directory: TempDir, args: &[S], env: &[(&str, String)]) -> Self {
        let place = directory.path().to_owned();
        Self::start_at(&place, program, directory, args, env)
    }

    /// Starts a program at `place`, its output going to a log in `directory`.
    pub fn start_at<S: AsRef<OsStr>>(
        place: &Path,
        program: &str,
        directory: TempDir,
        args: &[S],
        env: &[(&str, String)],
    ) -> Self {
        let path = find(program).unwrap_or_else(|| panic!("{program} is not installed; tests/run installs it"));
        let log = File::create(directory.path().join("log")).expect("a log file");
        // Without this, a test that is killed would leave its peers behind.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(path).args(args);
        command.envs(env.iter().map(|(name, value)| (name, value))).current_dir(place);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log file")).stderr(log);
        let child = spawn(command).unwrap_or_else(|e| panic!("{program} did not start: {e}"));
        Self { program: program.to_owned(), directory, child }
    }

    /// Waits until the peer takes TCP connections there.
    pub async fn until_listening(&mut self, address: SocketAddr) {
        self.until(|| async move { tokio::net::TcpStream::connect(address).await.is_ok() }).await;
    }

    /// Waits until `ready` holds; panics with the peer's log when it ends first or takes too long.
    pub async fn until(&mut self, ready: impl AsyncFn() -> bool) {
        let start = Instant::now();
        while !ready().await {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("{} ended at its start, {status}:\n{}", self.program, self.log());
            }
            if start.elapsed() > START_WITHIN {
                panic!("{} was not ready within {START_WITHIN:?}:\n{}", self.program, self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the peer has printed.
    pub fn log(&self) -> String {
        fs::read(self.path("log")).map(|log| String::from_utf8_lossy(&log).into_owned()).unwrap_or_default()
    }

    /// The path of one of its files.
    pub fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(file)
    }

    /// Kills it now.
    pub fn stop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            let log = self.log();
            let last = log.lines().count().saturating_sub(LINES);
            eprintln!("--- the last that {} said:", self.program);
            log.lines().skip(last).for_each(|line| eprintln!("{line}"));
        }
    }
}

type Start = (Command, mpsc::Sender<io::Result<Child>>);

/// Starts a child from a thread that lives as long as this process: the kernel sends the death signal when the
/// *thread* that started a child ends, and test threads end early.
fn spawn(command: Command) -> io::Result<Child> {
    static STARTER: LazyLock<mpsc::Sender<Start>> = LazyLock::new(|| {
        let (sender, starts) = mpsc::channel::<Start>();
        thread::spawn(move || {
            for (mut command, reply) in starts {
                let _ = reply.send(command.spawn());
            }
        });
        sender
    });
    let (reply, child) = mpsc::channel();
    STARTER.send((command, reply)).map_err(io::Error::other)?;
    child.recv().map_err(io::Error::other)?
}
