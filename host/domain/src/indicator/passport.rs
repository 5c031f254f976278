//! The passport of an additional indicator (clause 22): fields, checks, states, and who may move it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::formula::Direction;
use super::set::IndicatorSet;
use crate::code::Digest;
use crate::decision::text_enum;
use crate::dictionary::fold_name;
use crate::ruleset::canonical_json;

text_enum!(
    /// Where a passport stands.
    PassportState {
        /// Being written.
        Draft => "draft",
        /// Handed in by its author.
        Submitted => "submitted",
        /// Agreed by the head of the centre.
        Agreed => "agreed",
        /// Approved by the curator.
        Approved => "approved",
        /// Its measurements are official.
        Active => "active",
        /// Over.
        Archived => "archived",
    }
);

text_enum!(
    /// What moves a passport.
    PassportStep {
        /// The author hands it in.
        Submit => "submit",
        /// The head agrees.
        Agree => "agree",
        /// The curator approves.
        Approve => "approve",
        /// From now on its measurements are official.
        Activate => "activate",
        /// It goes back to its author, with a reason.
        Reject => "reject",
        /// It ends, with a reason.
        Archive => "archive",
    }
);

/// Why a step is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    /// Not from this state.
    #[error(
        "the passport is {state}: {step} is not possible from there (паспорт в состоянии {state}: шаг {step} невозможен)"
    )]
    State {
        /// Step.
        step: PassportStep,
        /// State.
        state: PassportState,
    },
    /// The author must not.
    #[error(
        "{0} is the author of this passport: somebody else must agree and approve it (автор не согласует и не утверждает свой паспорт)"
    )]
    Author(String),
    /// Two steps of one person.
    #[error(
        "{0} has agreed to this passport already: the approval is another person's (согласовавший не утверждает: второе утверждение тем же лицом)"
    )]
    SamePerson(String),
    /// No reason.
    #[error("say why: the reason is kept with the passport (укажите причину)")]
    NoReason,
}

/// What an indicator is based on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Federal or ministerial project.
    pub project: String,
    /// Wording of its result. The name of the indicator is this wording.
    pub result: String,
}

/// What is counted (quantitative characteristics).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// In words; refines the name and does not repeat it.
    pub text: String,
    /// Unit.
    pub unit: String,
    /// Value to start from.
    pub base: f64,
    /// Which way is better.
    pub direction: Direction,
    /// Decimal places.
    pub decimals: u8,
}

/// A link to a mandatory indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandatoryLink {
    /// Code in the set in force.
    pub indicator: String,
    /// How the additional indicator serves it.
    pub characteristics: String,
    /// By when the mandatory one is to be reached, `ДД.ММ.ГГГГ`.
    pub date: String,
}

/// How a breach of the dates of a link counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPolicy {
    /// The passport cannot be handed in.
    #[default]
    Error,
    /// It is said, and no more.
    Warning,
}

/// What a passport says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passport {
    /// Indicator: `<binding>:<code>`.
    pub indicator: String,
    /// Release whose formula is meant; another digest needs another approval.
    pub release: Digest,
    /// Name: the wording of the result in the basis.
    pub title: String,
    /// Basis.
    pub basis: Basis,
    /// Blocks that it concerns; none: the region.
    #[serde(default)]
    pub blocks: BTreeSet<String>,
    /// Who answers for it.
    pub owner: String,
    /// First and last year of the plan.
    pub years: (i32, i32),
    /// Plan by year, without gaps.
    pub plan: BTreeMap<i32, f64>,
    /// Why it is needed, and why it suffices.
    pub justification: String,
    /// By when it is to be reached, `ДД.ММ.ГГГГ`.
    pub deadline: String,
    /// Qualitative characteristics; refine the name and do not repeat it.
    pub qualitative: String,
    /// Quantitative characteristics.
    pub quantitative: Quantity,
    /// What else makes its achievement unambiguous: source of data, numerator, denominator, when it is recounted.
    pub method: String,
    /// Mandatory indicators that it serves.
    pub links: Vec<MandatoryLink>,
}

text_enum!(
    /// How much a finding matters.
    Severity {
        /// The passport cannot be handed in.
        Error => "error",
        /// Somebody should look.
        Warning => "warning",
    }
);

/// Something about a passport, for its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Field.
    pub field: String,
    /// How much it matters.
    pub severity: Severity,
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
}

/// Reads `ДД.ММ.ГГГГ` strictly: two digits, two digits, four, and a day that there is.
#[must_use]
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('.');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        let strict = part.len() == digits && part.bytes().all(|c| c.is_ascii_digit());
        strict.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (day, month, year) = (number(2)?, number(2)?, number(4)?);
    let rest = parts.next();
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|_| rest.is_none())
}

