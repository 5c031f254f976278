//! The pipeline on one appeal: categorise, route, date. A pure function of the rules and the appeal;
//! nothing is stored here.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;
use veche_domain::appeal::{Appeal, AppealId};
use veche_domain::calendar::local_date;
use veche_domain::clocks::default_clocks;
use veche_domain::code::{BindingId, BlockCode};
use veche_domain::decision::{
    Assignment, Categorization, ChosenCategory, Decision, Effect, Kind, Outcome, Priority, Routing, Source, State,
    Verdict,
};
use veche_domain::dictionary::Category;
use veche_domain::fault::FaultTrace;
use veche_domain::quarantine::Place;
use veche_domain::ruleset::FailurePolicy;
use veche_sandbox::{Question, Report};

use crate::advice::{Rubric, check_candidates, check_routing};
use crate::quarantine::{Standings, place};
use crate::rules::{Bound, Rules};
use crate::trace::{masked, trace};

/// Who runs the calls of a pipeline.
pub(crate) trait Caller {
    /// Ranks categories.
    fn categorize(&mut self, bound: &Bound, question: &Question<'_>) -> Report<Categorization>;
    /// Routes.
    fn route(&mut self, bound: &Bound, question: &Question<'_>, category: &ChosenCategory) -> Report<Routing>;
    /// Whether a binding may be asked at a place; a rehearsal knows no quarantine.
    fn admits(&self, _place: &Place) -> bool {
        true
    }
    /// Whether a binding is left out as if it were not in the ruleset: to see what would come without it.
    fn leaves_out(&self, _binding: &BindingId) -> bool {
        false
    }
    /// Whether decisions are kept: then they hold their output, and faults are logged. A rehearsal only counts.
    fn keeps(&self) -> bool;
}

/// Each call in an instance of its own, unless its binding is in quarantine: the live path.
pub(crate) struct Fresh<'s>(&'s Standings);

fn block(bound: &Bound) -> Option<&str> {
    bound.binding.block.as_ref().map(BlockCode::as_str)
}

impl Caller for Fresh<'_> {
    fn categorize(&mut self, bound: &Bound, question: &Question<'_>) -> Report<Categorization> {
        bound.plugin.categorize(question, block(bound))
    }

    fn route(&mut self, bound: &Bound, question: &Question<'_>, category: &ChosenCategory) -> Report<Routing> {
        bound.plugin.route(question, category, block(bound))
    }

    fn admits(&self, place: &Place) -> bool {
        self.0.admits(place)
    }

    fn keeps(&self) -> bool {
        true
    }
}

/// As if one binding were not in the ruleset.
struct Without<'b>(&'b BindingId);

impl Caller for Without<'_> {
    fn categorize(&mut self, bound: &Bound, question: &Question<'_>) -> Report<Categorization> {
        bound.plugin.categorize(question, block(bound))
    }

    fn route(&mut self, bound: &Bound, question: &Question<'_>, category: &ChosenCategory) -> Report<Routing> {
        bound.plugin.route(question, category, block(bound))
    }

    fn leaves_out(&self, binding: &BindingId) -> bool {
        self.0 == binding
    }

    fn keeps(&self) -> bool {
        false
    }
}

/// What the pipeline makes of a question, and what it would make of it without one binding.
#[must_use]
pub fn otherwise(rules: &Rules, appeal: &Appeal, question: u32, binding: &BindingId) -> Option<(Verdict, Verdict)> {
    let today = local_date(appeal.content.received_at, rules.zone());
    let index = usize::try_from(question).unwrap_or(usize::MAX);
    if index >= appeal.content.question_count() {
        return None;
    }
    let asked = Question::new(appeal, index, today);
    let all = Standings::default();
    let with = rehearse(rules, appeal, index, &asked, &mut Fresh(&all)).verdicts.pop()?;
    let without = rehearse(rules, appeal, index, &asked, &mut Without(binding)).verdicts.pop()?;
    Some((with, without))
}

