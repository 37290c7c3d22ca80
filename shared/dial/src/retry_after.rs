//! `Retry-After` (RFC 9110 §10.2.3), read in one place for every peer that sends one.

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// The longest wait that is believed; whoever asks for more is asked again after this.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long an answer asks to wait: seconds, with or without a fraction, or a date. A date counts from the answer's own
/// `Date`, since the peer's clock set both, and from `now` where the answer has none. `None` where there is no such
/// header, it cannot be read, or its date has passed.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = text(headers, RETRY_AFTER)?;
    let wait = match seconds(text) {
        Some(wait) => wait,
        None => {
            let until = httpdate::parse_http_date(text).ok()?;
            let sent = self::text(headers, DATE).and_then(|date| httpdate::parse_http_date(date).ok());
            until.duration_since(sent.unwrap_or(now)).ok().filter(|wait| !wait.is_zero())?
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `120` or `1.5`; more digits than a number holds are more than is believed anyway.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.parse().unwrap_or(u64::MAX);
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0, |nanos: u32, digit| nanos * 10 + u32::from(digit - b'0'));
    Some(Duration::new(whole, nanos))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const SENT: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn read(text: &[u8], date: Option<&str>, now: SystemTime) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_bytes(text).ok()?);
        headers.extend(date.map(|date| (DATE, HeaderValue::from_str(date).unwrap())));
        retry_after(&headers, now)
    }

    #[test]
    fn reads_seconds_fractions_and_dates_of_every_form() {
        let now = httpdate::parse_http_date(SENT).unwrap();
        for (text, milliseconds) in [
            ("3", Some(3_000)),
            (" 7200 ", Some(7_200_000)),
            ("0", Some(0)),
            ("1.5", Some(1_500)),
            ("0.25", Some(250)),
            ("2.0000000009", Some(2_000)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120_000)),
            ("Sunday, 06-Nov-94 08:51:37 GMT", Some(120_000)),
            ("Sun Nov  6 08:51:37 1994", Some(120_000)),
            ("99999999999999999999999999", Some(30 * 86_400_000)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(30 * 86_400_000)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None),
            (SENT, None),
            ("soon", None),
            ("-1", None),
            ("+1", None),
            ("1.", None),
            (".5", None),
            ("1.2.3", None),
            ("1e3", None),
            ("", None),
        ] {
            let wait = milliseconds.map(Duration::from_millis);
            assert_eq!(read(text.as_bytes(), Some(SENT), SystemTime::UNIX_EPOCH), wait, "{text}");
            assert_eq!(read(text.as_bytes(), None, now), wait, "{text}, by our own clock");
            assert_eq!(read(text.as_bytes(), Some("yesterday"), now), wait, "{text}, with a date that is none");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read_or_ignored(text: Vec<u8>, date: Option<u32>, now: u32) {
            let date = date.map(|at| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(at.into())));
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.into());
            let wait = read(&text, date.as_deref(), now);
            prop_assert!(wait.is_none_or(|wait| wait <= LONGEST_WAIT));
        }

        #[test]
        fn a_number_is_what_it_says(whole in 0_u64..2_000_000, milliseconds in 0_u64..1000) {
            let text = format!("{whole}.{milliseconds:03}");
            let wait = read(text.as_bytes(), None, SystemTime::UNIX_EPOCH);
            prop_assert_eq!(wait, Some(Duration::from_millis(whole * 1000 + milliseconds)));
        }

        #[test]
        fn a_date_is_as_far_off_as_the_answer_says(sent in 0_u64..4_000_000_000, wait in 1_u64..2_000_000) {
            let date = |at| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(at));
            let read = read(date(sent + wait).as_bytes(), Some(&date(sent)), SystemTime::UNIX_EPOCH);
            prop_assert_eq!(read, Some(Duration::from_secs(wait)));
        }
    }
}
