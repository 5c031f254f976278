//! Rows of facts from the sample's distribution, written past the pipeline: what is measured is counting, not intake.

use std::path::Path;

use veche_app::indicators::history::Dice;

/// Statements of one transaction.
const GROUP: u64 = 2_000;

/// Writes the rows of these numbers; the same number gives the same row.
pub(crate) async fn fill(database: &Path, sample: &Path, numbers: std::ops::Range<u64>) {
    let places: Vec<(String, String, String, String, String)> = csv::Reader::from_path(sample)
        .unwrap()
        .deserialize::<std::collections::HashMap<String, String>>()
        .map(|row| {
            let row = row.unwrap();
            let of = |name: &str| row[name].clone();
            (of("channel"), of("regime"), of("municipality"), of("expected_category"), of("expected_body"))
        })
        .collect();
    let url = database.display().to_string();
    let (start, year) = (1_748_725_200_000_000_i64, 365 * 86_400);
    let mut sql = String::from("BEGIN;");
    let last = numbers.end;
    for n in numbers {
        let mut dice = Dice::new(n);
        let (channel, regime, municipality, category, body) = &places[dice.below(places.len() as u64) as usize];
        let received = start + (dice.below(year) as i64) * 1_000_000;
        let later = |days: i64| received + days * 86_400_000_000;
        let minutes = dice.below(2_000);
        let answered = later(1 + dice.below(30) as i64);
        let null = |happens: bool, value: i64| if happens { value.to_string() } else { "NULL".into() };
        let (is_answered, is_marked) = (!dice.happens(4), dice.happens(38));
        let municipality = if municipality.starts_with("78") { format!("'{municipality}'") } else { "NULL".into() };
        sql += &format!(
            "INSERT INTO fact VALUES (X'{n:032x}', 0, 'yaroslavl', {received}, '{channel}', '{regime}', {municipality}, \
             'ул. {}', '{category}', '{body}', '{body}', FALSE, 0.7, 'closed', {due}, {due}, FALSE, {}, {minutes}, {}, {}, {}, \
             {}, {}, {}, FALSE);",
            dice.below(5_000),
            received + (minutes as i64) * 60_000_000,
            null(is_answered, answered),
            dice.below(2),
            null(is_answered, answered + 3_600_000_000),
            u64::from(dice.happens(3)),
            u64::from(dice.happens(7)),
            null(is_marked, 1 + dice.below(5) as i64),
            due = later(30),
        );
        if (n + 1) % GROUP == 0 || n + 1 == last {
            sql += "COMMIT;";
            veche_store::testing::execute(&url, &sql).await.unwrap();
            sql = String::from("BEGIN;");
        }
    }
}
