//! `veche train`, and a chain of keywords and a trained model: what the model decides, why, and what it refuses.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use veche_app::corrections::{Correction, correct};
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::files::Profile;
use veche_app::train::{Believed, History, Options};
use veche_app::{App, bulk, datasets, releases, rollout};
use veche_domain::appeal::AppealId;
use veche_domain::code::{BindingId, CategoryCode, Digest};
use veche_domain::decision::{Categorization, Kind, Outcome};
use veche_domain::limits::{LimitKind, LimitsRequest};
use veche_domain::ruleset::{Binding, FailurePolicy};
use veche_store::Span;

use crate::host_process::{must, run};
use crate::rules::{appeal, check, validated};
use crate::world::{by, root, sample, sample_app, yaroslavl};

fn component() -> Vec<u8> {
    std::fs::read(root().join("target/plugins/categorizer-linear.wasm")).unwrap()
}

fn options() -> Options {
    Options { threads: 2, ..Options::default() }
}

/// The sample's labelled appeals as a history.
async fn from_file(app: &App) -> History {
    let rules = app.rules.active(&yaroslavl()).await.unwrap().unwrap();
    let profile = Profile::named_or_file("veche").unwrap();
    let mut history = History::default();
    let file = sample().join("appeals.csv");
    history.read_file(&file, &profile, Some(rules.clone()), rules.zone(), 100).await.unwrap();
    history
}

async fn upload(app: &App, model: Vec<u8>) -> (Digest, Digest) {
    let (region, admin) = (yaroslavl(), by("admin"));
    let released = releases::upload(&app.store, app.rules.engine(), &region, component(), &admin, Some("admin")).await;
    let dataset = datasets::upload(&app.store, &region, "model", "blob", model, &admin).await;
    (released.unwrap().0.digest, dataset.unwrap().0.digest)
}

fn binding(release: Digest, model: Digest, settings: Value, limits: LimitsRequest) -> Binding {
    Binding {
        id: BindingId::new("model").unwrap(),
        kind: Kind::Categorizer,
        block: None,
        release,
        settings,
        datasets: [("model".to_owned(), model)].into(),
        on_failure: FailurePolicy::Next,
        grants: ["log", "datasets"].map(|name| serde_json::from_value(json!(name)).unwrap()).into(),
        limits,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_answers_where_the_words_of_the_table_are_silent_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let app = sample_app(folder.path()).await;
    let region = yaroslavl();
    let training = from_file(&app).await.train(options()).await.unwrap();
    // Five appeals for each of 50 categories teach little; guessing would be right once in fifty times.
    assert!(training.report.figures.accuracy > 0.3, "{:?}", training.report.figures);
    let (release, model) = upload(&app, training.model).await;
    let settings = json!({"min_confidence": 0.05});
    let draft = validated(&app, "Модель", |rules| {
        rules.threshold = 0.1;
        // After the keywords, before the router.
        rules.bindings.insert(1, binding(release, model, settings, LimitsRequest::default()));
    })
    .await;
    rollout::activate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap();

    // The table knows none of these words; the model knows their parts from the appeals of the past.
    let text = "Автобусик снова опоздал, ждали полчаса на морозе";
    let asked: Vec<(String, Outcome, Option<Value>)> = decisions(&app, text).await;
    let of = |binding: &str| asked.iter().find(|(name, ..)| name == binding);
    assert_eq!(of("keywords").unwrap().1, Outcome::NoOpinion);
    let decided_by_words = "В квартире холодные батареи, отопления нет";
    let asked_words = decisions(&app, decided_by_words).await;
    assert!(asked_words.iter().all(|(binding, ..)| binding != "model"), "{asked_words:?}");

    let (_, outcome, output) = of("model").unwrap_or_else(|| panic!("{asked:?}"));
    assert_eq!(*outcome, Outcome::Ok, "{asked:?}");
    let answer: Categorization = serde_json::from_value(output.clone().unwrap()).unwrap();
    let Categorization::Candidates(candidates) = answer else { panic!("no candidates") };
    let evidence: Vec<&String> = candidates.iter().flat_map(|c| &c.reasons).flat_map(|r| &r.evidence).collect();
    assert!(!evidence.is_empty() && evidence.iter().all(|fragment| text.contains(fragment.as_str())), "{evidence:?}");
    assert_eq!(candidates[0].category, "transport.schedule");
    assert!(candidates[0].reasons[0].message.starts_with("Слова: опоздал"), "{candidates:?}");

    // The same again, bit for bit and with the same fuel.
    let decisions = app.store.sample_decisions(&region, 10).await.unwrap();
    for id in decisions {
        let replay = app.replay(id).await.unwrap();
        assert!(replay.same_output && replay.same_fuel == Some(true), "{replay:?}");
    }
}

/// Binding, outcome and output of each decision on an appeal that comes now.
async fn decisions(app: &App, text: &str) -> Vec<(String, Outcome, Option<Value>)> {
    let id = submit(app, text).await;
    let decisions = app.store.decisions(&yaroslavl(), id).await.unwrap();
    decisions.into_iter().map(|d| (d.binding.to_string(), d.outcome, d.output)).collect()
}

async fn submit(app: &App, text: &str) -> AppealId {
    match app.intake.submit(&yaroslavl(), appeal(text), None).await.unwrap() {
        veche_app::intake::Accepted::New { id, .. } => id,
        veche_app::intake::Accepted::Existing { .. } => panic!("the appeal is new"),
    }
}

/// What cannot be a model is refused when a draft is checked, with what to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_foreign_or_too_large_model_is_refused_when_it_is_bound() {
    let folder = tempfile::tempdir().unwrap();
    let app = sample_app(folder.path()).await;
    let model = from_file(&app).await.train(options()).await.unwrap().model;
    let mut damaged = model.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 4;
    let small = LimitsRequest { overrides: limits(&[("snapshot_size", 300_000)]), ..LimitsRequest::default() };
    let cases = [
        (damaged, LimitsRequest::default(), "damaged"),
        (std::fs::read(sample().join("datasets/keywords.csv")).unwrap(), LimitsRequest::default(), "veche train"),
        (model, small, "snapshot_size"),
    ];
    for (bytes, limits, part) in cases {
        let (release, model) = upload(&app, bytes).await;
        let error = try_binding(&app, binding(release, model, json!({}), limits)).await;
        assert!(error.contains("model") && error.contains(part), "{error} should say {part}");
    }
}

