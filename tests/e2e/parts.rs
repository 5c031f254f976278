//! What rulesets are made of, on both databases: dataset versions, signatures, yanking, owners, deletion.

use std::io::Cursor;

use minisign::KeyPair;
use serde_json::json;
use veche_app::drafts::{self, Edit, NewDraft};
use veche_app::{App, AppError, accounts, datasets, releases, rollout};
use veche_domain::access::Actor;
use veche_domain::code::Digest;
use veche_domain::lifecycle::{RulesPolicy, SignaturePolicy};
use veche_domain::ruleset::Ruleset;
use veche_store::StoreError;

use crate::access::grants_of;
use crate::rules::{check, decided_by, validated};
use crate::world::{by, root, sample, yaroslavl};

/// The developer to whom the name of the router is given.
const DEV: &str = "account:dev";

/// The router in a version of its own: the same component with another revision in its metadata.
fn router(revision: &str) -> Vec<u8> {
    let component = std::fs::read(root().join("target/plugins/router-table.wasm")).unwrap();
    let mut section = b"\x08revision".to_vec();
    section.extend(revision.as_bytes());
    assert!(section.len() < 127, "one byte of length");
    let mut bytes = component;
    // A custom section, which changes the digest and nothing else.
    bytes.push(0);
    bytes.push(u8::try_from(section.len()).unwrap());
    bytes.extend(section);
    bytes
}

async fn upload(app: &App, revision: &str, actor: &str) -> Result<Digest, AppError> {
    let (inspection, new) = releases::upload(
        &app.store,
        app.rules.engine(),
        &yaroslavl(),
        router(revision),
        &Actor::named(actor),
        Some(actor),
    )
    .await?;
    assert!(new);
    Ok(inspection.digest)
}

