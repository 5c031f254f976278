//! Runs golden cases and single appeals: the component is inspected, configured and called as on a host.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{NaiveDate, Utc, Weekday};
use veche_domain::calendar::{ProductionCalendar, WorkTime, local_date};
use veche_domain::code::Digest;
use veche_domain::decision::{Categorization, ChosenCategory, Kind, Routing};
use veche_domain::dictionary::Dictionaries;
use veche_domain::export::{Format, Request, check_file, check_formats};
use veche_domain::indicator::{Definition, Period, PeriodKind, check_answers, check_definitions};
use veche_domain::limits::{Limits, LimitsClass, LimitsRequest};
use veche_sandbox::datasets::Dataset;
use veche_sandbox::{
    Configured, Engine, Exporting, Inspection, LogLine, Measuring, Plugin, Preparation, Question, Report, SandboxError,
    World, inspect, prepare,
};

use super::cases::{Case, CaseAppeal, CaseCategory, CaseExport, CaseFile, CaseMeasure};
use super::columns;
use super::error::{ToolError, read, write};
use super::expect::{Expect, Refused};
use super::explain::Trouble;
use crate::advice::{Rubric, check_candidates, check_routing};
use crate::files::load_region_dir;
use crate::regions::read_calendar;

/// A component on the bench. Equal settings and datasets are configured once.
pub struct Workbench {
    engine: Engine,
    component: Vec<u8>,
    /// What it says of itself.
    pub inspection: Inspection,
    regions: HashMap<PathBuf, Arc<Region>>,
    ready: HashMap<Digest, Arc<Ready>>,
}

/// A region's folder.
struct Region {
    dictionaries: Arc<Dictionaries>,
    calendar: ProductionCalendar,
}

/// A configured plug-in, or settings that it refuses, or what went wrong.
enum Ready {
    Plugin(Box<Plugin>, Limits),
    Refused(Vec<Refused>, Limits),
    Broken(Box<Trouble>, Limits),
}

/// What one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Fuel.
    pub fuel: u64,
    /// Wall clock, with instantiation.
    pub duration: Duration,
    /// Peak linear memory, bytes.
    pub memory: u64,
    /// Calls of the host.
    pub host_calls: u64,
    /// Bytes that crossed the border in them.
    pub host_bytes: u64,
}

/// What came of a case.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The answer.
    pub got: Expect,
    /// A failure, in full; expected or not.
    pub trouble: Option<Trouble>,
    /// What the call used; nothing where it did not come to one.
    pub usage: Option<Usage>,
    /// What `configure` used; none where its code came from the cache.
    pub configured: Option<Configured>,
    /// Limits under which it ran.
    pub limits: Limits,
    /// Lines that the plug-in wrote in the call.
    pub logs: Vec<LogLine>,
    /// Lines left out or cut.
    pub logs_cut: u32,
    /// Bytes of an exported file.
    pub file: Option<Vec<u8>>,
}

impl Workbench {
    /// Takes a component. What it says of itself is kept in `inspections`, if that is given: an interpreter takes a minute to
    /// compile, only to be asked who it is.
    ///
    /// # Errors
    /// It cannot be read, or is no plug-in of this contract.
    pub fn open(engine: Engine, component: &Path, inspections: Option<&Path>) -> Result<Self, ToolError> {
        let bytes = read(component)?;
        let kept = inspections.map(|folder| {
            let digest = Digest::of(&bytes).to_string();
            folder.join(format!(
                "inspection-{}-{}.json",
                env!("CARGO_PKG_VERSION"),
                digest.trim_start_matches("sha256:")
            ))
        });
        let known = kept.as_ref().and_then(|path| serde_json::from_slice(&std::fs::read(path).ok()?).ok());
        let inspection = match known {
            Some(known) => known,
            None => {
                let request = LimitsRequest { class: LimitsClass::Large, ..LimitsRequest::default() };
                let limits = request.resolve(engine.ceiling()).unwrap_or_default();
                let inspection = inspect(&engine, &bytes, &limits)?;
                if let Some(path) = kept {
                    // What cannot be kept is asked again.
                    let _ = write(&path, &serde_json::to_vec(&inspection).unwrap_or_default());
                }
                inspection
            }
        };
        Ok(Self { engine, component: bytes, inspection, regions: HashMap::new(), ready: HashMap::new() })
    }

