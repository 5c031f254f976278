//! What is behind a number, down to the appeals: those in its numerator, in its denominator, or left out.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use veche_app::indicators::behind::{self, Asked};
use veche_app::indicators::catalogue::From;
use veche_app::store::{BehindRow, MeasuredFilter, Side};
use veche_domain::access::{Action, Scope};
use veche_domain::indicator::{Formula, Measurement};
use veche_domain::mask::masked;

use super::indicator::{find, part_of, part_query};
use super::period::{self, Chosen};
use super::show;
use super::{Section, dictionaries, sections};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 25;
/// Characters of an appeal's text that a row shows.
const SHOWN: usize = 160;

/// A question.
struct Row {
    href: String,
    text: String,
    question: u32,
    received_at: DateTime<Utc>,
    category: String,
    body: String,
    municipality: String,
    due_at: Option<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    late: bool,
    mark: String,
}

#[derive(Template)]
#[template(path = "curator/behind.html")]
struct BehindPage {
    page: Page,
    sections: Vec<Section>,
    indicator: String,
    indicator_href: String,
    period: String,
    part: String,
    sides: Vec<(String, String, bool)>,
    rows: Vec<Row>,
    count: u64,
    /// What the measurement says, if it says a number of questions.
    measured: String,
    differs: bool,
    /// Whether the visitor sees some blocks alone.
    narrowed: bool,
    /// Whether the number is a plug-in's, of which only the questions that it was given can be told.
    opaque: bool,
    before: Option<String>,
    after: Option<String>,
    from: u64,
    to: u64,
}

const SIDES: [(Side, &str); 3] =
    [(Side::Numerator, "numerator"), (Side::Denominator, "denominator"), (Side::Excluded, "excluded")];

/// The beginning of an appeal's text, with personal data masked before it is cut.
async fn text(web: &Web, visit: &Visit, row: &BehindRow) -> Result<String, Problem> {
    let Some(stored) = web.app.store.appeal(visit.region_code()?, row.appeal).await? else { return Ok(String::new()) };
    let mut head = stored.appeal.content;
    head.text = head.text.chars().take(4 * SHOWN).collect();
    head.questions.clear();
    let line = masked(&head).text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().nth(SHOWN).is_none() {
        return Ok(line);
    }
    Ok(line.chars().take(SHOWN).chain(['…']).collect())
}

/// How many questions a side of a measurement says; none where it says something else.
fn said(formula: Formula, side: Side, m: &Measurement) -> Option<f64> {
    match (formula, side) {
        (Formula::ReactionMean | Formula::ReactionMedian | Formula::ReactionP90 | Formula::Load, Side::Numerator) => {
            None
        }
        (Formula::Load, _) => None,
        (_, Side::Numerator) => Some(m.numerator),
        (_, Side::Denominator) => m.denominator,
        #[allow(clippy::cast_precision_loss)] // Counts of questions.
        (_, Side::Excluded) => Some(m.excluded as f64),
    }
}

pub(super) async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, code)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let form = Form::parse(raw.unwrap_or_default().as_bytes());
    if visit.may(Action::ReadIndicators).is_none() {
        return Err(Problem::forbidden("`read_indicators` is needed to see what is behind a number"));
    }
    let chosen = period::of(&web, &visit, &form).await?;
    let (region, scope) = (visit.region_code()?, visit.access()?.scope().clone());
    let indicator = find(&web, &visit, &code).await?;
    let part = part_of(&form);
    let (formula, opaque) = match indicator.from {
        From::Formula { formula } => (formula, false),
        _ => (Formula::Received, true),
    };
    let side = SIDES.iter().find(|(_, code)| *code == form.text("side")).map_or(Side::Numerator, |(side, _)| *side);
    let side = if opaque { Side::Numerator } else { side };
    let filter = MeasuredFilter {
        indicator: Some(indicator.code.clone()),
        period: Some(chosen.period),
        ..MeasuredFilter::default()
    };
    let measured = web.app.store.measured(region, &filter, 1).await?.into_iter().next();
    let number = measured.as_ref().and_then(|m| show::part(&m.measurements, &part)).filter(|_| !opaque);
    let offset = form.text("from").parse::<u32>().unwrap_or(0);
    let asked = Asked {
        formula,
        period: chosen.period,
        part: part.clone(),
        side,
        cut_off: measured.as_ref().map_or_else(Utc::now, |m| m.cut_off),
        offset,
        limit: ROWS,
    };
    let found = behind::list(&web.app, region, &asked, &scope).await?;
    let known = dictionaries(&web, &visit).await?;
    let names = Names { dictionaries: &known, lang: visit.lang() };
    let page = visit.page("curator-behind-title");
    let path = page.at(&format!("indicators/codes/{}", indicator.code));
    let of_part = part_query(&part);
    let mut rows = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        let municipality = row.municipality.as_deref();
        rows.push(Row {
            href: page.at(&format!("appeals/{}", row.appeal)),
            text: text(&web, &visit, row).await?,
            question: row.question + 1,
            received_at: row.received_at,
            category: row.category.as_deref().map(|code| names.category(code)).unwrap_or_default(),
            body: row.body.as_deref().map(|code| names.body(code)).unwrap_or_default(),
            municipality: municipality
                .map(|code| show::part_name(&names, veche_domain::indicator::Dimension::Municipality, code))
                .unwrap_or_default(),
            late: match (row.due_at, row.answered_at) {
                (Some(due), Some(answered)) => answered > due,
                (Some(due), None) => due < page.now,
                _ => false,
            },
            due_at: row.due_at,
            answered_at: row.answered_at,
            mark: row.mark.map(|mark| mark.to_string()).unwrap_or_default(),
        });
    }
    let link = |side: &str, from: u32| format!("{path}/behind?{}{of_part}&side={side}&from={from}", chosen.query());
    let side_code = SIDES.iter().find(|(known, _)| *known == side).map_or("numerator", |(_, code)| *code);
    let wanted = number.and_then(|m| said(formula, side, m));
    #[allow(clippy::cast_precision_loss)] // Counts of questions.
    let differs = wanted.is_some_and(|wanted| (wanted - found.count as f64).abs() > 0.5);
    let last = u64::from(offset) + found.rows.len() as u64;
    let part_name = part.iter().map(|(d, code)| show::part_name(&names, *d, code)).collect::<Vec<_>>().join(", ");
    let template = BehindPage {
        sections: sections(&page, "indicators"),
        indicator: show::title(&indicator, visit.lang()),
        indicator_href: format!("{path}?{}{of_part}", Chosen::query_of(&chosen.period)),
        period: chosen.label.clone(),
        part: part_name,
        sides: match opaque {
            true => Vec::new(),
            false => SIDES.map(|(s, code)| (link(code, 0), page.t(&format!("curator-{code}")), s == side)).to_vec(),
        },
        measured: wanted.map(|wanted| show::amount(wanted, visit.lang())).unwrap_or_default(),
        narrowed: scope != Scope::Region,
        differs,
        opaque,
        before: (offset > 0).then(|| link(side_code, offset.saturating_sub(ROWS))),
        after: (last < found.count).then(|| link(side_code, offset.saturating_add(ROWS))),
        from: if rows.is_empty() { 0 } else { u64::from(offset) + 1 },
        to: last,
        count: found.count,
        rows,
        page,
    };
    visit.html(&template)
}
