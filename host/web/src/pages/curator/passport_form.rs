//! The form of a passport: written, checked field by field, kept as a draft with its faults.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Datelike as _;
use veche_app::AppError;
use veche_app::indicators::catalogue::{self, Catalogue, From};
use veche_app::indicators::passports;
use veche_app::store::PassportRow;
use veche_domain::code::Digest;
use veche_domain::indicator::{Basis, Direction, Finding, MandatoryLink, Passport, PassportState, Quantity, Severity};

use super::faults::{number, said};
use super::show;
use super::{Section, dictionaries, id_of, sections};
use crate::Web;
use crate::pages::form::{Form, Wrong};
use crate::pages::messages::Lang;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::problem::Problem;

/// Years and links that the form has room for.
const YEARS: usize = 6;
const LINKS: usize = 4;

/// A year of the plan, as typed.
#[derive(Default, Clone)]
struct PlanField {
    year: String,
    value: String,
}

/// A link, as typed.
#[derive(Default, Clone)]
struct LinkField {
    number: usize,
    /// Code, name, whether it is chosen.
    indicators: Vec<(String, String, bool)>,
    characteristics: String,
    date: String,
    wrong: Vec<String>,
}

#[derive(Template)]
#[template(path = "curator/passport_form.html")]
struct FormPage {
    page: Page,
    sections: Vec<Section>,
    action: String,
    back: String,
    version: i64,
    form: Form,
    indicators: Vec<(String, String, bool)>,
    blocks: Vec<(String, String, bool)>,
    plan: Vec<PlanField>,
    links: Vec<LinkField>,
    up: bool,
    findings: Vec<Finding>,
    wrong: Wrong,
    whole: String,
}

impl FormPage {
    fn field(&self, name: &str) -> String {
        self.form.text(name)
    }

    /// What is wrong with a field, or worth a look.
    fn said(&self, field: &str) -> Vec<(String, bool)> {
        let ru = self.page.lang == Lang::Ru;
        let of = |f: &&Finding| f.field == field || field == "quantitative.text" && f.field == "quantitative";
        let found = self.findings.iter().filter(of);
        let mut said: Vec<(String, bool)> =
            found.map(|f| (if ru { f.ru.clone() } else { f.en.clone() }, f.severity == Severity::Error)).collect();
        if !self.wrong.of(field).is_empty() {
            said.push((self.wrong.of(field).to_owned(), true));
        }
        said
    }
}

/// A form that says what a passport says.
fn typed(passport: &Passport) -> Form {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    let quantity = &passport.quantitative;
    for (name, value) in [
        ("indicator", passport.indicator.as_str()),
        ("title", passport.title.as_str()),
        ("basis.project", passport.basis.project.as_str()),
        ("basis.result", passport.basis.result.as_str()),
        ("owner", passport.owner.as_str()),
        ("justification", passport.justification.as_str()),
        ("deadline", passport.deadline.as_str()),
        ("qualitative", passport.qualitative.as_str()),
        ("quantitative.text", quantity.text.as_str()),
        ("quantitative.unit", quantity.unit.as_str()),
        ("method", passport.method.as_str()),
        ("direction", quantity.direction.as_str()),
    ] {
        pairs.append_pair(name, value);
    }
    pairs.append_pair("base", &plain(quantity.base)).append_pair("decimals", &quantity.decimals.to_string());
    pairs.append_pair("from", &passport.years.0.to_string()).append_pair("to", &passport.years.1.to_string());
    for block in &passport.blocks {
        pairs.append_pair("block", block);
    }
    for (year, value) in &passport.plan {
        pairs.append_pair("plan-year", &year.to_string()).append_pair("plan-value", &plain(*value));
    }
    for (n, link) in passport.links.iter().enumerate() {
        pairs.append_pair(&format!("link-{n}"), &link.indicator);
        pairs.append_pair(&format!("link-{n}-text"), &link.characteristics);
        pairs.append_pair(&format!("link-{n}-date"), &link.date);
    }
    Form::parse(pairs.finish().as_bytes())
}

