use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;

/// An instruction count may grow by so many percent over the recorded one.
pub const TOLERANCE: u64 = 5;

/// What one function needs.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// Instructions from its start to its first answer.
    pub cold: u64,
    /// Instructions per further event.
    pub warm: u64,
    /// Its memory after fifty events, in KiB.
    pub resident_kib: u64,
    /// Its program zipped, in bytes.
    pub zip: u64,
}

/// The recorded numbers, by function.
pub type Record = BTreeMap<String, Numbers>;

/// Where they are.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lambda.tsv")
}

/// Reads them; none when nothing was recorded yet.
pub fn read() -> Result<Record> {
    let path = path();
    if !path.exists() {
        return Ok(Record::new());
    }
    let text = fs::read_to_string(&path)?;
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("function\t"))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [function, cold, warm, resident_kib, zip] = fields[..] else {
                return Err(format!("{}: '{line}' is not five fields", path.display()).into());
            };
            let numbers = Numbers {
                cold: cold.parse()?,
                warm: warm.parse()?,
                resident_kib: resident_kib.parse()?,
                zip: zip.parse()?,
            };
            Ok((function.to_owned(), numbers))
        })
        .collect()
}

/// What they were counted by; another valgrind or compiler counts a little differently.
pub fn counted_by() -> Result<String> {
    let text = if path().exists() { fs::read_to_string(path())? } else { String::new() };
    Ok(text.lines().next().unwrap_or("# Nothing.").trim_start_matches("# ").to_owned())
}

/// Writes them, with what they were counted by.
pub fn write(record: &Record, counted_by: &str) -> Result<()> {
    let mut text = format!("# Written by `lambda --record`. Counted by {counted_by}.\n");
    text.push_str("function\tcold instructions\twarm instructions\tresident KiB\tzip bytes\n");
    for (function, Numbers { cold, warm, resident_kib, zip }) in record {
        text.push_str(&format!("{function}\t{cold}\t{warm}\t{resident_kib}\t{zip}\n"));
    }
    Ok(fs::write(path(), text)?)
}

/// What has grown beyond the tolerance.
pub fn grown(function: &str, was: Option<&Numbers>, is: &Numbers) -> Vec<String> {
    let Some(was) = was else { return vec![format!("{function}: nothing is recorded")] };
    [("cold", was.cold, is.cold), ("warm", was.warm, is.warm)]
        .into_iter()
        .filter(|(_, was, is)| is * 100 > was * (100 + TOLERANCE))
        .map(|(what, was, is)| format!("{function}: {what} {was} → {is} instructions"))
        .collect()
}
