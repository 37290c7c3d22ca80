//! Real programs that read what we wrote.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// What a program printed, or `None`, said aloud, where it is not installed. Fails when the program does.
pub fn run(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let output = match Command::new(program).args(arguments).current_dir(folder).env("LC_ALL", "C").output() {
        Ok(output) => output,
        Err(error) => {
            let required = std::env::var("STEWARD_TEST_REQUIRE_PEERS").is_ok_and(|value| value == "1");
            assert!(!required, "{program} must run: STEWARD_TEST_REQUIRE_PEERS=1 ({error})");
            // println! would be captured and never seen.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {program} does not run: {error}");
            return None;
        }
    };
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    Some(text)
}
