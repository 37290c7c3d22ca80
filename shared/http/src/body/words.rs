//! What serde says, in words for whoever wrote the request.

use domain::Error;

/// How much is shown of what the caller wrote.
const SHOWN: usize = 120;
/// From where on a whole number fits no integer.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
/// Where serde turns from what it was given to what it wants.
const EXPECTED: &str = ", expected ";

/// Says which field it was (the path where serde was, and the field that its message is about) and what would be right.
/// `whole` is what the fields are in: `body` or `query`.
pub(super) fn refused(whole: &str, path: &str, message: &str) -> Error {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let path = if matches!(path, "." | "" | "?") { None } else { Some(path) };
    if let Some((name, reason)) = about_a_name(whole, message) {
        // Serde stood at the field itself, or at the object that it is in.
        let field = match path {
            Some(path) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
            Some(path) => format!("{path}.{name}"),
            None => name,
        };
        return Error::invalid(cut(&field), reason);
    }
    Error::invalid(cut(path.unwrap_or(whole)), about_a_value(message))
}

fn about_a_name(whole: &str, message: &str) -> Option<(String, String)> {
    let (about, rest) = message.split_once(" field `")?;
    let (name, known) = rest.rsplit_once("`, expected ").unwrap_or((rest.trim_end_matches('`'), "nothing"));
    let reason = match about {
        "missing" => "is missing".to_owned(),
        "duplicate" => "must be given once only".to_owned(),
        "unknown" => {
            let kind = if whole == "query" { "parameter" } else { "field" };
            format!("is not a {kind} here; known: {}", known.trim_start_matches("one of ").replace('`', ""))
        }
        _ => return None,
    };
    Some((name.to_owned(), reason))
}

fn about_a_value(message: &str) -> String {
    if let Some((given, expected)) = message.strip_prefix("invalid type: ").and_then(|text| text.rsplit_once(EXPECTED))
    {
        return match (range(expected), floating(given)) {
            // A whole number that is none to serde: it is too large, or written as 1.0 or 1e3.
            (Some(range), Some(number)) if number.fract() == 0.0 && number.abs() >= TOO_LARGE => must_be_in(range),
            (Some(_), Some(number)) if number.fract() == 0.0 => {
                format!("must be {}, written without a point or an exponent", wanted(expected))
            }
            _ => format!("must be {}, not {}", wanted(expected), found(given)),
        };
    }
    if let Some((_, expected)) = message.strip_prefix("invalid value: ").and_then(|text| text.rsplit_once(EXPECTED)) {
        return range(expected).map_or_else(|| format!("must be {}", wanted(expected)), must_be_in);
    }
    match message {
        "cannot parse integer from empty string" | "invalid digit found in string" => {
            "must be a whole number, such as 1".to_owned()
        }
        "number too large to fit in target type" => format!("must be at most {}", i64::MAX),
        "number too small to fit in target type" => format!("must be at least {}", i64::MIN),
        other => cut(other),
    }
}

/// The types that the API's fields have.
fn wanted(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" => "a whole number from 0 up",
        "i64" => "a whole number",
        "a boolean" => "true or false",
        "a map" => "a JSON object",
        "a sequence" => "a list",
        other => other,
    }
}

/// What fits an integer type.
fn range(expected: &str) -> Option<(i128, i128)> {
    match expected {
        "u8" => Some((0, u8::MAX.into())),
        "u16" => Some((0, u16::MAX.into())),
        "u32" => Some((0, u32::MAX.into())),
        "u64" => Some((0, u64::MAX.into())),
        "i64" => Some((i64::MIN.into(), i64::MAX.into())),
        _ => None,
    }
}

fn must_be_in((least, most): (i128, i128)) -> String {
    format!("must be a whole number from {least} to {most}")
}

/// The number that serde calls "floating point `1e30`".
fn floating(given: &str) -> Option<f64> {
    given.strip_prefix("floating point `")?.strip_suffix('`')?.parse().ok()
}

/// The kind of a value and never the value itself: it may be a password, and refusals are logged.
fn found(given: &str) -> &'static str {
    match given.split_once(' ').map_or(given, |(kind, _)| kind) {
        "sequence" => "a list",
        "map" => "an object",
        "null" => "null",
        "boolean" => "true or false",
        "floating" if floating(given).is_some_and(|number| number.fract() != 0.0) => "a number with a fraction",
        "integer" | "floating" => "a number",
        "string" => "a string",
        _ => "something else",
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "properties.rs"]
mod properties;

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::refused;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Numbers {
        small: Option<u16>,
        count: Option<u32>,
        id: Option<i64>,
        name: Option<String>,
    }

    #[track_caller]
    fn says(body: &str, expected: &str) {
        let mut json = serde_json::Deserializer::from_str(body);
        let error = serde_path_to_error::deserialize::<_, Numbers>(&mut json).unwrap_err();
        let said = refused("body", &error.path().to_string(), &error.inner().to_string()).to_string();
        assert_eq!(said, expected, "{body}");
        serde_json::from_str::<Value>(body).unwrap();
    }

    #[test]
    fn a_number_that_does_not_fit_is_told_its_range() {
        let count = "count: must be a whole number from 0 to 4294967295";
        let id = "id: must be a whole number from -9223372036854775808 to 9223372036854775807";
        says(r#"{"small": 65536}"#, "small: must be a whole number from 0 to 65535");
        for number in ["4294967296", "-1", "9223372036854775808", "99999999999999999999", "1e30", "-1e30"] {
            says(&format!(r#"{{"count": {number}}}"#), count);
        }
        for number in ["9223372036854775808", "99999999999999999999", "1e30", "-99999999999999999999"] {
            says(&format!(r#"{{"id": {number}}}"#), id);
        }
        for number in ["1.0", "1e3"] {
            let expected = "id: must be a whole number, written without a point or an exponent";
            says(&format!(r#"{{"id": {number}}}"#), expected);
        }
        says(r#"{"id": 1.5}"#, "id: must be a whole number, not a number with a fraction");
        says(r#"{"id": "1"}"#, "id: must be a whole number, not a string");
        says(r#"{"count": "1"}"#, "count: must be a whole number from 0 up, not a string");
        says(r#"{"name": 1e30}"#, "name: must be a string, not a number");
        says(r#"{"name": 1.5}"#, "name: must be a string, not a number with a fraction");
        says(r#"{"name": 7}"#, "name: must be a string, not a number");
    }
}
