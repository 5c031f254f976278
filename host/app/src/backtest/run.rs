//! Two rulesets on the same appeals: each appeal is read, translated and masked once for both, and a binding that is the
//! same in both is called once, because a decision is a pure function.

use std::collections::HashSet;
use std::sync::Arc;

use veche_domain::calendar::local_date;
use veche_domain::code::{BindingId, BlockCode};
use veche_domain::decision::{Categorization, ChosenCategory, Routing};
use veche_sandbox::{Batch, Question, Report as Said};
use veche_store::Past;

use super::report::Report;
use crate::pipeline::{self, Caller};
use crate::rules::{Bound, Rules};

/// The active rules and the ones that are tried.
pub(super) struct Pair {
    active: Arc<Rules>,
    draft: Arc<Rules>,
    /// Bindings that are the same in both, with all that they read.
    shared: HashSet<BindingId>,
}

impl Pair {
    pub(super) fn new(active: Arc<Rules>, draft: Arc<Rules>) -> Self {
        let (a, b) = (&active.ruleset, &draft.ruleset);
        let mut shared = HashSet::new();
        if a.dictionaries == b.dictionaries && a.calendar == b.calendar {
            shared.extend(a.bindings.iter().filter(|x| b.bindings.contains(x)).map(|x| x.id.clone()));
        }
        Self { active, draft, shared }
    }
}

/// Runs both over some appeals on this thread.
pub(super) fn rehearse(pair: &Pair, appeals: &[Past]) -> Report {
    let mut report = Report::default();
    let mut memo = Memo::default();
    let mut active = Kept::new(&pair.active);
    let mut draft = Kept::new(&pair.draft);
    for past in appeals {
        report.appeals += 1;
        let appeal = &past.appeal;
        // Both are of one region, whose time zone the dictionaries could only change with the region itself.
        let today = local_date(appeal.content.received_at, pair.active.zone());
        for index in 0..appeal.content.question_count() {
            let question = Question::new(appeal, index, today);
            memo.clear();
            let mut caller = First { kept: &mut active, shared: &pair.shared, memo: &mut memo };
            let a = pipeline::rehearse(&pair.active, appeal, index, &question, &mut caller);
            let mut caller = Second { kept: &mut draft, memo: &memo };
            let b = pipeline::rehearse(&pair.draft, appeal, index, &question, &mut caller);
            let now = past.questions.iter().find(|q| usize::try_from(q.question).is_ok_and(|q| q == index));
            report.questions += 1;
            report.active.count(&a, now);
            report.draft.count(&b, now);
            if let (Some(a), Some(b)) = (a.verdicts.first(), b.verdicts.first()) {
                report.compare(appeal.id, a, b);
            }
        }
    }
    report.unsteady = active.different() + draft.different();
    report
}

/// Kept instances of all bindings of a ruleset.
struct Kept<'r> {
    batches: Vec<(&'r BindingId, Batch<'r>)>,
}

fn block(bound: &Bound) -> Option<&str> {
    bound.binding.block.as_ref().map(BlockCode::as_str)
}

impl<'r> Kept<'r> {
    fn new(rules: &'r Rules) -> Self {
        Self { batches: rules.all().map(|bound| (&bound.binding.id, bound.plugin.batch())).collect() }
    }

    fn of(&mut self, bound: &Bound) -> Option<&mut Batch<'r>> {
        self.batches.iter_mut().find(|(id, _)| **id == bound.binding.id).map(|(_, batch)| batch)
    }

    fn categorize(&mut self, bound: &Bound, question: &Question<'_>) -> Said<Categorization> {
        match self.of(bound) {
            Some(batch) => batch.categorize(question, block(bound)),
            None => bound.plugin.categorize(question, block(bound)),
        }
    }

    fn route(&mut self, bound: &Bound, question: &Question<'_>, category: &ChosenCategory) -> Said<Routing> {
        match self.of(bound) {
            Some(batch) => batch.route(question, category, block(bound)),
            None => bound.plugin.route(question, category, block(bound)),
        }
    }

    fn different(&self) -> u64 {
        self.batches.iter().map(|(_, batch)| batch.different()).sum()
    }
}

/// What shared bindings said on one question.
#[derive(Default)]
struct Memo {
    categorized: Vec<(BindingId, Said<Categorization>)>,
    routed: Vec<(BindingId, ChosenCategory, Said<Routing>)>,
}

impl Memo {
    fn clear(&mut self) {
        self.categorized.clear();
        self.routed.clear();
    }
}

/// Calls for the active ruleset, and remembers what the draft would ask again.
struct First<'a, 'r> {
    kept: &'a mut Kept<'r>,
    shared: &'a HashSet<BindingId>,
    memo: &'a mut Memo,
}

impl Caller for First<'_, '_> {
    fn categorize(&mut self, bound: &Bound, question: &Question<'_>) -> Said<Categorization> {
        let report = self.kept.categorize(bound, question);
        if self.shared.contains(&bound.binding.id) {
            self.memo.categorized.push((bound.binding.id.clone(), report.clone()));
        }
        report
    }

    fn route(&mut self, bound: &Bound, question: &Question<'_>, category: &ChosenCategory) -> Said<Routing> {
        let report = self.kept.route(bound, question, category);
        if self.shared.contains(&bound.binding.id) {
            self.memo.routed.push((bound.binding.id.clone(), category.clone(), report.clone()));
        }
        report
    }

    fn keeps(&self) -> bool {
        false
    }
}

/// Calls for the draft what the active ruleset did not call.
struct Second<'a, 'r> {
    kept: &'a mut Kept<'r>,
    memo: &'a Memo,
}

impl Caller for Second<'_, '_> {
    fn categorize(&mut self, bound: &Bound, question: &Question<'_>) -> Said<Categorization> {
        match self.memo.categorized.iter().find(|(id, _)| *id == bound.binding.id) {
            Some((_, report)) => report.clone(),
            None => self.kept.categorize(bound, question),
        }
    }

    fn route(&mut self, bound: &Bound, question: &Question<'_>, category: &ChosenCategory) -> Said<Routing> {
        match self.memo.routed.iter().find(|(id, with, _)| *id == bound.binding.id && with == category) {
            Some((_, _, report)) => report.clone(),
            None => self.kept.route(bound, question, category),
        }
    }

    fn keeps(&self) -> bool {
        false
    }
}
