//! When a schedule fires, as EventBridge writes it.

use std::time::Duration;

use domain::ports::{SchedulerError, When};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The shortest rate of the port. That of AWS is a minute.
const SHORTEST: Duration = Duration::from_secs(1);

/// Once, at a time. Rounded up: it may not fire early.
pub(crate) fn at(time: Timestamp) -> String {
    let whole = time.as_second() + i64::from(time.subsec_nanosecond() > 0);
    let time = Timestamp::from_second(whole).unwrap_or(time);
    format!("at({})", time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S"))
}

/// Again and again. Rounded up to minutes.
pub(crate) fn rate(every: Duration) -> Result<String, SchedulerError> {
    if every < SHORTEST {
        return Err(SchedulerError(format!("a rate of {every:?} is too short; one second is the shortest")));
    }
    Ok(match every.as_secs().div_ceil(60) {
        1 => "rate(1 minute)".into(),
        minutes => format!("rate({minutes} minutes)"),
    })
}

/// What [`at`] or [`rate`] wrote; `None` for what neither did.
pub(crate) fn read(expression: &str) -> Option<When> {
    let (kind, value) = expression.strip_suffix(')')?.split_once('(')?;
    match kind {
        "at" => {
            let time: DateTime = value.parse().ok()?;
            Some(When::At(time.to_zoned(TimeZone::UTC).ok()?.timestamp()))
        }
        "rate" => {
            let (number, unit) = value.split_once(' ')?;
            let minutes: u64 = number.parse().ok().filter(|_| matches!(unit, "minute" | "minutes"))?;
            Some(When::Every(Duration::from_secs(minutes.checked_mul(60)?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_rates_are_rounded_up() {
        for (time, expression) in [
            ("2026-02-28T23:59:59.000000001Z", "at(2026-03-01T00:00:00)"),
            ("2026-02-28T23:59:59Z", "at(2026-02-28T23:59:59)"),
            ("2026-06-01T02:00:00.5+02:00", "at(2026-06-01T00:00:01)"),
        ] {
            assert_eq!(at(time.parse().unwrap()), expression);
        }
        for (seconds, expression) in [(1, "rate(1 minute)"), (60, "rate(1 minute)"), (90_000, "rate(1500 minutes)")] {
            assert_eq!(rate(Duration::from_secs(seconds)).unwrap(), expression);
        }
        assert!(rate(Duration::from_millis(999)).unwrap_err().to_string().contains("too short"));
    }

    #[test]
    fn what_is_written_is_read() {
        let time = When::At("2026-02-28T23:59:59Z".parse().unwrap());
        assert_eq!(read("at(2026-02-28T23:59:59)"), Some(time));
        assert_eq!(read("rate(1 minute)"), Some(When::Every(Duration::from_secs(60))));
        assert_eq!(read("rate(1500 minutes)"), Some(When::Every(Duration::from_secs(90_000))));
        for strange in ["", "at()", "at(tomorrow)", "rate(1 hour)", "rate(-1 minutes)", "cron(0 8 1 * ? *)", "rate(1"] {
            assert_eq!(read(strange), None, "{strange}");
        }
    }
}
