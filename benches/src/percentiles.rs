use std::fmt;
use std::time::Duration;

/// Durations of the same thing done many times.
#[derive(Clone, Debug, Default)]
pub struct Percentiles(Vec<Duration>);

impl Percentiles {
    /// Adds one.
    pub fn push(&mut self, duration: Duration) {
        let at = self.0.partition_point(|other| *other < duration);
        self.0.insert(at, duration);
    }

    /// The duration that so many percent of them do not exceed; zero when there are none.
    pub fn at(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p95, p99, max] = [50, 95, 99, 100].map(|percent| self.at(percent).as_secs_f64() * 1e3);
        write!(f, "p50 {p50:8.2} ms   p95 {p95:8.2} ms   p99 {p99:8.2} ms   max {max:8.2} ms   n {}", self.0.len())
    }
}
