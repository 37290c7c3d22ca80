//! What stands where the database belongs, looked at before anything is written there.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// What a file of that name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: no file, or one without any table.
    Nothing,
    /// A database of Steward.
    Ours,
    /// Somebody else's database.
    Foreign,
}

/// Looks at the file without changing it; the reason when it cannot be read as a database.
pub(crate) fn found(path: &Path) -> Result<Found, String> {
    match fs::metadata(path) {
        Ok(file) if file.len() == 0 => return Ok(Found::Nothing),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error.to_string()),
    }
    look(path).map_err(|error| error.to_string())
}

fn look(path: &Path) -> rusqlite::Result<Found> {
    // What the last process committed may still be in the log beside it, which only a writer can open.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    if count("SELECT count(*) FROM sqlite_master")? == 0 {
        return Ok(Found::Nothing);
    }
    // The engine's list of its tables.
    if count("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_tables'")? == 0 {
        return Ok(Found::Foreign);
    }
    Ok(if count("SELECT count(*) FROM _tables")? == 0 { Found::Nothing } else { Found::Ours })
}
