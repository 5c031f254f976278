//! Ratings of bodies and workload of blocks, on both databases and by the routes.

use serde_json::{Value, json};
use veche_app::indicators::Wanted;
use veche_app::ratings;
use veche_domain::access::Actor;
use veche_domain::indicator::PeriodKind;
use veche_domain::progress::Happened;
use veche_domain::rating::{RatingRules, RatingState};

use crate::access::Served;
use crate::exports::{report, take_in};
use crate::rules::check;
use crate::world::{sample, sample_app, yaroslavl};

fn february() -> Wanted {
    Wanted::Holding(PeriodKind::Month, "2026-02-01".parse().unwrap())
}

fn rules() -> RatingRules {
    serde_json::from_str(&std::fs::read_to_string(sample().join("rating.json")).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rating_is_calculated_kept_and_published() {
    check(async |app| {
        let (region, head, curator) = (yaroslavl(), Actor::named("head"), Actor::named("curator"));
        let early = ratings::calculate(&app, &region, february(), &head).await.unwrap_err().to_string();
        assert!(early.contains("set a version first"), "{early}");
        assert!(ratings::set_rules(&app, &region, &rules(), &head).await.unwrap());
        assert!(!ratings::set_rules(&app, &region, &rules(), &head).await.unwrap(), "the same again changes nothing");
        let other = RatingRules { threshold: 9, ..rules() };
        assert!(ratings::set_rules(&app, &region, &other, &head).await.unwrap_err().to_string().contains("changed"));
        for n in 0..3 {
            let id = take_in(&app, &format!("R-{n}"), "2026-02-02T06:00:00Z", json!({})).await;
            let answered = Happened::Answered { in_substance: Some(n > 0) };
            report(&app, id, "2026-02-04T06:00:00Z", answered).await;
            report(&app, id, "2026-02-05T06:00:00Z", Happened::Marked { mark: 5 }).await;
        }
        let batteries = json!({"text": "В подъезде холодные батареи, отопления нет"});
        take_in(&app, "R-9", "2026-02-03T06:00:00Z", batteries).await;
        let rating = ratings::calculate(&app, &region, february(), &head).await.unwrap();
        let places: Vec<_> = rating.bodies.iter().map(|body| (body.place, body.questions)).collect();
        assert_eq!(places, [(Some(1), 3), (None, 1)], "one question is below the threshold of two");
        let best = &rating.bodies[0];
        assert!(best.why.0.contains("полнота 2/3") && best.why.0.contains("скорость 3/3"), "{}", best.why.0);
        assert!(rating.bodies[1].why.0.contains("вне рейтинга"));
        let again = ratings::calculate(&app, &region, february(), &head).await.unwrap();
        assert_eq!((again.revision, &again.bodies), (2, &rating.bodies), "history is kept");

        assert!(ratings::list(&app, &region, true).await.unwrap().is_empty());
        assert!(ratings::find(&app, &region, again.id, true).await.is_err());
        let published = ratings::step(&app, &region, again.id, RatingState::Published, &curator).await.unwrap();
        assert_eq!((published.state, published.moved_by.as_deref()), (RatingState::Published, Some("curator")));
        assert_eq!(ratings::list(&app, &region, true).await.unwrap().len(), 1);
        let twice = ratings::step(&app, &region, again.id, RatingState::Published, &curator).await;
        assert!(twice.unwrap_err().to_string().contains("only one that is draft"));
        ratings::step(&app, &region, again.id, RatingState::Withdrawn, &curator).await.unwrap();
        assert_eq!(ratings::list(&app, &region, false).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workload_proposes_staff() {
    check(async |app| {
        for n in 0..4 {
            take_in(&app, &format!("W-{n}"), "2026-02-02T06:00:00Z", json!({})).await;
        }
        let blocks = ratings::workload(&app, &yaroslavl(), february(), 85.0).await.unwrap();
        let roads = blocks.iter().find(|row| row.block == "roads").unwrap();
        assert_eq!((roads.questions, roads.work_minutes, roads.needed), (4, 100.0, Some(1)));
        // February 2026 has 19 working days of the centre's eight hours.
        assert!(roads.staff.is_some_and(|staff| (staff - 30_000.0 / (19.0 * 480.0)).abs() < 0.2), "{roads:?}");
        assert!(roads.proposal.0.contains("можно передать"), "{roads:?}");
        let absurd = ratings::workload(&app, &yaroslavl(), february(), 0.0).await.unwrap_err().to_string();
        assert!(absurd.contains("from 10 to 150"), "{absurd}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curator_publishes_and_others_see_what_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(sample_app(folder.path()).await).await;
    let (head, curator) = (served.token(&["head@yaroslavl"]).await, served.token(&["curator@yaroslavl"]).await);
    let media = served.token(&["media@yaroslavl"]).await;
    let send = async |method: &str, path: &str, token: &str, body: Option<Value>| {
        served.send(method, &format!("/regions/yaroslavl{path}"), Some(token), body.as_ref()).await
    };
    let rules = serde_json::to_value(rules()).unwrap();
    assert_eq!(send("POST", "/rating-rules", &head, Some(rules.clone())).await.0, 201);
    assert_eq!(send("POST", "/rating-rules", &head, Some(rules)).await.0, 204);
    take_in(&served.app, "a", "2026-02-02T06:00:00Z", json!({})).await;
    let period = json!({"period": {"kind": "month", "day": "2026-02-01"}});
    assert_eq!(send("POST", "/ratings", &curator, Some(period.clone())).await.0, 403);
    let (status, rating) = send("POST", "/ratings", &head, Some(period)).await;
    assert_eq!((status, rating["state"].as_str()), (201, Some("draft")), "{rating}");
    let path = format!("/ratings/{}", rating["id"].as_str().unwrap());
    assert_eq!(send("GET", &path, &media, None).await.0, 404);
    assert_eq!(send("POST", &format!("{path}/publish"), &head, None).await.0, 403);
    assert_eq!(send("POST", &format!("{path}/publish"), &curator, None).await.0, 200);
    let (status, seen) = send("GET", &path, &media, None).await;
    assert_eq!((status, seen["bodies"][0]["questions"].as_u64()), (200, Some(1)), "{seen}");
    let (status, blocks) = send("GET", "/workload?kind=month&day=2026-02-01", &media, None).await;
    assert_eq!((status, blocks.as_array().unwrap().len()), (200, 2), "{blocks}");
}
