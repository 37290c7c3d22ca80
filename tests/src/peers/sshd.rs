use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Port, Process};

/// An OpenSSH server for the user who runs the tests.
#[derive(Debug)]
pub struct Sshd {
    process: Process,
    port: Port,
    key: String,
}

impl Sshd {
    /// Starts one with an Ed25519 host key that lets nobody in yet.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// The same with more lines of sshd_config, which come before the others, and so win.
    pub async fn start_with(lines: &str) -> Self {
        let (port, directory) = (Port::claim(), Process::directory());
        make_key(directory.path(), "host_key", "ed25519");
        let process = Self::run(&port, directory, "host_key", lines).await;
        Self { process, port, key: "host_key".into() }
    }

    /// Starts one that runs a script of the shell instead of what is asked for, which the script finds in
    /// `$SSH_ORIGINAL_COMMAND`. See [`Sshd::log_in_by`].
    pub async fn start_with_login(script: &str) -> Self {
        let (port, directory) = (Port::claim(), Process::directory());
        make_key(directory.path(), "host_key", "ed25519");
        let login = directory.path().join("login");
        fs::write(&login, script).unwrap();
        let lines = format!("ForceCommand exec /bin/sh {}\n", login.display());
        let process = Self::run(&port, directory, "host_key", &lines).await;
        Self { process, port, key: "host_key".into() }
    }

    /// Runs another script from here on.
    pub fn log_in_by(&self, script: &str) {
        fs::write(self.process.path("login"), script).unwrap();
    }

    /// A file of its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.process.path(name)
    }

    async fn run(port: &Port, directory: tempfile::TempDir, key: &str, lines: &str) -> Process {
        // Where sshd keeps its processes that have not authenticated yet, when root starts it.
        let _ = fs::create_dir_all("/run/sshd");
        let path = directory.path();
        let conf = format!(
            "{lines}Port {}\nListenAddress 127.0.0.1\nHostKey {}\nPidFile none\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM \
             no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups \
             200\nLogLevel VERBOSE\nSetEnv HOME={}\n",
            port.number(),
            path.join(key).display(),
            path.join("authorized_keys").display(),
            // The login files of whoever runs the tests are no part of them.
            path.display(),
        );
        fs::write(path.join("sshd_config"), conf).unwrap();
        if !path.join("authorized_keys").exists() {
            fs::write(path.join("authorized_keys"), "").unwrap();
        }
        let config = path.join("sshd_config").display().to_string();
        let mut process = Process::start("sshd", directory, &["-D", "-e", "-f", &config], &[]);
        process.until_listening(port.address()).await;
        process
    }

    /// Lets the holder of a key in.
    pub fn authorize(&self, public_key: &str) {
        fs::write(self.process.path("authorized_keys"), format!("{public_key}\n")).unwrap();
    }

    /// Ends it, and starts it again with a new host key, as a machine that was set up anew.
    pub async fn set_up_anew(mut self) -> Self {
        self.process.stop();
        let authorized = fs::read_to_string(self.process.path("authorized_keys")).unwrap();
        let directory = Process::directory();
        fs::write(directory.path().join("authorized_keys"), authorized).unwrap();
        make_key(directory.path(), "another_key", "ed25519");
        let process = Self::run(&self.port, directory, "another_key", "").await;
        Self { process, port: self.port, key: "another_key".into() }
    }

    /// The fingerprint of its host key, as ssh-keygen says it.
    pub fn fingerprint(&self) -> String {
        let key = self.process.path(format!("{}.pub", self.key));
        let said = Command::new("ssh-keygen").arg("-lf").arg(key).output().unwrap();
        String::from_utf8(said.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Kills it.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Who may log in: the user who runs it.
    pub fn user() -> String {
        let said = Command::new("id").arg("-un").output().unwrap();
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }
}

/// Makes a key of a kind with ssh-keygen: `NAME` and `NAME.pub`.
pub fn make_key(directory: &Path, name: &str, kind: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", "", "-f"])
        .arg(directory.join(name))
        .status()
        .expect("ssh-keygen");
    assert!(made.success());
}
