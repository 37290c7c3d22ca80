//! Whatever a channel's server answers becomes a short sentence.

use domain::ports::Address;
use http::{HeaderMap, HeaderValue, StatusCode};
use mutate::{cases, ends, mutated};
use proptest::prelude::*;

use crate::answer;

fn bodies() -> Vec<Vec<u8>> {
    [
        r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":30}}"#,
        r#"{"errcode":310000,"errmsg":"sign not match"}"#,
        r#"{"code":19021,"msg":"sign match fail","data":{}}"#,
        r#"{"StatusCode":0,"StatusMessage":"success"}"#,
        "invalid_payload",
        "",
    ]
    .map(|body| body.as_bytes().to_vec())
    .into()
}

fn addresses() -> Vec<Address> {
    let url = || "https://hooks.example.com/x".to_owned().into();
    vec![
        Address::Slack { url: url() },
        Address::Telegram { base: "https://api.telegram.org".into(), token: "1:a".to_owned().into(), chat: "5".into() },
        Address::Dingtalk { url: url(), secret: None },
        Address::Wecom { url: url() },
        Address::Feishu { url: url(), secret: None },
    ]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_an_answer_says(body in mutated(bodies()), status in 200..600u16, to in 0..5usize,
        wait in mutated(vec![b"120".to_vec(), b"Wed, 21 Oct 2026 07:28:00 GMT".to_vec()])) {
        let mut headers = HeaderMap::new();
        if let Ok(wait) = HeaderValue::from_bytes(&wait) {
            headers.insert(http::header::RETRY_AFTER, wait);
        }
        let status = StatusCode::from_u16(status).unwrap();
        let to = &addresses()[to];
        let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000);
        if let Err(error) = ends(|| answer::check(to, "hooks.example.com", status, &headers, &body, now)) {
            prop_assert!(error.reason.chars().count() < 400 && !error.reason.contains('\n'), "{}", error.reason);
        }
    }
}
