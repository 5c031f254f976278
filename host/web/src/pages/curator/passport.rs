//! One passport beside the mandatory indicators that it serves, its steps and its history.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use veche_app::AppError;
use veche_app::indicators::{catalogue, passports, targets};
use veche_app::store::{MeasuredFilter, PassportRow, StepRow};
use veche_domain::access::Action;
use veche_domain::indicator::{
    Breakdown, Direction, Finding, MandatoryLink, PassportState, PassportStep, PeriodKind, Severity, parse_date,
};

use super::passports::{person, state, state_class};
use super::period;
use super::show::{self, Figure, Plan, Style};
use super::{Section, dictionaries, id_of, sections};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// A mandatory indicator that a passport serves.
struct Served {
    title: String,
    href: String,
    code: String,
    known: bool,
    characteristics: String,
    date: String,
    /// By when the set wants it; empty where it says nothing.
    deadline: String,
    /// Whether both dates are the same day.
    same_date: bool,
    /// Whether the passport's own deadline is not after it.
    in_time: bool,
    function: String,
    basis: String,
    targets: Vec<(String, String)>,
    /// The newest month.
    period: String,
    figure: Option<Figure>,
    plan: Plan,
}

/// A step that was made.
struct Done {
    what: String,
    state: String,
    class: &'static str,
    by: String,
    reason: String,
    at: DateTime<Utc>,
    digest: String,
}

/// A step that the visitor can make.
struct Next {
    path: String,
    label: &'static str,
    confirm: &'static str,
    primary: bool,
    /// Whether a reason is asked for.
    reason: bool,
}

/// Something that is wrong, or worth a look.
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) text: String,
    pub(super) error: bool,
}

#[derive(Template)]
#[template(path = "curator/passport.html")]
struct PassportPage {
    page: Page,
    sections: Vec<Section>,
    row: PassportRow,
    state: String,
    state_class: &'static str,
    author: String,
    agreed_by: String,
    approved_by: String,
    digest: String,
    release: String,
    blocks: Vec<String>,
    direction: &'static str,
    base: String,
    plan: Vec<(i32, String)>,
    served: Vec<Served>,
    history: Vec<Done>,
    nexts: Vec<Next>,
    /// Why the visitor, who has the role, cannot make the next step.
    barred: &'static str,
    faults: Vec<Fault>,
    errors: usize,
    edit: String,
    document: String,
    own_figure: Option<Figure>,
    own_period: String,
    own_href: String,
    wrong: String,
    reason: String,
}

/// Findings in the language of the page, by the name of their field.
pub(super) fn faults(findings: &[Finding], lang: Lang) -> Vec<Fault> {
    let text = |f: &Finding| if lang == Lang::Ru { f.ru.clone() } else { f.en.clone() };
    findings
        .iter()
        .map(|f| Fault { field: field_name(&f.field, lang), text: text(f), error: f.severity == Severity::Error })
        .collect()
}

/// A field of a passport in words: `links/0/date` is the date of the first link.
pub(super) fn field_name(field: &str, lang: Lang) -> String {
    let mut parts = field.split('/');
    let first = parts.next().unwrap_or_default().replace('.', "-");
    let name = |key: &str| if lang.knows(key) { lang.t(key) } else { field.to_owned() };
    match (parts.next().and_then(|n| n.parse::<i64>().ok()), parts.next()) {
        (Some(index), Some(rest)) => {
            let of = name(&format!("curator-field-{first}-{rest}"));
            format!("{of} {}", index + 1)
        }
        _ => name(&format!("curator-field-{first}")),
    }
}

fn nexts(visit: &Visit, row: &PassportRow, path: &str, errors: usize) -> (Vec<Next>, &'static str) {
    use PassportState::{Active, Agreed, Approved, Draft, Submitted};
    let me = visit.access.as_ref().map(|access| access.caller.name.clone()).unwrap_or_default();
    let may = |action| visit.may(action).is_some();
    let next = |step: PassportStep, label, confirm, primary, reason| Next {
        path: format!("{path}/{}", step.as_str()),
        label,
        confirm,
        primary,
        reason,
    };
    let (is_author, agreed) = (row.author == me, row.agreed_by.as_deref() == Some(me.as_str()));
    let mut list = Vec::new();
    let mut barred = "";
    match row.state {
        Draft if may(Action::WritePassports) && is_author && errors == 0 => {
            list.push(next(PassportStep::Submit, "curator-step-submit", "curator-step-submit-sure", true, false));
        }
        Draft if may(Action::WritePassports) && is_author => barred = "curator-barred-faults",
        Draft if may(Action::WritePassports) => barred = "curator-barred-not-author",
        Submitted if may(Action::AgreePassports) && is_author => barred = "curator-barred-author",
        Agreed if may(Action::ApprovePassports) && is_author => barred = "curator-barred-author",
        Agreed if may(Action::ApprovePassports) && agreed => barred = "curator-barred-agreed",
        Submitted | Agreed | Approved
            if errors > 0 && (may(Action::AgreePassports) || may(Action::ApprovePassports)) =>
        {
            barred = "curator-barred-faults";
        }
        Submitted if may(Action::AgreePassports) => {
            list.push(next(PassportStep::Agree, "curator-step-agree", "curator-step-agree-sure", true, false));
        }
        Agreed if may(Action::ApprovePassports) => {
            list.push(next(PassportStep::Approve, "curator-step-approve", "curator-step-approve-sure", true, false));
        }
        Approved if may(Action::ApprovePassports) => {
            list.push(next(PassportStep::Activate, "curator-step-activate", "curator-step-activate-sure", true, false));
        }
        _ => {}
    }
    if matches!(row.state, Submitted | Agreed) && may(Action::RejectPassports) {
        list.push(next(PassportStep::Reject, "curator-step-reject", "", false, true));
    }
    if matches!(row.state, Draft | Approved | Active) && may(Action::ApprovePassports) {
        list.push(next(PassportStep::Archive, "curator-step-archive", "", false, true));
    }
    (list, barred)
}

