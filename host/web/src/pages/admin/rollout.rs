//! A draft goes out: shadow, a share of the appeals, active; and how it does beside the active ruleset.

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use veche_app::AppError;
use veche_app::rollout::{self, Comparison, Out};
use veche_domain::access::Action;
use veche_domain::decision::State as Standing;
use veche_domain::lifecycle::{Guard, Stage, percent};

use super::drafts::{answer, seen};
use super::{id_of, texts};
use crate::Web;
use crate::pages::form::Form;
use crate::pages::format;
use crate::pages::messages::Lang;
use crate::pages::visit::Visit;
use crate::pages::words::Names;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

/// Differences of the shadow that are shown.
const DIFFERENCES: i64 = 20;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("POST", "/regions/{region}/drafts/{id}/shadow", Action::ActivateRules, post(shadow)),
        guarded("POST", "/regions/{region}/drafts/{id}/canary", Action::ActivateRules, post(canary)),
        guarded("POST", "/regions/{region}/drafts/{id}/withdraw", Action::RollBackRules, post(withdraw)),
        guarded("POST", "/regions/{region}/drafts/{id}/activate", Action::ActivateRules, post(activate)),
    ]
}

/// A row of the comparison.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) active: String,
    pub(super) out: String,
}

/// A question on which the shadow says otherwise.
pub(super) struct Difference {
    pub(super) appeal: String,
    pub(super) category: String,
    pub(super) body: String,
    pub(super) fault: String,
    pub(super) at: DateTime<Utc>,
}

/// What is out, beside what is active.
pub(super) struct ComparisonView {
    pub(super) draft: Uuid,
    pub(super) is_shadow: bool,
    pub(super) percent: i64,
    pub(super) since: DateTime<Utc>,
    pub(super) by: String,
    pub(super) rows: Vec<Row>,
    pub(super) questions: u64,
    pub(super) dropped: u64,
    pub(super) breach: bool,
    pub(super) guard: String,
    pub(super) differences: Vec<Difference>,
    pub(super) may_withdraw: bool,
}

#[allow(clippy::cast_precision_loss)] // Counts are far below 2^52.
fn share(lang: Lang, part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = format::percent(part as f64 / whole as f64, lang);
    let of = [("part", texts::number(lang, part).into()), ("whole", texts::number(lang, whole).into())];
    format!("{percent} {}", lang.with("admin-of", &of))
}

fn rows(lang: Lang, compared: &Comparison) -> Vec<Row> {
    let count = |n: u64| texts::number(lang, n);
    let row = |key: &str, active: String, out: String| Row { name: lang.t(key), active, out };
    let (active, shadow) = (&compared.active, &compared.shadow);
    let mut rows = Vec::new();
    if compared.rollout.stage == Stage::Shadow {
        let same = |n: u64| share(lang, n, shadow.questions);
        rows.push(row("admin-compare-questions", count(active.questions), count(shadow.questions)));
        rows.push(row("admin-compare-same-category", "–".into(), same(shadow.same_category)));
        rows.push(row("admin-compare-same-body", "–".into(), same(shadow.same_body)));
        rows.push(row("admin-compare-same-priority", "–".into(), same(shadow.same_priority)));
        rows.push(row("admin-compare-same-clocks", "–".into(), same(shadow.same_clocks)));
        rows.push(row("admin-compare-manual", share(lang, active.manual, active.questions), same(shadow.manual)));
        let faults = share(lang, shadow.faults, shadow.calls);
        rows.push(row("admin-compare-faults", share(lang, active.faults, active.calls), faults));
    } else {
        let canary = &compared.canary;
        rows.push(row("admin-compare-questions", count(active.questions), count(canary.questions)));
        let manual = |t: &veche_domain::lifecycle::Tally| share(lang, t.manual, t.questions);
        rows.push(row("admin-compare-manual", manual(active), manual(canary)));
        let redirected = |t: &veche_domain::lifecycle::Tally| share(lang, t.redirected, t.questions);
        rows.push(row("admin-compare-redirected", redirected(active), redirected(canary)));
        let faults = |t: &veche_domain::lifecycle::Tally| share(lang, t.faults, t.calls);
        rows.push(row("admin-compare-faults", faults(active), faults(canary)));
    }
    rows
}

