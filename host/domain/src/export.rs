//! Exports: what rows there are to hand to an exporter, and the check of what it says of itself and of its file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::decision::text_enum;
use crate::mask::mask;

text_enum!(
    /// What the rows of an export are.
    Subject {
        /// A row for each question of the appeals that were received in the period.
        Appeals => "appeals",
        /// A row for each measured value of periods within the period.
        Measurements => "measurements",
        /// A row for each body of the ratings of periods within the period.
        Ratings => "ratings",
    }
);

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// Whole number.
    Integer(i64),
    /// Number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Seconds since 1970-01-01T00:00:00Z.
    Moment(i64),
}

/// Bytes of a row beside its texts, a rough figure that keeps a batch of short rows small, too.
const CELL: usize = 16;

impl Cell {
    /// A text, or no value.
    #[must_use]
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// About how much it weighs, bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Text(text) => CELL + text.len(),
            _ => CELL,
        }
    }
}

macro_rules! columns {
    ($($(#[$doc:meta])* $variant:ident $code:literal $ru:literal $en:literal;)+) => {
        text_enum!(
            /// A column of the subject `appeals`.
            AppealColumn { $($(#[$doc])* $variant => $code),+ }
        );

        impl AppealColumn {
            /// Titles, Russian and English.
            #[must_use]
            pub fn titles(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($ru, $en)),+ }
            }
        }
    };
}

columns! {
    /// The host's id of the appeal.
    Id "id" "Идентификатор" "Id";
    /// Which question of the appeal, from 0.
    Question "question" "Номер вопроса" "Question";
    /// Id that the channel gave.
    ExternalId "external_id" "Номер в канале" "Number in the channel";
    /// When the centre received it.
    ReceivedAt "received_at" "Поступило" "Received";
    /// Channel code.
    Channel "channel" "Канал" "Channel";
    /// Legal regime code.
    Regime "regime" "Правовой режим" "Legal regime";
    /// Kind of the applicant.
    ApplicantKind "applicant_kind" "Вид заявителя" "Kind of applicant";
    /// Personal data.
    ApplicantName "applicant_name" "Заявитель" "Applicant";
    /// Personal data.
    ApplicantPhone "applicant_phone" "Телефон заявителя" "Applicant's phone";
    /// Personal data.
    ApplicantEmail "applicant_email" "Эл. почта заявителя" "Applicant's e-mail";
    /// Personal data.
    ApplicantAddress "applicant_address" "Адрес заявителя" "Applicant's address";
    /// Text of the question; masked without the permission `applicant`.
    Text "text" "Текст" "Text";
    /// OKTMO code.
    Municipality "municipality" "ОКТМО" "Municipality code";
    /// Its name.
    MunicipalityName "municipality_name" "Муниципалитет" "Municipality";
    /// A part of the municipality.
    District "district" "Район" "District";
    /// Where it is about.
    Address "address" "Адрес" "Address";
    /// Degrees.
    Latitude "latitude" "Широта" "Latitude";
    /// Degrees.
    Longitude "longitude" "Долгота" "Longitude";
    /// How many files came with it.
    Attachments "attachments" "Вложений" "Attachments";
    /// Block code.
    Block "block" "Код блока" "Block code";
    /// Its name.
    BlockName "block_name" "Отраслевой блок" "Block";
    /// Category code.
    Category "category" "Код категории" "Category code";
    /// Its name.
    CategoryName "category_name" "Категория" "Category";
    /// Code of the federal classifier.
    Sstu "sstu" "Код типового классификатора" "Federal classifier code";
    /// Whether the category is the block's `other`.
    Other "other" "Прочие" "Other";
    /// Body code.
    Body "body" "Код органа" "Body code";
    /// Its name.
    BodyName "body_name" "Орган" "Body";
    /// Where the question stands.
    State "state" "Состояние" "State";
    /// Whether the rules set the body and no person changed it.
    Automatic "automatic" "Доставлено автоматически" "Delivered automatically";
    /// Last moment for the answer.
    DueAt "due_at" "Срок ответа" "Due";
    /// Whether the term was extended.
    Extended "extended" "Срок продлён" "Extended";
    /// First reaction.
    ReactedAt "reacted_at" "Первая реакция" "First reaction";
    /// Working minutes to the first reaction.
    ReactionMinutes "reaction_minutes" "Минут до реакции" "Minutes to the reaction";
    /// Answer.
    AnsweredAt "answered_at" "Ответ дан" "Answered";
    /// Whether in substance.
    InSubstance "in_substance" "По существу" "In substance";
    /// Closing.
    ClosedAt "closed_at" "Закрыто" "Closed";
    /// Not answered, and the term is over when the export is made.
    Overdue "overdue" "Просрочено" "Overdue";
    /// How often people moved it to another body.
    Redirects "redirects" "Перенаправлений" "Redirects";
    /// How often it was reopened.
    Reopened "reopened" "Возвратов в работу" "Reopened";
    /// The applicant's mark, 1 to 5.
    Mark "mark" "Оценка" "Mark";
    /// Whether it repeats an earlier one.
    Repeated "repeated" "Повторное" "Repeated";
}

impl AppealColumn {
    /// Whether it is personal data: empty without the permission `applicant`.
    #[must_use]
    pub fn is_personal(self) -> bool {
        matches!(self, Self::ApplicantName | Self::ApplicantPhone | Self::ApplicantEmail | Self::ApplicantAddress)
    }
}

/// Columns of the subject `measurements`: name, Russian and English title.
pub const MEASUREMENT_COLUMNS: &[(&str, &str, &str)] = &[
    ("indicator", "Показатель", "Indicator"),
    ("title", "Наименование", "Title"),
    ("unit", "Единица", "Unit"),
    ("period", "Вид периода", "Kind of period"),
    ("first", "Начало периода", "First day"),
    ("last", "Конец периода", "Last day"),
    ("block", "Код блока", "Block code"),
    ("category", "Код категории", "Category code"),
    ("body", "Код органа", "Body code"),
    ("municipality", "ОКТМО", "Municipality code"),
    ("channel", "Канал", "Channel"),
    ("value", "Значение", "Value"),
    ("numerator", "Числитель", "Numerator"),
    ("denominator", "Знаменатель", "Denominator"),
    ("excluded", "Исключено", "Left out"),
    ("official", "Официальное", "Official"),
    ("cut_off", "Данные на момент", "Cut-off"),
];

/// Columns of the subject `ratings`: name, Russian and English title.
pub const RATING_COLUMNS: &[(&str, &str, &str)] = &[
    ("period", "Вид периода", "Kind of period"),
    ("first", "Начало периода", "First day"),
    ("last", "Конец периода", "Last day"),
    ("body", "Код органа", "Body code"),
    ("body_name", "Орган", "Body"),
    ("place", "Место", "Place"),
    ("score", "Балл", "Score"),
    ("quantity", "Количество", "Quantity"),
    ("quality", "Качество", "Quality"),
    ("speed", "Скорость", "Speed"),
    ("completeness", "Полнота", "Completeness"),
    ("questions", "Вопросов", "Questions"),
    ("rated", "В рейтинге", "Rated"),
    ("state", "Состояние", "State"),
];

/// A column as an exporter sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Name, the same in every language.
    pub name: &'static str,
    /// Title in the language of the request.
    pub title: &'static str,
}

impl Subject {
    /// All its columns with titles of a language; Russian unless English is asked for.
    #[must_use]
    pub fn columns(self, language: &str) -> Vec<Column> {
        let english = language.split('-').next() == Some("en");
        let column = |(name, ru, en)| Column { name, title: if english { en } else { ru } };
        match self {
            Self::Appeals => {
                let all = AppealColumn::ALL.iter();
                all.map(|c| column((c.as_str(), c.titles().0, c.titles().1))).collect()
            }
            Self::Measurements => MEASUREMENT_COLUMNS.iter().copied().map(column).collect(),
            Self::Ratings => RATING_COLUMNS.iter().copied().map(column).collect(),
        }
    }

    /// The named columns, in this order; all of them if none is named. Names are those of a checked [`Format`].
    #[must_use]
    pub fn chosen(self, names: &[String], language: &str) -> Vec<Column> {
        let all = self.columns(language);
        if names.is_empty() {
            return all;
        }
        names.iter().filter_map(|name| all.iter().find(|column| column.name == name).cloned()).collect()
    }
}

/// A format as an exporter describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Format {
    /// Id, unique in the plug-in.
    pub id: String,
    /// Title by language.
    pub title: BTreeMap<String, String>,
    /// Media type of the file.
    pub media_type: String,
    /// File name extension without the dot.
    pub extension: String,
    /// What its rows are.
    pub subject: Subject,
    /// Columns that it wants; empty for all.
    pub columns: Vec<String>,
}

/// Why the formats of a plug-in cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("format {format:?}: {reason}")]
pub struct FormatFault {
    /// Format.
    pub format: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

fn is_plain(text: &str, most: usize, also: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || also.contains(c);
    !text.is_empty() && text.len() <= most && text.chars().all(fits)
}

/// A media type becomes a header, so no byte of it may end one.
fn is_media_type(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+/;= ".contains(c);
    text.len() <= 120
        && text.split_once('/').is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty())
        && text.chars().all(fits)
}

/// Checks what an exporter says of its formats.
///
/// # Errors
/// The first fault.
pub fn check_formats(formats: &[Format]) -> Result<(), FormatFault> {
    let mut seen = BTreeSet::new();
    for format in formats {
        let fault = |reason: String| Err(FormatFault { format: format.id.chars().take(80).collect(), reason });
        if !is_plain(&format.id, 60, "-_.") {
            return fault("its id must be lower-case latin letters, digits, `-`, `_` and `.`".into());
        }
        if !seen.insert(&format.id) {
            return fault("it is described twice".into());
        }
        if format.title.is_empty() || format.title.values().any(|title| title.trim().is_empty() || title.len() > 400) {
            return fault("it needs a title, of at most 400 bytes in each language".into());
        }
        if !is_media_type(&format.media_type) {
            return fault("its media type must look like `text/csv; charset=utf-8`".into());
        }
        if !is_plain(&format.extension, 12, ".") || format.extension.starts_with('.') {
            return fault(
                "its extension must be lower-case latin letters and digits, without a dot before them".into(),
            );
        }
        let known = format.subject.columns("en");
        if let Some(column) = format.columns.iter().find(|name| !known.iter().any(|c| c.name == name.as_str())) {
            let known: Vec<_> = known.iter().map(|column| column.name).collect();
            let column: String = column.chars().take(80).collect();
            return fault(format!(
                "it asks for the column {column:?}, which there is not: choose among {}",
                known.join(", ")
            ));
        }
        let unique: BTreeSet<_> = format.columns.iter().collect();
        if unique.len() != format.columns.len() {
            return fault("it asks for a column twice".into());
        }
    }
    Ok(())
}

/// What an exporter is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Language of titles.
    pub language: String,
    /// Period.
    pub period: crate::indicator::Period,
    /// Choices of the person who asked, by name.
    pub options: BTreeMap<String, String>,
}

