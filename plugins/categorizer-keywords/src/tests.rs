use veche_sdk::testing::{self, Host};
use veche_sdk::{Candidate, Categorization, Categorizer, SettingsError};

use crate::text::{Stems, each_word};
use crate::{Keywords, confidence};

const KEYWORDS: &str = "\
category,term,weight
housing.heating,батарея,
housing.heating,холодные батареи,2
housing.heating,отопление,1.5
roads.surface,яма,\"2,5\"
roads.surface,асфальт,2
roads.surface,двор,-2
waste.other,мусор,0.5
it.portal,QR код,3
";

fn keywords(csv: &str, settings: &str) -> Result<Keywords, SettingsError> {
    Host::new().table("keywords", csv).install();
    testing::configure(settings)
}

fn candidates(plugin: &Keywords, text: &str) -> Vec<Candidate> {
    match plugin.categorize(&testing::appeal(text), &testing::context()) {
        Ok(Categorization::Candidates(candidates)) => candidates,
        Ok(Categorization::NoOpinion) => Vec::new(),
        Err(failure) => panic!("{failure}"),
    }
}

/// Categories with their evidence.
type Expected = &'static [(&'static str, &'static [&'static str])];

/// Text, then category and evidence of every candidate.
#[test]
fn finds_categories_and_says_why() {
    let plugin = keywords(KEYWORDS, "{}").unwrap();
    let cases: [(&str, Expected); 14] = [
        ("Здравствуйте!", &[]),
        ("", &[]),
        ("Батарея не греет", &[("housing.heating", &["Батарея"])]),
        ("БАТАРЕЯМИ не обогреть", &[("housing.heating", &["БАТАРЕЯМИ"])]),
        ("в квартире холодные батареи", &[("housing.heating", &["холодные батареи"])]),
        ("батареи холодные", &[("housing.heating", &["батареи"])]),
        ("холодные стены, батареи", &[("housing.heating", &["батареи"])]),
        ("Яма на яме, ямы везде", &[("roads.surface", &["Яма"])]),
        ("яма во дворе", &[]),
        ("мусор", &[]),
        ("не читается qr-код", &[("it.portal", &["qr-код"])]),
        ("<p class=\"яма\">нет <b>отопления</b></p>", &[("housing.heating", &["отопления"])]),
        ("холодные&nbsp;<i>батареи</i>", &[("housing.heating", &["холодные", "батареи"])]),
        ("яма, асфальт и отопление", &[("roads.surface", &["яма", "асфальт"]), ("housing.heating", &["отопление"])]),
    ];
    for (text, expected) in cases {
        let found = candidates(&plugin, text);
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|c| (c.category.as_str(), c.reasons[0].evidence.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(category, why)| (*category, why.to_vec())).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn confidence_falls_with_the_score_and_with_a_rival() {
    assert_eq!(confidence(1.0, 0.0), 0.5);
    assert_eq!(confidence(3.0, 0.0), 0.75);
    assert_eq!(confidence(3.0, 3.0), 0.375);
    let plugin = keywords(KEYWORDS, "{}").unwrap();
    let found = candidates(&plugin, "яма, асфальт и отопление");
    assert!(found[0].confidence > found[1].confidence);
}

#[test]
fn settings_bound_the_candidates() {
    let text = "яма, асфальт и отопление";
    let one = keywords(KEYWORDS, r#"{"max_candidates": 1}"#).unwrap();
    assert_eq!(candidates(&one, text).len(), 1);
    let strict = keywords(KEYWORDS, r#"{"min_score": 2.0}"#).unwrap();
    assert_eq!(candidates(&strict, text).len(), 1);
}

#[test]
fn reasons_speak_the_language_of_the_staff() {
    let plugin = keywords(KEYWORDS, "{}").unwrap();
    for (language, expected) in [("ru", "Слова: ямы"), ("ru-RU", "Слова: ямы"), ("en", "Words: ямы")]
    {
        let context = veche_sdk::Context { language: language.to_owned(), ..testing::context() };
        let Ok(Categorization::Candidates(found)) = plugin.categorize(&testing::appeal("ямы"), &context) else {
            panic!("no candidates");
        };
        assert_eq!(found[0].reasons[0].message, expected);
    }
}

#[test]
fn forms_of_one_word_are_one_term_with_the_stronger_weight() {
    let plugin = keywords("category,term,weight\na.b,яма,1\na.b,ямы,3\na.b,Ямой,2\n", "{}").unwrap();
    assert_eq!(candidates(&plugin, "яма и ямы")[0].confidence, confidence(3.0, 0.0));
}

#[test]
fn a_long_text_is_read_to_its_end() {
    let plugin = keywords(KEYWORDS, "{}").unwrap();
    let text = format!("{} отопление", "слово <br> & ещё < 5 ".repeat(3_000));
    assert_eq!(candidates(&plugin, &text)[0].category, "housing.heating");
}

/// Bad rows and settings: the message names the place.
#[test]
fn refuses_what_it_cannot_use() {
    let cases = [
        ("category,term\na.b,яма\n", "{}", None, "no column weight"),
        ("category,term,weight\n", "{}", None, "no rows"),
        ("category,term,weight\na.b,яма,1\n,двор,1\n", "{}", None, "row 2"),
        ("category,term,weight\na.b,!!!,1\n", "{}", None, "row 1"),
        ("category,term,weight\na.b,яма,много\n", "{}", None, "«много»"),
        ("category,term,weight\na.b,яма,0\n", "{}", None, "«0»"),
        (KEYWORDS, r#"{"min_score": -1}"#, Some("/min_score"), "above 0"),
        (KEYWORDS, r#"{"max_candidates": 17}"#, Some("/max_candidates"), "1 to 16"),
        (KEYWORDS, r#"{"max": 1}"#, Some("/max"), "unknown field"),
    ];
    for (csv, settings, field, part) in cases {
        let error = keywords(csv, settings).unwrap_err();
        assert_eq!(error.field.as_deref(), field, "{error:?}");
        assert!(error.message.contains(part), "{error:?} should say {part}");
    }
    Host::new().install();
    assert!(testing::configure::<Keywords>("{}").unwrap_err().message.contains("keywords is not bound"));
}

#[test]
fn a_stem_is_a_beginning_of_its_word_and_joins_the_forms() {
    let stems = Stems::new();
    let paradigms = [
        "батарея батареи батарею батареей батарей батареям батареях",
        "траншея траншеи траншей",
        "дорога дороги дороге дорогу дорогой дорогам",
        "незаконная незаконные незаконную незаконный",
        "шея шеи",
    ];
    for paradigm in paradigms {
        let mut found: Vec<_> = paradigm.split(' ').map(|word| stems.stem(word)).collect();
        found.dedup();
        assert_eq!(found.len(), 1, "{found:?}");
    }
    let text = "Уважаемые! Деревянные лестницы сгнили; подъезды длиннейшие, ремонтировавшиеся людьми, ничьё";
    each_word(text, |word, _| assert!(word.starts_with(&*stems.stem(word)), "{word}"));
}
