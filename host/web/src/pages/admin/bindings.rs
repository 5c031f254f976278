//! Enabling a plug-in in a draft: release, block, settings by its own schema, datasets, permissions, limits.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use uuid::Uuid;
use veche_app::drafts::{self, Edit};
use veche_app::sandbox::{Inspection, check_settings};
use veche_app::store::{DatasetRow, DraftRow, ReleaseRow};
use veche_app::{AppError, releases};
use veche_domain::access::Action;
use veche_domain::code::{BindingId, BlockCode, Digest};
use veche_domain::decision::{Kind, Permission};
use veche_domain::limits::{LimitKind, LimitsClass, LimitsRequest};
use veche_domain::ruleset::{Binding, FailurePolicy};

use super::drafts::seen;
use super::schema::{self, Faults, Item, Typed};
use super::{digest_of, id_of, texts};
use crate::Web;
use crate::pages::form::{Form, Wrong};
use crate::pages::visit::{Page, Visit};
use crate::pages::words::Names;
use crate::pages::{PageRoute, guarded};
use crate::problem::Problem;

/// Limits that the form offers; others of the binding stay as they are.
const OFFERED: [LimitKind; 3] = [LimitKind::Fuel, LimitKind::Wall, LimitKind::Memory];

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET POST", "/regions/{region}/drafts/{id}/new-binding", Action::DraftRules, get(choose).post(add)),
        guarded(
            "GET POST",
            "/regions/{region}/drafts/{id}/bindings/{binding}",
            Action::DraftRules,
            get(edit).post(save),
        ),
    ]
}

/// A release that can be enabled, as one of its kinds.
struct Offer {
    digest: Digest,
    plugin: String,
    version: String,
    title: String,
    summary: String,
    kind: Kind,
    kind_name: String,
    signed: bool,
    newest: bool,
}

#[derive(Template)]
#[template(path = "admin/binding_choose.html")]
struct ChoosePage {
    page: Page,
    draft: DraftRow,
    block: String,
    block_name: String,
    offers: Vec<Offer>,
}

/// A version of a dataset that can be bound.
type Version = (String, String, bool);

struct DatasetField {
    name: String,
    hint: String,
    required: bool,
    versions: Vec<Version>,
    wrong: String,
}

struct GrantField {
    code: &'static str,
    words: String,
    set: bool,
    /// Whether it opens applicants' data.
    sensitive: bool,
    optional: bool,
}

struct LimitField {
    code: &'static str,
    name: String,
    unit: &'static str,
    value: String,
    wrong: String,
}

#[derive(Template)]
#[template(path = "admin/binding.html")]
struct BindingPage {
    page: Page,
    draft: DraftRow,
    is_new: bool,
    action: String,
    id: String,
    kind: Kind,
    kind_name: String,
    release: Digest,
    plugin: String,
    version: String,
    summary: String,
    /// Versions of the plug-in to change to: digest, name, whether it is this.
    versions: Vec<Version>,
    blocks: Vec<Version>,
    items: Vec<Item>,
    datasets: Vec<DatasetField>,
    grants: Vec<GrantField>,
    holds: bool,
    classes: Vec<Version>,
    limits: Vec<LimitField>,
    wrong: Wrong,
    faults: Vec<String>,
}

/// What is being filled in.
struct Filling {
    draft: DraftRow,
    row: ReleaseRow,
    inspection: Inspection,
    is_new: bool,
    id: String,
    kind: Kind,
    block: String,
    typed: Typed,
    datasets: BTreeMap<String, String>,
    grants: Vec<Permission>,
    holds: bool,
    class: LimitsClass,
    overrides: BTreeMap<LimitKind, String>,
    /// Limits that the form does not offer.
    kept: BTreeMap<LimitKind, u64>,
}

async fn inspected(web: &Web, visit: &Visit, release: &Digest) -> Result<(ReleaseRow, Inspection), Problem> {
    let row = releases::find(&web.app, visit.region_code()?, release).await?;
    let inspection = serde_json::from_value(row.inspection.clone())
        .map_err(|e| AppError::Stored { what: format!("release {release}"), reason: e.to_string() })?;
    Ok((row, inspection))
}

async fn draft_of(web: &Web, visit: &Visit, id: &str) -> Result<DraftRow, Problem> {
    Ok(drafts::find(&web.app, visit.region_code()?, id_of(id, "draft")?).await?)
}

