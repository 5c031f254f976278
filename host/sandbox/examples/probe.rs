#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]
use std::{collections::HashMap, sync::Arc, time::Instant};
use veche_domain::{appeal::*, calendar::*, code::*, decision::*, dictionary::*};
use veche_sandbox::*;
fn main() {
    let engine =
        Engine::new(&EngineConfig { instances: 64, cache: Some("/tmp/veche-cache".into()), ..EngineConfig::default() })
            .unwrap();
    let bytes = std::fs::read("target/plugins/categorizer-keywords.wasm").unwrap();
    let t = Instant::now();
    let i = inspect(&engine, &bytes, &Limits::default()).unwrap_or_else(|e| {
        eprintln!("{e}");
        std::process::exit(1)
    });
    println!("{:?} {}", t.elapsed(), serde_json::to_string_pretty(&i).unwrap());
    let region =
        serde_json::from_value(serde_json::json!({"code":"r","name":"R","time_zone":"Europe/Moscow"})).unwrap();
    let d = Dictionaries::new(
        DictionaryData { region, blocks: vec![], categories: vec![], bodies: vec![], municipalities: vec![] },
        Default::default(),
    )
    .unwrap();
    let csv =
        "category,term,weight\nhousing.heating,холодные батареи,3\nhousing.heating,отопление,2\nroads.holes,яма,2\n";
    let ds = datasets::Dataset::table(csv.as_bytes()).unwrap();
    let world = World {
        dictionaries: Arc::new(d),
        calendar: ProductionCalendar::russian(),
        work_time: WorkTime::default(),
        datasets: Arc::new(HashMap::from([("keywords".to_string(), Arc::new(ds))])),
    };
    let grants = i.permissions.iter().copied().collect();
    let t = Instant::now();
    let p = prepare(
        &engine,
        Preparation {
            component: &bytes,
            inspection: &i,
            kind: Kind::Categorizer,
            settings: &serde_json::json!({}),
            world,
            grants: &grants,
            limits: Limits::default(),
        },
    )
    .unwrap_or_else(|e| {
        eprintln!("{e}");
        std::process::exit(1)
    });
    println!("prepare {:?} cache {}", t.elapsed(), p.from_cache);
    let text =
        "Уже третий день в квартире холодные батареи, дети мёрзнут, управляющая компания трубку не берёт! ".repeat(6);
    let a = Appeal {
        id: AppealId::new(),
        content: NewAppeal {
            channel: ChannelCode::new("pos").unwrap(),
            external_id: None,
            regime: RegimeCode::new("pos").unwrap(),
            received_at: chrono::Utc::now(),
            applicant: Applicant::default(),
            text,
            questions: vec![],
            place: Place::default(),
            attachments: vec![],
            attributes: Default::default(),
        },
    };
    for n in [1, 1, 1000, 20000] {
        let t = Instant::now();
        let mut last = None;
        for _ in 0..n {
            let q = Question::new(&a, 0, chrono::Utc::now().date_naive());
            last = Some(p.categorize(&q, None));
        }
        println!("{n}: {:?} each", t.elapsed() / n);
        if n == 1 {
            println!("{:?}", last);
        }
    }
    let t = Instant::now();
    for _ in 0..20000 {
        std::hint::black_box(Question::new(&a, 0, chrono::Utc::now().date_naive()));
    }
    println!("question {:?}", t.elapsed() / 20000);
}
