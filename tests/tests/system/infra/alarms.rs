use std::collections::BTreeSet;

use domain::ports::QueueName;
use system_tests::template::{Template, of_stack};

/// Ten are free in every account, each of the others costs $0.10 a month.
/// <https://aws.amazon.com/cloudwatch/pricing/>
const MOST: usize = 30;

/// Every 5xx, every job that was put aside, and every function's errors, throttles and near time-outs: those of the
/// areas are the API's, which answers 5xx for the first two.
#[test]
fn somebody_is_told_of_everything_that_goes_wrong() {
    let template = Template::read();
    let mut expected = BTreeSet::from(["api-faults 5xx".to_owned(), "api-slow IntegrationLatency".to_owned()]);
    for queue in QueueName::ALL.map(QueueName::as_str) {
        expected.insert(format!("{queue}-dead ApproximateNumberOfMessagesVisible"));
        for (name, metric) in [("errors", "Errors"), ("throttles", "Throttles"), ("slow", "Duration")] {
            expected.insert(format!("{queue}-{name} {metric}"));
        }
    }
    let mut alarms = BTreeSet::new();
    for (id, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        let [dimension] = &alarm["Dimensions"].as_array().unwrap()[..] else { panic!("{id}: one dimension") };
        assert!(dimension["Value"].is_object(), "{id} watches what is not of this stack: {dimension}");
        assert_eq!(alarm["AlarmActions"]["Fn::If"][1][0]["Ref"], "AlarmTopic", "{id} tells nobody");
        alarms.insert(format!("{} {}", of_stack(&alarm["AlarmName"]), alarm["MetricName"].as_str().unwrap()));
    }
    assert_eq!(alarms, expected);
    assert!(alarms.len() <= MOST, "{} alarms cost too much", alarms.len());
}

/// Near is what leaves a fifth of the time.
#[test]
fn slow_is_before_the_time_is_up() {
    let template = Template::read();
    let limit = |program: &str| template.functions()[program].1["Properties"]["Timeout"].as_u64().unwrap();
    let areas =
        template.functions().into_keys().filter(|program| QueueName::ALL.iter().all(|q| q.as_str() != *program));
    let of_api = areas.map(limit).min().unwrap();
    for (id, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        let name = of_stack(&alarm["Properties"]["AlarmName"]);
        let Some(of) = name.strip_suffix("-slow") else { continue };
        let limit = 1000 * if of == "api" { of_api } else { limit(of) };
        let threshold = alarm["Properties"]["Threshold"].as_u64().unwrap();
        assert!((limit * 3 / 4..limit * 9 / 10).contains(&threshold), "{id}: {threshold} ms of {limit}");
    }
}
