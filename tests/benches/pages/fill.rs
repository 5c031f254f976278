//! Appeals from the sample's distribution with their questions, written past the pipeline: what is measured is reading.

use std::collections::HashMap;
use std::path::Path;

use serde_json::json;
use veche_app::indicators::history::Dice;

/// Appeals of one transaction.
const GROUP: u64 = 2_000;
const DAY: i64 = 86_400_000_000;

/// Writes so many appeals of the last three hundred days; the same number gives the same appeal.
pub(crate) async fn fill(database: &Path, sample: &Path, appeals: u64) {
    let rows = csv::Reader::from_path(sample).unwrap().into_deserialize::<HashMap<String, String>>();
    let rows: Vec<HashMap<String, String>> = rows.map(Result::unwrap).collect();
    let url = database.display().to_string();
    let now = chrono::Utc::now().timestamp_micros();
    let mut sql = String::from("BEGIN;");
    for n in 0..appeals {
        let mut dice = Dice::new(n);
        let row = &rows[dice.below(rows.len() as u64) as usize];
        let of = |name: &str| row[name].replace('\'', "''");
        let received = now - (dice.below(300 * 86_400) as i64) * 1_000_000;
        let due = received + 30 * DAY;
        let state = match (dice.below(100), now - received) {
            (0..3, _) => "needs_person",
            (3..6, _) => "assigned",
            (_, age) if age < 12 * DAY => "in_progress",
            (6..10, _) => "answered",
            _ => "closed",
        };
        let moment = |at: i64| chrono::DateTime::from_timestamp_micros(at).unwrap().to_rfc3339();
        let municipality = of("municipality");
        let known = municipality.starts_with("78");
        let mut content = json!({"channel": row["channel"], "regime": row["regime"], "external_id": format!("B-{n}"),
            "received_at": moment(received), "text": row["text"], "place": {"address": row["address"]}});
        if known {
            content["place"]["municipality"] = json!(municipality);
        }
        let content = content.to_string().replace('\'', "''");
        let town = if known { format!("'{municipality}'") } else { "NULL".into() };
        let (channel, regime) = (of("channel"), of("regime"));
        let (category, body) = (of("expected_category"), of("expected_body"));
        let review = u8::from(state == "needs_person");
        let clocks = format!(r#"[{{"kind":"answer","due":"{}","basis":"59-ФЗ ст. 12"}}]"#, moment(due));
        sql += &format!(
            "INSERT INTO appeal (id, region, channel, external_id, regime, applicant_kind, received_at, municipality, content, \
             digest, pending, created_at) VALUES (X'{n:032x}', 'yaroslavl', '{channel}', 'B-{n}', '{regime}', 'citizen', \
             {received}, {town}, '{content}', X'00', FALSE, {received});\
             INSERT INTO question (appeal_id, question, region, state, category, category_source, confidence, needs_review, \
             body, body_source, priority, clocks, next_due, version, updated_at) VALUES (X'{n:032x}', 0, 'yaroslavl', '{state}', \
             '{category}', 'plugin', 0.7, {review}, '{body}', 'plugin', 'normal', '{clocks}', {due}, 1, {received});"
        );
        if (n + 1) % GROUP == 0 || n + 1 == appeals {
            sql += "COMMIT;";
            veche_store::testing::execute(&url, &sql).await.unwrap();
            sql = String::from("BEGIN;");
        }
    }
}
