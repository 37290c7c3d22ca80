use std::collections::BTreeSet;

use super::template::Template;

/// Every variable that the functions read.
const VARIABLES: [&str; 12] = [
    "STEWARD_STACK",
    "STEWARD_QUEUE_ISSUER",
    "STEWARD_QUEUE_AUDITOR",
    "STEWARD_SCHEDULER_ROLE",
    "STEWARD_PUBLIC_URL",
    "STEWARD_REGISTRATION",
    "STEWARD_ALLOW_TARGETS",
    "STEWARD_DNS",
    "STEWARD_SMTP_SECRET",
    "STEWARD_LOG",
    "SSL_CERT_FILE",
    "AWS_ENDPOINT_URL",
];

/// The secret with the mail server's password is named to those who send mails only.
const MAILS: (&str, [&str; 1]) = ("STEWARD_SMTP_SECRET", ["rental"]);

#[test]
fn every_variable_that_is_read_is_set_and_no_other() {
    let template = Template::read();
    let names = |variables: &serde_json::Value| -> BTreeSet<String> {
        variables.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let everywhere = names(&template.0["Globals"]["Function"]["Environment"]["Variables"]);
    let (secret, mailers) = MAILS;
    let mut expected: BTreeSet<String> = VARIABLES.map(str::to_owned).into();
    expected.remove(secret);
    assert_eq!(everywhere, expected);
    for (program, (_, function)) in template.functions() {
        let own = names(&function["Properties"]["Environment"]["Variables"]);
        let expected = if mailers.contains(&program) { BTreeSet::from([secret.to_owned()]) } else { BTreeSet::new() };
        assert_eq!(own, expected, "{program}");
    }
}
