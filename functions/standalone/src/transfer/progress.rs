use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often the log tells how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How far a piece of work is: a bar on a terminal; elsewhere the log tells every few seconds, and when it is done.
pub(super) struct Progress {
    bar: ProgressBar,
    what: String,
    told: Instant,
}

impl Progress {
    /// Begins `what`; of how much, where that is known.
    pub(super) fn of(what: &str, total: Option<usize>) -> Self {
        let bar = total.map_or_else(ProgressBar::new_spinner, |total| ProgressBar::new(total as u64));
        let template =
            if total.is_some() { "{msg:32} {wide_bar} {pos}/{len} {eta}" } else { "{msg:32} {spinner} {pos}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, what: what.to_owned(), told: Instant::now() }
    }

    /// So much more is done.
    pub(super) fn add(&mut self, done: usize) {
        self.bar.inc(done as u64);
        if self.bar.is_hidden() && self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            match self.bar.length() {
                Some(total) => tracing::info!("{}: {} of {total}", self.what, self.bar.position()),
                None => tracing::info!("{}: {}", self.what, self.bar.position()),
            }
        }
    }

    /// All is done.
    pub(super) fn end(self) {
        if self.bar.is_hidden() && self.bar.position() > 0 {
            tracing::info!("{}: {}, done", self.what, self.bar.position());
        }
        self.bar.finish_and_clear();
    }
}
