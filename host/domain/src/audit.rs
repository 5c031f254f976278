//! The log: facts, and the chain of digests that makes a later change of one visible.
//!
//! An entry is hashed in canonical JSON together with its place and the digest of the entry before it. Personal data are
//! not in it: the entry holds a salted commitment to them, so they can be erased and the chain stays whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::access::{Actor, Grants};
use crate::code::{Digest, RegionCode};
use crate::ruleset::canonical_json;

/// Which chain an entry is in. Written as the region's code, or `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    /// What belongs to no region.
    Host,
    /// A region's.
    Region(RegionCode),
}

impl Chain {
    /// Chains that a change of somebody's grants belongs to: those of the regions, and the host's where they span all.
    #[must_use]
    pub fn of_grants(grants: &Grants) -> BTreeSet<Self> {
        grants.list().iter().map(|grant| grant.region().cloned().map_or(Self::Host, Self::Region)).collect()
    }

    /// Of its text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text == "*" { Some(Self::Host) } else { RegionCode::new(text).ok().map(Self::Region) }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("*"),
            Self::Region(region) => region.fmt(f),
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A person corrected an appeal.
    Correct,
    /// A ruleset was made active.
    ActivateRuleset,
    /// A draft, a rollout, a release, a dataset or the policy of rules was changed; the details say how.
    ChangeRules,
    /// A release was uploaded.
    UploadRelease,
    /// Dictionaries and calendar of a region were loaded.
    LoadRegion,
    /// An account was made.
    CreateAccount,
    /// An account was changed.
    ChangeAccount,
    /// Somebody signed in.
    SignIn,
    /// An account was locked after wrong passwords.
    LockOut,
    /// All sessions of an account were ended.
    EndSessions,
    /// An API token was made.
    CreateToken,
    /// An API token was revoked.
    RevokeToken,
    /// An applicant's data were read.
    ReadPersonalData,
    /// What the log holds about a person was exported.
    ExportPerson,
    /// A person's data were erased.
    ErasePerson,
    /// Personal data were encrypted with another key.
    RotateKeys,
    /// A set, a target, an entered value or a decomposition of indicators was changed; the details say how.
    ChangeIndicators,
    /// A passport of an indicator was written or moved; the details say how.
    MovePassport,
    /// A file of appeals, measurements or ratings was asked for.
    RequestExport,
    /// Such a file was cancelled.
    CancelExport,
    /// Such a file was fetched.
    FetchExport,
    /// A person said what became of a question: a reaction, an answer, an extension, a mark …
    FollowUp,
    /// An answer was drafted.
    DraftAnswer,
    /// Rules of rating were set, a rating was calculated, published or taken back; the details say which.
    ChangeRating,
}

impl Deed {
    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::ActivateRuleset => "activate_ruleset",
            Self::ChangeRules => "change_rules",
            Self::UploadRelease => "upload_release",
            Self::LoadRegion => "load_region",
            Self::CreateAccount => "create_account",
            Self::ChangeAccount => "change_account",
            Self::SignIn => "sign_in",
            Self::LockOut => "lock_out",
            Self::EndSessions => "end_sessions",
            Self::CreateToken => "create_token",
            Self::RevokeToken => "revoke_token",
            Self::ReadPersonalData => "read_personal_data",
            Self::ExportPerson => "export_person",
            Self::ErasePerson => "erase_person",
            Self::RotateKeys => "rotate_keys",
            Self::ChangeIndicators => "change_indicators",
            Self::MovePassport => "move_passport",
            Self::RequestExport => "request_export",
            Self::CancelExport => "cancel_export",
            Self::FetchExport => "fetch_export",
            Self::FollowUp => "follow_up",
            Self::DraftAnswer => "draft_answer",
            Self::ChangeRating => "change_rating",
        }
    }
}

