//! What the tests of the adapters share: the real clock, real randomness, and a directory to open.

#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::conformance::Time;
use domain::ports::{Clock, Entropy};
use embedded::{Embedded, OpenError};
use jiff::Timestamp;
use tempfile::TempDir;

#[derive(Debug)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap()
    }
}

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}

#[async_trait]
impl Time for System {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// A data directory that is not there yet.
pub fn directory() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    (parent, data)
}

pub fn open(data: &Path) -> Embedded {
    try_open(data).unwrap()
}

pub fn try_open(data: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(data, Arc::new(System), Arc::new(System))
}
