//! `shared/mail` against aiosmtpd, and its files.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::{fs, iter};

use domain::ports::{Clock, Entropy, Mail, MailError, Mailer};
use jiff::Timestamp;
use mail::{Directory, Smtp, SmtpSettings};
use system_tests::need;
use system_tests::peers::{Port, SinkTls, SmtpSink, SmtpSinkOptions};

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        "2026-11-21T10:15:30.25Z".parse().unwrap()
    }
}

impl Entropy for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        iter::zip(buffer, 0..).for_each(|(byte, i)| *byte = i);
    }
}

fn smtp(url: &str, root_pem: Option<&str>) -> Smtp {
    let mut settings: SmtpSettings = url.parse().unwrap();
    settings.root_pem = root_pem.map(str::to_owned);
    Smtp::new(settings, Arc::new(Fixed), Arc::new(Fixed)).unwrap()
}

fn hello() -> Mail {
    Mail {
        to: "customer@shop.example".to_owned(),
        subject: "Grüße\r\nBcc: eve@evil.example".to_owned(),
        body: "Open this:\n\n.https://panel.example/verify?token=abc\n".to_owned(),
    }
}

fn login() -> Option<(String, String)> {
    Some(("user".to_owned(), "p/ss".to_owned()))
}

async fn refused(mailer: &dyn Mailer, mail: &Mail) -> String {
    let MailError(why) = mailer.send(mail).await.unwrap_err();
    assert!(!why.contains("p/ss") && !why.contains("p%2Fss"), "{why}");
    why
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_meant() {
    need!("aiosmtpd");
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    let url = format!("smtp://{}?from=Steward%20%3Csteward%40host.example%3E", sink.addr());
    smtp(&url, None).send(&hello()).await.unwrap();

    let messages = sink.messages();
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    assert_eq!(message.from, "steward@host.example");
    assert_eq!(message.to, ["customer@shop.example"]);
    assert_eq!(message.hello, "host.example");
    assert!(!message.tls && message.user.is_none());
    let (head, body) = message.data.split_once("\r\n\r\n").unwrap();
    for line in [
        "From: Steward <steward@host.example>",
        "To: customer@shop.example",
        "Date: Sat, 21 Nov 2026 10:15:30 +0000",
        "Message-ID: <000102030405060708090a0b0c0d0e0f@host.example>",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(head.lines().any(|l| l == line), "{line} in\n{head}");
    }
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert_eq!(body.trim_end(), "Open this:\r\n\r\n.https://panel.example/verify?token=abc");
}

#[tokio::test]
async fn starttls_and_tls_from_the_start_carry_the_login() {
    need!("aiosmtpd");
    for (tls, url) in [
        (SinkTls::StartTls, "smtp://user:p%2Fss@localhost:PORT?tls=required"),
        (SinkTls::StartTls, "smtp://user:p%2Fss@localhost:PORT?tls=opportunistic"),
        (SinkTls::Wrapped, "smtps://user:p%2Fss@127.0.0.1:PORT"),
    ] {
        let sink = SmtpSink::start(SmtpSinkOptions { tls, login: login(), refuse: None }).await;
        let url = url.replace("PORT", &sink.addr().port().to_string());
        let mailer = smtp(&url, Some(sink.root_pem()));
        assert!(!format!("{mailer:?}").contains("p/ss"));
        mailer.send(&hello()).await.unwrap();
        let message = &sink.messages()[0];
        assert!(message.tls, "{url}");
        assert_eq!(message.user.as_deref(), Some("user"), "{url}");

        let stranger = refused(&smtp(&url, None), &hello()).await;
        assert!(stranger.contains("UnknownIssuer"), "{stranger}");
        let wrong = url.replace("p%2Fss", "wrong");
        let wrong = refused(&smtp(&wrong, Some(sink.root_pem())), &hello()).await;
        assert!(wrong.contains("535"), "{wrong}");
        assert_eq!(sink.messages().len(), 1);
    }
}

#[tokio::test]
async fn a_mail_that_is_not_accepted_says_why() {
    need!("aiosmtpd");
    let refuse = Some("550 no such user here".to_owned());
    let sink = SmtpSink::start(SmtpSinkOptions { refuse, ..Default::default() }).await;
    let server = sink.addr();
    let mailer = smtp(&format!("smtp://{server}"), None);
    assert_eq!(refused(&mailer, &hello()).await, format!("{server}: permanent error (550): no such user here"));

    let nobody = Mail { to: "nobody".to_owned(), ..hello() };
    assert_eq!(refused(&mailer, &nobody).await, r#""nobody" is not a mail address"#);

    // It offers no STARTTLS: a mail that demands it stays here.
    let strict = smtp(&format!("smtp://{server}?tls=required"), None);
    let why = refused(&strict, &hello()).await;
    assert!(why.contains("STARTTLS"), "{why}");
    assert!(sink.messages().is_empty());

    let closed = Port::claim();
    let why = refused(&smtp(&format!("smtp://{}", closed.address()), None), &hello()).await;
    assert!(why.contains("Connection refused"), "{why}");
}

#[tokio::test]
async fn without_a_server_a_mail_is_a_file_of_ones_own() {
    let data = tempfile::tempdir().unwrap();
    let mailer = Directory::new(&data.path().join("data"), Arc::new(Fixed), Arc::new(Fixed)).unwrap();
    mailer.send(&hello()).await.unwrap();

    let file = data.path().join("data/mail/20261121T101530.250Z-00010203.eml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("To: customer@shop.example\r\n") && text.contains("verify?token=abc"), "{text}");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file.as_path()), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);

    // A second mail never takes the place of another.
    let why = refused(&mailer, &hello()).await;
    assert!(why.contains("File exists"), "{why}");
}
