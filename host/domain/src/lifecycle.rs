//! The life of a ruleset: draft → validated → shadow → canary → active → archived; who must consent; when a canary
//! is taken back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::appeal::AppealId;
use crate::code::BlockCode;
use crate::decision::{Permission, text_enum};
use crate::diff::Language;

text_enum!(
    /// Where a ruleset stands.
    Stage {
        /// Being edited.
        Draft => "draft",
        /// Checked whole; its content has a name (digest) and may go further.
        Validated => "validated",
        /// Decides beside the active one, without effect.
        Shadow => "shadow",
        /// Decides for a share of the appeals.
        Canary => "canary",
        /// Decides.
        Active => "active",
        /// Was active.
        Archived => "archived",
    }
);

impl Stage {
    /// Whether a ruleset may go from this stage to `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use Stage::{Active, Archived, Canary, Draft, Shadow, Validated};
        match (self, next) {
            // Editing puts a checked draft back; what is out in the region must be withdrawn first.
            (Draft, Validated) | (Validated, Draft | Validated | Shadow | Canary | Active) => true,
            // A step back, to `validated`, is a withdrawal; a canary may change its share.
            (Shadow | Canary, Shadow | Canary | Active | Validated) => self != next || self == Canary,
            // A rollback makes an archived one active again.
            (Active, Archived) | (Archived, Active) => true,
            _ => false,
        }
    }

    /// Whether its content may be changed.
    #[must_use]
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Validated)
    }
}

text_enum!(
    /// What happened to the rules of a region.
    RulesEventKind {
        /// A draft was made.
        Created => "created",
        /// A draft was edited.
        Edited => "edited",
        /// A draft was checked whole.
        Validated => "validated",
        /// A draft was deleted.
        Deleted => "deleted",
        /// The lead of a block consented.
        Consented => "consented",
        /// Shadow began.
        Shadowed => "shadowed",
        /// A canary began, or changed its share.
        Canaried => "canaried",
        /// Shadow or canary was ended by a person.
        Withdrawn => "withdrawn",
        /// The host took a canary back.
        TakenBack => "taken_back",
        /// Became active.
        Activated => "activated",
        /// An earlier ruleset became active again.
        RolledBack => "rolled_back",
        /// A release was uploaded.
        Uploaded => "uploaded",
        /// A release was signed.
        Signed => "signed",
        /// A release was yanked: it may not be enabled any more.
        Yanked => "yanked",
        /// A release was deleted.
        ReleaseDeleted => "release_deleted",
        /// The name of a plug-in was given to another.
        NameGiven => "name_given",
        /// A version of a dataset was uploaded.
        DatasetUploaded => "dataset_uploaded",
        /// The region's policy was changed.
        Policy => "policy",
    }
);

text_enum!(
    /// How a long job stands.
    JobState {
        /// Nobody has begun.
        Waiting => "waiting",
        /// Runs, or its host is gone and another will go on.
        Running => "running",
        /// Over.
        Done => "done",
        /// Ended by a person.
        Cancelled => "cancelled",
        /// Cannot go on.
        Failed => "failed",
    }
);

/// Hundredths of a percent that an appeal falls on, 0 to 9,999. Depends on the id alone, so that every host and
/// every repetition choose alike; a larger share holds all appeals of a smaller one.
#[must_use]
pub fn canary_bucket(appeal: AppealId) -> u16 {
    let hash = Sha256::digest(appeal.0.as_bytes());
    let head = hash.iter().take(8).fold(0_u64, |n, byte| (n << 8) | u64::from(*byte));
    u16::try_from(head % 10_000).unwrap_or(0)
}

/// Whether an appeal belongs to a canary of `percent`.
#[must_use]
pub fn in_canary(appeal: AppealId, percent: u8) -> bool {
    u32::from(canary_bucket(appeal)) < u32::from(percent) * 100
}

/// When a canary is taken back by the host.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guard {
    /// Questions that the canary must have decided before it is judged, at least 1.
    pub min_sample: u64,
    /// Most by which its share of faulted calls may be over that of the active ruleset, 0 to 1.
    pub max_extra_faults: f64,
    /// Most by which its share of redirected questions may be over that of the active ruleset, 0 to 1.
    pub max_extra_redirects: f64,
}