fn plain(value: f64) -> String {
    value.to_string().replace('.', ",")
}

/// Reads the form. What is no number is told; all else is the checks' to say.
fn read(form: &Form, catalogue: &Catalogue, lang: Lang) -> (Passport, Wrong) {
    let mut wrong = Wrong::default();
    let no_number = lang.t("curator-wrong-number");
    let year = |name: &str| form.text(name).parse::<i32>().ok();
    let (from, to) = (year("from"), year("to"));
    if from.is_none() || to.is_none() {
        wrong.note("years", lang.t("curator-wrong-year"));
    }
    let mut plan = BTreeMap::new();
    for (year, value) in form.all("plan-year").zip(form.all("plan-value")) {
        match (year.trim(), value.trim()) {
            (_, "") => {}
            (year, value) => match (year.parse::<i32>(), number(value)) {
                (Ok(year), Some(value)) => _ = plan.insert(year, value),
                _ => wrong
                    .note("plan", lang.with("curator-wrong-plan", &[("year", year.into()), ("value", value.into())])),
            },
        }
    }
    let base = number(&form.text("base"));
    if base.is_none() {
        wrong.note("quantitative.text", no_number);
    }
    let indicator = form.text("indicator");
    let release = match catalogue.find(&indicator).map(|indicator| &indicator.from) {
        Some(From::Plugin { release, .. }) => *release,
        _ => Digest::of(b""),
    };
    let links = (0..LINKS).filter_map(|n| {
        let (indicator, text, date) = (
            form.text(&format!("link-{n}")),
            form.text(&format!("link-{n}-text")),
            form.text(&format!("link-{n}-date")),
        );
        let given = !(indicator.is_empty() && text.is_empty() && date.is_empty());
        given.then_some(MandatoryLink { indicator, characteristics: text, date })
    });
    let passport = Passport {
        release,
        title: form.text("title"),
        basis: Basis { project: form.text("basis.project"), result: form.text("basis.result") },
        blocks: form.all("block").map(str::to_owned).collect::<BTreeSet<_>>(),
        owner: form.text("owner"),
        years: (from.unwrap_or_default(), to.unwrap_or_default()),
        plan,
        justification: form.text("justification"),
        deadline: form.text("deadline"),
        qualitative: form.text("qualitative"),
        quantitative: Quantity {
            text: form.text("quantitative.text"),
            unit: form.text("quantitative.unit"),
            base: base.unwrap_or_default(),
            direction: if form.text("direction") == "down" { Direction::Down } else { Direction::Up },
            decimals: form.text("decimals").parse().unwrap_or(1),
        },
        method: form.text("method"),
        links: links.collect(),
        indicator,
    };
    (passport, wrong)
}

/// The release of the indicator, its unit and the years that begin now: what an empty form starts with.
fn beginning(visit: &Visit) -> Form {
    let year = chrono::Utc::now().year();
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("from", &year.to_string()).append_pair("to", &(year + 1).to_string());
    for year in year..=year + 1 {
        pairs.append_pair("plan-year", &year.to_string()).append_pair("plan-value", "");
    }
    pairs.append_pair("quantitative.unit", "%").append_pair("decimals", "1");
    if let Some((_, query)) = visit.look.path.split_once('?') {
        let asked = Form::parse(query.as_bytes());
        pairs.append_pair("indicator", &asked.text("indicator"));
    }
    Form::parse(pairs.finish().as_bytes())
}

struct Shown {
    form: Form,
    findings: Vec<Finding>,
    wrong: Wrong,
    whole: String,
    row: Option<PassportRow>,
}

