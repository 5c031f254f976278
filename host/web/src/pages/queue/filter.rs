//! The queue's address: which appeals it shows. A filter is its query and nothing else, so every view can be kept and sent.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use veche_app::AppError;
use veche_app::store::AppealFilter;
use veche_domain::access::Scope;
use veche_domain::code::{BodyCode, CategoryCode, ChannelCode, MunicipalityCode};
use veche_domain::decision::State;
use veche_domain::dictionary::Dictionaries;

use crate::pages::form::Form;
use crate::problem::Problem;

/// Longest text that is looked for, characters.
const LONGEST_SEARCH: usize = 200;

/// What a tab of the queue shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Show {
    #[default]
    All,
    /// What a person should look at.
    Review,
    /// What is late.
    Overdue,
    State(State),
}

impl Show {
    /// In the order of the tabs.
    pub(super) const ALL: [Self; 7] = [
        Self::Review,
        Self::Overdue,
        Self::State(State::Assigned),
        Self::State(State::InProgress),
        Self::State(State::Answered),
        Self::State(State::Closed),
        Self::All,
    ];

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Review => "review",
            Self::Overdue => "overdue",
            Self::State(state) => state.as_str(),
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        match code {
            "" => Some(Self::All),
            "review" => Some(Self::Review),
            "overdue" => Some(Self::Overdue),
            code => State::from_code(code).map(Self::State),
        }
    }
}

/// The conditions of an address. Empty ones do not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) show: Show,
    pub(super) block: String,
    pub(super) category: String,
    pub(super) body: String,
    pub(super) municipality: String,
    pub(super) channel: String,
    pub(super) search: String,
}

impl Conditions {
    /// Of a query. What is no condition is left out: addresses are typed and bookmarked.
    pub(super) fn of(query: &str) -> Self {
        let form = Form::parse(query.as_bytes());
        Self {
            show: Show::from_code(&form.text("show")).unwrap_or_default(),
            block: form.text("block"),
            category: form.text("category"),
            body: form.text("body"),
            municipality: form.text("municipality"),
            channel: form.text("channel"),
            search: form.text("q").chars().take(LONGEST_SEARCH).collect(),
        }
    }

    fn pairs(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("show", self.show.code()),
            ("q", self.search.as_str()),
            ("block", &self.block),
            ("category", &self.category),
            ("body", &self.body),
            ("municipality", &self.municipality),
            ("channel", &self.channel),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// As a query, with further pairs.
    pub(super) fn query(&self, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.pairs()).extend_pairs(more);
        query.finish()
    }

    /// The same conditions under another tab.
    pub(super) fn shown(&self, show: Show) -> Self {
        Self { show, ..self.clone() }
    }

    /// Whether anything but the tab filters.
    pub(super) fn narrows(&self) -> bool {
        self.pairs().iter().any(|(name, _)| *name != "show")
    }

    /// As a filter of the store, within what the visitor may see.
    ///
    /// # Errors
    /// A code that the region does not have, or not for this visitor.
    pub(super) fn filter(
        &self,
        dictionaries: &Dictionaries,
        scope: &Scope,
        now: DateTime<Utc>,
    ) -> Result<AppealFilter, Problem> {
        let unknown = |what: &'static str, code: &str| -> Problem {
            AppError::Unknown { what, code: code.chars().take(80).collect() }.into()
        };
        let known = |what: &'static str, code: &str, known: bool| match code.is_empty() || known {
            true => Ok(()),
            false => Err(unknown(what, code)),
        };
        known("body", &self.body, dictionaries.body(&self.body).is_some())?;
        known("municipality", &self.municipality, dictionaries.municipality(&self.municipality).is_some())?;
        let channel = Some(&self.channel).filter(|code| !code.is_empty());
        let channel = channel.map(|code| ChannelCode::new(code).map_err(|_| unknown("channel", code))).transpose()?;
        Ok(AppealFilter {
            state: match self.show {
                Show::State(state) => Some(state),
                _ => None,
            },
            categories: self.categories(dictionaries, scope).ok_or_else(|| match self.category.as_str() {
                "" => unknown("block", &self.block),
                code => unknown("category", code),
            })?,
            body: BodyCode::new(&self.body).ok(),
            municipality: MunicipalityCode::new(&self.municipality).ok(),
            channel,
            needs_review: (self.show == Show::Review).then_some(true),
            overdue_at: (self.show == Show::Overdue).then_some(now),
            search: Some(self.search.clone()).filter(|text| !text.is_empty()),
            ..AppealFilter::default()
        })
    }

    /// Categories of the block or the category, or all that the visitor sees; empty for the whole region, none where
    /// nothing is left.
    fn categories(&self, dictionaries: &Dictionaries, scope: &Scope) -> Option<Vec<CategoryCode>> {
        if self.block.is_empty() && self.category.is_empty() && *scope == Scope::Region {
            return Some(Vec::new());
        }
        let wanted = dictionaries.data().categories.iter().filter(|category| {
            scope.covers(Some(&category.block))
                && (self.block.is_empty() || category.block.as_str() == self.block)
                && (self.category.is_empty() || category.code.as_str() == self.category)
        });
        let codes: BTreeSet<CategoryCode> = wanted.map(|category| category.code.clone()).collect();
        (!codes.is_empty()).then(|| codes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_the_whole_of_its_conditions() {
        let text = "show=overdue&q=%D1%8F%D0%BC%D0%B0+%26+%D0%BB%D1%83%D0%B6%D0%B0&block=roads";
        let conditions = Conditions::of(text);
        assert_eq!((conditions.show, conditions.search.as_str()), (Show::Overdue, "яма & лужа"));
        assert_eq!(conditions.query(&[]), text);
        assert!(conditions.narrows() && !Conditions::of("show=closed").narrows());
        assert_eq!(Conditions::of("show=nonsense&x=y"), Conditions::default());
    }
}
