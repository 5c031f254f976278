//! The difference of two rulesets, as data and in words.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;

use crate::code::{BindingId, BlockCode, Digest};
use crate::decision::Permission;
use crate::dictionary::Dictionaries;
use crate::ruleset::{Binding, Ruleset};

/// Language of a text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Russian.
    Russian,
    /// English.
    English,
}

impl Language {
    /// By its BCP 47 tag; none for a language in which the host has no words.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next() {
            Some("ru") => Some(Self::Russian),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A binding that was not there.
    Added {
        /// The binding.
        binding: Binding,
    },
    /// A binding that is gone.
    Removed {
        /// The binding.
        binding: Binding,
    },
    /// A binding with other content.
    Binding {
        /// Binding.
        id: BindingId,
        /// Block that it serves now.
        block: Option<BlockCode>,
        /// Release now.
        release: Digest,
        /// What differs, at least one.
        parts: Vec<Part>,
    },
    /// The same bindings in another order.
    Order {
        /// Ids before.
        from: Vec<BindingId>,
        /// Ids now.
        to: Vec<BindingId>,
    },
    /// A threshold.
    Threshold {
        /// Block; none for the whole region.
        block: Option<BlockCode>,
        /// Before; none where the region's counted.
        from: Option<f64>,
        /// Now; none where the region's counts.
        to: Option<f64>,
    },
    /// An entry of the category map.
    CategoryMap {
        /// Label.
        label: String,
        /// Category before.
        from: Option<String>,
        /// Category now.
        to: Option<String>,
    },
    /// Another version of the dictionaries or the calendar.
    Version {
        /// `dictionaries` or `calendar`.
        what: &'static str,
        /// Before.
        from: Digest,
        /// Now.
        to: Digest,
    },
}

/// What differs in a binding.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// Release.
    Release {
        /// Before.
        from: Digest,
        /// Now.
        to: Digest,
    },
    /// A setting, by its path with dots.
    Setting {
        /// Path.
        path: String,
        /// Before; none if it was not set.
        from: Option<Value>,
        /// Now; none if it is not set.
        to: Option<Value>,
    },
    /// A dataset version.
    Dataset {
        /// Name.
        name: String,
        /// Before.
        from: Option<Digest>,
        /// Now.
        to: Option<Digest>,
    },
    /// A permission.
    Grant {
        /// Which.
        permission: Permission,
        /// Whether it is granted now.
        granted: bool,
    },
    /// Any other field of the binding, by name.
    Field {
        /// Name.
        name: String,
        /// Before.
        from: Option<Value>,
        /// Now.
        to: Option<Value>,
    },
}

/// Everything that differs between two rulesets, bindings first.
#[must_use]
pub fn diff(from: &Ruleset, to: &Ruleset) -> Vec<Change> {
    let mut changes = Vec::new();
    for after in &to.bindings {
        match from.bindings.iter().find(|b| b.id == after.id) {
            None => changes.push(Change::Added { binding: after.clone() }),
            Some(before) => {
                let parts = parts(before, after);
                if !parts.is_empty() {
                    changes.push(Change::Binding {
                        id: after.id.clone(),
                        block: after.block.clone(),
                        release: after.release,
                        parts,
                    });
                }
            }
        }
    }
    let gone = from.bindings.iter().filter(|b| to.bindings.iter().all(|after| after.id != b.id));
    changes.extend(gone.map(|binding| Change::Removed { binding: binding.clone() }));
    changes.extend(order(from, to));
    if (from.threshold - to.threshold).abs() > f64::EPSILON {
        changes.push(Change::Threshold { block: None, from: Some(from.threshold), to: Some(to.threshold) });
    }
    for (block, from, to) in entries(&from.thresholds, &to.thresholds) {
        changes.push(Change::Threshold { block: Some(block.clone()), from: from.copied(), to: to.copied() });
    }
    for (label, from, to) in entries(&from.category_map, &to.category_map) {
        let text = |code: Option<&crate::code::CategoryCode>| code.map(ToString::to_string);
        changes.push(Change::CategoryMap { label: label.clone(), from: text(from), to: text(to) });
    }
    for (what, from, to) in
        [("dictionaries", from.dictionaries, to.dictionaries), ("calendar", from.calendar, to.calendar)]
    {
        if from != to {
            changes.push(Change::Version { what, from, to });
        }
    }
    changes
}

