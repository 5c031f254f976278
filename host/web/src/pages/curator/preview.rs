//! The beginning of an exported file. Looking at it is fetching it: the log says so.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use veche_app::exports::files;
use veche_app::exports::formats;
use veche_app::exports::preview::{self, Preview};

use super::exports::{Job, find, job, may_read_personal};
use crate::Web;
use crate::pages::visit::{Page, Visit};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "curator/preview.html")]
struct PreviewPage {
    page: Page,
    job: Job,
    sheet: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    text: String,
    more: bool,
    nothing: bool,
}

pub(super) async fn show(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let found = find(&web, &visit, &id).await?;
    let access = visit.access()?;
    if found.personal && !may_read_personal(&visit, access.scope()) {
        return Err(Problem::forbidden("the file holds applicants' data: `read_personal_data` is needed for it"));
    }
    files::check(&found)?;
    files::log(&web.app, &found, &access.actor()).await?;
    let seen = preview::of(&web.app, &found).await?;
    let exporters = formats::of(&web.app, visit.region_code()?).await?;
    let page = visit.page("curator-preview-title");
    let mut template = PreviewPage {
        job: job(&visit, &page, &exporters, &found),
        page,
        sheet: String::new(),
        head: Vec::new(),
        rows: Vec::new(),
        text: String::new(),
        more: false,
        nothing: false,
    };
    match seen {
        Preview::Table { sheet, mut rows, more } => {
            let wide = rows.iter().map(Vec::len).max().unwrap_or(0);
            for row in &mut rows {
                row.resize(wide, String::new());
            }
            template.sheet = sheet.unwrap_or_default();
            if !rows.is_empty() {
                template.head = rows.remove(0);
            }
            (template.rows, template.more) = (rows, more);
        }
        Preview::Text { text, more } => (template.text, template.more) = (text, more),
        Preview::None => template.nothing = true,
    }
    visit.html(&template)
}
