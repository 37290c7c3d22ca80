use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::{Port, Process};

/// Where Debian has Apache's modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// An Apache with one site over TLS. There is no init system: its commands name its configuration.
#[derive(Debug)]
pub struct Apache {
    process: Process,
    port: Port,
}

impl Apache {
    /// Starts one whose site has this chain and key in the files of [`Apache::site`].
    pub async fn start(chain: &str, key: &str) -> Self {
        let (port, directory) = (Port::claim(), Process::directory());
        let path = directory.path().to_owned();
        let site = path.join("site");
        fs::create_dir(&site).unwrap();
        fs::create_dir(path.join("htdocs")).unwrap();
        fs::write(site.join("fullchain.pem"), chain).unwrap();
        fs::write(site.join("privkey.pem"), key).unwrap();
        let (dir, address) = (path.display(), port.address());
        let conf = format!(
            "ServerRoot {dir}\nServerName localhost\nPidFile {dir}/apache.pid\nDefaultRuntimeDir {dir}\nMutex \
             file:{dir}\nErrorLog {dir}/error.log\nLoadModule mpm_event_module {MODULES}/mod_mpm_event.so\nLoadModule \
             authz_core_module {MODULES}/mod_authz_core.so\nLoadModule ssl_module {MODULES}/mod_ssl.so\nListen {address} \
             https\nSSLSessionCache none\nUser www-data\nGroup www-data\nDocumentRoot {dir}/htdocs\n<VirtualHost \
             {address}>\nSSLEngine on\nSSLCertificateFile {dir}/site/fullchain.pem\nSSLCertificateKeyFile \
             {dir}/site/privkey.pem\n</VirtualHost>\n",
        );
        fs::write(path.join("apache.conf"), conf).unwrap();
        let conf = path.join("apache.conf").display().to_string();
        let mut process = Process::start("apache2", directory, &["-f", &conf, "-D", "FOREGROUND"], &[]);
        process.until_listening(port.address()).await;
        Self { process, port }
    }

    /// The directory of the site's certificate.
    pub fn site(&self) -> PathBuf {
        self.process.path("site")
    }

    /// Where the site is.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The command that tests its configuration.
    pub fn test(&self) -> String {
        format!("apache2 -f {} -t", self.process.path("apache.conf").display())
    }

    /// The command that reloads it.
    pub fn reload(&self) -> String {
        format!("apache2 -f {} -k graceful", self.process.path("apache.conf").display())
    }
}