/// Above this share of common three-letter pieces two texts are called much alike.
const ALIKE: f64 = 0.7;
/// Most characters of a text.
const TEXT_LIMIT: usize = 4_000;

impl Passport {
    /// Its content by name: an approval is of exactly this.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_value(self).map(|v| canonical_json(&v)).unwrap_or_default())
    }

    /// Checks it against the set of mandatory indicators in force.
    #[must_use]
    pub fn check(&self, set: Option<&IndicatorSet>, links: LinkPolicy) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.check_texts(&mut findings);
        self.check_plan(&mut findings);
        self.check_links(set, links, &mut findings);
        findings
    }

    fn check_texts(&self, findings: &mut Vec<Finding>) {
        let required = [
            ("title", &self.title),
            ("basis.project", &self.basis.project),
            ("basis.result", &self.basis.result),
            ("owner", &self.owner),
            ("justification", &self.justification),
            ("qualitative", &self.qualitative),
            ("quantitative.text", &self.quantitative.text),
            ("quantitative.unit", &self.quantitative.unit),
            ("method", &self.method),
        ];
        for (field, text) in required {
            if text.trim().is_empty() || text.chars().count() > TEXT_LIMIT {
                error(findings, field, "заполните поле: от 1 до 4000 знаков", "write 1 to 4,000 characters");
            }
        }
        if normal(&self.title) != normal(&self.basis.result) {
            let ru = "наименование показателя должно совпадать с формулировкой результата проекта (пункт 22)";
            error(findings, "title", ru, "the name must be the wording of the chosen result (clause 22)");
        }
        let name = normal(&self.title);
        for (field, text) in [("qualitative", &self.qualitative), ("quantitative.text", &self.quantitative.text)] {
            let text = normal(text);
            if text.is_empty() || name.is_empty() {
                continue;
            }
            if text == name || contains_words(&name, &text) || contains_words(&text, &name) && extra(&text, &name) < 2 {
                let ru = "характеристика должна уточнять наименование, а не повторять его";
                error(findings, field, ru, "the characteristic must refine the name, not repeat it");
            } else if alike(&text, &name) > ALIKE {
                findings.push(Finding {
                    field: field.to_owned(),
                    severity: Severity::Warning,
                    ru: "характеристика почти повторяет наименование: проверьте, что она его уточняет".into(),
                    en: "the characteristic is much like the name: see that it refines it".into(),
                });
            }
        }
        if !self.quantitative.base.is_finite() || self.quantitative.decimals > 6 {
            let ru = "базовое значение — число, знаков после запятой от 0 до 6";
            error(findings, "quantitative", ru, "the base is a number, decimals are 0 to 6");
        }
    }

    fn check_plan(&self, findings: &mut Vec<Finding>) {
        let (from, to) = self.years;
        if from > to || !(2000..=2100).contains(&from) || !(2000..=2100).contains(&to) {
            error(findings, "years", "первый год плана не позже последнего", "the first year is not after the last");
            return;
        }
        let missing: Vec<String> =
            (from..=to).filter(|year| !self.plan.contains_key(year)).map(|year| year.to_string()).collect();
        if !missing.is_empty() {
            let years = missing.join(", ");
            let (ru, en) = (format!("нет плана на {years}"), format!("there is no plan for {years}"));
            error(findings, "plan", &ru, &en);
        }
        if self.plan.keys().any(|year| !(from..=to).contains(year)) || self.plan.values().any(|v| !v.is_finite()) {
            let ru = "план — числа и только на годы от первого до последнего";
            error(findings, "plan", ru, "the plan holds numbers, for the years from the first to the last alone");
        }
        match parse_date(&self.deadline) {
            None => {
                let ru = "срок — существующая дата в виде ДД.ММ.ГГГГ";
                error(findings, "deadline", ru, "the deadline is a real date, written ДД.ММ.ГГГГ");
            }
            Some(date) if !(from..=to).contains(&date.year()) => {
                error(findings, "deadline", "срок вне лет плана", "the deadline is outside the years of the plan");
            }
            Some(_) => {}
        }
    }

    fn check_links(&self, set: Option<&IndicatorSet>, policy: LinkPolicy, findings: &mut Vec<Finding>) {
        if self.links.is_empty() {
            let ru = "нужна связь хотя бы с одним обязательным показателем";
            error(findings, "links", ru, "a link to at least one mandatory indicator is needed");
        }
        for (index, link) in self.links.iter().enumerate() {
            let field = |name: &str| format!("links/{index}/{name}");
            let mandatory = set.and_then(|set| set.indicator(&link.indicator));
            if mandatory.is_none() {
                let (ru, en) = (
                    format!("показателя {:?} нет в действующем наборе обязательных", link.indicator),
                    format!("indicator {:?} is not in the mandatory set in force", link.indicator),
                );
                error(findings, &field("indicator"), &ru, &en);
            }
            if link.characteristics.trim().is_empty() {
                error(findings, &field("characteristics"), "опишите связь", "say how it serves the mandatory one");
            }
            let Some(date) = parse_date(&link.date) else {
                let ru = "дата — существующая, в виде ДД.ММ.ГГГГ";
                error(findings, &field("date"), ru, "the date is a real one, written ДД.ММ.ГГГГ");
                continue;
            };
            let of_set = mandatory.and_then(|m| m.deadline).is_some_and(|deadline| deadline != date);
            let late = parse_date(&self.deadline).is_some_and(|deadline| deadline > date);
            let severity = if policy == LinkPolicy::Error { Severity::Error } else { Severity::Warning };
            let mut say = |ru: &str, en: &str| {
                let (field, ru, en) = (field("date"), ru.to_owned(), en.to_owned());
                findings.push(Finding { field, severity, ru, en });
            };
            if of_set {
                say(
                    "дата не та, что у обязательного показателя в наборе",
                    "the date is not the one in the mandatory set",
                );
            }
            if late {
                say(
                    "срок показателя позже срока обязательного, которому он служит",
                    "the deadline is after that of the mandatory indicator that it serves",
                );
            }
        }
    }
}

