use std::sync::Arc;

use domain::Context;
use tokio::sync::Semaphore;

use crate::Tokens;
use crate::strangers::Strangers;
use crate::trail::Standing;

/// How much of all large bodies is held at once, in KiB.
const LARGE_BODIES: usize = 16 * 1024;

/// What every handler is given.
#[derive(Clone, Debug)]
pub struct App {
    /// The ports.
    pub ctx: Context,
    /// Makes and reads session tokens.
    pub tokens: Arc<Tokens>,
    /// One permit for each KiB of a large body that is held.
    pub(crate) bodies: Arc<Semaphore>,
    /// Refused requests of strangers.
    pub(crate) strangers: Arc<Strangers>,
    pub(crate) standing: Arc<Standing>,
}

impl App {
    /// An app on these ports.
    pub fn new(ctx: Context) -> Self {
        Self {
            ctx,
            tokens: Arc::default(),
            bodies: Arc::new(Semaphore::new(LARGE_BODIES)),
            strangers: Arc::default(),
            standing: Arc::default(),
        }
    }

    /// Whether the audit trail took the last entry that was given to it.
    pub fn trail_is_written(&self) -> bool {
        self.standing.is_good(self.ctx.clock.now())
    }
}
