use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::need::find;
use super::{Port, Process, ServerCertificate};

/// How the SMTP server behaves.
#[derive(Clone, Debug, Default)]
pub struct SmtpSinkOptions {
    /// Whether it speaks TLS.
    pub tls: SinkTls,
    /// The user and password it demands.
    pub login: Option<(String, String)>,
    /// What it answers to every recipient, such as `550 no such user`.
    pub refuse: Option<String>,
}

/// How the SMTP server encrypts.
#[derive(Clone, Copy, Debug, Default)]
pub enum SinkTls {
    /// Not.
    #[default]
    None,
    /// It offers STARTTLS.
    StartTls,
    /// From the start.
    Wrapped,
}

/// A message that was accepted.
#[derive(Clone, Debug)]
pub struct SinkMessage {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Head and body, as sent.
    pub data: String,
    /// The name that the client gave itself.
    pub hello: String,
    /// Whether it came by TLS.
    pub tls: bool,
    /// Who had logged in.
    pub user: Option<String>,
}

/// An SMTP server (aiosmtpd) that keeps what it is sent.
#[derive(Debug)]
pub struct SmtpSink {
    process: Process,
    port: Port,
    tls: ServerCertificate,
}

impl SmtpSink {
    /// Starts one.
    pub async fn start(options: SmtpSinkOptions) -> Self {
        Self::start_at(Port::claim(), options).await
    }

    /// Starts one at a port that was claimed for it.
    pub async fn start_at(port: Port, options: SmtpSinkOptions) -> Self {
        let (tls, directory) = (ServerCertificate::generate(), Process::directory());
        let program = include_str!("smtp_sink.py");
        for (file, text) in
            [("tls.crt", tls.certificate_pem.as_str()), ("tls.key", &tls.key_pem), ("smtp_sink.py", program)]
        {
            fs::write(directory.path().join(file), text).unwrap();
        }
        let tls_mode = match options.tls {
            SinkTls::None => "none",
            SinkTls::StartTls => "starttls",
            SinkTls::Wrapped => "wrapped",
        };
        let options = json!({"port": port.number(), "tls": tls_mode, "login": options.login, "refuse": options.refuse});
        let args = ["smtp_sink.py".to_owned(), options.to_string()];
        let mut process = Process::start(&python(), directory, &args, &[]);
        process.until_listening(port.address()).await;
        Self { process, port, tls }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.port.address()
    }

    /// The CA of its TLS certificate, which is for localhost and 127.0.0.1.
    pub fn root_pem(&self) -> &str {
        &self.tls.root_pem
    }

    /// The messages accepted so far.
    pub fn messages(&self) -> Vec<SinkMessage> {
        let lines = fs::read_to_string(self.process.path("messages")).unwrap_or_default();
        lines.lines().map(|line| SinkMessage::read(&serde_json::from_str(line).unwrap())).collect()
    }

    /// Kills it.
    pub fn stop(&mut self) {
        self.process.stop();
    }
}

impl SinkMessage {
    fn read(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            from: text(&json["from"]),
            to: json["to"].as_array().unwrap().iter().map(text).collect(),
            data: text(&json["data"]),
            hello: text(&json["hello"]),
            tls: json["tls"].as_bool().unwrap(),
            user: json["user"].as_str().map(str::to_owned),
        }
    }
}

/// The interpreter that has aiosmtpd: the one its own program names.
fn python() -> String {
    let program = find("aiosmtpd").expect("aiosmtpd is not installed; tests/run installs it");
    let text = fs::read_to_string(program).unwrap();
    let interpreter = text.strip_prefix("#!").and_then(|text| text.split_whitespace().next());
    interpreter.expect("aiosmtpd begins with the path of its interpreter").to_owned()
}