/// What is out in the region, compared; none if nothing is.
pub(super) async fn comparison(web: &Web, visit: &Visit) -> Result<Option<ComparisonView>, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let Some(compared) = rollout::compare(&web.app, region).await? else { return Ok(None) };
    let out = &compared.rollout;
    let dictionaries = web.app.rules.dictionaries(&visit.region()?.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let is_shadow = out.stage == Stage::Shadow;
    let differing =
        if is_shadow { web.app.store.shadow_differences(region, out.ruleset, DIFFERENCES).await? } else { Vec::new() };
    let differences = differing.into_iter().map(|d| {
        let nothing = || crate::pages::words::state(lang, Standing::NeedsPerson);
        let fault = d.decisions.iter().find(|decision| decision.outcome.is_fault());
        Difference {
            appeal: d.appeal.0.to_string(),
            category: d.verdict.category.as_ref().map_or_else(nothing, |c| names.category(c.as_str())),
            body: d.verdict.body.as_ref().map_or_else(nothing, |b| names.body(b.as_str())),
            fault: fault.map(|f| format!("{}: {}", f.binding, texts::outcome(lang, f.outcome))).unwrap_or_default(),
            at: d.at,
        }
    });
    let guard = out.guard;
    let said = [
        ("sample", texts::number(lang, guard.min_sample).into()),
        ("faults", format::percent(guard.max_extra_faults, lang).into()),
        ("redirects", format::percent(guard.max_extra_redirects, lang).into()),
    ];
    Ok(Some(ComparisonView {
        draft: out.draft,
        is_shadow,
        percent: i64::from(out.percent),
        since: out.started_at,
        by: texts::actor(lang, out.started_by.as_deref()),
        rows: rows(lang, &compared),
        questions: if is_shadow { compared.shadow.questions } else { compared.canary.questions },
        dropped: out.dropped,
        breach: compared.breach.is_some(),
        guard: lang.with("admin-guard-said", &said),
        differences: differences.collect(),
        may_withdraw: visit.may(Action::RollBackRules).is_some(),
    }))
}

/// A share of one that was typed as percent.
fn typed_share(form: &Form, field: &str, default: f64) -> f64 {
    let text = form.text(field).replace(',', ".");
    if text.is_empty() { default } else { text.parse::<f64>().map_or(f64::NAN, |percent| percent / 100.0) }
}

async fn shadow(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id = id_of(&id, "draft")?;
    let actor = visit.access()?.actor();
    let begun = rollout::begin(&web.app, visit.region_code()?, id, seen(&form)?, Out::Shadow, &actor).await;
    answer(&web, &visit, id, begun.map(|_| ()), "admin-shadow-begun").await
}

async fn canary(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id = id_of(&id, "draft")?;
    let default = Guard::default();
    let guard = Guard {
        min_sample: form.given("sample").map_or(default.min_sample, |text| text.parse().unwrap_or(0)),
        max_extra_faults: typed_share(&form, "faults", default.max_extra_faults),
        max_extra_redirects: typed_share(&form, "redirects", default.max_extra_redirects),
    };
    let begun = match percent(form.text("percent").parse().unwrap_or(0)) {
        Ok(percent) => {
            let out = Out::Canary { percent, guard };
            rollout::begin(&web.app, visit.region_code()?, id, seen(&form)?, out, &visit.access()?.actor()).await
        }
        Err(error) => Err(AppError::from(error)),
    };
    answer(&web, &visit, id, begun.map(|_| ()), "admin-canary-begun").await
}

async fn withdraw(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let id = id_of(&id, "draft")?;
    let done = rollout::withdraw(&web.app, visit.region_code()?, id, seen(&form)?, &visit.access()?.actor()).await;
    answer(&web, &visit, id, done, "admin-withdrawn").await
}

async fn activate(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (region, id) = (visit.region_code()?, id_of(&id, "draft")?);
    match rollout::activate(&web.app, region, id, seen(&form)?, &visit.access()?.actor()).await {
        Ok(_) => Ok(visit.go(&format!("/regions/{region}/rules"), "admin-activated")),
        Err(error) => answer(&web, &visit, id, Err(error), "admin-activated").await,
    }
}
