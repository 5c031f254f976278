//! Passports of additional indicators (clause 22), by where they stand.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use veche_app::store::PassportRow;
use veche_domain::access::Action;
use veche_domain::indicator::PassportState;

use super::{Section, sections};
use crate::Web;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::problem::Problem;

/// Those that wait for somebody come first.
const ORDER: [PassportState; 6] = [
    PassportState::Submitted,
    PassportState::Agreed,
    PassportState::Approved,
    PassportState::Draft,
    PassportState::Active,
    PassportState::Archived,
];

/// A passport.
struct Row {
    href: String,
    title: String,
    indicator: String,
    author: String,
    owner: String,
    deadline: String,
    updated_at: DateTime<Utc>,
    /// Whether the visitor can take it on.
    yours: bool,
}

/// Passports in one state.
struct Group {
    state: String,
    class: &'static str,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "curator/passports.html")]
struct PassportsPage {
    page: Page,
    sections: Vec<Section>,
    groups: Vec<Group>,
    may_write: bool,
}

/// A state in words.
pub(super) fn state(lang: Lang, state: PassportState) -> String {
    lang.t(&format!("curator-passport-{}", state.as_str()))
}

/// The class of its mark.
pub(super) fn state_class(state: PassportState) -> &'static str {
    match state {
        PassportState::Draft | PassportState::Archived => "tag",
        PassportState::Submitted | PassportState::Agreed => "tag tag-attention",
        PassportState::Approved => "tag tag-work",
        PassportState::Active => "tag tag-good",
    }
}

/// Somebody without what kind of caller they are.
pub(super) fn person(name: &str) -> String {
    name.strip_prefix("account:").unwrap_or(name).to_owned()
}

/// Whether the next step of a passport may be this visitor's.
fn is_theirs(visit: &Visit, row: &PassportRow, me: &str) -> bool {
    let may = |action| visit.may(action).is_some();
    match row.state {
        PassportState::Draft => may(Action::WritePassports) && row.author == me,
        PassportState::Submitted => may(Action::AgreePassports) && row.author != me,
        PassportState::Agreed => {
            may(Action::ApprovePassports) && row.author != me && row.agreed_by.as_deref() != Some(me)
        }
        PassportState::Approved => may(Action::ApprovePassports),
        PassportState::Active | PassportState::Archived => false,
    }
}

pub(super) async fn list(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let all = web.app.store.passports(visit.region_code()?).await?;
    let me = visit.access()?.caller.name.clone();
    let page = visit.page("curator-passports-title");
    let row = |row: &PassportRow| Row {
        href: page.at(&format!("indicators/passports/{}", row.id)),
        title: row.passport.title.clone(),
        indicator: row.passport.indicator.clone(),
        author: person(&row.author),
        owner: row.passport.owner.clone(),
        deadline: row.passport.deadline.clone(),
        updated_at: row.updated_at,
        yours: is_theirs(&visit, row, &me),
    };
    let group = |of: PassportState| Group {
        state: state(visit.lang(), of),
        class: state_class(of),
        rows: all.iter().filter(|passport| passport.state == of).map(row).collect(),
    };
    let groups = ORDER.into_iter().map(group).filter(|group| !group.rows.is_empty()).collect();
    let template = PassportsPage {
        sections: sections(&page, "indicators/passports"),
        groups,
        may_write: visit.may(Action::WritePassports).is_some(),
        page,
    };
    visit.html(&template)
}
