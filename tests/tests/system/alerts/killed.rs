//! The worker dies at each of its calls, before it and after it; another goes on.

use std::time::Duration;

use domain::alerts::Level;
use domain::ports::QueueName;
use system_tests::peers::WebhookSink;
use system_tests::steward::{Fate, Moment, Steward, StewardOptions};

use super::{see, webhook};

/// Longer than a lease and a delivery's hiding.
const LATER: Duration = Duration::from_secs(200);

/// Only a worker that dies after the message went out, and before that is recorded, has it told twice, under one id.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_before_any_call_tells_it_once() {
    every_death(Moment::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_any_call_tells_it_once() {
    every_death(Moment::After).await;
}

async fn every_death(moment: Moment) {
    let steward = Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    webhook(&admin, &sink).await;
    let (mut told, mut twice) = (0, 0);
    for call in 0.. {
        assert!(call < 100, "an alert takes fewer calls");
        // Far apart, so that nothing is held back.
        steward.clock.advance(Duration::from_secs(600));
        see(&steward, call, Some(Level::Warning)).await;
        let fate = Fate::at(usize::try_from(call).unwrap(), moment);
        let ctx = fate.of(&steward.ctx);
        let finished = tokio::select! {
            () = fate.died() => false,
            () = work_off(&ctx) => true,
        };
        steward.clock.advance(LATER);
        // A job that was lost with the process.
        domain::operations::sweep(&steward.ctx).await.unwrap();
        work_off(&steward.ctx).await;
        let of_this: Vec<_> =
            sink.requests().into_iter().skip(told).filter(|r| r.json["alerts"][0]["subject_id"] == call).collect();
        assert!(!of_this.is_empty(), "killed at {call} ({moment:?}): never told");
        let ids: std::collections::BTreeSet<_> = of_this.iter().map(|request| request.json["id"].to_string()).collect();
        assert_eq!(ids.len(), 1, "killed at {call}: {} messages", of_this.len());
        twice += of_this.len() - 1;
        told = sink.requests().len();
        if finished {
            assert!(call > 10, "it was killed at {call} calls only");
            assert_eq!(twice, 1, "only where it cannot be known whether it was told");
            return;
        }
    }
}

/// Does what the notifier's queue has, as long as it has something now.
async fn work_off(ctx: &domain::Context) {
    for _ in 0..20 {
        let deliveries = ctx.queue.receive(QueueName::Notifier, 10, Duration::from_secs(100)).await.unwrap();
        if deliveries.is_empty() {
            return;
        }
        for delivery in deliveries {
            if let domain::operations::Next::Again(pause) = notifier::handle(ctx, &delivery.job).await.unwrap() {
                ctx.queue.send(QueueName::Notifier, &delivery.job, pause).await.unwrap();
            }
            ctx.queue.delete(QueueName::Notifier, &delivery.receipt).await.unwrap();
        }
    }
}
