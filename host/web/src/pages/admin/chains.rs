//! A ruleset by block: which plug-ins are asked in which order, with what they are given.

use std::collections::{BTreeSet, HashMap};

use veche_app::store::ReleaseRow;
use veche_domain::code::{BlockCode, Digest};
use veche_domain::decision::{Kind, Permission};
use veche_domain::ruleset::{Binding, FailurePolicy, Ruleset};

use super::texts;
use crate::Web;
use crate::pages::messages::Lang;
use crate::pages::visit::Visit;
use crate::pages::words::Names;
use crate::problem::Problem;

/// A binding in its place.
pub(super) struct Link {
    pub(super) id: String,
    pub(super) release: Digest,
    pub(super) plugin: String,
    pub(super) version: String,
    pub(super) datasets: Vec<String>,
    /// Whether a fault sends the question to a person.
    pub(super) holds: bool,
    pub(super) grants: Vec<(String, bool)>,
    pub(super) class: String,
    pub(super) settings: String,
    pub(super) quarantined: bool,
    pub(super) yanked: bool,
}

/// Bindings of one kind in one block, in the order in which they are asked.
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) links: Vec<Link>,
}

/// A block, or the whole region, which has no code.
pub(super) struct BlockView {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) threshold: Option<String>,
    pub(super) chains: Vec<Chain>,
}

fn link(lang: Lang, binding: &Binding, releases: &HashMap<Digest, ReleaseRow>, quarantined: &BTreeSet<String>) -> Link {
    let release = releases.get(&binding.release);
    let grant = |p: &Permission| (texts::permission(lang, *p), *p == Permission::Applicant);
    let is_empty = binding.settings.as_object().is_some_and(serde_json::Map::is_empty);
    Link {
        id: binding.id.to_string(),
        release: binding.release,
        plugin: release.map_or_else(|| binding.release.short(), |row| row.plugin.to_string()),
        version: release.map(|row| row.version.clone()).unwrap_or_default(),
        datasets: binding.datasets.iter().map(|(name, digest)| format!("{name} · {}", digest.short())).collect(),
        holds: binding.on_failure == FailurePolicy::Hold,
        grants: binding.grants.iter().map(grant).collect(),
        class: binding.limits.class.as_str().to_owned(),
        settings: if is_empty {
            String::new()
        } else {
            serde_json::to_string_pretty(&binding.settings).unwrap_or_default()
        },
        quarantined: quarantined.contains(binding.id.as_str()),
        yanked: release.is_some_and(|row| row.yanked.is_some()),
    }
}

/// The blocks of a ruleset; those without bindings too if `all`.
pub(super) async fn blocks(web: &Web, visit: &Visit, ruleset: &Ruleset, all: bool) -> Result<Vec<BlockView>, Problem> {
    let (lang, region) = (visit.lang(), visit.region_code()?);
    let releases: HashMap<Digest, ReleaseRow> =
        web.app.store.releases(region).await?.into_iter().map(|row| (row.digest, row)).collect();
    let quarantined: BTreeSet<String> =
        web.app.store.quarantined(region).await?.into_iter().map(|q| q.place.binding.to_string()).collect();
    let dictionaries = web.app.rules.dictionaries(&ruleset.dictionaries).await?;
    let names = Names { dictionaries: &dictionaries, lang };
    let mut views = Vec::new();
    let codes = dictionaries.data().blocks.iter().map(|block| Some(block.code.clone()));
    for code in std::iter::once(None).chain(codes) {
        let chains = Kind::ALL.iter().filter_map(|kind| {
            let own = ruleset.bindings.iter().filter(|b| b.kind == *kind && b.block == code);
            let links: Vec<Link> = own.map(|b| link(lang, b, &releases, &quarantined)).collect();
            (!links.is_empty()).then(|| Chain { name: texts::kind(lang, *kind), links })
        });
        let chains: Vec<Chain> = chains.collect();
        let threshold = code.as_ref().and_then(|code| ruleset.thresholds.get(code)).or_else(|| {
            // The threshold of the whole ruleset stands with the region.
            code.is_none().then_some(&ruleset.threshold)
        });
        if all || !chains.is_empty() || threshold.is_some() {
            views.push(BlockView {
                name: code.as_ref().map_or_else(|| lang.t("admin-whole-region"), |code| names.block(code)),
                code: code.as_ref().map(BlockCode::to_string).unwrap_or_default(),
                threshold: threshold.map(|value| crate::pages::format::decimal(*value, 2, lang)),
                chains,
            });
        }
    }
    Ok(views)
}
