//! The monthly report to the governor (clause 3.5) as a workbook: summary, blocks, bodies, categories, indicators, what is
//! overdue, with charts; and, if somebody asks for it, every question of the period.
//!
//! The workbook is made in memory, so its binding needs the limits of the class `large`. Everything but the lists is
//! counted as rows come in: how many there are does not matter to memory.

mod figures;
mod sheets;
mod words;

use export_kit::{Local, Named, Pieces};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::exporter::{Format, Request, Subject, Summary};
use veche_sdk::{Description, Exporter, Failure, Localized, Plugin, Rows, SettingsError, Sink};

use figures::{COLUMNS, Figures, Row};
use words::Words;

/// Settings, shown as a form to the administrator.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Сколько просроченных вопросов перечислить / Overdue questions that are listed
    #[schemars(range(min = 0, max = 20000))]
    pub overdue: usize,
    /// Перечислить все вопросы периода (не больше 100 000) / List every question of the period (at most 100,000)
    pub list: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { overdue: 2_000, list: false }
    }
}

/// Questions that the sheet of all of them takes.
const LISTED: usize = 100_000;

/// The configured plug-in.
#[derive(Debug)]
pub struct Report {
    settings: Settings,
}

impl Plugin for Report {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Доклад губернатору"), ("en", "Report to the governor")]).summary([
            (
                "ru",
                "Книга XLSX: сводка, блоки, органы, категории, показатели, просрочки, с диаграммами. Нужны пределы класса large.",
            ),
            (
                "en",
                "An XLSX workbook: summary, blocks, bodies, categories, indicators, overdue, with charts. Needs the limits of the class large.",
            ),
        ])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { settings })
    }
}

impl Exporter for Report {
    fn formats(&self) -> Vec<Format> {
        let text = |language: &str, text: &str| Localized { language: language.to_owned(), text: text.to_owned() };
        vec![Format {
            id: "governor-report".to_owned(),
            title: vec![text("ru", "Доклад губернатору, XLSX"), text("en", "Report to the governor, XLSX")],
            media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned(),
            extension: "xlsx".to_owned(),
            subject: Subject::Appeals,
            columns: COLUMNS.map(str::to_owned).into(),
        }]
    }

    fn export(&self, _: &str, request: &Request, rows: &mut dyn Rows, sink: &mut dyn Sink) -> Result<Summary, Failure> {
        let (local, named) = (Local::new(request.utc_offset), Named::new(&rows.columns(), COLUMNS));
        let asked = request.options.iter().any(|(name, value)| name == "list" && (value == "yes" || value == "да"));
        let listed = if self.settings.list || asked { LISTED } else { 0 };
        let mut figures = Figures::new(local, self.settings.overdue, listed);
        while let Some(batch) = rows.next() {
            for row in &batch {
                figures.add(&Row::of(named.of(row)));
            }
        }
        let words = Words::of(&request.language);
        let workbook = sheets::write(&figures, request, local, words).map_err(|e| Failure::new(e.to_string()))?;
        let mut out = Pieces::new(sink);
        out.put(&workbook)?;
        out.finish()?;
        let mut notes = Vec::new();
        for (all, shown, what) in [
            (figures.whole.overdue, figures.overdue.len(), words.sheets[5]),
            (if listed > 0 { figures.whole.received } else { 0 }, figures.listed.len(), words.sheets[6]),
        ] {
            if all > shown as u64 {
                notes.push(words.cut(what, shown, all));
            }
        }
        Ok(Summary { rows: figures.whole.received, skipped: 0, notes })
    }
}

veche_sdk::export!(Report: exporter);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
