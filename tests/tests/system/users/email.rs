use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::operations::Next;
use domain::ports::{Mail, MailError, Mailer, QueueName};
use domain::users;
use domain::{Context, Error};
use serde_json::json;
use system_tests::need;
use system_tests::peers::{Port, SmtpSink, SmtpSinkOptions};
use system_tests::steward::{Client, Steward, StewardOptions, link, mails};

use super::uniqueness::at_once;
use crate::api::refused;

const SEND: &str = "/api/send_verification_email";

/// What is said where mails are kept in files.
const KEPT: &str = "No mail server is set: the verification email is kept in a file where Steward runs, and is not \
                    sent; ask the operator to set STEWARD_SMTP_URL";

/// One whose workers do not run: what is asked for and what is sent are looked at apart.
async fn idle(arguments: Vec<String>) -> Steward {
    Steward::start(StewardOptions { idle: true, arguments, ..Default::default() }).await
}

async fn ask(caller: &Client, address: &str) {
    let reply = caller.post(SEND, json!({"email": address})).await.expect(200);
    assert_eq!(reply, json!({"message": KEPT}));
}

/// Asks for a mail, and sends what was asked for.
async fn send(steward: &Steward, address: &str) {
    ask(&steward.client(), address).await;
    work_off(steward).await;
}

