//! Two outlines line by line.

use similar::{ChangeTag, TextDiff};

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// In both.
    Same(String),
    /// Expected, and did not come.
    Wanted(String),
    /// Came, and was not expected.
    Got(String),
}

/// What changed from one text to the other.
#[must_use]
pub fn changes(wanted: &str, got: &str) -> Vec<Line> {
    let difference = TextDiff::from_lines(wanted, got);
    let line = |change: similar::Change<&str>| {
        let text = change.value().trim_end_matches('\n').to_owned();
        match change.tag() {
            ChangeTag::Equal => Line::Same(text),
            ChangeTag::Delete => Line::Wanted(text),
            ChangeTag::Insert => Line::Got(text),
        }
    };
    difference.iter_all_changes().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_wanted_or_got() {
        let line = |line: &str| line.to_owned();
        let found = changes("a: 1\nb: 2\n", "a: 1\nb: 3\n");
        assert_eq!(found, [Line::Same(line("a: 1")), Line::Wanted(line("b: 2")), Line::Got(line("b: 3"))]);
    }
}