/// Something that happened, before it has its place in the chain.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Chain.
    pub chain: Chain,
    /// Who.
    pub actor: Actor,
    /// What.
    pub deed: Deed,
    /// On what: `appeal <id>`, `account <login>`. Never a person's name.
    pub target: String,
    /// Digest of the state before.
    pub before: Option<Digest>,
    /// Digest of the state after.
    pub after: Option<Digest>,
    /// Further words, without personal data.
    pub details: BTreeMap<&'static str, String>,
    /// Free text by people and names: may hold personal data, so it stands apart.
    pub private: BTreeMap<&'static str, String>,
}

impl Fact {
    /// A fact without further words.
    #[must_use]
    pub fn new(chain: Chain, actor: &Actor, deed: Deed, target: String) -> Self {
        Self {
            chain,
            actor: actor.clone(),
            deed,
            target,
            before: None,
            after: None,
            details: BTreeMap::new(),
            private: BTreeMap::new(),
        }
    }

    /// Digests of the state before and after.
    #[must_use]
    pub fn change(mut self, before: Option<Digest>, after: Option<Digest>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    /// One more word about it; no personal data.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    /// A word that may hold personal data.
    #[must_use]
    pub fn private(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.private.insert(name, value.into());
        self
    }

    /// Gives the fact its place after `previous`. `salt` makes a short private text unguessable from its commitment.
    #[must_use]
    pub fn seal(&self, seq: i64, previous: Digest, at: DateTime<Utc>, salt: [u8; 16]) -> (Entry, Option<Private>) {
        let private = (!self.private.is_empty()).then(|| Private {
            salt: salt.to_vec(),
            data: serde_json::to_value(&self.private)
                .map(|value| String::from_utf8_lossy(&canonical_json(&value)).into_owned())
                .unwrap_or_default(),
        });
        let mut entry = Entry {
            chain: self.chain.to_string(),
            seq,
            at,
            actor: self.actor.name.clone(),
            request: self.actor.request.clone(),
            deed: self.deed.as_str().to_owned(),
            target: self.target.clone(),
            before: self.before,
            after: self.after,
            details: self.details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            private: private.as_ref().map(Private::commitment),
            previous,
            digest: previous,
        };
        entry.digest = entry.recomputed();
        (entry, private)
    }
}

/// Personal data of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    /// 16 random bytes.
    pub salt: Vec<u8>,
    /// Canonical JSON.
    pub data: String,
}

impl Private {
    fn commitment(&self) -> Digest {
        Digest::of(&[self.salt.as_slice(), self.data.as_bytes()].concat())
    }
}

/// The digest before the first entry.
#[must_use]
pub fn beginning() -> Digest {
    Digest::of(b"")
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Chain.
    pub chain: String,
    /// Place, from 1.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// Id of the request.
    pub request: Option<String>,
    /// What.
    pub deed: String,
    /// On what.
    pub target: String,
    /// Digest of the state before.
    pub before: Option<Digest>,
    /// Digest of the state after.
    pub after: Option<Digest>,
    /// Further words.
    pub details: BTreeMap<String, String>,
    /// Commitment to the personal data.
    pub private: Option<Digest>,
    /// Digest of the entry before.
    pub previous: Digest,
    /// Digest of this one.
    pub digest: Digest,
}

impl Entry {
    /// The digest that its content gives.
    #[must_use]
    pub fn recomputed(&self) -> Digest {
        self.digest_at(self.seq)
    }

    fn digest_at(&self, seq: i64) -> Digest {
        Digest::of(&canonical_json(&serde_json::json!({
            "chain": self.chain, "seq": seq, "at": self.at.timestamp_micros(), "actor": self.actor,
            "request": self.request, "deed": self.deed, "target": self.target, "before": self.before,
            "after": self.after, "details": self.details, "private": self.private, "previous": self.previous,
        })))
    }
}