async fn choose(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let draft = draft_of(&web, &visit, &id).await?;
    if let (Some(release), Some(kind)) = (query.given("release"), query.given("kind")) {
        let (row, inspection) = inspected(&web, &visit, &digest_of(&release, "release")?).await?;
        let kind = Kind::from_code(&kind).filter(|kind| inspection.kinds.contains(kind));
        let kind =
            kind.ok_or_else(|| Problem::unknown("the release does nothing of this kind: choose it from the list"))?;
        let filling = new_filling(&web, &visit, draft, row, inspection, kind, query.text("block")).await?;
        return visit.html(&page(&web, &visit, filling, &Faults::new(), Wrong::default()).await?);
    }
    let lang = visit.lang();
    let mut offers = Vec::new();
    let mut known = std::collections::HashSet::new();
    for row in web.app.store.releases(visit.region_code()?).await?.into_iter().filter(|row| row.yanked.is_none()) {
        let Ok(inspection) = serde_json::from_value::<Inspection>(row.inspection.clone()) else { continue };
        let newest = known.insert(row.plugin.clone());
        offers.extend(inspection.kinds.iter().map(|kind| Offer {
            digest: row.digest,
            plugin: row.plugin.to_string(),
            version: row.version.clone(),
            title: texts::localized(lang, &inspection.title),
            summary: texts::localized(lang, &inspection.summary),
            kind: *kind,
            kind_name: texts::kind(lang, *kind),
            signed: row.signed_by.is_some(),
            newest,
        }));
    }
    offers.sort_by(|a, b| (a.kind, &a.plugin).cmp(&(b.kind, &b.plugin)));
    let dictionaries = web.app.rules.dictionaries(&draft.ruleset.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let block = query.text("block");
    let block_name = BlockCode::new(&block).map_or_else(|_| lang.t("admin-whole-region"), |code| names.block(&code));
    visit.html(&ChoosePage { page: visit.page("admin-bind-choose"), draft, block, block_name, offers })
}

/// A free id: the plug-in's name, with the block or a number where it is taken.
fn free_id(draft: &DraftRow, plugin: &str, block: &str) -> String {
    let taken = |id: &str| draft.ruleset.bindings.iter().any(|b| b.id.as_str() == id);
    let first = if block.is_empty() { plugin.to_owned() } else { format!("{block}-{plugin}") };
    let numbered = (2..).map(|n| format!("{first}-{n}"));
    std::iter::once(first.clone()).chain(numbered).find(|id| !taken(id)).unwrap_or(first)
}

async fn new_filling(
    web: &Web,
    visit: &Visit,
    draft: DraftRow,
    row: ReleaseRow,
    inspection: Inspection,
    kind: Kind,
    block: String,
) -> Result<Filling, Problem> {
    // The newest version of each dataset of the name that the plug-in asks for.
    let all = web.app.store.datasets(visit.region_code()?).await?;
    let newest = |name: &str| all.iter().find(|row| row.name == name).map(|row| row.digest.to_string());
    let datasets =
        inspection.datasets.iter().filter_map(|need| Some((need.name.clone(), newest(&need.name)?))).collect();
    Ok(Filling {
        id: free_id(&draft, row.plugin.as_str(), &block),
        typed: Typed::of(&inspection.settings_schema, &serde_json::json!({})),
        datasets,
        // Each permission is granted by hand.
        grants: Vec::new(),
        holds: false,
        class: LimitsClass::default(),
        overrides: BTreeMap::new(),
        kept: BTreeMap::new(),
        is_new: true,
        draft,
        row,
        inspection,
        kind,
        block,
    })
}

fn filling_of(draft: DraftRow, row: ReleaseRow, inspection: Inspection, binding: &Binding) -> Filling {
    let (offered, kept): (BTreeMap<_, _>, BTreeMap<_, _>) = binding
        .limits
        .overrides
        .iter()
        .map(|(kind, value)| (*kind, *value))
        .partition(|(kind, _)| OFFERED.contains(kind));
    Filling {
        is_new: false,
        id: binding.id.to_string(),
        kind: binding.kind,
        block: binding.block.as_ref().map(ToString::to_string).unwrap_or_default(),
        typed: Typed::of(&inspection.settings_schema, &binding.settings),
        datasets: binding.datasets.iter().map(|(name, digest)| (name.clone(), digest.to_string())).collect(),
        grants: binding.grants.iter().copied().collect(),
        holds: binding.on_failure == FailurePolicy::Hold,
        class: binding.limits.class,
        overrides: offered.into_iter().map(|(kind, value)| (kind, value.to_string())).collect(),
        kept,
        draft,
        row,
        inspection,
    }
}

/// Dataset versions of the shape that a plug-in wants, those of the wanted name first.
fn versions(
    page: &Page,
    visit: &Visit,
    all: &[DatasetRow],
    need: &veche_app::sandbox::DatasetNeed,
    chosen: &str,
) -> Vec<Version> {
    let mut fitting: Vec<&DatasetRow> = all.iter().filter(|row| row.shape == need.shape).collect();
    fitting.sort_by_key(|row| row.name != need.name);
    let said = |row: &&DatasetRow| {
        let digest = row.digest.to_string();
        let rows = crate::pages::format::number(row.rows, visit.lang());
        let label = format!("{} · {} · {} · {rows}", row.name, page.moment(&row.created_at), row.digest.short());
        let is_chosen = digest == chosen;
        (digest, label, is_chosen)
    };
    fitting.iter().map(said).collect()
}

fn binding_class(class: LimitsClass, chosen: LimitsClass, visit: &Visit) -> Version {
    let key = format!("admin-class-{}", class.as_str());
    (class.as_str().to_owned(), visit.lang().t(&key), class == chosen)
}

fn grant_fields(visit: &Visit, filling: &Filling) -> Vec<GrantField> {
    let mut asked: Vec<(Permission, bool)> = filling.inspection.permissions.iter().map(|p| (*p, false)).collect();
    // Rows bring applicants' data to an exporter: there the grant itself decides.
    if filling.kind == Kind::Exporter && !filling.inspection.permissions.contains(&Permission::Applicant) {
        asked.push((Permission::Applicant, true));
    }
    let field = |(permission, optional): (Permission, bool)| GrantField {
        code: permission.as_str(),
        words: texts::permission(visit.lang(), permission),
        set: filling.grants.contains(&permission),
        sensitive: permission == Permission::Applicant,
        optional,
    };
    asked.into_iter().map(field).collect()
}

async fn page(
    web: &Web,
    visit: &Visit,
    filling: Filling,
    faults: &Faults,
    wrong: Wrong,
) -> Result<BindingPage, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let title = if filling.is_new { "admin-bind-new" } else { "admin-bind-edit" };
    let shown = visit.page_titled(lang.with(title, &[("name", filling.id.clone().into())]));
    let all = web.app.store.datasets(region).await?;
    let dataset = |need: &veche_app::sandbox::DatasetNeed| DatasetField {
        name: need.name.clone(),
        hint: texts::localized(lang, &need.description),
        required: need.required,
        versions: versions(&shown, visit, &all, need, filling.datasets.get(&need.name).map_or("", String::as_str)),
        wrong: faults.get(&format!("dataset {}", need.name)).cloned().unwrap_or_default(),
    };
    let datasets = filling.inspection.datasets.iter().map(dataset).collect();
    let dictionaries = web.app.rules.dictionaries(&filling.draft.ruleset.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let mut blocks = vec![(String::new(), lang.t("admin-whole-region"), filling.block.is_empty())];
    blocks.extend(names.blocks().into_iter().map(|(code, name)| {
        let chosen = code == filling.block;
        (code, name, chosen)
    }));
    let same = web.app.store.releases(region).await?.into_iter().filter(|row| row.plugin == filling.row.plugin);
    let own_version = same.filter(|row| row.yanked.is_none() || row.digest == filling.row.digest).map(|row| {
        let is_this = row.digest == filling.row.digest;
        (row.digest.to_string(), format!("{} · {}", row.version, row.digest.short()), is_this)
    });
    let limit = |kind: &LimitKind| LimitField {
        code: kind.as_str(),
        name: texts::limit(lang, *kind),
        unit: kind.unit(),
        value: filling.overrides.get(kind).cloned().unwrap_or_default(),
        wrong: faults.get(&format!("limit {kind}")).cloned().unwrap_or_default(),
    };
    let listed = |(pointer, fault): (&String, &String)| {
        let field = pointer.trim_start_matches('/').replace('/', " → ");
        if field.is_empty() { fault.clone() } else { format!("{field}: {fault}") }
    };
    let own = if filling.is_new { "new-binding".to_owned() } else { format!("bindings/{}", filling.id) };
    Ok(BindingPage {
        action: shown.at(&format!("drafts/{}/{own}", filling.draft.id)),
        versions: own_version.collect(),
        kind_name: texts::kind(lang, filling.kind),
        release: filling.row.digest,
        plugin: filling.row.plugin.to_string(),
        version: filling.row.version.clone(),
        summary: texts::localized(lang, &filling.inspection.summary),
        items: filling.typed.items(&filling.inspection.settings_schema, faults, lang),
        grants: grant_fields(visit, &filling),
        classes: LimitsClass::ALL.iter().map(|class| binding_class(*class, filling.class, visit)).collect(),
        limits: OFFERED.iter().map(limit).collect(),
        faults: faults.iter().map(listed).collect(),
        page: shown,
        is_new: filling.is_new,
        id: filling.id,
        kind: filling.kind,
        holds: filling.holds,
        draft: filling.draft,
        datasets,
        blocks,
        wrong,
    })
}

fn binding_of<'d>(draft: &'d DraftRow, id: &str) -> Result<&'d Binding, Problem> {
    let unknown = || AppError::Unknown { what: "binding", code: id.chars().take(80).collect() };
    Ok(draft.ruleset.bindings.iter().find(|b| b.id.as_str() == id).ok_or_else(unknown)?)
}

