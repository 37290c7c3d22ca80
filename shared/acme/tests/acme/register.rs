use domain::ports::{Ca, CaError, ExternalAccountBinding};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::pebble::{EAB, client, contact, order_of, start};

fn binding(kid: &str, key: &str) -> ExternalAccountBinding {
    ExternalAccountBinding { kid: kid.to_owned(), hmac_key: key.to_owned().into() }
}

#[tokio::test]
async fn registers_and_hides_the_key() {
    let Some(pebble) = start(json!({}), &[]).await else { return };
    let ca = client();
    let registered = ca.register(&pebble.directory, &contact(), None).await.unwrap();
    assert!(registered.account_url.starts_with("https://localhost:"), "{}", registered.account_url);
    let credentials: serde_json::Value = serde_json::from_str(registered.credentials.expose_secret()).unwrap();
    let key = credentials["key_pkcs8"].as_str().unwrap();
    assert!(!format!("{registered:?} {ca:?} {:?}", pebble.account_of(&registered)).contains(key));

    let broken = format!("{{\"key_pkcs8\":\"{key}\",\"id\":7}}");
    let mut account = pebble.account_of(&registered);
    account.credentials = broken.into();
    let error = ca.new_order(&account, &order_of(&["a.steward.test"])).await.unwrap_err();
    assert!(matches!(&error, CaError::Refused(_)) && !format!("{error:?}").contains(key), "{error:?}");
}

#[tokio::test]
async fn binds_an_external_account() {
    let Some(pebble) = start(json!({ "externalAccountBindingRequired": true }), &[]).await else { return };
    let ca = client();
    for key in [EAB.1.to_owned(), format!(" {}== ", EAB.1), EAB.1.replace('-', "+").replace('_', "/")] {
        ca.register(&pebble.directory, &contact(), Some(&binding(EAB.0, &key))).await.unwrap();
    }
    for (binding, words) in [
        (None, "externalAccountRequired: "),
        (Some(binding("kid-9", EAB.1)), "unauthorized: "),
        (Some(binding(EAB.0, "AAAA")), "unauthorized: "),
        (Some(binding(EAB.0, "no key!")), "must be base64url"),
        (Some(binding(EAB.0, "")), "must be base64url"),
    ] {
        let error = ca.register(&pebble.directory, &contact(), binding.as_ref()).await.unwrap_err();
        assert!(matches!(&error, CaError::Refused(reason) if reason.contains(words)), "{words}: {error:?}");
    }
}
