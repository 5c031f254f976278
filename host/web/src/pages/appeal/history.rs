//! What happened to an appeal, newest last, in words.

use chrono::{DateTime, Utc};
use veche_app::store::StoredAppeal;
use veche_domain::decision::{Event, EventKind};
use veche_domain::mask::mask;

use crate::pages::visit::Page;
use crate::pages::words::Names;

/// One thing that happened.
pub(super) struct Happening {
    pub(super) at: DateTime<Utc>,
    pub(super) what: String,
    /// What changed: from, to.
    pub(super) change: String,
    pub(super) who: String,
    pub(super) said: String,
    /// Which question, where there are several.
    pub(super) question: Option<u32>,
}

/// The events of an appeal, and its receipt before them.
pub(super) fn happenings(
    page: &Page,
    names: &Names<'_>,
    stored: &StoredAppeal,
    events: &[Event],
    hidden: &[&str],
) -> Vec<Happening> {
    let received = Happening {
        at: stored.appeal.content.received_at,
        what: page.t("event-received"),
        change: String::new(),
        who: String::new(),
        said: String::new(),
        question: None,
    };
    let several = stored.questions.len() > 1;
    let told = events.iter().filter(|event| event.kind != EventKind::Received).map(|event| Happening {
        at: event.at,
        what: page.lang.t(&format!("event-{}", event.kind.as_str().replace('_', "-"))),
        change: change(page, names, event),
        who: who(page, event.actor.as_deref()),
        said: event.reason.as_deref().map(|said| mask(said, hidden).into_owned()).unwrap_or_default(),
        question: event.question.filter(|_| several).map(|question| question + 1),
    });
    let mut all: Vec<Happening> = std::iter::once(received).chain(told).collect();
    all.sort_by_key(|happening| happening.at);
    all
}

/// Who did it: a login, a machine, or the rules.
fn who(page: &Page, actor: Option<&str>) -> String {
    match actor.map(|actor| actor.split_once(':').unwrap_or((actor, ""))) {
        None => page.t("event-by-rules"),
        Some(("account", login)) => login.to_owned(),
        Some(("token", _)) => page.t("event-by-token"),
        Some((other, "")) => other.to_owned(),
        Some((_, rest)) => rest.to_owned(),
    }
}

fn change(page: &Page, names: &Names<'_>, event: &Event) -> String {
    let field = |name: &str| event.data.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let moved = |from: Option<String>, to: Option<String>| match (from, to) {
        (None, None) => String::new(),
        (from, to) => {
            let or_none = |name: Option<String>| name.unwrap_or_else(|| "—".to_owned());
            format!("{} → {}", or_none(from), or_none(to))
        }
    };
    match event.kind {
        EventKind::Recategorized => moved(
            field("category_from").map(|code| names.category(code)),
            field("category_to").map(|code| names.category(code)),
        ),
        EventKind::Redirected => {
            moved(field("body_from").map(|code| names.body(code)), field("body_to").map(|code| names.body(code)))
        }
        EventKind::Extended => {
            let due = field("due").and_then(|text| text.parse::<DateTime<Utc>>().ok());
            due.map(|due| page.say("event-extended-to", "due", page.moment(&due))).unwrap_or_default()
        }
        EventKind::Marked => field("mark").map(|mark| page.say("event-mark", "mark", mark)).unwrap_or_default(),
        EventKind::Answered => match field("in_substance") {
            Some("true") => page.t("event-in-substance"),
            Some(_) => page.t("event-not-in-substance"),
            None => String::new(),
        },
        _ => String::new(),
    }
}
