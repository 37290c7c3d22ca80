//! `steward audit`: the trail, written out and proven whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::Path;

use domain::audit::{Broken, Check, Cut, Head, Line, Proof, read, record_system, trim, verify as verify_trail};
use domain::ports::Store;
use domain::{Context, Error};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::run::StartError;

/// Writes the trail to standard output, and last the head of its chain. The head is read first: entries that are
/// appended meanwhile are left out.
pub(crate) async fn export(store: &dyn Store) -> Result<(), StartError> {
    let (cut, head) = (Cut::now(store).await?, Head::now(store).await?);
    let end = head.as_ref().map_or(0, |head| head.seq);
    let mut out = stdout().lock();
    if let Some(cut) = cut {
        write_line(&mut out, &Line::Cut { cut })?;
    }
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

/// Removes the entries from before a day.
#[expect(clippy::print_stdout, reason = "it is what the command was run for")]
pub(crate) async fn purge(ctx: &Context, before: Date) -> Result<(), StartError> {
    let day = before.to_zoned(TimeZone::UTC).map_err(|error| Error::invalid("before", error.to_string()))?;
    let mut removed = 0;
    loop {
        let trimmed = trim(ctx, day.timestamp()).await?;
        removed += trimmed.removed;
        if !trimmed.more {
            break;
        }
    }
    if removed > 0 {
        let target = format!("entries from before {before}");
        record_system(ctx, "audit.purge", target, "removed at the command line").await?;
    }
    println!("Removed {removed} entries from before {before}.");
    Ok(())
}

/// Proves the trail itself whole.
pub(crate) async fn verify(ctx: &Context) -> Result<(), StartError> {
    let verdict = verify_trail(ctx.store.as_ref(), ctx.vault.as_ref()).await?;
    tell(&verdict.map_err(|broken| StartError::Audit(broken.to_string()))?);
    Ok(())
}

/// Proves an exported trail whole. That of a trail that was cut needs the vault that it came from.
pub(crate) async fn verify_file(
    path: &Path,
    vault: impl FnOnce() -> Result<Option<Context>, StartError>,
) -> Result<(), StartError> {
    let unreadable = |reason| StartError::File { path: path.to_owned(), reason };
    let open = File::open(path).map_err(unreadable)?;
    let mut check = Check::default();
    let (mut head, mut cut) = (None, None);
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
            Line::Cut { cut: first } if number == 1 => {
                check = Check::between(Some(first.clone()), None);
                cut = Some(first);
            }
            Line::Cut { .. } => return Err(broken("the cut of the trail is not at its beginning".into())),
        }
    }
    let proof = check.ends_with(head).map_err(|broken| StartError::Audit(broken.to_string()))?;
    if let Some(cut) = cut {
        check_cut(&cut, vault).await?;
    }
    tell(&proof);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what the command was run for")]
async fn check_cut(cut: &Cut, vault: impl FnOnce() -> Result<Option<Context>, StartError>) -> Result<(), StartError> {
    let reason = match vault() {
        Ok(Some(ctx)) if cut.is_genuine(ctx.vault.as_ref()).await? => return Ok(()),
        Ok(Some(_)) => return Err(StartError::Audit(Broken::Cut { seq: cut.seq }.to_string())),
        Ok(None) => "there is no data directory here".to_owned(),
        Err(error) => error.to_string(),
    };
    println!("The signature of the cut was not checked, because its key is not at hand: {reason}.");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is what the command was run for")]
fn tell(proof: &Proof) {
    println!("The audit trail is whole: {} entries in the chain.", proof.entries);
    if let Some(cut) = &proof.cut {
        println!("It begins after entry {}: those from before {} were removed at {}.", cut.seq, cut.before, cut.at);
    }
    if proof.before > 0 {
        println!("{} entries are of before the chain; nothing is proven of them.", proof.before);
    }
    for (what, hash) in [("first", &proof.first), ("last", &proof.last)] {
        if let Some(hash) = hash {
            println!("{what:<5} {hash}");
        }
    }
}