/// What an exporter says of its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows read.
    pub rows: u64,
    /// Rows that the format cannot carry.
    pub skipped: u64,
    /// Remarks.
    pub notes: Vec<String>,
}

/// What the host saw while a file was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows handed over.
    pub rows: u64,
    /// Whether the end of the rows was handed over, too.
    pub ended: bool,
    /// Bytes taken.
    pub bytes: u64,
}

/// Remarks that are kept, and characters of one.
const NOTES: (usize, usize) = (50, 500);

/// Whether a file is whole; its summary with the remarks masked and cut.
///
/// # Errors
/// What shows that it is half a file, or none.
pub fn check_file(mut summary: Summary, written: Written) -> Result<Summary, String> {
    if !written.ended {
        return Err(format!(
            "the plug-in stopped after {} rows and before the end of them: half a file is none (файл не полон)",
            written.rows
        ));
    }
    if summary.rows != written.rows {
        return Err(format!(
            "the plug-in says that it read {} rows and was handed {} (файл не полон)",
            summary.rows, written.rows
        ));
    }
    if summary.skipped > summary.rows {
        return Err(format!("the plug-in left out {} of {} rows", summary.skipped, summary.rows));
    }
    if written.bytes == 0 {
        return Err("the plug-in wrote nothing (файл пуст)".into());
    }
    summary.notes.truncate(NOTES.0);
    for note in &mut summary.notes {
        *note = mask(note, &[]).chars().take(NOTES.1).collect();
    }
    Ok(summary)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn format() -> Format {
        Format {
            id: "csv".into(),
            title: [("ru".into(), "CSV".into())].into(),
            media_type: "text/csv; charset=utf-8".into(),
            extension: "csv".into(),
            subject: Subject::Appeals,
            columns: vec!["id".into(), "text".into()],
        }
    }

    #[test]
    fn formats_are_refused_by_what_is_wrong_with_them() {
        assert_eq!(check_formats(&[format()]), Ok(()));
        type Change = fn(&mut Format);
        let cases: [(Change, &str); 7] = [
            (|f| f.id = "CSV".into(), "lower-case"),
            (|f| f.title.clear(), "title"),
            (|f| f.media_type = "csv".into(), "media type"),
            (|f| f.media_type = "text/csv\r\nSet-Cookie: a=b".into(), "media type"),
            (|f| f.extension = "../x".into(), "extension"),
            (|f| f.columns.push("password".into()), "which there is not"),
            (|f| f.columns.push("id".into()), "twice"),
        ];
        for (change, part) in cases {
            let mut broken = format();
            change(&mut broken);
            let said = check_formats(&[broken]).unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
        }
        assert!(check_formats(&[format(), format()]).unwrap_err().to_string().contains("described twice"));
    }

    #[test]
    fn half_a_file_is_none() {
        let summary = |rows, skipped| Summary {
            rows, skipped, notes: vec!["Иванов Иван Иванович пропущен".into()]
        };
        let written = Written { rows: 5, ended: true, bytes: 10 };
        let whole = check_file(summary(5, 1), written).unwrap();
        assert!(whole.notes.iter().all(|note| !note.contains("Иванов")), "{whole:?}");
        let refused = |summary, written| check_file(summary, written).unwrap_err();
        assert!(refused(summary(5, 0), Written { ended: false, ..written }).contains("half a file"));
        assert!(refused(summary(4, 0), written).contains("read 4 rows"));
        assert!(refused(summary(5, 6), written).contains("left out 6"));
        assert!(refused(summary(5, 0), Written { bytes: 0, ..written }).contains("wrote nothing"));
    }

    #[test]
    fn columns_come_in_the_order_and_the_language_asked_for() {
        let names = ["text".to_owned(), "id".to_owned()];
        let titles = |language| Subject::Appeals.chosen(&names, language).iter().map(|c| c.title).collect::<Vec<_>>();
        assert_eq!(titles("ru"), ["Текст", "Идентификатор"]);
        assert_eq!(titles("en-GB"), ["Text", "Id"]);
        assert_eq!(Subject::Ratings.chosen(&[], "ru").len(), RATING_COLUMNS.len());
    }
}
