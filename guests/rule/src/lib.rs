//! The rule of the sandbox benchmark: a table of categories and municipalities names the body, the category the
//! priority. Written once more in every language that it is compared with.

use std::collections::HashMap;

use veche_sdk::{
    Appeal, Assignment, ChosenCategory, Context, Description, Failure, Plugin, Priority, Reason, Router, Routing,
    SettingsError,
};

/// How the table is kept.
#[derive(Default, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// Categories; there are ten municipalities for each.
    categories: u32,
    /// Whether each call makes the table anew, as it must where no snapshot keeps it.
    anew: bool,
    /// Size of a model that is made beside the table and asked in each call, megabytes.
    model_mb: usize,
}

/// The configured rule.
pub struct Rule {
    table: HashMap<(String, String), String>,
    anew: u32,
    model: Vec<u64>,
}

/// The rows of the table, the same everywhere: category, municipality, body.
pub fn rows(categories: u32) -> impl Iterator<Item = (String, String, String)> {
    (0..categories).flat_map(|category| {
        (0..10).map(move |municipality| {
            (
                format!("block{}.category{category}", category % 8),
                format!("787{municipality:02}000"),
                format!("body-{}", (category * 7 + municipality * 3) % 97),
            )
        })
    })
}

fn table(categories: u32) -> HashMap<(String, String), String> {
    rows(categories).map(|(category, municipality, body)| ((category, municipality), body)).collect()
}

/// Numbers that depend on each other, so that nothing can be left out.
fn model(megabytes: usize) -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..megabytes << 17)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        })
        .collect()
}

impl Plugin for Rule {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Правило замера"), ("en", "Rule of the benchmark")])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { categories, anew, model_mb } = settings;
        let kept = if anew { HashMap::new() } else { table(categories) };
        Ok(Self { table: kept, anew: if anew { categories } else { 0 }, model: model(model_mb) })
    }
}

impl Router for Rule {
    fn route(&self, appeal: &Appeal, category: &ChosenCategory, _: &Context) -> Result<Routing, Failure> {
        let made;
        let table = match self.anew {
            0 => &self.table,
            categories => {
                made = table(categories);
                &made
            }
        };
        let Some(municipality) = &appeal.place.municipality else { return Ok(Routing::NoOpinion) };
        let Some(body) = table.get(&(category.code.clone(), municipality.clone())) else {
            return Ok(Routing::NoOpinion);
        };
        let weight = self.model.get(appeal.text.len() * 64 % self.model.len().max(1)).copied().unwrap_or(1);
        let priority = match (category.block.as_str(), weight) {
            (_, 0) => Priority::Low,
            ("block0" | "block4", _) => Priority::High,
            _ => Priority::Normal,
        };
        let reason = Reason::new(format!("{} в {municipality}: {body}", category.code), [body.as_str()]);
        Ok(Routing::Assigned(Assignment { body: body.clone(), priority, clocks: Vec::new(), reasons: vec![reason] }))
    }
}

veche_sdk::export!(Rule: router);
