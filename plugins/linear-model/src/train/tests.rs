use std::collections::BTreeSet;

use super::*;
use crate::ModelError;

/// Appeals of three categories with words of their own, words that all share, and a number.
fn made(count: u64) -> Vec<(String, &'static str)> {
    let own: [(&str, &[&str]); 3] = [
        ("heating", &["батарея", "отопление", "стояк", "холодно", "тепло"]),
        ("roads", &["яма", "асфальт", "дорога", "колея", "тротуар"]),
        ("waste", &["мусор", "контейнер", "вывоз", "свалка", "пакеты"]),
    ];
    let shared = ["дом", "улица", "просим", "вчера", "двор", "опять", "жители"];
    let mut random = Random(7);
    (0..count)
        .map(|n| {
            let (class, words) = own[(n % 3) as usize];
            let mut pick = |from: &[&str]| from[(random.next() % from.len() as u64) as usize].to_owned();
            let text = [pick(&shared), pick(words), pick(&shared), pick(words)].join(" ");
            (format!("{text} {n}"), class)
        })
        .collect()
}

fn examples<'a>(made: &'a [(String, &'a str)]) -> Vec<Example<'a>> {
    made.iter().map(|(text, class)| Example { text, class }).collect()
}

fn answer<'m>(model: &'m Model, text: &str) -> &'m str {
    let scored = model.score(text);
    let best = (0..scored.scores().len()).max_by(|a, b| scored.scores()[*a].total_cmp(&scored.scores()[*b]));
    &model.classes()[best.unwrap()]
}

#[test]
fn learns_and_reports_what_was_held_out() {
    let made = made(120);
    let Trained { model, report } = train(&examples(&made), &Options::default()).unwrap();
    assert_eq!(model.classes(), ["heating", "roads", "waste"]);
    for (text, class) in [("ямы на дорогах", "roads"), ("Мусора гора", "waste"), ("батареи", "heating")]
    {
        assert_eq!(answer(&model, text), class, "{text}");
    }
    assert_eq!(report.examples, 120);
    assert!(report.figures.accuracy > 0.95 && report.figures.macro_f1 > 0.95, "{:?}", report.figures);
    assert_eq!(report.classes.values().map(|class| class.examples).sum::<u64>(), 120);
    assert_eq!(report.thresholds[0].coverage, 1.0);
    let wrong: u64 = report.confusions.iter().map(|pair| pair.count).sum();
    let right: u64 = report.classes.values().map(|class| class.right).sum();
    assert_eq!(wrong + right, 120);
    assert_eq!(report.model_bytes, model.bytes().len() as u64);
    assert!(model.note().starts_with("{\"examples\":120,\"accuracy\":"), "{}", model.note());
}

#[test]
fn the_same_bytes_for_any_number_of_threads_and_others_for_another_seed() {
    let made = made(90);
    let with = |threads, seed| {
        let options = Options { threads, seed, ..Options::default() };
        train(&examples(&made), &options).unwrap()
    };
    let one = with(1, 1);
    for threads in [2, 3, 8] {
        let many = with(threads, 1);
        assert!(many.model.bytes() == one.model.bytes(), "{threads} threads");
        assert_eq!(many.report, one.report);
    }
    assert!(with(1, 2).model.bytes() != one.model.bytes());
}

#[test]
fn a_model_is_read_as_it_was_written_and_never_when_it_was_changed() {
    let made = made(60);
    let model = train(&examples(&made), &Options::default()).unwrap().model;
    let bytes = model.bytes().to_vec();
    let read = Model::read(bytes.clone()).unwrap();
    assert!(read == model);
    for (text, _) in &made {
        assert_eq!(read.score(text).scores(), model.score(text).scores());
    }
    // Every byte is checked: by the magic, the version, the length or the digest.
    for at in (0..bytes.len()).step_by(bytes.len() / 97).chain([0, 8, 12, 16, 47, 48, bytes.len() - 1]) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        assert!(Model::read(changed).is_err(), "byte {at}");
    }
    for length in [0, 7, 11, 15, 47, 48, 90, bytes.len() - 1] {
        assert!(Model::read(bytes[..length].to_vec()).is_err(), "{length} bytes");
    }
    assert_eq!(Model::read(b"PK\x03\x04 something else".to_vec()), Err(ModelError::Foreign));
}

