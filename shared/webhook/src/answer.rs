//! Whether a provider took a message, in its own words: most answer 200 to what they refuse. Whoever made the channel
//! may have named any server, so that of its answer no more is shown than the form that the provider documents.

use std::time::{Duration, SystemTime};

use dial::{LONGEST_WAIT, retry_after};
use domain::ports::{Address, MessengerError};
use http::StatusCode;
use http::header::HeaderMap;
use serde_json::Value;

/// The most that is shown of a provider's reason, in characters.
const SHOWN: usize = 100;
/// The longest of Slack's words, such as `channel_is_archived`.
const WORD: usize = 40;

/// Checks an answer, which came `now`, by the provider's own success field.
pub(crate) fn check(
    to: &Address,
    host: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: SystemTime,
) -> Result<(), MessengerError> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let refused = |reason: String| {
        // Telegram says it in the body.
        let said = || json["parameters"]["retry_after"].as_u64().map(Duration::from_secs);
        let asked = retry_after(headers, now).or_else(said).map(|wait| wait.min(LONGEST_WAIT));
        Err(MessengerError { reason, retry_after: asked })
    };
    if status.is_redirection() {
        return refused(format!("{host} answered {status}: redirects are not followed; give the URL it leads to"));
    }
    let (done, said) = match to {
        // Slack says no by the status, and why in the body.
        Address::Slack { .. } => (true, word(body)),
        // Anybody's server: its status is all that there is to know.
        Address::Webhook { .. } => (true, String::new()),
        Address::Telegram { .. } => (json["ok"] == true, said(&json, "error_code", "description")),
        Address::Dingtalk { .. } | Address::Wecom { .. } => (json["errcode"] == 0, said(&json, "errcode", "errmsg")),
        Address::Feishu { .. } => {
            (json["code"] == 0 || json["StatusCode"] == 0 && json["code"].is_null(), said(&json, "code", "msg"))
        }
    };
    match (status.is_success(), done) {
        (true, true) => Ok(()),
        (true, false) if said.is_empty() => refused(format!("{host} did not take the message, and gave no reason")),
        (true, false) => refused(format!("{host} did not take the message: {said}")),
        (false, _) if said.is_empty() => refused(format!("{host} answered {status}")),
        (false, _) => refused(format!("{host} answered {status}: {said}")),
    }
}

/// The reason in an answer that has a number for it too.
fn said(json: &Value, code: &str, words: &str) -> String {
    let Some(code) = json[code].as_i64() else { return String::new() };
    let words = json[words].as_str().unwrap_or_default();
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    format!("{} ({code})", words.trim())
}

/// A body that is one word of small letters.
fn word(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    let is_word = text.len() <= WORD && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_word { text.to_owned() } else { String::new() }
}
