//! Dictionaries of a region: blocks, categories, bodies, municipalities. One immutable, checked value.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::calendar::WorkTime;
use crate::code::{BlockCode, BodyCode, CategoryCode, Digest, MunicipalityCode, RegionCode};

/// A region (tenant).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Code.
    pub code: RegionCode,
    /// Name in the region's language.
    pub name: String,
    /// English name.
    #[serde(default)]
    pub name_en: Option<String>,
    /// IANA time zone.
    pub time_zone: Tz,
    /// Language of the staff (BCP 47).
    #[serde(default = "russian")]
    pub language: String,
    /// Id of the production calendar, for example `ru`.
    #[serde(default = "russian")]
    pub calendar: String,
}

fn russian() -> String {
    "ru".into()
}

/// A sector block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Code.
    pub code: BlockCode,
    /// Name.
    pub name: String,
    /// English name.
    #[serde(default)]
    pub name_en: Option<String>,
}

/// A category: a classifier node under a block, in force between two dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Code.
    pub code: CategoryCode,
    /// Block.
    pub block: BlockCode,
    /// Name.
    pub name: String,
    /// English name.
    #[serde(default)]
    pub name_en: Option<String>,
    /// Whether it is the block's `other` («прочие»).
    #[serde(default)]
    pub other: bool,
    /// Body that acts where no plug-in says otherwise.
    #[serde(default)]
    pub default_body: Option<BodyCode>,
    /// Full code of the national classifier (ССТУ), where one exists.
    #[serde(default)]
    pub sstu: Option<String>,
    /// First day in force; none: always was.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day in force; none: open.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
}

impl Category {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// Executive body of the region.
    Executive,
    /// Administration of a municipality.
    Municipality,
    /// State or municipal institution.
    Institution,
    /// Company.
    Company,
}

/// A body that acts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Code.
    pub code: BodyCode,
    /// Full name.
    pub name: String,
    /// Short name.
    #[serde(default)]
    pub short_name: Option<String>,
    /// Kind.
    pub kind: BodyKind,
    /// Municipality that it belongs to.
    #[serde(default)]
    pub municipality: Option<MunicipalityCode>,
    /// Working time; the centre's default where missing.
    #[serde(default)]
    pub work_time: Option<WorkTime>,
}

/// A municipality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Municipality {
    /// OKTMO code.
    pub code: MunicipalityCode,
    /// Name.
    pub name: String,
    /// Other ways to write it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// What a dictionary set holds, unchecked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DictionaryData {
    /// The region.
    pub region: Region,
    /// Blocks, in the region's order.
    pub blocks: Vec<Block>,
    /// Categories.
    pub categories: Vec<Category>,
    /// Bodies.
    pub bodies: Vec<Body>,
    /// Municipalities.
    pub municipalities: Vec<Municipality>,
}

/// What is wrong with a dictionary set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DictionaryError {
    /// The same code twice (or, for categories, twice on one day).
    #[error("{what} {code:?} is given twice: keep one (categories may repeat only with dates that do not overlap)")]
    Duplicate {
        /// Which dictionary.
        what: &'static str,
        /// Code.
        code: String,
    },
    /// A reference to nothing.
    #[error("{what} {code:?} names {target} {missing:?}, which is not in the dictionary: add it or correct the code")]
    Unknown {
        /// Which dictionary.
        what: &'static str,
        /// Code of the entry.
        code: String,
        /// What it refers to.
        target: &'static str,
        /// The unknown code.
        missing: String,
    },
    /// Clause 19.
    #[error(
        "block {block:?} has {real} real categories, at least 3 are needed beside `other` (clause 19): add categories"
    )]
    TooFewCategories {
        /// Block.
        block: String,
        /// How many it has.
        real: usize,
    },
    /// Not exactly one `other`.
    #[error("block {block:?} has {found} categories marked `other`, exactly one is needed")]
    Other {
        /// Block.
        block: String,
        /// How many it has.
        found: usize,
    },
    /// Two municipalities with one name.
    #[error("municipality name {name:?} belongs to both {first:?} and {second:?}: make the aliases distinct")]
    Ambiguous {
        /// Folded name.
        name: String,
        /// Code.
        first: String,
        /// Code.
        second: String,
    },
    /// Dates upside down.
    #[error("category {code:?} ends on {to} before it begins on {from}: correct the dates")]
    Dates {
        /// Category.
        code: String,
        /// First day.
        from: NaiveDate,
        /// Last day.
        to: NaiveDate,
    },
}