fn limits(own: &[(&str, u64)]) -> BTreeMap<LimitKind, u64> {
    own.iter().map(|(name, value)| ((*name).to_owned().try_into().unwrap(), *value)).collect()
}

/// Why a draft with the binding is not valid.
async fn try_binding(app: &App, binding: Binding) -> String {
    let (region, admin) = (yaroslavl(), by("admin"));
    let new = NewDraft { title: "Модель".into(), ruleset: None };
    let draft = drafts::create(app, &region, new, &admin).await.unwrap();
    let mut ruleset = draft.ruleset.clone();
    ruleset.bindings.insert(1, binding);
    let draft = drafts::edit(app, &region, draft.id, draft.version, Edit::Replace(ruleset), &admin).await.unwrap();
    drafts::validate(app, &region, draft.id, draft.version, &admin).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_gives_what_people_named_and_masks_it() {
    check(async |app| {
        let region = yaroslavl();
        let profile = Profile::named_or_file("veche").unwrap();
        let rejects = tempfile::tempdir().unwrap();
        let rejects = rejects.path().join("rejects.csv");
        let file = sample().join("appeals.csv");
        bulk::import_file(&app.store, &app.rules, &app.threads, &region, &file, &profile, &rejects, &|_, _, _| {})
            .await
            .unwrap();
        let span = Span {
            region: region.clone(),
            since: chrono::DateTime::UNIX_EPOCH,
            until: "2100-01-01T00:00:00Z".parse().unwrap(),
        };
        // Nobody corrected anything yet: there is nothing to believe but the rules themselves.
        let mut people = History::default();
        people.read_store(&app, &span, Believed::People).await.unwrap();
        let error = people.train(options()).await.unwrap_err().to_string();
        assert!(error.contains("no labelled text"), "{error}");
        let mut unchanged = History::default();
        unchanged.read_store(&app, &span, Believed::PeopleAndUnchanged).await.unwrap();
        let training = unchanged.train(options()).await.unwrap();
        assert!(training.gathered.rows >= 240 && training.report.examples > 200, "{:?}", training.gathered);
        assert!(training.report.figures.accuracy > 0.3, "{:?}", training.report.figures);

        for (text, category) in [
            ("Пишет Сидорова Анна Петровна: яма у дома", "roads.light"),
            ("Яма на повороте, пробито колесо", "roads.light"),
            ("Батареи ледяные", "housing.manager"),
            ("Холодные батареи в комнате", "housing.manager"),
        ] {
            let id = submit(&app, text).await;
            let correction = Correction {
                question: 0,
                category: Some(CategoryCode::new(category).unwrap()),
                body: None,
                reason: "так вернее".into(),
                version: None,
            };
            correct(&app.store, &app.rules, &region, id, correction, &by("operator")).await.unwrap();
        }
        let mut people = History::default();
        people.read_store(&app, &span, Believed::People).await.unwrap();
        let mut named: Vec<_> = people.examples().iter().map(|(text, class)| (text.as_str(), class.as_str())).collect();
        named.sort_unstable();
        let expected = [
            ("Батареи ледяные", "housing.manager"),
            ("Пишет [ФИО]: яма у дома", "roads.light"),
            ("Холодные батареи в комнате", "housing.manager"),
            ("Яма на повороте, пробито колесо", "roads.light"),
        ];
        assert_eq!(named, expected);
    })
    .await;
}

#[test]
fn the_command_trains_repeats_itself_and_names_what_it_misses() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let appeals = sample().join("appeals.csv");
    let appeals = appeals.to_str().unwrap();
    let plugins = root().join("target/plugins");
    must(at, &["region", "load", "samples/yaroslavl", "--plugins", plugins.to_str().unwrap()]);
    let path = |name: &str| at.join(name).display().to_string();
    let train = |threads: &str, out: &str, more: &[&str]| {
        let args = ["train", appeals, "--map", "veche", "--region", "yaroslavl", "--threads", threads, "--out", out];
        run(at, &[&args, more].concat())
    };
    let said = train("1", &path("one.bin"), &["--json", &path("report.json")]);
    assert!(said.success && said.out.contains("held out: accuracy"), "{} {}", said.out, said.err);
    assert!(train("2", &path("two.bin"), &[]).success);
    let bytes = |name: &str| std::fs::read(at.join(name)).unwrap();
    assert!(bytes("one.bin") == bytes("two.bin"), "threads change nothing");
    assert!(train("2", &path("seed.bin"), &["--seed", "2"]).success && bytes("seed.bin") != bytes("one.bin"));
    let report: Value = serde_json::from_slice(&bytes("report.json")).unwrap();
    assert!(report["figures"]["calibration_error"].as_f64().unwrap() < 0.2, "{}", report["figures"]);
    assert!(report["classes"]["housing.heating"]["f1"].is_number() && report["confusions"].is_array());

    bad_histories(at, &path("bad.bin"));
    for (args, parts) in [
        (vec!["train", "--region", "yaroslavl", "--out", "x.bin"], &["no labelled text"][..]),
        (vec!["train", "--region", "atlantis", "--out", "x.bin"], &["atlantis", "veche region load"]),
        (vec!["train", "--out", "x.bin"], &["--region"]),
        (vec!["train", "none.csv", "--map", "veche", "--out", "x.bin"], &["none.csv"]),
        (vec!["train", appeals, "--map", "veche", "--folds", "1", "--out", "x.bin"], &["2 folds"]),
        (vec!["train", appeals, "--map", "veche", "--max-bytes", "1000", "--out", "x.bin"], &["1000", "bytes"]),
    ] {
        let said = run(at, &args);
        assert!(!said.success && parts.iter().all(|part| said.err.contains(part)), "{args:?}: {}", said.err);
    }
}

