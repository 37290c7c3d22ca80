//! How a script gets past whatever login shell an account has, and its answer past whatever that shell prints.
//!
//! A login shell gets one line that bash, csh, tcsh and fish read alike; the script follows on the standard input, and
//! what the script reads behind it. Each line of the script is a comment there: another shell that reads the input
//! instead, because a login file starts one, does nothing. The answer stands between two marks that no text sent to the server holds in one
//! piece: an echo of what was sent is no answer.

use std::borrow::Cow;

use domain::ports::{Command, RemoteError};
use secrecy::{ExposeSecret, SecretString};

/// How much is kept of what is printed before an answer.
const GREETING_MAX: usize = 1024;
/// The longest exit status, with the newline after it.
const STATUS_MAX: usize = 12;

/// One command's marks.
pub(crate) struct Frame {
    nonce: String,
}

impl Frame {
    /// The nonce is of this call alone: letters and digits.
    pub(crate) fn new(nonce: String) -> Self {
        Self { nonce }
    }

    /// What the login shell gets: no newline, backslash, quote inside quotes, or `!`, which csh expands anywhere. `read`
    /// takes no byte after its line, so that the script's own input is left for it.
    pub(crate) fn line(&self) -> String {
        let nonce = &self.nonce;
        format!(
            "sh -c 'eval \"$(while IFS= read -r l; do l=${{l#?}}; case $l in ({nonce}) break;; esac; printf %s \"$l\"; \
             echo; done)\"'"
        )
    }

    /// What follows on the standard input. The braces make a script that arrives in part a syntax error, of which
    /// nothing is run.
    pub(crate) fn input(&self, command: &Command) -> Result<SecretString, RemoteError> {
        let quoted =
            |text| shlex::try_quote(text).map_err(|_| RemoteError::Invalid("a command has a NUL in it".into()));
        let mut words = vec![Cow::Borrowed("sh -c"), quoted(&command.script)?, Cow::Borrowed("steward")];
        for argument in &command.arguments {
            words.push(quoted(argument)?);
        }
        let (nonce, words) = (&self.nonce, words.join(" "));
        let read = command.input.as_ref().map_or("", |input| input.expose_secret());
        let script = format!(
            "{{\nprintf '%s%s\\n' 'steward-{nonce}' '-begin'\nprintf '%s%s\\n' 'steward-{nonce}' '-begin' >&2\n{words}\n\
             status=$?\nprintf '%s%s %s\\n' 'steward-{nonce}' '-end' \"$status\"\nprintf '%s%s %s\\n' 'steward-{nonce}' \
             '-end' \"$status\" >&2\nexit \"$status\"\n}}\n{nonce}"
        );
        let comments: String = script.split('\n').flat_map(|line| ["#", line, "\n"]).collect();
        Ok(SecretString::from(format!("{comments}{read}")))
    }

    /// Reads one of the two streams, and keeps so much of the answer.
    pub(crate) fn answer(&self, max: usize) -> Answer {
        Answer {
            begin: format!("steward-{}-begin\n", self.nonce).into_bytes(),
            end: format!("steward-{}-end ", self.nonce).into_bytes(),
            window: Vec::new(),
            greeting: Vec::new(),
            kept: Vec::new(),
            max,
            stage: Stage::Before,
        }
    }
}

/// One stream as it comes in.
pub(crate) struct Answer {
    begin: Vec<u8>,
    end: Vec<u8>,
    /// What may be the beginning of a mark.
    window: Vec<u8>,
    greeting: Vec<u8>,
    kept: Vec<u8>,
    max: usize,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Within,
    /// The script's exit status.
    After(u32),
}

impl Answer {
    /// Takes what has arrived.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if matches!(self.stage, Stage::After(_)) {
            return;
        }
        self.window.extend_from_slice(bytes);
        if self.stage == Stage::Before {
            match position(&self.window, &self.begin) {
                Some(at) => {
                    let passed = self.window.drain(..at + self.begin.len());
                    keep(&mut self.greeting, passed.as_slice().get(..at).unwrap_or_default(), GREETING_MAX);
                    drop(passed);
                    self.stage = Stage::Within;
                }
                None => {
                    let passed = self.window.drain(..self.window.len().saturating_sub(self.begin.len() - 1));
                    keep(&mut self.greeting, passed.as_slice(), GREETING_MAX);
                    return;
                }
            }
        }
        let Some(at) = position(&self.window, &self.end) else {
            let passed = self.window.drain(..self.window.len().saturating_sub(self.end.len() - 1));
            keep(&mut self.kept, passed.as_slice(), self.max);
            return;
        };
        keep(&mut self.kept, self.window.drain(..at).as_slice(), self.max);
        let status = self.window.get(self.end.len()..).unwrap_or_default();
        let Some(length) = status.iter().position(|byte| *byte == b'\n') else {
            // Not a mark of the script, which ends it with a number.
            self.window.truncate(self.end.len() + STATUS_MAX);
            return;
        };
        // A longer one is cut above, and would mean something else.
        let status = status.get(..length).filter(|status| status.len() < STATUS_MAX).unwrap_or_default();
        let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
        self.stage = Stage::After(status.unwrap_or(u32::MAX));
    }

    /// Whether the script has begun to run.
    pub(crate) fn has_begun(&self) -> bool {
        self.stage != Stage::Before
    }

    /// The script's exit status, once it has ended.
    pub(crate) fn status(&self) -> Option<u32> {
        match self.stage {
            Stage::After(status) => Some(status),
            Stage::Before | Stage::Within => None,
        }
    }

    /// The answer.
    pub(crate) fn text(mut self) -> String {
        if self.stage == Stage::Within {
            keep(&mut self.kept, &self.window, self.max);
        }
        String::from_utf8_lossy(&self.kept).into_owned()
    }

    /// What was printed before it.
    pub(crate) fn greeting(mut self) -> String {
        if self.stage == Stage::Before {
            keep(&mut self.greeting, &self.window, GREETING_MAX);
        }
        String::from_utf8_lossy(&self.greeting).into_owned()
    }
}

