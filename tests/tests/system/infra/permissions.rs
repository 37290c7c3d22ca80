use std::collections::BTreeSet;

use domain::acme::Account;
use domain::alerts::channels::Channel;
use domain::audit::Cut;
use domain::certificates::Certificate;
use domain::dns_credentials::DnsCredential;
use domain::ids::{AccountId, CertificateId, ChannelId, DnsCredentialId, ServerId};
use domain::servers::Server;
use serde_json::Value;
use system_tests::template::{Template, get_att, list};

/// A statement of a role, without the condition that it may be under.
pub(super) fn statements(role: &Value) -> Vec<&Value> {
    let policies = list(&role["Properties"]["Policies"]).into_iter();
    let statements = policies.flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
    statements.map(|statement| statement["Fn::If"].get(1).unwrap_or(statement)).collect()
}

#[test]
fn no_role_reaches_beyond_its_stack() {
    let template = Template::read();
    let resources: BTreeSet<&str> = template.resources().map(|(name, _)| name).collect();
    for (name, role) in template.of_type("AWS::IAM::Role") {
        assert!(
            role["Properties"]["ManagedPolicyArns"].is_null(),
            "{name}: managed policies allow more than is needed"
        );
        for statement in statements(role) {
            assert_eq!(statement["Effect"], "Allow", "{name}");
            for action in list(&statement["Action"]) {
                let action = action.as_str().unwrap();
                // The daily repair reads all certificates and operations.
                let read = ["CertificatesTable", "OperationsTable"].map(Value::from);
                let repairs = name == "IssuerRole" && read.contains(&statement["Resource"]["Fn::GetAtt"][0]);
                assert!(!action.contains('*'), "{name} may {action}");
                assert!(action != "dynamodb:Scan" || repairs, "{name} may {action}");
            }
            for resource in list(&statement["Resource"]) {
                assert!(is_of_stack(resource, &resources), "{name} reaches {resource}");
            }
        }
    }
}

fn is_of_stack(resource: &Value, resources: &BTreeSet<&str>) -> bool {
    if let Some(name) = resource["Ref"].as_str() {
        return resources.contains(name);
    }
    if !resource["Fn::GetAtt"].is_null() {
        return resources.contains(get_att(resource, "Arn"));
    }
    let Some(text) = resource["Fn::Sub"].as_str() else { return false };
    // The mail server's password is the operator's own secret, named by a parameter.
    let mail = text.ends_with(":secret:${SmtpSecret}-??????");
    let schedules = text.ends_with(":schedule/${AWS::StackName}/*");
    let index = text.strip_prefix("${").and_then(|rest| rest.split_once(".Arn}/index/"));
    mail || schedules || index.is_some_and(|(table, index)| resources.contains(table) && !index.contains('*'))
}

#[test]
fn every_function_has_a_role_and_a_log_of_its_own() {
    let template = Template::read();
    let (mut roles, mut logs) = (BTreeSet::new(), BTreeSet::new());
    let functions = template.functions();
    for (program, (_, function)) in &functions {
        let properties = &function["Properties"];
        assert!(roles.insert(get_att(&properties["Role"], "Arn")), "{program}");
        let log = properties["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap();
        assert!(logs.insert(log), "{program}");
        let group = template.resource(log, "AWS::Logs::LogGroup");
        let name = group["Properties"]["LogGroupName"]["Fn::Sub"].as_str().unwrap();
        assert_eq!(name, format!("/aws/lambda/${{AWS::StackName}}-{program}"));
    }
    // The others are the scheduler's role and the API's log.
    assert_eq!(template.of_type("AWS::IAM::Role").len(), functions.len() + 1);
    assert_eq!(template.of_type("AWS::Logs::LogGroup").len(), functions.len() + 1);
}

#[test]
fn nobody_reads_all_secrets() {
    let families: BTreeSet<String> = [
        "http/signing-key".to_owned(),
        Account::secret(AccountId(1)).0,
        Certificate::secret(CertificateId(1), 0).0,
        Channel::secret(ChannelId(1)).0,
        Server::secrets(ServerId(1)),
        DnsCredential::secret(DnsCredentialId(1)).0,
        Cut::KEY.to_owned(),
    ]
    .iter()
    .map(|name| name.split_once('/').unwrap().0.to_owned())
    .collect();
    let template = Template::read();
    let mut named = BTreeSet::new();
    for (name, role) in template.of_type("AWS::IAM::Role") {
        for statement in statements(role) {
            let secrets = |resource: &&Value| resource.to_string().contains("VaultSecretsTable");
            if !list(&statement["Resource"]).iter().any(secrets) {
                continue;
            }
            let keys = &statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"];
            let keys = keys.as_array().unwrap_or_else(|| panic!("{name} reads every secret"));
            named.extend(keys.iter().map(|key| key.as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(named, families);
}

#[test]
fn what_few_functions_need_no_other_has() {
    let template = Template::read();
    let reaches = |table: &str| -> BTreeSet<&str> {
        let functions = template.functions().into_iter();
        let reaching = functions.filter(|(_, (_, function))| {
            let role = template.resource(get_att(&function["Properties"]["Role"], "Arn"), "AWS::IAM::Role");
            statements(role).iter().any(|statement| statement["Resource"].to_string().contains(table))
        });
        reaching.map(|(program, _)| program).collect()
    };
    assert_eq!(reaches("LoginFailuresTable"), BTreeSet::from(["certificates", "cloud", "rental"]));
    assert_eq!(reaches("AuditTable"), BTreeSet::from(["auditor", "certificates"]));
    assert_eq!(reaches("SchedulerRole"), BTreeSet::from(["acme-accounts", "certificates", "issuer", "prober"]));
}
