//! Contract 0.1: the WIT types and their translation from and to the words of the domain.
//!
//! A later contract gets a module of its own; the rest of the sandbox sees domain types only.

use chrono::{DateTime, Utc};
use veche_domain::appeal::{Appeal, ApplicantKind};
use veche_domain::decision::{
    Assignment, Candidate, Categorization, ChosenCategory, Clock, ClockKind, Priority, Reason, Routing,
};
use veche_domain::export::{Format, Subject, Summary};
use veche_domain::indicator::{Answer, Definition, Dimension, Direction};
use veche_domain::mask::mask;

wasmtime::component::bindgen!({
    path: "../../wit",
    inline: "
        package veche:served;
        world all-kinds {
            include veche:plugin/categorizer-plugin@0.1.0;
            include veche:plugin/router-plugin@0.1.0;
            include veche:plugin/indicators-plugin@0.1.0;
            include veche:plugin/exporter-plugin@0.1.0;
        }
    ",
    world: "veche:served/all-kinds",
    // Every import counts against the limits of the call, and ends it when one is hit.
    imports: { default: trappable },
    with: {
        "veche:plugin/facts.fact-stream": crate::indicators::FactStream,
        "veche:plugin/streams.rows": crate::exports::Rows,
        "veche:plugin/streams.sink": crate::exports::Sink,
    },
});

/// Everything that the host offers to a component.
pub(crate) use AllKinds as HostInterfaces;
pub(crate) use exports::veche::plugin as guest;
pub(crate) use veche::plugin as wit;

/// Version of the contract that this host serves.
pub const CONTRACT: &str = "0.1";
/// Version of the engine; part of every decision.
pub(crate) const ENGINE_VERSION: &str = "48.0.8";

/// What a guest is handed of one question of an appeal.
pub(crate) fn appeal(appeal: &Appeal, question: usize, unmasked: bool) -> wit::types::Appeal {
    let content = &appeal.content;
    let applicant = &content.applicant;
    let known: Vec<&str> =
        [&applicant.name, &applicant.phone, &applicant.email].into_iter().flatten().map(String::as_str).collect();
    let show = |text: &str| if unmasked { text.to_owned() } else { mask(text, &known).into_owned() };
    let place = &content.place;
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    wit::types::Appeal {
        id: appeal.id.to_string(),
        received_at: content.received_at.timestamp(),
        channel: content.channel.to_string(),
        regime: content.regime.to_string(),
        applicant: match applicant.kind {
            ApplicantKind::Citizen => wit::types::ApplicantKind::Citizen,
            ApplicantKind::ForeignCitizen => wit::types::ApplicantKind::ForeignCitizen,
            ApplicantKind::Stateless => wit::types::ApplicantKind::Stateless,
            ApplicantKind::CompatriotAbroad => wit::types::ApplicantKind::CompatriotAbroad,
            ApplicantKind::LegalEntity => wit::types::ApplicantKind::LegalEntity,
        },
        text: show(content.question_text(question)),
        question: small(question),
        questions: small(content.question_count()),
        whole_text: (content.question_count() > 1).then(|| show(&content.text)),
        place: wit::types::Place {
            municipality: place.municipality.as_ref().map(ToString::to_string),
            district: place.district.clone(),
            address: place.address.clone(),
            point: place.point.map(|p| wit::types::Point { latitude: p.latitude, longitude: p.longitude }),
        },
        attachments: content.attachments.iter().map(|a| a.media_type.clone()).collect(),
        attributes: content.attributes.iter().map(|(name, value)| (name.clone(), show(value))).collect(),
    }
}

/// What surrounds a call.
pub(crate) fn context(appeal: &Appeal, block: Option<&str>, region: &str, language: &str) -> wit::types::Context {
    wit::types::Context {
        region: region.to_owned(),
        block: block.map(str::to_owned),
        now: appeal.content.received_at.timestamp(),
        language: language.to_owned(),
        attributes: Vec::new(),
    }
}

pub(crate) fn chosen(category: &ChosenCategory) -> guest::router::ChosenCategory {
    guest::router::ChosenCategory {
        code: category.code.to_string(),
        block: category.block.to_string(),
        other: category.other,
        confidence: category.confidence,
    }
}

