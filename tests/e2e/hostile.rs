//! Every hostile component comes to its exact outcome, and nobody else notices.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use veche_domain::access::Actor;
use veche_domain::appeal::Appeal;
use veche_domain::decision::{Kind, Outcome};
use veche_domain::limits::{LimitExceeded, LimitKind, Limits};
use veche_sandbox::{EngineConfig, Fault, Frame, Plugin, SandboxError};
use veche_tests::guest::Guest;
use veche_tests::hostile::{self, BAD_TEXT, Cause, Expect, GOOD_TEXT, Hostile, Used};
use veche_tests::yard::{Yard, appeal};

use crate::world::{root, veche_binary};

struct Suite {
    yard: Yard,
    bad: Appeal,
    good: Appeal,
    neighbour: Plugin,
    neighbour_fuel: u64,
}

impl Suite {
    /// With a compiler in this process, or in a child.
    fn new(compiler: Option<PathBuf>) -> Self {
        let yard = Yard::new(&EngineConfig { instances: 16, compiler, ..EngineConfig::default() });
        let at = "2026-02-05T09:00:00Z".parse().unwrap();
        let mut guest = Guest::categorizer();
        let code = guest.text("housing.heating");
        let component = guest.body("categorize", &format!("(call $candidate {code} (f32.const 0.9))")).build();
        let neighbour = yard.prepare(&component, &Limits::default()).unwrap();
        let good = appeal(GOOD_TEXT, at);
        let neighbour_fuel = yard.ask(&neighbour, Kind::Categorizer, &good).fuel;
        Self { yard, bad: appeal(BAD_TEXT, at), good, neighbour, neighbour_fuel }
    }

    /// What is wrong with the outcome; none if it is exactly as wanted.
    fn check(&self, hostile: &Hostile) -> Result<(), String> {
        let (component, limits) = (&hostile.component, &hostile.limits);
        let inspected = self.yard.inspect(component, limits);
        match &hostile.expect {
            Expect::InspectLimit(which, used) => return is_limit(inspected, *which, *used, limits),
            Expect::Inspect(variant, said) => return is_error(inspected, variant, said),
            Expect::Describe(cause) => return is_fault(inspected, "describe", cause, limits),
            _ => inspected.map_err(|error| format!("inspection: {error}"))?,
        };
        let prepared = self.yard.configure(component, &hostile.settings, limits);
        let plugin = match &hostile.expect {
            Expect::PrepareLimit(which, used) => return is_limit(prepared, *which, *used, limits),
            Expect::Prepare(variant, said) => return is_error(prepared, variant, said),
            Expect::Configure(cause) => return is_fault(prepared, "configure", cause, limits),
            _ => prepared.map_err(|error| format!("preparation: {error}"))?,
        };
        // Twice: what the first call broke would show in the second.
        let first = self.yard.ask(&plugin, hostile.kind, &self.bad);
        let second = self.yard.ask(&plugin, hostile.kind, &self.bad);
        for asked in [&first, &second] {
            match (&hostile.expect, &asked.result) {
                (Expect::Call(cause), Err(fault)) => is_cause(fault, cause, limits)?,
                (Expect::Answer(_), Ok(_)) => {}
                (Expect::Logs { kept, bytes, cut }, Ok(_)) => {
                    let found: usize = asked.logs.iter().map(|line| line.message.len()).sum();
                    let found = (asked.logs.len(), found, asked.logs_cut);
                    same(found, (*kept, *bytes, *cut))?;
                }
                (expected, result) => return Err(format!("{result:?} and not {expected:?}")),
            }
        }
        if !has_a_clock(&hostile.expect) {
            same((&first.result, first.fuel, first.memory), (&second.result, second.fuel, second.memory))?;
        }
        let next = self.yard.ask(&plugin, hostile.kind, &self.good);
        match hostile.expect {
            // What is too long for one appeal is too long for another.
            Expect::Call(Cause::Limit(LimitKind::InputBytes, _)) => {}
            _ => same(next.result, Ok(serde_json::json!("no_opinion")))?,
        }
        Ok(())
    }

    fn check_neighbour(&self) -> Result<(), String> {
        let asked = self.yard.ask(&self.neighbour, Kind::Categorizer, &self.good);
        let answer = asked.result.map_err(|fault| format!("the neighbour: {fault}"))?;
        same(answer["candidates"][0]["category"].as_str(), Some("housing.heating"))?;
        same(asked.fuel, self.neighbour_fuel)
    }
}

fn has_a_clock(expect: &Expect) -> bool {
    matches!(expect, Expect::Call(Cause::Limit(LimitKind::Wall, _)))
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{found:?} and not {wanted:?}")) }
}

fn is_limit<T: std::fmt::Debug>(
    result: Result<T, SandboxError>,
    which: LimitKind,
    used: Used,
    limits: &Limits,
) -> Result<(), String> {
    match result {
        Err(SandboxError::Limit(exceeded)) => is_exceeded(exceeded, which, used, limits),
        other => Err(format!("{other:?} and not the limit {which}")),
    }
}