async fn edit(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id, binding)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let draft = draft_of(&web, &visit, &id).await?;
    let binding = binding_of(&draft, &binding)?.clone();
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let release = match query.given("release") {
        Some(text) => digest_of(&text, "release")?,
        None => binding.release,
    };
    let (row, inspection) = inspected(&web, &visit, &release).await?;
    let filling = filling_of(draft, row, inspection, &binding);
    visit.html(&page(&web, &visit, filling, &Faults::new(), Wrong::default()).await?)
}

/// What was sent, as something to fill in on.
async fn sent(
    web: &Web,
    visit: &Visit,
    draft: DraftRow,
    form: &Form,
    old: Option<&Binding>,
) -> Result<Filling, Problem> {
    let (row, inspection) = inspected(web, visit, &digest_of(&form.text("release"), "release")?).await?;
    let wanted = old.map_or_else(|| Kind::from_code(&form.text("kind")), |binding| Some(binding.kind));
    let kind = wanted.filter(|kind| inspection.kinds.contains(kind));
    let kind =
        kind.ok_or_else(|| Problem::invalid("`kind`: this release does nothing of this kind; choose another version"))?;
    let typed_limit = |kind: &LimitKind| Some((*kind, form.given(&format!("limit-{kind}"))?));
    let dataset = |need: &veche_app::sandbox::DatasetNeed| {
        Some((need.name.clone(), form.given(&format!("dataset-{}", need.name))?))
    };
    let class = form.text("class");
    Ok(Filling {
        is_new: old.is_none(),
        id: old.map_or_else(|| form.text("id"), |binding| binding.id.to_string()),
        block: form.text("block"),
        typed: Typed::of_form(form),
        datasets: inspection.datasets.iter().filter_map(dataset).collect(),
        grants: form.all("grants").filter_map(Permission::from_code).collect(),
        holds: form.text("on_failure") == "hold",
        class: LimitsClass::ALL.iter().copied().find(|known| known.as_str() == class).unwrap_or_default(),
        overrides: OFFERED.iter().filter_map(typed_limit).collect(),
        kept: old.map(|binding| binding.limits.overrides.clone()).unwrap_or_default(),
        draft,
        row,
        inspection,
        kind,
    })
}

