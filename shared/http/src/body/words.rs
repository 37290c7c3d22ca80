//! What serde says, in words for whoever wrote the request.

use domain::Error;

/// How much is shown of what the caller wrote.
const SHOWN: usize = 120;
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
        return format!("must be {}, not {}", wanted(expected), found(given));
    }
    if let Some((_, expected)) = message.strip_prefix("invalid value: ").and_then(|text| text.rsplit_once(EXPECTED)) {
        return format!("must be {}", wanted(expected));
    }
    match message {
        "cannot parse integer from empty string"
        | "invalid digit found in string"
        | "number too large to fit in target type"
        | "number too small to fit in target type" => "must be a whole number, such as 1".to_owned(),
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

/// The kind of a value and never the value itself: it may be a password, and refusals are logged.
fn found(given: &str) -> &'static str {
    match given.split_once(' ').map_or(given, |(kind, _)| kind) {
        "sequence" => "a list",
        "map" => "an object",
        "null" => "null",
        "boolean" => "true or false",
        "integer" => "a number",
        "floating" => "a number with a fraction",
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