/// Does the jobs of the notifier that can be done now; how many there were.
async fn work_off(steward: &Steward) -> usize {
    let (queue, mut done) = (&steward.ctx.queue, 0);
    loop {
        let jobs = queue.receive(QueueName::Notifier, 10, Duration::from_secs(60)).await.unwrap();
        if jobs.is_empty() {
            return done;
        }
        for delivery in jobs {
            assert_eq!(notifier::handle(&steward.ctx, &delivery.job).await.unwrap(), Next::Done);
            queue.delete(QueueName::Notifier, &delivery.receipt).await.unwrap();
            done += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_in_the_mail_proves_the_address() {
    let steward = idle(Vec::new()).await;
    let user = steward.user("anna").await;
    let nobody = steward.client();
    // Nothing tells whether an address is known.
    send(&steward, "nobody@example.com").await;
    assert_eq!(mails(steward.data()).len(), 0);
    send(&steward, "Anna@Example.com").await;
    send(&steward, "anna@example.com").await;
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
    send(&steward, "anna@example.com").await;
    assert_eq!(mails(steward.data()).len(), 1, "a proven address needs no mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_good_for_a_day() {
    let steward = idle(Vec::new()).await;
    steward.user("anna").await;
    let nobody = steward.client();
    send(&steward, "anna@example.com").await;
    let old = link(&mails(steward.data())[0], steward.url());
    steward.clock.advance(Duration::from_secs(24 * 3600 + 1));
    let message = refused("/api/verify_email", &nobody.get(&old).await, 400);
    assert_eq!(message, "token: is not valid or has expired; ask for another mail");
    send(&steward, "anna@example.com").await;
    let new = link(mails(steward.data()).last().unwrap(), steward.url());
    nobody.get(&new).await.expect(200);
}

/// The mail that comes first may be opened last.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_link_leaves_the_first_good_and_a_new_address_neither() {
    let steward = idle(Vec::new()).await;
    let user = steward.user("anna").await;
    send(&steward, "anna@example.com").await;
    steward.clock.advance(Duration::from_secs(61));
    send(&steward, "anna@example.com").await;
    let links: Vec<_> = mails(steward.data()).iter().map(|mail| link(mail, steward.url())).collect();
    assert_eq!(links.len(), 2);
    let change = json!({"email": "anne@example.com", "current_password": super::PASSWORD});
    user.put("/api/v1/users/profile", change).await.ok();
    for link in &links {
        refused("/api/verify_email", &steward.client().get(link).await, 400);
    }
    send(&steward, "anne@example.com").await;
    let path = link(mails(steward.data()).last().unwrap(), steward.url());
    steward.client().get(&path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_for_many_times_one_mail_goes_out_and_five_a_day() {
    let steward = idle(Vec::new()).await;
    steward.user("anna").await;
    let nobody = steward.client();
    at_once((0..8).map(|_| ask(&nobody, "anna@example.com"))).await;
    assert_eq!((work_off(&steward).await, mails(steward.data()).len()), (8, 1));
    for _ in 0..10 {
        steward.clock.advance(Duration::from_secs(61));
        send(&steward, "anna@example.com").await;
    }
    assert_eq!(mails(steward.data()).len(), 5);
}

/// Who asks cannot tell by the time who has an account: the calls are the same, and the mail is sent by a worker.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_has_takes_the_same_calls() {
    let steward = idle(Vec::new()).await;
    steward.user("anna").await;
    let calls = async |address: &str| {
        steward.store.take();
        ask(&steward.client(), address).await;
        steward.store.take()
    };
    let (known, unknown) = (calls("anna@example.com").await, calls("nobody@example.com").await);
    assert_eq!(known, unknown);
    assert!(mails(steward.data()).is_empty(), "the request itself sent a mail");
    assert_eq!((work_off(&steward).await, mails(steward.data()).len()), (2, 1));
}

/// Nobody fills the queue that other people's alerts wait on.
#[tokio::test(flavor = "multi_thread")]
async fn one_source_orders_thirty_mails_in_a_quarter_of_an_hour() {
    let steward = idle(Vec::new()).await;
    let nobody = steward.client();
    for n in 0..30 {
        ask(&nobody, &format!("nobody{n}@example.com")).await;
    }
    let reply = nobody.post(SEND, json!({"email": "anna@example.com"})).await;
    assert_eq!(refused(SEND, &reply, 429), "too many mails were asked for; try again in 15 minutes");
    ask(&nobody.from_source([127, 0, 0, 2].into()), "anna@example.com").await;
    steward.clock.advance(Duration::from_secs(901));
    ask(&nobody, "anna@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_mail_server_the_mail_goes_there() {
    need!("aiosmtpd");
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    let arguments = vec![
        format!("--smtp-url=smtp://{}?from=steward%40host.example", sink.addr()),
        "--public-url=https://panel.example/".to_owned(),
    ];
    let steward = idle(arguments).await;
    steward.user("anna").await;
    let reply = steward.client().post(SEND, json!({"email": "anna@example.com"})).await.expect(200);
    assert_eq!(reply, json!({"message": "Verification email sent successfully"}));
    work_off(&steward).await;
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
    let ask = async |address| users::request_verification(&ctx, address, "127.0.0.1").await;
    let (known, unknown) = (ask("anna@example.com").await, ask("bert@example.com").await);
    assert!(matches!(&known, Err(Error::Conflict(_))), "{known:?}");
    assert_eq!(format!("{known:?}"), format!("{unknown:?}"));
}

/// Whoever asks hears the same as when it answers, since the request does not wait for it; the worker tries again.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_is_tried_again() {
    need!("aiosmtpd");
    let port = Port::claim();
    let arguments = vec![format!("--smtp-url=smtp://{}?from=steward%40host.example", port.address())];
    let steward = idle(arguments).await;
    steward.user("anna").await;
    for address in ["anna@example.com", "nobody@example.com"] {
        let reply = steward.client().post(SEND, json!({"email": address})).await.expect(200);
        assert_eq!(reply, json!({"message": "Verification email sent successfully"}));
    }
    assert_eq!(work_off(&steward).await, 2);
    let sink = SmtpSink::start_at(port, SmtpSinkOptions::default()).await;
    assert_eq!(work_off(&steward).await, 0, "it waits a minute");
    steward.clock.advance(Duration::from_secs(61));
    assert_eq!((work_off(&steward).await, sink.messages().len()), (1, 1));
    let path = link(&sink.messages()[0].data, steward.url());
    steward.client().get(&path).await.expect(200);
}

/// A channel without a mail server behind it must not look as if it worked.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_test_says_where_the_mail_is() {
    let steward = idle(Vec::new()).await;
    let (admin, user) = (steward.admin().await, steward.user("anna").await);
    let mut said = Vec::new();
    for (caller, address) in [(&admin, "admin@example.com"), (&user, "anna@example.com")] {
        // Who proved their address need not confirm it for a channel.
        send(&steward, address).await;
        let path = link(mails(steward.data()).last().unwrap(), steward.url());
        steward.client().get(&path).await.expect(200);
        let channel = json!({"name": "mail", "kind": "email", "address": address});
        let id = caller.post("/api/channels", channel).await.ok()["id"].clone();
        work_off(&steward).await;
        let before = mails(steward.data()).len();
        let reply = caller.post(&format!("/api/channels/{id}/test"), json!({})).await.ok();
        assert_eq!(mails(steward.data()).len(), before + 1);
        said.push(reply["message"].as_str().unwrap().to_owned());
    }
    let directory = steward.data().join("mail").display().to_string();
    let sets = "STEWARD_SMTP_URL";
    assert!(said[0].contains("not sent") && said[0].contains(&directory) && said[0].contains(sets), "{said:?}");
    assert!(said[1].contains("not sent") && !said[1].contains(&directory) && said[1].contains(sets), "{said:?}");
}
