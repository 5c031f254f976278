//! The sample region with every hostile plug-in that gets as far as a call bound before its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use veche_domain::decision::Kind;
use veche_domain::limits::{LimitKind, Limits, LimitsClass};

use super::{Hostile, called};
use crate::guest::{named, root};

/// Folders of a besieged region.
pub struct Siege {
    /// The region, to be loaded.
    pub region: PathBuf,
    /// The plug-ins that its ruleset names.
    pub plugins: PathBuf,
    /// The hostile ones, in the order of the ruleset; the region's own come after them.
    pub hostiles: Vec<Hostile>,
}

/// Writes the region under a code of its own.
#[must_use]
pub fn lay(folder: &Path, code: &str) -> Siege {
    let ceiling = Limits::of(LimitsClass::Large);
    let within =
        |hostile: &Hostile| overrides(&hostile.limits).iter().all(|(kind, value)| *value <= ceiling.value(*kind));
    let hostiles: Vec<Hostile> =
        called().into_iter().filter(|hostile| hostile.is_called() && within(hostile)).collect();
    let bound = hostiles.iter().map(|hostile| Bound {
        name: hostile.name,
        kind: hostile.kind,
        component: named(&hostile.component, hostile.name),
        limits: overrides(&hostile.limits),
    });
    let (region, plugins) = region_with(folder, code, bound);
    Siege { region, plugins, hostiles }
}

/// A component bound before the region's own, with every permission that it asks for.
pub struct Bound {
    /// Name of the plug-in and of its binding.
    pub name: &'static str,
    /// Which export is called.
    pub kind: Kind,
    /// Its bytes.
    pub component: Vec<u8>,
    /// The limits that it changes.
    pub limits: BTreeMap<LimitKind, u64>,
}

/// The sample region under a code of its own, with components bound before its own: its folder, and that of the
/// plug-ins.
pub fn region_with(folder: &Path, code: &str, bound: impl Iterator<Item = Bound>) -> (PathBuf, PathBuf) {
    let (region, plugins) = (folder.join("region"), folder.join("plugins"));
    copy(&root().join("samples/yaroslavl"), &region);
    copy(&root().join("target/plugins"), &plugins);
    edit(&region.join("region.toml"), |table| drop(table.insert("code".into(), code.into())));
    let bindings = bound.map(|Bound { name, kind, component, limits }| {
        let imports = |permission: &&str| {
            let name = format!("veche:plugin/{permission}@");
            component.windows(name.len()).any(|bytes| bytes == name.as_bytes())
        };
        // A grant that is not asked for is refused.
        let grants: Vec<&str> = ["log", "calendar", "directory", "applicant"].into_iter().filter(imports).collect();
        std::fs::write(plugins.join(name).with_extension("wasm"), &component).unwrap();
        let binding = json!({"id": name, "kind": kind, "plugin": name, "grants": grants, "limits": limits});
        toml::Value::try_from(binding).unwrap()
    });
    edit(&region.join("ruleset.toml"), |table| {
        let own = table["bindings"].as_array().unwrap().clone();
        drop(table.insert("bindings".into(), bindings.chain(own).collect::<Vec<_>>().into()));
    });
    (region, plugins)
}

/// The limits that a binding changes, as a ruleset writes them.
fn overrides(limits: &Limits) -> BTreeMap<LimitKind, u64> {
    let standard = Limits::default();
    let changed = LimitKind::ALL.iter().filter(|kind| limits.value(**kind) != standard.value(**kind));
    changed.map(|kind| (*kind, limits.value(*kind))).collect()
}

fn edit(path: &Path, change: impl FnOnce(&mut toml::Table)) {
    let mut table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    change(&mut table);
    std::fs::write(path, toml::to_string(&table).unwrap()).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}
