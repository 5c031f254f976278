//! CSV files in two dialects: RFC 4180 for programs, and the one that Excel in Russia opens by a double click.

mod dialect;

use export_kit::{Local, Pieces};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::exporter::{Format, Request, Subject, Summary};
use veche_sdk::{Description, Exporter, Failure, Localized, Plugin, Rows, SettingsError, Sink};

use dialect::{Dialect, Writer};

/// Settings, shown as a form to the administrator.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Столбцы обращений, по порядку; пусто — все / Columns of appeals, in order; empty for all
    pub columns: Vec<String>,
    /// Заголовки столбцами-кодами, а не названиями / Codes of columns as headers, and not their titles
    pub codes: bool,
}

/// The configured plug-in.
#[derive(Debug)]
pub struct Csv {
    settings: Settings,
}

impl Plugin for Csv {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Выгрузка в CSV"), ("en", "Export as CSV")]).summary([
            (
                "ru",
                "Обращения, показатели и рейтинги: по RFC 4180 для программ и с BOM и «;» для Excel. Значения, которые таблица приняла бы за формулу, обезврежены.",
            ),
            (
                "en",
                "Appeals, measurements and ratings: RFC 4180 for programs, with BOM and `;` for Excel. What a spreadsheet would take for a formula is disarmed.",
            ),
        ])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { settings })
    }
}

/// Formats: dialect, its id and its title, and the subjects with theirs.
const DIALECTS: [(Dialect, &str, &str); 2] =
    [(Dialect::Rfc4180, "csv", "CSV"), (Dialect::ExcelRu, "csv-excel", "CSV для Excel")];
const SUBJECTS: [(Subject, &str, &str, &str); 3] = [
    (Subject::Appeals, "", "обращения", "appeals"),
    (Subject::Measurements, "-measurements", "показатели", "measurements"),
    (Subject::Ratings, "-ratings", "рейтинги", "ratings"),
];

impl Exporter for Csv {
    fn formats(&self) -> Vec<Format> {
        let text = |language: &str, text: String| Localized { language: language.to_owned(), text };
        let each = DIALECTS.iter().flat_map(|dialect| SUBJECTS.iter().map(move |subject| (dialect, subject)));
        each.map(|((_, id, title), (subject, suffix, ru, en))| Format {
            id: format!("{id}{suffix}"),
            title: vec![
                text("ru", format!("{title}: {ru}")),
                text("en", format!("{}: {en}", title.replace("для", "for"))),
            ],
            media_type: "text/csv; charset=utf-8".to_owned(),
            extension: "csv".to_owned(),
            subject: *subject,
            columns: if *subject == Subject::Appeals { self.settings.columns.clone() } else { Vec::new() },
        })
        .collect()
    }

    fn export(
        &self,
        format: &str,
        request: &Request,
        rows: &mut dyn Rows,
        sink: &mut dyn Sink,
    ) -> Result<Summary, Failure> {
        let dialect = if format.starts_with("csv-excel") { Dialect::ExcelRu } else { Dialect::Rfc4180 };
        let mut writer = Writer::new(dialect, Local::new(request.utc_offset), Pieces::new(sink));
        let columns = rows.columns();
        writer.begin(columns.iter().map(|c| if self.settings.codes { c.name.as_str() } else { c.title.as_str() }))?;
        let mut summary = Summary { rows: 0, skipped: 0, notes: Vec::new() };
        while let Some(batch) = rows.next() {
            for row in &batch {
                writer.row(row)?;
                summary.rows += 1;
            }
        }
        let disarmed = writer.finish()?;
        if disarmed > 0 {
            summary.notes.push(match request.language.as_str() {
                "en" => format!("{disarmed} values begin as a formula would; an apostrophe stands before them"),
                _ => format!("Значений, похожих на формулу: {disarmed}; перед ними поставлен апостроф"),
            });
        }
        Ok(summary)
    }
}

veche_sdk::export!(Csv: exporter);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
