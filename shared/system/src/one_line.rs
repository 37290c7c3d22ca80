use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Text from outside for a log or a terminal: what would begin a line, move the cursor or turn the direction of writing
/// is shown as an escape.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, false)
}

fn escaped(text: &str, colours: bool) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(colour) = colour(rest).filter(|_| colours) {
            shown.push_str(colour);
            rest = rest.get(colour.len()..).unwrap_or_default();
            continue;
        }
        match first {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            hidden if is_hidden(hidden) => drop(write!(shown, "{}", hidden.escape_unicode())),
            other => shown.push(other),
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    shown.into()
}

/// Control characters, the other ends of lines, and what turns the direction of writing (Unicode TR 36 §2.9).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The colour that a text begins with, as the log writes it; such an escape in what is logged is escaped before.
fn colour(text: &str) -> Option<&str> {
    let (code, _) = text.strip_prefix("\u{1b}[")?.split_once('m')?;
    code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';').then(|| text.get(..code.len() + 3))?
}

/// A writer of a log: what is written at once is one line, whatever is in it.
#[derive(Debug)]
pub struct OneLine<W> {
    writer: W,
    colours: bool,
}

impl<W> OneLine<W> {
    /// A writer to this one, for a log with or without colours.
    pub fn new(writer: W, colours: bool) -> Self {
        Self { writer, colours }
    }
}

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let (text, end) = text.strip_suffix('\n').map_or((text.as_ref(), ""), |text| (text, "\n"));
        self.writer.write_all(format!("{}{end}", escaped(text, self.colours)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        let mut log = Vec::new();
        let line = "path=/a\n2026-01-01 ERROR forged\u{2028}\u{85}\u{1b}[2J\u{202e}\tü\n";
        OneLine::new(&mut log, false).write_all(line.as_bytes()).unwrap();
        let shown = "path=/a\\n2026-01-01 ERROR forged\\u{2028}\\u{85}\\u{1b}[2J\\u{202e}\\tü\n";
        assert_eq!(String::from_utf8(log).unwrap(), shown);
    }

    #[test]
    fn only_colours_stay() {
        let mut log = Vec::new();
        OneLine::new(&mut log, true).write_all("\u{1b}[31mERROR\u{1b}[0m \u{1b}[2Jx\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(log).unwrap(), "\u{1b}[31mERROR\u{1b}[0m \\u{1b}[2Jx\n");
    }
}
