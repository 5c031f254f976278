//! Workload of blocks, and how many people they would need (clauses 11 and 14).

use serde::Serialize;

use crate::indicator::Load;

/// What one block's staff has to do in a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Workload {
    /// Block code.
    pub block: String,
    /// Questions of the period.
    pub questions: u64,
    /// Minutes of work that they are.
    pub work_minutes: f64,
    /// Working minutes of the staff.
    pub staff_minutes: f64,
    /// Work of the working time, percent.
    pub load: f64,
    /// People that there are, by the working time of one of them.
    pub staff: Option<f64>,
    /// People who would do the work at the wanted load.
    pub needed: Option<u64>,
    /// In words: Russian and English.
    pub proposal: (String, String),
}

/// The workload of a block. `person_minutes` is the working time of one person in the period by the production calendar,
/// `target` the load in percent that is wanted.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Small and not negative.
pub fn workload(block: &str, questions: u64, load: &Load, person_minutes: f64, target: f64) -> Workload {
    let work = questions as f64 * load.minutes_per_appeal;
    let staff = (person_minutes > 0.0).then(|| load.staff_minutes / person_minutes);
    let needed =
        (person_minutes > 0.0 && target > 0.0).then(|| (100.0 * work / (person_minutes * target)).ceil() as u64);
    let proposal = match (staff, needed) {
        (Some(staff), Some(needed)) => {
            let difference = needed as f64 - staff;
            match difference {
                more if more >= 0.5 => (
                    format!("усилить блок: нужно {needed}, есть {staff:.1}"),
                    format!("strengthen the block: {needed} are needed, there are {staff:.1}"),
                ),
                less if less <= -1.0 => (
                    format!("можно передать часть людей: нужно {needed}, есть {staff:.1}"),
                    format!("some people can help elsewhere: {needed} are needed, there are {staff:.1}"),
                ),
                _ => (
                    format!("людей достаточно: нужно {needed}, есть {staff:.1}"),
                    format!("there are enough people: {needed} are needed, there are {staff:.1}"),
                ),
            }
        }
        _ => ("рабочих дней в периоде нет".into(), "the period has no working day".into()),
    };
    Workload {
        block: block.to_owned(),
        questions,
        work_minutes: work,
        staff_minutes: load.staff_minutes,
        load: 100.0 * work / load.staff_minutes,
        staff,
        needed,
        proposal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_follows_the_load() {
        let load = Load { minutes_per_appeal: 30.0, staff_minutes: 20_000.0 };
        let of = |questions| workload("roads", questions, &load, 10_000.0, 80.0);
        let busy = of(1_000);
        assert_eq!((busy.load, busy.staff, busy.needed), (150.0, Some(2.0), Some(4)));
        assert!(busy.proposal.1.contains("strengthen"));
        assert!(of(500).proposal.1.contains("enough"));
        assert!(of(10).proposal.1.contains("elsewhere"));
        assert_eq!(workload("roads", 5, &load, 0.0, 80.0).needed, None);
    }
}