/// A checked dictionary set with its indexes. Cheap to share in an `Arc`.
#[derive(Debug)]
pub struct Dictionaries {
    data: DictionaryData,
    digest: Digest,
    blocks: HashMap<BlockCode, usize>,
    categories: HashMap<CategoryCode, Vec<usize>>,
    others: HashMap<BlockCode, Vec<usize>>,
    bodies: HashMap<BodyCode, usize>,
    municipalities: HashMap<MunicipalityCode, usize>,
    municipality_names: HashMap<String, usize>,
}

impl Dictionaries {
    /// Checks a set on a day: references, clause 19, one `other` for each block.
    ///
    /// # Errors
    /// Every fault found, in file order.
    pub fn new(data: DictionaryData, on: NaiveDate) -> Result<Self, Vec<DictionaryError>> {
        let mut faults = Vec::new();
        let blocks = index("block", data.blocks.iter().map(|b| &b.code), &mut faults);
        let bodies = index("body", data.bodies.iter().map(|b| &b.code), &mut faults);
        let municipalities = index("municipality", data.municipalities.iter().map(|m| &m.code), &mut faults);
        let mut categories: HashMap<CategoryCode, Vec<usize>> = HashMap::new();
        let mut others: HashMap<BlockCode, Vec<usize>> = HashMap::new();
        for (i, category) in data.categories.iter().enumerate() {
            let code = category.code.to_string();
            if let (Some(from), Some(to)) = (category.valid_from, category.valid_to)
                && to < from
            {
                faults.push(DictionaryError::Dates { code: code.clone(), from, to });
            }
            let versions = categories.entry(category.code.clone()).or_default();
            if versions.iter().filter_map(|&v| data.categories.get(v)).any(|v| overlap(v, category)) {
                faults.push(DictionaryError::Duplicate { what: "category", code: code.clone() });
            }
            versions.push(i);
            if !blocks.contains_key(&category.block) {
                faults.push(DictionaryError::Unknown {
                    what: "category",
                    code: code.clone(),
                    target: "block",
                    missing: category.block.to_string(),
                });
            }
            if let Some(body) = category.default_body.as_ref().filter(|b| !bodies.contains_key(*b)) {
                faults.push(DictionaryError::Unknown {
                    what: "category",
                    code,
                    target: "body",
                    missing: body.to_string(),
                });
            }
            if category.other {
                others.entry(category.block.clone()).or_default().push(i);
            }
        }
        for body in &data.bodies {
            if let Some(municipality) = body.municipality.as_ref().filter(|m| !municipalities.contains_key(*m)) {
                faults.push(DictionaryError::Unknown {
                    what: "body",
                    code: body.code.to_string(),
                    target: "municipality",
                    missing: municipality.to_string(),
                });
            }
        }
        for block in &data.blocks {
            let live: Vec<&Category> =
                data.categories.iter().filter(|c| c.block == block.code && c.in_force(on)).collect();
            let others = live.iter().filter(|c| c.other).count();
            let real = live.iter().filter(|c| !c.other).map(|c| &c.code).collect::<HashSet<_>>().len();
            if real < 3 {
                faults.push(DictionaryError::TooFewCategories { block: block.code.to_string(), real });
            }
            if others != 1 {
                faults.push(DictionaryError::Other { block: block.code.to_string(), found: others });
            }
        }
        let mut municipality_names: HashMap<String, usize> = HashMap::new();
        for (i, municipality) in data.municipalities.iter().enumerate() {
            for name in municipality.aliases.iter().chain([&municipality.name]) {
                if let Some(&first) = municipality_names.get(&fold_name(name))
                    && first != i
                {
                    faults.push(DictionaryError::Ambiguous {
                        name: fold_name(name),
                        first: data.municipalities.get(first).map(|m| m.code.to_string()).unwrap_or_default(),
                        second: municipality.code.to_string(),
                    });
                }
                municipality_names.insert(fold_name(name), i);
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let digest = Digest::of(&serde_json::to_vec(&data).unwrap_or_default());
        Ok(Self { data, digest, blocks, categories, others, bodies, municipalities, municipality_names })
    }

    /// The set as data.
    #[must_use]
    pub fn data(&self) -> &DictionaryData {
        &self.data
    }

    /// Digest of the set's JSON.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.data.region
    }

    /// A block.
    #[must_use]
    pub fn block(&self, code: &str) -> Option<&Block> {
        self.blocks.get(code).and_then(|&i| self.data.blocks.get(i))
    }

    /// A category in force on a day.
    #[must_use]
    pub fn category(&self, code: &str, on: NaiveDate) -> Option<&Category> {
        self.categories.get(code)?.iter().filter_map(|&i| self.data.categories.get(i)).find(|c| c.in_force(on))
    }

    /// The block's `other` in force on a day.
    #[must_use]
    pub fn other(&self, block: &str, on: NaiveDate) -> Option<&Category> {
        self.others.get(block)?.iter().filter_map(|&i| self.data.categories.get(i)).find(|c| c.in_force(on))
    }

    /// A body.
    #[must_use]
    pub fn body(&self, code: &str) -> Option<&Body> {
        self.bodies.get(code).and_then(|&i| self.data.bodies.get(i))
    }

    /// A municipality by its code.
    #[must_use]
    pub fn municipality(&self, code: &str) -> Option<&Municipality> {
        self.municipalities.get(code).and_then(|&i| self.data.municipalities.get(i))
    }

    /// A municipality by its code, name or an alias; case, «ё», spaces and quotes are ignored.
    #[must_use]
    pub fn find_municipality(&self, text: &str) -> Option<&Municipality> {
        let text = text.trim();
        self.municipality(text)
            .or_else(|| self.municipality_names.get(&fold_name(text)).and_then(|&i| self.data.municipalities.get(i)))
    }

    /// Categories of a block by code, for reports.
    #[must_use]
    pub fn categories_by_block(&self) -> BTreeMap<&BlockCode, Vec<&Category>> {
        let mut map: BTreeMap<&BlockCode, Vec<&Category>> = BTreeMap::new();
        for category in &self.data.categories {
            map.entry(&category.block).or_default().push(category);
        }
        map
    }
}

fn index<'a, C>(
    what: &'static str,
    codes: impl Iterator<Item = &'a C>,
    faults: &mut Vec<DictionaryError>,
) -> HashMap<C, usize>
where
    C: Clone + Eq + std::hash::Hash + std::fmt::Display + 'a,
{
    let mut map = HashMap::new();
    for (i, code) in codes.enumerate() {
        if map.insert(code.clone(), i).is_some() {
            faults.push(DictionaryError::Duplicate { what, code: code.to_string() });
        }
    }
    map
}

