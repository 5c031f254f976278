//! Exporters that lie, trap, loop or never end: the job fails in words, and nothing is left of it.

use veche_app::rollout;
use veche_domain::code::{BindingId, Digest};
use veche_domain::decision::Kind;
use veche_domain::limits::LimitsRequest;
use veche_domain::ruleset::{Binding, FailurePolicy};
use veche_tests::guest::{Guest, World, named};

use super::*;
use crate::rules::validated;

/// An exporter of one format `x` over the ids of appeals, with this body of `export`.
pub(super) fn guest(export: &str) -> Vec<u8> {
    guest_over("id", export)
}

fn guest_over(column: &str, export: &str) -> Vec<u8> {
    let mut guest = Guest::new(World::Exporter)
        .memory("160")
        .import("streams", "[method]rows.next", "(func $next (param i32 i32))")
        .import("streams", "[method]sink.write", "(func $write (param i32 i32 i32 i32))")
        .import("streams", "[resource-drop]rows", "(func $drop-rows (param i32))")
        .import("streams", "[resource-drop]sink", "(func $drop-sink (param i32))");
    let put = |guest: &mut Guest, at: u32, text: &str| {
        let text = guest.text(text);
        let (address, length) = text.split_once(") (").unwrap();
        format!("(i32.store (i32.const {at}) {address})) (i32.store (i32.const {}) ({length})", at + 4)
    };
    let format = [
        put(&mut guest, 3100, "x"),
        "(i32.store (i32.const 3108) (i32.const 3200)) (i32.store (i32.const 3112) (i32.const 1))".into(),
        put(&mut guest, 3116, "text/plain"),
        put(&mut guest, 3124, "txt"),
        "(i32.store (i32.const 3136) (i32.const 3300)) (i32.store (i32.const 3140) (i32.const 1))".into(),
        put(&mut guest, 3200, "ru"),
        put(&mut guest, 3208, "Формат"),
        put(&mut guest, 3300, column),
        "(i32.store (i32.const 3000) (i32.const 3100)) (i32.store (i32.const 3004) (i32.const 1)) (i32.const 3000)"
            .into(),
    ];
    let (rows, sink) = ("(i32.load offset=52 (local.get $request))", "(i32.load offset=56 (local.get $request))");
    let read = format!(
        "(block $end (loop $more
           (call $next {rows} (i32.const 3400))
           (br_if $end (i32.eqz (i32.load8_u (i32.const 3400))))
           (local.set $n (i64.add (local.get $n) (i64.extend_i32_u (i32.load (i32.const 3408)))))
           (br $more)))"
    );
    let export = export
        .replace("READ", &read)
        .replace("WRITE", &format!("(call $write {sink} (i32.const 0) (i32.const 1048576) (i32.const 3400))"))
        .replace("DROP", &format!("(call $drop-rows {rows}) (call $drop-sink {sink})"))
        .replace("DONE", "(i64.store (i32.const 3464) (local.get $n)) (i32.const 3456)");
    let guest = guest.body("formats", &format.join("\n")).body("export", &format!("(local $n i64) {export}"));
    named(&guest.build(), "exporter-of-a-test")
}

/// Binds exporters beside the others, each under its name.
pub(super) async fn bind(app: &App, exporters: &[(&str, Vec<u8>)]) {
    let region = yaroslavl();
    let mut releases: Vec<(BindingId, Digest)> = Vec::new();
    for (id, component) in exporters {
        let (store, engine, developer) = (&app.store, app.rules.engine(), Actor::named("developer"));
        let uploaded =
            veche_app::releases::upload(store, engine, &region, component.clone(), &developer, Some("developer"));
        releases.push((BindingId::new(id).unwrap(), uploaded.await.unwrap().0.digest));
    }
    let draft = validated(app, "с выгрузками", |ruleset| {
        ruleset.bindings.extend(releases.into_iter().map(|(id, release)| Binding {
            id,
            kind: Kind::Exporter,
            block: None,
            release,
            settings: json!({}),
            datasets: Default::default(),
            on_failure: FailurePolicy::Next,
            grants: Default::default(),
            limits: LimitsRequest::default(),
        }));
    })
    .await;
    rollout::activate(app, &yaroslavl(), draft.id, draft.version, &Actor::named("admin")).await.unwrap();
}

