//! Whether a provider took a message, in its own words: most answer 200 to what they refuse.

use std::time::{Duration, SystemTime};

use dial::{LONGEST_WAIT, retry_after};
use domain::ports::{Address, MessengerError};
use http::StatusCode;
use http::header::HeaderMap;
use serde_json::Value;

/// The most that is shown of what somebody answered.
const SHOWN: usize = 200;

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
        Address::Webhook { .. } | Address::Slack { .. } => (true, text(body)),
        Address::Telegram { .. } => (json["ok"] == true, said(&json, "error_code", "description")),
        Address::Dingtalk { .. } | Address::Wecom { .. } => (json["errcode"] == 0, said(&json, "errcode", "errmsg")),
        Address::Feishu { .. } => {
            (json["code"] == 0 || json["StatusCode"] == 0 && json["code"].is_null(), said(&json, "code", "msg"))
        }
    };
    let said = if said.is_empty() { text(body) } else { said };
    match (status.is_success(), done) {
        (true, true) => Ok(()),
        (true, false) => refused(format!("{host} did not take the message: {said}")),
        (false, _) if said.is_empty() => refused(format!("{host} answered {status}")),
        (false, _) => refused(format!("{host} answered {status}: {said}")),
    }
}

fn said(json: &Value, code: &str, words: &str) -> String {
    match (&json[code], json[words].as_str()) {
        (Value::Null, None) => String::new(),
        (code, words) => shortened(&format!("{} ({code})", words.unwrap_or_default())),
    }
}

fn text(body: &[u8]) -> String {
    shortened(&String::from_utf8_lossy(body))
}

fn shortened(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect::<String>().trim().to_owned()
}