fn overlap(a: &Category, b: &Category) -> bool {
    let before = |x: &Category, y: &Category| matches!((x.valid_to, y.valid_from), (Some(to), Some(from)) if to < from);
    !before(a, b) && !before(b, a)
}

/// Folds a name for comparison: lower case, «ё» as «е», quotes dropped, runs of white space (also
/// no-break) as one space.
#[must_use]
pub fn fold_name(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ё' => folded.push('е'),
            '"' | '«' | '»' | '“' | '”' | '„' => {}
            c if c.is_whitespace() => {
                if !folded.ends_with(' ') && !folded.is_empty() {
                    folded.push(' ');
                }
            }
            c => folded.push(c),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn sample() -> DictionaryData {
        let category = |code: &str, other| Category {
            code: CategoryCode::new(code).unwrap(),
            block: BlockCode::new("roads").unwrap(),
            name: code.into(),
            name_en: None,
            other,
            default_body: Some(BodyCode::new("road-service").unwrap()),
            sstu: None,
            valid_from: None,
            valid_to: None,
        };
        DictionaryData {
            region: Region {
                code: RegionCode::new("test").unwrap(),
                name: "Тест".into(),
                name_en: None,
                time_zone: Tz::Europe__Moscow,
                language: "ru".into(),
                calendar: "ru".into(),
            },
            blocks: vec![Block { code: BlockCode::new("roads").unwrap(), name: "Дороги".into(), name_en: None }],
            categories: vec![
                category("roads.holes", false),
                category("roads.snow", false),
                category("roads.light", false),
                category("roads.other", true),
            ],
            bodies: vec![Body {
                code: BodyCode::new("road-service").unwrap(),
                name: "Дорожная служба".into(),
                short_name: None,
                kind: BodyKind::Institution,
                municipality: None,
                work_time: None,
            }],
            municipalities: vec![Municipality {
                code: MunicipalityCode::new("78715000").unwrap(),
                name: "город Рыбинск".into(),
                aliases: vec!["г. Рыбинск".into()],
            }],
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn faults(change: impl FnOnce(&mut DictionaryData)) -> Vec<String> {
        let mut data = sample();
        change(&mut data);
        Dictionaries::new(data, day("2026-05-01")).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_set_passes() {
        assert_eq!(faults(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_named() {
        type Change = fn(&mut DictionaryData);
        let cases: [(Change, &str); 7] = [
            (|d| drop(d.categories.remove(0)), "2 real categories"),
            (|d| d.categories[3].other = false, "0 categories marked `other`"),
            (|d| d.categories[0].other = true, "2 categories marked `other`"),
            (|d| d.categories.push(d.categories[0].clone()), "given twice"),
            (|d| d.categories[0].default_body = Some(BodyCode::new("nobody").unwrap()), "names body \"nobody\""),
            (|d| d.categories[0].block = BlockCode::new("none").unwrap(), "names block \"none\""),
            (
                |d| {
                    d.categories[0].valid_from = Some(day("2026-02-01"));
                    d.categories[0].valid_to = Some(day("2026-01-01"));
                },
                "before it begins",
            ),
        ];
        for (change, part) in cases {
            let got = faults(change);
            assert!(got.iter().any(|f| f.contains(part)), "{part}: {got:?}");
        }
    }

    #[test]
    fn categories_are_effective_dated() {
        let mut data = sample();
        data.categories[0].valid_to = Some(day("2026-03-31"));
        let mut renamed = data.categories[0].clone();
        renamed.name = "Ямы и колеи".into();
        (renamed.valid_from, renamed.valid_to) = (Some(day("2026-04-01")), None);
        data.categories.push(renamed);
        let set = Dictionaries::new(data, day("2026-05-01")).unwrap();
        assert_eq!(set.category("roads.holes", day("2026-03-31")).unwrap().name, "roads.holes");
        assert_eq!(set.category("roads.holes", day("2026-04-01")).unwrap().name, "Ямы и колеи");
        assert_eq!(set.other("roads", day("2026-04-01")).unwrap().code.as_str(), "roads.other");
    }

    #[test]
    fn municipalities_are_found_by_any_name() {
        let set = Dictionaries::new(sample(), day("2026-05-01")).unwrap();
        for name in ["78715000", "Город Рыбинск", " г.\u{a0}Рыбинск ", "«город  РЫБИНСК»"]
        {
            assert!(set.find_municipality(name).is_some(), "{name}");
        }
        assert!(set.find_municipality("Рыба").is_none());
    }
}