impl Default for Guard {
    fn default() -> Self {
        Self { min_sample: 200, max_extra_faults: 0.02, max_extra_redirects: 0.05 }
    }
}

/// Why a stage cannot be entered as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StageError {
    /// Percentage out of range.
    #[error(
        "percentage {0} is out of range: a canary takes 1 to 99 percent of the appeals; activate the draft for all"
    )]
    Percent(i64),
    /// A share out of range.
    #[error("`{field}` is {value}: it must be from 0 to 1")]
    Share {
        /// Field of the guard.
        field: &'static str,
        /// Value.
        value: f64,
    },
    /// A canary that would never be judged.
    #[error("`min_sample` is 0: a canary is judged after at least one question")]
    Sample,
    /// Not possible from here.
    #[error("the draft is {from}, so it cannot become {to}: {remedy}")]
    Order {
        /// Stage now.
        from: Stage,
        /// Stage wanted.
        to: Stage,
        /// What to do.
        remedy: &'static str,
    },
}

/// A percentage of a canary, 1 to 99.
///
/// # Errors
/// [`StageError::Percent`].
pub fn percent(value: i64) -> Result<u8, StageError> {
    u8::try_from(value).ok().filter(|p| (1..=99).contains(p)).ok_or(StageError::Percent(value))
}

/// Whether a stage may follow another.
///
/// # Errors
/// [`StageError::Order`] with what to do first.
pub fn step(from: Stage, to: Stage) -> Result<(), StageError> {
    if from.may_become(to) {
        return Ok(());
    }
    let remedy = match from {
        Stage::Draft => "validate it first",
        Stage::Shadow | Stage::Canary => "withdraw it first",
        Stage::Active => "make a new draft from it",
        Stage::Archived => "make a new draft from it, or roll back to it",
        Stage::Validated => "it is there already",
    };
    Err(StageError::Order { from, to, remedy })
}

impl Guard {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The field that is out of range.
    pub fn validate(&self) -> Result<(), StageError> {
        if self.min_sample == 0 {
            return Err(StageError::Sample);
        }
        for (field, value) in
            [("max_extra_faults", self.max_extra_faults), ("max_extra_redirects", self.max_extra_redirects)]
        {
            if !(0.0..=1.0).contains(&value) {
                return Err(StageError::Share { field, value });
            }
        }
        Ok(())
    }

    /// Why a canary must be taken back; none while it may go on.
    #[must_use]
    pub fn judge(&self, active: &Tally, canary: &Tally) -> Option<Breach> {
        if canary.questions < self.min_sample {
            return None;
        }
        let over = |what, canary: f64, active: f64, allowed: f64| {
            (canary > active + allowed).then_some(Breach { what, canary, active, allowed })
        };
        over("faults", canary.fault_rate(), active.fault_rate(), self.max_extra_faults)
            .or_else(|| over("redirects", canary.redirect_rate(), active.redirect_rate(), self.max_extra_redirects))
    }
}

/// What a ruleset did on live appeals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Questions that it decided.
    pub questions: u64,
    /// Of these, in the manual queue.
    pub manual: u64,
    /// Of these, moved by a person to another body at least once.
    pub redirected: u64,
    /// Plug-in calls.
    pub calls: u64,
    /// Of these, faulted.
    pub faults: u64,
}

#[allow(clippy::cast_precision_loss)] // Counts are far below 2^52.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Tally {
    /// Faulted calls of all calls, 0 to 1.
    #[must_use]
    pub fn fault_rate(&self) -> f64 {
        share(self.faults, self.calls)
    }

    /// Redirected questions of all questions, 0 to 1.
    #[must_use]
    pub fn redirect_rate(&self) -> f64 {
        share(self.redirected, self.questions)
    }
}

/// Why a canary is taken back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breach {
    /// `faults` or `redirects`.
    pub what: &'static str,
    /// Share of the canary.
    pub canary: f64,
    /// Share of the active ruleset in the same time.
    pub active: f64,
    /// Most that the canary may be over it.
    pub allowed: f64,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "share of {} is {:.4} against {:.4} of the active ruleset, at most {:.4} more is allowed",
            self.what, self.canary, self.active, self.allowed
        )
    }
}

