//! One's own plug-ins: what was uploaded, how its calls went, where it faulted, and a try on masked history.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::{TimeDelta, Utc};
use veche_domain::access::Action;
use veche_domain::code::Digest;

use crate::Web;
use crate::pages::admin::{DraftLine, FaultLine, ReleaseLine, bound, draft_lines, faults, texts};
use crate::pages::visit::{Page, Visit};
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

/// Days over which calls are counted.
const DAYS: i64 = 7;
/// Releases that are shown, newest first; each costs a count of its calls.
const SHOWN: usize = 30;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![guarded("GET", "/regions/{region}/plugins", Action::UploadRelease, get(show))]
}

struct Own {
    line: ReleaseLine,
    calls: i64,
    faults: i64,
    mean: String,
}

#[derive(Template)]
#[template(path = "developer/plugins.html")]
struct PluginsPage {
    page: Page,
    plugins: Vec<Own>,
    faults: Vec<FaultLine>,
    drafts: Vec<DraftLine>,
    may_read_appeals: bool,
}

async fn show(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let (region, me) = (visit.region_code()?, &visit.access()?.caller.name);
    let owners = web.app.store.plugin_owners(region).await?;
    let names: BTreeSet<String> = owners.into_iter().filter(|o| o.owner == *me).map(|o| o.plugin).collect();
    let rows = web.app.store.releases(region).await?;
    let own: Vec<_> = rows.into_iter().filter(|row| names.contains(row.plugin.as_str())).collect();
    let digests: BTreeSet<Digest> = own.iter().map(|row| row.digest).collect();
    let active = bound(&web, &visit).await?;
    let since = Utc::now() - TimeDelta::days(DAYS);
    let mut plugins = Vec::new();
    for row in own.iter().take(SHOWN) {
        let days = web.app.store.usage(region, &row.digest, since, TimeDelta::zero()).await?;
        let sum = |part: &dyn Fn(&veche_app::store::UsageDay) -> i64| days.iter().map(part).sum::<i64>();
        let calls = sum(&|day| day.calls);
        let mean = sum(&|day| day.duration_us).checked_div(calls);
        plugins.push(Own {
            line: ReleaseLine::of(&visit, row, &active),
            calls,
            faults: sum(&|day| day.faults),
            mean: mean.map_or_else(|| "–".to_owned(), |us| texts::micros(visit.lang(), us)),
        });
    }
    let faults = faults(&web, &visit, &|release| digests.contains(release)).await?;
    visit.html(&PluginsPage {
        page: visit.page("developer-title"),
        plugins,
        faults: faults.unwrap_or_default(),
        drafts: draft_lines(&web, &visit).await?,
        may_read_appeals: visit.may(Action::ReadAppeals).is_some(),
    })
}
