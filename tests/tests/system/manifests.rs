//! What holds for every crate of the workspace, its tests and benches included.

use std::fs;
use std::path::{Path, PathBuf};

/// Lints of a manifest apply to all of its targets: library, programs, tests and benches.
#[test]
fn no_crate_may_use_unsafe_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |path: &Path| -> toml::Table { fs::read_to_string(path).unwrap().parse().unwrap() };
    let workspace = read(&root.join("Cargo.toml"));
    let forbidden = |lints: &toml::Value| lints["rust"]["unsafe_code"].as_str() == Some("forbid");
    assert!(forbidden(&workspace["workspace"]["lints"]));

    let mut manifests: Vec<PathBuf> = vec![root.join("tests/Cargo.toml"), root.join("benches/Cargo.toml")];
    for directory in ["shared", "functions"] {
        let crates = fs::read_dir(root.join(directory)).unwrap().map(|entry| entry.unwrap().path().join("Cargo.toml"));
        manifests.extend(crates.filter(|manifest| manifest.exists()));
    }
    assert!(manifests.len() > 25, "{manifests:?}");
    for path in manifests {
        let manifest = read(&path);
        let lints = manifest.get("lints").unwrap_or_else(|| panic!("{} has no [lints]", path.display()));
        let inherits = lints.get("workspace").and_then(toml::Value::as_bool) == Some(true);
        assert!(inherits || forbidden(lints), "{} does not forbid unsafe code", path.display());
    }
}
