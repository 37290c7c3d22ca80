use domain::Context;
use domain::ports::QueueName;
use tokio::task::JoinHandle;

/// A worker of a queue, the issuer's unless it is said. Dropping it ends it as hard as `kill -9`.
#[derive(Debug)]
pub struct Worker(JoinHandle<()>);

impl Worker {
    /// Starts one on these ports.
    pub fn start(ctx: &Context) -> Self {
        Self::of(ctx, QueueName::Issuer)
    }

    /// Starts one of another queue.
    pub fn of(ctx: &Context, queue: QueueName) -> Self {
        Self(tokio::spawn(steward::work(ctx.clone(), queue)))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}