async fn page(web: &Web, visit: &Visit, shown: Shown) -> Result<FormPage, Problem> {
    let (region, lang) = (visit.region_code()?, visit.lang());
    let catalogue = catalogue::of(&web.app, region).await?;
    let known = dictionaries(web, visit).await?;
    let names = Names { dictionaries: &known, lang };
    let Shown { form, findings, wrong, whole, row } = shown;
    let chosen = form.text("indicator");
    let additional = catalogue.indicators.iter().filter(|i| matches!(i.from, From::Plugin { .. }));
    let indicators = additional.map(|i| (i.code.clone(), show::title(i, lang), i.code == chosen)).collect();
    let mandatory: Vec<(String, String)> = catalogue
        .indicators
        .iter()
        .filter(|i| i.function.is_some())
        .map(|i| (i.code.clone(), show::title(i, lang)))
        .collect();
    let blocks: BTreeSet<&str> = form.all("block").collect();
    let blocks = names.blocks().into_iter().map(|(code, name)| (code.clone(), name, blocks.contains(code.as_str())));
    let blocks = blocks.collect();
    let mut plan: Vec<PlanField> = form
        .all("plan-year")
        .zip(form.all("plan-value"))
        .map(|(year, value)| PlanField { year: year.trim().to_owned(), value: value.trim().to_owned() })
        .filter(|field| !(field.year.is_empty() && field.value.is_empty()))
        .collect();
    plan.resize(plan.len().max(YEARS), PlanField::default());
    let link = |n: usize| {
        let code = form.text(&format!("link-{n}"));
        let place = format!("links/{n}/");
        let own = findings.iter().filter(|f| f.field.starts_with(&place) || n == 0 && f.field == "links");
        LinkField {
            number: n,
            indicators: mandatory.iter().map(|(c, name)| (c.clone(), name.clone(), *c == code)).collect(),
            characteristics: form.text(&format!("link-{n}-text")),
            date: form.text(&format!("link-{n}-date")),
            wrong: own.map(|f| if lang == Lang::Ru { f.ru.clone() } else { f.en.clone() }).collect(),
        }
    };
    let links = (0..LINKS).map(link).collect();
    let title = if row.is_some() { "curator-passport-edit-title" } else { "curator-passport-new-title" };
    let page = visit.page(title);
    let path = page.at("indicators/passports");
    let own = row.as_ref().map(|row| format!("{path}/{}", row.id));
    Ok(FormPage {
        sections: sections(&page, "indicators/passports"),
        action: own.as_ref().map_or_else(|| format!("{path}/new"), |own| format!("{own}/edit")),
        back: own.unwrap_or(path),
        version: match form.text("version").parse() {
            Ok(version) => version,
            Err(_) => row.as_ref().map_or(0, |row| row.version),
        },
        up: form.text("direction") != "down",
        indicators,
        blocks,
        plan,
        links,
        findings,
        wrong,
        whole,
        form,
        page,
    })
}

pub(super) async fn empty(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let form = beginning(&visit);
    let shown = Shown { form, findings: Vec::new(), wrong: Wrong::default(), whole: String::new(), row: None };
    let template = page(&web, &visit, shown).await?;
    visit.html(&template)
}

/// Keeps a new draft. It may have faults: the form then shows them field by field.
pub(super) async fn create(State(web): State<Web>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let catalogue = catalogue::of(&web.app, &region).await?;
    let (passport, wrong) = read(&form, &catalogue, visit.lang());
    let mut whole = String::new();
    if wrong.is_empty() {
        match passports::create(&web.app, &region, &passport, &actor).await {
            Ok(row) => return after(&web, &visit, row).await,
            Err(error) => whole = said(error, visit.lang())?,
        }
    }
    let findings = passports::check(&web.app, &region, &passport).await?;
    let template = page(&web, &visit, Shown { form, findings, wrong, whole, row: None }).await?;
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
}

