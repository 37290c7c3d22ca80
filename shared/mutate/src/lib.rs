//! Bytes as strangers send them: for tests of whatever reads bytes from outside. Valid samples are changed in ways that
//! break parsers: bits, lengths, truncation, repetition.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A case that takes this long is one that does not end.
const ENDLESS: Duration = Duration::from_secs(5);

/// The most changes of one sample.
const CHANGES_MAX: usize = 6;

/// What is done to a sample.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    /// A length, or another number of several bytes.
    Number(Index, u32, usize),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Truncate(Index),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &Index| index.index(bytes.len().max(1)).min(bytes.len());
        match self {
            Self::Flip(index, bit) => {
                let at = at(index);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
            }
            Self::Set(index, value) => {
                let at = at(index);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = *value);
            }
            Self::Number(index, number, width) => {
                let at = at(index);
                let number = number.to_be_bytes();
                bytes.iter_mut().skip(at).zip(&number[4 - width..]).for_each(|(byte, new)| *byte = *new);
            }
            Self::Insert(index, new) => {
                let at = at(index);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Remove(index, count) => {
                let at = at(index);
                bytes.drain(at..bytes.len().min(at + count));
            }
            Self::Repeat(index, count, times) => {
                let at = at(index);
                let part: Vec<u8> = bytes.iter().skip(at).take(*count).copied().collect();
                bytes.splice(at..at, part.repeat(*times));
            }
            Self::Truncate(index) => bytes.truncate(at(index)),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let telling = prop_oneof![
        Just(0u32),
        Just(1),
        Just(0x7f),
        Just(0x80),
        Just(0xff),
        Just(0xffff),
        Just(0x7fff_ffff),
        Just(u32::MAX),
        any::<u32>()
    ];
    prop_oneof![
        4 => (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        4 => (any::<Index>(), telling, 1..=4usize).prop_map(|(at, number, width)| Change::Number(at, number, width)),
        2 => (any::<Index>(), vec(any::<u8>(), 1..8)).prop_map(|(at, new)| Change::Insert(at, new)),
        2 => (any::<Index>(), 1..64usize).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (any::<Index>(), 1..64usize, 1..64usize).prop_map(|(at, count, times)| Change::Repeat(at, count, times)),
        1 => any::<Index>().prop_map(Change::Truncate),
    ]
}

/// One of the samples, changed up to six times.
pub fn mutated(samples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (any::<Index>(), vec(change(), 0..=CHANGES_MAX)).prop_map(move |(index, changes)| {
        let sample = if samples.is_empty() { None } else { samples.get(index.index(samples.len())) };
        let mut bytes = sample.cloned().unwrap_or_default();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        bytes
    })
}

/// As many cases as `PROPTEST_CASES` says, 256 unless it is set; what fails is printed, and no file is written.
pub fn cases() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Runs a case, and panics where it takes so long that it would not have ended.
pub fn ends<T>(case: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = case();
    assert!(start.elapsed() < ENDLESS, "a case took {:?}", start.elapsed());
    result
}
