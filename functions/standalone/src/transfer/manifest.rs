use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::TransferError;

/// The layout of the directory; an import refuses a newer one.
pub(super) const FORMAT: u32 = 1;

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of the directory.
    pub format: u32,
    /// The version of the Steward that wrote it.
    pub steward: String,
    /// Each file of JSON lines, without its ending.
    pub files: BTreeMap<String, Content>,
}

/// What one file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// How many lines.
    pub count: u64,
    /// The SHA-256 of the lines in order, hex: the same rows give the same sum, wherever they were.
    pub sha256: String,
}

impl Manifest {
    pub(super) fn read(directory: &Path) -> Result<Self, TransferError> {
        let path = directory.join("manifest.json");
        let text = fs::read(&path).map_err(|reason| TransferError::File { path: path.clone(), reason })?;
        serde_json::from_slice(&text).map_err(|error| TransferError::Content {
            path,
            reason: format!("this is not the manifest of an export: {error}"),
        })
    }

    /// Written last: an export that was cut off has none, and is refused.
    pub(super) fn write(&self, directory: &Path) -> Result<(), TransferError> {
        let path = directory.join("manifest.json");
        let failed = |reason| TransferError::File { path: path.clone(), reason };
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        let mut file = create(&path).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }
}

/// Sorts the lines, which stores give in no order, and writes them.
pub(super) fn write_lines(directory: &Path, name: &str, mut lines: Vec<String>) -> Result<Content, TransferError> {
    let path = path_of(directory, name);
    let failed = |reason| TransferError::File { path: path.clone(), reason };
    lines.sort_unstable();
    let mut file = BufWriter::new(create(&path).map_err(failed)?);
    let mut sum = Sha256::new();
    for line in &lines {
        sum.update(line);
        sum.update("\n");
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    Ok(Content { count: lines.len() as u64, sha256: hex::encode(sum.finalize()) })
}

/// Reads the lines, and refuses them when they are not those that were written.
pub(super) fn read_lines(directory: &Path, name: &str, content: &Content) -> Result<Vec<String>, TransferError> {
    let path = path_of(directory, name);
    let file = File::open(&path).map_err(|reason| TransferError::File { path: path.clone(), reason })?;
    let lines: Vec<String> = BufReader::new(file)
        .lines()
        .collect::<io::Result<_>>()
        .map_err(|reason| TransferError::File { path: path.clone(), reason })?;
    let mut sum = Sha256::new();
    for line in &lines {
        sum.update(line);
        sum.update("\n");
    }
    let (count, sha256) = (lines.len() as u64, hex::encode(sum.finalize()));
    if (count, &sha256) != (content.count, &content.sha256) {
        let reason = format!(
            "it holds {count} lines with the sum {sha256}, and the manifest says {} with {}: it was changed or cut off \
             since the export; export again",
            content.count, content.sha256
        );
        return Err(TransferError::Content { path, reason });
    }
    Ok(lines)
}

fn path_of(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.jsonl"))
}

fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}
