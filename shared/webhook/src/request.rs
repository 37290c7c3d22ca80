//! What each provider is sent, as it publishes it.

use bytes::Bytes;
use domain::ports::{Address, Message};
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::sign;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("steward/", env!("CARGO_PKG_VERSION")));

/// Telegram takes 4096 characters, WeCom 2048 bytes, DingTalk 20 000 bytes, Slack 40 000 characters, Feishu 20 kB.
const LONGEST: usize = 18_000;
const TELEGRAM_LONGEST: usize = 4000;
const WECOM_LONGEST: usize = 2000;

/// The request that brings a message to its address; `Err` when the URL is none.
pub(crate) fn request(to: &Address, message: &Message) -> Result<Request<Full<Bytes>>, String> {
    let (seconds, text) = (message.at.as_second(), text(message));
    match to {
        Address::Webhook { url, secret } => {
            let body = message.json.to_string();
            let signature = sign::webhook(secret.expose_secret(), seconds, body.as_bytes());
            let mut request = post(parse(url)?, body)?;
            for (name, value) in [
                ("steward-id", message.id.clone()),
                ("steward-timestamp", seconds.to_string()),
                ("steward-signature", format!("sha256={signature}")),
            ] {
                request.headers_mut().insert(name, HeaderValue::from_str(&value).map_err(|e| e.to_string())?);
            }
            Ok(request)
        }
        Address::Slack { url } => json_to(parse(url)?, &json!({"text": escaped(&cut(&text, LONGEST))})),
        Address::Telegram { base, token, chat } => {
            let url = Url::parse(&format!("{base}/bot{}/sendMessage", token.expose_secret())).map_err(no_url)?;
            let text = cut(&text, TELEGRAM_LONGEST);
            json_to(url, &json!({"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": true}}))
        }
        Address::Dingtalk { url, secret } => {
            let mut url = parse(url)?;
            if let Some(secret) = secret {
                let timestamp = message.at.as_millisecond();
                let sign = sign::dingtalk(secret.expose_secret(), timestamp);
                url.query_pairs_mut().append_pair("timestamp", &timestamp.to_string()).append_pair("sign", &sign);
            }
            json_to(url, &json!({"msgtype": "text", "text": {"content": cut(&text, LONGEST)}}))
        }
        Address::Wecom { url } => {
            json_to(parse(url)?, &json!({"msgtype": "text", "text": {"content": cut(&text, WECOM_LONGEST)}}))
        }
        Address::Feishu { url, secret } => {
            let mut body = json!({"msg_type": "text", "content": {"text": cut(&text, LONGEST)}});
            if let Some(secret) = secret {
                body["timestamp"] = Value::from(seconds.to_string());
                body["sign"] = Value::from(sign::feishu(secret.expose_secret(), seconds));
            }
            json_to(parse(url)?, &body)
        }
    }
}

fn text(message: &Message) -> String {
    format!("{}\n\n{}", message.title, message.text)
}

fn parse(url: &SecretString) -> Result<Url, String> {
    Url::parse(url.expose_secret()).map_err(no_url)
}

fn no_url(error: url::ParseError) -> String {
    format!("its address is no URL: {error}")
}

fn json_to(url: Url, body: &Value) -> Result<Request<Full<Bytes>>, String> {
    post(url, body.to_string())
}

fn post(url: Url, body: String) -> Result<Request<Full<Bytes>>, String> {
    Request::builder()
        .method(Method::POST)
        .uri(url.as_str())
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(USER_AGENT, AGENT)
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| "its address is no URL that can be called".to_owned())
}

/// As much of a text as fits into so many bytes, cut between two characters.
fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// What Slack takes for markup, which could address everybody, is written as text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
