//! The list of providers is that of the crate, and each can be made a client of.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use domain::dns_credentials::{PROVIDERS, provider};
use domain::ports::{DnsAccess, DnsWriteError, DnsWriter};
use domain::targets::TargetPolicy;
use zones::Zones;

fn access(name: &str, value: impl Fn(&str, &str) -> String) -> DnsAccess {
    let fields = provider(name).into_iter().flat_map(|of| of.fields).filter(|field| field.required);
    let fields = fields.map(|field| (field.name.to_owned(), value(field.name, field.example).into()));
    DnsAccess { provider: name.to_owned(), fields: fields.collect::<BTreeMap<_, _>>() }
}

/// Those whose secret has a form of its own.
fn example(field: &str, example: &str) -> String {
    match field {
        "key" | "iam_token_b64" => "c2VjcmV0c2VjcmV0".to_owned(),
        "service_account_json" => "{}".to_owned(),
        "credentials" => "example.com=token".to_owned(),
        _ => example.to_owned(),
    }
}

#[test]
fn every_provider_of_the_list_is_known() {
    let writer = Zones::new(TargetPolicy::default());
    for of in PROVIDERS {
        match writer.check(&access(of.name, example)) {
            Ok(()) => {}
            // No example is a key in PEM; and Joker has two ways.
            Err(DnsWriteError::Refused(why)) => {
                let keyed = ["transip", "oraclecloud", "yandexcloud", "google_cloud_dns", "joker", "cloudns", "ovh"];
                assert!(keyed.contains(&of.name), "{}: {why}", of.name);
                assert!(!why.contains("Steward knows no"), "{why}");
            }
            Err(error) => panic!("{}: {error}", of.name),
        }
    }
    let mut names: Vec<_> = PROVIDERS.iter().map(|of| of.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), PROVIDERS.len());
}

/// The crate has no list: what it has is a function for each.
#[test]
fn no_provider_of_the_crate_is_left_out() {
    // Of the crates for other platforms, none is there that nothing was built for.
    let platform = format!("--filter-platform={}", host().expect("rustc says its platform"));
    let arguments = ["metadata", "--format-version=1", "--locked", &platform];
    let cargo = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "dns-update").unwrap();
    let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
    let source = fs::read_to_string(manifest.with_file_name("src").join("update.rs")).unwrap();
    let made = source.split("pub fn new_").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap());
    let mut made: Vec<_> = made.filter(|name| !matches!(*name, "pebble" | "in_memory")).collect();
    made.iter_mut().for_each(|name| *name = name.strip_suffix("_tsig").unwrap_or(name));
    made.sort_unstable();
    let mut known: Vec<_> = PROVIDERS.iter().map(|of| of.name).collect();
    known.sort_unstable();
    assert_eq!(made, known);
}

/// The platform that this was built for, as rustc calls it.
fn host() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = String::from_utf8(Command::new(rustc).arg("-vV").output().ok()?.stdout).ok()?;
    version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}
