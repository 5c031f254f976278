//! The log on both databases: what is written in it, and what becomes visible when somebody changes it.

use veche_app::audit::{self, HostKey};
use veche_domain::access::Actor;
use veche_domain::audit::{Chain, Deed, Fact};
use veche_store::testing::execute;
use veche_store::{AuditFilter, Store};

use crate::host_process::{must, run};
use crate::world::databases;

fn chain() -> Chain {
    Chain::from_text("r").unwrap()
}

async fn write(store: &Store, from: i64, to: i64) {
    for n in from..=to {
        let fact = Fact::new(chain(), &Actor::named("test"), Deed::Correct, format!("appeal {n}"));
        store.log(&[fact.private("reason", "Иванов просил")]).await.unwrap();
    }
}

/// Takes the lock off the door, as somebody with the database's password could.
async fn unlock(url: &str) {
    let sql = if url.starts_with("postgres") {
        "DROP TRIGGER audit_is_append_only ON audit"
    } else {
        "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted"
    };
    execute(url, sql).await.unwrap();
}

#[tokio::test]
async fn tampering_is_refused_and_where_it_is_forced_it_is_named() {
    let cases = [
        ("UPDATE audit SET target = 'appeal 9' WHERE seq = 3", "entry 3 was changed"),
        ("UPDATE audit SET details = 'x' WHERE seq = 3", "entry 3 was changed"),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", "entry 3 was changed"),
        ("DELETE FROM audit WHERE seq = 3", "entries 3 to 3 are missing"),
        ("DELETE FROM audit WHERE seq > 3", "entries 4 to 5 are missing"),
        (
            "UPDATE audit SET seq = 99 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 99",
            "entry 3 was written as entry 4",
        ),
        ("UPDATE audit_private SET data = '{}' WHERE seq = 2", "personal data of entry 2 were changed"),
        ("DELETE FROM audit_private WHERE seq = 2", "personal data of entry 2 are gone"),
        (
            "UPDATE audit_private SET data = NULL, salt = NULL, erased_by = 5 WHERE seq = 2",
            "personal data of entry 2 are gone",
        ),
        ("UPDATE audit_head SET digest = previous FROM audit WHERE audit.seq = 5", "entry 5 is not the one"),
    ];
    for (sql, wanted) in cases {
        let (_folder, urls) = databases().await;
        for url in urls {
            let store = Store::connect(&url).await.unwrap();
            write(&store, 1, 5).await;
            let whole = audit::verify(&store, &chain(), None).await.unwrap();
            assert_eq!((whole.entries, whole.faults.len()), (5, 0));
            if !sql.contains("audit_") {
                let refused = execute(&url, sql).await.unwrap_err();
                assert!(format!("{refused:?}").contains("append-only"), "{refused:?}");
            }
            unlock(&url).await;
            execute(&url, sql).await.unwrap();
            let verified = audit::verify(&store, &chain(), None).await.unwrap();
            let faults: Vec<_> = verified.faults.iter().map(ToString::to_string).collect();
            assert!(faults.first().is_some_and(|fault| fault.contains(wanted)), "{sql}: {faults:?}");
        }
    }
}

#[tokio::test]
async fn a_chain_written_anew_does_not_fit_its_checkpoint() {
    let (folder, urls) = databases().await;
    let key = HostKey::open(&folder.path().join("host.key")).unwrap();
    assert_eq!(HostKey::open(&folder.path().join("host.key")).unwrap().public(), key.public());
    for url in urls {
        let store = Store::connect(&url).await.unwrap();
        write(&store, 1, 3).await;
        let checkpoint = audit::checkpoint(&store, None, &key).await.unwrap();
        checkpoint.check(&key.public()).unwrap();
        let mut forged = checkpoint.clone();
        forged.heads[0].seq = 2;
        assert!(forged.check(&key.public()).unwrap_err().to_string().contains("does not fit"));
        assert!(checkpoint.check(&"0".repeat(64)).unwrap_err().to_string().contains("another key"));
        write(&store, 4, 5).await;
        assert!(audit::verify(&store, &chain(), Some(&checkpoint)).await.unwrap().faults.is_empty());
        unlock(&url).await;
        // The whole chain anew, every digest right: alone, it looks whole.
        execute(&url, "DELETE FROM audit; DELETE FROM audit_private; DELETE FROM audit_head").await.unwrap();
        write(&store, 11, 15).await;
        assert!(audit::verify(&store, &chain(), None).await.unwrap().faults.is_empty());
        let faults = audit::verify(&store, &chain(), Some(&checkpoint)).await.unwrap().faults;
        assert!(faults[0].to_string().contains("entry 3 is not the one that the checkpoint names"), "{faults:?}");
    }
}

#[tokio::test]
async fn entries_of_many_writers_make_one_chain() {
    let (_folder, urls) = databases().await;
    for url in urls {
        let store = Store::connect(&url).await.unwrap();
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { write(&store, 1, 10).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let verified = audit::verify(&store, &chain(), None).await.unwrap();
        assert_eq!((verified.entries, verified.faults.len()), (80, 0));
        let filter = AuditFilter { target: Some("appeal 7".into()), ..AuditFilter::default() };
        assert_eq!(store.audit_entries(&chain(), &filter, 0, 100).await.unwrap().len(), 8);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_names_the_entry_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    must(folder.path(), &["region", "load", "samples/yaroslavl"]);
    let whole = must(folder.path(), &["audit", "verify", "--region", "yaroslavl"]);
    let count: u32 = whole
        .split_once("chain yaroslavl: ")
        .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("no count of entries: {whole}"));
    assert_eq!(count, 12, "loaded, set of indicators, seven plug-ins, two datasets, activated: {whole}");
    let (out, key) = (path("checkpoint.json"), path("host.key"));
    let said = must(folder.path(), &["audit", "checkpoint", "--out", &out, "--host-key", &key]);
    let public = said.trim().rsplit(' ').next().unwrap();
    must(folder.path(), &["audit", "verify", "--checkpoint", &out, "--key", public]);
    let database = path("veche.db");
    unlock(&database).await;
    execute(&database, "UPDATE audit SET actor = 'nobody' WHERE seq = 2").await.unwrap();
    let said = run(folder.path(), &["audit", "verify"]);
    assert!(!said.success && said.out.contains("chain yaroslavl: entry 2 was changed"), "{}", said.out);
    execute(&database, "DELETE FROM audit; DELETE FROM audit_head; DELETE FROM audit_private").await.unwrap();
    assert!(run(folder.path(), &["audit", "verify"]).success, "an empty log says nothing about itself");
    let said = run(folder.path(), &["audit", "verify", "--checkpoint", &out, "--key", public]);
    assert!(!said.success && said.out.contains(&format!("entries 1 to {count} are missing")), "{}", said.out);
}
