use std::sync::Arc;

use super::{Charge, Emulator, Ledger};
use crate::peers::{Pebble, PebbleOptions, available};
use crate::steward::{Lab, StewardOptions};
use crate::walk::{Meter, Visit, Walk};

/// What a Steward on AWS called, counted by the SDK over the real adapters.
#[derive(Debug)]
pub struct Measured {
    /// What it called when it started and its first user logged in.
    pub start: Vec<Charge>,
    /// What each route and each job called.
    pub visits: Vec<Visit<Charge>>,
}

impl Measured {
    /// Starts one beside an emulator and a CA, and walks over every route; `None`, said aloud, where a program is
    /// missing.
    pub async fn take() -> Option<Self> {
        if !available(&["pebble", "pebble-challtestsrv"]) {
            return None;
        }
        let emulator = Emulator::start().await?;
        let ledger = Arc::new(Ledger::new(&emulator.settings().stack));
        let pebble = Pebble::start(PebbleOptions::default()).await;
        let directory = pebble.directory_url();
        let options = StewardOptions {
            idle: true,
            deployment: Some(emulator.settings()),
            observer: Some(ledger.clone()),
            ..StewardOptions::default()
        };
        let lab = Lab::beside(pebble, &directory, options).await;
        let start = ledger.take();
        Some(Self { start, visits: Walk::over_everything(&lab, ledger.as_ref()).await })
    }
}
