use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

/// Ends the test, saying so, unless these programs are installed. With `STEWARD_TEST_REQUIRE_PEERS=1` a missing
/// program fails the test.
#[macro_export]
macro_rules! need {
    ($($program:expr),+ $(,)?) => {
        if !$crate::peers::available(&[$($program),+]) {
            return;
        }
    };
}

/// Whether these programs are installed; says aloud that the test is skipped when one is not. See [`need!`].
#[must_use]
pub fn available(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs.iter().copied().filter(|program| !is_installed(program)).collect();
    if missing.is_empty() {
        return true;
    }
    let (missing, verb) = (missing.join(", "), if missing.len() == 1 { "is" } else { "are" });
    let required = env::var("STEWARD_TEST_REQUIRE_PEERS").is_ok_and(|v| v == "1");
    assert!(!required, "{missing} {verb} not installed, and STEWARD_TEST_REQUIRE_PEERS=1 demands it");
    aloud(&format!("SKIPPED {}: {missing} {verb} not installed; tests/run installs it\n", test_name()));
    false
}

/// Whether a program is installed that cannot be had everywhere; says aloud that the test is skipped when it is not,
/// and why it may not be there.
#[must_use]
pub fn wished(program: &str, why: &str) -> bool {
    let there = is_installed(program);
    if !there {
        skip(&format!("{program} is not installed; {why}"));
    }
    there
}

/// Says aloud that the test is skipped, and why.
pub fn skip(why: &str) {
    aloud(&format!("SKIPPED {}: {why}\n", test_name()));
}

/// The path of a program.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(system).map(|directory| directory.join(program)).find(|path| path.is_file())
}

fn is_installed(program: &str) -> bool {
    find(program).is_some()
}

fn test_name() -> String {
    let thread = std::thread::current().name().filter(|&name| name != "main").map(str::to_owned);
    thread.or_else(|| env::var("NEXTEST_TEST_NAME").ok()).unwrap_or_else(|| "a test".to_owned())
}

/// Writes to where a person reads. The test harness captures `eprintln!`, and nextest the whole standard error of a
/// test that passes: its own is one process further up.
fn aloud(line: &str) {
    if env::var_os("NEXTEST").is_some() {
        let runner = format!("/proc/{}/fd/2", std::os::unix::process::parent_id());
        let told = OpenOptions::new().append(true).open(runner).and_then(|mut out| out.write_all(line.as_bytes()));
        if told.is_ok() {
            return;
        }
    }
    // A closed standard error leaves nobody to tell.
    let _ = io::stderr().write_all(line.as_bytes());
}
