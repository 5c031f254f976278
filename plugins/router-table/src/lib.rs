//! Routes by a table. The dataset `routes` names a body for a category and a place; the most specific
//! row wins. The terms come from settings, by category, legal regime and channel, and are counted by
//! the production calendar of the region.

mod clocks;
mod pattern;
mod routes;
mod settings;

use veche_sdk::{
    Appeal, Assignment, ChosenCategory, Context, Dataset, Description, Failure, Plugin, Priority, Reason, Router,
    Routing, SettingsError, datasets,
};

use crate::clocks::Clocks;
use crate::pattern::Pattern;
use crate::routes::{Route, Routes};
pub use crate::settings::{ClockRule, Counting, Kind, PriorityRule, Rolling, Settings, Start, Unit, Urgency};

const DATASET: &str = "routes";
const COLUMNS: [&str; 4] = ["category", "municipality", "district", "body"];

/// The configured plug-in.
#[derive(Debug)]
pub struct Table {
    routes: Routes,
    clocks: Clocks,
    priorities: Vec<(Pattern, Priority)>,
    default_body: Option<String>,
}

impl Plugin for Table {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Маршрут по таблице"), ("en", "Route by table")])
            .summary([
                (
                    "ru",
                    "Находит исполнителя в справочнике по категории, муниципалитету и району и ставит сроки по \
                     правовому режиму, каналу и категории.",
                ),
                (
                    "en",
                    "Finds the body in a dataset by category, municipality and district, and sets the terms by \
                     legal regime, channel and category.",
                ),
            ])
            .dataset(Dataset::table(DATASET, COLUMNS).required().described([
                ("ru", "Категория или блок.*, муниципалитет, район, орган; пусто или * — любой"),
                ("en", "Category or block.*, municipality, district, body; empty or * is any"),
            ]))
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { clocks, priorities, default_body, start } = settings;
        let clocks = Clocks::new(clocks, start)?;
        let priorities = priorities
            .into_iter()
            .enumerate()
            .map(|(index, rule)| {
                let pattern = Pattern::parse(&rule.category)
                    .map_err(|what| SettingsError::at(format!("/priorities/{index}/category"), what))?;
                Ok((pattern, rule.priority.into()))
            })
            .collect::<Result<_, SettingsError>>()?;
        let default_body = default_body.map(|body| body.trim().to_owned()).filter(|body| !body.is_empty());
        let routes = Routes::new(&datasets::table(DATASET, COLUMNS)?)?;
        Ok(Self { routes, clocks, priorities, default_body })
    }
}

impl Router for Table {
    fn route(&self, appeal: &Appeal, category: &ChosenCategory, context: &Context) -> Result<Routing, Failure> {
        let route = self.routes.find(&category.code, &appeal.place);
        let Some(body) = route.map(|route| &route.body).or(self.default_body.as_ref()) else {
            return Ok(Routing::NoOpinion);
        };
        Ok(Routing::Assigned(Assignment {
            clocks: self.clocks.of(appeal, &category.code, body)?,
            body: body.clone(),
            priority: self.priority(&category.code),
            reasons: vec![reason(route, &context.language)],
        }))
    }
}

veche_sdk::export!(Table: router);

impl Table {
    /// The most exact rule; of equal ones the first.
    fn priority(&self, category: &str) -> Priority {
        let mut best = None;
        for (pattern, priority) in &self.priorities {
            if let Some(fit) = pattern.fit(category)
                && best.is_none_or(|(known, _)| fit > known)
            {
                best = Some((fit, *priority));
            }
        }
        best.map_or(Priority::Normal, |(_, priority)| priority)
    }
}

fn reason(route: Option<&Route>, language: &str) -> Reason {
    let message = match (route, language.starts_with("ru")) {
        (Some(Route { row, condition, .. }), true) => {
            format!("Строка {row} справочника {DATASET}: {condition}")
        }
        (Some(Route { row, condition, .. }), false) => {
            format!("Row {row} of dataset {DATASET}: {condition}")
        }
        (None, true) => {
            format!("В справочнике {DATASET} нет подходящей строки: орган по умолчанию")
        }
        (None, false) => format!("No row of dataset {DATASET} fits: the default body"),
    };
    Reason::new(message, [])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
