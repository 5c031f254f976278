//! Asks indicator plug-ins, and checks what they say.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use veche_domain::code::{BindingId, Digest, RegionCode};
use veche_domain::decision::Kind;
use veche_domain::dictionary::Dictionaries;
use veche_domain::indicator::{Answer, Definition, Measurement, Period, check_answers, check_definitions};
use veche_sandbox::{Measuring, Report};
use veche_store::Categories;

use crate::App;
use crate::error::AppError;
use crate::rules::Rules;

use super::span;

type Defined = (BindingId, Digest, Result<Vec<Definition>, String>);

/// Definitions of every indicator binding of some rules, checked.
pub(super) async fn definitions(app: &App, rules: &Arc<Rules>) -> Result<Vec<Defined>, AppError> {
    if rules.bound(Kind::Indicators, None).next().is_none() {
        return Ok(Vec::new());
    }
    let rules = rules.clone();
    let defined = app.threads.run(move || {
        let asked = rules.bound(Kind::Indicators, None);
        asked.map(|b| (b.binding.id.clone(), b.plugin.release, checked(b.plugin.definitions()))).collect()
    });
    Ok(defined.await?)
}

/// Definitions as the core takes them.
pub(super) fn checked(report: Report<Vec<Definition>>) -> Result<Vec<Definition>, String> {
    let definitions = report.result.map_err(|fault| fault.to_string())?;
    check_definitions(&definitions).map_err(|fault| fault.to_string())?;
    Ok(definitions)
}

/// What a measurement is made over.
pub(super) struct Scope<'a> {
    pub(super) region: &'a RegionCode,
    pub(super) period: Period,
    pub(super) cut_off: DateTime<Utc>,
    pub(super) dictionaries: &'a Arc<Dictionaries>,
    pub(super) categories: &'a Categories,
}

/// Measures one indicator by `ask`, which runs on a sandbox thread and knows the plug-in; the measurements, or what went
/// wrong in it.
pub(super) async fn measure(
    app: &App,
    scope: &Scope<'_>,
    definition: &Definition,
    ask: impl FnOnce(&Measuring<'_>) -> Option<Report<Vec<Answer>>> + Send + 'static,
) -> Result<Result<Vec<Measurement>, String>, AppError> {
    let span = span(scope.region, &scope.period, scope.dictionaries, scope.cut_off);
    let facts = Arc::new(app.store.facts(&span, &definition.facts(), scope.categories).await?);
    let (rows, started) = (facts.rows, std::time::Instant::now());
    let (code, period, cut_off) = (definition.code.clone(), scope.period, scope.cut_off);
    let report = app.threads.run(move || ask(&Measuring { indicator: &code, period, cut_off, facts }));
    let Some(report) = report.await? else { return Ok(Err("its binding is gone".into())) };
    tracing::debug!(
        indicator = %definition.code, period = %period.label(), facts.rows = rows, fuel.used = report.fuel,
        call.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        outcome = report.result.as_ref().map_or("fault", |_| "ok"), "indicator measured"
    );
    Ok(match report.result {
        Ok(answers) => {
            check_answers(definition, answers, scope.dictionaries).map_err(|fault| format!("it was refused: {fault}"))
        }
        Err(fault) => Err(fault.to_string()),
    })
}
