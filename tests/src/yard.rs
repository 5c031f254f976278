//! The sandbox alone, with the sample region around it: no store, no HTTP.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use veche_app::files::load_region_dir;
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::calendar::{ProductionCalendar, WorkTime, local_date};
use veche_domain::decision::{Categorization, ChosenCategory, Kind, Routing};
use veche_domain::dictionary::Dictionaries;
use veche_sandbox::datasets::Dataset;
use veche_sandbox::{
    Batch, Engine, EngineConfig, Fault, Frame, Inspection, Limits, LogLine, Plugin, Preparation, Question, Report,
    SandboxError, World, inspect, prepare,
};

use crate::guest::root;

/// An engine and what calls see of the host.
pub struct Yard {
    /// The engine.
    pub engine: Engine,
    /// The sample region without datasets.
    pub world: World,
}

impl Yard {
    /// A sandbox without a cache of compiled code.
    #[must_use]
    pub fn new(config: &EngineConfig) -> Self {
        let data = load_region_dir(&root().join("samples/yaroslavl")).unwrap();
        let dictionaries = Dictionaries::new(data, NaiveDate::from_ymd_opt(2026, 2, 5).unwrap()).unwrap();
        let world = World {
            dictionaries: Arc::new(dictionaries),
            calendar: ProductionCalendar::russian(),
            work_time: WorkTime::default(),
            datasets: Arc::default(),
        };
        Self { engine: Engine::new(config).unwrap(), world }
    }

    /// The same with a dataset.
    #[must_use]
    pub fn with_table(mut self, name: &str, csv: &str) -> Self {
        let table = Dataset::table(csv.as_bytes()).unwrap();
        self.world.datasets = Arc::new(HashMap::from([(name.to_owned(), Arc::new(table))]));
        self
    }

    /// Inspects a component.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn inspect(&self, component: &[u8], limits: &Limits) -> Result<Inspection, SandboxError> {
        inspect(&self.engine, component, limits)
    }

    /// Inspects a component and configures it as its first kind, with every permission that it asks for.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn prepare(&self, component: &[u8], limits: &Limits) -> Result<Plugin, SandboxError> {
        self.configure(component, &serde_json::json!({}), limits)
    }

    /// The same with settings.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn configure(
        &self,
        component: &[u8],
        settings: &serde_json::Value,
        limits: &Limits,
    ) -> Result<Plugin, SandboxError> {
        let inspection = self.inspect(component, limits)?;
        let grants: BTreeSet<_> = inspection.permissions.iter().copied().collect();
        let wanted = Preparation {
            component,
            inspection: &inspection,
            kind: inspection.kinds[0],
            settings,
            world: self.world.clone(),
            grants: &grants,
            limits: limits.clone(),
        };
        prepare(&self.engine, wanted)
    }

    /// Asks a categorizer.
    #[must_use]
    pub fn categorize(&self, plugin: &Plugin, appeal: &Appeal) -> Report<Categorization> {
        plugin.categorize(&self.question(appeal), None)
    }

    /// Asks a router about a category of the sample region.
    #[must_use]
    pub fn route(&self, plugin: &Plugin, appeal: &Appeal, category: &str) -> Report<Routing> {
        plugin.route(&self.question(appeal), &self.chosen(appeal, category), None)
    }

    /// Asks a router in a run of calls that share an instance.
    #[must_use]
    pub fn route_in(&self, batch: &mut Batch<'_>, appeal: &Appeal, category: &str) -> Report<Routing> {
        batch.route(&self.question(appeal), &self.chosen(appeal, category), None)
    }

    /// Asks a plug-in of either kind.
    #[must_use]
    pub fn ask(&self, plugin: &Plugin, kind: Kind, appeal: &Appeal) -> Asked {
        match kind {
            Kind::Router => Asked::of(self.route(plugin, appeal, "housing.heating")),
            _ => Asked::of(self.categorize(plugin, appeal)),
        }
    }

    fn chosen(&self, appeal: &Appeal, category: &str) -> ChosenCategory {
        let today = local_date(appeal.content.received_at, self.world.dictionaries.region().time_zone);
        let category = self.world.dictionaries.category(category, today).unwrap();
        ChosenCategory {
            code: category.code.clone(),
            block: category.block.clone(),
            other: category.other,
            confidence: Some(0.9),
        }
    }

    fn question<'a>(&self, appeal: &'a Appeal) -> Question<'a> {
        Question::new(appeal, 0, local_date(appeal.content.received_at, self.world.dictionaries.region().time_zone))
    }
}

/// A report of either kind.
#[derive(Debug)]
pub struct Asked {
    /// The answer as it is stored, or why there is none.
    pub result: Result<serde_json::Value, Fault>,
    /// Fuel used.
    pub fuel: u64,
    /// Peak linear memory, bytes.
    pub memory: u64,
    /// Lines that the plug-in wrote.
    pub logs: Vec<LogLine>,
    /// Lines left out or cut.
    pub logs_cut: u32,
    /// Functions on the stack of a fault, innermost first.
    pub backtrace: Vec<Frame>,
}

impl Asked {
    fn of<T: serde::Serialize>(report: Report<T>) -> Self {
        Self {
            result: report.result.map(|answer| serde_json::to_value(answer).unwrap()),
            fuel: report.fuel,
            memory: report.memory,
            logs: report.logs,
            logs_cut: report.logs_cut,
            backtrace: report.backtrace,
        }
    }
}

/// An appeal of the sample region with a text.
#[must_use]
pub fn appeal(text: &str, received_at: DateTime<Utc>) -> Appeal {
    let content = serde_json::from_value(serde_json::json!({
        "channel": "pos", "regime": "59fz", "received_at": received_at, "text": text,
        "place": {"municipality": "78701000"}, "applicant": {"kind": "citizen", "phone": "+7 900 000-00-00"}
    }));
    Appeal { id: AppealId::new(), content: content.unwrap() }
}