/// What is left of an entry's personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// No row: right for an entry without a commitment.
    Nothing,
    /// All of it.
    Whole(Private),
    /// Erased by this entry.
    ErasedBy(i64),
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Places without an entry.
    #[error("chain {chain}: entries {from} to {to} are missing")]
    Missing {
        /// Chain.
        chain: String,
        /// First.
        from: i64,
        /// Last.
        to: i64,
    },
    /// An entry that is not what was written.
    #[error("chain {chain}: entry {seq} was changed")]
    Changed {
        /// Chain.
        chain: String,
        /// Place.
        seq: i64,
    },
    /// An entry in another's place.
    #[error("chain {chain}: entry {seq} was written as entry {written_as}: the entries were reordered")]
    Reordered {
        /// Chain.
        chain: String,
        /// Place.
        seq: i64,
        /// Place when it was written.
        written_as: i64,
    },
    /// An entry that does not follow the one before it.
    #[error("chain {chain}: entry {seq} does not follow entry {before}: one of them was replaced")]
    Unlinked {
        /// Chain.
        chain: String,
        /// Place.
        seq: i64,
        /// Place before.
        before: i64,
    },
    /// Personal data that are not what was written.
    #[error("chain {chain}: the personal data of entry {seq} were changed")]
    PrivateChanged {
        /// Chain.
        chain: String,
        /// Place.
        seq: i64,
    },
    /// Personal data that went without an act.
    #[error("chain {chain}: the personal data of entry {seq} are gone, and no act of erasure says so")]
    PrivateGone {
        /// Chain.
        chain: String,
        /// Place.
        seq: i64,
    },
    /// The chain is not what a checkpoint or its own head says.
    #[error("chain {chain}: entry {seq} is not the one that the {witness} names")]
    Head {
        /// Chain.
        chain: String,
        /// Place.
        seq: i64,
        /// Who says so.
        witness: &'static str,
    },
}

/// How far around its place a changed entry is looked for, to tell reordering from change.
const REORDERED_WITHIN: i64 = 64;

/// Checks a chain entry by entry, in the order of their places.
#[derive(Debug)]
pub struct Verifier {
    chain: String,
    seq: i64,
    previous: Digest,
    erasures: BTreeSet<i64>,
    erased: Vec<(i64, i64)>,
    faults: Vec<Fault>,
}

