//! The pages that lead from everywhere, for whoever may see them.

use veche_domain::access::Action;

use super::visit::Visit;

/// A page of a region that stands in the navigation.
struct Entry {
    /// Path below the region.
    path: &'static str,
    /// Key of its name.
    label: &'static str,
    /// What one must be allowed to do.
    action: Action,
}

const fn entry(path: &'static str, label: &'static str, action: Action) -> Entry {
    Entry { path, label, action }
}

/// In the order of the navigation. A page stands here once it is served.
const ENTRIES: &[Entry] = &[
    entry("queue", "nav-queue", Action::ReadAppeals),
    entry("indicators", "nav-indicators", Action::ReadIndicators),
    entry("exports", "nav-exports", Action::Export),
    entry("plugins", "nav-plugins", Action::UploadRelease),
    entry("releases", "nav-releases", Action::ReadFaults),
    entry("rules", "nav-rules", Action::BacktestRules),
    entry("quarantine", "nav-quarantine", Action::ReleaseQuarantined),
    entry("datasets", "nav-datasets", Action::UploadDataset),
    entry("accounts", "nav-accounts", Action::ManageAccounts),
    entry("audit", "nav-audit", Action::ReadAudit),
];

/// An entry for one visitor.
#[derive(Debug, Clone)]
pub(crate) struct NavItem {
    pub(crate) href: String,
    pub(crate) label: String,
    pub(crate) current: bool,
}

/// Entries for a visitor, in order.
pub(super) fn nav(visit: &Visit) -> Vec<NavItem> {
    let Some(region) = visit.region.as_ref().map(|row| row.region.code.to_string()) else { return Vec::new() };
    let here = visit.look.path.split('?').next().unwrap_or_default();
    let allowed = ENTRIES.iter().filter(|entry| visit.may(entry.action).is_some());
    allowed
        .map(|entry| {
            let href = format!("/regions/{region}/{}", entry.path);
            let current = here == href || here.starts_with(&format!("{href}/"));
            NavItem { label: visit.lang().t(entry.label), current, href }
        })
        .collect()
}
