//! `steward audit`: the trail, written out and proven whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::Path;

use domain::Error;
use domain::audit::{Check, Head, Line, Proof, read, verify as verify_trail};
use domain::ports::Store;

use crate::run::StartError;

/// Writes the trail to standard output, and last the head of its chain. The head is read first: entries that are
/// appended meanwhile are left out.
pub(crate) async fn export(store: &dyn Store) -> Result<(), StartError> {
    let head = Head::now(store).await?;
    let end = head.as_ref().map_or(0, |head| head.seq);
    let mut out = stdout().lock();
    let mut after = None;
    loop {
        let (entries, next) = read(store, after).await?;
        for entry in entries.into_iter().filter(|entry| entry.seq.is_none_or(|seq| seq <= end)) {
            write_line(&mut out, &Line::Entry(Box::new(entry)))?;
        }
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if let Some(head) = head {
        write_line(&mut out, &Line::Head { head })?;
    }
    Ok(out.flush()?)
}

fn write_line(out: &mut impl Write, line: &Line) -> Result<(), StartError> {
    let line = serde_json::to_string(line).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(writeln!(out, "{line}")?)
}

/// Proves the trail itself whole.
pub(crate) async fn verify(store: &dyn Store) -> Result<(), StartError> {
    let verdict = verify_trail(store).await?;
    tell(&verdict.map_err(|broken| StartError::Audit(broken.to_string()))?);
    Ok(())
}

/// Proves an exported trail whole.
pub(crate) fn verify_file(path: &Path) -> Result<(), StartError> {
    let unreadable = |reason| StartError::File { path: path.to_owned(), reason };
    let open = File::open(path).map_err(unreadable)?;
    let mut check = Check::default();
    let mut head = None;
    for (number, line) in (1..).zip(BufReader::new(open).lines()) {
        let broken = |reason: String| StartError::Audit(format!("line {number}: {reason}"));
        if head.is_some() {
            return Err(broken("there is something after the head of the chain".into()));
        }
        match serde_json::from_str(&line.map_err(unreadable)?)
            .map_err(|error| broken(format!("is no entry: {error}")))?
        {
            Line::Entry(entry) => check.next(&entry)?.map_err(|reason| broken(reason.to_string()))?,
            Line::Head { head: last } => head = Some(last),
        }
    }
    tell(&check.ends_with(head).map_err(|broken| StartError::Audit(broken.to_string()))?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what the command was run for")]
fn tell(proof: &Proof) {
    println!("The audit trail is whole: {} entries in the chain.", proof.entries);
    if proof.before > 0 {
        println!("{} entries are of before the chain; nothing is proven of them.", proof.before);
    }
    for (what, hash) in [("first", &proof.first), ("last", &proof.last)] {
        if let Some(hash) = hash {
            println!("{what:<5} {hash}");
        }
    }
}
