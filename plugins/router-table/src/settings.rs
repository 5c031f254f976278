//! Settings as the administrator gives them, with defaults for Russia.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::{ClockKind, Priority};

/// Settings of a binding.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Сроки. Для каждого вида действует самое точное из подходящих правил. / Terms. For each kind the
    /// most specific rule that fits is used: category first, then regime, then channel.
    pub clocks: Vec<ClockRule>,
    /// Срочность по категориям; без правила — обычная. / Priority by category; ordinary without a rule.
    pub priorities: Vec<PriorityRule>,
    /// Орган, если ни одна строка справочника не подошла; без него решает следующий плагин. / Body
    /// where no row fits; without it the next plug-in is asked.
    pub default_body: Option<String>,
    /// День, от которого идёт срок. / The day that a term runs from.
    pub start: Start,
}

/// One term.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    /// Вид срока. / Which term.
    pub kind: Kind,
    /// Правовой режим (`59fz`, `pos`, `social`, …); пусто — любой. / Legal regime; any if empty.
    #[serde(default)]
    pub regime: Option<String>,
    /// Канал; пусто — любой. / Channel; any if empty.
    #[serde(default)]
    pub channel: Option<String>,
    /// Категория или `блок.*`; пусто — любая. / Category or `block.*`; any if empty.
    #[serde(default)]
    pub category: Option<String>,
    /// Сколько единиц. / How many units.
    #[schemars(range(min = 1, max = 10_000))]
    pub amount: u32,
    /// Единица. / Unit.
    pub unit: Unit,
    /// Входит ли первый день в срок. / Whether the first day is counted.
    #[serde(default)]
    pub counting: Counting,
    /// Куда переносится срок в календарных днях, если он кончается в нерабочий день. / Where a term in
    /// calendar days goes that ends on a day off.
    #[serde(default)]
    pub roll: Rolling,
    /// Основание, как его увидит оператор: «59-ФЗ ст. 12 ч. 1, 30 дней». / Basis, for the operator.
    #[schemars(length(min = 1, max = 300))]
    pub basis: String,
}

/// Which term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Регистрация. / Registration.
    Registration,
    /// Направление по компетенции. / Forwarding to the competent body.
    Forwarding,
    /// Первая реакция. / First public reaction.
    FirstReaction,
    /// Ответ по существу. / Answer on the substance.
    Answer,
    /// Ответ после продления. / Answer after an extension.
    Extension,
}

/// Unit of a term. Days end with the day, in the region's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Календарные дни. / Calendar days.
    CalendarDays,
    /// Рабочие дни. / Working days.
    WorkingDays,
    /// Рабочие часы органа. / Working hours of the body.
    WorkingHours,
    /// Часы подряд. / Hours, day and night.
    Hours,
}

/// Whether the first day is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Со следующего дня. / From the next day.
    #[default]
    Exclusive,
    /// Первый день — день 1. / The first day is day 1.
    Inclusive,
}

/// Where a term goes that ends on a day off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rolling {
    /// Остаётся. / Stays.
    #[default]
    Stay,
    /// На предшествующий рабочий день. / To the working day before.
    Back,
    /// На следующий рабочий день. / To the working day after.
    Forward,
}

/// The day that a term runs from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// День поступления, хотя бы и нерабочий. / The day of receipt, even a day off.
    #[default]
    Received,
    /// Если поступило в нерабочий день — следующий рабочий. / The next working day after a day off.
    NextWorkingDay,
}

/// Priority of a category.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorityRule {
    /// Категория или `блок.*`. / Category or `block.*`.
    #[schemars(length(min = 1))]
    pub category: String,
    /// Срочность. / Priority.
    pub priority: Urgency,
}

/// How urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Может подождать. / Can wait.
    Low,
    /// Обычная. / Ordinary.
    Normal,
    /// Раньше обычных. / Before the ordinary ones.
    High,
    /// Опасность для жизни или здоровья. / Danger to life or health.
    Urgent,
}

impl From<Kind> for ClockKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Registration => Self::Registration,
            Kind::Forwarding => Self::Forwarding,
            Kind::FirstReaction => Self::FirstReaction,
            Kind::Answer => Self::Answer,
            Kind::Extension => Self::Extension,
        }
    }
}

impl From<Urgency> for Priority {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Low => Self::Low,
            Urgency::Normal => Self::Normal,
            Urgency::High => Self::High,
            Urgency::Urgent => Self::Urgent,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { clocks: default_clocks(), priorities: Vec::new(), default_body: None, start: Start::default() }
    }
}

/// What holds in Russia unless a region sets its own terms. The terms of the POS and of social networks
/// are set by each region; these are common ones.
fn default_clocks() -> Vec<ClockRule> {
    use {Kind::*, Rolling::*, Unit::*};
    let rule = |regime: &str, kind, amount, unit, roll, basis: &str| ClockRule {
        kind,
        regime: Some(regime.to_owned()),
        channel: None,
        category: None,
        amount,
        unit,
        counting: Counting::Exclusive,
        roll,
        basis: basis.to_owned(),
    };
    vec![
        // Received before days off, it may be registered on the next working day.
        rule("59fz", Registration, 3, CalendarDays, Forward, "59-ФЗ ст. 8 ч. 2, 3 дня"),
        rule("59fz", Forwarding, 7, CalendarDays, Back, "59-ФЗ ст. 8 ч. 3, 7 дней"),
        rule("59fz", Answer, 30, CalendarDays, Back, "59-ФЗ ст. 12 ч. 1, 30 дней"),
        rule("pos", Answer, 30, CalendarDays, Back, "ПОС (ПП РФ № 1802), обычный порядок, 30 дней"),
        rule("pos-fast", Answer, 10, CalendarDays, Back, "ПОС (ПП РФ № 1802), фаст-трек, 10 дней"),
        rule("social", FirstReaction, 4, WorkingHours, Stay, "Регламент ЦУР: первая реакция, 4 рабочих часа"),
        rule("social", Answer, 9, WorkingHours, Stay, "Регламент ЦУР: ответ в соцсети, 9 рабочих часов"),
    ]
}
