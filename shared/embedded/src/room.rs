//! Room on the disk. A reserve beside the database is given up when the disk is full: from then on only what makes room
//! is written, until there is room again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The size of the reserve: enough for logins and for removing thousands of rows.
const RESERVE: usize = 8 * 1024 * 1024;
/// How often it is looked whether there is room again.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What SQLite says when the disk is full (SQLITE_FULL).
const FULL: &str = "database or disk is full";

/// Whether an error of the database says that the disk is full.
pub(crate) fn is_full(error: &impl ToString) -> bool {
    error.to_string().contains(FULL)
}

#[derive(Debug)]
pub(crate) struct Room {
    reserve: PathBuf,
    /// Whether the reserve is there.
    reserved: AtomicBool,
    short: AtomicBool,
    looked: Mutex<Option<Instant>>,
    probed: Mutex<Option<Instant>>,
}

impl Room {
    /// The room in a data directory. Where there is none for the reserve, the disk is taken to be full.
    pub fn in_directory(directory: &Path) -> Self {
        let room = Self {
            reserve: directory.join("reserve"),
            reserved: AtomicBool::new(false),
            short: AtomicBool::new(false),
            looked: Mutex::default(),
            probed: Mutex::default(),
        };
        match room.fill() {
            Ok(()) => room.reserved.store(true, Ordering::Relaxed),
            Err(error) => room.run_out(&error),
        }
        room
    }

    /// Whether there is a reserve to give up.
    pub fn is_reserved(&self) -> bool {
        self.reserved.load(Ordering::Relaxed)
    }

    /// Whether only what makes room may be written.
    pub fn is_short(&self) -> bool {
        self.short.load(Ordering::Relaxed)
    }

    /// The disk is full: gives up the reserve.
    pub fn run_out(&self, error: &dyn std::fmt::Display) {
        let _ = fs::remove_file(&self.reserve);
        self.reserved.store(false, Ordering::Relaxed);
        if !self.short.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "the disk is full: only logins and what makes room go on, in the reserve");
        }
    }

    /// Whether the reserve is to be made again, and it is time to look whether there is room for it.
    pub fn is_to_be_looked_at(&self) -> bool {
        !self.reserved.load(Ordering::Relaxed) && due(&self.looked)
    }

    /// Looks whether there is room again: on the disk for the reserve, or (`unused` bytes) within the database. Blocks.
    pub fn look(&self, unused: impl FnOnce() -> u64) {
        let filled = self.fill().is_ok();
        self.reserved.store(filled, Ordering::Relaxed);
        // What is free within the database is nobody else's.
        if self.is_short() && (filled || unused() >= RESERVE as u64) {
            self.short.store(false, Ordering::Relaxed);
            tracing::info!("there is room on the disk again");
        }
    }

    /// Whether it is time to try whether the database can be written.
    pub fn is_to_be_probed(&self) -> bool {
        due(&self.probed)
    }

    /// Writes the reserve, whole or not at all.
    fn fill(&self) -> io::Result<()> {
        if fs::metadata(&self.reserve).is_ok_and(|file| file.len() == RESERVE as u64) {
            return Ok(());
        }
        let write = || {
            let mut file =
                OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&self.reserve)?;
            for _ in 0..RESERVE / 65_536 {
                file.write_all(&[0; 65_536])?;
            }
            file.sync_all()
        };
        write().inspect_err(|_| drop(fs::remove_file(&self.reserve)))
    }
}

/// Whether it has not been done lately; if so, it is now.
fn due(last: &Mutex<Option<Instant>>) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let due = last.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
    if due {
        *last = Some(Instant::now());
    }
    due
}
