//! «Почему?»: each call of a plug-in on a question, in the order of the chain, with its reasons and what it was worth.

use std::collections::BTreeMap;

use uuid::Uuid;
use veche_app::store::Store;
use veche_domain::code::{Digest, RegionCode};
use veche_domain::decision::{Categorization, Decision, Kind, Outcome, Routing, Source, Verdict};

use crate::pages::messages::Lang;
use crate::pages::visit::Page;
use crate::pages::words::{self, Names};
use crate::pages::{format, messages};
use crate::problem::Problem;

/// A reason with the words that decided.
pub(super) struct Why {
    pub(super) message: String,
    pub(super) evidence: Vec<String>,
    /// Whether the sentence holds the words.
    pub(super) told: bool,
}

/// What a plug-in proposed.
pub(super) struct Proposal {
    pub(super) name: String,
    pub(super) under: String,
    /// 0 to 100; none for a router.
    pub(super) confidence: Option<u32>,
    pub(super) reasons: Vec<Why>,
    pub(super) chosen: bool,
}

/// One call.
pub(super) struct Step {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) plugin: String,
    pub(super) binding: String,
    /// What came of it, in words.
    pub(super) outcome: String,
    pub(super) class: &'static str,
    pub(super) decisive: bool,
    pub(super) fault: String,
    pub(super) ask: String,
    pub(super) proposals: Vec<Proposal>,
    pub(super) cost: String,
    pub(super) ruleset: String,
    pub(super) release: String,
}

/// The names of releases that decided.
pub(super) async fn releases(
    store: &Store,
    region: &RegionCode,
    decisions: &[Decision],
) -> Result<BTreeMap<Digest, String>, Problem> {
    let mut names = BTreeMap::new();
    for digest in decisions.iter().map(|decision| decision.release) {
        if !names.contains_key(&digest)
            && let Some(row) = store.release(region, &digest).await?
        {
            names.insert(digest, format!("{} {}", row.plugin, row.version));
        }
    }
    Ok(names)
}

fn percent(confidence: f32) -> u32 {
    // Between 0 and 100: the core refuses another confidence.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = (confidence.clamp(0.0, 1.0) * 100.0).round() as u32;
    whole
}

fn whys(reasons: Vec<veche_domain::decision::Reason>) -> Vec<Why> {
    let each = reasons.into_iter().map(|reason| Why {
        // Many rules say the words in their sentence already.
        told: reason.evidence.iter().all(|word| reason.message.contains(word.as_str())),
        message: reason.message,
        evidence: reason.evidence,
    });
    each.collect()
}

/// The calls on one question.
pub(super) fn steps(
    page: &Page,
    names: &Names<'_>,
    releases: &BTreeMap<Digest, String>,
    verdict: &Verdict,
    decisions: &[Decision],
) -> Vec<Step> {
    let own = decisions.iter().filter(|decision| decision.question == verdict.question);
    own.map(|decision| step(page, names, releases, verdict, decision)).collect()
}

fn step(
    page: &Page,
    names: &Names<'_>,
    releases: &BTreeMap<Digest, String>,
    verdict: &Verdict,
    decision: &Decision,
) -> Step {
    let lang = page.lang;
    let output = decision.output.clone().unwrap_or_default();
    let (mut proposals, mut ask) = (Vec::new(), String::new());
    let mut decisive = false;
    match decision.kind {
        Kind::Categorizer => {
            if let Ok(Categorization::Candidates(candidates)) = serde_json::from_value(output) {
                for candidate in candidates {
                    let chosen = verdict.category.as_ref().is_some_and(|code| code.as_str() == candidate.category)
                        && verdict.category_source == Some(Source::Plugin);
                    decisive |= chosen;
                    proposals.push(Proposal {
                        name: names.category(&candidate.category),
                        under: names.entry(&candidate.category).map(|c| names.block(&c.block)).unwrap_or_default(),
                        confidence: Some(percent(candidate.confidence)),
                        reasons: whys(candidate.reasons),
                        chosen,
                    });
                }
            }
        }
        Kind::Router => match serde_json::from_value(output) {
            Ok(Routing::Assigned(assignment)) => {
                decisive = verdict.decided_by.as_ref() == Some(&decision.binding);
                proposals.push(Proposal {
                    under: words::priority(lang, assignment.priority),
                    name: names.body(&assignment.body),
                    confidence: None,
                    reasons: whys(assignment.reasons),
                    chosen: decisive,
                });
            }
            Ok(Routing::NeedsPerson(question)) => {
                decisive = verdict.decided_by.as_ref() == Some(&decision.binding);
                ask = question;
            }
            Ok(Routing::NoOpinion) | Err(_) => {}
        },
        Kind::Indicators | Kind::Exporter => {}
    }
    let silent = proposals.is_empty() && ask.is_empty();
    let key = match decision.outcome {
        Outcome::Ok if decisive => "why-decided",
        Outcome::Ok if silent => "why-silent",
        Outcome::Ok => "why-proposed",
        Outcome::NoOpinion => "why-silent",
        Outcome::Failed => "why-failed",
        Outcome::Rejected => "why-rejected",
        Outcome::Trap => "why-trap",
        Outcome::Limit => "why-limit",
        Outcome::HostError => "why-host-error",
    };
    let class = match decision.outcome {
        _ if decisive => "tag tag-good",
        outcome if outcome.is_fault() => "tag tag-late",
        _ => "tag",
    };
    Step {
        id: decision.id,
        kind: lang.t(if decision.kind == Kind::Categorizer { "why-kind-categorizer" } else { "why-kind-router" }),
        plugin: releases.get(&decision.release).cloned().unwrap_or_else(|| decision.release.short()),
        binding: decision.binding.to_string(),
        outcome: lang.t(key),
        class,
        decisive,
        fault: decision.fault.clone().unwrap_or_default(),
        ask,
        proposals,
        cost: cost(lang, decision),
        ruleset: decision.ruleset.short(),
        release: decision.release.short(),
    }
}

fn cost(lang: Lang, decision: &Decision) -> String {
    let fuel = i64::try_from(decision.fuel).unwrap_or(i64::MAX);
    #[allow(clippy::cast_precision_loss)] // Milliseconds to two places.
    let milliseconds = format::decimal(decision.duration_us as f64 / 1_000.0, 2, lang);
    lang.with("why-cost", &[("time", milliseconds.into()), ("fuel", messages::Arg::from(fuel))])
}

/// Words that rules name as evidence, those of the steps that decided first.
pub(super) fn evidence(steps: &[Step]) -> Vec<&str> {
    let decisive = steps.iter().filter(|step| step.decisive);
    let proposals = decisive.flat_map(|step| &step.proposals).filter(|proposal| proposal.chosen);
    proposals.flat_map(|p| &p.reasons).flat_map(|reason| &reason.evidence).map(String::as_str).collect()
}