impl PassportStep {
    /// The state after a step, if it may be made. `author` wrote the passport, `agreed_by` agreed to it.
    ///
    /// # Errors
    /// [`StepRefused`].
    pub fn apply(
        self,
        state: PassportState,
        actor: &str,
        author: &str,
        agreed_by: Option<&str>,
        reason: Option<&str>,
    ) -> Result<PassportState, StepRefused> {
        use PassportState::{Active, Agreed, Approved, Archived, Draft, Submitted};
        let next = match (self, state) {
            (Self::Submit, Draft) => Submitted,
            (Self::Agree, Submitted) => Agreed,
            (Self::Approve, Agreed) => Approved,
            (Self::Activate, Approved) => Active,
            (Self::Reject, Submitted | Agreed) => Draft,
            (Self::Archive, Draft | Approved | Active) => Archived,
            (step, state) => return Err(StepRefused::State { step, state }),
        };
        if matches!(self, Self::Agree | Self::Approve) && actor == author {
            return Err(StepRefused::Author(actor.to_owned()));
        }
        if self == Self::Approve && agreed_by == Some(actor) {
            return Err(StepRefused::SamePerson(actor.to_owned()));
        }
        if matches!(self, Self::Reject | Self::Archive) && reason.is_none_or(|r| r.trim().is_empty()) {
            return Err(StepRefused::NoReason);
        }
        Ok(next)
    }
}

fn error(findings: &mut Vec<Finding>, field: &str, ru: &str, en: &str) {
    let (field, ru, en) = (field.to_owned(), ru.to_owned(), en.to_owned());
    findings.push(Finding { field, severity: Severity::Error, ru, en });
}