/// A digest that fits says nothing of what stands in a file that somebody else made.
#[test]
fn parts_that_point_outside_are_refused() {
    use sha2::{Digest as _, Sha256};
    let made = made(60);
    let model = train(&examples(&made), &Options::default()).unwrap().model;
    let sealed = |at: usize, value: u32| {
        let mut bytes = model.bytes().to_vec();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let digest = Sha256::digest(&bytes[48..]);
        bytes[16..48].copy_from_slice(&digest);
        Model::read(bytes).unwrap_err()
    };
    for (at, value, part) in [
        (48, 2, "counts"),
        (52, u32::MAX, "counts"),
        (68, 0x01ff_0302, "scales"),
        (72, f32::NAN.to_bits(), "scales"),
        (88, 0, "scales"),
        // Buckets stand behind three biases.
        (92 + 12, 70_000, "buckets"),
        (92 + 12 + 4 * 65_537, 1 << 30, "rows"),
    ] {
        assert_eq!(sealed(at, value), ModelError::Part(part), "{value} at {at}");
    }
}

#[test]
fn a_weight_in_one_byte_is_off_by_half_a_level_at_most() {
    let made = made(90);
    let kept = examples(&made);
    let options = Options { threads: 1, ..Options::default() };
    let corpus = Corpus::new(&kept, &options);
    let texts: Vec<u32> = (0..90).collect();
    let names = ["heating", "roads", "waste"];
    let labels: Vec<u32> =
        made.iter().map(|(_, class)| names.iter().position(|name| name == class).unwrap() as u32).collect();
    let model = write::fit(&corpus, &texts, &labels, &names, 1.0, None, &options).unwrap();
    let vocabulary = corpus::Vocabulary::new(&corpus, &texts, &options);
    let vectors = corpus::Vectors::new(&corpus, &texts, &vocabulary, &options);
    let solved = solve::solve(&vectors, &labels, vocabulary.numbers.len(), 0, 3, &options);
    let level = model.weight_level();
    let mut rows = BTreeSet::new();
    for (row, weights) in solved.weights.iter().enumerate() {
        let mut kept = [0.0_f32; 3];
        model.weights(row as u32, |class, weight| kept[class] = f32::from(weight) * level);
        for class in 0..3 {
            assert!((kept[class] - weights[class]).abs() <= level * 0.501, "row {row}: {kept:?} {weights:?}");
        }
        rows.insert(row);
    }
    assert!(rows.len() > 100 && level < 0.1, "{} rows, {level}", rows.len());
    // So a score is off by at most half a level for each share of a text.
    for (text, (example, _)) in made.iter().enumerate() {
        let (known, shares) = vectors.of(text);
        let scored = model.score(example);
        let bound = shares.iter().sum::<f32>() * level * 0.51 + 1e-4;
        for class in 0..3 {
            let exact = known.iter().zip(shares).map(|(row, share)| solved.weights[*row as usize][class] * share);
            let exact = exact.sum::<f32>() + solved.bias[class];
            assert!((scored.scores()[class] - exact).abs() <= bound, "{text}: {exact} {:?}", scored.scores());
        }
    }
}

/// Of texts that say nothing else, seven of ten are of one class: that is how sure one can be.
#[test]
fn confidence_is_how_often_the_answer_is_right() {
    let mut random = Random(3);
    let made: Vec<(String, &str)> = (0..900)
        .map(|n| {
            let likely = random.next() % 10 < 7;
            let (word, class) = match n % 3 {
                0 => ("труба", if likely { "water" } else { "gas" }),
                1 => ("вентиль", if likely { "gas" } else { "water" }),
                _ => ("кран", if likely { "water" } else { "heat" }),
            };
            (format!("протекает {word}"), class)
        })
        .collect();
    let Trained { model, report } = train(&examples(&made), &Options::default()).unwrap();
    assert!((report.figures.accuracy - 0.7).abs() < 0.05, "{:?}", report.figures);
    assert!(report.figures.calibration_error < 0.06, "{:?}", report.figures);
    let sure = model.score("протекает труба").likelihoods().into_iter().fold(0.0, f32::max);
    assert!((sure - 0.7).abs() < 0.1, "{sure}");
}

