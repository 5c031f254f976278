use linear_model::train::{Example, Options, train};
use veche_sdk::testing::{self, Host};
use veche_sdk::{Candidate, Categorization, Categorizer, SettingsError};

use crate::Linear;

const EXAMPLES: [(&str, &str); 12] = [
    ("housing.heating", "в квартире холодные батареи, нет отопления"),
    ("housing.heating", "батареи еле тёплые, отопление не включили"),
    ("housing.heating", "нет отопления третий день, мёрзнут дети"),
    ("housing.heating", "стояк холодный, батарея не греет"),
    ("roads.surface", "яма на дороге, пробил колесо"),
    ("roads.surface", "на дороге глубокие ямы, асфальт разбит"),
    ("roads.surface", "асфальт провалился, большая яма"),
    ("roads.surface", "разбитая дорога, ямы и колея"),
    ("waste.pickup", "не вывозят мусор, контейнеры полные"),
    ("waste.pickup", "мусор не вывозили неделю, пакеты вокруг контейнера"),
    ("waste.pickup", "контейнеры переполнены, вонь от мусора"),
    ("waste.pickup", "регоператор не вывозит мусор"),
];

fn model() -> Vec<u8> {
    let examples: Vec<Example<'_>> = EXAMPLES.iter().map(|(class, text)| Example { text, class }).collect();
    let options = Options { threads: 1, ..Options::default() };
    train(&examples, &options).unwrap().model.bytes().to_vec()
}

fn linear(model: Vec<u8>, settings: &str) -> Result<Linear, SettingsError> {
    Host::new().blob("model", model).install();
    testing::configure(settings)
}

fn candidates(plugin: &Linear, text: &str) -> Vec<Candidate> {
    match plugin.categorize(&testing::appeal(text), &testing::context()) {
        Ok(Categorization::Candidates(candidates)) => candidates,
        Ok(Categorization::NoOpinion) => Vec::new(),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn names_the_category_and_the_words_that_decided() {
    let plugin = linear(model(), "{}").unwrap();
    for (text, category, word) in [
        ("Добрый день! Батарею так и не включили", "housing.heating", "Батарею"),
        ("У дома <b>ямы</b> после зимы", "roads.surface", "ямы"),
        ("Просим вывезти мусор", "waste.pickup", "мусор"),
    ] {
        let found = candidates(&plugin, text);
        assert_eq!(found[0].category, category, "{text}");
        let reason = &found[0].reasons[0];
        assert!(reason.evidence.iter().any(|fragment| fragment.contains(word)), "{text}: {reason:?}");
        assert!(reason.evidence.iter().all(|fragment| text.contains(fragment.as_str())), "{reason:?}");
        assert!(reason.message.starts_with("Слова: "), "{reason:?}");
        let sum: f32 = found.iter().map(|candidate| candidate.confidence).sum();
        assert!((sum - 1.0).abs() < 1e-3, "all three categories are shown, {sum}");
        assert!(found.is_sorted_by(|a, b| a.confidence >= b.confidence));
    }
}

#[test]
fn has_no_opinion_when_it_is_unsure_or_knows_no_word() {
    let plugin = linear(model(), r#"{"min_confidence": 0.0}"#).unwrap();
    assert_eq!(candidates(&plugin, ""), []);
    assert_eq!(candidates(&plugin, "xyzzy"), []);
    let confidence = candidates(&plugin, "яма")[0].confidence;
    let strict = format!(r#"{{"min_confidence": {}}}"#, confidence + 0.001);
    assert_eq!(candidates(&linear(model(), &strict).unwrap(), "яма"), []);
    let lax = format!(r#"{{"min_confidence": {}, "max_candidates": 1}}"#, confidence - 0.001);
    assert_eq!(candidates(&linear(model(), &lax).unwrap(), "яма").len(), 1);
}

#[test]
fn a_long_text_is_read_to_its_end_and_keeps_within_memory() {
    let plugin = linear(model(), "{}").unwrap();
    let text = format!("{} на дороге ямы", "слово <br> & ещё < 5 ".repeat(30_000));
    assert_eq!(candidates(&plugin, &text)[0].category, "roads.surface");
}

/// Bad models and settings: the message says what to do.
#[test]
fn refuses_what_it_cannot_use() {
    let good = model();
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let mut newer = good.clone();
    newer[8] = 9;
    let mut vast = good.clone();
    vast[12..16].copy_from_slice(&(9_u32 << 20).to_le_bytes());
    let cut = good[..good.len() - 1].to_vec();
    let longer = [good.clone(), vec![0]].concat();
    let cases: [(Vec<u8>, &str, Option<&str>, &str); 9] = [
        (damaged, "{}", None, "damaged"),
        (newer, "{}", None, "format 9, this plug-in reads 1: train it again"),
        (vast, "{}", None, "at most 8 MiB"),
        (cut, "{}", None, "upload it again"),
        (longer, "{}", None, "upload it again"),
        (b"category,term,weight\n".to_vec(), "{}", None, "veche train"),
        (Vec::new(), "{}", None, "veche train"),
        (good.clone(), r#"{"min_confidence": 1.5}"#, Some("/min_confidence"), "0 to 1"),
        (good, r#"{"max_candidates": 17}"#, Some("/max_candidates"), "1 to 16"),
    ];
    for (model, settings, field, part) in cases {
        let error = linear(model, settings).unwrap_err();
        assert_eq!(error.field.as_deref(), field, "{error:?}");
        assert!(error.message.contains(part), "{error:?} should say {part}");
    }
    Host::new().install();
    assert!(testing::configure::<Linear>("{}").unwrap_err().message.contains("model is not bound"));
}
