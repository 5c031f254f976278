//! What codes are called, in the language of the page.

use chrono::NaiveDate;
use veche_domain::appeal::ApplicantKind;
use veche_domain::code::{BlockCode, BodyCode, CategoryCode, MunicipalityCode};
use veche_domain::decision::{ClockKind, Priority, Source, State};
use veche_domain::dictionary::{Category, Dictionaries};

use super::messages::Lang;

/// Names of the dictionaries of a region.
pub(crate) struct Names<'d> {
    pub(crate) dictionaries: &'d Dictionaries,
    pub(crate) lang: Lang,
}

impl Names<'_> {
    fn of(&self, name: &str, english: Option<&String>) -> String {
        match (self.lang, english) {
            (Lang::En, Some(english)) => english.clone(),
            _ => name.to_owned(),
        }
    }

    /// A block; its code where it is unknown.
    pub(crate) fn block(&self, code: &BlockCode) -> String {
        let block = self.dictionaries.block(code.as_str());
        block.map_or_else(|| code.to_string(), |block| self.of(&block.name, block.name_en.as_ref()))
    }

    /// The newest version of a category, in force or not.
    pub(crate) fn entry(&self, code: &str) -> Option<&Category> {
        self.dictionaries.data().categories.iter().rev().find(|category| category.code.as_str() == code)
    }

    /// A category; its code where it is unknown.
    pub(crate) fn category(&self, code: &str) -> String {
        self.entry(code).map_or_else(|| code.to_owned(), |category| self.of(&category.name, category.name_en.as_ref()))
    }

    /// The block of a category.
    pub(crate) fn block_of(&self, code: &CategoryCode) -> Option<String> {
        self.entry(code.as_str()).map(|category| self.block(&category.block))
    }

    /// A body by its short name, where it has one.
    pub(crate) fn body(&self, code: &str) -> String {
        let body = self.dictionaries.body(code);
        body.map_or_else(|| code.to_owned(), |body| body.short_name.clone().unwrap_or_else(|| body.name.clone()))
    }

    /// A body by its whole name.
    pub(crate) fn body_in_full(&self, code: &BodyCode) -> String {
        self.dictionaries.body(code.as_str()).map_or_else(|| code.to_string(), |body| body.name.clone())
    }

    /// A municipality.
    pub(crate) fn municipality(&self, code: &MunicipalityCode) -> String {
        let found = self.dictionaries.municipality(code.as_str());
        found.map_or_else(|| code.to_string(), |municipality| municipality.name.clone())
    }

    /// Blocks in the region's order: code, name.
    pub(crate) fn blocks(&self) -> Vec<(String, String)> {
        let blocks = self.dictionaries.data().blocks.iter();
        blocks.map(|block| (block.code.to_string(), self.of(&block.name, block.name_en.as_ref()))).collect()
    }

    /// Categories in force on a day by block: block's name, then code and name of each.
    pub(crate) fn categories(
        &self,
        on: NaiveDate,
        wanted: &dyn Fn(&Category) -> bool,
    ) -> Vec<(String, Vec<(String, String)>)> {
        let data = self.dictionaries.data();
        let of_block = |block: &BlockCode| {
            let own = data.categories.iter().filter(|c| c.block == *block && c.in_force(on) && wanted(c));
            own.map(|c| (c.code.to_string(), self.of(&c.name, c.name_en.as_ref()))).collect::<Vec<_>>()
        };
        let blocks = data.blocks.iter().map(|block| (self.block(&block.code), of_block(&block.code)));
        blocks.filter(|(_, categories)| !categories.is_empty()).collect()
    }

    /// Bodies by name: code, name.
    pub(crate) fn bodies(&self) -> Vec<(String, String)> {
        let mut bodies: Vec<_> =
            self.dictionaries.data().bodies.iter().map(|b| (b.code.to_string(), self.body(b.code.as_str()))).collect();
        bodies.sort_by_key(|(_, name)| name.to_lowercase());
        bodies
    }

    /// Municipalities by name: code, name.
    pub(crate) fn municipalities(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> =
            self.dictionaries.data().municipalities.iter().map(|m| (m.code.to_string(), m.name.clone())).collect();
        all.sort_by_key(|(_, name)| name.to_lowercase());
        all
    }
}

fn dashed(code: &str) -> String {
    code.replace('_', "-")
}

/// A state.
pub(crate) fn state(lang: Lang, state: State) -> String {
    lang.t(&format!("state-{}", dashed(state.as_str())))
}

/// The class of a state's mark.
pub(crate) fn state_class(state: State) -> &'static str {
    match state {
        State::Received => "tag",
        State::NeedsPerson => "tag tag-attention",
        State::Assigned | State::InProgress => "tag tag-work",
        State::Answered | State::Closed => "tag tag-good",
    }
}

/// Who set something.
pub(crate) fn source(lang: Lang, source: Source) -> String {
    lang.t(&format!("source-{}", source.as_str()))
}

/// A priority.
pub(crate) fn priority(lang: Lang, priority: Priority) -> String {
    lang.t(&format!("priority-{}", priority.as_str()))
}

/// A term.
pub(crate) fn clock(lang: Lang, kind: ClockKind) -> String {
    lang.t(&format!("clock-{}", dashed(kind.as_str())))
}

/// What an applicant is.
pub(crate) fn applicant(lang: Lang, kind: ApplicantKind) -> String {
    lang.t(&format!("applicant-{}", dashed(kind.as_str())))
}

/// A word of a list that regions may add to: its code where the messages do not know it.
fn open(lang: Lang, kind: &str, code: &str) -> String {
    let key = format!("{kind}-{}", dashed(code));
    if lang.knows(&key) { lang.t(&key) } else { code.to_owned() }
}

/// A channel.
pub(crate) fn channel(lang: Lang, code: &str) -> String {
    open(lang, "channel", code)
}

/// A legal regime.
pub(crate) fn regime(lang: Lang, code: &str) -> String {
    open(lang, "regime", code)
}
