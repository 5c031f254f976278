//! Masks personal data in texts: what a plug-in without the permission `applicant` sees.
//!
//! Rules, not a dictionary: full names are found by their patronymic, phones, e-mails and document numbers
//! by their shape. Lone surnames and addresses stay: routing needs the place, and no rule tells a
//! surname from a street's name.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::appeal::{Applicant, NewAppeal};

/// What a masked text says instead.
const NAME: &str = "[ФИО]";

struct Rules {
    names: Regex,
    others: [(Regex, &'static str); 3],
}

// The patterns are constants, and a test compiles them; a failure leaves the rules out and the test red.
static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| compile().ok());

fn compile() -> Result<Rules, regex::Error> {
    const WORD: &str = r"[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?";
    const PATRONYMIC: &str = r"[А-ЯЁ][а-яё]+(?:ович|евич|ич|овна|евна|ична|инична)(?:а|у|ем|ом|е|ы|ой|ою)?";
    // No `\b` of Unicode in any of them: it would turn the automaton off that makes a search cheap. Where a word
    // begins before a name is looked at by hand (`names`), and digits need the boundary of ASCII alone.
    let names = Regex::new(&format!(
        r"(?:{WORD}\s+{WORD}\s+{PATRONYMIC}|{WORD}\s+{PATRONYMIC}(?:\s+{WORD})?|{WORD}\s+[А-ЯЁ]\.\s?[А-ЯЁ]\.|[А-ЯЁ]\.\s?[А-ЯЁ]\.\s?{WORD})"
    ))?;
    let others = [
        (Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-zА-Яа-яЁё0-9.-]+\.[A-Za-zА-Яа-яЁё]{2,}")?, "[EMAIL]"),
        (
            Regex::new(
                r"(?x) (?:\+7|(?-u:\b)[78]) [\s(-]* [0-9]{3} [\s)-]* [0-9]{3} [\s-]* [0-9]{2} [\s-]* [0-9]{2} (?-u:\b)
                  | \( [0-9]{3,5} \) \s* [0-9]{1,3} [\s-]? [0-9]{2} [\s-]? [0-9]{2} (?-u:\b)",
            )?,
            "[ТЕЛЕФОН]",
        ),
        // Passport 4+6, SNILS 3-3-3 2, OMS policy or card 16, personal account of a utility 10 to 12.
        (
            Regex::new(
                r"(?x) (?-u:\b) (?: [0-9]{2} \s? [0-9]{2} \s? (?:№\s?)? [0-9]{6} | [0-9]{3}-[0-9]{3}-[0-9]{3} [\s-] [0-9]{2}
                  | (?:[0-9]{4}\s?){4} | [0-9]{10,12} ) (?-u:\b)",
            )?,
            "[ДОКУМЕНТ]",
        ),
    ];
    Ok(Rules { names, others })
}

/// Masks a text. `known` are the applicant's own name, phone and e-mail, masked wherever they stand.
#[must_use]
pub fn mask<'a>(text: &'a str, known: &[&str]) -> Cow<'a, str> {
    let Some(rules) = RULES.as_ref() else { return Cow::Owned(String::new()) };
    let mut masked = Cow::Borrowed(text);
    for value in known.iter().filter(|value| value.chars().count() >= 4 && text.contains(**value)) {
        masked = Cow::Owned(masked.replace(value, NAME));
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).take(5).count();
    for (pattern, label) in &rules.others {
        let possible = if *label == "[EMAIL]" { text.contains('@') } else { digits >= 5 };
        if possible && pattern.is_match(&masked) {
            masked = Cow::Owned(pattern.replace_all(&masked, *label).into_owned());
        }
    }
    match without_names(&rules.names, &masked) {
        Some(nameless) => Cow::Owned(nameless),
        None => masked,
    }
}

/// The text with its names hidden; none if there is no name. A name begins where a word does.
fn without_names(names: &Regex, text: &str) -> Option<String> {
    let (mut hidden, mut copied, mut from) = (String::new(), 0, 0);
    while let Some(name) = names.find_at(text, from) {
        let before = text.get(..name.start()).and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            from =
                name.start() + text.get(name.start()..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            continue;
        }
        hidden.push_str(text.get(copied..name.start()).unwrap_or_default());
        hidden.push_str(NAME);
        (copied, from) = (name.end(), name.end());
    }
    if copied == 0 {
        return None;
    }
    hidden.push_str(text.get(copied..).unwrap_or_default());
    Some(hidden)
}

/// An appeal as those see it who may not see personal data: of the applicant the kind alone, every text masked. The place
/// stays: it is what the appeal is about.
#[must_use]
pub fn masked(appeal: &NewAppeal) -> NewAppeal {
    let known = appeal.applicant.identifying();
    let hide = |text: &String| mask(text, &known).into_owned();
    let mut shown = appeal.clone();
    shown.text = hide(&appeal.text);
    shown.questions = appeal.questions.iter().map(hide).collect();
    shown.attributes = appeal.attributes.iter().map(|(name, value)| (name.clone(), hide(value))).collect();
    for attachment in &mut shown.attachments {
        attachment.name = hide(&attachment.name);
    }
    shown.applicant = Applicant { kind: appeal.applicant.kind, ..Applicant::default() };
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_compile() {
        assert!(compile().is_ok());
    }

    #[test]
    fn personal_data_are_masked_and_places_stay() {
        let cases = [
            ("Я, Сидорова Анна Петровна, прошу", "Я, [ФИО], прошу"),
            ("Врач Анна Петровна не принимает", "[ФИО] не принимает"),
            ("мастер Кузнецов И.И. обещал", "мастер [ФИО] обещал"),
            ("звоните +7 (900) 123-45-67 или 89001234567", "звоните [ТЕЛЕФОН] или [ТЕЛЕФОН]"),
            ("пишите на ivan.p@mail.ru", "пишите на [EMAIL]"),
            ("паспорт 7801 123456, снилс 123-456-789 00", "паспорт [ДОКУМЕНТ], снилс [ДОКУМЕНТ]"),
            ("лицевой счёт 123456789012", "лицевой счёт [ДОКУМЕНТ]"),
            ("ул. Свободы, д. 15, кв. 7, 2026 год", "ул. Свободы, д. 15, кв. 7, 2026 год"),
            ("Яма на улице Юрия Гагарина", "Яма на улице Юрия Гагарина"),
            ("Анна Петровна и Кузнецов И.И. были, нет их", "[ФИО] и [ФИО] были, нет их"),
            ("договор НК7801 123456, тел. т89001234567", "договор НК[ДОКУМЕНТ], тел. т[ТЕЛЕФОН]"),
            ("письмо прочиталАнна Петровна Кац", "письмо прочиталАнна Петровна Кац"),
        ];
        for (text, expected) in cases {
            assert_eq!(mask(text, &[]), expected);
        }
        assert_eq!(mask("Это пишет Тётя Мотя", &["Тётя Мотя"]), "Это пишет [ФИО]");
    }
}
