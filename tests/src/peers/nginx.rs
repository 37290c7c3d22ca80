use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Port, Process};

/// An nginx with one site over TLS. There is no init system: its reload command names its configuration.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    port: Port,
}

impl Nginx {
    /// Starts one whose site has this chain and key in the files of [`Nginx::site`].
    pub async fn start(chain: &str, key: &str) -> Self {
        let directory = Process::directory();
        let site = directory.path().join("site");
        fs::create_dir(&site).unwrap();
        fs::write(site.join("fullchain.pem"), chain).unwrap();
        fs::write(site.join("privkey.pem"), key).unwrap();
        fs::set_permissions(site.join("privkey.pem"), Permissions::from_mode(0o600)).unwrap();
        let directives =
            format!("ssl_certificate {0}/fullchain.pem; ssl_certificate_key {0}/privkey.pem;", site.display());
        Self::start_with(directory, &directives).await
    }

    /// The same behind a proxy: it speaks TLS only after a line of the PROXY protocol.
    pub async fn start_behind_proxy(chain: &str, key: &str) -> Self {
        let directory = Process::directory();
        let site = directory.path().join("site");
        fs::create_dir(&site).unwrap();
        fs::write(site.join("fullchain.pem"), chain).unwrap();
        fs::write(site.join("privkey.pem"), key).unwrap();
        let directives =
            format!("ssl_certificate {0}/fullchain.pem; ssl_certificate_key {0}/privkey.pem;", site.display());
        Self::listening(directory, "ssl proxy_protocol", &directives).await
    }

    /// Starts one whose site takes its certificate from what these directives say.
    pub async fn start_with(directory: tempfile::TempDir, directives: &str) -> Self {
        Self::listening(directory, "ssl", directives).await
    }

    async fn listening(directory: tempfile::TempDir, manner: &str, directives: &str) -> Self {
        let port = Port::claim();
        let path = directory.path().to_owned();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/tmp;\n", path.display()))
            .concat();
        let conf = format!(
            "daemon off;\nworker_processes 2;\npid {0}/nginx.pid;\nerror_log stderr notice;\nevents {{ worker_connections \
             128; }}\nhttp {{\naccess_log off;\n{temporary}server {{ listen {1} {manner}; {directives}\nlocation / {{ return \
             200 hello; }} }}\n}}\n",
            path.display(),
            port.address(),
        );
        fs::write(path.join("nginx.conf"), conf).unwrap();
        let args = ["-p".to_owned(), path.display().to_string(), "-c".into(), conf_of(&path).display().to_string()];
        let mut process = Process::start("nginx", directory, &args, &[]);
        process.until_listening(port.address()).await;
        Self { process, port }
    }

    /// The directory of the site's certificate.
    pub fn site(&self) -> PathBuf {
        self.process.path("site")
    }

    /// A file beside its configuration.
    pub fn path(&self, name: &str) -> PathBuf {
        self.process.path(name)
    }

    /// Where the site is.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The command that tests its configuration.
    pub fn test(&self) -> String {
        self.command("-t")
    }

    /// The command that reloads it.
    pub fn reload(&self) -> String {
        self.command("-s reload")
    }

    fn command(&self, what: &str) -> String {
        let directory = self.process.path("");
        let directory = directory.display().to_string();
        let directory = directory.trim_end_matches('/');
        format!("nginx -p {directory} -c {directory}/nginx.conf {what}")
    }
}

fn conf_of(directory: &Path) -> PathBuf {
    directory.join("nginx.conf")
}
