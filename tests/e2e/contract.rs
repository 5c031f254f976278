//! What was compiled for a released contract keeps running; what was compiled for another is told so.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use veche_domain::code::Digest;
use veche_domain::decision::{Kind, Permission};
use veche_domain::export::{Cell, Request, Subject, Written};
use veche_domain::facts::FactTable;
use veche_domain::indicator::{Period, PeriodKind};
use veche_sandbox::{EngineConfig, Exporting, Inspection, Limits, Measuring};
use veche_tests::guest::{Guest, World, encode, root};
use veche_tests::yard::{Yard, appeal};
use wit_parser::Resolve;

const FROZEN: &str = "0.1.0";

fn fixtures() -> PathBuf {
    root().join("tests/fixtures").join(format!("contract-{FROZEN}"))
}

/// The fixture of a kind, built against the frozen contract by the pinned encoder.
fn fixture(world: World) -> Vec<u8> {
    let module = wat::parse_file(fixtures().join(world.name()).with_extension("wat")).unwrap();
    let mut resolve = Resolve::default();
    resolve.push_dir(root().join("wit").join(FROZEN)).unwrap();
    encode(&module, &resolve, world).unwrap()
}

fn yard() -> Yard {
    Yard::new(&EngineConfig { instances: 16, ..EngineConfig::default() })
        .with_table("bodies", "category,body\nhousing.heating,heat-company-yaroslavl\n")
}

#[test]
fn a_fixture_is_built_bit_for_bit_as_it_was() {
    let worlds = [World::Categorizer, World::Exporter, World::Indicators, World::Router];
    let built: String = worlds
        .map(|world| format!("{}  {}.wasm\n", hex::encode(Sha256::digest(fixture(world))), world.name()))
        .concat();
    let recorded = std::fs::read_to_string(fixtures().join("SHA256")).unwrap();
    assert_eq!(built, recorded, "a fixture of {FROZEN} stands for what is compiled out there: it never changes");
}

#[test]
fn an_indicator_that_was_compiled_then_is_measured() {
    let plugin = yard().prepare(&fixture(World::Indicators), &Limits::default()).unwrap();
    let definitions = plugin.definitions().result.unwrap();
    assert_eq!((definitions[0].code.as_str(), definitions[0].unit.as_str()), ("rows", "appeals"));
    let day = chrono::NaiveDate::from_ymd_opt(2026, 2, 10).unwrap();
    let asked = Measuring {
        indicator: "rows",
        period: Period::holding(PeriodKind::Month, day, chrono::Weekday::Mon).unwrap(),
        cut_off: "2026-03-01T00:00:00Z".parse().unwrap(),
        facts: Arc::new(FactTable { rows: 10_000, columns: Vec::new() }),
    };
    let measured = plugin.measure(&asked).result.unwrap();
    assert_eq!((measured.len(), measured[0].value), (1, Some(10_000.0)));
}

#[test]
fn an_exporter_that_was_compiled_then_writes_its_file() {
    let plugin = yard().prepare(&fixture(World::Exporter), &Limits::default()).unwrap();
    let formats = plugin.formats().result.unwrap();
    assert_eq!((formats[0].id.as_str(), formats[0].subject, formats.len()), ("points", Subject::Appeals, 1));
    let day = chrono::NaiveDate::from_ymd_opt(2026, 2, 10).unwrap();
    let period = Period::holding(PeriodKind::Month, day, chrono::Weekday::Mon).unwrap();
    let request = Request { language: "ru".into(), period, options: Default::default() };
    let (sender, pieces) = std::sync::mpsc::channel();
    let mut batches = vec![vec![vec![Cell::Integer(7)]; 256]; 4].into_iter();
    let asked = Exporting {
        format: "points",
        request: &request,
        columns: Subject::Appeals.chosen(&["id".to_owned()], "ru"),
        expected: 1_024,
        rows: Box::new(move || Ok(batches.next())),
        sink: Box::new(move |bytes| sender.send(bytes).map_err(|e| e.to_string())),
        stop: Arc::default(),
    };
    let (summary, written) = plugin.export(asked).result.unwrap();
    assert_eq!((summary.rows, summary.skipped, summary.notes.len()), (1_024, 0, 0));
    assert_eq!(written, Written { rows: 1_024, ended: true, bytes: 1_024 });
    assert_eq!(pieces.iter().flatten().filter(|byte| *byte == b'.').count(), 1_024);
}

