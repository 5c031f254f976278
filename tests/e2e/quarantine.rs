//! A binding that keeps failing is left out of its block alone, tried again, and let in by hand.

use chrono::{TimeDelta, Utc};
use veche_app::App;
use veche_app::intake::Accepted;
use veche_app::pipeline::decide_among;
use veche_app::regions::activate;
use veche_domain::access::Actor;
use veche_domain::appeal::{Appeal, AppealId, NewAppeal};
use veche_domain::decision::{Decision, Effect, Kind, Outcome};
use veche_domain::limits::LimitKind;
use veche_domain::ruleset::Ruleset;

use crate::world::{app, by, databases, load_sample, yaroslavl};

const ROADS: &str = "На дороге огромная яма";
const TRANSPORT: &str = "Автобус опять не пришёл по расписанию, стоим час";

fn appeal(text: &str) -> NewAppeal {
    serde_json::from_value(serde_json::json!({
        "channel": "pos", "regime": "pos", "received_at": "2026-02-05T09:00:00Z", "text": text,
        "place": {"municipality": "78715000"}
    }))
    .unwrap()
}

async fn submit(app: &App, text: &str) -> Effect {
    match app.intake.submit(&yaroslavl(), appeal(text), None).await.unwrap() {
        Accepted::New { effect: Some(effect), .. } => effect,
        other => panic!("{other:?}"),
    }
}

fn routing(effect: &Effect) -> Option<&Decision> {
    effect.decisions.iter().find(|decision| decision.kind == Kind::Router)
}

/// Activates the sample rules with so little fuel for the router that each call hits the limit; the rules before.
async fn starve(app: &App) -> Ruleset {
    let digest = app.region(&yaroslavl()).await.unwrap().ruleset.unwrap();
    let sound: Ruleset = serde_json::from_slice(&app.store.blob(&digest).await.unwrap().unwrap()).unwrap();
    let mut starved = sound.clone();
    let table = starved.bindings.iter_mut().find(|binding| binding.kind == Kind::Router).unwrap();
    table.limits.overrides.insert(LimitKind::Fuel, 1_000);
    activate(app, starved, None, &Actor::named("test")).await.unwrap();
    sound
}

async fn places(app: &App) -> Vec<(String, Option<String>)> {
    let known = app.store.quarantined(&yaroslavl()).await.unwrap();
    let place = |q: &veche_domain::quarantine::Quarantine| {
        (q.place.binding.to_string(), q.place.block.as_ref().map(ToString::to_string))
    };
    known.iter().map(place).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_in_a_row_leave_a_binding_out_of_one_block() {
    let (_folder, urls) = databases().await;
    for url in urls {
        let app = app(&url, &crate::world::cache()).await;
        load_sample(&app).await;
        let sound = starve(&app).await;
        for _ in 0..5 {
            let effect = submit(&app, ROADS).await;
            assert_eq!(routing(&effect).unwrap().outcome, Outcome::Limit);
        }
        assert_eq!(places(&app).await, [("table".into(), Some("roads".into()))]);
        let effect = submit(&app, ROADS).await;
        assert!(routing(&effect).is_none(), "{effect:?}");
        assert_eq!(effect.verdicts.len(), 1, "the appeal goes on by the default rule");
        assert!(routing(&submit(&app, TRANSPORT).await).is_some(), "another block still asks");
        let faults = app.store.faults(&yaroslavl(), None, 100).await.unwrap();
        assert_eq!(faults.len(), 6);
        assert!(faults[0].fault.as_ref().unwrap().contains("the limit `fuel` was hit"), "{:?}", faults[0]);
        assert!(!faults[0].trace.backtrace.is_empty(), "{:?}", faults[0]);

        // Another host over the same store keeps it, and a stored decision is replayed whoever is out.
        let other = crate::world::app(&url, &crate::world::cache()).await;
        assert!(routing(&submit(&other, ROADS).await).is_none());
        let replay = other.replay(faults[0].decision).await.unwrap();
        assert!(replay.same_output && replay.same_fuel == Some(true), "{replay:?}");

        half_open(&app, sound).await;
    }
}

/// One trial when the pause is over: a fault doubles it, a success ends it.
async fn half_open(app: &App, sound: Ruleset) {
    let (region, watch) = (yaroslavl(), app.rules.watch());
    let decide = |rules: &veche_app::rules::Rules, standings: &veche_app::quarantine::Standings| {
        decide_among(rules, standings, &Appeal { id: AppealId::new(), content: appeal(ROADS) })
    };
    let starved = app.rules.active(&region).await.unwrap().unwrap();
    let later = Utc::now() + TimeDelta::seconds(61);
    let standings = watch.standings_at(&region, later).await;
    let tried = decide(&starved, &standings);
    assert!(routing(&tried).is_some(), "the trial is let through");
    assert!(routing(&decide(&starved, &standings)).is_none(), "one call alone");
    assert!(routing(&decide(&starved, &*watch.standings_at(&region, later).await)).is_none(), "it is claimed");
    watch.observe_at(&region, &starved, &standings, [&tried], later).await;
    let pause = app.store.quarantined(&region).await.unwrap()[0].pause_s;
    assert_eq!(pause, 120, "the pause doubles");

    activate(app, sound, None, &Actor::named("test")).await.unwrap();
    let sound = app.rules.active(&region).await.unwrap().unwrap();
    let later = later + TimeDelta::seconds(121);
    let standings = watch.standings_at(&region, later).await;
    let tried = decide(&sound, &standings);
    assert_eq!(routing(&tried).unwrap().outcome, Outcome::Ok);
    watch.observe_at(&region, &sound, &standings, [&tried], later).await;
    assert_eq!(places(app).await, []);
    let kinds: Vec<String> =
        app.store.quarantine_events(&region, 10).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["recovered", "trial_failed", "quarantined"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_lets_a_binding_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let app = crate::world::sample_app(folder.path()).await;
    let (region, watch) = (yaroslavl(), app.rules.watch());
    starve(&app).await;
    for _ in 0..5 {
        submit(&app, ROADS).await;
    }
    assert!(routing(&submit(&app, ROADS).await).is_none());
    for (binding, block) in [("keywords", None), ("table", Some("transport"))] {
        let error = watch.release(&region, binding, block, &by("tester")).await.unwrap_err();
        assert!(error.to_string().contains(binding), "{error}");
    }
    assert_eq!(watch.release(&region, "table", Some("roads"), &by("tester")).await.unwrap(), 1);
    assert!(routing(&submit(&app, ROADS).await).is_some());
    let (quarantined, events) = watch.list(&region).await.unwrap();
    assert_eq!(quarantined, []);
    assert_eq!((events[0].kind.as_str(), events[0].actor.as_deref()), ("released", Some("tester")));
}
