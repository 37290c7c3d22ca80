use super::Bill;
use super::bill::float;
use super::list::{Good, KEPT, POLLS_AT_ONCE, SECONDS_OF_MONTH, SECONDS_OF_POLL};
use crate::aws::Charge;
use crate::template::Template;
use crate::walk::Visit;

/// The memory of the functions, which all have as much, in GB.
pub(super) fn gigabytes(template: &Template) -> f64 {
    let megabytes = template.0["Globals"]["Function"]["MemorySize"].as_f64().unwrap();
    for (program, (_, function)) in template.functions() {
        assert!(function["Properties"]["MemorySize"].is_null(), "{program} has memory of its own");
    }
    megabytes / 1024.0
}

/// A month in which nobody asks anything: what stands there, Lambda's polling of the queues, and the sweep.
pub fn idle_month(template: &Template, visits: &[Visit<Charge>]) -> Bill {
    let count = |kind: &str| float(template.of_type(kind).len());
    let mut bill = Bill::default();
    bill.add(Good::Alarm, count("AWS::CloudWatch::Alarm"));
    bill.add(Good::Dashboard, count("AWS::CloudWatch::Dashboard"));
    bill.add(Good::Secret, count("AWS::SecretsManager::Secret"));

    let events =
        template.functions().into_values().filter_map(|(_, function)| function["Properties"]["Events"].as_object());
    let polled = events.flat_map(|events| events.values()).filter(|event| event["Type"] == "SQS").count();
    bill.add(Good::SqsRequest, float(polled) * POLLS_AT_ONCE * SECONDS_OF_MONTH / SECONDS_OF_POLL);

    for (name, schedule) in template.of_type("AWS::Scheduler::Schedule") {
        let schedule = &schedule["Properties"];
        let minutes = match schedule["ScheduleExpression"].as_str().unwrap() {
            "rate(1 day)" => 24.0 * 60.0,
            rate => rate.trim_start_matches("rate(").trim_end_matches(" minutes)").parse().unwrap(),
        };
        let job: serde_json::Value = serde_json::from_str(schedule["Target"]["Input"].as_str().unwrap()).unwrap();
        let job = job["job"].as_str().unwrap_or_else(|| panic!("{name} sends no job"));
        let mut run = Bill::of(only(visits, &format!("issuer: {job}")), gigabytes(template));
        run.add(Good::ScheduleRun, 1.0);
        // EventBridge sends the job.
        run.add(Good::SqsRequest, 1.0);
        // A key of KMS is asked for at most every five minutes, per table and caller: once for each run.
        let keyed =
            |table: &&(&str, &serde_json::Value)| table.1["Properties"]["SSESpecification"]["SSEEnabled"] == true;
        let keyed = template.of_type("AWS::DynamoDB::Table").iter().filter(keyed).count();
        run.add(Good::KmsCall, float(keyed.min(1)));
        bill += run.times(SECONDS_OF_MONTH / 60.0 / minutes);
    }
    bill
}

/// One certificate: ordered, verified, issued, and downloaded once, which is audited.
pub fn one_certificate(template: &Template, visits: &[Visit<Charge>]) -> Bill {
    let gigabytes = gigabytes(template);
    let mut bill = Bill::default();
    for route in [
        "POST /api/certificates",
        "POST /api/certificates/{id}/verify",
        "GET /api/certificates/{id}/download",
        "auditor: audit",
    ] {
        bill += Bill::of(only(visits, route), gigabytes);
    }
    for job in visits.iter().filter(|visit| visit.route == "issuer: issue") {
        bill += Bill::of(job, gigabytes);
    }
    bill
}

/// Keeping so many certificates for a month, with the backups of the tables.
pub fn stored(certificates: f64) -> Bill {
    let mut bill = Bill::default();
    bill.add(Good::StoredGb, certificates * KEPT / 1e9);
    bill.add(Good::BackupGb, certificates * KEPT / 1e9);
    bill
}

/// The first visit to a route.
fn only<'a>(visits: &'a [Visit<Charge>], route: &str) -> &'a Visit<Charge> {
    visits.iter().find(|visit| visit.route == route).unwrap_or_else(|| panic!("nobody went to {route}"))
}