/// To the passport if nothing is wrong with it, else back to its form.
async fn after(web: &Web, visit: &Visit, row: PassportRow) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    let findings = passports::check(&web.app, region, &row.passport).await?;
    let path = format!("/regions/{region}/indicators/passports/{}", row.id);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Ok(visit.go_warned(&format!("{path}/edit"), "curator-passport-kept-with-faults"));
    }
    Ok(visit.go(&path, "curator-passport-kept"))
}

/// A draft of the visitor.
async fn own(web: &Web, visit: &Visit, id: &str) -> Result<PassportRow, Problem> {
    let row = passports::find(&web.app, visit.region_code()?, id_of("passport", id)?).await?;
    if row.author != visit.access()?.caller.name {
        return Err(Problem::forbidden(format!("the draft is {}'s: only its author writes it", row.author)));
    }
    Ok(row)
}

pub(super) async fn edit(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let row = own(&web, &visit, &id).await?;
    if row.state != PassportState::Draft {
        let path = format!("/regions/{}/indicators/passports/{}", visit.region_code()?, row.id);
        return Ok(visit.go_warned(&path, "curator-passport-fixed"));
    }
    let findings = passports::check(&web.app, visit.region_code()?, &row.passport).await?;
    let form = typed(&row.passport);
    let shown = Shown { form, findings, wrong: Wrong::default(), whole: String::new(), row: Some(row) };
    let template = page(&web, &visit, shown).await?;
    visit.html(&template)
}

/// Writes a draft again.
pub(super) async fn rewrite(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (region, actor) = (visit.region_code()?.clone(), visit.access()?.actor());
    let row = own(&web, &visit, &id).await?;
    let catalogue = catalogue::of(&web.app, &region).await?;
    let (passport, wrong) = read(&form, &catalogue, visit.lang());
    let mut whole = String::new();
    if wrong.is_empty() {
        let seen = form.text("version").parse().unwrap_or(row.version);
        match passports::rewrite(&web.app, &region, row.id, &passport, seen, &actor).await {
            Ok(row) => return after(&web, &visit, row).await,
            Err(AppError::InUse { .. }) => whole = visit.lang().t("curator-passport-fixed"),
            Err(error) => whole = said(error, visit.lang())?,
        }
    }
    let findings = passports::check(&web.app, &region, &passport).await?;
    let template = page(&web, &visit, Shown { form, findings, wrong, whole, row: Some(row) }).await?;
    visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_passport_says_comes_back_from_its_form() {
        let passport = Passport {
            indicator: "region:closed".into(),
            release: Digest::of(b""),
            title: "Доля закрытых".into(),
            basis: Basis { project: "Проект".into(), result: "Доля закрытых".into() },
            blocks: BTreeSet::from(["housing".to_owned(), "roads".to_owned()]),
            owner: "Центр".into(),
            years: (2026, 2027),
            plan: BTreeMap::from([(2026, 60.5), (2027, 70.0)]),
            justification: "Нужен".into(),
            deadline: "31.12.2027".into(),
            qualitative: "Дело снято с контроля".into(),
            quantitative: Quantity {
                text: "Отношение снятых к поступившим".into(),
                unit: "%".into(),
                base: 55.25,
                direction: Direction::Down,
                decimals: 2,
            },
            method: "По журналу событий".into(),
            links: vec![MandatoryLink {
                indicator: "on-time".into(),
                characteristics: "Повышает".into(),
                date: "31.12.2027".into(),
            }],
        };
        let (read, wrong) = read(&typed(&passport), &Catalogue::default(), Lang::Ru);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(read, passport);
    }

    #[test]
    fn what_is_no_number_is_told_and_lost_nowhere() {
        let form =
            Form::parse("from=2026&to=x&plan-year=2026&plan-value=%D0%BC%D0%BD%D0%BE%D0%B3%D0%BE&base=1".as_bytes());
        let (_, wrong) = read(&form, &Catalogue::default(), Lang::Ru);
        assert!(wrong.of("plan").contains("много") && !wrong.of("years").is_empty());
    }
}
