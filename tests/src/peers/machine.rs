use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use super::need::{find, skip, wished};
use super::{Port, Process};

/// The tree of a small Debian with systemd, OpenSSH and nginx, which `tests/run` makes where it can.
const IMAGE: &str = "debian-with-systemd.tar";
const WHY: &str = "tests/run installs it, as root on Debian";

/// A Debian with systemd, OpenSSH and nginx: a container of an LXD that runs for it alone, without a network. Its ports
/// 22 and 443 are reached at 127.0.0.1.
#[derive(Debug)]
pub struct Machine {
    daemon: Process,
    ssh: Port,
    https: Port,
}

impl Machine {
    /// Starts one, which lets the holder of no key in yet. `None` where LXD is not there, or runs no container; said
    /// aloud.
    pub async fn start() -> Option<Self> {
        if !(wished("lxd", WHY) && wished("lxc", WHY) && wished(IMAGE, WHY)) {
            return None;
        }
        let directory = Process::directory();
        let place = directory.path().display().to_string();
        let daemon = Process::start("lxd", directory, &["--group", "root"], &[("LXD_DIR", format!("{place}/lxd"))]);
        let mut machine = Self { daemon, ssh: Port::claim(), https: Port::claim() };
        machine.until_ready().await;
        if let Err(reason) = machine.launch() {
            skip(&format!("LXD runs no container here: {reason}"));
            return None;
        }
        Some(machine)
    }

    async fn until_ready(&mut self) {
        let directory = self.daemon.path("lxd");
        fs::create_dir_all(&directory).unwrap();
        let ready = || async {
            let mut asked = Command::new("lxd");
            asked.args(["waitready", "--timeout", "1"]).env("LXD_DIR", &directory);
            asked.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
        };
        self.daemon.until(ready).await;
    }

    fn launch(&self) -> Result<(), String> {
        let (metadata, packed) = (self.daemon.path("metadata.yaml"), self.daemon.path("metadata.tar.gz"));
        fs::write(&metadata, "architecture: x86_64\ncreation_date: 1\nproperties: {os: Debian}\n").unwrap();
        let directory = self.daemon.path("");
        let made = Command::new("tar").arg("-czf").arg(&packed).arg("-C").arg(directory).arg("metadata.yaml").status();
        assert!(made.unwrap().success());
        let image = find(IMAGE).unwrap().display().to_string();
        self.lxc(&["storage", "create", "default", "dir"])?;
        self.lxc(&["profile", "device", "add", "default", "root", "disk", "path=/", "pool=default"])?;
        self.lxc(&["image", "import", &packed.display().to_string(), &image, "--alias", "debian"])?;
        self.lxc(&["launch", "debian", "machine", "-c", "security.nesting=true"])?;
        for (name, port, inside) in [("ssh", &self.ssh, 22), ("https", &self.https, 443)] {
            let (listen, connect) =
                (format!("listen=tcp:{}", port.address()), format!("connect=tcp:127.0.0.1:{inside}"));
            self.lxc(&["config", "device", "add", "machine", name, "proxy", &listen, &connect])?;
        }
        // Were the test killed, nobody else would end it.
        self.run("systemctl is-system-running --wait; systemd-run --on-active=20min poweroff")
    }

    /// Runs a script in it, as root.
    pub fn run(&self, script: &str) -> Result<(), String> {
        self.lxc(&["exec", "machine", "--", "sh", "-c", script])
    }

    /// Writes a file in it.
    pub fn write(&self, path: &str, text: &str) {
        let beside = self.daemon.path("to-push");
        fs::write(&beside, text).unwrap();
        self.lxc(&["file", "push", "-p", &beside.display().to_string(), &format!("machine{path}")]).unwrap();
    }

    /// Where its OpenSSH is reached.
    pub fn ssh(&self) -> SocketAddr {
        self.ssh.address()
    }

    /// Where its port 443 is reached.
    pub fn https(&self) -> SocketAddr {
        self.https.address()
    }

    fn lxc(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new("lxc");
        command
            .arg("-q")
            .args(arguments)
            .env("LXD_DIR", self.daemon.path("lxd"))
            .env("LXD_CONF", self.daemon.path("c"));
        let said = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let words = String::from_utf8_lossy(&said.stderr);
        said.status.success().then_some(()).ok_or_else(|| format!("lxc {}: {}", arguments.join(" "), words.trim()))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // A container outlives its daemon, and what the daemon mounted outlives both.
        let _ = self.lxc(&["delete", "--force", "machine"]);
        let mut down = Command::new("lxd");
        let _ = down.args(["shutdown", "--timeout", "20"]).env("LXD_DIR", self.daemon.path("lxd")).status();
    }
}
