//! The rule of `guests/rule`, natively and in the sandbox: each call a fresh instance with all limits and a typed
//! record in and out.

use std::hint::black_box;

use chrono::NaiveDate;
use rule::Rule;
use serde_json::{Value, json};
use veche_domain::appeal::Appeal;
use veche_domain::code::{BlockCode, CategoryCode};
use veche_domain::decision::{ChosenCategory, Routing};
use veche_domain::limits::Limits;
use veche_sandbox::{Batch, EngineConfig, Fault, Plugin, Question};
use veche_sdk::Router as _;
use veche_sdk::testing;
use veche_tests::guest::root;
use veche_tests::yard::{Yard, appeal};

use crate::Table;
use crate::timing::Timing;

/// Categories of the table; ten municipalities each.
pub(crate) const CATEGORIES: u32 = 50;
/// The text of an appeal: about 600 bytes.
const TEXT: &str = "Уже третий день в квартире холодные батареи, дети мёрзнут, управляющая компания трубку не берёт! ";

/// Medians, microseconds.
pub(crate) struct Measured {
    /// Natively.
    pub(crate) native: f64,
    /// In the sandbox.
    pub(crate) fresh: f64,
}

/// The rule, ready to be asked.
pub(crate) struct Ready {
    plugin: Plugin,
    appeal: Appeal,
    category: ChosenCategory,
}

impl Ready {
    pub(crate) fn new(yard: &Yard, settings: &Value) -> Self {
        let path = root().join("target/guests/rule.wasm");
        let component = std::fs::read(&path).expect("target/guests is missing: run `cargo xtask plugins`");
        let plugin = yard.configure(&component, settings, &Limits::default()).unwrap();
        let mut appeal = appeal(&TEXT.repeat(4), "2026-02-05T09:00:00Z".parse().unwrap());
        appeal.content.place.municipality = Some("78703000".parse().unwrap());
        let category = ChosenCategory {
            code: CategoryCode::new("block3.category11").unwrap(),
            block: BlockCode::new("block3").unwrap(),
            other: false,
            confidence: Some(0.9),
        };
        Self { plugin, appeal, category }
    }

    /// One call, as the pipeline makes it: with the translation of the appeal.
    pub(crate) fn call(&self) {
        let routing = self.ask().expect("the rule answers");
        assert!(matches!(black_box(routing), Routing::Assigned(_)), "the rule has no answer");
    }

    /// One call, whatever comes of it.
    pub(crate) fn ask(&self) -> Result<Routing, Fault> {
        self.plugin.route(&self.question(), &self.category, None).result
    }

    /// A run of calls that share an instance.
    pub(crate) fn batch(&self) -> Batch<'_> {
        self.plugin.batch()
    }

    /// One call of such a run.
    pub(crate) fn call_in(&self, batch: &mut Batch<'_>) -> Result<Routing, Fault> {
        batch.route(&self.question(), &self.category, None).result
    }

    fn question(&self) -> Question<'_> {
        Question::new(&self.appeal, 0, NaiveDate::from_ymd_opt(2026, 2, 5).unwrap())
    }
}

pub(crate) fn yard(instances: u32) -> Yard {
    Yard::new(&EngineConfig { instances, ..EngineConfig::default() })
}

pub(crate) fn measure(table: &mut Table, timing: &mut Timing) -> Measured {
    let yard = yard(64);
    let settings = json!({"categories": CATEGORIES});
    let native = native(&settings, timing);
    table.note("the rule natively, median", format!("{native:.2} µs"));

    let plain = Ready::new(&yard, &settings);
    let fresh = timing.median("veche", "fresh", || plain.call());
    table.row(
        "in the sandbox, fresh instance, all limits, median",
        format!("{fresh:.1} µs"),
        &format!("at most native + 20 = {:.1}", native + 20.0),
        fresh <= native + 20.0,
    );
    let anew = Ready::new(&yard, &json!({"categories": CATEGORIES, "anew": true}));
    let without = timing.median("veche", "without snapshot", || anew.call());
    table.note("the same without what the snapshot keeps", format!("{without:.1} µs"));
    let model = Ready::new(&yard, &json!({"categories": CATEGORIES, "model_mb": 5}));
    let with_model = timing.median("veche", "model of 5 MB", || model.call());
    table.row(
        "with a model of 5 MB from the snapshot",
        format!("{with_model:.1} µs"),
        &format!("at most 1.25 × {fresh:.1} = {:.1}", fresh * 1.25),
        with_model <= fresh * 1.25,
    );
    Measured { native, fresh }
}

fn native(settings: &Value, timing: &mut Timing) -> f64 {
    let rule: Rule = testing::configure(&settings.to_string()).unwrap();
    let mut appeal = testing::appeal(&TEXT.repeat(4));
    appeal.place.municipality = Some("78703000".into());
    let category = veche_sdk::ChosenCategory {
        code: "block3.category11".into(),
        block: "block3".into(),
        other: false,
        confidence: Some(0.9),
    };
    let context = testing::context();
    timing.median("veche", "native", || {
        // A record of its own for each call, as a host makes it.
        let (appeal, category) = (appeal.clone(), category.clone());
        black_box(rule.route(&appeal, &category, &context).unwrap());
    })
}