/// Asks for the file of one binding and writes it.
pub(super) async fn write_by(app: &App, binding: &str) -> ExportJob {
    let job = ask(app, new_export(Some(binding), "x")).await;
    run(app, job.id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_exporter_fails_in_words_and_leaves_nothing() {
    check(&[], async |mut app| {
        app.exports.quota = 3 << 20;
        fill(&app).await;
        let cases: [(&str, &str, &str); 9] = [
            ("endless", "(loop $on WRITE (br $on)) (unreachable)", "over the quota of 3 MiB"),
            ("stubborn", "READ (loop $on WRITE (br $on)) (unreachable)", "over the quota of 3 MiB"),
            ("half", "WRITE DROP DONE", "before the end"),
            ("liar", "READ WRITE (local.set $n (i64.const 3)) DROP DONE", "read 3 rows and was handed 4"),
            ("nothing", "READ DROP DONE", "wrote nothing"),
            ("trap", "READ WRITE (unreachable)", "trapped"),
            ("hoarder", "READ (loop $on (drop (call $alloc (i32.const 65536))) (br $on)) (unreachable)", "memory"),
            ("loop", "READ (loop $on (br $on)) (unreachable)", "fuel"),
            ("failure", "DROP (i32.store (i32.const 3456) (i32.const 1)) (i32.const 3456)", "reports"),
        ];
        let exporters: Vec<_> = cases.iter().map(|(id, export, _)| (*id, guest(export))).collect();
        bind(&app, &exporters).await;
        for (id, _, part) in cases {
            let job = write_by(&app, id).await;
            let fault = job.fault.clone().unwrap_or_default();
            assert_eq!(job.state, JobState::Failed, "{id}: {job:?}");
            assert!(fault.contains(part) || (id == "loop" && fault.contains("wall")), "{id}: {fault}");
            assert!(!job.available && job.digest.is_none() && job.size == 0, "{job:?}");
            assert!(files::check(&job).unwrap_err().to_string().contains("there is none"));
            assert_eq!(app.store.export_chunk_count(job.id).await.unwrap(), 0, "{id}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_that_cannot_be_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder.path().join("veche.db").display().to_string(), &crate::world::cache()).await;
    load_sample_with(&app, &[]).await;
    let fine = guest("READ WRITE DROP DONE");
    let broken = guest_over("zz", "READ WRITE DROP DONE");
    bind(&app, &[("fine", fine), ("broken", broken)]).await;
    let exporters = veche_app::exports::formats::of(&app, &yaroslavl()).await.unwrap();
    assert_eq!(exporters.len(), 2);
    let told: Vec<_> = exporters.iter().map(|e| (e.binding.as_str(), e.formats.len(), e.fault.is_some())).collect();
    assert_eq!(told, [("fine", 1, false), ("broken", 0, true)]);
    let asking = Asking { actor: &actor(), scope: Scope::Region, personal: true };
    for (binding, format, part) in [
        (Some("broken"), "x", "which there is not"),
        (Some("nobody"), "x", "exporter \"nobody\" is unknown"),
        (Some("fine"), "y", "export format \"y\" is unknown"),
        (None, "y", "export format \"y\" is unknown"),
    ] {
        let refused = request(&app, &yaroslavl(), new_export(binding, format), &asking).await.unwrap_err().to_string();
        assert!(refused.contains(part), "{refused}");
    }
    let odd = NewExport { language: Some("tlh".into()), ..new_export(Some("fine"), "x") };
    assert!(request(&app, &yaroslavl(), odd, &asking).await.unwrap_err().to_string().contains("neither ru nor en"));
    let upside_down = Wanted::Days("2026-02-02".parse().unwrap(), "2026-02-01".parse().unwrap());
    for period in [upside_down, month("2090-01-01")] {
        let new = NewExport { period, ..new_export(Some("fine"), "x") };
        assert!(request(&app, &yaroslavl(), new, &asking).await.is_err());
    }
}
