//! Roles of people who sign in elsewhere: a file of the administrator says which value of which claim gives which role.
//!
//! Deny by default: whoever has no value that the file names holds nothing.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{AccessError, Grant, Grants};

/// What a provider says about a person.
pub type Claims = Map<String, Value>;

/// Which claims count, and what they give.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRules {
    /// Scopes that are asked for besides `openid`.
    #[serde(default = "profile")]
    pub scopes: Vec<String>,
    /// Claim that names the login of a new account.
    #[serde(default = "preferred_username")]
    pub login: String,
    /// Claim with the person's name.
    #[serde(default = "name")]
    pub name: String,
    /// Values that give roles.
    #[serde(default, rename = "role")]
    pub roles: Vec<RoleRule>,
}

/// A value of a claim, and the roles that it gives.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Claim: its name, or a path into objects, `realm_access.roles`.
    pub claim: String,
    /// The claim's text, or one of its texts if it is a list.
    pub value: String,
    /// Roles, `operator@yaroslavl/roads`.
    pub grants: Vec<Grant>,
}

fn profile() -> Vec<String> {
    vec!["profile".into()]
}

fn preferred_username() -> String {
    "preferred_username".into()
}

fn name() -> String {
    "name".into()
}

/// What is wrong with a file of claim rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRulesError {
    /// No TOML, or other fields and values than it must have.
    #[error("{0}")]
    Text(String),
    /// Nobody could get in.
    #[error("no `[[role]]` gives a role: nobody could get in")]
    Nobody,
    /// A rule without a claim, a value or a grant.
    #[error("`[[role]]` number {number} has no {what}")]
    Empty {
        /// Place of the rule, from 1.
        number: usize,
        /// What it lacks.
        what: &'static str,
    },
    /// A scope that is none.
    #[error("{0:?} is no scope: it must have no space and no quotation marks")]
    Scope(String),
}

impl ClaimRules {
    /// Reads the file's text.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, ClaimRulesError> {
        let rules: Self = toml::from_str(text).map_err(|e| ClaimRulesError::Text(e.to_string()))?;
        let fits = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
        if let Some(scope) = rules.scopes.iter().find(|scope| scope.is_empty() || !scope.chars().all(fits)) {
            return Err(ClaimRulesError::Scope(scope.clone()));
        }
        for (i, rule) in rules.roles.iter().enumerate() {
            let what = match rule {
                RoleRule { claim, .. } if claim.is_empty() => "claim",
                RoleRule { value, .. } if value.is_empty() => "value",
                RoleRule { grants, .. } if grants.is_empty() => "grants",
                _ => continue,
            };
            return Err(ClaimRulesError::Empty { number: i + 1, what });
        }
        if rules.roles.is_empty() { Err(ClaimRulesError::Nobody) } else { Ok(rules) }
    }

    /// Names of the claims that the rules look at: the first part of a path is enough.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        let roles = self.roles.iter().map(|rule| rule.claim.as_str());
        roles.chain([self.login.as_str(), self.name.as_str()])
    }

    /// What the claims give; none if no value is named by a rule.
    ///
    /// # Errors
    /// [`AccessError::Apart`]: the values give roles that nobody holds together.
    pub fn grants(&self, claims: &Claims) -> Result<Option<Grants>, AccessError> {
        let given: BTreeSet<&Grant> = self
            .roles
            .iter()
            .filter(|rule| has(claims, &rule.claim, &rule.value))
            .flat_map(|rule| &rule.grants)
            .collect();
        if given.is_empty() {
            return Ok(None);
        }
        Grants::new(given.into_iter().cloned().collect()).map(Some)
    }
}

/// The claim of a name. A name that stands there as it is written comes before a path: it may hold dots itself.
#[must_use]
pub fn claim<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, part| value.get(part))
}

