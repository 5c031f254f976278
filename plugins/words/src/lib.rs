//! Words of an appeal's text, as plug-ins compare them.

use std::ops::Range;

/// Longest entity that is taken for one, in bytes: `&thetasym;`.
const LONGEST_ENTITY: usize = 10;

/// Hands every word over, folded (lower case, «ё» as «е»), with its place in the text. Tags and
/// entities of HTML separate words like any other sign.
pub fn each_word(text: &str, mut take: impl FnMut(&str, Range<usize>)) {
    let mut word = String::with_capacity(64);
    let mut start = 0;
    let mut skip_to = 0;
    for (at, sign) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        if let Some(letter) = folded(sign) {
            if word.is_empty() {
                start = at;
            }
            word.push(letter);
            continue;
        }
        if !word.is_empty() {
            take(&word, start..at);
            word.clear();
        }
        if matches!(sign, '<' | '&') {
            skip_to = markup_end(text, at);
        }
    }
    if !word.is_empty() {
        take(&word, start..text.len());
    }
}

/// Where the tag or entity that starts here ends; the start itself if it is only a sign.
fn markup_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default().as_bytes();
    let length = match rest {
        [b'<', b'/' | b'!' | b'a'..=b'z' | b'A'..=b'Z', tag @ ..] => {
            // A second `<` before the end: the first was a sign («температура <a, влажность <b»).
            match tag.iter().position(|byte| matches!(byte, b'<' | b'>')) {
                Some(end) if tag.get(end) == Some(&b'>') => end + 3,
                _ => 0,
            }
        }
        [b'&', entity @ ..] => {
            match entity.iter().take(LONGEST_ENTITY).position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'#') {
                Some(end) if end > 0 && entity.get(end) == Some(&b';') => end + 2,
                _ => 0,
            }
        }
        _ => 0,
    };
    at + length
}

/// The letter or digit as it is compared; none for a sign that separates words.
fn folded(sign: char) -> Option<char> {
    match sign {
        'а'..='я' | 'a'..='z' | '0'..='9' => Some(sign),
        'А'..='Я' | 'A'..='Z' => char::from_u32(u32::from(sign) + 32),
        'ё' | 'Ё' => Some('е'),
        _ if sign.is_ascii() || !sign.is_alphanumeric() => None,
        _ => sign.to_lowercase().next(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_markup_and_signs() {
        let cases = [
            ("а<b>б</b>в", vec!["а", "б", "в"]),
            ("5<7 и >", vec!["5", "7", "и"]),
            ("если <abc, то <b>нет", vec!["если", "abc", "то", "нет"]),
            ("а&nbsp;б&#160;в & г&д", vec!["а", "б", "в", "г", "д"]),
            ("ЁЖ-2й\u{a0}Ńа", vec!["еж", "2й", "ńа"]),
        ];
        for (text, expected) in cases {
            let mut words = Vec::new();
            each_word(text, |word, place| {
                assert!(text.get(place).is_some());
                words.push(word.to_owned());
            });
            assert_eq!(words, expected, "{text}");
        }
    }
}
