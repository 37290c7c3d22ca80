use std::sync::Arc;

use domain::conformance::vault;
use domain::ports::{SecretName, Vault};
use secrecy::{ExposeSecret, SecretString};
use system::SystemEntropy;
use system_tests::aws::{Calls, Emulator};

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_passes() {
    let Some(emulator) = Emulator::start().await else { return };
    vault::all(emulator.aws().vault().as_ref(), &SystemEntropy).await;
}

/// The key is fetched when it is first needed, once; another process reads what this one wrote.
#[tokio::test]
async fn the_key_is_fetched_once() {
    let Some(emulator) = Emulator::start().await else { return };
    let calls = Arc::new(Calls::default());
    let vault = emulator.aws().observed(Arc::clone(&calls) as _).vault();
    let name = SecretName("certificates/1/key".into());
    assert!(vault.get(&name).await.unwrap().is_none());
    assert_eq!(calls.take(), ["dynamodb GetItem"]);
    vault.put(&name, &SecretString::from("open-sesame")).await.unwrap();
    assert_eq!(calls.take(), ["secretsmanager GetSecretValue", "dynamodb GetItem", "dynamodb PutItem"]);
    vault.get(&name).await.unwrap();
    assert_eq!(calls.take(), ["dynamodb GetItem"]);
    assert_eq!(vault.list("certificates/").await.unwrap(), std::slice::from_ref(&name));
    assert_eq!(calls.take(), ["dynamodb Query"], "a family is read without reading the others");

    let again = emulator.aws().vault();
    assert_eq!(again.get(&name).await.unwrap().unwrap().expose_secret(), "open-sesame");
}

/// The rows do not hold the plain text, and each is in the partition of its family, which a role can be held to.
#[tokio::test]
async fn rows_are_sealed_and_in_their_family() {
    let Some(emulator) = Emulator::start().await else { return };
    let name = SecretName("acme-accounts/7".into());
    emulator.aws().vault().put(&name, &SecretString::from("open-sesame")).await.unwrap();
    let table = format!("{}-vault_secrets", emulator.settings().stack);
    let rows = emulator.dynamodb().scan().table_name(table).send().await.unwrap().items.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["family"].as_s().unwrap(), "acme-accounts");
    assert_eq!(rows[0]["name"].as_s().unwrap(), "acme-accounts/7");
    assert!(!format!("{rows:?}").contains("sesame"));
}

/// A secret that is missing or too short is said with what to do, and is fetched again when it is there.
#[tokio::test]
async fn a_key_that_is_missing_or_short_is_refused() {
    let Some(emulator) = Emulator::start().await else { return };
    let mut settings = emulator.settings();
    settings.stack = format!("{}-b", settings.stack);
    let name = format!("{}/vault-key", settings.stack);
    let vault = aws::Aws::new(settings, Arc::new(SystemEntropy)).unwrap().vault();
    let put = async || vault.put(&SecretName("a".into()), &SecretString::from("open-sesame")).await;
    let error = put().await.unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains("deploy the stack"), "{error}");
    let short = emulator.secrets_manager().create_secret().name(&name).secret_string("too short");
    short.send().await.unwrap();
    let error = put().await.unwrap_err().to_string();
    assert!(error.contains("32 characters") && !error.contains("too short"), "{error}");
}
