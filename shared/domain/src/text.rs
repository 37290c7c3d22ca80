//! Texts from outside, made short enough to be kept.

/// What stands where something was cut off.
pub const CUT: char = '…';

/// At most so many bytes of a text; one that is longer ends with [`CUT`].
pub fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(CUT.len_utf8());
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}{CUT}", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters_and_says_so() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abc…");
        assert_eq!(cut("äöüß", 7), "äö…");
        assert_eq!(cut("abc", 0), "…");
        for most in 3..40 {
            assert!(cut(&"€".repeat(20), most).len() <= most, "{most}");
        }
    }
}
