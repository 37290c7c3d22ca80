use std::collections::BTreeSet;
use std::fs;

use domain::jobs::Job;
use serde_json::Value;
use system_tests::template::Template;

use super::routes::{of_template, resolve};
use super::{packages, root};

/// The sample events with the functions they are for: `FUNCTION.json` or `FUNCTION-what.json`.
pub fn events() -> Vec<(String, String, Value)> {
    let packages = packages();
    let files = fs::read_dir(root().join("events")).unwrap().map(|file| file.unwrap().path());
    let read = files.map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let begins = |package: &&String| name == **package || name.starts_with(&format!("{package}-"));
        let function = packages.iter().find(begins).unwrap_or_else(|| panic!("{name} is for no function"));
        (name.clone(), function.clone(), serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap())
    });
    read.collect()
}

#[test]
fn every_function_has_a_sample_event_that_is_sent_to_it() {
    let template = Template::read();
    let routes = of_template(&template);
    let mut seen = BTreeSet::new();
    for (name, function, event) in events() {
        if let Some(path) = event["rawPath"].as_str() {
            let (route, program) = resolve(&routes, path);
            assert_eq!(program, function, "{name}");
            let key = if route == "$default" { route.to_owned() } else { format!("ANY {route}") };
            assert_eq!((&event["routeKey"], &event["requestContext"]["routeKey"]), (&key.clone().into(), &key.into()));
            assert_eq!(event["requestContext"]["http"]["path"], path, "{name}");
        } else {
            for record in event["Records"].as_array().unwrap() {
                let queue = record["eventSourceARN"].as_str().unwrap().rsplit(':').next().unwrap();
                assert_eq!(queue, format!("steward-{function}"), "{name}");
                let body = record["body"].as_str().unwrap();
                let job: Job = serde_json::from_str(body).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(matches!(job, Job::Audit { .. }), function == "auditor", "{name}");
                let tells = matches!(job, Job::Notify { .. } | Job::Deliver { .. });
                assert_eq!(tells, function == "notifier", "{name}");
                assert_eq!(matches!(job, Job::Check { .. }), function == "prober", "{name}");
            }
        }
        seen.insert(function);
    }
    assert_eq!(seen, packages());
}
