use std::fmt;

use super::chain::{GENESIS, Head, Recorded};
use super::cut::Cut;
use super::export::read;
use crate::Result;
use crate::ports::{Store, Vault};

/// The trail is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// How many entries the chain has.
    pub entries: u64,
    /// How many are of before the chain, of which nothing is proven.
    pub before: u64,
    /// The hash of the first entry.
    pub first: Option<String>,
    /// Where the chain was cut, if it was: its entries up to there were removed.
    pub cut: Option<Cut>,
    /// The hash of the last one. Who keeps it elsewhere can tell later that nobody made the whole chain anew.
    pub last: Option<String>,
}

/// The trail is not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Entries are missing.
    Missing {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// An entry is not at its place.
    Misplaced {
        /// Its number.
        seq: u64,
        /// The number that should be there.
        expected: u64,
    },
    /// An entry was changed.
    Changed {
        /// Its number.
        seq: u64,
    },
    /// An entry does not follow the one before, which was made anew.
    Unchained {
        /// Its number.
        seq: u64,
    },
    /// The head was changed or removed.
    Head,
    /// Entries were removed by somebody who does not have the vault's key.
    Cut {
        /// The last of them.
        seq: u64,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { from, to } if from == to => write!(f, "entry {from} is missing"),
            Self::Missing { from, to } => write!(f, "the entries {from} to {to} are missing"),
            Self::Misplaced { seq, expected } => write!(f, "entry {seq} is where entry {expected} should be"),
            Self::Changed { seq } => write!(f, "entry {seq} was changed: its hash does not fit"),
            Self::Unchained { seq } => write!(f, "entry {seq} does not follow entry {}: one was replaced", seq - 1),
            Self::Head => write!(f, "the head of the chain is missing or was changed"),
            Self::Cut { seq } => {
                write!(f, "the entries up to {seq} were removed, and not by Steward: the cut has a wrong signature")
            }
        }
    }
}

/// Goes through the entries in order, as they come.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// The number of the last entry.
    reached: u64,
    before: u64,
    cut: Option<Cut>,
    first: Option<String>,
    last: Option<String>,
    /// The hash at the place of the head that is waited for.
    at_head: Option<String>,
    head: Option<Head>,
}

impl Check {
    /// One that begins at this cut and ends at this head, both read before the entries: what is appended meanwhile is
    /// checked too. Whether the cut is genuine is checked elsewhere.
    pub fn between(cut: Option<Cut>, head: Option<Head>) -> Self {
        let (reached, last) = cut.as_ref().map(|cut| (cut.seq, cut.hash.clone())).unzip();
        let reached = reached.unwrap_or(0);
        let at_head = last.clone().filter(|_| head.as_ref().is_some_and(|head| head.seq == reached));
        Self { reached, last, at_head, cut, head, ..Self::default() }
    }

    /// The number of the last entry that was removed before the chain begins.
    fn removed(&self) -> u64 {
        self.cut.as_ref().map_or(0, |cut| cut.seq)
    }

    /// Looks at the next entry.
    pub fn next(&mut self, entry: &Recorded) -> Result<std::result::Result<(), Broken>> {
        let Some(seq) = entry.seq else {
            self.before += 1;
            // Nothing unchained comes after the chain has begun.
            let misplaced = Broken::Misplaced { seq: 0, expected: self.reached + 1 };
            return Ok(if self.reached == self.removed() { Ok(()) } else { Err(misplaced) });
        };
        let expected = self.reached + 1;
        if seq > expected && entry.id == Recorded::place(seq) {
            return Ok(Err(Broken::Missing { from: expected, to: seq - 1 }));
        }
        if seq != expected || entry.id != Recorded::place(expected) {
            return Ok(Err(Broken::Misplaced { seq, expected }));
        }
        if entry.hash.as_ref() != Some(&entry.hashed()?) {
            return Ok(Err(Broken::Changed { seq }));
        }
        if entry.previous.as_deref() != Some(self.last.as_deref().unwrap_or(GENESIS)) {
            return Ok(Err(Broken::Unchained { seq }));
        }
        self.reached = seq;
        self.last.clone_from(&entry.hash);
        self.first.get_or_insert_with(|| entry.hash.clone().unwrap_or_default());
        if self.head.as_ref().is_some_and(|head| head.seq == seq) {
            self.at_head.clone_from(&entry.hash);
        }
        Ok(Ok(()))
    }

    /// Compares with a head that was read after the entries, as at the end of a file.
    pub fn ends_with(mut self, head: Option<Head>) -> std::result::Result<Proof, Broken> {
        self.at_head = head.as_ref().filter(|head| head.seq == self.reached).and(self.last.clone());
        self.head = head;
        self.end()
    }

    /// Says what was found, once all entries were looked at.
    pub fn end(self) -> std::result::Result<Proof, Broken> {
        match &self.head {
            None if self.reached > 0 => return Err(Broken::Head),
            Some(head) if head.seq > self.reached => {
                return Err(Broken::Missing { from: self.reached + 1, to: head.seq });
            }
            Some(head) if self.at_head.as_ref() != Some(&head.hash) => return Err(Broken::Head),
            _ => {}
        }
        let entries = self.reached - self.removed();
        Ok(Proof { entries, before: self.before, first: self.first, cut: self.cut, last: self.last })
    }
}

/// Goes through the whole trail.
pub async fn verify(store: &dyn Store, vault: &dyn Vault) -> Result<std::result::Result<Proof, Broken>> {
    loop {
        let cut = Cut::now(store).await?;
        if let Some(cut) = &cut
            && !cut.is_genuine(vault).await?
        {
            return Ok(Err(Broken::Cut { seq: cut.seq }));
        }
        let verdict = walk(store, Check::between(cut.clone(), Head::now(store).await?)).await?;
        // Entries that were removed meanwhile are missing, but for the next look.
        if verdict.is_ok() || Cut::now(store).await? == cut {
            return Ok(verdict);
        }
    }
}

async fn walk(store: &dyn Store, mut check: Check) -> Result<std::result::Result<Proof, Broken>> {
    let mut after = None;
    loop {
        let (entries, next) = read(store, after).await?;
        for entry in &entries {
            if let Err(broken) = check.next(entry)? {
                return Ok(Err(broken));
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(check.end()),
        }
    }
}