    /// Size of the component, bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.component.len()
    }

    /// Forgets what was configured, so that it is configured again.
    pub fn forget(&mut self) {
        self.ready.clear();
    }

    /// Which kind a file asks.
    ///
    /// # Errors
    /// A kind that the component does not have, or none where it has several.
    pub fn kind(&self, file: &CaseFile) -> Result<Kind, ToolError> {
        let kinds = &self.inspection.kinds;
        let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
        let reason = match (file.kind, kinds.as_slice()) {
            (Some(kind), _) if kinds.contains(&kind) => return Ok(kind),
            (Some(kind), _) => format!("kind = \"{kind}\", and the component is {}", names.join(", ")),
            (None, [kind]) => return Ok(*kind),
            (None, _) => format!("the component is {}: say `kind = \"…\"` at the top", names.join(", ")),
        };
        Err(ToolError::file(&file.path, reason))
    }

    /// Runs a case.
    ///
    /// # Errors
    /// What is wrong with the case itself. A failure of the plug-in is what came of it.
    pub fn run(&mut self, file: &CaseFile, case: &Case) -> Result<Ran, ToolError> {
        let kind = self.kind(file)?;
        let wrong = |reason: String| ToolError::file(&file.path, format!("case {:?}: {reason}", case.name));
        let region = self.region(&file.beside(&file.region))?;
        let ready = self.prepare(file, case, kind, &region)?;
        let (plugin, limits) = match &*ready {
            Ready::Plugin(plugin, limits) => (plugin, limits),
            Ready::Refused(refused, limits) => {
                let got = Expect { settings: Some(refused.clone()), ..Expect::default() };
                return Ok(Ran::without_call(got, None, limits));
            }
            Ready::Broken(trouble, limits) => {
                let got = Expect { fault: Some(trouble.what.clone()), ..Expect::default() };
                return Ok(Ran::without_call(got, Some((**trouble).clone()), limits));
            }
        };
        let call = Call { plugin, region: &region, case, block: case.block.as_ref().or(file.block.as_ref()) };
        let mut ran = match kind {
            Kind::Categorizer => call.categorize(case.appeal.as_ref().ok_or_else(|| wrong(lacks("appeal", kind)))?),
            Kind::Router => call.route(
                case.appeal.as_ref().ok_or_else(|| wrong(lacks("appeal", kind)))?,
                case.category.as_ref().ok_or_else(|| wrong(lacks("category", kind)))?,
            ),
            Kind::Indicators => {
                let measure = case.measure.as_ref().ok_or_else(|| wrong(lacks("measure", kind)))?;
                call.measure(measure, &file.bytes(&measure.facts)?)
            }
            Kind::Exporter => {
                let export = case.export.as_ref().ok_or_else(|| wrong(lacks("export", kind)))?;
                call.export(export, &file.bytes(&export.rows)?)
            }
        }
        .map_err(wrong)?;
        ran.limits = limits.clone();
        ran.configured.clone_from(&plugin.configured);
        Ok(ran)
    }

    fn region(&mut self, folder: &Path) -> Result<Arc<Region>, ToolError> {
        if let Some(region) = self.regions.get(folder) {
            return Ok(region.clone());
        }
        let wrong = |reason: String| ToolError::file(folder, format!("the region's folder cannot be used: {reason}"));
        let data = load_region_dir(folder).map_err(|e| wrong(e.to_string()))?;
        let today = local_date(Utc::now(), data.region.time_zone);
        let dictionaries = Dictionaries::new(data, today)
            .map_err(|faults| wrong(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
        let calendar = read_calendar(folder).map_err(|e| wrong(e.to_string()))?;
        let calendar = ProductionCalendar::from_toml(&calendar).map_err(|e| wrong(e.to_string()))?;
        let region = Arc::new(Region { dictionaries: Arc::new(dictionaries), calendar });
        self.regions.insert(folder.to_owned(), region.clone());
        Ok(region)
    }

    fn prepare(&mut self, file: &CaseFile, case: &Case, kind: Kind, region: &Region) -> Result<Arc<Ready>, ToolError> {
        let request = case.limits.as_ref().unwrap_or(&file.limits);
        let limits = request.resolve(self.engine.ceiling()).map_err(|e| ToolError::file(&file.path, e.to_string()))?;
        let settings = serde_json::Value::Object(case.settings.as_ref().unwrap_or(&file.settings).clone());
        let mut bound = BTreeMap::new();
        for (name, source) in case.datasets.as_ref().unwrap_or(&file.datasets) {
            bound.insert(name.clone(), file.bytes(source)?);
        }
        let key = serde_json::json!([
            kind,
            settings,
            request,
            region.dictionaries.digest(),
            bound.iter().map(|(name, bytes)| (name, Digest::of(bytes))).collect::<BTreeMap<_, _>>()
        ]);
        let key = Digest::of(key.to_string().as_bytes());
        if let Some(ready) = self.ready.get(&key) {
            return Ok(ready.clone());
        }
        let mut datasets = HashMap::new();
        for (name, bytes) in bound {
            let need = self.inspection.datasets.iter().find(|need| need.name == name);
            let need = need.ok_or_else(|| {
                let known: Vec<_> = self.inspection.datasets.iter().map(|need| need.name.as_str()).collect();
                let reason = format!("dataset {name:?} is not one that the plug-in describes: {}", known.join(", "));
                ToolError::file(&file.path, reason)
            })?;
            let dataset = Dataset::read(&need.shape, bytes)
                .map_err(|reason| ToolError::file(&file.path, format!("dataset {name:?}: {reason}")))?;
            datasets.insert(name, Arc::new(dataset));
        }
        let world = World {
            dictionaries: region.dictionaries.clone(),
            calendar: region.calendar.clone(),
            work_time: WorkTime::default(),
            datasets: Arc::new(datasets),
        };
        let grants: BTreeSet<_> = self.inspection.permissions.iter().copied().collect();
        let prepared = prepare(
            &self.engine,
            Preparation {
                component: &self.component,
                inspection: &self.inspection,
                kind,
                settings: &settings,
                world,
                grants: &grants,
                limits: limits.clone(),
            },
        );
        let ready = Arc::new(match prepared {
            Ok(plugin) => Ready::Plugin(Box::new(plugin), limits),
            Err(SandboxError::Settings(faults)) => {
                let one = |fault: veche_sandbox::SettingsFault| Refused {
                    field: Some(fault.field),
                    message: Some(fault.message),
                };
                Ready::Refused(faults.into_iter().map(one).collect(), limits)
            }
            Err(error) => Ready::Broken(Box::new(Trouble::of_preparation(&error)), limits),
        });
        self.ready.insert(key, ready.clone());
        Ok(ready)
    }
}

fn lacks(what: &str, kind: Kind) -> String {
    format!("a case of a plug-in of the kind {kind} needs [case.{what}]")
}

impl Ran {
    fn without_call(got: Expect, trouble: Option<Trouble>, limits: &Limits) -> Self {
        let logs = trouble.as_ref().map(|trouble| trouble.logs.clone()).unwrap_or_default();
        let limits = limits.clone();
        Self { got, trouble, usage: None, configured: None, limits, logs, logs_cut: 0, file: None }
    }

    fn of<T>(report: &Report<T>, got: Expect, trouble: Option<Trouble>) -> Self {
        let logs: Vec<_> = report.logs.iter().map(|line| format!("{}: {}", line.level, line.message)).collect();
        Self {
            got: Expect { logs: (!logs.is_empty()).then_some(logs), ..got },
            trouble,
            usage: Some(Usage {
                fuel: report.fuel,
                duration: report.duration,
                memory: report.memory,
                host_calls: report.host_calls,
                host_bytes: report.host_bytes,
            }),
            configured: None,
            limits: Limits::default(),
            logs: report.logs.clone(),
            logs_cut: report.logs_cut,
            file: None,
        }
    }
}

/// One call of a case.
struct Call<'a> {
    plugin: &'a Plugin,
    region: &'a Region,
    case: &'a Case,
    block: Option<&'a veche_domain::code::BlockCode>,
}