fn done(lang: Lang, step: &StepRow) -> Done {
    Done {
        what: step
            .step
            .map_or_else(|| lang.t("curator-done-written"), |made| lang.t(&format!("curator-done-{}", made.as_str()))),
        state: state(lang, step.state),
        class: state_class(step.state),
        by: person(&step.actor),
        reason: step.reason.clone().unwrap_or_default(),
        at: step.at,
        digest: step.digest.short(),
    }
}

/// The linked mandatory indicator with its newest month.
async fn served(
    web: &Web,
    visit: &Visit,
    page: &Page,
    row: &PassportRow,
    link: &MandatoryLink,
) -> Result<Served, Problem> {
    let region = visit.region_code()?;
    let lang = visit.lang();
    let today = veche_domain::calendar::local_date(page.now, page.zone);
    let set = web.app.store.indicator_set(region, today).await?;
    let mandatory = set.as_ref().and_then(|set| set.set.indicator(&link.indicator));
    let deadline = mandatory.and_then(|m| m.deadline);
    let date = parse_date(&link.date);
    let catalogue = catalogue::of(&web.app, region).await?;
    let indicator = catalogue.find(&link.indicator);
    let filter = MeasuredFilter {
        indicator: Some(link.indicator.clone()),
        kind: Some(PeriodKind::Month),
        ..MeasuredFilter::default()
    };
    let newest = web.app.store.measured(region, &filter, 1).await?.into_iter().next();
    let (mut figure, mut plan) = (None, Plan::default());
    if let (Some(indicator), Some(newest)) = (indicator, &newest) {
        let style = Style::of(indicator, lang);
        let fact = show::part(&newest.measurements, &Breakdown::new());
        let all = targets::plans(&web.app, region, Some(&indicator.code)).await?;
        let yellow = targets::yellow_percent(&web.app, region).await?;
        let target = show::target(&all, &indicator.code, &Breakdown::new(), &newest.period);
        plan = show::plan(&style, indicator, target, &newest.period, fact.and_then(|m| m.value), yellow);
        figure = fact.map(|m| style.figure(m));
    }
    let style = indicator.map(|indicator| Style::of(indicator, lang));
    let years = mandatory.map(|m| &m.targets).into_iter().flatten();
    Ok(Served {
        title: indicator.map_or_else(|| link.indicator.clone(), |indicator| show::title(indicator, lang)),
        href: page.at(&format!("indicators/codes/{}", link.indicator)),
        code: link.indicator.clone(),
        known: mandatory.is_some(),
        characteristics: link.characteristics.clone(),
        date: link.date.clone(),
        deadline: deadline.map(|day| day.format("%d.%m.%Y").to_string()).unwrap_or_default(),
        same_date: deadline.is_none() || deadline == date,
        in_time: match (parse_date(&row.passport.deadline), date) {
            (Some(own), Some(linked)) => own <= linked,
            _ => true,
        },
        function: mandatory.map(|m| lang.t(&format!("curator-function-{}", m.function.as_str()))).unwrap_or_default(),
        basis: mandatory.and_then(|m| m.basis.clone()).unwrap_or_default(),
        targets: years
            .map(|(year, value)| (year.clone(), style.as_ref().map_or_else(|| value.to_string(), |s| s.value(*value))))
            .collect(),
        period: newest.map(|m| period::words(&m.period, lang)).unwrap_or_default(),
        figure,
        plan,
    })
}

