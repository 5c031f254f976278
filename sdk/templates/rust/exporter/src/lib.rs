//! Writes appeals as a list that a newspaper could print: one a line, without personal data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::exporter::{Cell, Format, Request, Subject, Summary};
use veche_sdk::{Description, Exporter, Failure, Localized, Plugin, Rows, SettingsError, Sink};

/// Settings, shown as a form to the administrator.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Знак перед строкой / Mark before a line
    #[schemars(length(min = 1, max = 3))]
    pub bullet: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bullet: "—".to_owned() }
    }
}

/// The configured plug-in.
#[derive(Debug)]
pub struct {{Type}} {
    bullet: String,
}

impl Plugin for {{Type}} {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Список обращений"), ("en", "List of appeals")])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { bullet: settings.bullet })
    }
}

impl Exporter for {{Type}} {
    fn formats(&self) -> Vec<Format> {
        let text = |language: &str, text: &str| Localized { language: language.to_owned(), text: text.to_owned() };
        vec![Format {
            id: "list".to_owned(),
            title: vec![text("ru", "Список обращений"), text("en", "List of appeals")],
            media_type: "text/plain; charset=utf-8".to_owned(),
            extension: "txt".to_owned(),
            subject: Subject::Appeals,
            columns: ["category_name", "body_name", "state"].map(str::to_owned).to_vec(),
        }]
    }

    fn export(
        &self,
        _: &str,
        request: &Request,
        rows: &mut dyn Rows,
        sink: &mut dyn Sink,
    ) -> Result<Summary, Failure> {
        let (first, last) = (&request.first, &request.last);
        let day = |date: &veche_sdk::Date| format!("{:02}.{:02}.{}", date.day, date.month, date.year);
        sink.write(format!("{} – {}\n", day(first), day(last)).as_bytes())?;
        let mut summary = Summary { rows: 0, skipped: 0, notes: Vec::new() };
        while let Some(batch) = rows.next() {
            let mut piece = String::new();
            for row in &batch {
                let texts = row.iter().map(|cell| match cell {
                    Cell::Text(text) => text.as_str(),
                    _ => "?",
                });
                piece.push_str(&format!("{} {}\n", self.bullet, texts.collect::<Vec<_>>().join("; ")));
                summary.rows += 1;
            }
            sink.write(piece.as_bytes())?;
        }
        Ok(summary)
    }
}

veche_sdk::export!({{Type}}: exporter);

#[cfg(test)]
mod tests {
    use veche_sdk::testing::{self, FakeRows, FakeSink};
    use veche_sdk::Date;

    use super::*;

    #[test]
    fn a_full_disk_ends_the_export() {
        let plugin: {{Type}} = testing::configure("{}").unwrap();
        let day = Date { year: 2026, month: 2, day: 1 };
        let request = Request {
            language: "ru".into(),
            time_zone: "Europe/Moscow".into(),
            utc_offset: 10_800,
            first: day,
            last: day,
            options: Vec::new(),
        };
        let mut rows = FakeRows::new(["category_name", "body_name", "state"]).row([]);
        assert!(plugin.export("list", &request, &mut rows, &mut FakeSink::with_quota(3)).is_err());
    }
}