impl Call<'_> {
    fn input(&self, what: &str) -> String {
        format!("{what} (case {:?})", self.case.name)
    }

    /// Makes of a report what came of the case; `judge` refuses what the core would refuse.
    fn ended<T>(
        &self,
        export: &str,
        input: &str,
        report: &Report<T>,
        judge: impl FnOnce(&T) -> Result<Expect, String>,
    ) -> Ran {
        let broken = |trouble: Trouble| {
            let got = Expect { fault: Some(trouble.what.clone()), ..Expect::default() };
            Ran::of(report, got, Some(trouble))
        };
        match &report.result {
            Err(fault) => broken(Trouble::of_call(export, input, fault, &report.backtrace, &report.logs)),
            Ok(answer) => match judge(answer) {
                Ok(got) => Ran::of(report, got, None),
                Err(why) => broken(Trouble::of_answer(export, input, &why, &report.logs)),
            },
        }
    }

    fn categorize(&self, asked: &CaseAppeal) -> Result<Ran, String> {
        let appeal = asked.appeal()?;
        let today = local_date(appeal.content.received_at, self.region.dictionaries.region().time_zone);
        let report =
            self.plugin.categorize(&Question::new(&appeal, asked.question, today), self.block.map(|b| b.as_str()));
        let map = BTreeMap::new();
        let rubric = Rubric { dictionaries: &self.region.dictionaries, category_map: &map, block: self.block, today };
        Ok(self.ended("categorize", &self.input(&format!("appeal {}", appeal.id)), &report, |answer| {
            if let Categorization::Candidates(candidates) = answer {
                check_candidates(&rubric, candidates)?;
            }
            Ok(Expect::of_categorization(answer))
        }))
    }

    fn route(&self, asked: &CaseAppeal, category: &CaseCategory) -> Result<Ran, String> {
        let appeal = asked.appeal()?;
        let received = appeal.content.received_at;
        let dictionaries = &self.region.dictionaries;
        let today = local_date(received, dictionaries.region().time_zone);
        let known = dictionaries.category(&category.code, today).ok_or_else(|| {
            format!("category {:?} is not in the region's categories.csv, or not in force on {today}", category.code)
        })?;
        let chosen = ChosenCategory {
            code: known.code.clone(),
            block: known.block.clone(),
            other: known.other,
            confidence: category.confidence,
        };
        let question = Question::new(&appeal, asked.question, today);
        let report = self.plugin.route(&question, &chosen, self.block.map(|b| b.as_str()));
        let map = BTreeMap::new();
        let rubric = Rubric { dictionaries, category_map: &map, block: None, today };
        let input = self.input(&format!("appeal {}", appeal.id));
        Ok(self.ended("route", &input, &report, |answer: &Routing| {
            check_routing(&rubric, received, answer)?;
            Ok(Expect::of_routing(answer))
        }))
    }

    fn measure(&self, asked: &CaseMeasure, csv: &[u8]) -> Result<Ran, String> {
        let input = self.input(&format!("indicator {}", asked.indicator));
        let defined = self.plugin.definitions();
        let definitions: Vec<Definition> = match &defined.result {
            Ok(definitions) => definitions.clone(),
            Err(_) => return Ok(self.ended("definitions", &input, &defined, |_| Ok(Expect::default()))),
        };
        if let Err(fault) = check_definitions(&definitions) {
            return Ok(self.ended("definitions", &input, &defined, |_| Err(fault.to_string())));
        }
        let definition = definitions.iter().find(|d| d.code == asked.indicator).ok_or_else(|| {
            let known: Vec<_> = definitions.iter().map(|d| d.code.as_str()).collect();
            format!("the plug-in has no indicator {:?}; it has {}", asked.indicator, known.join(", "))
        })?;
        let period = period(asked)?;
        let zone = self.region.dictionaries.region().time_zone;
        let facts = Arc::new(columns::facts(csv, &definition.columns).map_err(|reason| format!("facts: {reason}"))?);
        let cut_off = asked.cut_off.unwrap_or_else(|| period.ends(zone));
        let report = self.plugin.measure(&Measuring { indicator: &asked.indicator, period, cut_off, facts });
        Ok(self.ended("measure", &input, &report, |answers| {
            let checked = check_answers(definition, answers.clone(), &self.region.dictionaries);
            Ok(Expect::of_measurements(&checked.map_err(|fault| fault.to_string())?))
        }))
    }

    fn export(&self, asked: &CaseExport, csv: &[u8]) -> Result<Ran, String> {
        let input = self.input(&format!("format {}", asked.format));
        let described = self.plugin.formats();
        let formats: Vec<Format> = match &described.result {
            Ok(formats) => formats.clone(),
            Err(_) => return Ok(self.ended("formats", &input, &described, |_| Ok(Expect::default()))),
        };
        if let Err(fault) = check_formats(&formats) {
            return Ok(self.ended("formats", &input, &described, |_| Err(fault.to_string())));
        }
        let format = formats.iter().find(|f| f.id == asked.format).ok_or_else(|| {
            let known: Vec<_> = formats.iter().map(|f| f.id.as_str()).collect();
            format!("the plug-in has no format {:?}; it has {}", asked.format, known.join(", "))
        })?;
        let language = asked.language.clone().unwrap_or_else(|| self.region.dictionaries.region().language.clone());
        let columns = format.subject.chosen(&format.columns, &language);
        let rows =
            columns::rows(csv, &columns, &format.subject.columns(&language)).map_err(|e| format!("rows: {e}"))?;
        let period = Period::span(asked.first, asked.last).map_err(|e| e.to_string())?;
        let request = Request { language, period, options: asked.options.clone() };
        let expected = rows.len() as u64;
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut rows, sink) = (rows.into_iter(), written.clone());
        let report = self.plugin.export(Exporting {
            format: &asked.format,
            request: &request,
            columns,
            expected,
            rows: Box::new(move || {
                let batch: Vec<_> = rows.by_ref().take(256).collect();
                Ok((!batch.is_empty()).then_some(batch))
            }),
            sink: Box::new(move |piece| {
                sink.lock().map_err(|_| "the file is lost".to_owned())?.extend_from_slice(&piece);
                Ok(())
            }),
            stop: Arc::new(AtomicBool::new(false)),
        });
        let bytes = written.lock().map(|bytes| bytes.clone()).unwrap_or_default();
        let mut ran = self.ended("export", &input, &report, |(summary, written)| {
            Ok(Expect::of_file(&bytes, &check_file(summary.clone(), *written)?))
        });
        ran.file = Some(bytes);
        Ok(ran)
    }
}

fn period(asked: &CaseMeasure) -> Result<Period, String> {
    let day: Option<NaiveDate> = asked.day.or(asked.first);
    match (asked.period, day, asked.last) {
        (PeriodKind::Span, Some(first), Some(last)) => Period::span(first, last).map_err(|e| e.to_string()),
        (PeriodKind::Span, ..) => Err("a span needs `first` and `last`".into()),
        (kind, Some(day), _) => Period::holding(kind, day, Weekday::Mon).map_err(|e| e.to_string()),
        (_, None, _) => Err("the period needs a `day` of it".into()),
    }
}
