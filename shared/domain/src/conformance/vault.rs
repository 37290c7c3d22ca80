//! What every [`Vault`] must do.

use secrecy::{ExposeSecret, SecretString};

use crate::ports::{EntropyExt, SecretName, Vault};

/// The whole suite, one after another. `entropy` makes the names.
pub async fn all(vault: &dyn Vault, entropy: &dyn crate::ports::Entropy) {
    let place = || format!("conformance/{}", entropy.hex::<8>());
    absent(vault, &place()).await;
    versions(vault, &place()).await;
    create_once(vault, &place()).await;
    any_text(vault, &place()).await;
    delete_is_idempotent(vault, &place()).await;
    list_by_prefix(vault, &place()).await;
    says_nothing(vault, &place()).await;
}

/// What was never put has no versions.
pub async fn absent(vault: &dyn Vault, place: &str) {
    let name = name(place, "none");
    assert_eq!(read(vault, &name).await, [None, None]);
}

/// A put makes the current version the previous one; older ones are gone.
pub async fn versions(vault: &dyn Vault, place: &str) {
    let name = name(place, "key");
    let other = SecretName(format!("{name}/other"));
    put(vault, &name, "one").await;
    put(vault, &other, "of another name").await;
    assert_eq!(read(vault, &name).await, [Some("one".into()), None]);
    put(vault, &name, "two").await;
    assert_eq!(read(vault, &name).await, [Some("two".into()), Some("one".into())]);
    put(vault, &name, "three").await;
    assert_eq!(read(vault, &name).await, [Some("three".into()), Some("two".into())]);
    put(vault, &name, "three").await;
    assert_eq!(vault.get(&name).await.unwrap().unwrap().expose_secret(), "three");
    assert_eq!(read(vault, &other).await, [Some("of another name".into()), None]);
}

/// Creating never replaces; after a delete it can be done again.
pub async fn create_once(vault: &dyn Vault, place: &str) {
    let name = name(place, "once");
    let create = async |text: &str| vault.create(&name, &SecretString::from(text)).await.unwrap();
    assert!(create("one").await);
    assert!(!create("two").await);
    assert_eq!(read(vault, &name).await, [Some("one".into()), None]);
    put(vault, &name, "three").await;
    assert!(!create("four").await);
    assert_eq!(read(vault, &name).await, [Some("three".into()), Some("one".into())]);
    vault.delete(&name).await.unwrap();
    assert!(create("five").await);
    assert_eq!(read(vault, &name).await, [Some("five".into()), None]);
}

/// A secret may be any text that is not empty, and as long as a key or a token ever is.
pub async fn any_text(vault: &dyn Vault, place: &str) {
    let name = name(place, "text");
    for text in ["x", "-----BEGIN PRIVATE KEY-----\nMC4C\n", "grüße 👋 \"\\\n", &"long ".repeat(10_000)] {
        put(vault, &name, text).await;
        assert_eq!(vault.get(&name).await.unwrap().unwrap().expose_secret(), text);
    }
}

/// Deleting removes both versions, and succeeds again and where nothing was; the name can be used anew.
pub async fn delete_is_idempotent(vault: &dyn Vault, place: &str) {
    let name = name(place, "gone");
    vault.delete(&name).await.unwrap();
    put(vault, &name, "one").await;
    put(vault, &name, "two").await;
    vault.delete(&name).await.unwrap();
    vault.delete(&name).await.unwrap();
    assert_eq!(read(vault, &name).await, [None, None]);
    put(vault, &name, "three").await;
    assert_eq!(read(vault, &name).await, [Some("three".into()), None]);
}

/// The names that start with a prefix, in order, and no others.
pub async fn list_by_prefix(vault: &dyn Vault, place: &str) {
    let names = ["a/10", "a/2", "a/2/key", "ab", "b"].map(|end| name(place, end));
    for name in names.iter().rev() {
        put(vault, name, "x").await;
    }
    let listed = async |prefix: &str| vault.list(&format!("{place}/{prefix}")).await.unwrap();
    assert_eq!(listed("").await, names);
    assert_eq!(listed("a").await, names[..4]);
    assert_eq!(listed("a/").await, names[..3]);
    assert_eq!(listed("a/2").await, names[1..3]);
    assert_eq!(listed("c").await, []);
    vault.delete(&names[1]).await.unwrap();
    assert_eq!(listed("a/").await, [names[0].clone(), names[2].clone()]);
    assert!(vault.list("").await.unwrap().len() >= 4);
}

/// A secret is in no debug output.
pub async fn says_nothing(vault: &dyn Vault, place: &str) {
    let name = name(place, "quiet");
    put(vault, &name, "open-sesame").await;
    let secret = vault.get(&name).await.unwrap();
    assert!(!format!("{vault:?} {secret:?}").contains("sesame"));
}

async fn put(vault: &dyn Vault, name: &SecretName, text: &str) {
    vault.put(name, &SecretString::from(text)).await.unwrap();
}

/// The current and the previous version.
async fn read(vault: &dyn Vault, name: &SecretName) -> [Option<String>; 2] {
    [vault.get(name).await.unwrap(), vault.previous(name).await.unwrap()]
        .map(|secret| secret.map(|secret| secret.expose_secret().to_owned()))
}

fn name(place: &str, end: &str) -> SecretName {
    SecretName(format!("{place}/{end}"))
}