/// Runs the pipeline on every question of an appeal.
#[must_use]
pub fn decide(rules: &Rules, appeal: &Appeal) -> Effect {
    decide_among(rules, &Standings::default(), appeal)
}

/// Runs the pipeline on every question of an appeal, without the bindings that are in quarantine.
#[must_use]
pub fn decide_among(rules: &Rules, standings: &Standings, appeal: &Appeal) -> Effect {
    let today = local_date(appeal.content.received_at, rules.zone());
    let mut effect = no_effect(rules, appeal);
    for index in 0..appeal.content.question_count() {
        add(&mut effect, rules, appeal, index, &Question::new(appeal, index, today), None, &mut Fresh(standings));
    }
    effect
}

/// Runs the routing alone: the category is known (a person chose it, or it is a label).
#[must_use]
pub fn decide_with_category(rules: &Rules, appeal: &Appeal, question: u32, category: &Category) -> Effect {
    let today = local_date(appeal.content.received_at, rules.zone());
    let mut effect = no_effect(rules, appeal);
    let index = usize::try_from(question).unwrap_or(usize::MAX);
    if index < appeal.content.question_count() {
        let (asked, all) = (Question::new(appeal, index, today), Standings::default());
        add(&mut effect, rules, appeal, index, &asked, Some(category), &mut Fresh(&all));
    }
    effect
}

/// Runs the pipeline on one question, by calls of `caller`.
pub(crate) fn rehearse(
    rules: &Rules,
    appeal: &Appeal,
    index: usize,
    question: &Question<'_>,
    caller: &mut dyn Caller,
) -> Effect {
    let mut effect = no_effect(rules, appeal);
    add(&mut effect, rules, appeal, index, question, None, caller);
    effect
}

fn no_effect(rules: &Rules, appeal: &Appeal) -> Effect {
    Effect { appeal: appeal.id, ruleset: rules.digest, verdicts: Vec::new(), decisions: Vec::new(), faults: Vec::new() }
}

fn add(
    effect: &mut Effect,
    rules: &Rules,
    appeal: &Appeal,
    index: usize,
    question: &Question<'_>,
    known: Option<&Category>,
    caller: &mut dyn Caller,
) {
    let mut steps = Steps {
        rules,
        appeal,
        today: local_date(appeal.content.received_at, rules.zone()),
        number: u32::try_from(index).unwrap_or(u32::MAX),
        question,
        decisions: &mut effect.decisions,
        faults: &mut effect.faults,
        caller,
    };
    let verdict = steps.verdict(known);
    effect.verdicts.push(verdict);
}

