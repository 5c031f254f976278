//! Exports as jobs: interrupted and begun anew, cancelled, on a full disk, pruned.

use std::time::Duration;

use veche_store::ExportResult;

use super::bad::{bind, guest, write_by};
use super::*;

/// Reads its rows and writes three pieces of a mebibyte.
const THREE: &str = "READ WRITE WRITE WRITE DROP DONE";

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_export_begins_anew_and_is_whole() {
    check(&[], async |app| {
        fill(&app).await;
        bind(&app, &[("three", guest(THREE))]).await;
        let job = ask(&app, new_export(Some("three"), "x")).await;
        // A host claims it, writes a piece, and is gone.
        let dead = app.store.claim_export_job("dead", Some(job.id), Duration::ZERO).await.unwrap().unwrap();
        let half = b"half a file".as_slice();
        assert!(app.store.checkpoint_export("dead", &dead, Some((0, half)), Duration::ZERO).await.unwrap());
        assert_eq!(app.store.export_chunk(job.id, 0).await.unwrap(), None, "half a file is never offered");
        let done = run(&app, job.id).await;
        assert_eq!((done.state, done.attempts, done.size, done.done), (JobState::Done, 2, 3 << 20, 4));
        assert_eq!(fetch(&app, &done).await.len(), 3 << 20);
        // What comes back to life writes nothing more.
        assert!(!app.store.checkpoint_export("dead", &dead, Some((9, half)), Duration::ZERO).await.unwrap());
        let late = ExportResult::Failed { fault: "late".into() };
        assert!(!app.store.finish_export("dead", job.id, &late).await.unwrap());
        assert_eq!(app.store.export_chunk_count(job.id).await.unwrap(), 3);

        // One that brings hosts down is not begun for ever.
        let job = ask(&app, new_export(Some("three"), "x")).await;
        for _ in 0..3 {
            app.store.claim_export_job("dead", Some(job.id), Duration::ZERO).await.unwrap().unwrap();
        }
        let failed = run(&app, job.id).await;
        assert_eq!(failed.state, JobState::Failed);
        assert!(failed.fault.unwrap().contains("interrupted 3 times"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_export_ends_and_leaves_nothing() {
    check(&[], async |app| {
        fill(&app).await;
        bind(&app, &[("endless", guest("READ (loop $on WRITE (br $on)) (unreachable)"))]).await;
        let job = ask(&app, new_export(Some("endless"), "x")).await;
        let running = tokio::spawn({
            let app = app.clone();
            async move { run(&app, job.id).await }
        });
        let at_work = async || app.store.export_job(&yaroslavl(), job.id).await.unwrap().unwrap().size > 0;
        while !at_work().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let cancel =
            async || veche_app::exports::jobs::cancel(&app, &yaroslavl(), job.id, &Scope::Region, &actor()).await;
        cancel().await.unwrap();
        let ended = running.await.unwrap();
        assert_eq!((ended.state, ended.available, ended.size), (JobState::Cancelled, false, 0));
        assert_eq!(app.store.export_chunk_count(job.id).await.unwrap(), 0);
        assert!(cancel().await.unwrap_err().to_string().contains("nothing to cancel"));
        // A host that stops gives its export back.
        let job = ask(&app, new_export(Some("endless"), "x")).await;
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(run_next(&app, Some(job.id), &stop, &|_| {}).await.is_err());
        let waiting = app.store.export_job(&yaroslavl(), job.id).await.unwrap().unwrap();
        assert_eq!((waiting.state, waiting.attempts, waiting.available), (JobState::Running, 0, false));
        let again = app.store.claim_export_job("other", Some(job.id), Duration::ZERO).await.unwrap();
        assert!(again.is_some(), "no lease has to end first");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_fails_the_export_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder.path().join("veche.db").display().to_string(), &crate::world::cache()).await;
    load_sample_with(&app, &[]).await;
    fill(&app).await;
    bind(&app, &[("three", guest(THREE))]).await;
    let job = ask(&app, new_export(Some("three"), "x")).await;
    veche_store::testing::limit_growth(&app.store, 300).await.unwrap();
    let failed = run(&app, job.id).await;
    assert_eq!(failed.state, JobState::Failed);
    assert!(failed.fault.unwrap().contains("disk is full"));
    assert_eq!(app.store.export_chunk_count(job.id).await.unwrap(), 0);
    veche_store::testing::limit_growth(&app.store, 1_000_000).await.unwrap();
    assert_eq!(write_by(&app, "three").await.state, JobState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_pruned_when_their_time_is_over() {
    check(&[], async |app| {
        fill(&app).await;
        bind(&app, &[("three", guest(THREE))]).await;
        let job = write_by(&app, "three").await;
        let expires = job.expires_at.unwrap();
        assert_eq!(app.store.prune_exports(expires - chrono::TimeDelta::minutes(1)).await.unwrap(), 0);
        assert_eq!(app.store.prune_exports(expires).await.unwrap(), 1);
        let pruned = app.store.export_job(&yaroslavl(), job.id).await.unwrap().unwrap();
        assert_eq!((pruned.state, pruned.available, pruned.digest), (JobState::Done, false, job.digest));
        assert_eq!(app.store.export_chunk_count(job.id).await.unwrap(), 0);
        assert!(files::check(&pruned).unwrap_err().to_string().contains("its time is over"));
    })
    .await;
}
