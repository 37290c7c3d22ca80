use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Mail, MailError, Mailer};
use domain::users::{self, User};
use domain::{Context, Error};
use serde_json::json;
use system_tests::need;
use system_tests::peers::{Port, SmtpSink, SmtpSinkOptions};
use system_tests::steward::{Client, Steward, StewardOptions, link, mails};

use super::uniqueness::at_once;
use crate::api::refused;

const SEND: &str = "/api/send_verification_email";

async fn send(caller: &Client, address: &str) {
    let reply = caller.post(SEND, json!({"email": address})).await.expect(200);
    assert_eq!(reply, json!({"message": "Verification email sent successfully"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_in_the_mail_proves_the_address() {
    let steward = Steward::start(StewardOptions::default()).await;
    let user = steward.user("anna").await;
    let nobody = steward.client();
    // Nothing tells whether an address is known.
    send(&nobody, "nobody@example.com").await;
    assert_eq!(mails(steward.data()).len(), 0);
    send(&nobody, "Anna@Example.com").await;
    send(&nobody, "anna@example.com").await;
    let first = mails(steward.data());
    assert_eq!(first.len(), 1, "a second mail right after the first is not sent");
    assert!(first[0].contains("To: anna@example.com\r\n"), "{}", first[0]);
    let path = link(&first[0], steward.url());
    assert!(path.starts_with("/api/verify_email?token="), "{path}");

    // It proves an address, and is no session; a session proves no address.
    let token = path.split_once("token=").unwrap().1;
    refused("/api/certificates", &nobody.with_token(token).get("/api/certificates").await, 401);
    let session = nobody.post("/api/login", json!({"username": "anna", "password": super::PASSWORD})).await.ok();
    let wrong = format!("/api/verify_email?token={}", session["token"].as_str().unwrap());
    refused("/api/verify_email", &nobody.get(&wrong).await, 400);

    let verified = async || user.get("/api/v1/users/profile").await.ok()["data"]["email_verified"].clone();
    assert_eq!(verified().await, false);
    let proven = nobody.get(&path).await.expect(200);
    assert_eq!(proven, json!({"message": "Email address verified successfully"}));
    assert_eq!(verified().await, true);
    nobody.get(&path).await.expect(200);
    steward.clock.advance(Duration::from_secs(120));
    send(&nobody, "anna@example.com").await;
    assert_eq!(mails(steward.data()).len(), 1, "a proven address needs no mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_good_for_a_day() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("anna").await;
    let nobody = steward.client();
    send(&nobody, "anna@example.com").await;
    let old = link(&mails(steward.data())[0], steward.url());
    steward.clock.advance(Duration::from_secs(24 * 3600 + 1));
    let message = refused("/api/verify_email", &nobody.get(&old).await, 400);
    assert_eq!(message, "token: is not valid or has expired; ask for another mail");
    send(&nobody, "anna@example.com").await;
    let new = link(mails(steward.data()).last().unwrap(), steward.url());
    nobody.get(&new).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_for_many_times_at_once_one_mail_goes_out() {
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("anna").await;
    let nobody = steward.client();
    at_once((0..8).map(|_| send(&nobody, "anna@example.com"))).await;
    assert_eq!(mails(steward.data()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_mail_server_the_mail_goes_there() {
    need!("aiosmtpd");
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    let arguments = vec![
        format!("--smtp-url=smtp://{}?from=steward%40host.example", sink.addr()),
        "--public-url=https://panel.example/".to_owned(),
    ];
    let steward = Steward::start(StewardOptions { arguments, ..Default::default() }).await;
    steward.user("anna").await;
    send(&steward.client(), "anna@example.com").await;
    let messages = sink.messages();
    assert_eq!((messages.len(), &messages[0].to), (1, &vec!["anna@example.com".to_owned()]));
    let path = link(&messages[0].data, "https://panel.example");
    steward.client().get(&path).await.expect(200);
    assert!(mails(steward.data()).is_empty());
}

/// On AWS, until the operator names one: whoever asks hears the same, whether or not the address is somebody's.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_every_address_is_answered_alike() {
    #[derive(Debug)]
    struct None;
    #[async_trait]
    impl Mailer for None {
        fn is_set(&self) -> bool {
            false
        }
        async fn send(&self, _: &Mail) -> Result<(), MailError> {
            Err(MailError("there is none".into()))
        }
    }
    let steward = Steward::start(StewardOptions::default()).await;
    steward.user("anna").await;
    let ctx = Context { mailer: Arc::new(None), ..steward.ctx.clone() };
    let ask = async |address| users::send_verification(&ctx, address, async |_: &User| Ok(String::new())).await;
    let (known, unknown) = (ask("anna@example.com").await, ask("bert@example.com").await);
    assert!(matches!(&known, Err(Error::Conflict(_))), "{known:?}");
    assert_eq!(format!("{known:?}"), format!("{unknown:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_is_no_fault_of_the_caller() {
    let away = Port::claim();
    let arguments = vec![format!("--smtp-url=smtp://{}?from=steward%40host.example", away.address())];
    let steward = Steward::start(StewardOptions { arguments, ..Default::default() }).await;
    steward.user("anna").await;
    // The second time too: nothing was sent, and nobody is told that it was.
    for _ in 0..2 {
        let reply = steward.client().post(SEND, json!({"email": "anna@example.com"})).await.expect(503);
        assert_eq!(reply, json!({"error": "the mail server does not take the message now; try again later"}));
    }
}
