//! The table of routes. The most specific row wins: first by category (the code, then the longest
//! wildcard, then any), then by place (district with its municipality, district, municipality, any).

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use veche_sdk::{Place, SettingsError};

use crate::pattern::Pattern;

/// Digits of an OKTMO code that name the municipality; the other three name a settlement.
const OKTMO_MUNICIPALITY: usize = 8;
const ANY: &str = "*";

/// A row that decides.
#[derive(Debug)]
pub(crate) struct Route {
    /// Row number in the dataset, from 1, without the header.
    pub(crate) row: usize,
    pub(crate) body: String,
    /// What the row is for, as written: category, municipality, district.
    pub(crate) condition: String,
}

/// All rows by their normalised condition.
#[derive(Debug)]
pub(crate) struct Routes(FxHashMap<String, Route>);

impl Routes {
    /// Reads rows of category, municipality, district and body.
    pub(crate) fn new(rows: &[[String; 4]]) -> Result<Self, SettingsError> {
        let mut routes = FxHashMap::<String, Route>::default();
        for (index, [category, municipality, district, body]) in rows.iter().enumerate() {
            let row = index + 1;
            let wrong =
                |what: String| Err(SettingsError::new(format!("dataset routes, row {row} after the header: {what}")));
            let pattern = match Pattern::parse(category) {
                Ok(pattern) => pattern.to_string(),
                Err(what) => return wrong(what),
            };
            let (municipality, district) = (or_any(municipality), or_any(district));
            let body = body.trim();
            if matches!(body, "" | ANY) {
                return wrong("no body: write the code of the body that acts".to_owned());
            }
            let condition = format!("{pattern}, {municipality}, {district}");
            match routes.entry(key(&pattern, municipality, &normalized(district))) {
                Entry::Occupied(other) if other.get().body != body => {
                    let Route { row: first, body: other, .. } = other.get();
                    return wrong(format!(
                        "«{condition}» goes to {body}, but row {first} sends it to {other}: keep one"
                    ));
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(free) => {
                    free.insert(Route { row, body: body.to_owned(), condition });
                }
            }
        }
        Ok(Self(routes))
    }

    /// The row that decides; none if no row fits.
    pub(crate) fn find(&self, category: &str, place: &Place) -> Option<&Route> {
        let district = normalized(place.district.as_deref().unwrap_or_default());
        let district = (!district.is_empty()).then_some(district.as_str());
        let municipality = place.municipality.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let parent =
            municipality.filter(|code| code.len() > OKTMO_MUNICIPALITY).and_then(|code| code.get(..OKTMO_MUNICIPALITY));
        let municipalities = || municipality.into_iter().chain(parent);

        patterns(category).find_map(|pattern| {
            let row = |municipality: &str, district: &str| self.0.get(&key(&pattern, municipality, district));
            let exact = district.and_then(|district| municipalities().find_map(|code| row(code, district)));
            exact
                .or_else(|| district.and_then(|district| row(ANY, district)))
                .or_else(|| municipalities().find_map(|code| row(code, ANY)))
                .or_else(|| row(ANY, ANY))
        })
    }
}

/// The patterns that fit a category, the most exact first: `a.b`, `a.*`, `*`.
fn patterns(category: &str) -> impl Iterator<Item = String> {
    let parents = category.rmatch_indices('.').filter_map(|(dot, _)| category.get(..=dot));
    std::iter::once(category.to_owned()).chain(parents.map(|prefix| format!("{prefix}*"))).chain([ANY.to_owned()])
}

/// The unit separator stands in no code and no name.
fn key(pattern: &str, municipality: &str, district: &str) -> String {
    [pattern, municipality, district].join("\u{1f}")
}

fn or_any(cell: &str) -> &str {
    if cell.trim().is_empty() { ANY } else { cell.trim() }
}

/// Names of districts are compared in lower case, with «е» for «ё» and single spaces.
fn normalized(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ё' { 'е' } else { letter }));
    }
    folded
}
