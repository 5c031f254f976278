//! The same rules in Rust, JavaScript and Python: the same answers, the same refusals, a stack that an author can read.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use veche_app::bulk::each_row;
use veche_app::files::Profile;
use veche_app::pipeline::decide;
use veche_app::{App, regions};
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::decision::{Kind, Permission};
use veche_domain::limits::{Limits, LimitsClass};
use veche_sandbox::{EngineConfig, Fault, SandboxError};
use veche_tests::yard::{Yard, appeal};

use crate::world::{app, by, root, sample, yaroslavl};

fn plugin(name: &str) -> Vec<u8> {
    let path = root().join("target/plugins").join(name).with_extension("wasm");
    let missing = format!("{} is missing: run the tests with `cargo xtask test`", path.display());
    std::fs::read(path).expect(&missing)
}

/// A sandbox whose code is kept between runs: an interpreter takes a minute to compile.
fn yard(routes: &str) -> Yard {
    let cache = Some(crate::world::cache());
    Yard::new(&EngineConfig { cache, ..EngineConfig::default() }).with_table("routes", routes)
}

fn sample_routes() -> String {
    std::fs::read_to_string(sample().join("datasets/routes.csv")).unwrap()
}

fn large() -> Limits {
    Limits::of(LimitsClass::Large)
}

#[test]
fn javascript_answers_and_refuses_as_rust_does() {
    let (rust, javascript) = (plugin("router-table"), plugin("router-table-js"));
    let yard = yard(&sample_routes());
    let inspection = yard.inspect(&javascript, &large()).unwrap();
    assert_eq!(inspection.kinds, [Kind::Router]);
    assert_eq!(inspection.permissions, [Permission::Log, Permission::Calendar, Permission::Datasets]);
    assert!(inspection.stubs.is_empty(), "{:?}", inspection.stubs);
    assert_eq!(inspection.metadata.name.as_deref(), Some("router-table-js"));
    assert_eq!(inspection.metadata.licenses.as_deref(), Some("Apache-2.0"));

    let settings = json!({"priorities": [{"category": "housing.*", "priority": "high"}], "start": "next_working_day"});
    let plugins = [&rust, &javascript].map(|component| yard.configure(component, &settings, &large()).unwrap());
    let mut answers = Vec::new();
    for (regime, district, category) in [
        ("59fz", None, "housing.heating"),
        ("pos", Some("Дзержинский  РАЙОН"), "housing.heating"),
        ("pos-fast", Some("нет такого"), "roads.surface"),
        ("social", None, "housing.water"),
        ("none", Some("Заволжский район"), "roads.surface"),
    ] {
        let mut question = appeal("Холодные батареи", "2026-04-30T09:00:00Z".parse().unwrap());
        question.content.regime = regime.parse().unwrap();
        question.content.place.district = district.map(str::to_owned);
        let said = [0, 1].map(|one| yard.route(&plugins[one], &question, category).result.unwrap());
        assert_eq!(said[0], said[1], "{regime} {district:?} {category}");
        answers.push(serde_json::to_value(&said[0]).unwrap());
    }
    // Equal, and not equally empty.
    assert_eq!(answers[0].pointer("/assigned/body"), Some(&json!("heat-company-yaroslavl")), "{}", answers[0]);
    assert_eq!(answers[0].pointer("/assigned/priority"), Some(&json!("high")));
    assert_eq!(answers[0].pointer("/assigned/clocks").and_then(Value::as_array).map(Vec::len), Some(3));

    let rule = |rest: Value| {
        let mut rule = json!({"kind": "answer", "amount": 1, "unit": "hours", "basis": "x"});
        rule.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        rule
    };
    for (settings, field) in [
        (json!({"clocks": [rule(json!({"category": "*.b"}))]}), "/clocks/0/category"),
        (json!({"clocks": [rule(json!({})), rule(json!({}))]}), "/clocks/1"),
        (json!({"clocks": [rule(json!({"basis": " "}))]}), "/clocks/0/basis"),
        (json!({"priorities": [{"category": "a*", "priority": "low"}]}), "/priorities/0/category"),
    ] {
        let [rust, javascript] =
            [&rust, &javascript].map(|component| match yard.configure(component, &settings, &large()).err() {
                Some(SandboxError::Settings(faults)) => faults,
                other => panic!("{settings}: {other:?}"),
            });
        assert_eq!((rust[0].field.as_str(), &rust), (field, &javascript), "{settings}");
    }
}

