//! Whatever a CA or a person hands over as a chain or a key is read, or refused in words.

use domain::names::DomainName;
use mutate::{cases, ends, mutated};
use proptest::prelude::*;
use rcgen::{CertificateParams, DnType, KeyPair};
use secrecy::SecretString;

use crate::export::{Format, export};
use crate::{chain, keys};

fn pair() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["www.example.com".to_owned(), "*.example.com".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::OrganizationName, "Example Ltd");
    let certificate = params.self_signed(&key).unwrap().pem();
    (format!("{certificate}{certificate}"), key.serialize_pem())
}

fn texts(samples: Vec<String>) -> impl Strategy<Value = String> {
    let samples = samples.into_iter().map(String::into_bytes).collect();
    mutated(samples).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// PEM around certificates that were changed before they were encoded.
fn encoded() -> impl Strategy<Value = String> {
    let ders = chain::certificates(&pair().0).unwrap();
    proptest::collection::vec(mutated(ders), 1..20).prop_map(|ders| chain::to_pem(&ders))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn chains_as_text(text in texts(vec![pair().0])) {
        reads(&text)?;
    }

    #[test]
    fn chains_as_bytes(text in encoded()) {
        reads(&text)?;
    }

    #[test]
    fn private_keys(text in texts(vec![pair().1])) {
        let text = SecretString::from(text);
        if let Err(error) = ends(|| keys::read(&text)) {
            prop_assert_eq!(error.to_string(), "key: must be a PEM private key that is not encrypted");
        }
    }
}

fn reads(text: &str) -> Result<(), TestCaseError> {
    let told = ends(|| chain::facts(text));
    let names = ends(|| chain::names(text));
    match told {
        Ok(issued) => {
            prop_assert!(issued.issuer_name.len() <= 512 && issued.serial.len() <= 512);
            prop_assert!(issued.chain.len() <= 2 * text.len());
        }
        Err(error) => {
            let words = error.to_string();
            prop_assert!(words.starts_with("chain: must be ") || words.starts_with("chain: has a "), "{}", words);
        }
    }
    if let Ok(names) = names {
        prop_assert!(names.iter().map(String::len).sum::<usize>() <= text.len());
    }
    Ok(())
}

proptest! {
    // Deriving the keys of a PKCS#12 file takes its time.
    #![proptest_config(ProptestConfig { cases: 8, ..cases() })]

    #[test]
    fn any_password_makes_a_file_or_is_refused(password in any::<String>()) {
        let (certificates, key) = pair();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let name = DomainName::parse("name", "www.example.com").unwrap();
        let (key, password) = (SecretString::from(key), SecretString::from(password));
        let made = runtime.block_on(export(Format::Pfx, &name, &certificates, Some(&key), Some(&password)));
        if let Err(error) = made {
            prop_assert!(error.to_string().starts_with("password: must "), "{}", error);
        }
    }
}
