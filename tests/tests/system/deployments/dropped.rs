//! The connection drops at every message, before it is passed on and after it: the run is taken up again, and the site
//! serves a good certificate throughout.

use std::fs;

use domain::operations;
use serde_json::json;
use system_tests::need;
use system_tests::peers::Cutter;
use system_tests::steward::{Moment, SiteLab};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_drops_before_any_message_is_heard() {
    every_cut(Moment::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_drops_after_any_message_is_heard() {
    every_cut(Moment::After).await;
}

async fn every_cut(moment: Moment) {
    need!("sshd", "ssh-keygen", "nginx");
    let lab = SiteLab::start().await;
    let deployment = lab.deployment(lab.config()).await;
    assert_eq!(lab.run_through(deployment).await["result"], "deployed");
    let visitor = lab.visitor();
    let mut cuts = 0;
    for at in 0.. {
        assert!(at < 400, "a run has fewer messages");
        let cutter = Cutter::start(lab.sshd.address(), at, moment).await;
        // Another port is another machine to Steward, whose host key is pinned anew.
        let path = format!("/api/servers/{}/ssh", lab.server);
        lab.admin.put(&path, json!({"port": cutter.address().port()})).await.ok();
        let expected = lab.renew().await;
        let run = lab.run_through(deployment).await;
        assert_eq!(run["result"], "deployed", "cut at {at} {moment:?}: {run}");
        assert_eq!(lab.served().await, expected, "cut at {at} {moment:?}");
        let leftovers = fs::read_dir(lab.nginx.site()).unwrap().map(|entry| entry.unwrap().file_name());
        let leftovers: Vec<_> = leftovers.filter(|name| name.to_string_lossy().contains("steward-new")).collect();
        if !cutter.has_cut() {
            assert!(at > 15, "only {at} messages");
            assert!(leftovers.is_empty(), "{leftovers:?}");
            cuts = at;
            break;
        }
    }
    let (answers, took) = visitor.all_good();
    println!("{cuts} runs cut {moment:?} each of their messages; {answers} visitors in {took:?}, all served well");
    assert_eq!(operations::sweep(&lab.steward.ctx).await.unwrap(), 0);
}