/// The binding that was filled in; what is wrong by pointer and by field.
fn read(web: &Web, visit: &Visit, filling: &Filling) -> Result<Binding, (Faults, Wrong)> {
    let lang = visit.lang();
    let (mut faults, mut wrong) = (Faults::new(), Wrong::default());
    let id = BindingId::new(&filling.id);
    if id.is_err() {
        wrong.note("id", lang.t("admin-bind-id-wrong"));
    }
    let taken = filling.is_new && filling.draft.ruleset.bindings.iter().any(|b| b.id.as_str() == filling.id);
    if taken {
        wrong.note("id", lang.t("admin-bind-id-taken"));
    }
    let block = Some(&filling.block).filter(|block| !block.is_empty()).map(|block| BlockCode::new(block));
    let settings = filling.typed.read(&filling.inspection.settings_schema, lang).unwrap_or_else(|found| {
        faults.extend(found);
        serde_json::Value::Null
    });
    if faults.is_empty()
        && let Err(error) = check_settings(&filling.inspection.settings_schema, &settings)
    {
        faults.extend(schema::faults_of(&error).unwrap_or_else(|| [(String::new(), error.to_string())].into()));
    }
    let mut datasets = BTreeMap::new();
    for need in &filling.inspection.datasets {
        match filling.datasets.get(&need.name).map(|text| text.parse::<Digest>()) {
            Some(Ok(digest)) => {
                datasets.insert(need.name.clone(), digest);
            }
            Some(Err(_)) => {
                faults.insert(format!("dataset {}", need.name), lang.t("admin-schema-choose"));
            }
            None if need.required => {
                faults.insert(format!("dataset {}", need.name), lang.t("admin-dataset-needed"));
            }
            None => {}
        }
    }
    let mut limits = LimitsRequest { class: filling.class, overrides: filling.kept.clone() };
    limits.overrides.retain(|kind, _| !OFFERED.contains(kind));
    for (kind, text) in &filling.overrides {
        match text.replace(|c: char| c.is_whitespace(), "").parse::<u64>() {
            Ok(value) => {
                limits.overrides.insert(*kind, value);
            }
            Err(_) => {
                faults.insert(format!("limit {kind}"), lang.t("admin-schema-not-whole"));
            }
        }
    }
    let ceiling = web.app.rules.engine().ceiling();
    if let Err(veche_domain::limits::LimitRefused::Ceiling { kind, ceiling, .. }) = limits.resolve(ceiling) {
        let most = texts::amount(lang, kind, ceiling);
        faults.insert(format!("limit {kind}"), lang.with("admin-limit-ceiling", &[("most", most.into())]));
    }
    let (Ok(id), true, true) = (id, faults.is_empty(), wrong.is_empty()) else { return Err((faults, wrong)) };
    Ok(Binding {
        id,
        kind: filling.kind,
        block: block.and_then(Result::ok),
        release: filling.row.digest,
        settings,
        datasets,
        on_failure: if filling.holds { FailurePolicy::Hold } else { FailurePolicy::Next },
        grants: filling.grants.iter().copied().collect(),
        limits,
    })
}