/// Faults of the active ruleset with the router's release replaced.
async fn enable(app: &App, release: Digest) -> Result<(), String> {
    let mut ruleset = app.rules.active(&yaroslavl()).await.unwrap().unwrap().ruleset.clone();
    ruleset.bindings[1].release = release;
    drafts::review(app, &ruleset).await.map_err(|e| e.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_are_owned_signed_yanked_and_deleted_only_when_nothing_holds_them() {
    check(async |app| {
        let region = yaroslavl();
        // The name came with the region's folder: nobody uploads under it until an administrator gives it to somebody.
        let owner = |error: AppError| match error {
            AppError::Store(StoreError::Owned { owner, .. }) => owner,
            other => panic!("{other}"),
        };
        assert_eq!(owner(upload(&app, "1", DEV).await.unwrap_err()), "region");
        let give = async |plugin: &str, to: &str| releases::give(&app, &region, plugin, to, &by("admin")).await;
        let unknown = give("router-table", DEV).await.unwrap_err();
        assert!(unknown.to_string().contains("of one that exists"), "{unknown}");
        let grants = grants_of(&["developer@yaroslavl"]);
        accounts::create(&app.store, "dev", "Разработчик", "семь сонных ежей", grants, &by("admin")).await.unwrap();
        assert!(matches!(give("nothing", DEV).await, Err(AppError::Unknown { .. })));
        give("router-table", DEV).await.unwrap();
        let owners = app.store.plugin_owners(&region).await.unwrap();
        let owners: Vec<_> = owners.iter().map(|row| (row.plugin.as_str(), row.owner.as_str())).collect();
        assert_eq!(
            owners,
            [("categorizer-keywords", "region"), ("indicators-region", "region"), ("router-table", DEV)]
        );
        let first = upload(&app, "1", DEV).await.unwrap();
        assert_eq!(owner(upload(&app, "2", "account:somebody").await.unwrap_err()), DEV);
        // The folder may be loaded again: it is the region's, and takes nothing away from anybody.
        crate::world::load_sample(&app).await;
        let owners = app.store.plugin_owners(&region).await.unwrap();
        assert!(owners.iter().any(|row| row.plugin == "router-table" && row.owner == DEV));

        let keys = KeyPair::generate_unencrypted_keypair().unwrap();
        let other = KeyPair::generate_unencrypted_keypair().unwrap();
        let sign = |keys: &KeyPair, bytes: Vec<u8>| {
            minisign::sign(None, &keys.sk, Cursor::new(bytes), None, None).unwrap().into_string()
        };
        let policy = RulesPolicy {
            signatures: SignaturePolicy::Required,
            trusted_keys: [("Разработчик".to_owned(), keys.pk.to_base64())].into(),
            ..RulesPolicy::default()
        };
        let broken = RulesPolicy { trusted_keys: [("x".to_owned(), "no key".to_owned())].into(), ..policy.clone() };
        let error = drafts::set_policy(&app, &region, &broken, &by("head")).await.unwrap_err();
        assert!(error.to_string().contains("no minisign public key"), "{error}");
        assert_eq!(enable(&app, first).await, Ok(()), "without a policy an unsigned release may be enabled");
        drafts::set_policy(&app, &region, &policy, &by("head")).await.unwrap();
        assert!(enable(&app, first).await.unwrap_err().contains("is not signed"));
        for (signature, part) in [
            ("hello".to_owned(), "no minisign signature"),
            (sign(&other, router("1")), "not of a key that this region trusts"),
            (sign(&keys, router("2")), "not of a key that this region trusts"),
        ] {
            let error = releases::sign(&app, &region, &first, &signature, &by("dev")).await.unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert_eq!(releases::find(&app, &region, &first).await.unwrap().signed_by, None);
        }
        let good = sign(&keys, router("1"));
        assert_eq!(releases::sign(&app, &region, &first, &good, &by("dev")).await.unwrap(), "Разработчик");
        assert_eq!(enable(&app, first).await, Ok(()));

        assert!(
            releases::yank(&app, &region, &first, " ", &by("dev")).await.unwrap_err().to_string().contains("say why")
        );
        let draft = validated(&app, "новый роутер", |r| r.bindings[1].release = first).await;
        let held = releases::delete(&app, &region, &first, &by("dev")).await.unwrap_err();
        assert!(matches!(held, AppError::InUse { .. }) && held.to_string().contains("draft"), "{held}");
        rollout::activate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap();
        releases::yank(&app, &region, &first, "ошибка в сроках", &by("dev")).await.unwrap();
        // Where it runs it goes on: another change of the region is not held up by it.
        assert_eq!(enable(&app, first).await, Ok(()));
        decided_by(&app, "Яма на дороге").await;
        let old = app.store.activations(&region, 5).await.unwrap()[1].ruleset;
        rollout::rollback(&app, &region, Some(old), "ошибка в сроках", &by("admin")).await.unwrap();
        let refused = enable(&app, first).await.unwrap_err();
        assert!(refused.contains("was yanked (ошибка в сроках)"), "{refused}");
        let held = releases::delete(&app, &region, &first, &by("dev")).await.unwrap_err();
        assert!(held.to_string().contains("in use"), "{held}");

        let spare = upload(&app, "3", DEV).await.unwrap();
        releases::delete(&app, &region, &spare, &by("dev")).await.unwrap();
        assert!(app.store.release(&region, &spare).await.unwrap().is_none());
        assert!(app.store.blob(&spare).await.unwrap().is_none());
        let gone = releases::delete(&app, &region, &spare, &by("dev")).await.unwrap_err();
        assert!(matches!(gone, AppError::Unknown { .. }), "{gone}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_goes_live_only_through_a_ruleset() {
    check(async |app| {
        let region = yaroslavl();
        let upload = async |name: &str, shape: &str, bytes: &[u8]| {
            datasets::upload(&app.store, &region, name, shape, bytes.to_vec(), &by("admin")).await
        };
        let routes = std::fs::read_to_string(sample().join("datasets/routes.csv")).unwrap();
        let (_, before) = decided_by(&app, "Яма на дороге, колесо пробито").await;
        let moved = routes.replace(",admin-yaroslavl", ",admin-rybinsk");
        assert_ne!(moved, routes);
        let (row, new) = upload("routes", "table", moved.as_bytes()).await.unwrap();
        assert!(new && row.columns == ["category", "municipality", "district", "body"], "{row:?}");
        let lines = moved.lines().filter(|l| !l.is_empty()).count();
        assert_eq!(usize::try_from(row.rows).unwrap(), lines - 1);
        assert!(!upload("routes", "table", moved.as_bytes()).await.unwrap().1, "the same version is kept once");
        assert_eq!(decided_by(&app, "Яма на дороге, колесо пробито").await.1, before, "an upload changes nothing");
        let draft = validated(&app, "таблица", |r| _ = r.bindings[1].datasets.insert("routes".into(), row.digest)).await;
        let after = rollout::activate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap();
        assert_eq!(decided_by(&app, "Яма на дороге, колесо пробито").await.1, after);

        let square = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "id": "centre", "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [[[39.8, 57.5], [40.0, 57.5], [40.0, 57.7], [39.8, 57.5]]]}}]});
        let (areas, _) = upload("areas", "polygons", square.to_string().as_bytes()).await.unwrap();
        assert_eq!((areas.shape.as_str(), areas.rows), ("polygons", 1));
        let (blob, _) = upload("model", "blob", &[0, 1, 2]).await.unwrap();
        assert_eq!((blob.shape.as_str(), blob.size), ("blob", 3));
        let large = vec![b'x'; datasets::SIZE_LIMIT + 1];
        for (name, shape, bytes, part) in [
            ("Routes", "table", b"a\n".as_slice(), "dataset name"),
            ("routes", "sheet", b"a\n", "shape \"sheet\" is unknown"),
            ("routes", "table", b"", "the table is empty"),
            ("routes", "table", b"a,a\n1,2\n", "named twice"),
            ("routes", "table", b"a,b\n1\n", "cannot be read"),
            ("areas", "polygons", b"{}", "FeatureCollection"),
            ("model", "blob", &large, "at most 32"),
        ] {
            let error = upload(name, shape, bytes).await.unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        // Polygons where the plug-in wants a table.
        let new = NewDraft { title: "не та форма".into(), ruleset: None };
        let draft = drafts::create(&app, &region, new, &by("admin")).await.unwrap();
        let mut ruleset: Ruleset = draft.ruleset.clone();
        ruleset.bindings[1].datasets.insert("routes".into(), areas.digest);
        let draft = drafts::edit(&app, &region, draft.id, 1, Edit::Replace(ruleset), &by("admin")).await.unwrap();
        let error = drafts::validate(&app, &region, draft.id, draft.version, &by("admin")).await.unwrap_err().to_string();
        assert!(error.contains("routes"), "{error}");
        assert_eq!(app.store.datasets(&region).await.unwrap().iter().filter(|d| d.name == "routes").count(), 2);
    })
    .await;
}
