use std::collections::BTreeSet;

use system_tests::template::Template;

/// What an emulator needs beside Steward's own: the SDK's variables, which the code reads too.
const OF_THE_EMULATOR: [&str; 2] = ["AWS_ENDPOINT_URL", "SSL_CERT_FILE"];

/// The secret with the mail server's password is named to those who send mails only.
const MAILS: (&str, [&str; 3]) = ("STEWARD_SMTP_SECRET", ["certificates", "notifier", "rental"]);

#[test]
fn every_variable_that_is_read_is_set_and_no_other() {
    let template = Template::read();
    let names = |variables: &serde_json::Value| -> BTreeSet<String> {
        variables.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let everywhere = names(&template.0["Globals"]["Function"]["Environment"]["Variables"]);
    let (secret, mailers) = MAILS;
    let read = lambda::VARIABLES.iter().chain(&OF_THE_EMULATOR);
    let mut expected: BTreeSet<String> = read.map(|name| (*name).to_owned()).collect();
    expected.remove(secret);
    assert_eq!(everywhere, expected);
    for (program, (_, function)) in template.functions() {
        let own = names(&function["Properties"]["Environment"]["Variables"]);
        let expected = if mailers.contains(&program) { BTreeSet::from([secret.to_owned()]) } else { BTreeSet::new() };
        assert_eq!(own, expected, "{program}");
    }
}
