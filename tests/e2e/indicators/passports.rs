//! Passports by roles, over HTTP: who may move one, who may not, and what an approval is bound to.

use serde_json::{Value, json};
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::indicators::catalogue::{self, From};
use veche_app::rollout;
use veche_domain::code::Digest;

use super::*;
use crate::access::Served;
use crate::rules::check;

async fn release(app: &App) -> Digest {
    let catalogue = catalogue::of(app, &yaroslavl()).await.unwrap();
    match catalogue.find("region:closed-in-days").map(|i| i.from.clone()) {
        Some(From::Plugin { release, .. }) => release,
        other => panic!("{other:?}"),
    }
}

fn passport(release: Digest) -> Value {
    let sample = std::fs::read_to_string(crate::world::sample().join("passports.json")).unwrap();
    let mut passport = serde_json::from_str::<Value>(&sample).unwrap()[0]["passport"].clone();
    passport["release"] = json!(release.to_string());
    passport
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passport_goes_from_its_author_over_the_head_to_the_curator() {
    check(async |app| {
        let served = Served::start(app.clone()).await;
        let token = async |grant: &str| served.token(&[grant]).await;
        let lead = token("block_lead@yaroslavl/roads").await;
        let (head, curator) = (token("head@yaroslavl").await, token("curator@yaroslavl").await);
        let (both, admin) =
            (served.token(&["head@yaroslavl", "curator@yaroslavl"]).await, token("administrator@yaroslavl").await);
        let root = "/regions/yaroslavl/passports";
        let post = async |path: &str, token: &str, body: Option<&Value>| {
            let (status, answer) = served.send("POST", &format!("{root}{path}"), Some(token), body).await;
            (status, answer)
        };
        let release = release(&app).await;
        let mut wrong = passport(release);
        wrong["deadline"] = json!("29.02.2025");
        let (status, row) = post("", &lead, Some(&wrong)).await;
        assert_eq!(status, 201, "a draft may be unfinished: {row}");
        let id = row["id"].as_str().unwrap().to_owned();
        let (status, problem) = post(&format!("/{id}/submit"), &lead, None).await;
        assert_eq!(
            (status, problem["title"].as_str()),
            (422, Some("The request cannot be taken as it is")),
            "{problem}"
        );
        assert!(problem["errors"][0].as_str().unwrap().contains("ДД.ММ.ГГГГ"), "{problem}");
        let (_, shown) = served.send("GET", &format!("{root}/{id}"), Some(&curator), None).await;
        assert_eq!(
            (shown["findings"].as_array().unwrap().len(), shown["state"].as_str()),
            (1, Some("draft")),
            "{shown}"
        );

        let rewrite = json!({"version": 1, "passport": passport(release)});
        let put = async |token: &str| served.send("PUT", &format!("{root}/{id}"), Some(token), Some(&rewrite)).await.0;
        assert_eq!(put(&head).await, 403, "somebody else's draft");
        assert_eq!(put(&lead).await, 200);
        assert_eq!(put(&lead).await, 409, "another version by now");
        let step = async |name: &str, token: &str| {
            let body = json!({"reason": "уточните метод"});
            let body = matches!(name, "reject" | "archive").then_some(&body);
            post(&format!("/{id}/{name}"), token, body).await.0
        };
        assert_eq!(step("agree", &head).await, 409, "not handed in");
        assert_eq!(step("submit", &head).await, 403, "its author hands it in");
        assert_eq!(step("submit", &lead).await, 200);
        assert_eq!(put(&lead).await, 409, "handed in is not changed");
        assert_eq!(step("agree", &lead).await, 403);
        assert_eq!(step("approve", &curator).await, 409, "the head has not agreed");
        assert_eq!(step("reject", &head).await, 200);
        assert_eq!(step("submit", &lead).await, 200);
        assert_eq!(step("agree", &both).await, 200);
        assert_eq!(step("approve", &both).await, 403, "who agreed does not approve");
        for (who, text) in [(&admin, "administrator"), (&head, "head"), (&lead, "lead")] {
            assert_eq!(step("approve", who).await, 403, "{text}");
        }
        let (status, problem) = served.send("GET", &format!("{root}/{id}/document"), Some(&curator), None).await;
        assert_eq!(status, 422, "it is not approved: {problem}");
        assert_eq!(step("approve", &curator).await, 200);
        assert_eq!(step("approve", &curator).await, 409, "once is enough");
        measure(&app, "2026-02-01", &[]).await;
        assert!(!measured(&app, "region:closed-in-days", false).await[0].official, "approved is not active");
        assert_eq!(step("activate", &curator).await, 200);
        measure(&app, "2026-02-01", &[]).await;
        assert!(measured(&app, "region:closed-in-days", false).await[0].official);
        assert!(!measured(&app, "region:repeated-address", false).await[0].official);

        let url = format!("{}/api/v1{root}/{id}/document", served.address);
        let printed = served.client.get(url).bearer_auth(&curator).send().await.unwrap();
        assert_eq!(printed.status(), 200);
        let bytes = printed.bytes().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passport.docx");
        std::fs::write(&file, &bytes).unwrap();
        let text = document_text(&file);
        for part in
            ["ПАСПОРТ ДОПОЛНИТЕЛЬНОГО ПОКАЗАТЕЛЯ", "Утверждён куратором", "31.12.2026", "40", &release.to_string()]
        {
            assert!(text.contains(part), "{part} in {text}");
        }

        // Another release of the same plug-in: no official number until the curator approves anew.
        let region = yaroslavl();
        let component = app.store.blob(&release).await.unwrap().unwrap();
        let mut metadata = wasm_metadata::AddMetadata::default();
        metadata.description = wasm_metadata::AddMetadataField::Set("another build".parse().unwrap());
        let component = metadata.to_wasm(&component).unwrap();
        let developer = actor("developer");
        let (other, _) =
            veche_app::releases::upload(&app.store, app.rules.engine(), &region, component, &developer, None)
                .await
                .unwrap();
        assert_ne!(other.digest, release);
        let draft = NewDraft { title: "новая версия".into(), ruleset: None };
        let draft = drafts::create(&app, &region, draft, &actor("admin")).await.unwrap();
        let mut ruleset = draft.ruleset.clone();
        ruleset.bindings.iter_mut().find(|b| b.id.as_str() == "region").unwrap().release = other.digest;
        let draft = drafts::edit(&app, &region, draft.id, draft.version, Edit::Replace(ruleset), &actor("admin"))
            .await
            .unwrap();
        let draft = drafts::validate(&app, &region, draft.id, draft.version, &actor("admin")).await.unwrap();
        rollout::activate(&app, &region, draft.id, draft.version, &actor("admin")).await.unwrap();
        measure(&app, "2026-02-01", &[]).await;
        let results = measured(&app, "region:closed-in-days", true).await;
        let seen: Vec<_> = results.iter().map(|m| (m.revision, m.official)).collect();
        assert_eq!(seen, [(3, false), (2, true), (1, false)]);
        assert_eq!((results[0].release, results[1].release), (Some(other.digest), Some(release)));
        assert_eq!(step("archive", &curator).await, 200);

        let auditor = token("auditor@yaroslavl").await;
        let (_, log) = served.send("GET", "/regions/yaroslavl/audit?limit=200", Some(&auditor), None).await;
        let steps = log.to_string().matches("move_passport").count();
        // Two writings, two hand-ins, reject, agree, approve, activate, archive.
        assert_eq!(steps, 9, "{log}");
    })
    .await;
}

/// The text of a DOCX as a reader of the format finds it: the parts of the archive, the XML, its text runs.
fn document_text(file: &std::path::Path) -> String {
    let script = "import sys, zipfile, xml.etree.ElementTree as E\n\
                  z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None\n\
                  [E.fromstring(z.read(n)) for n in z.namelist()]\n\
                  w = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t'\n\
                  sys.stdout.buffer.write('\\n'.join(t.text for t in E.fromstring(z.read('word/document.xml')).iter(w)).encode())";
    let read = std::process::Command::new("python3").arg("-c").arg(script).arg(file).output();
    let read = read.expect("python3 is needed to read the document: install it (apt-get install python3)");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap()
}