/// What categorisation came to.
enum Named<'a> {
    /// A category above its threshold, or one that a person chose.
    Category(&'a Category, Source, Option<f32>),
    /// Only a weak candidate: its block's `other`, and a person looks.
    Other(&'a Category, f32),
    /// Nobody could say.
    Nothing,
    /// A binding with the policy `hold` faulted.
    Held(BindingId),
}

/// What routing came to.
enum Routed {
    Assigned(Assignment, BindingId),
    NeedsPerson(String, BindingId),
    Nothing,
    Held(BindingId),
}

struct Steps<'a, 'b> {
    rules: &'a Rules,
    appeal: &'a Appeal,
    today: NaiveDate,
    number: u32,
    question: &'b Question<'b>,
    decisions: &'b mut Vec<Decision>,
    faults: &'b mut Vec<FaultTrace>,
    caller: &'b mut dyn Caller,
}

impl<'a> Steps<'a, '_> {
    fn verdict(&mut self, known: Option<&'a Category>) -> Verdict {
        let mut verdict = Verdict {
            question: self.number,
            state: State::NeedsPerson,
            category: None,
            category_source: None,
            confidence: None,
            needs_review: true,
            body: None,
            body_source: None,
            priority: Priority::Normal,
            clocks: self.default_clocks(),
            ask: None,
            decided_by: None,
        };
        let named = match known {
            Some(category) => Named::Category(category, Source::Person, None),
            None => self.categorize(),
        };
        let (category, confidence) = match named {
            Named::Category(category, source, confidence) => {
                verdict.category_source = Some(source);
                verdict.needs_review = false;
                (category, confidence)
            }
            Named::Other(category, confidence) => {
                verdict.category_source = Some(Source::Default);
                (category, Some(confidence))
            }
            Named::Nothing => return verdict,
            Named::Held(binding) => {
                verdict.decided_by = Some(binding);
                return verdict;
            }
        };
        verdict.category = Some(category.code.clone());
        verdict.confidence = confidence;
        let chosen = ChosenCategory {
            code: category.code.clone(),
            block: category.block.clone(),
            other: category.other,
            confidence,
        };
        match self.route(&chosen) {
            Routed::Assigned(assignment, binding) => {
                // The code was checked against the dictionary before it got here.
                verdict.body = self.rules.dictionaries.body(&assignment.body).map(|b| b.code.clone());
                verdict.body_source = Some(Source::Plugin);
                verdict.priority = assignment.priority;
                if !assignment.clocks.is_empty() {
                    verdict.clocks = assignment.clocks;
                }
                verdict.decided_by = Some(binding);
                verdict.state = State::Assigned;
            }
            Routed::NeedsPerson(question, binding) => {
                verdict.ask = Some(question);
                verdict.decided_by = Some(binding);
                verdict.needs_review = true;
            }
            Routed::Held(binding) => {
                verdict.decided_by = Some(binding);
                verdict.needs_review = true;
            }
            Routed::Nothing => match &category.default_body {
                Some(body) => {
                    verdict.body = Some(body.clone());
                    verdict.body_source = Some(Source::Default);
                    verdict.state = State::Assigned;
                }
                None => verdict.needs_review = true,
            },
        }
        verdict
    }

    /// Bindings in order; the best candidate above its block's threshold ends the chain.
    fn categorize(&mut self) -> Named<'a> {
        let rules = self.rules;
        let mut weak: Option<(&'a Category, f32)> = None;
        for bound in rules.bound(Kind::Categorizer, None) {
            if self.caller.leaves_out(&bound.binding.id) {
                continue;
            }
            if !self.admits(bound, bound.binding.block.as_ref()) {
                if bound.binding.on_failure == FailurePolicy::Hold {
                    return Named::Held(bound.binding.id.clone());
                }
                continue;
            }
            let report = self.caller.categorize(bound, self.question);
            let outcome = match &report.result {
                Ok(Categorization::NoOpinion) => Outcome::NoOpinion,
                Ok(Categorization::Candidates(candidates)) => {
                    match check_candidates(&self.rubric(bound.binding.block.as_ref()), candidates) {
                        Err(why) => {
                            self.record(bound, &report, Outcome::Rejected, Some(why), None);
                            if bound.binding.on_failure == FailurePolicy::Hold {
                                return Named::Held(bound.binding.id.clone());
                            }
                            continue;
                        }
                        Ok(checked) => {
                            self.record(bound, &report, Outcome::Ok, None, None);
                            let best =
                                checked.into_iter().fold(None, |best: Option<(&'a Category, f32)>, next| match best {
                                    Some(best) if best.1 >= next.1 => Some(best),
                                    _ => Some(next),
                                });
                            if let Some((category, confidence)) = best {
                                if f64::from(confidence) >= rules.ruleset.threshold_of(&category.block) {
                                    return Named::Category(category, Source::Plugin, Some(confidence));
                                }
                                if weak.is_none_or(|(_, weakest)| weakest < confidence) {
                                    weak = Some((category, confidence));
                                }
                            }
                            continue;
                        }
                    }
                }
                Err(fault) => fault.outcome(),
            };
            let fault = report.result.as_ref().err().map(ToString::to_string);
            self.record(bound, &report, outcome, fault, None);
            if outcome.is_fault() && bound.binding.on_failure == FailurePolicy::Hold {
                return Named::Held(bound.binding.id.clone());
            }
        }
        let other = weak.and_then(|(category, confidence)| {
            rules.dictionaries.other(category.block.as_str(), self.today).map(|other| (other, confidence))
        });
        other.map_or(Named::Nothing, |(other, confidence)| Named::Other(other, confidence))
    }

    /// Whether a binding is not in quarantine where it would be asked now.
    fn admits(&self, bound: &Bound, block: Option<&BlockCode>) -> bool {
        place(self.rules, &bound.binding.id, block).is_none_or(|place| self.caller.admits(&place))
    }

    /// What an answer of a binding is held against.
    fn rubric<'b>(&self, block: Option<&'b BlockCode>) -> Rubric<'b>
    where
        'a: 'b,
    {
        let map = &self.rules.ruleset.category_map;
        Rubric { dictionaries: &self.rules.dictionaries, category_map: map, block, today: self.today }
    }

    /// Bindings of the category's block, then of the region; the first that decides.
    fn route(&mut self, category: &ChosenCategory) -> Routed {
        let rules = self.rules;
        let of_block = rules.bound(Kind::Router, Some(&category.block));
        for bound in of_block.chain(rules.bound(Kind::Router, None).filter(|b| b.binding.block.is_none())) {
            if self.caller.leaves_out(&bound.binding.id) {
                continue;
            }
            if !self.admits(bound, Some(&category.block)) {
                if bound.binding.on_failure == FailurePolicy::Hold {
                    return Routed::Held(bound.binding.id.clone());
                }
                continue;
            }
            let report = self.caller.route(bound, self.question, category);
            let (outcome, fault) = match &report.result {
                Ok(Routing::NoOpinion) => (Outcome::NoOpinion, None),
                Ok(routing) => match check_routing(&self.rubric(None), self.appeal.content.received_at, routing) {
                    Ok(()) => (Outcome::Ok, None),
                    Err(why) => (Outcome::Rejected, Some(why)),
                },
                Err(fault) => (fault.outcome(), Some(fault.to_string())),
            };
            self.record(bound, &report, outcome, fault, Some(category));
            let id = bound.binding.id.clone();
            match (outcome, report.result) {
                (Outcome::Ok, Ok(Routing::Assigned(assignment))) => return Routed::Assigned(assignment, id),
                (Outcome::Ok, Ok(Routing::NeedsPerson(question))) => return Routed::NeedsPerson(question, id),
                (outcome, _) if outcome.is_fault() && bound.binding.on_failure == FailurePolicy::Hold => {
                    return Routed::Held(id);
                }
                _ => {}
            }
        }
        Routed::Nothing
    }

    fn default_clocks(&self) -> Vec<veche_domain::decision::Clock> {
        let content = &self.appeal.content;
        let rules = self.rules;
        default_clocks(&content.regime, content.received_at, &rules.calendar, rules.zone(), &rules.work_time)
            .unwrap_or_else(|error| {
                tracing::warn!(appeal.id = %self.appeal.id, %error, "no default clocks");
                Vec::new()
            })
    }

    fn record<T: serde::Serialize>(
        &mut self,
        bound: &Bound,
        report: &Report<T>,
        outcome: Outcome,
        fault: Option<String>,
        category: Option<&ChosenCategory>,
    ) {
        let kind = bound.binding.kind;
        let keeps = self.caller.keeps();
        // An id takes random bytes of the system: a rehearsal, which stores nothing, needs none.
        let (id, at) = if keeps { (Uuid::now_v7(), Utc::now()) } else { (Uuid::nil(), DateTime::UNIX_EPOCH) };
        let fault = fault.map(|text| masked(&self.appeal.content, &text));
        if outcome.is_fault() && keeps {
            let trace = trace(&self.appeal.content, report);
            self.faults.push(FaultTrace { decision: id, binding: bound.binding.id.clone(), trace, at });
            tracing::warn!(
                appeal.id = %self.appeal.id, plugin.binding = %bound.binding.id, plugin.kind = %kind,
                plugin.outcome = %outcome, fault = fault.as_deref().unwrap_or(""), "plug-in call faulted"
            );
        }
        // A rejected answer is kept: its author needs to see it. It is bounded by the host-bytes limit.
        let output = report.result.as_ref().ok().filter(|_| keeps).and_then(|answer| serde_json::to_value(answer).ok());
        let step = u32::try_from(self.decisions.len()).unwrap_or(u32::MAX);
        self.decisions.push(Decision {
            id,
            appeal: self.appeal.id,
            question: self.number,
            step,
            kind,
            binding: bound.binding.id.clone(),
            ruleset: self.rules.digest,
            release: bound.binding.release,
            category: category.cloned(),
            outcome,
            output,
            fault,
            fuel: report.fuel,
            duration_us: u64::try_from(report.duration.as_micros()).unwrap_or(u64::MAX),
            memory: report.memory,
            engine: self.rules.engine_name.clone(),
            at,
        });
    }
}