#[test]
fn a_small_model_keeps_what_says_most() {
    let made = made(300);
    let all = train(&examples(&made), &Options::default()).unwrap();
    // Room for half of the weights, each of two bytes.
    let most_bytes = all.model.bytes().len() - all.model.pairs();
    let small = train(&examples(&made), &Options { most_bytes, ..Options::default() }).unwrap();
    assert!(small.model.bytes().len() <= most_bytes && small.model.pairs() < all.model.pairs());
    assert!(small.report.figures.accuracy > 0.9, "{:?}", small.report.figures);
}

#[test]
fn names_the_words_that_decided() {
    let made = made(120);
    let model = train(&examples(&made), &Options::default()).unwrap().model;
    let text = "Опять в доме <b>ледяные батареи</b>, а во дворе пакеты";
    let scored = model.score(text);
    let class = |name: &str| model.classes().iter().position(|class| class == name).unwrap();
    let shown = |class| scored.evidence(class, 2).into_iter().map(|place| &text[place]).collect::<Vec<_>>();
    assert!(shown(class("heating"))[0].contains("батареи"), "{:?}", shown(class("heating")));
    assert!(shown(class("waste"))[0].contains("пакеты"), "{:?}", shown(class("waste")));
    assert!(model.score("§ 5").knows_nothing() && model.score("").evidence(0, 3).is_empty());
}

/// Bad examples and options: the message says what to do.
#[test]
fn refuses_what_makes_no_model() {
    let many: Vec<String> = (0..10_000).map(|n| format!("class-{n}")).collect();
    let each_alone: Vec<Example<'_>> = many.iter().map(|class| Example { text: "яма на дороге", class }).collect();
    let one = |text: &'static str, class: &'static str| Example { text, class };
    let cases: [(Vec<Example<'_>>, Options, &str); 9] = [
        (vec![], Options::default(), "no labelled text"),
        (vec![one("", "a"), one("  \n", "b")], Options::default(), "no labelled text"),
        (vec![one("яма", "a"), one("двор", "a")], Options::default(), "of one category, a"),
        (each_alone, Options::default(), "10000 categories, at most 2000"),
        (vec![one("яма", "a"), one("двор", "b")], Options::default(), "fewer than two have 2 examples"),
        (
            vec![one("яма", "a"), one("двор", "a"), one("снег", "b"), one("лифт", "b")],
            Options::default(),
            "several texts",
        ),
        (vec![], Options { folds: 1, ..Options::default() }, "2 folds"),
        (vec![], Options { balance: 2.0, ..Options::default() }, "balance"),
        (vec![], Options { most_bytes: 9 << 20, ..Options::default() }, "8 MiB"),
    ];
    for (examples, options, part) in cases {
        let error = train(&examples, &options).unwrap_err().to_string();
        assert!(error.contains(part), "{error} should say {part}");
    }
    let made = made(60);
    let error = train(&examples(&made), &Options { most_bytes: 1000, ..Options::default() }).unwrap_err();
    assert!(matches!(error, TrainError::Small { most: 1000, .. }), "{error}");
}

#[test]
fn a_class_of_one_example_and_texts_without_words_are_left_out_and_named() {
    let mut made = made(60);
    made.push(("гусь на крыше".to_owned(), "birds"));
    made.push(("   ".to_owned(), "roads"));
    made.push(("!!! ???".to_owned(), "roads"));
    let Trained { model, report } = train(&examples(&made), &Options::default()).unwrap();
    assert_eq!(report.left_out.into_iter().collect::<Vec<_>>(), [("birds".to_owned(), 1)]);
    assert_eq!((report.without_text, report.examples), (1, 61));
    assert_eq!(model.classes().len(), 3);
    let kept = train(&examples(&made), &Options { least_examples: 1, ..Options::default() }).unwrap();
    assert_eq!(kept.model.classes()[0], "birds");
}
