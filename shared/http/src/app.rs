use std::sync::Arc;

use domain::Context;

use crate::Tokens;

/// What every handler is given.
#[derive(Clone, Debug)]
pub struct App {
    /// The ports.
    pub ctx: Context,
    /// Makes and reads session tokens.
    pub tokens: Arc<Tokens>,
}

impl App {
    /// An app on these ports.
    pub fn new(ctx: Context) -> Self {
        Self { ctx, tokens: Arc::new(Tokens::default()) }
    }
}
