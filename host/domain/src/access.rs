//! Who may do what: roles, actions and the one table that joins them.
//!
//! Deny by default: what [`TABLE`] does not allow is refused. The web floor asks it for every route, `docs/roles.md` is
//! written from it, and the tests call every route as every role and compare.

pub mod claims;
mod table;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::{BlockCode, RegionCode};

use table::Reach;
pub use table::{APART, Action, Role, Rule, TABLE};

/// A role somewhere. Written `operator@yaroslavl/housing,roads`, `auditor@*`, `host_administrator`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Grant {
    role: Role,
    region: Option<RegionCode>,
    blocks: BTreeSet<BlockCode>,
}

/// Why something is no grant, or grants do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// No such role.
    #[error(
        "role {0:?} is unknown: write one of operator, block_lead, head, curator, administrator, developer, media, auditor, intake, host_administrator"
    )]
    Role(String),
    /// A role without its region.
    #[error("role {role} needs a region: write `{role}@<region>`")]
    NeedsRegion {
        /// Role.
        role: &'static str,
    },
    /// A host-wide role with a region.
    #[error("role {role} is the whole host's: write it without a region")]
    TakesNoRegion {
        /// Role.
        role: &'static str,
    },
    /// A block lead of no block.
    #[error("role {role} needs its blocks: write `{role}@<region>/<block>,<block>`")]
    NeedsBlocks {
        /// Role.
        role: &'static str,
    },
    /// Blocks where there can be none.
    #[error("role {role} reaches a whole region: write it without blocks")]
    TakesNoBlocks {
        /// Role.
        role: &'static str,
    },
    /// A bad code.
    #[error(transparent)]
    Code(#[from] crate::code::CodeError),
    /// Nothing granted.
    #[error("at least one role is needed: without one an account may do nothing")]
    Nothing,
    /// Two roles that nobody holds together.
    #[error("roles {0} and {1} are kept apart: nobody holds both in one region")]
    Apart(&'static str, &'static str),
}

impl Grant {
    /// A role for the whole host, or in every region.
    ///
    /// # Errors
    /// A role that must have a region.
    pub fn everywhere(role: Role) -> Result<Self, AccessError> {
        if role.may_span() {
            Ok(Self { role, region: None, blocks: BTreeSet::new() })
        } else {
            Err(AccessError::NeedsRegion { role: role.as_str() })
        }
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its region; none for every region.
    #[must_use]
    pub fn region(&self) -> Option<&RegionCode> {
        self.region.as_ref()
    }

    fn is_in(&self, region: &RegionCode) -> bool {
        self.region.as_ref().is_none_or(|own| own == region)
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (&self.region, &other.region) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }
}

impl FromStr for Grant {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let (role, place) = match text.trim().split_once('@') {
            Some((role, place)) => (role, Some(place)),
            None => (text.trim(), None),
        };
        let role = Role::from_code(role).ok_or_else(|| AccessError::Role(role.chars().take(80).collect()))?;
        let name = role.as_str();
        let (region, blocks) = match place.map(|place| place.split_once('/').unwrap_or((place, ""))) {
            None => (None, ""),
            Some((_, _)) if role == Role::HostAdministrator => return Err(AccessError::TakesNoRegion { role: name }),
            Some(("*", blocks)) if role.may_span() => (None, blocks),
            Some(("*", _)) => return Err(AccessError::NeedsRegion { role: name }),
            Some((region, blocks)) => (Some(RegionCode::new(region)?), blocks),
        };
        if place.is_none() && role != Role::HostAdministrator {
            return Err(AccessError::NeedsRegion { role: name });
        }
        let blocks = blocks
            .split(',')
            .map(str::trim)
            .filter(|block| !block.is_empty())
            .map(BlockCode::new)
            .collect::<Result<BTreeSet<_>, _>>()?;
        match (role, blocks.is_empty()) {
            (Role::BlockLead, true) => Err(AccessError::NeedsBlocks { role: name }),
            (_, false) if !role.takes_blocks() => Err(AccessError::TakesNoBlocks { role: name }),
            _ => Ok(Self { role, region, blocks }),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.role.as_str())?;
        match &self.region {
            Some(region) => write!(f, "@{region}")?,
            None if self.role != Role::HostAdministrator => f.write_str("@*")?,
            None => {}
        }
        for (i, block) in self.blocks.iter().enumerate() {
            write!(f, "{}{block}", if i == 0 { "/" } else { "," })?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Grant {
    type Error = AccessError;
    fn try_from(text: String) -> Result<Self, AccessError> {
        text.parse()
    }
}

impl From<Grant> for String {
    fn from(grant: Grant) -> Self {
        grant.to_string()
    }
}

/// All that somebody holds. At least one grant, and none that must be apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Grant>", into = "Vec<Grant>")]
pub struct Grants(Vec<Grant>);

/// How far somebody may go with an action in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything of the region.
    Region,
    /// These blocks.
    Blocks(BTreeSet<BlockCode>),
}

impl Scope {
    /// Whether a block is within it. What has no block yet belongs to the whole region.
    #[must_use]
    pub fn covers(&self, block: Option<&BlockCode>) -> bool {
        match (self, block) {
            (Self::Region, _) => true,
            (Self::Blocks(blocks), Some(block)) => blocks.contains(block),
            (Self::Blocks(_), None) => false,
        }
    }
}

/// Why an action is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing is held in that region: for this caller it does not exist.
    Unknown,
    /// The region is known, the action is not allowed.
    Forbidden,
}

impl Grants {
    /// Checks that there is one and that none must be apart.
    ///
    /// # Errors
    /// [`AccessError::Nothing`], [`AccessError::Apart`].
    pub fn new(mut grants: Vec<Grant>) -> Result<Self, AccessError> {
        grants.sort();
        grants.dedup();
        if grants.is_empty() {
            return Err(AccessError::Nothing);
        }
        for (i, a) in grants.iter().enumerate() {
            for b in grants.iter().skip(i + 1).filter(|b| a.overlaps(b)) {
                if APART.iter().any(|(x, y)| (a.role, b.role) == (*x, *y) || (b.role, a.role) == (*x, *y)) {
                    return Err(AccessError::Apart(a.role.as_str(), b.role.as_str()));
                }
            }
        }
        Ok(Self(grants))
    }