async fn put(web: &Web, visit: &Visit, id: &str, form: &Form, binding: Option<&str>) -> Result<Response, Problem> {
    let draft = draft_of(web, visit, id).await?;
    let old = binding.map(|binding| binding_of(&draft, binding).cloned()).transpose()?;
    let mut filling = sent(web, visit, draft, form, old.as_ref()).await?;
    // A button of a list: the form comes back longer or shorter, and nothing is saved.
    if let Some(list) = form.given("add") {
        filling.typed.add(&list);
        return visit.html(&page(web, visit, filling, &Faults::new(), Wrong::default()).await?);
    }
    if let Some(item) = form.given("remove") {
        filling.typed.remove(&item);
        return visit.html(&page(web, visit, filling, &Faults::new(), Wrong::default()).await?);
    }
    let binding = match read(web, visit, &filling) {
        Ok(binding) => binding,
        Err((faults, wrong)) => {
            let page = page(web, visit, filling, &faults, wrong).await?;
            return visit.html_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let draft: Uuid = filling.draft.id;
    let (region, actor) = (visit.region_code()?, visit.access()?.actor());
    drafts::edit(&web.app, region, draft, seen(form)?, Edit::Bind(Box::new(binding)), &actor).await?;
    Ok(visit.go(&format!("/regions/{region}/drafts/{draft}"), "admin-bound"))
}

async fn add(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    put(&web, &visit, &id, &form, None).await
}

async fn save(
    State(web): State<Web>,
    visit: Visit,
    Path((_, id, binding)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    put(&web, &visit, &id, &form, Some(&binding)).await
}