/// Keys of both maps whose values differ.
fn entries<'a, K: Ord, V: PartialEq>(
    from: &'a BTreeMap<K, V>,
    to: &'a BTreeMap<K, V>,
) -> Vec<(&'a K, Option<&'a V>, Option<&'a V>)> {
    let keys: BTreeSet<&K> = from.keys().chain(to.keys()).collect();
    keys.into_iter().map(|key| (key, from.get(key), to.get(key))).filter(|(_, from, to)| from != to).collect()
}

/// The order of the bindings that both have, if it differs.
fn order(from: &Ruleset, to: &Ruleset) -> Option<Change> {
    let common = |own: &Ruleset, other: &Ruleset| -> Vec<BindingId> {
        let ids = own.bindings.iter().map(|b| &b.id);
        ids.filter(|id| other.bindings.iter().any(|b| b.id == **id)).cloned().collect()
    };
    let (before, after) = (common(from, to), common(to, from));
    (before != after).then_some(Change::Order { from: before, to: after })
}

fn parts(from: &Binding, to: &Binding) -> Vec<Part> {
    let mut parts = Vec::new();
    if from.release != to.release {
        parts.push(Part::Release { from: from.release, to: to.release });
    }
    settings("", Some(&from.settings), Some(&to.settings), &mut parts);
    for (name, from, to) in entries(&from.datasets, &to.datasets) {
        parts.push(Part::Dataset { name: name.clone(), from: from.copied(), to: to.copied() });
    }
    for permission in from.grants.symmetric_difference(&to.grants) {
        parts.push(Part::Grant { permission: *permission, granted: to.grants.contains(permission) });
    }
    // Whatever else a binding holds, now or later: a difference must never go unseen.
    let (Ok(Value::Object(from)), Ok(Value::Object(to))) = (serde_json::to_value(from), serde_json::to_value(to))
    else {
        return parts;
    };
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for name in names {
        let told = ["id", "release", "settings", "datasets", "grants"].contains(&name.as_str());
        if !told && from.get(name) != to.get(name) {
            parts.push(Part::Field {
                name: name.clone(),
                from: from.get(name).filter(|v| !v.is_null()).cloned(),
                to: to.get(name).filter(|v| !v.is_null()).cloned(),
            });
        }
    }
    parts
}

fn settings(path: &str, from: Option<&Value>, to: Option<&Value>, parts: &mut Vec<Part>) {
    if from == to {
        return;
    }
    if let (Some(Value::Object(from)), Some(Value::Object(to))) = (from, to) {
        let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for key in keys {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            settings(&path, from.get(key), to.get(key), parts);
        }
        return;
    }
    parts.push(Part::Setting { path: path.to_owned(), from: from.cloned(), to: to.cloned() });
}

/// Names that people know for what a ruleset holds by digest and code.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// Plug-in and version of each release.
    pub releases: HashMap<Digest, (String, String)>,
    /// Names of the blocks: Russian (the region's own) and English.
    pub blocks: HashMap<BlockCode, (String, String)>,
}

impl Labels {
    /// Block names of dictionaries; releases are added by the caller.
    #[must_use]
    pub fn of(dictionaries: &Dictionaries) -> Self {
        let names = dictionaries.data().blocks.iter().map(|block| {
            let english = block.name_en.clone().unwrap_or_else(|| block.name.clone());
            (block.code.clone(), (block.name.clone(), english))
        });
        Self { releases: HashMap::new(), blocks: names.collect() }
    }

    fn block(&self, block: Option<&BlockCode>, language: Language) -> String {
        let Some(code) = block else {
            return pick(language, "Весь регион", "Whole region").to_owned();
        };
        match (self.blocks.get(code), language) {
            (Some((name, _)), Language::Russian) | (Some((_, name)), Language::English) => name.clone(),
            (None, _) => code.to_string(),
        }
    }

    fn version(&self, release: &Digest) -> String {
        self.releases.get(release).map_or_else(|| release.short(), |(_, version)| version.clone())
    }

