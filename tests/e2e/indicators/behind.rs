//! What is behind a number: as many questions as the number says, for every formula, side and part.

use serde_json::json;
use veche_app::indicators::behind::{self, Asked};
use veche_app::indicators::catalogue::{self, From};
use veche_domain::access::Scope;
use veche_domain::indicator::{Breakdown, Dimension, Formula};
use veche_store::{MeasuredFilter, Side};

use super::formulas::february;
use super::*;
use crate::rules::check;

/// What a side of a measurement says in questions; none where it says hours or minutes.
fn said(formula: Formula, side: Side, m: &veche_domain::indicator::Measurement) -> Option<f64> {
    match (formula, side) {
        (Formula::ReactionMean | Formula::ReactionMedian | Formula::ReactionP90 | Formula::Load, Side::Numerator)
        | (Formula::Load, Side::Denominator) => None,
        (_, Side::Numerator) => Some(m.numerator),
        (_, Side::Denominator) => m.denominator,
        (_, Side::Excluded) => Some(m.excluded as f64),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_every_number_are_as_many_questions_as_it_says() {
    check(async |app| {
        february(&app).await;
        take_in(&app, "g", "2026-02-15T06:00:00Z", "Уберите снег, регламент не соблюдается", json!({})).await;
        take_in(&app, "h", "2026-02-16T06:00:00Z", "Что-то непонятное", json!({"regime": "pos-fast"})).await;
        measure(&app, "2026-02-10", &[]).await;
        let region = yaroslavl();
        let catalogue = catalogue::of(&app, &region).await.unwrap();
        let measured = app.store.measured(&region, &MeasuredFilter::default(), 100).await.unwrap();
        let mut compared = 0;
        for result in &measured {
            let Some(From::Formula { formula }) = catalogue.find(&result.indicator).map(|i| &i.from) else { continue };
            for m in &result.measurements {
                for side in [Side::Numerator, Side::Denominator, Side::Excluded] {
                    let Some(expected) = said(*formula, side, m) else { continue };
                    let asked = Asked {
                        formula: *formula,
                        period: result.period,
                        part: m.breakdown.clone(),
                        side,
                        cut_off: result.cut_off,
                        offset: 0,
                        limit: 100,
                    };
                    let found = behind::list(&app, &region, &asked, &Scope::Region).await.unwrap();
                    let place = format!("{formula} {side:?} of {:?}", m.breakdown);
                    assert_eq!(found.count as f64, expected, "{place}");
                    assert_eq!(found.rows.len() as f64, expected, "{place}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 200, "only {compared} numbers were compared");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_number_nobody_sees_beyond_their_blocks() {
    check(async |app| {
        february(&app).await;
        let asked = Asked {
            formula: Formula::Received,
            period: veche_app::indicators::period(
                &app,
                &yaroslavl(),
                Wanted::Holding(PeriodKind::Month, day("2026-02-10")),
                Utc::now(),
            )
            .await
            .unwrap(),
            part: Breakdown::new(),
            side: Side::Numerator,
            cut_off: Utc::now(),
            offset: 0,
            limit: 3,
        };
        let blocks = |block: &str| Scope::Blocks([block.parse().unwrap()].into());
        let list = async |asked: &Asked, scope: &Scope| behind::list(&app, &yaroslavl(), asked, scope).await.unwrap();
        let all = list(&asked, &Scope::Region).await;
        assert_eq!((all.count, all.rows.len()), (4, 3), "a page holds three");
        assert!(all.rows.windows(2).all(|pair| pair[0].received_at >= pair[1].received_at));
        let rest = list(&Asked { offset: 3, ..asked.clone() }, &Scope::Region).await;
        assert!(rest.rows.len() == 1 && !all.rows.contains(&rest.rows[0]));
        assert_eq!(list(&asked, &blocks("roads")).await.count, 4);
        assert_eq!(list(&asked, &blocks("health")).await.count, 0);
        // Asking for a block by name widens nothing.
        let of_roads = Asked { part: [(Dimension::Block, "roads".to_owned())].into(), ..asked.clone() };
        assert_eq!(list(&of_roads, &blocks("health")).await.count, 0);
        let elsewhere = Asked { part: [(Dimension::Municipality, "78650000".to_owned())].into(), ..asked };
        assert_eq!(list(&elsewhere, &Scope::Region).await.count, 0);
    })
    .await;
}
