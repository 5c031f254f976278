//! The rights of the person behind an appeal (152-FZ): what is recorded about them, and its erasure by an act.

use chrono::{NaiveDate, Utc};
use serde::Serialize;
use veche_domain::access::Actor;
use veche_domain::appeal::AppealId;
use veche_domain::audit::{Chain, Deed, Entry, Fact, Kept};
use veche_domain::code::RegionCode;
use veche_domain::mask::masked;
use veche_store::{Act, AuditFilter, Store};

use crate::error::AppError;

/// Entries of the log read at once.
const PAGE: i64 = 500;
/// Most appeals of one act.
const ACT_LIMIT: usize = 1_000;

/// An entry with what the log keeps apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// Its personal data; missing where there are none or they were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal: Option<serde_json::Value>,
}

/// All that the log holds about one person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Export {
    /// Their appeals: same phone, same e-mail, or same name and address.
    pub appeals: Vec<AppealId>,
    /// Entries on those, oldest first.
    pub entries: Vec<Recorded>,
}

async fn existing(store: &Store, region: &RegionCode, id: AppealId) -> Result<veche_store::StoredAppeal, AppError> {
    let unknown = || AppError::Unknown { what: "appeal", code: id.to_string() };
    store.appeal(region, id).await?.ok_or_else(unknown)
}

/// What the log holds about the person who wrote an appeal. The export is in the log itself.
///
/// # Errors
/// Unknown appeal; store errors.
pub async fn export(store: &Store, region: &RegionCode, appeal: AppealId, actor: &Actor) -> Result<Export, AppError> {
    existing(store, region, appeal).await?;
    let mut appeals = store.appeals_of_person(region, appeal).await?;
    if appeals.is_empty() {
        // Its applicant is unknown or erased: the appeal is all there is.
        appeals.push(appeal);
    }
    let chain = Chain::Region(region.clone());
    let fact = Fact::new(chain.clone(), actor, Deed::ExportPerson, format!("appeal {appeal}"));
    store.log(&[fact.detail("appeals", appeals.len().to_string())]).await?;
    let mut entries = Vec::new();
    for id in &appeals {
        let filter = AuditFilter { target: Some(format!("appeal {id}")), ..AuditFilter::default() };
        let mut after = 0;
        loop {
            let rows = store.audit_entries(&chain, &filter, after, PAGE).await?;
            let Some(last) = rows.last().map(|row| row.entry.seq) else { break };
            after = last;
            entries.extend(rows.into_iter().map(|row| Recorded {
                entry: row.entry,
                personal: match row.kept {
                    Kept::Whole(private) => serde_json::from_str(&private.data).ok(),
                    Kept::Nothing | Kept::ErasedBy(_) => None,
                },
            }));
        }
    }
    entries.sort_by_key(|recorded| recorded.entry.seq);
    Ok(Export { appeals, entries })
}

/// Erases the personal data of appeals by an act: applicants go, texts are masked, people's reasons go. What was decided
/// stays, and so does the log's chain. Which appeals are one person's is the caller's to say: [`export`] proposes them.
///
/// # Errors
/// An act that cannot be, an unknown appeal; then nothing was erased.
pub async fn erase(
    store: &Store,
    region: &RegionCode,
    appeals: &[AppealId],
    number: &str,
    date: NaiveDate,
    actor: &Actor,
) -> Result<(), AppError> {
    let invalid = |field: &'static str, reason: &str| Err(AppError::Invalid { field, reason: reason.into() });
    let number = number.trim();
    if !(1..=100).contains(&number.chars().count()) {
        return invalid("act.number", "an erasure needs the number of its act, 1 to 100 characters");
    }
    // A day of slack: the act is dated in the region's time zone.
    if date > Utc::now().date_naive() + chrono::Days::new(1) {
        return invalid("act.date", "the act is dated in the future");
    }
    if appeals.is_empty() || appeals.len() > ACT_LIMIT {
        return invalid("appeals", "name 1 to 1,000 appeals");
    }
    let mut erased = Vec::with_capacity(appeals.len());
    for id in appeals {
        let stored = existing(store, region, *id).await?;
        erased.push((*id, masked(&stored.appeal.content)));
    }
    let act = Act { number: number.to_owned(), date };
    Ok(store.erase(region, &erased, &act, actor).await?)
}
