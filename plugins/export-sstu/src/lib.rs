//! Appeals for the federal portal of appeals (ССТУ.РФ): a JSON file for each, zipped in parts of at most 50 MB.
//!
//! The file is an archive that holds the parts: unpack it once, and hand each part in. What the portal demands and an
//! appeal does not have (a name, a code of the federal classifier) leaves the appeal out, and the remarks say how many.
//! The facts of the format date from 2018 and come from two public adapters: check the portal's present form before use.

mod appeal;
mod parts;

use export_kit::{Local, Named, Pieces};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::exporter::{Format, Request, Subject, Summary};
use veche_sdk::{Description, Exporter, Failure, Localized, Plugin, Rows, SettingsError, Sink};

use appeal::{Appeals, COLUMNS, LeftOut};
use parts::Parts;

/// Settings, shown as a form to the administrator.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Идентификатор органа на портале (GUID) / The centre's id on the portal (GUID)
    #[schemars(regex(pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))]
    pub department: String,
    /// Обращения поступили напрямую, а не с сопроводительным письмом / Appeals came directly, and not under a covering
    /// letter
    #[serde(default = "yes")]
    pub direct: bool,
    /// Каналы, обращения из которых не электронные / Channels whose appeals are not electronic
    #[serde(default = "on_paper")]
    pub other_channels: Vec<String>,
    /// Наибольший размер части, МБ / Largest part, MB
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 50))]
    pub part_megabytes: u64,
}

fn yes() -> bool {
    true
}

fn on_paper() -> Vec<String> {
    ["phone", "paper", "visit"].map(str::to_owned).into()
}

fn fifty() -> u64 {
    50
}

/// The configured plug-in.
#[derive(Debug)]
pub struct Sstu {
    settings: Settings,
}

impl Plugin for Sstu {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Выгрузка на ССТУ.РФ"), ("en", "Export for SSTU.RF")]).summary([
            ("ru", "Файл JSON на каждое обращение, в архивах не больше 50 МБ. Нужно разрешение на данные заявителей."),
            ("en", "A JSON file for each appeal, in archives of at most 50 MB. Needs the grant of applicants' data."),
        ])
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self { settings })
    }
}

impl Exporter for Sstu {
    fn formats(&self) -> Vec<Format> {
        let text = |language: &str, text: &str| Localized { language: language.to_owned(), text: text.to_owned() };
        vec![Format {
            id: "sstu".to_owned(),
            title: vec![text("ru", "Обращения для ССТУ.РФ"), text("en", "Appeals for SSTU.RF")],
            media_type: "application/zip".to_owned(),
            extension: "zip".to_owned(),
            subject: Subject::Appeals,
            columns: COLUMNS.map(str::to_owned).into(),
        }]
    }

    fn export(&self, _: &str, request: &Request, rows: &mut dyn Rows, sink: &mut dyn Sink) -> Result<Summary, Failure> {
        let named = Named::new(&rows.columns(), COLUMNS);
        let mut appeals = Appeals::new(&self.settings, Local::new(request.utc_offset), named, rows);
        let mut parts = Parts::new(Pieces::new(sink), self.settings.part_megabytes * 1_000_000);
        parts.write(&mut appeals)?;
        let left_out = appeals.left_out();
        if appeals.rows() > 0 && left_out.without_name == appeals.rows() {
            return Err(Failure::new(
                "ни у одного обращения нет заявителя: дайте привязке разрешение applicant (no appeal has an applicant: grant the \
                 permission `applicant` to the binding)",
            ));
        }
        parts.finish()?;
        let skipped = left_out.without_name + left_out.without_code;
        Ok(Summary { rows: appeals.rows(), skipped, notes: notes(&left_out, &request.language) })
    }
}

fn notes(left_out: &LeftOut, language: &str) -> Vec<String> {
    let english = language == "en";
    let mut notes = Vec::new();
    if left_out.without_name > 0 {
        notes.push(match english {
            true => format!("Left out, the applicant is unknown: {}", left_out.without_name),
            false => format!("Не выгружено, заявитель неизвестен: {}", left_out.without_name),
        });
    }
    if left_out.without_code > 0 {
        notes.push(match english {
            true => format!("Left out, the category has no code of the federal classifier: {}", left_out.without_code),
            false => format!("Не выгружено, у категории нет кода типового классификатора: {}", left_out.without_code),
        });
    }
    notes
}

veche_sdk::export!(Sstu: exporter);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]
mod tests;
