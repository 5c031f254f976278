//! What people load and enter: sets, values, targets; and what comes of a large share of `other`.

use serde_json::json;
use veche_app::AppError;
use veche_app::indicators::decomposition::{self, NewCategory, Report};
use veche_app::indicators::targets::{self, NewTarget};
use veche_app::indicators::{sets, values};
use veche_domain::code::CategoryCode;
use veche_domain::indicator::{Breakdown, Dimension, EnteredValue, IndicatorSet, Light};
use veche_store::DecompositionState;

use super::*;
use crate::rules::check;

fn value(change: impl FnOnce(&mut EnteredValue)) -> EnteredValue {
    let mut value = EnteredValue {
        indicator: "trained-staff".into(),
        first: day("2026-01-01"),
        last: day("2026-01-31"),
        value: 92.5,
        numerator: Some(37.0),
        denominator: Some(40.0),
        source: "Отчёт учебного центра".into(),
        source_date: day("2026-02-03"),
    };
    change(&mut value);
    value
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_entered_with_their_source_and_imported_from_files() {
    check(async |app| {
        let (region, head) = (yaroslavl(), actor("head"));
        assert!(values::enter(&app, &region, &value(|_| ()), &head).await.unwrap());
        assert!(!values::enter(&app, &region, &value(|_| ()), &head).await.unwrap(), "the same again");
        let refused = async |change: fn(&mut EnteredValue)| {
            values::enter(&app, &region, &value(change), &head).await.unwrap_err().to_string()
        };
        assert!(refused(|v| v.indicator = "on-time".into()).await.contains("computed by the core"));
        assert!(refused(|v| v.indicator = "none".into()).await.contains("unknown"));
        assert!(refused(|v| v.value = f64::NAN).await.contains("no finite number"));
        assert!(refused(|v| v.source = " ".into()).await.contains("where the value comes from"));
        assert!(refused(|v| v.source_date = day("2090-01-01")).await.contains("in the future"));
        assert!(
            refused(|v| (v.first, v.last) = (day("2090-01-01"), day("2090-01-31")))
                .await
                .contains("nothing to measure")
        );
        assert!(refused(|v| v.last = day("2025-01-31")).await.contains("before it begins"));
        let stored = &measured(&app, "trained-staff", false).await[0];
        assert_eq!((stored.period.label().as_str(), stored.official), ("2026-01", true));
        assert_eq!(
            (stored.source.as_deref(), stored.source_date),
            (Some("Отчёт учебного центра"), Some(day("2026-02-03")))
        );

        let folder = tempfile::tempdir().unwrap();
        let csv = folder.path().join("values.csv");
        let rows = "indicator;first;last;value;source;source_date\n\
                    trained-staff;01.02.2026;28.02.2026;93,5;Отчёт;03.03.2026\n\
                    trained-staff;2026-01-01;2026-01-31;92.5;Отчёт учебного центра;2026-02-03\n\
                    trained-staff;2026-02-31;2026-02-28;1;Отчёт;2026-03-03\n\
                    none;2026-01-01;2026-01-31;1;Отчёт;2026-03-03\n";
        std::fs::write(&csv, rows).unwrap();
        let imported = values::import(&app, &region, &csv, &head).await.unwrap();
        // The second row tells no numerator: another result, so another revision.
        assert_eq!((imported.new, imported.known, imported.rejected.len()), (2, 0, 2), "{imported:?}");
        assert!(imported.rejected[0].contains("is no date"), "{imported:?}");
        let json = folder.path().join("values.json");
        std::fs::write(&json, serde_json::to_vec(&[value(|v| v.value = 95.0)]).unwrap()).unwrap();
        assert_eq!(values::import(&app, &region, &json, &head).await.unwrap().new, 1);
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, text) in (0..).zip(["indicator", "first", "last", "value", "source", "source_date"]) {
            sheet.write(0, column, text).unwrap();
        }
        for (column, text) in (0..).zip(["public-pages", "2026-01-01", "2026-12-31", "61.5", "BI", "2026-02-01"]) {
            sheet.write(1, column, text).unwrap();
        }
        let xlsx = folder.path().join("values.xlsx");
        book.save(&xlsx).unwrap();
        let imported = values::import(&app, &region, &xlsx, &head).await.unwrap();
        assert_eq!((imported.new, imported.rejected.len()), (1, 0), "{imported:?}");
        assert_eq!(measured(&app, "public-pages", false).await[0].period.label(), "2026");
        assert_eq!(measured(&app, "trained-staff", true).await.len(), 4);
        std::fs::write(&csv, "indicator,first\nx,y\n").unwrap();
        assert!(
            values::import(&app, &region, &csv, &head).await.unwrap_err().to_string().contains("`last` is missing")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_of_the_set_never_changes() {
    check(async |app| {
        let (region, admin) = (yaroslavl(), actor("admin"));
        let set: IndicatorSet = serde_json::from_value(json!({
            "version": "2026.2", "valid_from": "2026-06-01", "source": "приказ",
            "indicators": [{"code": "on-time", "title": "В срок", "function": "feedback", "source": {"formula": "on_time"}}]
        }))
        .unwrap();
        assert!(sets::load(&app, &region, &set, &admin).await.unwrap());
        assert!(!sets::load(&app, &region, &set, &admin).await.unwrap());
        let changed = IndicatorSet { source: "другой приказ".into(), ..set.clone() };
        assert!(matches!(sets::load(&app, &region, &changed, &admin).await.unwrap_err(), AppError::Store(_)));
        let force = async |text: &str| app.store.indicator_set(&region, day(text)).await.unwrap().unwrap().set.version;
        assert_eq!((force("2026-05-31").await, force("2026-06-01").await), ("2024.1".into(), "2026.2".into()));
        assert!(app.store.indicator_set(&region, day("2023-01-01")).await.unwrap().is_none());
        let mut broken = IndicatorSet { version: "x".into(), ..set };
        broken.indicators.push(broken.indicators[0].clone());
        broken.valid_to = Some(day("2026-01-01"));
        let error = sets::load(&app, &region, &broken, &admin).await.unwrap_err().to_string();
        assert!(error.contains("given twice") && error.contains("before it begins"), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_stands_beside_fact() {
    check(async |app| {
        let (region, head) = (yaroslavl(), actor("head"));
        let id = take_in(&app, "a", "2026-02-02T06:00:00Z", "Глубокая яма на дороге", json!({})).await;
        report(&app, id, &[("2026-02-03T06:00:00Z", Happened::Answered { in_substance: None })]).await;
        measure(&app, "2026-02-01", &[]).await;
        let new = |breakdown: Breakdown, value| NewTarget {
            indicator: "on-time".into(),
            breakdown,
            period: Wanted::Holding(PeriodKind::Month, day("2026-02-01")),
            value,
        };
        let roads: Breakdown = [(Dimension::Category, "roads.surface".to_owned())].into();
        targets::set(&app, &region, new(Breakdown::new(), Some(90.0)), &head).await.unwrap();
        targets::set(&app, &region, new(roads.clone(), Some(120.0)), &head).await.unwrap();
        let unknown: Breakdown = [(Dimension::Category, "roads.none".to_owned())].into();
        assert!(targets::set(&app, &region, new(unknown, Some(1.0)), &head).await.is_err());
        let rows = targets::plan_fact(&app, &region, Some("on-time")).await.unwrap();
        let of = |breakdown: &Breakdown| {
            rows.iter()
                .find(|row| row.target.breakdown == *breakdown && row.target.period.label() == "2026-02")
                .unwrap()
        };
        assert_eq!((of(&Breakdown::new()).fact, of(&Breakdown::new()).light), (Some(100.0), Light::Green));
        assert_eq!((of(&roads).light, of(&roads).percent), (Light::Red, Some(100.0 * 100.0 / 120.0)));
        // The targets of the set stand for their years.
        let year = rows.iter().find(|row| row.target.period.label() == "2026").unwrap();
        assert_eq!((year.target.value, year.light), (90.0, Light::None));
        targets::set(&app, &region, new(roads, None), &head).await.unwrap();
        assert_eq!(app.store.targets(&region, Some("on-time")).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_share_of_other_asks_to_be_split() {
    check(async |app| {
        let (region, head) = (yaroslavl(), actor("head"));
        let mut ids = Vec::new();
        for n in 0..8 {
            let text = format!("Яма на дороге, рядом бродячие собаки, стая собак {n}");
            ids.push(take_in(&app, &format!("d{n}"), "2026-02-02T06:00:00Z", &text, json!({})).await);
        }
        for id in ids.iter().take(6) {
            let correction = veche_app::corrections::Correction {
                category: Some(CategoryCode::new("roads.other").unwrap()),
                reason: "не про покрытие".into(),
                ..Default::default()
            };
            veche_app::corrections::correct(&app.store, &app.rules, &region, *id, correction, &head).await.unwrap();
        }
        measure(&app, "2026-02-01", &[]).await;
        measure(&app, "2026-02-01", &[]).await;
        let rows = app.store.decompositions(&region).await.unwrap();
        assert_eq!(rows.len(), 1, "measured again is not asked again");
        assert_eq!((rows[0].block.as_str(), rows[0].share, rows[0].state), ("roads", 75.0, DecompositionState::Open));
        let found: Report = serde_json::from_value(rows[0].report.clone()).unwrap();
        assert_eq!(found.read, 6);
        let new = |code: &str, from| NewCategory {
            code: CategoryCode::new(code).unwrap(),
            name: "Бродячие собаки у дорог".into(),
            name_en: None,
            default_body: None,
            valid_from: from,
        };
        let tomorrow = Utc::now().date_naive() + chrono::Days::new(2);
        let accept = async |code: &str, from, reason: &str| {
            decomposition::accept(&app, &region, rows[0].id, vec![new(code, from)], reason, &head).await
        };
        assert!(accept("roads.dogs", day("2020-01-01"), "да").await.unwrap_err().to_string().contains("not rewritten"));
        assert!(matches!(accept("roads.surface", tomorrow, "да").await.unwrap_err(), AppError::Dictionaries(_)));
        assert!(accept("roads.dogs", tomorrow, " ").await.unwrap_err().to_string().contains("say why"));
        accept("roads.dogs", tomorrow, "каждый второй о собаках").await.unwrap();
        assert!(matches!(accept("roads.cats", tomorrow, "да").await.unwrap_err(), AppError::InUse { .. }));
        let row = app.region(&region).await.unwrap();
        let dictionaries = app.rules.dictionaries(&row.dictionaries).await.unwrap();
        assert!(dictionaries.category("roads.dogs", tomorrow).is_some());
        assert!(dictionaries.category("roads.dogs", Utc::now().date_naive()).is_none(), "not before its day");
        let closed = app.store.decompositions(&region).await.unwrap();
        assert_eq!((closed[0].state, closed[0].closed_by.as_deref()), (DecompositionState::Accepted, Some("head")));
    })
    .await;
}