    /// The single grants.
    #[must_use]
    pub fn list(&self) -> &[Grant] {
        &self.0
    }

    /// How far an action may go in a region.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] where nothing is held in the region, [`Refusal::Forbidden`] where no role allows it.
    pub fn scope(&self, action: Action, region: &RegionCode) -> Result<Scope, Refusal> {
        let here = || self.0.iter().filter(|grant| grant.is_in(region));
        if here().next().is_none() {
            return Err(Refusal::Unknown);
        }
        let mut blocks = BTreeSet::new();
        for grant in here() {
            match action.rule().and_then(|rule| rule.reach(grant.role)) {
                None | Some(Reach::Host) => {}
                Some(Reach::Blocks) if !grant.blocks.is_empty() => blocks.extend(grant.blocks.iter().cloned()),
                Some(_) => return Ok(Scope::Region),
            }
        }
        if blocks.is_empty() { Err(Refusal::Forbidden) } else { Ok(Scope::Blocks(blocks)) }
    }

    /// Whether an action is allowed anywhere: for routes that belong to no region.
    #[must_use]
    pub fn allow_somewhere(&self, action: Action) -> bool {
        self.0.iter().any(|grant| match action.rule().and_then(|rule| rule.reach(grant.role)) {
            None => false,
            Some(Reach::Host) => grant.region.is_none(),
            Some(Reach::Region | Reach::Blocks) => true,
        })
    }