fn reasons(reasons: Vec<wit::types::Reason>) -> Vec<Reason> {
    reasons.into_iter().map(|r| Reason { message: r.message, evidence: r.evidence }).collect()
}

pub(crate) fn categorization(answer: guest::categorizer::Categorization) -> Categorization {
    match answer {
        guest::categorizer::Categorization::NoOpinion => Categorization::NoOpinion,
        guest::categorizer::Categorization::Candidates(candidates) => Categorization::Candidates(
            candidates
                .into_iter()
                .map(|c| Candidate { category: c.category, confidence: c.confidence, reasons: reasons(c.reasons) })
                .collect(),
        ),
    }
}

pub(crate) fn routing(answer: guest::router::Routing) -> Routing {
    match answer {
        guest::router::Routing::NoOpinion => Routing::NoOpinion,
        guest::router::Routing::NeedsPerson(question) => Routing::NeedsPerson(question),
        guest::router::Routing::Assigned(a) => Routing::Assigned(Assignment {
            body: a.body,
            priority: match a.priority {
                guest::router::Priority::Low => Priority::Low,
                guest::router::Priority::Normal => Priority::Normal,
                guest::router::Priority::High => Priority::High,
                guest::router::Priority::Urgent => Priority::Urgent,
            },
            clocks: a.clocks.into_iter().map(clock).collect(),
            reasons: reasons(a.reasons),
        }),
    }
}

fn clock(clock: guest::router::Clock) -> Clock {
    Clock {
        kind: match clock.kind {
            guest::router::ClockKind::Registration => ClockKind::Registration,
            guest::router::ClockKind::Forwarding => ClockKind::Forwarding,
            guest::router::ClockKind::FirstReaction => ClockKind::FirstReaction,
            guest::router::ClockKind::Answer => ClockKind::Answer,
            guest::router::ClockKind::Extension => ClockKind::Extension,
        },
        // An absurd instant becomes the smallest one, which the core refuses as before the receipt.
        due: DateTime::<Utc>::from_timestamp(clock.due, 0).unwrap_or(DateTime::<Utc>::MIN_UTC),
        basis: clock.basis,
    }
}

fn dimension(dimension: guest::indicators::Dimension) -> Dimension {
    match dimension {
        guest::indicators::Dimension::Block => Dimension::Block,
        guest::indicators::Dimension::Category => Dimension::Category,
        guest::indicators::Dimension::Body => Dimension::Body,
        guest::indicators::Dimension::Municipality => Dimension::Municipality,
        guest::indicators::Dimension::Channel => Dimension::Channel,
    }
}

pub(crate) fn definition(d: guest::indicators::Definition) -> Definition {
    Definition {
        code: d.code,
        title: d.title.into_iter().map(|text| (text.language, text.text)).collect(),
        unit: d.unit,
        direction: match d.direction {
            guest::indicators::Direction::Up => Direction::Up,
            guest::indicators::Direction::Down => Direction::Down,
        },
        decimals: d.decimals,
        columns: d.columns,
        dimensions: d.dimensions.into_iter().map(dimension).collect(),
    }
}

pub(crate) fn answer(m: guest::indicators::Measurement) -> Answer {
    Answer {
        value: m.value,
        numerator: m.numerator,
        denominator: m.denominator,
        excluded: m.excluded,
        breakdown: m.breakdown.into_iter().map(|(of, code)| (dimension(of), code)).collect(),
    }
}

pub(crate) fn format(f: guest::exporter::Format) -> Format {
    Format {
        id: f.id,
        title: f.title.into_iter().map(|text| (text.language, text.text)).collect(),
        media_type: f.media_type,
        extension: f.extension,
        subject: match f.subject {
            guest::exporter::Subject::Appeals => Subject::Appeals,
            guest::exporter::Subject::Measurements => Subject::Measurements,
            guest::exporter::Subject::Ratings => Subject::Ratings,
        },
        columns: f.columns,
    }
}

pub(crate) fn summary(s: guest::exporter::Summary) -> Summary {
    Summary { rows: s.rows, skipped: s.skipped, notes: s.notes }
}
