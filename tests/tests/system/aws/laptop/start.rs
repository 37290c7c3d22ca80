use std::path::Path;
use std::sync::Arc;

use clap::Parser;
use domain::ports::QueueName;
use domain::users;
use secrecy::ExposeSecret;
use steward::Config;
use system::{SystemClock, SystemEntropy};
use system_tests::aws::Emulator;
use system_tests::peers::CargoLambda;

/// The administrator's, in the sample events.
pub const PASSWORD: &str = "correct horse";

/// What the functions find in their environment.
fn environment(settings: &aws::Settings) -> Vec<(&'static str, String)> {
    let variable = |name: &&'static str| {
        let value = match *name {
            "STEWARD_STACK" => settings.stack.clone(),
            "STEWARD_PUBLIC_URL" => "http://127.0.0.1:9000".into(),
            "STEWARD_QUEUE_AUDITOR" => settings.queue_urls[&QueueName::Auditor].clone(),
            "STEWARD_QUEUE_DEPLOYER" => settings.queue_urls[&QueueName::Deployer].clone(),
            "STEWARD_QUEUE_NOTIFIER" => settings.queue_urls[&QueueName::Notifier].clone(),
            "STEWARD_QUEUE_PROBER" => settings.queue_urls[&QueueName::Prober].clone(),
            "STEWARD_QUEUE_ISSUER" => settings.queue_urls[&QueueName::Issuer].clone(),
            "STEWARD_SCHEDULER_ROLE" => settings.scheduler_role.clone().unwrap_or_default(),
            "STEWARD_REGISTRATION" => "closed".into(),
            "STEWARD_AUDIT_DAYS" => "400".into(),
            "STEWARD_LOG" => "info".into(),
            "STEWARD_ALLOW_TARGETS" | "STEWARD_DNS" | "STEWARD_SMTP_SECRET" => String::new(),
            other => panic!("what is {other} on a laptop?"),
        };
        (*name, value)
    };
    let credentials = &settings.credentials;
    let token = credentials.session_token.as_ref().map_or("", |token| token.expose_secret());
    let mut environment: Vec<_> = lambda::VARIABLES.iter().map(variable).collect();
    environment.extend([
        ("AWS_ENDPOINT_URL", settings.endpoint.clone().unwrap()),
        ("AWS_REGION", settings.region.clone()),
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.expose_secret().to_owned()),
        ("AWS_SESSION_TOKEN", token.to_owned()),
    ]);
    environment
}

/// A deployment with an administrator, and the functions on this machine.
pub async fn watch(emulator: &Emulator, built: &Path) -> CargoLambda {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let config = Config::parse_from(["steward"]);
    let ctx = steward::on_aws(&config, emulator.settings(), clock, entropy).unwrap();
    users::register_first_admin(&ctx, Some(PASSWORD)).await.unwrap();
    CargoLambda::watch(built, &environment(&emulator.settings())).await
}
