//! `shared/dns` against bind9 and challtestsrv.

mod configured;
mod zones;

use domain::ports::ServerAnswer;

/// An answer in one line.
fn line(answer: &ServerAnswer) -> String {
    match &answer.values {
        Ok(values) => format!("{}: {values:?}", answer.name),
        Err(why) => format!("{}: {why}", answer.name),
    }
}

fn lines(answers: &[ServerAnswer]) -> Vec<String> {
    let mut lines: Vec<_> = answers.iter().map(line).collect();
    lines.sort();
    lines
}

const LAB: &str = r#"
_acme-challenge.one   IN TXT "value-1"
_acme-challenge.two   IN TXT "value-1"
_acme-challenge.two   IN TXT "value-2"
joined                IN TXT "a long value in " "two strings"
many                  IN TXT "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
many                  IN TXT "1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
many                  IN TXT "2222222222222222222222222222222222222222222222222222222222222222222222222222222222222222222"
many                  IN TXT "3333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333"
many                  IN TXT "4444444444444444444444444444444444444444444444444444444444444444444444444444444444444444444"
many                  IN TXT "5555555555555555555555555555555555555555555555555555555555555555555555555555555555555555555"
many                  IN TXT "6666666666666666666666666666666666666666666666666666666666666666666666666666666666666666666"
within                IN CNAME _acme-challenge.one
nowhere               IN CNAME missing
beyond                IN CNAME target.other.example.
lost                  IN CNAME target.nobody.example.
circle                IN CNAME ring
ring                  IN CNAME circle
far                   IN CNAME far.other.example.
c0 IN CNAME c1
c1 IN CNAME c2
c2 IN CNAME c3
c3 IN CNAME c4
c4 IN CNAME c5
c5 IN CNAME c6
c6 IN CNAME c7
c7 IN CNAME c8
c8 IN CNAME c9
c9 IN TXT "too far"
www                   IN A 127.0.0.1
"#;

const OTHER: &str = r#"
target IN TXT "value-elsewhere"
far    IN CNAME far.lab.example.
"#;