fn is_exceeded(exceeded: LimitExceeded, which: LimitKind, used: Used, limits: &Limits) -> Result<(), String> {
    let allowed = limits.value(which);
    if exceeded.which == which && exceeded.allowed == allowed && used.is(exceeded.used, allowed) {
        return Ok(());
    }
    Err(format!("{exceeded:?} and not {used:?} of {which}, {allowed} allowed"))
}

fn is_error<T: std::fmt::Debug>(result: Result<T, SandboxError>, variant: &str, said: &str) -> Result<(), String> {
    match result {
        Err(error) if format!("{error:?}").starts_with(variant) && error.to_string().contains(said) => Ok(()),
        other => Err(format!("{other:?} and not {variant} that says «{said}»")),
    }
}

fn is_fault<T: std::fmt::Debug>(
    result: Result<T, SandboxError>,
    wanted: &str,
    cause: &Cause,
    limits: &Limits,
) -> Result<(), String> {
    match result {
        Err(SandboxError::Fault { export, fault, .. }) if export == wanted => is_cause(&fault, cause, limits),
        other => Err(format!("{other:?} and not a fault of {wanted}")),
    }
}

fn is_cause(fault: &Fault, cause: &Cause, limits: &Limits) -> Result<(), String> {
    match (fault, cause) {
        (Fault::Limit(exceeded), Cause::Limit(which, used)) => is_exceeded(*exceeded, *which, *used, limits),
        (Fault::Trap { message }, Cause::Trap(said)) if message.contains(said) => Ok(()),
        (Fault::Failed { message }, Cause::Failed(said)) if message.contains(said) => Ok(()),
        _ => Err(format!("{fault:?} and not {cause:?}")),
    }
}

