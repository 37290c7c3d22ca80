use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Port, Process, find};
use crate::template::root;

/// Marks what runs for one `cargo lambda watch`, in its environment.
const MARK: &str = "STEWARD_TEST_WATCH";

/// `cargo lambda watch`: the functions as it builds and starts them, each when it is first called.
#[derive(Debug)]
pub struct CargoLambda {
    process: Process,
    port: Port,
}

impl CargoLambda {
    /// The program, for [`need!`](crate::need).
    pub const PROGRAM: &str = "cargo-lambda";

    /// Starts one at the top of the repository, where cargo finds its own settings. `built` is the directory of a
    /// profile in a target directory.
    pub async fn watch(built: &Path, environment: &[(&str, String)]) -> Self {
        let port = Port::claim();
        let number = port.number().to_string();
        let profile = match built.file_name().and_then(|name| name.to_str()).unwrap() {
            "debug" => "dev",
            other => other,
        };
        let args = ["lambda", "watch", "--ignore-changes", "-A", "127.0.0.1", "-P", &number, "--profile", profile];
        let target = built.parent().unwrap().display().to_string();
        let mut variables = vec![("CARGO_TARGET_DIR", target), (MARK, number.clone())];
        variables.extend_from_slice(environment);
        let mut process = Process::start_at(&root(), "cargo", Process::directory(), &args, &variables);
        process.until_listening(port.address()).await;
        Self { process, port }
    }

    /// Where it answers HTTP, as API Gateway would.
    pub fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// What `cargo lambda invoke` prints when it sends a function the event in a file.
    pub fn invoke(&self, function: &str, event: &Path) -> Value {
        let mut command = Command::new(find("cargo").unwrap());
        command.args(["lambda", "invoke", function, "-A", "127.0.0.1", "-P", &self.port.number().to_string()]);
        let output = command.arg("--data-file").arg(event).current_dir(root()).stdin(Stdio::null()).output().unwrap();
        let [said, wrong] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{function}, {}: {wrong}\n{}", event.display(), self.process.log());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{function} printed {said}: {error}"))
    }

    /// What it and the functions have printed.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Kills it, and nothing of what it started.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// The processes that it started: functions, and the cargo and rustc of those that are being built.
    pub fn running(&self) -> Vec<u32> {
        let mark = format!("{MARK}={}", self.port.number());
        let marked = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(marked).collect()
    }
}

impl Drop for CargoLambda {
    fn drop(&mut self) {
        self.stop();
        // A function ends by itself when nobody has work for it any more; one that is being built only starts then.
        loop {
            let left = self.running();
            if left.is_empty() {
                return;
            }
            let left = left.iter().map(u32::to_string);
            // It fails for those that have just ended.
            let _ = Command::new("sh").args(["-c", r#"kill -KILL "$@" 2>/dev/null"#, "sh"]).args(left).status();
        }
    }
}