fn has(claims: &Claims, name: &str, wanted: &str) -> bool {
    match claim(claims, name) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(texts)) => texts.iter().any(|text| text.as_str() == Some(wanted)),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    const FILE: &str = r#"
        scopes = ["profile", "groups"]
        [[role]]
        claim = "groups"
        value = "roads"
        grants = ["operator@yaroslavl/roads"]
        [[role]]
        claim = "realm_access.roles"
        value = "head"
        grants = ["head@yaroslavl"]
        [[role]]
        claim = "https://example.org/post"
        value = "developer"
        grants = ["developer@yaroslavl"]
        [[role]]
        claim = "groups"
        value = "administrators"
        grants = ["administrator@yaroslavl"]
    "#;

    fn grants(claims: Value) -> Result<Option<String>, AccessError> {
        let rules = ClaimRules::parse(FILE).unwrap();
        let Value::Object(claims) = claims else { unreachable!() };
        Ok(rules.grants(&claims)?.map(|grants| grants.to_string()))
    }

    #[test]
    fn a_value_gives_what_its_rule_says_and_nothing_else_gives_anything() {
        assert_eq!(grants(json!({"groups": ["x", "roads"]})).unwrap().unwrap(), "operator@yaroslavl/roads");
        assert_eq!(grants(json!({"groups": "roads"})).unwrap().unwrap(), "operator@yaroslavl/roads");
        assert_eq!(
            grants(json!({"groups": ["roads"], "realm_access": {"roles": ["head"]}})).unwrap().unwrap(),
            "operator@yaroslavl/roads head@yaroslavl"
        );
        assert_eq!(grants(json!({"https://example.org/post": "developer"})).unwrap().unwrap(), "developer@yaroslavl");
        for nothing in [
            json!({}),
            json!({"groups": []}),
            json!({"groups": ["Roads", "roads ", "road"]}),
            json!({"groups": {"roads": true}}),
            json!({"groups": [["roads"]]}),
            json!({"roads": "roads", "role": "host_administrator", "grants": ["head@yaroslavl"]}),
            json!({"realm_access.roles": [], "realm_access": {"roles": ["head"]}}),
        ] {
            assert_eq!(grants(nothing.clone()).unwrap(), None, "{nothing}");
        }
    }

    #[test]
    fn roles_that_are_kept_apart_are_given_to_nobody() {
        let both = grants(json!({"groups": ["administrators"], "https://example.org/post": "developer"}));
        assert_eq!(both, Err(AccessError::Apart("administrator", "developer")));
    }

    #[test]
    fn a_file_that_cannot_be_is_refused_in_words() {
        for (text, part) in [
            ("", "nobody could get in"),
            ("[[role]]\nclaim = 'g'\nvalue = 'v'\ngrants = ['boss@r']", "boss"),
            ("[[role]]\nclaim = 'g'\nvalue = 'v'\ngrants = ['operator']", "needs a region"),
            ("[[role]]\nclaim = 'g'\nvalue = 'v'\ngrants = []", "number 1 has no grants"),
            ("[[role]]\nclaim = ''\nvalue = 'v'\ngrants = ['head@r']", "no claim"),
            ("[[role]]\nclaim = 'g'\nvalue = ''\ngrants = ['head@r']", "no value"),
            ("[[role]]\nclaim = 'g'\nvalue = 1\ngrants = ['head@r']", "string"),
            ("[[role]]\nclaim = 'g'\ngrants = ['head@r']", "value"),
            ("[[roles]]\nclaim = 'g'", "roles"),
            ("scopes = ['a b']\n[[role]]\nclaim = 'g'\nvalue = 'v'\ngrants = ['head@r']", "no scope"),
            ("scopes = ", "TOML"),
        ] {
            let error = ClaimRules::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let rules = ClaimRules::parse("[[role]]\nclaim = 'a.b'\nvalue = 'v'\ngrants = ['head@r']").unwrap();
        assert_eq!(rules.scopes, ["profile"]);
        assert_eq!(rules.wanted().collect::<Vec<_>>(), ["a.b", "preferred_username", "name"]);
    }
}