/// What a region demands before rules change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulesPolicy {
    /// Blocks whose lead must consent before a ruleset that changes the block goes out.
    pub consent: BTreeSet<BlockCode>,
    /// What an unsigned release meets.
    pub signatures: SignaturePolicy,
    /// Keys of publishers that the region trusts (minisign), by the publisher's name.
    pub trusted_keys: BTreeMap<String, String>,
}

/// What a release without a signature of a trusted publisher meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignaturePolicy {
    /// It may be enabled, and is shown as unsigned.
    #[default]
    Warn,
    /// It cannot be enabled.
    Required,
}

impl Permission {
    /// What the permission lets a plug-in do, for an administrator.
    #[must_use]
    pub fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Log, Language::Russian) => "писать в свой журнал",
            (Self::Log, Language::English) => "write to its own log",
            (Self::Directory, Language::Russian) => "читать блоки, категории, органы и муниципалитеты",
            (Self::Directory, Language::English) => "read blocks, categories, bodies and municipalities",
            (Self::Calendar, Language::Russian) => "считать рабочие дни и часы",
            (Self::Calendar, Language::English) => "count working days and hours",
            (Self::Datasets, Language::Russian) => "читать подключённые к нему справочники",
            (Self::Datasets, Language::English) => "read the datasets that are bound to it",
            (Self::Applicant, Language::Russian) => "видеть, кто написал обращение; тексты не маскируются",
            (Self::Applicant, Language::English) => "see who wrote the appeal; texts are not masked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_one_another_and_no_stage_is_skipped_back_into_editing() {
        use Stage::{Active, Archived, Canary, Draft, Shadow, Validated};
        for (from, to) in [
            (Draft, Validated),
            (Validated, Draft),
            (Validated, Shadow),
            (Shadow, Canary),
            (Canary, Canary),
            (Canary, Active),
            (Canary, Validated),
            (Active, Archived),
            (Archived, Active),
        ] {
            assert!(step(from, to).is_ok(), "{from} → {to}");
        }
        for (from, to) in
            [(Draft, Shadow), (Draft, Active), (Shadow, Draft), (Shadow, Shadow), (Active, Draft), (Archived, Shadow)]
        {
            let error = step(from, to).map_err(|e| e.to_string());
            assert!(error.is_err_and(|e| e.contains(from.as_str()) && e.contains(to.as_str())), "{from} → {to}");
        }
        for bad in [-1, 0, 100, 256] {
            assert_eq!(percent(bad), Err(StageError::Percent(bad)));
        }
    }

    #[test]
    fn a_canary_takes_its_share_and_a_larger_one_holds_a_smaller_one() {
        let ids: Vec<AppealId> = (0..20_000).map(|_| AppealId::new()).collect();
        let share = |percent| ids.iter().filter(|id| in_canary(**id, percent)).count();
        assert!((1_700..2_300).contains(&share(10)), "{}", share(10));
        assert!(ids.iter().all(|id| !in_canary(*id, 10) || in_canary(*id, 30)));
    }

    #[test]
    fn a_canary_is_judged_after_its_sample_against_the_active_ruleset() {
        let guard = Guard { min_sample: 100, max_extra_faults: 0.02, max_extra_redirects: 0.05 };
        let tally = |questions, redirected, calls, faults| Tally { questions, manual: 0, redirected, calls, faults };
        let active = tally(1_000, 50, 2_000, 20);
        assert_eq!(guard.judge(&active, &tally(99, 99, 200, 200)), None, "too few");
        assert_eq!(guard.judge(&active, &tally(100, 9, 200, 5)), None, "within what is allowed");
        assert_eq!(guard.judge(&active, &tally(100, 0, 200, 7)).map(|b| b.what), Some("faults"));
        assert_eq!(guard.judge(&active, &tally(100, 11, 200, 0)).map(|b| b.what), Some("redirects"));
        assert!(Guard { max_extra_faults: 1.5, ..guard }.validate().is_err());
        assert!(Guard { min_sample: 0, ..guard }.validate().is_err());
    }
}
