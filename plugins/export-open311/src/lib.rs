//! Appeals as service requests of Open311 GeoReport v2, in its JSON and its XML form.
//!
//! A question is a request. One without a category has no service, so the standard cannot carry it.

mod request;
mod xml;

use export_kit::{Local, Named, Pieces};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::exporter::{Format, Request, Subject, Summary};
use veche_sdk::{Description, Exporter, Failure, Localized, Plugin, Rows, SettingsError, Sink};

use request::{COLUMNS, ServiceRequest};

/// Settings, shown as a form to the administrator.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Выгружать тексты обращений / Write the texts of appeals
    pub texts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { texts: true }
    }
}

/// The configured plug-in.
#[derive(Debug)]
pub struct Open311 {
    settings: Settings,
}

const JSON: &str = "open311-json";
const XML: &str = "open311-xml";

impl Plugin for Open311 {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Выгрузка Open311"), ("en", "Open311 export")]).summary([
            ("ru", "Обращения как заявки Open311 GeoReport v2, JSON и XML."),
            ("en", "Appeals as service requests of Open311 GeoReport v2, JSON and XML."),
        ])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { settings })
    }
}

impl Exporter for Open311 {
    fn formats(&self) -> Vec<Format> {
        let text = |language: &str, text: String| Localized { language: language.to_owned(), text };
        let columns = COLUMNS.iter().filter(|column| self.settings.texts || **column != "text");
        let columns: Vec<String> = columns.map(|column| (*column).to_owned()).collect();
        [(JSON, "JSON", "application/json", "json"), (XML, "XML", "text/xml; charset=utf-8", "xml")]
            .map(|(id, name, media_type, extension)| Format {
                id: id.to_owned(),
                title: vec![
                    text("ru", format!("Заявки Open311, {name}")),
                    text("en", format!("Open311 requests, {name}")),
                ],
                media_type: media_type.to_owned(),
                extension: extension.to_owned(),
                subject: Subject::Appeals,
                columns: columns.clone(),
            })
            .into()
    }

    fn export(
        &self,
        format: &str,
        request: &Request,
        rows: &mut dyn Rows,
        sink: &mut dyn Sink,
    ) -> Result<Summary, Failure> {
        let (local, named) = (Local::new(request.utc_offset), Named::new(&rows.columns(), COLUMNS));
        let mut out = Pieces::new(sink);
        let mut summary = Summary { rows: 0, skipped: 0, notes: Vec::new() };
        let xml = format == XML;
        out.put(if xml { xml::BEGIN } else { "[" }.as_bytes())?;
        while let Some(batch) = rows.next() {
            for row in &batch {
                summary.rows += 1;
                let Some(request) = ServiceRequest::of(named.of(row), local) else {
                    summary.skipped += 1;
                    continue;
                };
                if xml {
                    out.put(xml::element(&request).as_bytes())?;
                    continue;
                }
                let first = summary.rows - summary.skipped == 1;
                out.put(if first { "\n" } else { ",\n" }.as_bytes())?;
                out.put(&serde_json::to_vec(&request).map_err(|error| Failure::new(error.to_string()))?)?;
            }
        }
        out.put(if xml { xml::END } else { "\n]\n" }.as_bytes())?;
        out.finish()?;
        if summary.skipped > 0 {
            summary.notes.push(match request.language.as_str() {
                "en" => format!("Left out, without a category: {}", summary.skipped),
                _ => format!("Не выгружено, без категории: {}", summary.skipped),
            });
        }
        Ok(summary)
    }
}

veche_sdk::export!(Open311: exporter);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
