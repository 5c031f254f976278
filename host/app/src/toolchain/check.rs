//! Looks a component over before it is published: contract, permissions, metadata, size, settings, the same answer on
//! every run, and how near it comes to its limits.

use veche_domain::diff::Language;
use veche_domain::limits::{LimitKind, Limits};
use veche_sandbox::{CONTRACT, Inspection};

use super::cases::{Case, CaseFile};
use super::error::ToolError;
use super::workbench::{Ran, Workbench};

/// Share of a limit above which a plug-in has too little room for the appeals that nobody foresaw.
const TIGHT: f64 = 0.5;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Good,
    /// It works, and somebody should look.
    Doubtful,
    /// A host would refuse it, or it is wrong.
    Bad,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How grave.
    pub grade: Grade,
    /// What was looked at.
    pub what: &'static str,
    /// What was found, and what to do.
    pub text: String,
}

/// The most of a limit that a case used.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// Which limit.
    pub limit: LimitKind,
    /// Most that was used.
    pub used: u64,
    /// What is allowed.
    pub allowed: u64,
    /// By which case.
    pub case: String,
}

impl Room {
    /// Used share.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // A share for people.
    pub fn share(&self) -> f64 {
        self.used as f64 / self.allowed.max(1) as f64
    }
}

/// All that was found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Findings, in the order of looking.
    pub list: Vec<Finding>,
    /// Limits that were used, the tightest first.
    pub room: Vec<Room>,
}

impl Findings {
    fn add(&mut self, grade: Grade, what: &'static str, text: impl Into<String>) {
        self.list.push(Finding { grade, what, text: text.into() });
    }

    /// Findings of a grade.
    #[must_use]
    pub fn count(&self, grade: Grade) -> usize {
        self.list.iter().filter(|finding| finding.grade == grade).count()
    }
}

/// Looks a component over with its cases. The workbench must be without a cache, or nothing is known of `configure`.
///
/// # Errors
/// A case that is wrong in itself.
pub fn check(bench: &mut Workbench, files: &[CaseFile]) -> Result<Findings, ToolError> {
    let mut findings = Findings::default();
    let inspection = bench.inspection.clone();
    contract(&mut findings, &inspection);
    metadata(&mut findings, &inspection);
    settings(&mut findings, &inspection);
    let first = run_all(bench, files)?;
    // Configured anew: a hash map that is seeded by chance or a clock would show here.
    bench.forget();
    let second = run_all(bench, files)?;
    size(&mut findings, &inspection, &first);
    cases(&mut findings, &first);
    determinism(&mut findings, &first, &second);
    room(&mut findings, &inspection, &first);
    Ok(findings)
}

type Runs<'a> = Vec<(&'a CaseFile, &'a Case, Ran)>;

fn run_all<'a>(bench: &mut Workbench, files: &'a [CaseFile]) -> Result<Runs<'a>, ToolError> {
    let mut runs = Vec::new();
    for file in files {
        for case in &file.cases {
            runs.push((file, case, bench.run(file, case)?));
        }
    }
    Ok(runs)
}

fn contract(findings: &mut Findings, i: &Inspection) {
    let kinds: Vec<_> = i.kinds.iter().map(|kind| kind.as_str()).collect();
    findings.add(Grade::Good, "contract", format!("veche:plugin {CONTRACT}, {}", kinds.join(", ")));
    if i.permissions.is_empty() {
        findings.add(Grade::Good, "permissions", "none");
    }
    for permission in &i.permissions {
        findings.add(Grade::Good, "permissions", format!("{permission}: may {}", permission.words(Language::English)));
    }
    if !i.stubs.is_empty() {
        let text = format!("{} WASI interfaces get deterministic stubs: {}", i.stubs.len(), i.stubs.join(", "));
        findings.add(Grade::Doubtful, "imports", format!("{text}; build with the SDK to leave them out"));
    }
}

fn metadata(findings: &mut Findings, i: &Inspection) {
    let m = &i.metadata;
    match (&m.name, &m.version) {
        (Some(name), Some(version)) => findings.add(Grade::Good, "metadata", format!("{name} {version}")),
        _ => findings.add(Grade::Bad, "metadata", "name and version are missing: `veche plugin build` writes them"),
    }
    let wanted = [("authors", &m.authors), ("licence", &m.licenses), ("description", &m.description)];
    for (what, value) in wanted {
        if value.is_none() {
            let text =
                format!("{what} is missing: an administrator looks there; add it to the manifest of the project");
            findings.add(Grade::Doubtful, "metadata", text);
        }
    }
    for language in ["ru", "en"] {
        if !i.title.iter().any(|title| title.language == language && !title.text.trim().is_empty()) {
            findings.add(
                Grade::Doubtful,
                "title",
                format!("there is none in `{language}`: describe the plug-in in it"),
            );
        }
    }
}