    fn plugin(&self, release: &Digest) -> Option<&str> {
        self.releases.get(release).map(|(plugin, _)| plugin.as_str())
    }

    /// `router-table 1.2.0`.
    fn release(&self, release: &Digest) -> String {
        match self.plugin(release) {
            Some(plugin) => format!("{plugin} {}", self.version(release)),
            None => release.short(),
        }
    }
}

fn pick(language: Language, russian: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::Russian => russian,
        Language::English => english,
    }
}

/// Differences in words, one line each: «Roads: router-table 1.2.0 → 1.3.0, setting `answer_days` 30 → 20».
#[must_use]
pub fn words(changes: &[Change], labels: &Labels, language: Language) -> Vec<String> {
    changes.iter().map(|change| line(change, labels, language)).collect()
}

fn line(change: &Change, labels: &Labels, language: Language) -> String {
    let p = |russian, english| pick(language, russian, english);
    let whole = |binding: &Binding, what: &str| {
        let block = labels.block(binding.block.as_ref(), language);
        format!("{block}: {} ({}) {what}", labels.release(&binding.release), binding.id)
    };
    match change {
        Change::Added { binding } => whole(binding, p("включён", "added")),
        Change::Removed { binding } => whole(binding, p("выключен", "removed")),
        Change::Binding { id, block, release, parts } => {
            let block = labels.block(block.as_ref(), language);
            let moved = parts.iter().find_map(|part| match part {
                Part::Release { from, to } => Some((from, to)),
                _ => None,
            });
            let head = match moved {
                Some((from, to)) if labels.plugin(from) == labels.plugin(to) => {
                    format!("{} → {}", labels.release(from), labels.version(to))
                }
                Some((from, to)) => format!("{} → {}", labels.release(from), labels.release(to)),
                None => labels.release(release),
            };
            let rest: Vec<String> = parts.iter().filter_map(|part| part_words(part, language)).collect();
            let named = if labels.plugin(release) == Some(id.as_str()) { String::new() } else { format!(" ({id})") };
            let mut text = format!("{block}: {head}{named}");
            for part in rest {
                text.push_str(", ");
                text.push_str(&part);
            }
            text
        }
        Change::Order { from, to } => {
            let list = |ids: &[BindingId]| ids.iter().map(BindingId::as_str).collect::<Vec<_>>().join(", ");
            format!("{}: {} → {}", p("Порядок", "Order"), list(from), list(to))
        }
        Change::Threshold { block, from, to } => {
            let block = labels.block(block.as_ref(), language);
            let value = |v: &Option<f64>| {
                v.map_or_else(|| p("как у региона", "as for the region").to_owned(), |v| v.to_string())
            };
            format!("{block}: {} {} → {}", p("порог уверенности", "threshold"), value(from), value(to))
        }
        Change::CategoryMap { label, from, to } => {
            let value = |v: &Option<String>| v.clone().unwrap_or_else(|| p("нет", "none").to_owned());
            format!("{} «{label}»: {} → {}", p("Соответствие категорий", "Category map"), value(from), value(to))
        }
        Change::Version { what, from, to } => {
            let what = match *what {
                "calendar" => p("Производственный календарь", "Production calendar"),
                _ => p("Справочники региона", "Dictionaries"),
            };
            format!("{what}: {} → {}", from.short(), to.short())
        }
    }
}

fn part_words(part: &Part, language: Language) -> Option<String> {
    let p = |russian, english| pick(language, russian, english);
    let value = |v: &Option<Value>| v.as_ref().map_or_else(|| p("не задано", "not set").to_owned(), short_json);
    Some(match part {
        Part::Release { .. } => return None,
        Part::Setting { path, from, to } => {
            format!("{} `{path}` {} → {}", p("настройка", "setting"), value(from), value(to))
        }
        Part::Dataset { name, from, to } => {
            let version = |d: &Option<Digest>| d.map_or_else(|| p("нет", "none").to_owned(), |d| d.short());
            format!("{} `{name}` {} → {}", p("справочник", "dataset"), version(from), version(to))
        }
        Part::Grant { permission, granted } => {
            let what = if *granted {
                p("разрешено", "permission granted")
            } else {
                p("запрещено", "permission withdrawn")
            };
            format!("{what}: {}", permission.words(language))
        }
        Part::Field { name, from, to } => {
            let name = match name.as_str() {
                "on_failure" => p("при сбое", "on failure"),
                "block" => p("блок", "block"),
                "kind" => p("вид", "kind"),
                "limits" => p("ограничения", "limits"),
                other => other,
            };
            format!("{name} {} → {}", value(from), value(to))
        }
    })
}

