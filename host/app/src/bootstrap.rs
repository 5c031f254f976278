//! Bootstrap: makes categories, bodies and the routing dataset of a region from its labelled history, so that a
//! region starts from its own past.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use veche_domain::code::{BlockCode, BodyCode, CategoryCode, Digest, MunicipalityCode};
use veche_domain::dictionary::{Block, Body, BodyKind, Category, DictionaryData, Municipality, Region, fold_name};

use crate::error::AppError;
use crate::files::{self, Labelled};
use crate::vocabulary::Vocabulary;

/// Block for what has too few categories of its own (clause 19).
const MIXED: &str = "mixed";

/// Whether a row belongs to the part that rules are made from; the rest measures them. A fixed hash of the
/// external id: the first four bytes of its SHA-256, modulo 100, below `percent`.
#[must_use]
pub fn in_sample(external_id: &str, percent: u32) -> bool {
    let digest = Digest::of(external_id.as_bytes());
    let first = digest.as_bytes().first_chunk::<4>().copied().unwrap_or_default();
    u32::from_be_bytes(first) % 100 < percent
}

#[derive(Default)]
struct Votes(HashMap<String, u32>);

impl Votes {
    fn add(&mut self, body: &str) {
        *self.0.entry(body.to_owned()).or_default() += 1;
    }
    /// The most frequent body; ties by name, so that a bootstrap is repeatable.
    fn winner(&self) -> Option<&str> {
        self.0.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0))).map(|(body, _)| body.as_str())
    }
}

/// Collects a history row by row; memory grows with labels and words, not with rows.
#[derive(Default)]
pub struct Collector {
    rows: u64,
    /// Category label → block label and cases.
    categories: BTreeMap<String, (String, u32)>,
    bodies: BTreeMap<String, u32>,
    municipalities: BTreeMap<String, u32>,
    by_category: HashMap<String, Votes>,
    by_district: BTreeMap<(String, String), Votes>,
    by_municipality: BTreeMap<(String, String), Votes>,
    vocabulary: Vocabulary,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Made {
    /// Rows read.
    pub rows: u64,
    /// Blocks.
    pub blocks: usize,
    /// Categories, without `other`.
    pub categories: usize,
    /// Bodies.
    pub bodies: usize,
    /// Municipalities.
    pub municipalities: usize,
    /// Rows of the routing dataset.
    pub routes: usize,
    /// Rows of the keywords dataset.
    pub keywords: usize,
    /// Block labels with fewer than three categories, put together (clause 19).
    pub merged: Vec<String>,
}

impl Collector {
    /// Takes one labelled appeal in.
    pub fn add(&mut self, row: &Labelled) {
        self.rows += 1;
        if let Some(municipality) = &row.labels.municipality {
            *self.municipalities.entry(municipality.clone()).or_default() += 1;
        }
        let Some(category) = &row.labels.category else { return };
        let block = row.labels.block.clone().unwrap_or_default();
        self.categories.entry(category.clone()).or_insert((block, 0)).1 += 1;
        self.vocabulary.add(category, &row.appeal.text);
        let Some(body) = &row.labels.body else { return };
        *self.bodies.entry(body.clone()).or_default() += 1;
        self.by_category.entry(category.clone()).or_default().add(body);
        if let Some(district) = &row.appeal.place.district {
            self.by_district.entry((category.clone(), district.clone())).or_default().add(body);
        }
        if let Some(municipality) = &row.labels.municipality {
            self.by_municipality.entry((category.clone(), municipality.clone())).or_default().add(body);
        }
    }

