//! Whatever a name server answers is read, or left aside.

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::Name;
use mutate::{cases, ends, mutated};
use proptest::prelude::*;

use crate::answer::{self, Trail};

const NAME: &str = "_acme-challenge.www.example.com.";

fn name(text: &str) -> Vec<u8> {
    let labels = text.trim_end_matches('.').split('.');
    let mut bytes: Vec<u8> =
        labels.flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}

fn record(owner: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [owner, &[0, kind, 0, 1, 0, 0, 0, 60], &length, data].concat()
}

/// An answer to a question for this name: a head that counts its parts, the question, the records (RFC 1035 §4.1).
fn message(kind: u8, code: u8, answers: &[Vec<u8>], authorities: &[Vec<u8>]) -> Vec<u8> {
    let count = |records: &[Vec<u8>]| u8::try_from(records.len()).unwrap();
    let head = [0, 7, 0x84, 0x80 | code, 0, 1, 0, count(answers), 0, count(authorities), 0, 0];
    [&head, name(NAME).as_slice(), &[0, kind, 0, 1], &answers.concat(), &authorities.concat()].concat()
}

fn answers() -> Vec<Vec<u8>> {
    // A pointer to the name in the question (RFC 1035 §4.1.4).
    let asked = [0xc0, 12];
    let text = |value: &[u8]| [&[u8::try_from(value.len()).unwrap()], value].concat();
    let soa = [name("ns.example.com"), name("root.example.com"), vec![0; 20]].concat();
    let target = name("x.validation.example.net");
    let caa = [&[128, 5], b"issue".as_slice(), b"ca.example.net"].concat();
    vec![
        message(16, 0, &[record(&asked, 16, &text(b"value")), record(&asked, 16, &text(&[b'x'; 255]))], &[]),
        message(16, 0, &[record(&asked, 5, &target), record(&target, 16, &[text(b"a"), text(b"b")].concat())], &[]),
        message(16, 0, &[record(&asked, 5, &asked)], &[]),
        message(16, 3, &[], &[record(&name("example.com"), 6, &soa)]),
        message(0, 0, &[record(&name("example.com"), 1, &[192, 0, 2, 1]), record(&asked, 1, &caa)], &[]),
    ]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_a_message_says(bytes in mutated(answers())) {
        let Ok(message) = ends(|| Message::from_vec(&bytes)) else { return Ok(()) };
        let asked = Name::from_ascii(NAME).unwrap();
        let (mut texts, mut policies) = (Trail::new(asked.clone()), Trail::new(asked.clone()));
        if let Ok(Some(values)) = ends(|| answer::txt(&message, &mut texts)) {
            prop_assert!(values.iter().all(|value| value.len() <= 3 * bytes.len()));
        }
        let _ = ends(|| answer::caa(&message, &mut policies));
        prop_assert!(texts.names().len() <= 10 && policies.to_string().len() < 20_000);
        prop_assert!(answer::zone_of(&message, &asked).is_none_or(|zone| answer::text(zone).len() < 1_100));
        let _ = (answer::alias(&message, &asked), answer::code(message.response_code));
    }
}

#[test]
fn the_samples_are_answers() {
    for sample in &answers()[..4] {
        Message::from_vec(sample).unwrap();
    }
}
