//! What a channel is sent: one notice, or a digest of many.
//!
//! Programs get it as JSON: `{"id", "sent_at", "title", "text", "alerts": [{"id", "event", "level", "kind",
//! "subject_type", "subject_id", "name", "text", "since", "url"}]}`. `id` is the same whenever the message is sent again.
//! `event` is `began`, `raised`, `recovered` or `happened`; a trial has no alerts.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::channels::Channel;
use super::{Level, Notice};
use crate::Context;
use crate::ports::{EntropyExt, Message};

/// The most alerts a digest lists; chats cut off longer messages.
const LISTED: usize = 30;

/// The message that tells of these notices.
pub(super) fn compose(ctx: &Context, id: String, notices: &[Notice]) -> Message {
    let at = ctx.clock.now();
    let public_url = &ctx.settings.public_url;
    let (title, text) = match notices {
        [notice] => (notice.title(), notice.body(public_url)),
        _ => digest(notices, public_url),
    };
    let alerts = notices.iter().map(|notice| for_programs(notice, public_url)).collect();
    message(id, at, title, text, alerts)
}

/// A message that only says that a channel works.
pub(super) fn trial(ctx: &Context, channel: &Channel) -> Message {
    let title = format!("[test] {}: this channel works", channel.name);
    let text = format!(
        "Steward sends alerts of level {} and above here. Nothing is wrong, and there is nothing to do.\n\nMore: \
         {}/api/channels/{}",
        channel.min_level.as_str(),
        ctx.settings.public_url,
        channel.id
    );
    message(ctx.entropy.hex::<8>(), ctx.clock.now(), title, text, Vec::new())
}

fn message(id: String, at: Timestamp, title: String, text: String, alerts: Vec<Value>) -> Message {
    let json = json!({"id": id, "sent_at": whole_seconds(at), "title": title, "text": text, "alerts": alerts});
    Message { id, at, title, text, json }
}

/// A time as the API writes it.
fn whole_seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}

fn digest(notices: &[Notice], public_url: &str) -> (String, String) {
    let worst = notices.iter().map(|notice| notice.level).max().unwrap_or(Level::Info);
    let title = format!("[{}] {} alerts at once", worst.as_str(), notices.len());
    let mut lines: Vec<String> = notices.iter().take(LISTED).map(Notice::title).collect();
    if notices.len() > LISTED {
        lines.push(format!("and {} more", notices.len() - LISTED));
    }
    (title, format!("{}\n\nMore: {public_url}/api/alerts", lines.join("\n")))
}

fn for_programs(notice: &Notice, public_url: &str) -> Value {
    json!({
        "id": notice.alert,
        "event": notice.event,
        "level": notice.level,
        "kind": notice.kind,
        "subject_type": notice.subject.word(),
        "subject_id": notice.subject.id(),
        "name": notice.name,
        "text": notice.text,
        "since": whole_seconds(notice.since),
        "url": format!("{public_url}{}", notice.subject.path()),
    })
}