    /// Writes the region's folder: dictionaries, the routing dataset, the category map and a `ruleset.toml`.
    ///
    /// # Errors
    /// When the history holds no category, or a file cannot be written.
    pub fn write(&self, folder: &Path, region: Region) -> Result<Made, AppError> {
        if self.categories.is_empty() {
            return Err(AppError::Invalid {
                field: "labels.category",
                reason: "no row has a category: check the profile's [labels] and the file".into(),
            });
        }
        let mut merged = Vec::new();
        let blocks = self.blocks(&mut merged);
        let bodies = codes(self.bodies.keys(), "body", 100);
        let municipalities = codes(self.municipalities.keys(), "place", 50);
        let mut categories = Vec::new();
        let mut code_of: BTreeMap<&str, CategoryCode> = BTreeMap::new();
        for (block, (name, labels)) in &blocks {
            let own = codes(labels.iter().copied(), "category", 100 - block.len().min(40));
            for label in labels {
                let Some(code) = own.get(label.as_str()) else { continue };
                let code = CategoryCode::new(&format!("{block}.{code}")).map_err(|e| invalid(&e))?;
                let winner = self.by_category.get(*label).and_then(Votes::winner);
                let default_body = winner
                    .and_then(|body| bodies.get(body))
                    .map(|b| BodyCode::new(b))
                    .transpose()
                    .map_err(|e| invalid(&e))?;
                categories.push(category(code.clone(), block, label, false, default_body)?);
                code_of.insert(label, code);
            }
            let other = CategoryCode::new(&format!("{block}.other")).map_err(|e| invalid(&e))?;
            categories.push(category(other, block, &format!("Прочее: {name}"), true, None)?);
        }
        let data = DictionaryData {
            region,
            blocks: blocks
                .iter()
                .map(|(code, (name, _))| {
                    Ok(Block {
                        code: BlockCode::new(code).map_err(|e| invalid(&e))?,
                        name: name.clone(),
                        name_en: None,
                    })
                })
                .collect::<Result<_, AppError>>()?,
            bodies: bodies
                .iter()
                .map(|(name, code)| {
                    Ok(Body {
                        code: BodyCode::new(code).map_err(|e| invalid(&e))?,
                        name: (*name).to_owned(),
                        short_name: None,
                        kind: body_kind(name),
                        municipality: None,
                        work_time: None,
                    })
                })
                .collect::<Result<_, AppError>>()?,
            municipalities: municipalities
                .iter()
                .map(|(name, code)| {
                    Ok(Municipality {
                        code: MunicipalityCode::new(code).map_err(|e| invalid(&e))?,
                        name: (*name).to_owned(),
                        aliases: vec![],
                    })
                })
                .collect::<Result<_, AppError>>()?,
            categories,
        };
        let routes = self.routes(&code_of, &bodies, &municipalities);
        files::write_region_dir(folder, &data)?;
        let mut csv = String::from("category,municipality,district,body\n");
        for [category, municipality, district, body] in &routes {
            let _ = writeln!(csv, "{category},{municipality},{},{body}", quoted(district));
        }
        let mut map = String::from("label,category\n");
        for (label, code) in &code_of {
            let _ = writeln!(map, "{},{code}", quoted(label));
        }
        let mut keywords = String::from("category,term,weight\n");
        let mut terms = 0;
        for (label, code) in &code_of {
            for (word, weight) in self.vocabulary.words(label) {
                let _ = writeln!(keywords, "{code},{word},{weight:.2}");
                terms += 1;
            }
        }
        write(&folder.join("datasets/keywords.csv"), &keywords)?;
        write(&folder.join("datasets/routes.csv"), &csv)?;
        write(&folder.join("category_map.csv"), &map)?;
        write(&folder.join("ruleset.toml"), RULESET)?;
        Ok(Made {
            rows: self.rows,
            blocks: blocks.len(),
            categories: code_of.len(),
            bodies: bodies.len(),
            municipalities: municipalities.len(),
            routes: routes.len(),
            keywords: terms,
            merged,
        })
    }

    /// Blocks by code with their name and category labels; those with fewer than three are put together.
    fn blocks(&self, merged: &mut Vec<String>) -> BTreeMap<String, (String, Vec<&String>)> {
        let mut by_label: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for (label, (block, _)) in &self.categories {
            by_label.entry(block.as_str()).or_default().push(label);
        }
        let names: Vec<String> = by_label.keys().map(|l| (*l).to_owned()).collect();
        let codes = codes(names.iter(), "block", 40);
        let mut blocks: BTreeMap<String, (String, Vec<&String>)> = BTreeMap::new();
        let mut rest = Vec::new();
        for (label, categories) in by_label {
            if categories.len() >= 3 && !label.is_empty() {
                let code = codes.get(label).cloned().unwrap_or_default();
                blocks.insert(code, (label.to_owned(), categories));
            } else {
                merged.push(label.to_owned());
                rest.extend(categories);
            }
        }
        if rest.is_empty() {
            return blocks;
        }
        // The mixed block needs three of its own as well; the smallest whole block joins it if it has fewer.
        if rest.len() < 3
            && let Some(smallest) = blocks.iter().min_by_key(|(_, (_, c))| c.len()).map(|(code, _)| code.clone())
            && let Some((label, categories)) = blocks.remove(&smallest)
        {
            merged.push(label);
            rest.extend(categories);
        }
        blocks.insert(MIXED.into(), ("Разное".into(), rest));
        blocks
    }