/// An effect for an appeal on which the pipeline could not run at all: the manual queue, nothing lost.
#[must_use]
pub fn hold(appeal: AppealId, questions: usize, ruleset: veche_domain::code::Digest) -> Effect {
    let verdict = |index: usize| Verdict {
        question: u32::try_from(index).unwrap_or(u32::MAX),
        state: State::NeedsPerson,
        category: None,
        category_source: None,
        confidence: None,
        needs_review: true,
        body: None,
        body_source: None,
        priority: Priority::Normal,
        clocks: Vec::new(),
        ask: None,
        decided_by: None,
    };
    Effect {
        appeal,
        ruleset,
        verdicts: (0..questions).map(verdict).collect(),
        decisions: Vec::new(),
        faults: Vec::new(),
    }
}

/// What a second run of a stored decision came to.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Replay {
    /// Decision.
    pub decision: Uuid,
    /// Whether outcome and output are equal, bit for bit.
    pub same_output: bool,
    /// Whether the fuel is equal; none if another engine version ran it then.
    pub same_fuel: Option<bool>,
    /// What it says now.
    pub output: Option<serde_json::Value>,
    /// Fuel then and now.
    pub fuel: (u64, u64),
    /// When the first run was.
    pub decided_at: DateTime<Utc>,
}

