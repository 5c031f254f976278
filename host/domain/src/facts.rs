//! Facts about appeals in columns: what the store reads and an indicator plug-in is handed.

use serde::{Deserialize, Serialize};

use crate::decision::text_enum;

text_enum!(
    /// A column that an indicator may ask for. `docs/indicators.md` defines each.
    FactName {
        /// Category code, as it is now.
        Category => "category",
        /// Block of that category.
        Block => "block",
        /// Body code, as it is now.
        Body => "body",
        /// Body that the rules set first.
        FirstBody => "first_body",
        /// Municipality code.
        Municipality => "municipality",
        /// Channel code.
        Channel => "channel",
        /// Legal regime code.
        Regime => "regime",
        /// Where the question stands.
        State => "state",
        /// A name for the address that is the same for the same address, and says nothing of it.
        Address => "address",
        /// When the centre received it.
        ReceivedAt => "received_at",
        /// Last moment for the answer.
        DueAt => "due_at",
        /// When it was first reacted to.
        ReactedAt => "reacted_at",
        /// When it was answered.
        AnsweredAt => "answered_at",
        /// When it was closed.
        ClosedAt => "closed_at",
        /// Working minutes to the first reaction, by the executor's working time.
        ReactionMinutes => "reaction_minutes",
        /// How often people moved it to another body.
        Redirects => "redirects",
        /// How often it was reopened.
        Reopened => "reopened",
        /// The applicant's mark, 1 to 5.
        Mark => "mark",
        /// Confidence of the categorizer.
        Confidence => "confidence",
        /// Whether its category is the block's `other`.
        Other => "other",
        /// Whether it repeats an earlier one.
        Repeated => "repeated",
        /// Whether the rules set its body and no person changed it.
        Automatic => "automatic",
        /// Whether it was answered in substance.
        InSubstance => "in_substance",
    }
);

/// Values of one column, in row order.
#[derive(Debug, Clone, PartialEq)]
pub enum FactColumn {
    /// Text as positions in a dictionary; [`NO_CODE`] is null.
    Codes {
        /// A position for each row.
        codes: Vec<u32>,
        /// The texts.
        dictionary: Vec<String>,
    },
    /// Whole numbers and instants (seconds since 1970); [`NO_INTEGER`] is null.
    Integers(Vec<i64>),
    /// Numbers; NaN is null.
    Numbers(Vec<f64>),
    /// 0 no, 1 yes, 2 null.
    Flags(Vec<u8>),
}

/// Null among codes.
pub const NO_CODE: u32 = u32::MAX;
/// Null among integers.
pub const NO_INTEGER: i64 = i64::MIN;
/// Null among flags.
pub const NO_FLAG: u8 = 2;

/// Facts, whole and in memory, in the order of the appeals' ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FactTable {
    /// Rows.
    pub rows: usize,
    /// The asked columns, in the asked order; each has a value for every row.
    pub columns: Vec<FactColumn>,
}