/// One class, ten thousand classes, no text, a class of one example.
fn bad_histories(at: &Path, out: &str) {
    let header = "external_id,received_at,channel,regime,applicant_kind,applicant_name,applicant_phone,municipality,\
                  address,lat,lon,text,expected_category,expected_body\n";
    let row = |n: usize, text: &str, class: &str| format!("{n},2026-02-05,pos,pos,citizen,,,,,,,{text},{class},\n");
    let many = |count: usize, class: &dyn Fn(usize) -> String| -> String {
        (0..count).map(|n| row(n, "яма на дороге", &class(n))).collect()
    };
    let good = |n: usize| row(n, ["яма на дороге", "батареи холодные"][n % 2], ["roads", "heating"][n % 2]);
    let rare = (0..20).map(good).collect::<String>() + &row(99, "гусь на крыше", "birds");
    let cases = [
        (many(5, &|_| "roads".into()), false, "all examples are of one category, roads"),
        (many(10_000, &|n| format!("class-{n}")), false, "10000 categories, at most 2000"),
        (rare, true, "1 categories with too few examples, left out: birds (1)"),
    ];
    for (rows, success, part) in cases {
        let file = at.join("history.csv");
        std::fs::write(&file, format!("{header}{rows}")).unwrap();
        let said = run(at, &["train", file.to_str().unwrap(), "--map", "veche", "--out", out]);
        assert_eq!(said.success, success, "{} {}", said.out, said.err);
        assert!(said.err.contains(part) || said.out.contains(part), "{part}: {} {}", said.out, said.err);
    }
}
