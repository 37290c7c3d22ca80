//! Opening a data directory: one process at a time, in plain words.

mod support;

use std::fs;

use embedded::OpenError;
use support::{directory, open, try_open};

#[test]
fn a_second_open_is_refused_until_the_last_adapter_is_gone() {
    let (_parent, data) = directory();
    let first = open(&data);
    let error = try_open(&data).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains("in use by another Steward; stop that one"), "{error}");
    let vault = first.vault();
    drop(first);
    assert!(matches!(try_open(&data), Err(OpenError::InUse { .. })));
    drop(vault);
    drop(open(&data));
}

#[test]
fn a_file_in_the_way_is_named() {
    let (parent, _) = directory();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let error = try_open(&file).unwrap_err().to_string();
    assert!(error.contains(&file.display().to_string()) && error.contains("choose a directory"), "{error}");
}

#[test]
fn a_database_that_is_none_is_left_alone() {
    let (_parent, data) = directory();
    fs::create_dir(&data).unwrap();
    let file = data.join("steward.db");
    let text = "this is not a database, ".repeat(100);
    fs::write(&file, &text).unwrap();
    let error = try_open(&data).unwrap_err().to_string();
    assert!(error.contains("steward.db") && error.contains("backup"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}
