//! Whatever a body or a query string holds is read, or refused in a sentence.

use mutate::{cases, ends, mutated};
use proptest::prelude::*;
use serde::Deserialize;

use super::super::object::Object;
use super::refused;

/// What bodies of the API are made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read is not looked at")]
struct Body {
    name: String,
    port: Option<u16>,
    days: Option<i64>,
    active: Option<bool>,
    names: Option<Vec<String>>,
    config: Option<Config>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read is not looked at")]
struct Config {
    reload: Option<String>,
    port: Option<u16>,
}

fn bodies() -> Vec<Vec<u8>> {
    [
        r#"{"name":"www.example.com","port":443,"days":-5,"active":true,"names":["a","b"],"config":{"port":1}}"#,
        r#"{"name":"b\u00fccher \ud83d\ude00","config":{"reload":"x","port":70000},"days":1e3}"#,
        r#"["www.example.com", 443]"#,
        r#"{"name":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"#,
    ]
    .map(|body| body.as_bytes().to_vec())
    .into()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn bodies_of_requests(bytes in mutated(bodies())) {
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let read = ends(|| serde_path_to_error::deserialize::<_, Object<Body>>(&mut json));
        if let Err(error) = read {
            let said = refused("body", &error.path().to_string(), &error.inner().to_string()).to_string();
            prop_assert!(said.chars().count() < 500, "{}", said);
        }
    }

    #[test]
    fn query_strings(bytes in mutated(vec![b"name=www.example.com&port=443&days=-5&active=true&x=%C3%BC".to_vec()])) {
        let pairs = url::form_urlencoded::parse(&bytes);
        let read = ends(|| serde_path_to_error::deserialize::<_, Body>(serde_urlencoded::Deserializer::new(pairs)));
        if let Err(error) = read {
            let said = refused("query", &error.path().to_string(), &error.inner().to_string()).to_string();
            prop_assert!(said.chars().count() < 500, "{}", said);
        }
    }
}