    /// Majority rows: each finer row only where it says something else.
    fn routes(
        &self,
        code_of: &BTreeMap<&str, CategoryCode>,
        bodies: &BTreeMap<&str, String>,
        municipalities: &BTreeMap<&str, String>,
    ) -> Vec<[String; 4]> {
        let mut rows = Vec::new();
        let body_of = |votes: &Votes| votes.winner().and_then(|body| bodies.get(body).cloned());
        for (label, code) in code_of {
            let Some(votes) = self.by_category.get(*label) else { continue };
            let Some(usual) = body_of(votes) else { continue };
            let any = || "*".to_owned();
            let districts: Vec<_> = self
                .by_district
                .range(((*label).to_owned(), String::new())..)
                .take_while(|((category, _), _)| category == label)
                .filter_map(|((_, district), votes)| Some((district, body_of(votes)?)))
                .collect();
            for (district, body) in &districts {
                if *body != usual {
                    rows.push([code.to_string(), any(), (*district).clone(), body.clone()]);
                }
            }
            // Where districts are known they decide; municipalities help only regions without them.
            if districts.is_empty() {
                for ((_, municipality), votes) in self
                    .by_municipality
                    .range(((*label).to_owned(), String::new())..)
                    .take_while(|((category, _), _)| category == label)
                {
                    if let (Some(body), Some(place)) = (body_of(votes), municipalities.get(municipality.as_str()))
                        && body != usual
                    {
                        rows.push([code.to_string(), place.clone(), any(), body]);
                    }
                }
            }
            rows.push([code.to_string(), any(), any(), usual]);
        }
        rows
    }
}

const RULESET: &str = r#"# Made by `veche region bootstrap` from the region's own past: words that tell the categories apart, and
# the body that usually acted. Edit the datasets by hand; load the folder again.
threshold = 0.2

[[bindings]]
id = "words"
kind = "categorizer"
plugin = "categorizer-keywords"
grants = ["log", "datasets"]
datasets = { keywords = "datasets/keywords.csv" }

[[bindings]]
id = "history"
kind = "router"
plugin = "router-table"
grants = ["log", "calendar", "datasets"]
datasets = { routes = "datasets/routes.csv" }
"#;

fn category(
    code: CategoryCode,
    block: &str,
    name: &str,
    other: bool,
    default_body: Option<BodyCode>,
) -> Result<Category, AppError> {
    let block = BlockCode::new(block).map_err(|e| invalid(&e))?;
    Ok(Category {
        code,
        block,
        name: name.to_owned(),
        name_en: None,
        other,
        default_body,
        sstu: None,
        valid_from: None,
        valid_to: None,
    })
}

fn invalid(error: &veche_domain::code::CodeError) -> AppError {
    AppError::Invalid { field: "label", reason: error.to_string() }
}

/// A unique code for each name.
fn codes<'a>(names: impl Iterator<Item = &'a String>, fallback: &str, length: usize) -> BTreeMap<&'a str, String> {
    let mut taken: HashMap<String, ()> = HashMap::new();
    let mut codes = BTreeMap::new();
    for name in names {
        let mut code = slug(name, length);
        if code.is_empty() {
            fallback.clone_into(&mut code);
        }
        if taken.contains_key(&code) {
            code = format!("{code}-{}", Digest::of(name.as_bytes()).short());
        }
        taken.insert(code.clone(), ());
        codes.insert(name.as_str(), code);
    }
    codes
}

/// Transliterates a name into a code: latin letters and digits, words joined by `-`.
fn slug(name: &str, length: usize) -> String {
    let mut slug = String::new();
    for c in fold_name(name).chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ => match latin(c) {
                Some(text) => slug.push_str(text),
                None if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                None => {}
            },
        }
        if slug.len() >= length {
            break;
        }
    }
    slug.truncate(length.min(slug.len()));
    slug.trim_end_matches('-').to_owned()
}

fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ж' => "zh",
        'з' => "z",
        'и' => "i",
        'й' | 'ы' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "yu",
        'я' => "ya",
        'ь' | 'ъ' => "",
        _ => return None,
    })
}

fn body_kind(name: &str) -> BodyKind {
    let name = fold_name(name);
    let has = |words: &[&str]| {
        words.iter().any(|word| name.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word)))
    };
    if has(&["администрац", "муниципал"]) {
        BodyKind::Municipality
    } else if has(&["комитет", "министерств", "департамент", "инспекци", "правительств", "управлени"])
    {
        BodyKind::Executive
    } else if has(&["ооо", "ао", "оао", "зао", "пао", "гуп", "муп"]) {
        BodyKind::Company
    } else {
        BodyKind::Institution
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn write(path: &Path, text: &str) -> Result<(), AppError> {
    let failed = |e: std::io::Error| AppError::File { path: path.display().to_string(), reason: e.to_string() };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_codes() {
        for (name, expected) in [
            ("Благоустройство", "blagoustroystvo"),
            ("Двор / Содержание МКД / Яма", "dvor-soderzhanie-mkd-yama"),
            ("СПб ГКУ \"ЖА\"", "spb-gku-zha"),
            ("!!!", ""),
        ] {
            assert_eq!(slug(name, 40), expected);
        }
        assert_eq!(slug("Щука и ещё", 6), "shchuk");
    }

    #[test]
    fn kinds_of_bodies_are_guessed() {
        for (name, kind) in [
            ("Администрация Льговского района", BodyKind::Municipality),
            ("Комитет по благоустройству", BodyKind::Executive),
            ("ООО «Ромашка»", BodyKind::Company),
            ("СПб ГКУ ЖА Колпинского района", BodyKind::Institution),
        ] {
            assert_eq!(body_kind(name), kind, "{name}");
        }
    }
}