#[test]
fn compiled_plugins_of_every_kind_are_inspected() {
    let yard = yard();
    let inspect = |world| yard.inspect(&fixture(world), &Limits::default()).unwrap();
    let told = |i: &Inspection| (i.kinds.clone(), i.permissions.clone(), i.contract.clone(), i.title[0].text.clone());
    let says = |kind, permissions: &[Permission]| {
        (vec![kind], permissions.to_vec(), "0.1".to_owned(), "Contract 0.1.0".to_owned())
    };
    let categorizer = inspect(World::Categorizer);
    assert_eq!(
        told(&categorizer),
        says(Kind::Categorizer, &[Permission::Log, Permission::Directory, Permission::Applicant])
    );
    assert_eq!(categorizer.digest, Digest::of(&fixture(World::Categorizer)));
    let router = inspect(World::Router);
    assert_eq!(told(&router), says(Kind::Router, &[Permission::Calendar, Permission::Datasets]));
    assert_eq!(router.datasets[0].name, "bodies");
    assert_eq!(told(&inspect(World::Indicators)), says(Kind::Indicators, &[]));
    assert_eq!(told(&inspect(World::Exporter)), says(Kind::Exporter, &[]));
}

#[test]
fn compiled_categorizers_and_routers_answer() {
    let yard = yard();
    let appeal = appeal("housing.heating", "2024-04-26T09:00:00Z".parse().unwrap());
    let plugin = yard.prepare(&fixture(World::Categorizer), &Limits::default()).unwrap();
    let asked = yard.ask(&plugin, Kind::Categorizer, &appeal);
    let why = "the text is a category code";
    assert_eq!(
        asked.result.unwrap(),
        serde_json::json!({"candidates": [{"category": "housing.heating", "confidence": 0.75,
            "reasons": [{"message": why, "evidence": ["housing.heating"]}]}]})
    );
    assert_eq!((asked.logs[0].message.as_str(), asked.logs_cut), (why, 0));

    let plugin = yard.prepare(&fixture(World::Router), &Limits::default()).unwrap();
    // 30 days after 26 April 2024 is a Sunday; the clock moves back to Friday the 24th of May, Moscow time.
    assert_eq!(
        yard.ask(&plugin, Kind::Router, &appeal).result.unwrap(),
        serde_json::json!({"assigned": {"body": "heat-company-yaroslavl", "priority": "high", "reasons": [],
            "clocks": [{"kind": "answer", "due": "2024-05-24T20:59:59Z", "basis": "30 days"}]}})
    );
}

#[test]
fn another_contract_is_named_with_the_remedy() {
    let yard = yard();
    let refused = |guest: &Guest| yard.inspect(&guest.build(), &Limits::default()).unwrap_err().to_string();
    let said = refused(&Guest::categorizer().version("0.3.0"));
    for part in ["built for contract 0.3", "this host serves 0.1", "rebuild the plug-in with veche-sdk 0.1"] {
        assert!(said.contains(part), "«{said}» does not say «{part}»");
    }
    // Within one line the newer and the older plug-in are taken.
    for version in ["0.1.1", "0.1.7"] {
        let inspection = yard.inspect(&Guest::router().version(version).build(), &Limits::default()).unwrap();
        assert_eq!(inspection.contract, "0.1");
    }
    for version in ["0.2.0", "1.0.0", "0.1.0-draft"] {
        let said = refused(&Guest::categorizer().version(version));
        assert!(said.contains(version) && said.contains("this host serves 0.1"), "{version}: {said}");
    }
}
