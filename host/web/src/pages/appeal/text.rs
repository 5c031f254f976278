//! A text in pieces: what decided stands out in it.

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Piece {
    pub(in crate::pages) text: String,
    /// Whether a rule names it as evidence.
    pub(in crate::pages) marked: bool,
}

/// Characters folded as the rules fold them, each with where it stands in the text: lower case, «ё» as «е».
fn folded(text: &str) -> Vec<(char, usize)> {
    let fold = |c: char| if c == 'ё' { 'е' } else { c };
    text.char_indices().flat_map(|(at, c)| c.to_lowercase().map(move |c| (fold(c), at))).collect()
}

/// Cuts a text where a piece of evidence begins and ends. Evidence that begins within a word does not count; it runs to the
/// end of its last word, for rules name beginnings of words.
pub(in crate::pages) fn pieces(text: &str, evidence: &[&str]) -> Vec<Piece> {
    let chars = folded(text);
    let wanted: Vec<Vec<char>> = evidence
        .iter()
        .map(|one| folded(one.trim()).into_iter().map(|(c, _)| c).collect::<Vec<_>>())
        .filter(|one| one.iter().filter(|c| c.is_alphanumeric()).count() >= 2)
        .collect();
    let char_at = |place: usize| chars.get(place).map(|(c, _)| *c);
    let byte_at = |place: usize| chars.get(place).map_or(text.len(), |(_, at)| *at);
    let in_word = |place: usize| char_at(place).is_some_and(char::is_alphanumeric);
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut place = 0;
    while place < chars.len() {
        let begins = place == 0 || !in_word(place - 1);
        let longest = wanted
            .iter()
            .filter(|one| begins && one.iter().enumerate().all(|(i, c)| char_at(place + i) == Some(*c)))
            .map(Vec::len)
            .max();
        match longest {
            Some(length) => {
                let mut end = place + length;
                while in_word(end) {
                    end += 1;
                }
                found.push((byte_at(place), byte_at(end)));
                place = end;
            }
            None => place += 1,
        }
    }
    let mut pieces = Vec::new();
    let mut copied = 0;
    let mut push = |from: usize, to: usize, marked: bool| {
        if let Some(part) = text.get(from..to).filter(|part| !part.is_empty()) {
            pieces.push(Piece { text: part.to_owned(), marked });
        }
    };
    for (from, to) in found {
        push(copied, from, false);
        push(from, to, true);
        copied = to;
    }
    push(copied, text.len(), false);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, evidence: &[&str]) -> String {
        let mark = |piece: Piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text };
        pieces(text, evidence).into_iter().map(mark).collect()
    }

    #[test]
    fn evidence_is_marked_whole_words_long() {
        assert_eq!(shown("Ёлку не вывезли, ёлки во дворе", &["елк", "двор"]), "[Ёлку] не вывезли, [ёлки] во [дворе]");
        assert_eq!(shown("Премьера мера", &["мер"]), "Премьера [мера]");
        assert_eq!(shown("горячая вода", &["горячая вод", "горяч"]), "[горячая вода]");
        assert_eq!(shown("ничего", &["", "-", "x"]), "ничего");
        assert_eq!(shown("<b>яма</b>", &["яма"]), "<b>[яма]</b>");
        assert_eq!(shown("İstanbul яма 🙂", &["яма"]), "İstanbul [яма] 🙂");
    }
}