/// JSON for one line: a long value is cut, a text stands without quotes.
fn short_json(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ruleset(bindings: &str) -> Ruleset {
        let d = Digest::of(b"");
        serde_json::from_str(&format!(
            r#"{{"region":"r","dictionaries":"{d}","calendar":"{d}","bindings":[{bindings}]}}"#
        ))
        .unwrap()
    }

    fn binding(id: &str, release: &[u8], rest: &str) -> String {
        format!(r#"{{"id":"{id}","kind":"router","block":"roads","release":"{}"{rest}}}"#, Digest::of(release))
    }

    fn labels() -> Labels {
        let release = |bytes: &[u8], version: &str| (Digest::of(bytes), ("router-table".into(), version.to_owned()));
        Labels {
            releases: [release(b"1", "1.2.0"), release(b"2", "1.3.0")].into(),
            blocks: [(BlockCode::new("roads").unwrap(), ("Дороги".into(), "Roads".into()))].into(),
        }
    }

    fn check(from: &str, to: &str, russian: &[&str], english: &[&str]) {
        let changes = diff(&ruleset(from), &ruleset(to));
        assert_eq!(words(&changes, &labels(), Language::Russian), russian);
        assert_eq!(words(&changes, &labels(), Language::English), english);
    }

    #[test]
    fn a_difference_is_said_in_words() {
        let a = binding("router-table", b"1", r#","settings":{"answer_days":30,"x":{"y":1}}"#);
        let b = binding("router-table", b"2", r#","settings":{"answer_days":20,"x":{"y":1}}"#);
        check(&a, &a, &[], &[]);
        check(
            &a,
            &b,
            &["Дороги: router-table 1.2.0 → 1.3.0, настройка `answer_days` 30 → 20"],
            &["Roads: router-table 1.2.0 → 1.3.0, setting `answer_days` 30 → 20"],
        );
        let c = binding("t", b"1", r#","settings":{},"on_failure":"hold","grants":["calendar"]"#);
        check("", &c, &["Дороги: router-table 1.2.0 (t) включён"], &["Roads: router-table 1.2.0 (t) added"]);
        let d = binding("t", b"1", r#","settings":{"x":{"z":"long"}},"grants":["log"]"#);
        check(
            &c,
            &d,
            &["Дороги: router-table 1.2.0 (t), настройка `x` не задано → {\"z\":\"long\"}, разрешено: писать в свой \
               журнал, запрещено: считать рабочие дни и часы, при сбое hold → next"],
            &[
                "Roads: router-table 1.2.0 (t), setting `x` not set → {\"z\":\"long\"}, permission granted: write to its \
               own log, permission withdrawn: count working days and hours, on failure hold → next",
            ],
        );
        check(
            &format!("{a},{c}"),
            &format!("{c},{a}"),
            &["Порядок: router-table, t → t, router-table"],
            &["Order: router-table, t → t, router-table"],
        );
    }

    #[test]
    fn thresholds_maps_and_versions_are_told() {
        let from = ruleset("");
        let mut to = from.clone();
        to.threshold = 0.7;
        to.thresholds.insert(BlockCode::new("roads").unwrap(), 0.25);
        to.category_map.insert("Ямы".into(), crate::code::CategoryCode::new("roads.surface").unwrap());
        to.calendar = Digest::of(b"new");
        let said = words(&diff(&from, &to), &labels(), Language::English);
        let expected = [
            "Whole region: threshold 0.5 → 0.7".to_owned(),
            "Roads: threshold as for the region → 0.25".to_owned(),
            "Category map «Ямы»: none → roads.surface".to_owned(),
            format!("Production calendar: {} → {}", from.calendar.short(), to.calendar.short()),
        ];
        assert_eq!(said, expected);
    }
}