/// Runs a stored decision again under the rules of its ruleset.
///
/// # Errors
/// When the ruleset has no such binding (a store that was tampered with).
pub fn replay(rules: &Rules, appeal: &Appeal, decision: &Decision) -> Result<Replay, String> {
    let bound = rules
        .by_id(&decision.binding)
        .ok_or_else(|| format!("ruleset {} has no binding {}", rules.digest.short(), decision.binding))?;
    let today = local_date(appeal.content.received_at, rules.zone());
    let index = usize::try_from(decision.question).unwrap_or(usize::MAX);
    let question = Question::new(appeal, index, today);
    let block = bound.binding.block.as_ref().map(BlockCode::as_str);
    let value = |v: Result<serde_json::Value, serde_json::Error>| v.map_err(|e| e.to_string());
    let (output, fuel, fault) = match (decision.kind, &decision.category) {
        (Kind::Categorizer, _) => {
            let report = bound.plugin.categorize(&question, block);
            let output = report.result.as_ref().ok().map(serde_json::to_value);
            (output.map(value).transpose()?, report.fuel, report.result.err())
        }
        (Kind::Router, Some(category)) => {
            let report = bound.plugin.route(&question, category, block);
            let output = report.result.as_ref().ok().map(serde_json::to_value);
            (output.map(value).transpose()?, report.fuel, report.result.err())
        }
        (kind, _) => return Err(format!("a decision of kind {kind} cannot be replayed")),
    };
    // A rejected answer is an answer: the core refused it afterwards, for the same reason each time.
    let same_outcome = match &fault {
        Some(fault) => fault.outcome() == decision.outcome,
        None => !matches!(decision.outcome, Outcome::Trap | Outcome::Limit | Outcome::Failed | Outcome::HostError),
    };
    let same_engine = decision.engine == rules.engine_name;
    Ok(Replay {
        decision: decision.id,
        same_output: same_outcome && output == decision.output,
        same_fuel: same_engine.then_some(fuel == decision.fuel),
        output,
        fuel: (decision.fuel, fuel),
        decided_at: decision.at,
    })
}