fn position(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|part| part == mark)
}

fn keep(kept: &mut Vec<u8>, more: &[u8], max: usize) {
    let room = max.saturating_sub(kept.len()).min(more.len());
    kept.extend_from_slice(more.get(..room).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command as Program, Stdio};
    use std::time::Duration;

    use super::*;

    fn frame() -> Frame {
        Frame::new("5f0c".into())
    }

    fn read(parts: &[&[u8]], max: usize) -> Answer {
        let mut answer = frame().answer(max);
        parts.iter().for_each(|part| answer.push(part));
        answer
    }

    const SAID: &[u8] = b"Welcome!\nsteward-5f0c-begin\none\ntwosteward-5f0c-end 3\nlogout\n";

    #[test]
    fn an_answer_stands_between_its_marks_however_it_arrives() {
        for at in 0..SAID.len() {
            let (head, tail) = SAID.split_at(at);
            let answer = read(&[head, tail], 100);
            assert_eq!(answer.status(), Some(3), "split at {at}");
            assert_eq!(answer.text(), "one\ntwo", "split at {at}");
        }
        let one_by_one: Vec<&[u8]> = SAID.chunks(1).collect();
        assert_eq!(read(&one_by_one, 100).text(), "one\ntwo");
        assert_eq!(read(&one_by_one, 100).greeting(), "Welcome!\n");
    }

    #[test]
    fn no_answer_and_half_an_answer() {
        let none = read(&[b"This account is currently not available.\n"], 100);
        assert!(!none.has_begun() && none.status().is_none());
        assert_eq!(none.greeting(), "This account is currently not available.\n");
        let half = read(&[b"steward-5f0c-begin\none steward-5f0c-"], 100);
        assert!(half.has_begun() && half.status().is_none());
        assert_eq!(half.text(), "one steward-5f0c-");
        let other = read(&[b"steward-5f0d-begin\none\nsteward-5f0d-end 0\n"], 100);
        assert!(!other.has_begun());
    }

    #[test]
    fn a_long_greeting_and_a_long_answer_are_not_kept_whole() {
        let mut answer = frame().answer(10);
        for _ in 0..1000 {
            answer.push(&[b'x'; 1000]);
        }
        answer.push(b"steward-5f0c-begin\n");
        for _ in 0..1000 {
            answer.push(&[b'y'; 1000]);
        }
        answer.push(b"steward-5f0c-end 0\n");
        assert_eq!(answer.status(), Some(0));
        assert_eq!((answer.greeting.len(), answer.kept.capacity() < 1000), (GREETING_MAX, true));
        assert_eq!(answer.text(), "y".repeat(10));
    }

    #[test]
    fn an_echo_of_what_was_sent_is_no_answer() {
        let sent = frame().input(&Command::new("echo one", Duration::from_secs(1))).unwrap();
        let echo = format!("{}\n{}", frame().line(), sent.expose_secret());
        let answer = read(&[echo.as_bytes()], 100);
        assert!(!answer.has_begun());
    }

    #[test]
    fn a_script_that_arrives_in_part_is_not_run() {
        let command = Command::new("echo run >&2; cat", Duration::from_secs(1));
        let command = command.with(["it's", "a b"]).reading(SecretString::from("key"));
        let sent = frame().input(&command).unwrap();
        let sent = sent.expose_secret().as_bytes();
        let run = |input: &[u8]| {
            let mut child = Program::new("sh")
                .args(["-c", &frame().line()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(input).unwrap();
            let output = child.wait_with_output().unwrap();
            let (mut out, mut err) = (frame().answer(100), frame().answer(100));
            out.push(&output.stdout);
            err.push(&output.stderr);
            (out.status(), out.text(), err.text())
        };
        assert_eq!(run(sent), (Some(0), "key".into(), "run\n".into()));
        let whole = sent.len() - "#}\n#5f0c\nkey".len();
        for length in (0..whole).step_by(7).chain([whole]) {
            assert_eq!(run(&sent[..length]), (None, String::new(), String::new()), "{length} bytes");
        }
    }
}