async fn page(
    web: &Web,
    visit: &Visit,
    row: PassportRow,
    wrong: String,
    reason: String,
) -> Result<PassportPage, Problem> {
    let (region, lang) = (visit.region_code()?, visit.lang());
    let known = dictionaries(web, visit).await?;
    let names = Names { dictionaries: &known, lang };
    let page = visit.page_titled(row.passport.title.clone());
    let over = matches!(row.state, PassportState::Active | PassportState::Archived);
    let findings = if over { Vec::new() } else { passports::check(&web.app, region, &row.passport).await? };
    let faults = faults(&findings, lang);
    let errors = faults.iter().filter(|fault| fault.error).count();
    let path = page.at(&format!("indicators/passports/{}", row.id));
    let (nexts, barred) = nexts(visit, &row, &path, errors);
    let mut served_list = Vec::with_capacity(row.passport.links.len());
    for link in row.passport.links.iter().take(20) {
        served_list.push(served(web, visit, &page, &row, link).await?);
    }
    let quantity = &row.passport.quantitative;
    let style = Style { unit: show::unit(&quantity.unit, lang), decimals: usize::from(quantity.decimals.min(6)), lang };
    let filter = MeasuredFilter {
        indicator: Some(row.passport.indicator.clone()),
        kind: Some(PeriodKind::Month),
        ..MeasuredFilter::default()
    };
    let own = web.app.store.measured(region, &filter, 1).await?.into_iter().next();
    let own_fact = own.as_ref().and_then(|m| show::part(&m.measurements, &Breakdown::new()));
    let steps = web.app.store.passport_steps(region, row.id).await?;
    let is_author = visit.access()?.caller.name == row.author;
    let writes = visit.may(Action::WritePassports).is_some() && is_author && row.state == PassportState::Draft;
    let printed = matches!(row.state, PassportState::Approved | PassportState::Active);
    let block = |code: &String| show::part_name(&names, veche_domain::indicator::Dimension::Block, code);
    Ok(PassportPage {
        sections: sections(&page, "indicators/passports"),
        state: state(lang, row.state),
        state_class: state_class(row.state),
        author: person(&row.author),
        agreed_by: row.agreed_by.as_deref().map(person).unwrap_or_default(),
        approved_by: row.approved_by.as_deref().map(person).unwrap_or_default(),
        digest: row.digest.short(),
        release: row.passport.release.short(),
        blocks: row.passport.blocks.iter().map(block).collect(),
        direction: match quantity.direction {
            Direction::Up => "curator-better-more",
            Direction::Down => "curator-better-less",
        },
        base: style.value(quantity.base),
        plan: row.passport.plan.iter().map(|(year, value)| (*year, style.value(*value))).collect(),
        served: served_list,
        history: steps.iter().map(|step| done(lang, step)).collect(),
        nexts,
        barred,
        faults,
        errors,
        edit: if writes { format!("{path}/edit") } else { String::new() },
        document: match printed {
            true => format!("/api/v1/regions/{region}/passports/{}/document", row.id),
            false => String::new(),
        },
        own_figure: own_fact.map(|m| style.figure(m)),
        own_period: own.as_ref().map(|m| period::words(&m.period, lang)).unwrap_or_default(),
        own_href: page.at(&format!("indicators/codes/{}", row.passport.indicator)),
        wrong,
        reason,
        row,
        page,
    })
}

pub(super) async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let row = passports::find(&web.app, visit.region_code()?, id_of("passport", &id)?).await?;
    let template = page(&web, &visit, row, String::new(), String::new()).await?;
    visit.html(&template)
}

async fn step(web: Web, visit: Visit, id: String, step: PassportStep, form: Form) -> Result<Response, Problem> {
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let id = id_of("passport", &id)?;
    let reason = form.given("reason");
    let moved = passports::step(&web.app, &region, id, step, reason.as_deref(), &actor).await;
    let lang = visit.lang();
    let wrong = match moved {
        Ok(_) => {
            let path = format!("/regions/{region}/indicators/passports/{id}");
            return Ok(visit.go(&path, &format!("curator-was-{}", step.as_str())));
        }
        Err(AppError::Passport(_)) => lang.t("curator-barred-faults"),
        Err(AppError::PassportState(_)) => lang.t("curator-wrong-passport-state"),
        Err(AppError::Invalid { field: "reason", .. }) => lang.t("curator-wrong-reason"),
        Err(AppError::Forbidden { .. }) => lang.t("curator-wrong-alone"),
        Err(error) => super::faults::said(error, lang)?,
    };
    let row = passports::find(&web.app, &region, id).await?;
    let template = page(&web, &visit, row, wrong, reason.unwrap_or_default()).await?;
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $step:ident;)+) => {
        $(
            $(#[$doc])*
            pub(super) async fn $name(
                State(web): State<Web>,
                visit: Visit,
                Path((_, id)): Path<(String, String)>,
                form: Form,
            ) -> Result<Response, Problem> {
                step(web, visit, id, PassportStep::$step, form).await
            }
        )+
    };
}

steps! {
    /// The author hands it in.
    submit Submit;
    /// The head agrees.
    agree Agree;
    /// The curator approves.
    approve Approve;
    /// It comes into force.
    activate Activate;
    /// It goes back to its author.
    reject Reject;
    /// It ends.
    archive Archive;
}