    /// Whether somebody who holds these grants may give `grant` to another: within the regions where accounts are
    /// theirs to manage, and never a role above them.
    #[must_use]
    pub fn may_give(&self, grant: &Grant) -> bool {
        self.0.iter().any(|own| match own.role {
            Role::HostAdministrator => true,
            Role::Administrator => {
                grant.role.is_given_by_administrator() && grant.region.is_some() && grant.region == own.region
            }
            _ => false,
        })
    }
}

impl TryFrom<Vec<Grant>> for Grants {
    type Error = AccessError;
    fn try_from(grants: Vec<Grant>) -> Result<Self, AccessError> {
        Self::new(grants)
    }
}

impl From<Grants> for Vec<Grant> {
    fn from(grants: Grants) -> Self {
        grants.0
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, grant) in self.0.iter().enumerate() {
            write!(f, "{}{grant}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Who does something: what the log names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `account:…`, `token:…`, `cli`, `host`, or `oidc` for what the sign-in provider says.
    pub name: String,
    /// Id of the request that they sent.
    pub request: Option<String>,
}

impl Actor {
    /// An actor without a request: a command, a chore.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), request: None }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn grants(texts: &[&str]) -> Result<Grants, AccessError> {
        Grants::new(texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
    }

    #[test]
    fn a_grant_reads_as_it_is_written() {
        for text in [
            "operator@r",
            "operator@r/housing,roads",
            "block_lead@r/roads",
            "auditor@*",
            "intake@r",
            "host_administrator",
        ] {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
        }
        for (text, part) in [
            ("boss@r", "unknown"),
            ("operator", "needs a region"),
            ("operator@*", "needs a region"),
            ("block_lead@r", "needs its blocks"),
            ("head@r/roads", "without blocks"),
            ("host_administrator@r", "without a region"),
            ("operator@Р", "region code"),
        ] {
            let error = text.parse::<Grant>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn every_action_has_one_row() {
        for rule in &TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.action == rule.action || other.code == rule.code).count(), 1);
        }
    }

    #[test]
    fn what_is_not_allowed_is_refused_and_another_region_is_unknown() {
        let (here, there) = (RegionCode::new("r").unwrap(), RegionCode::new("s").unwrap());
        let lead = grants(&["block_lead@r/roads"]).unwrap();
        let roads = Scope::Blocks([BlockCode::new("roads").unwrap()].into());
        assert_eq!(lead.scope(Action::Correct, &here), Ok(roads.clone()));
        assert_eq!(lead.scope(Action::UploadRelease, &here), Err(Refusal::Forbidden));
        assert_eq!(lead.scope(Action::Correct, &there), Err(Refusal::Unknown));
        assert!(!roads.covers(None) && !roads.covers(Some(&BlockCode::new("waste").unwrap())));
        let both = grants(&["block_lead@r/roads", "head@r"]).unwrap();
        assert_eq!(both.scope(Action::Correct, &here), Ok(Scope::Region));
        assert_eq!(grants(&["auditor@*"]).unwrap().scope(Action::ReadAudit, &there), Ok(Scope::Region));
        // The host's own log is for those who hold their role in no single region.
        for (text, may) in [("auditor@*", true), ("host_administrator", true), ("auditor@r", false), ("head@r", false)]
        {
            let grants = grants(&[text]).unwrap();
            assert_eq!(grants.allow_somewhere(Action::ReadHostAudit), may, "{text}");
            assert_eq!(grants.scope(Action::ReadHostAudit, &here), Err(Refusal::Forbidden), "{text}");
        }
    }

    #[test]
    fn duties_are_kept_apart() {
        assert_eq!(grants(&["developer@r", "administrator@r"]), Err(AccessError::Apart("administrator", "developer")));
        assert!(grants(&["developer@r", "administrator@s"]).is_ok());
        assert!(grants(&["auditor@*", "operator@s"]).is_err());
        assert!(grants(&["curator@s", "host_administrator"]).is_err());
        assert_eq!(grants(&[]), Err(AccessError::Nothing));
    }

    #[test]
    fn an_administrator_appoints_nobody_above() {
        let administrator = grants(&["administrator@r"]).unwrap();
        let may = |text: &str| administrator.may_give(&text.parse().unwrap());
        assert!(may("operator@r") && may("intake@r") && may("block_lead@r/roads"));
        for text in ["operator@s", "curator@r", "auditor@r", "administrator@r", "host_administrator", "intake@*"] {
            assert!(!may(text), "{text}");
        }
        assert!(grants(&["host_administrator"]).unwrap().may_give(&"administrator@s".parse().unwrap()));
        assert!(!grants(&["head@r"]).unwrap().may_give(&"operator@r".parse().unwrap()));
    }
}