impl Verifier {
    /// Begins before the first entry.
    #[must_use]
    pub fn new(chain: &Chain) -> Self {
        Self {
            chain: chain.to_string(),
            seq: 0,
            previous: beginning(),
            erasures: BTreeSet::new(),
            erased: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Checks the next entry.
    pub fn check(&mut self, entry: &Entry, kept: &Kept) {
        let (chain, seq) = (self.chain.clone(), entry.seq);
        let gap = seq > self.seq + 1;
        if gap {
            self.faults.push(Fault::Missing { chain: chain.clone(), from: self.seq + 1, to: seq - 1 });
        }
        if entry.recomputed() != entry.digest || entry.chain != self.chain {
            let near = (seq - REORDERED_WITHIN).max(1)..=seq + REORDERED_WITHIN;
            let fault = match near.into_iter().find(|other| entry.digest_at(*other) == entry.digest) {
                Some(written_as) if written_as != seq => Fault::Reordered { chain: chain.clone(), seq, written_as },
                _ => Fault::Changed { chain: chain.clone(), seq },
            };
            self.faults.push(fault);
        } else if !gap && entry.previous != self.previous {
            self.faults.push(Fault::Unlinked { chain: chain.clone(), seq, before: self.seq });
        }
        match (&entry.private, kept) {
            (None, Kept::Nothing) => {}
            (Some(commitment), Kept::Whole(private)) if private.commitment() == *commitment => {}
            (Some(_), Kept::ErasedBy(by)) => self.erased.push((seq, *by)),
            (Some(_), Kept::Nothing) => self.faults.push(Fault::PrivateGone { chain, seq }),
            _ => self.faults.push(Fault::PrivateChanged { chain, seq }),
        }
        if entry.deed == Deed::ErasePerson.as_str() {
            self.erasures.insert(seq);
        }
        (self.seq, self.previous) = (seq, entry.digest);
    }

    /// Compares the place that a witness knows, once it is reached.
    pub fn compare(&mut self, seq: i64, digest: Digest, witness: &'static str) {
        if self.seq == seq && self.previous != digest {
            self.faults.push(Fault::Head { chain: self.chain.clone(), seq, witness });
        }
    }

    /// Ends at the place that the head names; what was found.
    #[must_use]
    pub fn finish(mut self, head: i64) -> Verified {
        if self.seq < head {
            self.faults.push(Fault::Missing { chain: self.chain.clone(), from: self.seq + 1, to: head });
        }
        for (seq, _) in self.erased.iter().filter(|(_, by)| !self.erasures.contains(by)) {
            self.faults.push(Fault::PrivateGone { chain: self.chain.clone(), seq: *seq });
        }
        Verified {
            chain: self.chain,
            entries: self.seq,
            digest: self.previous,
            erased: self.erased.len(),
            faults: self.faults,
        }
    }
}

/// What a check of a chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Chain.
    pub chain: String,
    /// Place of the last entry.
    pub entries: i64,
    /// Its digest.
    pub digest: Digest,
    /// Entries whose personal data were erased by an act.
    pub erased: usize,
    /// Faults.
    pub faults: Vec<Fault>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn chain(count: i64) -> Vec<(Entry, Kept)> {
        let mut previous = beginning();
        (1..=count)
            .map(|seq| {
                let deed = if seq == 4 { Deed::ErasePerson } else { Deed::Correct };
                let mut fact = Fact::new(Chain::Host, &Actor::named("cli"), deed, format!("appeal {seq}"));
                if seq == 2 {
                    fact = fact.private("reason", "Иванов просил");
                }
                let at = DateTime::from_timestamp(1_700_000_000 + seq, 0).unwrap();
                let (entry, private) = fact.seal(seq, previous, at, [7; 16]);
                previous = entry.digest;
                (entry, private.map_or(Kept::Nothing, Kept::Whole))
            })
            .collect()
    }

    fn faults(entries: &[(Entry, Kept)], head: i64) -> Vec<String> {
        let mut verifier = Verifier::new(&Chain::Host);
        for (entry, kept) in entries {
            verifier.check(entry, kept);
        }
        verifier.finish(head).faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_chain_is_whole_also_after_an_erasure() {
        let mut entries = chain(5);
        assert_eq!(faults(&entries, 5), Vec::<String>::new());
        entries[1].1 = Kept::ErasedBy(4);
        assert_eq!(faults(&entries, 5), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_tampering_is_named() {
        type Change = fn(&mut Vec<(Entry, Kept)>);
        let cases: [(Change, &str); 9] = [
            (|e| e[2].0.target = "appeal 9".into(), "entry 3 was changed"),
            (|e| e[2].0.at += chrono::TimeDelta::seconds(1), "entry 3 was changed"),
            (|e| drop(e.remove(2)), "entries 3 to 3 are missing"),
            (|e| drop(e.pop()), "entries 5 to 5 are missing"),
            (
                |e| {
                    e.swap(2, 3);
                    (e[2].0.seq, e[3].0.seq) = (3, 4);
                },
                "entry 3 was written as entry 4",
            ),
            (
                |e| {
                    e[2].0.target = "appeal 9".into();
                    e[2].0.digest = e[2].0.recomputed();
                },
                "entry 4 does not follow entry 3",
            ),
            (
                |e| e[1].1 = Kept::Whole(Private { salt: vec![7; 16], data: "{}".into() }),
                "the personal data of entry 2 were changed",
            ),
            (|e| e[1].1 = Kept::Nothing, "the personal data of entry 2 are gone"),
            (|e| e[1].1 = Kept::ErasedBy(3), "the personal data of entry 2 are gone"),
        ];
        for (change, wanted) in cases {
            let mut entries = chain(5);
            change(&mut entries);
            let found = faults(&entries, 5);
            assert!(found.first().is_some_and(|fault| fault.contains(wanted)), "{wanted}: {found:?}");
        }
    }
}
