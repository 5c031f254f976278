//! The built-in formulas. `docs/indicators.md` gives each in full; the counting is in `store::indicators::tally`.

use serde::{Deserialize, Serialize};

use crate::decision::text_enum;

text_enum!(
    /// Which way is better.
    Direction {
        /// More is better.
        Up => "up",
        /// Less is better.
        Down => "down",
    }
);

text_enum!(
    /// A formula that the core knows.
    Formula {
        /// Questions received in the period.
        Received => "received",
        /// Answered in time, of those answered or due in the period.
        OnTime => "on_time",
        /// Mean working hours to the first reaction.
        ReactionMean => "reaction_mean",
        /// Median of the working hours to the first reaction.
        ReactionMedian => "reaction_median",
        /// Ninetieth percentile of the working hours to the first reaction.
        ReactionP90 => "reaction_p90",
        /// Open and past their term at the end of the period.
        Overdue => "overdue",
        /// Repeated, of those received.
        Repeated => "repeated",
        /// Marks 4 and 5, of the marks given.
        Satisfied => "satisfied",
        /// Fast-track, of those that could be.
        FastTrack => "fast_track",
        /// Reopened, of those closed.
        Reopened => "reopened",
        /// Final body as the rules set it, of all that the rules routed.
        Automatic => "automatic",
        /// Redirected at least once, of those that have a body.
        Misrouted => "misrouted",
        /// Answered in substance, of those answered.
        InSubstance => "in_substance",
        /// In the block's `other`, of those that have a category.
        OtherShare => "other_share",
        /// Work of the period's appeals, of the working time of the staff.
        Load => "load",
    }
);

impl Formula {
    /// Name in Russian and English.
    #[must_use]
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("Поступило вопросов", "Questions received"),
            Self::OnTime => ("Доля ответов в срок", "Answered on time"),
            Self::ReactionMean => ("Среднее время первой реакции", "Mean time to the first reaction"),
            Self::ReactionMedian => ("Медиана времени первой реакции", "Median time to the first reaction"),
            Self::ReactionP90 => {
                ("90-й процентиль времени первой реакции", "90th percentile of the time to the first reaction")
            }
            Self::Overdue => ("Просрочено", "Overdue"),
            Self::Repeated => ("Доля повторных", "Repeated"),
            Self::Satisfied => ("Удовлетворённость ответами", "Satisfied with the answer"),
            Self::FastTrack => ("Доля фаст-трека", "Fast-track share"),
            Self::Reopened => ("Доля возвратов в работу", "Reopened"),
            Self::Automatic => ("Доля автоматически доставленных", "Delivered automatically"),
            Self::Misrouted => ("Доля перенаправленных", "Redirected"),
            Self::InSubstance => ("Доля решённых по существу", "Answered in substance"),
            Self::OtherShare => ("Доля категории «прочее»", "Share of `other`"),
            Self::Load => ("Загрузка блока", "Load of the block"),
        }
    }

    /// Unit of the value.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Received | Self::Overdue => "appeals",
            Self::ReactionMean | Self::ReactionMedian | Self::ReactionP90 => "hours",
            _ => "%",
        }
    }

    /// Which way is better; none where neither is.
    #[must_use]
    pub fn direction(self) -> Option<Direction> {
        match self {
            Self::Received | Self::FastTrack => None,
            Self::OnTime | Self::Satisfied | Self::Automatic | Self::InSubstance => Some(Direction::Up),
            _ => Some(Direction::Down),
        }
    }
}

impl Direction {
    /// Whether `a` is at least as good as `b`.
    #[must_use]
    pub fn reached(self, a: f64, b: f64) -> bool {
        match self {
            Self::Up => a >= b,
            Self::Down => a <= b,
        }
    }
}
