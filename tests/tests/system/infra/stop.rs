use serde_json::{Value, json};
use system_tests::template::Template;

/// Moving away needs a source that nobody writes to: no function answers or works, and nothing sends jobs.
#[test]
fn a_stack_can_be_stopped_whole() {
    let template = Template::read();
    let when_stopped = |value: &Value| {
        assert_eq!(value["Fn::If"][0], "Stopped", "{value}");
        value["Fn::If"][1].clone()
    };
    assert_eq!(template.0["Conditions"]["Stopped"], json!({"Fn::Equals": [{"Ref": "Running"}, "false"]}));
    assert_eq!(template.0["Parameters"]["Running"]["Default"], "true");
    assert_eq!(when_stopped(&template.0["Globals"]["Function"]["ReservedConcurrentExecutions"]), 0);
    for (program, (_, function)) in template.functions() {
        let own = &function["Properties"];
        assert!(own["ReservedConcurrentExecutions"].is_null(), "{program} goes its own way");
        for event in own["Events"].as_object().into_iter().flat_map(serde_json::Map::values) {
            assert_eq!(when_stopped(&event["Properties"]["Enabled"]), false, "{program}");
        }
    }
    for (name, schedule) in template.of_type("AWS::Scheduler::Schedule") {
        assert_eq!(when_stopped(&schedule["Properties"]["State"]), "DISABLED", "{name}");
    }
}
