//! Opening a data directory: one process at a time, in plain words.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;

use embedded::OpenError;
use rusqlite::Connection;
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

/// A restore that brought back the key alone must not look like a first start.
#[test]
fn a_key_without_its_database_is_refused() {
    for leave in ["nothing", "an empty file", "a database without tables"] {
        let (_parent, data) = directory();
        drop(open(&data));
        for name in ["steward.db", "steward.db-wal", "steward.db-shm"] {
            let _ = fs::remove_file(data.join(name));
        }
        let file = data.join("steward.db");
        match leave {
            "nothing" => {}
            "an empty file" => fs::write(&file, "").unwrap(),
            _ => Connection::open(&file).unwrap().execute_batch("CREATE TABLE t (a); DROP TABLE t;").unwrap(),
        }
        let before = fs::read(&file).ok();
        let error = try_open(&data).unwrap_err();
        assert!(matches!(error, OpenError::Lost { .. }), "{leave}: {error}");
        let error = error.to_string();
        assert!(error.contains("steward.db") && error.contains("backup") && error.contains("vault.key"), "{error}");
        assert_eq!(fs::read(&file).ok(), before, "{leave}: nothing was written");
    }
}

#[test]
fn an_empty_database_without_a_key_is_a_first_start() {
    let (_parent, data) = directory();
    fs::create_dir(&data).unwrap();
    fs::write(data.join("steward.db"), "").unwrap();
    drop(open(&data));
    drop(open(&data));
}

#[test]
fn the_database_of_another_program_is_left_alone() {
    let (_parent, data) = directory();
    fs::create_dir(&data).unwrap();
    let file = data.join("steward.db");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE notes (body TEXT)").unwrap();
    let before = fs::read(&file).unwrap();
    let error = try_open(&data).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(!data.join("vault.key").exists());
}

/// Killed before the first key was made, the first start goes on.
#[test]
fn tables_without_a_key_and_secrets_are_a_first_start() {
    let (_parent, data) = directory();
    drop(open(&data));
    fs::remove_file(data.join("vault.key")).unwrap();
    drop(open(&data));
}