/// What goes wrong in a call names the function and the line of the source, not of what was built of it.
#[test]
fn a_fault_in_javascript_has_its_stack_in_the_log() {
    let routes = "category,municipality,district,body\nhousing.heating,,,nobody\n";
    let yard = yard(routes);
    let plugin = yard.configure(&plugin("router-table-js"), &json!({}), &large()).unwrap();
    let mut question = appeal("Холодные батареи", "2026-02-05T09:00:00Z".parse().unwrap());
    question.content.regime = "social".parse().unwrap();
    let report = yard.route(&plugin, &question, "housing.heating");
    let message = "unknown body nobody: correct the code or add the body to the dictionary";
    assert_eq!(report.result.unwrap_err(), Fault::Failed { message: message.into() });
    let [line] = report.logs.as_slice() else { panic!("{:?}", report.logs) };
    assert_eq!(
        (line.level.as_str(), line.message.lines().next().unwrap()),
        ("error", &*format!("route: CalendarFailure: {message}"))
    );
    let source = std::fs::read_to_string(root().join("plugins/router-table-js/src/clocks.ts")).unwrap();
    let at = 1 + source.lines().position(|line| line.contains("calendar.addWorkingMinutes(")).unwrap();
    assert!(line.message.contains(&format!("src/clocks.ts:{at}")), "line {at}: {}", line.message);
    assert!(line.message.contains("src/plugin.ts:"), "{}", line.message);
}

/// A project in a folder of its own that uses the packages of the reference plug-in.
fn project(folder: &Path, name: &str, source: &str) -> PathBuf {
    let project = folder.join(name);
    std::fs::create_dir_all(project.join("src")).unwrap();
    let package = json!({"name": name, "version": "0.1.0", "type": "module"});
    std::fs::write(project.join("package.json"), package.to_string()).unwrap();
    std::fs::write(project.join("src/plugin.js"), source).unwrap();
    let packages = root().join("plugins/router-table-js/node_modules");
    std::os::unix::fs::symlink(packages, project.join("node_modules")).unwrap();
    project
}

fn build(project: &Path) -> Result<Vec<u8>, String> {
    let cli = root().join("sdk/js/build/cli.js");
    let done = Command::new("node").arg(cli).arg("build").current_dir(project).output().unwrap();
    if !done.status.success() {
        return Err(String::from_utf8(done.stderr).unwrap());
    }
    let name = project.file_name().unwrap().to_str().unwrap();
    Ok(std::fs::read(project.join("dist").join(name).with_extension("wasm")).unwrap())
}

/// Mistakes of an author: each is told with its place and what would be right, most of them before there is a component.
#[test]
fn mistakes_in_javascript_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = "export const plugin = { title: { en: \"T\" } };\n";
    let built = |name: &str, source: &str| build(&project(folder.path(), name, source));
    for (name, source, said) in [
        ("no-plugin", "export const router = { route() {} };", "does not say what the plug-in is"),
        ("no-kind", plugin, "export a categorizer, or router, or indicators, or exporter, too"),
        ("no-syntax", "export const plugin = {", "src/plugin.js:1:24: "),
        ("no-module", "import \"left-pad\";", "Could not resolve \"left-pad\""),
        (
            "no-part",
            &format!("import \"veche:plugin/sockets\";\n{plugin}export const router = {{ route() {{}} }};"),
            "veche:plugin/sockets is no part of the contract",
        ),
    ] {
        let error = built(name, source).unwrap_err();
        assert!(error.starts_with("error: ") && error.contains(said), "{name}: {error}");
    }

    let yard = Yard::new(&EngineConfig::default());
    let source = format!(
        "{plugin}export const categorizer = {{\n  categorize(appeal) {{\n    const answers = {{\n      \
         late: async () => [],\n      clock: () => [Date.now()],\n      chance: () => [Math.random()],\n      \
         text: () => [{{ category: 7, confidence: 1 }}],\n      broken: () => appeal.nothing.at(0),\n    }};\n    \
         return answers[appeal.text]();\n  }},\n}};\n"
    );
    let component = built("mistakes", &source).unwrap();
    let plugin = yard.prepare(&component, &large()).unwrap();
    for (text, said) in [
        ("late", "`categorize` is async: a call of a plug-in never waits"),
        ("clock", "a plug-in has no clock: take `context.now`"),
        ("chance", "a plug-in has no randomness"),
        ("text", "the category of a candidate is number: it must be a text"),
        ("broken", "(at "),
    ] {
        let question = appeal(text, "2026-02-05T09:00:00Z".parse().unwrap());
        let report = yard.categorize(&plugin, &question);
        match report.result.unwrap_err() {
            Fault::Failed { message } => assert!(message.contains(said), "{text}: {message}"),
            other => panic!("{text}: {other} {:?}", report.logs),
        }
    }
    let question = appeal("broken", "2026-02-05T09:00:00Z".parse().unwrap());
    let log = yard.categorize(&plugin, &question).logs;
    assert!(log[0].message.contains("src/plugin.js:9"), "{:?}", log[0]);
}