fn settings(findings: &mut Findings, i: &Inspection) {
    let schema = &i.settings_schema;
    let fields = schema.get("properties").and_then(serde_json::Value::as_object);
    let count = fields.map_or(0, serde_json::Map::len);
    findings.add(Grade::Good, "settings", format!("a valid JSON Schema with {count} fields"));
    if schema.get("additionalProperties") != Some(&serde_json::Value::Bool(false)) {
        let text = "a misspelt field is taken in silence: say `#[serde(deny_unknown_fields)]`, or \"additionalProperties\": false";
        findings.add(Grade::Doubtful, "settings", text);
    }
    for (name, field) in fields.into_iter().flatten() {
        if field.get("description").is_none() {
            let text = format!("field `{name}` has no description: it is the text of the administrator's form");
            findings.add(Grade::Doubtful, "settings", text);
        }
    }
}

/// The limits under which most is allowed: those of the cases.
fn limits_of(runs: &Runs<'_>) -> Limits {
    runs.iter().map(|(.., ran)| ran.limits.clone()).max_by_key(|limits| limits.component_size).unwrap_or_default()
}

fn size(findings: &mut Findings, i: &Inspection, runs: &Runs<'_>) {
    let allowed = limits_of(runs).component_size;
    let text = format!("{} bytes of {allowed}", i.size);
    if i.size as u64 > allowed {
        let text = format!("{text}: {}", LimitKind::ComponentSize.remedy());
        findings.add(Grade::Bad, "size", text);
    } else {
        findings.add(Grade::Good, "size", text);
    }
}

fn cases(findings: &mut Findings, runs: &Runs<'_>) {
    if runs.is_empty() {
        findings.add(Grade::Doubtful, "cases", "there are none, so nothing was called: write some in cases/");
        return;
    }
    let failed: Vec<_> = runs.iter().filter(|(_, case, ran)| !case.expect.fits(&ran.got)).collect();
    for (file, case, _) in &failed {
        let text = format!("{} of {} fails: `veche plugin test` shows how", case.name, file.path.display());
        findings.add(Grade::Bad, "cases", text);
    }
    if failed.is_empty() {
        findings.add(Grade::Good, "cases", format!("{} pass", runs.len()));
    }
}

fn determinism(findings: &mut Findings, first: &Runs<'_>, second: &Runs<'_>) {
    if first.is_empty() {
        return;
    }
    let mut same = true;
    for ((_, case, a), (.., b)) in first.iter().zip(second) {
        let fuel = |ran: &Ran| ran.usage.map(|usage| (usage.fuel, usage.memory));
        let what = if a.got != b.got || a.file != b.file {
            "gives another answer"
        } else if fuel(a) != fuel(b) {
            "uses another amount of fuel or memory"
        } else {
            continue;
        };
        same = false;
        let text =
            format!("{:?} {what} when it is configured and called again: a decision could not be replayed", case.name);
        findings.add(Grade::Bad, "determinism", text);
    }
    if same {
        findings.add(Grade::Good, "determinism", "configured and called twice, with the same answers, fuel and memory");
    }
}

fn room(findings: &mut Findings, i: &Inspection, runs: &Runs<'_>) {
    let mut most: Vec<Room> = Vec::new();
    let mut note = |limit: LimitKind, used: u64, limits: &Limits, case: &str| {
        let room = Room { limit, used, allowed: limits.value(limit), case: case.to_owned() };
        match most.iter_mut().find(|known| known.limit == limit) {
            Some(known) if known.share() >= room.share() => {}
            Some(known) => *known = room,
            None => most.push(room),
        }
    };
    for (_, case, ran) in runs {
        let (limits, name) = (&ran.limits, case.name.as_str());
        note(LimitKind::ComponentSize, i.size as u64, limits, name);
        let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        if let Some(used) = &ran.usage {
            note(LimitKind::Fuel, used.fuel, limits, name);
            note(LimitKind::Wall, millis(used.duration), limits, name);
            note(LimitKind::Memory, used.memory, limits, name);
            note(LimitKind::HostCalls, used.host_calls, limits, name);
            note(LimitKind::HostBytes, used.host_bytes, limits, name);
            note(LimitKind::LogLines, ran.logs.len() as u64 + u64::from(ran.logs_cut), limits, name);
        }
        if let Some(used) = &ran.configured {
            note(LimitKind::ConfigureFuel, used.fuel, limits, name);
            note(LimitKind::ConfigureMs, millis(used.duration), limits, name);
            note(LimitKind::ConfigureMemory, used.memory, limits, name);
            note(LimitKind::ConfigureHostCalls, used.host_calls, limits, name);
            note(LimitKind::ConfigureHostBytes, used.host_bytes, limits, name);
            note(LimitKind::SnapshotSize, used.snapshot, limits, name);
        }
    }
    most.sort_by(|a, b| b.share().total_cmp(&a.share()));
    for room in most.iter().filter(|room| room.share() > TIGHT) {
        let text = format!(
            "`{}` is used to {:.0} % by {:?}: {}, or ask for more of it in the binding",
            room.limit,
            100.0 * room.share(),
            room.case,
            room.limit.remedy()
        );
        findings.add(Grade::Doubtful, "head-room", text);
    }
    if most.iter().all(|room| room.share() <= TIGHT) && !most.is_empty() {
        findings.add(Grade::Good, "head-room", "the cases use at most half of every limit");
    }
    findings.room = most;
}
