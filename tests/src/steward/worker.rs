use domain::Context;
use domain::ports::QueueName;
use tokio::task::JoinHandle;

/// A worker of the issuer's queue. Dropping it ends it as hard as `kill -9`.
#[derive(Debug)]
pub struct Worker(JoinHandle<()>);

impl Worker {
    /// Starts one on these ports.
    pub fn start(ctx: &Context) -> Self {
        Self(tokio::spawn(steward::work(ctx.clone(), QueueName::Issuer)))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}
