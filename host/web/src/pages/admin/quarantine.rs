//! Bindings that kept faulting: where they are left out, until when, and back by hand.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use veche_app::AppError;
use veche_app::store::StoreError;
use veche_domain::access::Action;
use veche_domain::code::{BlockCode, Digest};
use veche_domain::quarantine::Cause;

use super::texts;
use crate::Web;
use crate::pages::form::Form;
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/regions/{region}/quarantine", Action::ReadRules, get(show)),
        guarded("POST", "/regions/{region}/quarantine/{binding}", Action::ReleaseQuarantined, post(release)),
    ]
}

struct Out {
    binding: String,
    release: Digest,
    plugin: String,
    block: String,
    block_name: String,
    cause: String,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    due: bool,
}

struct Happening {
    binding: String,
    block: String,
    what: String,
    by: String,
    at: DateTime<Utc>,
}

#[derive(Template)]
#[template(path = "admin/quarantine.html")]
struct QuarantinePage {
    page: Page,
    out: Vec<Out>,
    happenings: Vec<Happening>,
    may_release: bool,
}

async fn show(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    let (lang, region) = (visit.lang(), visit.region()?);
    let code = &region.region.code;
    let (quarantined, events) = web.app.rules.watch().list(code).await?;
    let dictionaries = web.app.rules.dictionaries(&region.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let releases = web.app.store.releases(code).await?;
    let block_name =
        |block: Option<&BlockCode>| block.map_or_else(|| lang.t("admin-whole-region"), |block| names.block(block));
    let now = Utc::now();
    let out = quarantined.into_iter().map(|q| {
        let cause = match q.cause {
            Cause::InRow { faults } => lang.with("admin-cause-in-row", &[("count", i64::from(faults).into())]),
            Cause::Rate { faults, calls } => lang
                .with("admin-cause-rate", &[("faults", i64::from(faults).into()), ("calls", i64::from(calls).into())]),
        };
        let row = releases.iter().find(|row| row.digest == q.place.release);
        Out {
            binding: q.place.binding.to_string(),
            plugin: row.map_or_else(|| q.place.release.short(), |row| format!("{} {}", row.plugin, row.version)),
            release: q.place.release,
            block: q.place.block.as_ref().map(ToString::to_string).unwrap_or_default(),
            block_name: block_name(q.place.block.as_ref()),
            cause,
            since: q.since,
            until: q.until,
            due: q.until <= now,
        }
    });
    let happenings = events.into_iter().map(|event| {
        let block = event.block.as_deref().and_then(|code| BlockCode::new(code).ok());
        Happening {
            block: block_name(block.as_ref()),
            what: texts::quarantine(lang, &event.kind),
            by: texts::actor(lang, event.actor.as_deref()),
            at: event.at,
            binding: event.binding,
        }
    });
    visit.html(&QuarantinePage {
        page: visit.page("admin-quarantine-title"),
        out: out.collect(),
        happenings: happenings.collect(),
        may_release: visit.may(Action::ReleaseQuarantined).is_some(),
    })
}

async fn release(
    State(web): State<Web>,
    visit: Visit,
    Path((_, binding)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let region = visit.region_code()?;
    let path = format!("/regions/{region}/quarantine");
    let block = form.given("block");
    let actor = visit.access()?.actor();
    match web.app.rules.watch().release(region, &binding, block.as_deref(), &actor).await {
        Ok(_) => Ok(visit.go(&path, "admin-quarantine-released")),
        // It came back by itself while the page was open.
        Err(AppError::Unknown { .. } | AppError::Store(StoreError::NotFound { .. })) => {
            Ok(visit.go_warned(&path, "admin-quarantine-gone"))
        }
        Err(error) => Err(error.into()),
    }
}
