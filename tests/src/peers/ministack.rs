use std::net::SocketAddr;

use super::{Port, Process};

/// AWS in one process, in memory: DynamoDB, SQS, Secrets Manager, EventBridge Scheduler, Lambda and more.
#[derive(Debug)]
pub struct Ministack {
    process: Process,
    port: Port,
}

impl Ministack {
    /// The program, for [`need!`](crate::need).
    pub const PROGRAM: &str = "ministack";

    /// Starts one.
    pub async fn start() -> Self {
        let (port, directory) = (Port::claim(), Process::directory());
        let path = directory.path().display().to_string();
        let env = [
            ("BIND_HOST", "127.0.0.1".to_owned()),
            ("GATEWAY_PORT", port.number().to_string()),
            // These would open ports of their own, on every address.
            ("IOT_MTLS_ENABLED", "0".into()),
            ("SFTP_ENABLED", "0".into()),
            ("TMPDIR", path.clone()),
            ("STATE_DIR", path.clone()),
            ("S3_DATA_DIR", path),
            ("LOG_LEVEL", "WARNING".into()),
        ];
        let mut process = Process::start::<&str>(Self::PROGRAM, directory, &[], &env);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/_ministack/health", port.address());
        process.until(async || client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success())).await;
        Self { process, port }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What to call instead of AWS's endpoints.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        self.process.log()
    }
}