/// Runs all of them; what went wrong, by name.
fn run(suite: &Suite, hostiles: &[Hostile]) {
    let wrong: Vec<String> = hostiles
        .iter()
        .filter_map(|hostile| {
            let outcome = suite.check(hostile).and_then(|()| suite.check_neighbour());
            outcome.err().map(|what| format!("{}: {}", hostile.name, what.chars().take(600).collect::<String>()))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} went wrong:\n{}", wrong.len(), hostiles.len(), wrong.join("\n"));
}

#[test]
fn each_comes_to_its_exact_outcome_and_harms_nobody() {
    run(&Suite::new(None), &hostile::all());
}

#[test]
fn a_compile_bomb_is_stopped_in_a_process_of_its_own() {
    run(&Suite::new(Some(veche_binary())), &hostile::compile_bombs());
}

#[test]
fn every_limit_is_proven_by_one() {
    let hostiles = [hostile::all(), hostile::compile_bombs()].concat();
    assert!(hostiles.len() >= 40, "only {}", hostiles.len());
    let names: HashSet<_> = hostiles.iter().map(|hostile| hostile.name).collect();
    assert_eq!(names.len(), hostiles.len(), "two have one name");
    let proven: BTreeSet<LimitKind> = hostiles.iter().flat_map(Hostile::proves).collect();
    let unproven: Vec<_> = LimitKind::ALL.iter().filter(|kind| !proven.contains(kind)).collect();
    assert!(unproven.is_empty(), "no hostile component proves {unproven:?}");

    let told = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for kind in LimitKind::ALL {
        let row = told.lines().find(|line| line.starts_with(&format!("| `{kind}` |")));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for the limit {kind}"));
        let proof = row.trim_end_matches(" |").rsplit('`').nth(1).unwrap_or_default();
        let proves = hostiles.iter().any(|hostile| hostile.name == proof && hostile.proves().contains(kind));
        assert!(proves, "ARCHITECTURE.md says that `{proof}` proves {kind}");
    }
}

/// The outcome that is stored for it.
fn stored(hostile: &Hostile) -> Outcome {
    match &hostile.expect {
        Expect::Call(Cause::Limit(..)) => Outcome::Limit,
        Expect::Call(Cause::Trap(_)) => Outcome::Trap,
        Expect::Call(Cause::Failed(_)) => Outcome::Failed,
        Expect::Answer(outcome) => *outcome,
        _ => Outcome::NoOpinion,
    }
}

/// Real Rust, compiled with the SDK: `guests/verbs` does what the appeal says.
mod compiled {
    use super::*;

    #[test]
    fn rust_is_stopped_and_answers_again() {
        let suite = Suite::new(None);
        let path = veche_tests::guest::root().join("target/guests/verbs.wasm");
        let component = std::fs::read(&path).expect("target/guests is missing: run `cargo xtask plugins`");
        let limits = Limits { fuel: 50_000_000, ..Limits::default() };
        let plugin = suite.yard.prepare(&component, &limits).unwrap();
        let limit = |which, used| Err(Cause::Limit(which, used));
        let trap = || Err(Cause::Trap("unreachable"));
        let cases: &[(&str, Result<&str, Cause>)] = &[
            ("alloc 1000000", Ok("no_opinion")),
            ("alloc 100000000", limit(LimitKind::Memory, Used::More)),
            ("hoard 100000000", limit(LimitKind::Memory, Used::More)),
            ("spin", limit(LimitKind::Fuel, Used::All)),
            // The stack that Rust keeps in its memory ends before that of WebAssembly, which other guests prove.
            ("recurse 10000000", Err(Cause::Trap("out of bounds memory access"))),
            ("panic", trap()),
            ("unwrap", trap()),
            ("index", trap()),
            ("abort", trap()),
            ("exit", trap()),
            ("fail", Err(Cause::Failed("told to fail"))),
            ("reason 100000", Ok("housing.heating")),
            ("reason 5000000", limit(LimitKind::OutputBytes, Used::More)),
            ("reason 10000000", limit(LimitKind::OutputBytes, Used::All)),
            ("candidates 20000", limit(LimitKind::OutputItems, Used::More)),
            // No clock, no randomness, no variables, no files, no network, no processes, no threads.
            ("clock", Ok("SystemTime { tv_sec: 946684800, tv_nsec: 0 }")),
            ("variables", Ok("0")),
            ("file", Ok("refused")),
            ("write", Ok("refused")),
            ("folder", Ok("refused")),
            ("socket", Ok("refused")),
            ("process", Ok("refused")),
            ("thread", Ok("refused")),
        ];
        for (text, expected) in cases {
            let appeal = appeal(text, suite.good.content.received_at);
            let asked = suite.yard.ask(&plugin, Kind::Categorizer, &appeal);
            let found = match (&asked.result, expected) {
                (Ok(answer), Ok(said)) if answer.to_string().contains(said) => Ok(()),
                (Err(fault), Err(cause)) => is_cause(fault, cause, &limits),
                (result, _) => Err(format!("{result:?}")),
            };
            found.unwrap_or_else(|wrong| panic!("«{text}»: {wrong}"));
            let next = suite.yard.ask(&plugin, Kind::Categorizer, &suite.good);
            assert_eq!(next.result, Ok(serde_json::json!("no_opinion")), "after «{text}»");
        }
        // The panic's own words reach the author by the log.
        let told = suite.yard.ask(&plugin, Kind::Categorizer, &appeal("panic", suite.good.content.received_at));
        assert!(told.logs.iter().any(|line| line.message.contains("told to panic")), "{:?}", told.logs);
        // So do the functions that led there, with their lines.
        let line = |frame: &Frame| frame.source.as_deref().is_some_and(|at| at.contains("verbs/src/lib.rs:"));
        let frame = told.backtrace.iter().find(|frame| line(frame));
        let frame = frame.unwrap_or_else(|| panic!("no line of the source in {:#?}", told.backtrace));
        assert!(frame.function.contains("categorize"), "{frame}");
        // What looks random is the same in every call.
        let random = || suite.yard.ask(&plugin, Kind::Categorizer, &appeal("random", suite.good.content.received_at));
        assert_eq!(random().result, random().result);
    }
}

mod in_the_pipeline {
    use serde_json::json;
    use veche_app::intake::Accepted;
    use veche_app::regions;
    use veche_domain::decision::State;
    use veche_tests::hostile::siege;

    use super::*;
    use crate::world::{app, databases, yaroslavl};

    #[tokio::test(flavor = "multi_thread")]
    async fn an_appeal_passes_all_of_them_and_is_decided_by_what_comes_after() {
        let (folder, urls) = databases().await;
        let siege = siege::lay(folder.path(), "yaroslavl");
        for url in urls {
            let app = app(&url, &crate::world::cache()).await;
            regions::load_folder(&app, &siege.region, &siege.plugins, &Actor::named("test")).await.unwrap();
            let content = |text: &str| {
                serde_json::from_value(json!({"channel": "pos", "regime": "59fz", "text": text,
                    "received_at": "2026-02-05T09:00:00Z", "place": {"municipality": "78701000"}}))
                .unwrap()
            };
            let accepted = app.intake.submit(&yaroslavl(), content(BAD_TEXT), None).await.unwrap();
            let Accepted::New { id, effect } = accepted else { panic!("the appeal is new") };
            let verdict = &effect.unwrap().verdicts[0];
            assert_eq!(verdict.category.as_ref().unwrap().as_str(), "housing.heating");
            assert_eq!(verdict.body.as_ref().unwrap().as_str(), "heat-company-yaroslavl");
            assert_eq!(verdict.state, State::Assigned);

            let decisions = app.store.decisions(&yaroslavl(), id).await.unwrap();
            let outcome = |name: &str| decisions.iter().find(|d| d.binding.as_str() == name).map(|d| d.outcome);
            for hostile in &siege.hostiles {
                assert_eq!(outcome(hostile.name), Some(stored(hostile)), "{}", hostile.name);
            }
            assert_eq!((outcome("keywords"), outcome("table")), (Some(Outcome::Ok), Some(Outcome::Ok)));
            assert_eq!(decisions.len(), siege.hostiles.len() + 2);
            // What faulted then faults again, with the same fuel.
            for decision in &decisions {
                if decision.fault.as_deref().is_some_and(|fault| fault.contains("wall_ms")) {
                    continue;
                }
                let replay = app.replay(decision.id).await.unwrap();
                assert!(replay.same_output && replay.same_fuel == Some(true), "{}: {replay:?}", decision.binding);
            }
        }
    }
}
