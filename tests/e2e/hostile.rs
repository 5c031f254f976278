//! Every hostile component comes to its exact outcome, and nobody else notices.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use veche_domain::appeal::Appeal;
use veche_domain::decision::{Kind, Outcome};
use veche_domain::limits::{LimitExceeded, LimitKind, Limits};
use veche_sandbox::{EngineConfig, Fault, Plugin, SandboxError};
use veche_tests::guest::Guest;
use veche_tests::hostile::{self, BAD_TEXT, Cause, Expect, GOOD_TEXT, Hostile, Used};
use veche_tests::yard::{Yard, appeal};

/// Limits that only a compiler can hit; they are proven where it runs.
const COMPILER: [LimitKind; 3] = [LimitKind::CompileMs, LimitKind::CompileCpuMs, LimitKind::CompileMemory];

struct Suite {
    yard: Yard,
    bad: Appeal,
    good: Appeal,
    neighbour: Plugin,
    neighbour_fuel: u64,
}

impl Suite {
    fn new() -> Self {
        let yard = Yard::new(&EngineConfig { instances: 16, ..EngineConfig::default() });
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

#[test]
fn each_comes_to_its_exact_outcome_and_harms_nobody() {
    let suite = Suite::new();
    let hostiles = hostile::all();
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
fn every_limit_is_proven_by_one() {
    let hostiles = hostile::all();
    assert!(hostiles.len() >= 40, "only {}", hostiles.len());
    let names: HashSet<_> = hostiles.iter().map(|hostile| hostile.name).collect();
    assert_eq!(names.len(), hostiles.len(), "two have one name");
    let proven: BTreeSet<LimitKind> = hostiles.iter().flat_map(Hostile::proves).chain(COMPILER).collect();
    let unproven: Vec<_> = LimitKind::ALL.iter().filter(|kind| !proven.contains(kind)).collect();
    assert!(unproven.is_empty(), "no hostile component proves {unproven:?}");
}

/// The limits that a binding changes, as a ruleset writes them.
fn overrides(limits: &Limits) -> BTreeMap<LimitKind, u64> {
    let standard = Limits::default();
    let changed = LimitKind::ALL.iter().filter(|kind| limits.value(**kind) != standard.value(**kind));
    changed.map(|kind| (*kind, limits.value(*kind))).collect()
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

mod in_the_pipeline {
    use std::path::Path;

    use serde_json::json;
    use veche_app::intake::Accepted;
    use veche_app::regions;
    use veche_domain::decision::State;
    use veche_tests::guest::named;

    use super::*;
    use crate::world::{app, databases, root, sample, yaroslavl};

    /// The sample region with hostile bindings before its own; the hostile ones in the order of the ruleset.
    fn besieged(folder: &Path) -> Vec<Hostile> {
        let region = folder.join("region");
        copy(&sample(), &region);
        let plugins = folder.join("plugins");
        copy(&root().join("target/plugins"), &plugins);
        let ceiling = Limits::of(veche_domain::limits::LimitsClass::Large);
        let within = |hostile: &Hostile| overrides(&hostile.limits).iter().all(|(k, v)| *v <= ceiling.value(*k));
        let hostiles: Vec<Hostile> = hostile::all().into_iter().filter(|h| h.is_called() && within(h)).collect();
        let mut ruleset: toml::Table = std::fs::read_to_string(region.join("ruleset.toml")).unwrap().parse().unwrap();
        let own = ruleset["bindings"].as_array().unwrap().clone();
        let bindings = hostiles.iter().map(|hostile| {
            std::fs::write(plugins.join(hostile.name).with_extension("wasm"), named(&hostile.component, hostile.name))
                .unwrap();
            let binding = json!({"id": hostile.name, "kind": hostile.kind, "plugin": hostile.name,
                "grants": ["log", "calendar", "directory"], "limits": overrides(&hostile.limits)});
            toml::Value::try_from(binding).unwrap()
        });
        ruleset.insert("bindings".into(), bindings.chain(own).collect::<Vec<_>>().into());
        std::fs::write(region.join("ruleset.toml"), toml::to_string(&ruleset).unwrap()).unwrap();
        hostiles
    }

    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &target);
            } else {
                std::fs::copy(&path, target).unwrap();
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_appeal_passes_all_of_them_and_is_decided_by_what_comes_after() {
        let (folder, urls) = databases().await;
        let hostiles = besieged(folder.path());
        for url in urls {
            let app = app(&url, &folder.path().join("cache")).await;
            let (region, plugins) = (folder.path().join("region"), folder.path().join("plugins"));
            regions::load_folder(&app.store, &app.rules, &region, &plugins, None).await.unwrap();
            let content = |text: &str| {
                serde_json::from_value(json!({"channel": "pos", "regime": "59fz", "text": text,
                    "received_at": "2026-02-05T09:00:00Z", "place": {"municipality": "78701000"}}))
                .unwrap()
            };
            let text = format!("{BAD_TEXT} {GOOD_TEXT}");
            let accepted = app.intake.submit(&yaroslavl(), content(&text), None).await.unwrap();
            let Accepted::New { id, effect } = accepted else { panic!("the appeal is new") };
            let verdict = &effect.unwrap().verdicts[0];
            assert_eq!(verdict.category.as_ref().unwrap().as_str(), "housing.heating");
            assert_eq!(verdict.body.as_ref().unwrap().as_str(), "heat-company-yaroslavl");
            assert_eq!(verdict.state, State::Assigned);

            let decisions = app.store.decisions(&yaroslavl(), id).await.unwrap();
            let outcome = |name: &str| decisions.iter().find(|d| d.binding.as_str() == name).map(|d| d.outcome);
            for hostile in &hostiles {
                assert_eq!(outcome(hostile.name), Some(stored(hostile)), "{}", hostile.name);
            }
            assert_eq!((outcome("keywords"), outcome("table")), (Some(Outcome::Ok), Some(Outcome::Ok)));
            assert_eq!(decisions.len(), hostiles.len() + 2);
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
