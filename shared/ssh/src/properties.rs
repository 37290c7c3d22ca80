//! Whatever a server prints is read to its limits, and means the same however it arrives.

use mutate::{cases, ends, mutated};
use proptest::prelude::*;

use crate::frame::{Answer, Frame};

/// How much of an answer is kept.
const MAX: usize = 64;

/// What servers print: an answer behind a greeting, half of one, none, and two.
fn printed() -> Vec<Vec<u8>> {
    [
        "Welcome!\nsteward-5f0c-begin\none\ntwosteward-5f0c-end 3\nlogout\n",
        "steward-5f0c-begin\none steward-5f0c-",
        "This account is currently not available.\n",
        "steward-5f0c-begin\nsteward-5f0c-end 0\nsteward-5f0c-begin\nsteward-5f0c-end 1\n",
        "steward-5f0c-begin\nsteward-5f0c-end 99999999999999999999\n",
        "",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn read(parts: &[&[u8]]) -> Answer {
    let mut answer = Frame::new("5f0c".into()).answer(MAX);
    parts.iter().for_each(|part| answer.push(part));
    answer
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_a_server_prints(bytes in mutated(printed()), size in 1..40usize) {
        let whole = ends(|| read(&[&bytes]));
        let parts: Vec<&[u8]> = bytes.chunks(size).collect();
        let split = ends(|| read(&parts));
        prop_assert_eq!((whole.has_begun(), whole.status()), (split.has_begun(), split.status()));
        let (whole, split) = (whole.text(), split.text());
        prop_assert_eq!(&whole, &split);
        // A byte that is no text becomes a character of three.
        prop_assert!(whole.len() <= 3 * MAX, "{} bytes", whole.len());
    }
}
