//! A plug-in that may see the applicant tells everything, in its log and in its panic: none of it is kept.

use std::collections::BTreeMap;

use serde_json::json;
use veche_app::intake::Accepted;
use veche_app::regions;
use veche_domain::access::Actor;
use veche_domain::decision::{Kind, Outcome};
use veche_tests::hostile::siege::{Bound, region_with};

use crate::world::{app, databases, root, yaroslavl};

const PERSON: [&str; 4] = ["Тетеревятников Савва Лукич", "+7 910 555-77-99", "savva@example.org", "Глухариная, 5"];

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whom_a_plugin_gives_away_is_kept_nowhere() {
    let (folder, urls) = databases().await;
    let component = std::fs::read(root().join("target/guests/verbs.wasm")).unwrap();
    let bound = Bound { name: "verbs", kind: Kind::Categorizer, component, limits: BTreeMap::new() };
    let (region, plugins) = region_with(folder.path(), "yaroslavl", [bound].into_iter());
    for url in urls {
        let app = app(&url, &crate::world::cache()).await;
        regions::load_folder(&app, &region, &plugins, &Actor::named("test")).await.unwrap();
        let [name, phone, email, address] = PERSON;
        let text = "person на дороге огромная яма";
        let content = serde_json::from_value(json!({"channel": "pos", "regime": "pos", "text": text,
            "received_at": "2026-02-05T09:00:00Z", "place": {"municipality": "78715000"},
            "applicant": {"kind": "citizen", "name": name, "phone": phone, "email": email, "address": address}}));
        let accepted = app.intake.submit(&yaroslavl(), content.unwrap(), None).await.unwrap();
        let Accepted::New { id, effect: Some(effect) } = accepted else { panic!("the appeal is new") };
        assert_eq!(effect.verdicts[0].category.as_ref().unwrap().as_str(), "roads.surface");

        let decisions = app.store.decisions(&yaroslavl(), id).await.unwrap();
        let verbs = decisions.iter().find(|decision| decision.binding.as_str() == "verbs").unwrap();
        assert_eq!(verbs.outcome, Outcome::Trap);
        let faults = app.store.faults(&yaroslavl(), None, 10).await.unwrap();
        assert!(faults[0].trace.logs.len() >= 2, "its log and its panic are kept: {:?}", faults[0]);
        let kept =
            format!("{}\n{}", serde_json::to_string(&decisions).unwrap(), serde_json::to_string(&faults).unwrap());
        assert!(kept.contains("огромная яма"), "what is no person is kept: {kept}");
        let given_away: Vec<_> = PERSON.iter().filter(|part| kept.contains(**part)).collect();
        assert!(given_away.is_empty(), "{given_away:?} in {kept}");
    }
    // Nor anywhere else in the file of the embedded database.
    let file: Vec<u8> = files(folder.path()).flat_map(|path| std::fs::read(path).unwrap()).collect();
    let found: Vec<_> = PERSON.iter().filter(|part| file.windows(part.len()).any(|at| at == part.as_bytes())).collect();
    assert!(!file.is_empty() && found.is_empty(), "{found:?} in the file of the database");
}

/// The SQLite files of a folder with their logs.
fn files(folder: &std::path::Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains(".db"))
}
