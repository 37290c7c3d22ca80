use std::process::Command;

use system_tests::need;
use system_tests::peers::find;

use super::root;

fn passes(program: &str, args: &[&str]) {
    let mut command = Command::new(find(program).unwrap());
    command.args(args).current_dir(root()).env("SAM_CLI_TELEMETRY", "0");
    // SAM asks for a region, whatever it is.
    command.env("AWS_DEFAULT_REGION", "us-east-1");
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{program} {args:?}: {said}");
}

#[test]
fn cfn_lint_finds_nothing() {
    need!("cfn-lint");
    passes("cfn-lint", &["infra/template.yaml"]);
}

#[test]
fn sam_finds_the_template_valid_for_every_stage() {
    need!("sam");
    passes("sam", &["validate", "--lint"]);
    for stage in ["dev", "staging", "prod"] {
        passes("sam", &["validate", "--config-env", stage]);
    }
}
