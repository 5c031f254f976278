//! Words of these pages for codes of the domain.

use veche_app::sandbox::Localized;
use veche_domain::decision::{Kind, Outcome, Permission};
use veche_domain::diff::Language;
use veche_domain::lifecycle::{JobState, RulesEventKind, Stage};
use veche_domain::limits::LimitKind;

use crate::pages::format;
use crate::pages::messages::Lang;

fn dashed(code: &str) -> String {
    code.replace('_', "-")
}

/// A word of a closed list.
fn word(lang: Lang, list: &str, code: &str) -> String {
    let key = format!("admin-{list}-{}", dashed(code));
    if lang.knows(&key) { lang.t(&key) } else { code.to_owned() }
}

/// What a plug-in does.
pub(in crate::pages) fn kind(lang: Lang, kind: Kind) -> String {
    word(lang, "kind", kind.as_str())
}

/// The language of words that the domain has.
pub(in crate::pages) fn language(lang: Lang) -> Language {
    match lang {
        Lang::Ru => Language::Russian,
        Lang::En => Language::English,
    }
}

/// A permission in words.
pub(in crate::pages) fn permission(lang: Lang, permission: Permission) -> String {
    permission.words(language(lang)).to_owned()
}

/// What came of a call.
pub(in crate::pages) fn outcome(lang: Lang, outcome: Outcome) -> String {
    word(lang, "outcome", outcome.as_str())
}

/// What came of a call, by its code.
pub(in crate::pages) fn outcome_code(lang: Lang, code: &str) -> String {
    word(lang, "outcome", code)
}

/// Where a ruleset stands.
pub(in crate::pages) fn stage(lang: Lang, stage: Stage) -> String {
    word(lang, "stage", stage.as_str())
}

/// The class of a stage's mark.
pub(in crate::pages) fn stage_class(stage: Stage) -> &'static str {
    match stage {
        Stage::Draft | Stage::Archived => "tag",
        Stage::Validated => "tag tag-work",
        Stage::Shadow | Stage::Canary => "tag tag-attention",
        Stage::Active => "tag tag-good",
    }
}

/// How a job stands.
pub(in crate::pages) fn job(lang: Lang, state: JobState) -> String {
    word(lang, "job", state.as_str())
}

/// The class of a job's mark.
pub(in crate::pages) fn job_class(state: JobState) -> &'static str {
    match state {
        JobState::Waiting | JobState::Cancelled => "tag",
        JobState::Running => "tag tag-work",
        JobState::Done => "tag tag-good",
        JobState::Failed => "tag tag-late",
    }
}

/// What happened to the rules.
pub(in crate::pages) fn event(lang: Lang, kind: RulesEventKind) -> String {
    word(lang, "event", kind.as_str())
}

/// A deed of the log.
pub(in crate::pages) fn deed(lang: Lang, code: &str) -> String {
    word(lang, "deed", code)
}

/// What happened to a quarantine.
pub(in crate::pages) fn quarantine(lang: Lang, code: &str) -> String {
    word(lang, "quarantine-event", code)
}

/// A shape of a dataset.
pub(in crate::pages) fn shape(lang: Lang, code: &str) -> String {
    word(lang, "shape", code)
}

/// What a limit bounds.
pub(in crate::pages) fn limit(lang: Lang, kind: LimitKind) -> String {
    word(lang, "limit", kind.as_str())
}

/// A text of a plug-in in the language of the page, else in the first that it has.
pub(in crate::pages) fn localized(lang: Lang, texts: &[Localized]) -> String {
    let of = |code: &str| texts.iter().find(|text| text.language.split('-').next() == Some(code));
    of(lang.code()).or_else(|| texts.first()).map(|text| text.text.clone()).unwrap_or_default()
}

/// Bytes in the largest unit that keeps them readable.
pub(in crate::pages) fn bytes(lang: Lang, bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // Shown with one place.
    let (value, unit) = match bytes {
        0..1_024 => return format!("{}\u{a0}{}", bytes, lang.t("admin-unit-bytes")),
        1_024..1_048_576 => (bytes as f64 / 1_024.0, "admin-unit-kib"),
        _ => (bytes as f64 / 1_048_576.0, "admin-unit-mib"),
    };
    let places = usize::from(value.fract() > 0.05 && value < 100.0);
    format!("{}\u{a0}{}", format::decimal(value, places, lang), lang.t(unit))
}

/// A duration of a call.
pub(in crate::pages) fn micros(lang: Lang, us: i64) -> String {
    #[allow(clippy::cast_precision_loss)] // Shown with two places.
    let ms = us as f64 / 1_000.0;
    format!("{}\u{a0}{}", format::decimal(ms, if ms < 10.0 { 2 } else { 0 }, lang), lang.t("admin-unit-ms"))
}

/// An amount of a limit in its unit.
pub(in crate::pages) fn amount(lang: Lang, kind: LimitKind, value: u64) -> String {
    match kind.unit() {
        "bytes" => bytes(lang, value),
        "ms" => format!("{}\u{a0}{}", number(lang, value), lang.t("admin-unit-ms")),
        _ => number(lang, value),
    }
}

/// A count.
pub(in crate::pages) fn number(lang: Lang, value: u64) -> String {
    format::number(i64::try_from(value).unwrap_or(i64::MAX), lang)
}

/// Who did something: the login of an account, or what else the log names.
pub(in crate::pages) fn actor(lang: Lang, name: Option<&str>) -> String {
    match name {
        None => lang.t("admin-actor-host"),
        Some("host") => lang.t("admin-actor-host"),
        Some("cli") => lang.t("admin-actor-cli"),
        Some("region") => lang.t("admin-actor-region"),
        Some(name) => match name.split_once(':') {
            Some(("account", login)) => login.to_owned(),
            Some(("token", id)) => {
                lang.with("admin-actor-token", &[("id", id.chars().take(8).collect::<String>().into())])
            }
            _ => name.to_owned(),
        },
    }
}
