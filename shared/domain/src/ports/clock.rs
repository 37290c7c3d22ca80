use std::fmt;

use jiff::Timestamp;

/// The wall clock, read in one place only.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, in UTC, to the millisecond.
    fn now(&self) -> Timestamp;
}
