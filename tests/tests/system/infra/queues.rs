use std::collections::BTreeSet;

use domain::jobs::Job;
use domain::operations::SWEEP_SCHEDULE;
use domain::ports::{Queue, QueueName};
use domain::repair::REPAIR_SCHEDULE;
use serde_json::{Value, json};
use system_tests::template::{Template, get_att, of_stack};

fn queue<'a>(template: &'a Template, name: &str) -> (&'a str, &'a Value) {
    let queues = template.of_type("AWS::SQS::Queue");
    let (id, queue) = queues
        .into_iter()
        .find(|(_, queue)| of_stack(&queue["Properties"]["QueueName"]) == name)
        .unwrap_or_else(|| panic!("the template has no queue {name}"));
    (id, &queue["Properties"])
}

#[test]
fn every_queue_has_its_worker_and_its_dead_letters() {
    let template = Template::read();
    let functions = template.functions();
    let mut expected = BTreeSet::new();
    for name in QueueName::ALL.map(QueueName::as_str) {
        expected.extend([name.to_owned(), format!("{name}-dead")]);
        let (id, properties) = queue(&template, name);
        let (_, worker) = functions[name];
        let events = worker["Properties"]["Events"].as_object().unwrap();
        let [source] = events.values().collect::<Vec<_>>()[..] else { panic!("{name}: {events:?}") };
        assert_eq!(source["Type"], "SQS", "{name}");
        assert_eq!(get_att(&source["Properties"]["Queue"], "Arn"), id, "{name}");
        assert_eq!(source["Properties"]["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{name}");

        let timeout = worker["Properties"]["Timeout"].as_u64().unwrap();
        assert_eq!(properties["VisibilityTimeout"], 6 * timeout, "{name}");
        let (dead, _) = queue(&template, &format!("{name}-dead"));
        let redrive = &properties["RedrivePolicy"];
        assert_eq!(get_att(&redrive["deadLetterTargetArn"], "Arn"), dead, "{name}");
        assert_eq!(redrive["maxReceiveCount"], <dyn Queue>::MAX_RECEIVES, "{name}");
    }
    let queues = template.of_type("AWS::SQS::Queue").into_iter();
    let deployed: BTreeSet<String> =
        queues.map(|(_, queue)| of_stack(&queue["Properties"]["QueueName"]).to_owned()).collect();
    assert_eq!(deployed, expected);
    for (program, (_, function)) in functions {
        let is_worker = QueueName::ALL.iter().any(|queue| queue.as_str() == program);
        assert_eq!(!function["Properties"]["Events"].is_null(), is_worker, "{program}");
    }
}

#[test]
fn a_worker_ends_before_its_lease_does() {
    let template = Template::read();
    for (worker, lease) in [("issuer", issuer::LEASE), ("deployer", deployer::LEASE)] {
        let timeout = template.functions()[worker].1["Properties"]["Timeout"].as_u64().unwrap();
        assert!(timeout <= lease.as_secs(), "{worker}: {timeout} s");
    }
}

#[test]
fn what_recurs_is_scheduled() {
    let template = Template::read();
    let schedules = template.of_type("AWS::Scheduler::Schedule");
    assert_eq!(schedules.len(), 2);
    for (name, job) in [(SWEEP_SCHEDULE, Job::Sweep), (REPAIR_SCHEDULE, Job::Repair)] {
        let found = schedules.iter().find(|(_, schedule)| schedule["Properties"]["Name"] == name);
        let schedule = &found.unwrap_or_else(|| panic!("no schedule {name}")).1["Properties"];
        let target = &schedule["Target"];
        assert_eq!(get_att(&target["Arn"], "Arn"), queue(&template, QueueName::Issuer.as_str()).0);
        let scheduled: Job = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
        assert_eq!(scheduled, job);
        let group = template.resource(schedule["GroupName"]["Ref"].as_str().unwrap(), "AWS::Scheduler::ScheduleGroup");
        assert_eq!(group["Properties"]["Name"]["Ref"], "AWS::StackName");
    }
}
