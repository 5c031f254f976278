//! A year of made-up history from a sample's labelled appeals: the same inputs give the same files, byte for byte. For demos,
//! tests and benches, so that indicators have something to show.

use std::path::{Path, PathBuf};

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Timelike as _};

use crate::error::AppError;

/// What to make.
#[derive(Debug, Clone)]
pub struct HistoryPlan {
    /// Appeals.
    pub appeals: u64,
    /// Day after the last.
    pub until: NaiveDate,
    /// Days back from it.
    pub days: u64,
}

/// Where it was written.
#[derive(Debug, Clone)]
pub struct History {
    /// Appeals, in the sample's own columns.
    pub appeals: PathBuf,
    /// What became of them.
    pub progress: PathBuf,
    /// Lines of the second file.
    pub events: u64,
}

/// Numbers that look random and are the same on every machine (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// Begins at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, not with, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// Whether something of `percent` in a hundred happens.
    pub fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Writes `history.csv` and `history-progress.csv` into a folder.
///
/// # Errors
/// A sample that cannot be read, a folder that cannot be written.
pub fn write(sample: &Path, folder: &Path, plan: &HistoryPlan) -> Result<History, AppError> {
    let wrong = |path: &Path, reason: String| AppError::File { path: path.display().to_string(), reason };
    let read = |e: csv::Error| wrong(sample, e.to_string());
    let mut reader = csv::Reader::from_path(sample).map_err(read)?;
    let headers = reader.headers().map_err(read)?.clone();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().map_err(read)?;
    let place = |name: &str| headers.iter().position(|header| header == name);
    let (Some(id), Some(at), Some(channel)) = (place("external_id"), place("received_at"), place("channel")) else {
        return Err(wrong(sample, "it has no columns external_id, received_at, channel".into()));
    };
    if rows.is_empty() {
        return Err(wrong(sample, "it holds no appeals".into()));
    }
    std::fs::create_dir_all(folder).map_err(|e| wrong(folder, e.to_string()))?;
    let history =
        History { appeals: folder.join("history.csv"), progress: folder.join("history-progress.csv"), events: 0 };
    let open = |path: &Path| csv::Writer::from_path(path).map_err(|e| wrong(path, e.to_string()));
    let (mut appeals, mut progress) = (open(&history.appeals)?, open(&history.progress)?);
    let failed = |e: csv::Error| wrong(folder, e.to_string());
    appeals.write_record(&headers).map_err(failed)?;
    progress.write_record(["channel", "external_id", "at", "kind", "value"]).map_err(failed)?;
    let (mut dice, mut events) = (Dice::new(plan.appeals ^ 0x7665_6368_6500), 0);
    let end = plan.until.and_time(NaiveTime::MIN);
    for number in 0..plan.appeals {
        let place = usize::try_from(dice.below(rows.len() as u64)).unwrap_or_default();
        let Some(row) = rows.get(place) else { continue };
        let received = moment(&mut dice, plan);
        let external = format!("HIS-{:06}", number + 1);
        let line = (0..).zip(row).map(|(i, cell)| match i {
            i if i == id => external.clone(),
            i if i == at => received.format("%Y-%m-%dT%H:%M:%S").to_string(),
            _ => cell.to_owned(),
        });
        appeals.write_record(line).map_err(failed)?;
        for (when, kind, value) in life(&mut dice, received) {
            if when >= end {
                continue;
            }
            let when = when.format("%Y-%m-%dT%H:%M:%S").to_string();
            let channel = row.get(channel).unwrap_or_default();
            progress.write_record([channel, &external, &when, kind, &value]).map_err(failed)?;
            events += 1;
        }
    }
    for writer in [&mut appeals, &mut progress] {
        writer.flush().map_err(|e| wrong(folder, e.to_string()))?;
    }
    Ok(History { events, ..history })
}

type Local = chrono::NaiveDateTime;

/// A local moment of receipt: more in winter, by day and on working days.
fn moment(dice: &mut Dice, plan: &HistoryPlan) -> Local {
    let first = plan.until.checked_sub_days(Days::new(plan.days)).unwrap_or(plan.until);
    loop {
        let day = first.checked_add_days(Days::new(dice.below(plan.days))).unwrap_or(first);
        let winter = matches!(day.month(), 11 | 12 | 1 | 2 | 3);
        let weekend = day.weekday().number_from_monday() > 5;
        if !dice.happens(if winter { 100 } else { 70 }) || weekend && !dice.happens(45) {
            continue;
        }
        let hour = if dice.happens(80) { 8 + dice.below(11) } else { dice.below(24) };
        let seconds = hour * 3_600 + dice.below(3_600);
        let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(seconds).unwrap_or(0), 0);
        return day.and_time(time.unwrap_or(NaiveTime::MIN));
    }
}

/// What becomes of an appeal.
fn life(dice: &mut Dice, received: Local) -> Vec<(Local, &'static str, String)> {
    let after = |from: Local, minutes: u64| {
        let at = from + TimeDelta::minutes(i64::try_from(minutes).unwrap_or(0));
        // Nobody answers at night.
        if at.hour() < 8 { at + TimeDelta::hours(8) } else { at }
    };
    let mut events = Vec::new();
    if dice.happens(4) {
        events.push((received, "repeated", String::new()));
    }
    let mut from = received;
    if dice.happens(7) {
        from = after(from, 60 + dice.below(2_000));
        events.push((from, "redirected", String::new()));
    }
    let reacted = after(from, 20 + dice.below(400) + if dice.happens(15) { 2_000 } else { 0 });
    if dice.happens(55) {
        events.push((reacted, "reacted", String::new()));
    }
    let slow = dice.happens(12);
    let days = if slow { 20 + dice.below(25) } else { 1 + dice.below(12) };
    let answered = after(reacted, days * 1_440 + dice.below(600));
    let substance = dice.happens(if slow { 45 } else { 72 });
    events.push((answered, "answered", if substance { "yes" } else { "no" }.to_owned()));
    let mut closed = after(answered, 60 + dice.below(2_880));
    events.push((closed, "closed", String::new()));
    if dice.happens(3) {
        let again = after(closed, 1_440 + dice.below(5_000));
        events.push((again, "reopened", String::new()));
        closed = after(again, 2_880 + dice.below(8_000));
        events.push((closed, "answered", "yes".to_owned()));
        closed = after(closed, 300);
        events.push((closed, "closed", String::new()));
    }
    if dice.happens(38) {
        let good = dice.happens(if slow || !substance { 35 } else { 82 });
        let mark = if good { 4 + dice.below(2) } else { 1 + dice.below(3) };
        events.push((after(closed, 120 + dice.below(4_000)), "marked", mark.to_string()));
    }
    events
}