/// Lower case, «ё» as «е», words alone.
fn normal(text: &str) -> String {
    let words = fold_name(text);
    words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether the words of `part` stand in `whole` in a row.
fn contains_words(whole: &str, part: &str) -> bool {
    format!(" {whole} ").contains(&format!(" {part} "))
}

/// How many words `longer` has more.
fn extra(longer: &str, shorter: &str) -> usize {
    longer.split(' ').count().saturating_sub(shorter.split(' ').count())
}

/// Share of common pieces of three letters (Dice), 0 to 1.
fn alike(a: &str, b: &str) -> f64 {
    let pieces = |text: &str| -> HashSet<[char; 3]> {
        let letters: Vec<char> = text.chars().collect();
        letters.windows(3).filter_map(|w| <[char; 3]>::try_from(w).ok()).collect()
    };
    let (a, b) = (pieces(a), pieces(b));
    let all = a.len() + b.len();
    #[allow(clippy::cast_precision_loss)] // A few thousand pieces.
    if all == 0 { 0.0 } else { 2.0 * a.intersection(&b).count() as f64 / all as f64 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn passport() -> Passport {
        Passport {
            indicator: "region:closed-in-5-days".into(),
            release: Digest::of(b"release"),
            title: "Доля обращений, закрытых за 5 рабочих дней".into(),
            basis: Basis {
                project: "Цифровое государственное управление".into(),
                result: "доля обращений, закрытых за  5 рабочих дней.".into(),
            },
            blocks: BTreeSet::new(),
            owner: "Министерство цифрового развития".into(),
            years: (2024, 2026),
            plan: BTreeMap::from([(2024, 60.0), (2025, 70.0), (2026, 80.0)]),
            justification: "Без него не видно, где ждут дольше недели.".into(),
            deadline: "31.12.2026".into(),
            qualitative: "Ответ по существу получен заявителем, дело снято с контроля".into(),
            quantitative: Quantity {
                text: "Отношение числа снятых с контроля к числу поступивших, в процентах".into(),
                unit: "%".into(),
                base: 55.0,
                direction: Direction::Up,
                decimals: 1,
            },
            method: "Плагин считает по журналу событий, пересчёт ежемесячно.".into(),
            links: vec![MandatoryLink {
                indicator: "on-time".into(),
                characteristics: "Быстрое закрытие повышает долю ответов в срок".into(),
                date: "31.12.2026".into(),
            }],
        }
    }

    fn set() -> IndicatorSet {
        serde_json::from_value(serde_json::json!({
            "version": "1", "valid_from": "2024-01-01", "source": "тест",
            "indicators": [{"code": "on-time", "title": "В срок", "function": "feedback",
                "source": {"formula": "on_time"}, "deadline": "2026-12-31"}]
        }))
        .unwrap()
    }

    fn check(change: impl FnOnce(&mut Passport), expected: &[(&str, Severity)]) {
        let mut passport = passport();
        change(&mut passport);
        let found: Vec<_> = passport.check(Some(&set()), LinkPolicy::Error);
        let found: Vec<_> = found.iter().map(|f| (f.field.as_str(), f.severity)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn dates_are_strict() {
        assert_eq!(parse_date("29.02.2024"), NaiveDate::from_ymd_opt(2024, 2, 29));
        for text in ["29.02.2025", "1.02.2025", "01.2.2025", "01.02.25", "2025-02-01", "01.02.2025.", "٠١.02.2025", ""]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn each_field_is_checked() {
        let error = Severity::Error;
        check(|_| (), &[]);
        check(|p| p.title = "Другое имя".into(), &[("title", error)]);
        check(|p| p.deadline = "29.02.2025".into(), &[("deadline", error)]);
        check(|p| p.deadline = "01.01.2027".into(), &[("deadline", error), ("links/0/date", error)]);
        check(|p| _ = p.plan.remove(&2025), &[("plan", error)]);
        check(|p| _ = p.plan.insert(2031, 1.0), &[("plan", error)]);
        check(|p| p.years = (2026, 2024), &[("years", error)]);
        check(|p| p.links.clear(), &[("links", error)]);
        check(|p| p.links[0].indicator = "none".into(), &[("links/0/indicator", error)]);
        check(|p| p.links[0].date = "31.12.2025".into(), &[("links/0/date", error), ("links/0/date", error)]);
        check(|p| p.method = " ".into(), &[("method", error)]);
        check(|p| p.qualitative = p.title.to_uppercase() + "!", &[("qualitative", error)]);
        check(|p| p.qualitative = "закрытых за 5 рабочих дней".into(), &[("qualitative", error)]);
        let near = "Доля всех обращений, которые закрытые за 5 рабочих дня";
        check(|p| p.qualitative = near.into(), &[("qualitative", Severity::Warning)]);
        check(|p| p.quantitative.text = p.title.clone(), &[("quantitative.text", error)]);
    }

    #[test]
    fn nobody_moves_a_passport_alone() {
        use PassportState::{Active, Agreed, Approved, Draft, Submitted};
        let step = |step: PassportStep, state, actor| step.apply(state, actor, "author", Some("head"), Some("why"));
        assert_eq!(step(PassportStep::Submit, Draft, "author"), Ok(Submitted));
        assert_eq!(step(PassportStep::Agree, Submitted, "head"), Ok(Agreed));
        assert_eq!(step(PassportStep::Approve, Agreed, "curator"), Ok(Approved));
        assert_eq!(step(PassportStep::Activate, Approved, "curator"), Ok(Active));
        assert!(matches!(step(PassportStep::Agree, Submitted, "author"), Err(StepRefused::Author(_))));
        assert!(matches!(step(PassportStep::Approve, Agreed, "author"), Err(StepRefused::Author(_))));
        assert!(matches!(step(PassportStep::Approve, Agreed, "head"), Err(StepRefused::SamePerson(_))));
        assert!(matches!(step(PassportStep::Approve, Approved, "curator"), Err(StepRefused::State { .. })));
        assert!(matches!(step(PassportStep::Approve, Draft, "curator"), Err(StepRefused::State { .. })));
        let silent = PassportStep::Reject.apply(Submitted, "head", "author", None, Some(" "));
        assert_eq!(silent, Err(StepRefused::NoReason));
    }
}
