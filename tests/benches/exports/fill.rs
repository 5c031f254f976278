//! Appeals from the sample's distribution with their facts, written past the pipeline: what is measured is exporting, not
//! intake.

use std::collections::HashMap;
use std::path::Path;

use serde_json::json;
use veche_app::indicators::history::Dice;

/// Appeals of one transaction.
const GROUP: u64 = 2_000;
/// Midnight of 1 January 2026 in Moscow, microseconds.
const START: i64 = 1_767_214_800_000_000;

/// Writes the appeals of these numbers; the same number gives the same appeal. All of them are of the year 2026.
pub(crate) async fn fill(database: &Path, sample: &Path, numbers: std::ops::Range<u64>) {
    let rows = csv::Reader::from_path(sample).unwrap().into_deserialize::<HashMap<String, String>>();
    let rows: Vec<HashMap<String, String>> = rows.map(Result::unwrap).collect();
    let url = database.display().to_string();
    let mut sql = String::from("BEGIN;");
    let last = numbers.end;
    for n in numbers {
        let mut dice = Dice::new(n);
        let row = &rows[dice.below(rows.len() as u64) as usize];
        let of = |name: &str| row[name].replace('\'', "''");
        let received = START + (dice.below(300 * 86_400) as i64) * 1_000_000;
        let answered = received + (1 + dice.below(30) as i64) * 86_400_000_000;
        let null = |happens: bool, value: i64| if happens { value.to_string() } else { "NULL".into() };
        let (is_answered, is_marked) = (!dice.happens(4), dice.happens(38));
        let due = received + 20 * 86_400_000_000;
        let municipality = of("municipality");
        let known = municipality.starts_with("78");
        let at = chrono::DateTime::from_timestamp_micros(received).unwrap();
        let mut content = json!({"channel": row["channel"], "regime": row["regime"], "external_id": format!("B-{n}"),
            "received_at": at, "text": row["text"], "place": {"address": row["address"]}});
        if known {
            content["place"]["municipality"] = json!(municipality);
        }
        let content = content.to_string().replace('\'', "''");
        let town = if known { format!("'{municipality}'") } else { "NULL".into() };
        let (channel, regime, category, body) =
            (of("channel"), of("regime"), of("expected_category"), of("expected_body"));
        sql += &format!(
            "INSERT INTO appeal (id, region, channel, external_id, regime, applicant_kind, received_at, municipality, content, \
             digest, pending, created_at) VALUES (X'{n:032x}', 'yaroslavl', '{channel}', 'B-{n}', '{regime}', 'citizen', \
             {received}, {town}, '{content}', X'00', FALSE, {received});\
             INSERT INTO fact VALUES (X'{n:032x}', 0, 'yaroslavl', {received}, '{channel}', '{regime}', {town}, '{address}', \
             '{category}', '{body}', '{body}', FALSE, 0.7, 'closed', {due}, {due}, FALSE, {received}, {}, {}, {}, {}, {}, {}, \
             {}, FALSE);",
            dice.below(2_000),
            null(is_answered, answered),
            dice.below(2),
            null(is_answered, answered + 3_600_000_000),
            u64::from(dice.happens(3)),
            u64::from(dice.happens(7)),
            null(is_marked, 1 + dice.below(5) as i64),
            address = of("address"),
        );
        if (n + 1) % GROUP == 0 || n + 1 == last {
            sql += "COMMIT;";
            veche_store::testing::execute(&url, &sql).await.unwrap();
            sql = String::from("BEGIN;");
        }
    }
}