/// The second ruleset of the sample: routers in three languages decide what one in Rust does, question by question.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_ruleset_decides_like_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let cache = crate::world::cache();
    let mut decided = Vec::new();
    let mut appeals: Vec<Appeal> = Vec::new();
    for (name, ruleset) in [("rust", "ruleset.toml"), ("languages", "rulesets/languages.toml")] {
        let region = region_with(folder.path(), name, ruleset);
        let app = app(&folder.path().join(name).with_extension("db").display().to_string(), &cache).await;
        regions::load_folder(&app, &region, &root().join("target/plugins"), &by("test")).await.unwrap();
        if appeals.is_empty() {
            appeals = sample_appeals(&app).await;
        }
        decided.push(routes(&app, &appeals).await);
    }
    let [rust, languages] = decided.as_slice() else { panic!() };
    let mut by_binding = std::collections::BTreeMap::<&str, u32>::new();
    for ((appeal, one), other) in appeals.iter().zip(rust).zip(languages) {
        let plain = |routes: &[(String, Value)]| routes.iter().map(|(_, answer)| answer.clone()).collect::<Vec<_>>();
        assert_eq!(plain(one), plain(other), "{:?}", appeal.content.external_id);
        other.iter().for_each(|(binding, _)| *by_binding.entry(binding).or_default() += 1);
    }
    let all = ["table", "table-js", "table-python-energy", "table-python-roads"];
    assert!(by_binding.keys().copied().eq(all) && by_binding.values().all(|count| *count > 5), "{by_binding:?}");
}

/// The sample region with one of its rulesets and without what decides nothing.
fn region_with(folder: &Path, name: &str, ruleset: &str) -> PathBuf {
    let region = folder.join(name);
    for part in ["", "datasets"] {
        std::fs::create_dir_all(region.join(part)).unwrap();
        for entry in std::fs::read_dir(sample().join(part)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), region.join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    let mut file: toml::Table = toml::from_str(&std::fs::read_to_string(sample().join(ruleset)).unwrap()).unwrap();
    file["bindings"]
        .as_array_mut()
        .unwrap()
        .retain(|one| matches!(one["kind"].as_str(), Some("categorizer" | "router")));
    std::fs::write(region.join("ruleset.toml"), toml::to_string(&file).unwrap()).unwrap();
    region
}

async fn sample_appeals(app: &App) -> Vec<Appeal> {
    let rules = app.rules.active(&yaroslavl()).await.unwrap().unwrap();
    let profile = Profile::named_or_file("veche").unwrap();
    let mut appeals = Vec::new();
    each_row(&sample().join("appeals.csv"), &profile, Some(rules.clone()), rules.zone(), |row| {
        appeals.push(Appeal { id: AppealId::new(), content: row.appeal });
    })
    .await
    .unwrap();
    appeals
}

/// What routers said on each appeal, by binding.
async fn routes(app: &App, appeals: &[Appeal]) -> Vec<Vec<(String, Value)>> {
    let rules = app.rules.active(&yaroslavl()).await.unwrap().unwrap();
    let appeals = appeals.to_vec();
    let run = move || {
        let routed = |appeal: &Appeal| {
            let decisions = decide(&rules, appeal).decisions.into_iter().filter(|one| one.kind == Kind::Router);
            decisions.map(|one| (one.binding.to_string(), one.output.unwrap_or(json!(one.fault)))).collect()
        };
        appeals.iter().map(routed).collect()
    };
    app.threads.run(run).await.unwrap()
}
