//! What the reference exporters write, read back by other programs' eyes.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use calamine::{Data, DataType as _, Reader as _, Xlsx};
use serde_json::Value;
use veche_store::{FactSpan, MeasuredFilter};

use super::*;
use crate::world::root;

#[tokio::test(flavor = "multi_thread")]
async fn every_format_holds_what_the_store_holds() {
    check(&["csv", "open311", "sstu", "governor"], async |app| {
        fill(&app).await;
        csv_round_trips(&app).await;
        applicants_stay_where_they_are(&app).await;
        open311_is_valid(&app).await;
        sstu_has_a_file_for_each_appeal(&app).await;
        the_governors_figures_are_the_stores(&app).await;
        measurements_are_rows_too(&app).await;
    })
    .await;
}

fn records(bytes: &[u8], delimiter: u8) -> Vec<BTreeMap<String, String>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    let headers = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        headers.iter().zip(record.iter()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

async fn csv_round_trips(app: &App) {
    let (job, bytes) = write(app, "csv").await;
    assert_eq!((job.done, job.total, job.skipped, job.media_type.as_str()), (4, 4, 0, "text/csv; charset=utf-8"));
    assert_eq!(job.file_name, "yaroslavl-csv-2026-02.csv");
    let rows = records(&bytes, b',');
    assert_eq!(rows.len(), 4);
    for row in &rows {
        let id = AppealId(row["Идентификатор"].parse().unwrap());
        let stored = app.store.appeal(&yaroslavl(), id).await.unwrap().unwrap();
        let question: usize = row["Номер вопроса"].parse().unwrap();
        let verdict = &stored.questions[question].verdict;
        assert_eq!(Some(&row["Номер в канале"]), stored.appeal.content.external_id.as_ref());
        assert_eq!(row["Код категории"], verdict.category.as_ref().unwrap().as_str());
        assert_eq!(row["Код органа"], verdict.body.as_ref().unwrap().as_str());
        assert_eq!(row["ОКТМО"], "78701000");
        assert_eq!(row["Адрес"], "ул. Свободы, 1");
        let received: DateTime<Utc> = row["Поступило"].parse().unwrap();
        assert_eq!(received, stored.appeal.content.received_at);
    }
    let answered = rows.iter().find(|row| row["Номер в канале"] == "F-1").unwrap();
    assert_eq!(
        (answered["Ответ дан"].as_str(), answered["По существу"].as_str()),
        ("2026-02-03T09:00:00+03:00", "true")
    );
    assert_eq!((answered["Оценка"].as_str(), answered["Просрочено"].as_str()), ("5", "false"));
    // The dialect of Excel says the same.
    let (_, bytes) = write(app, "csv-excel").await;
    assert!(bytes.starts_with("\u{feff}".as_bytes()));
    let same = records(&bytes, b';');
    assert_eq!(same.len(), 4);
    assert_eq!(same[0]["Ответ дан"], "03.02.2026 09:00:00");
    let english = NewExport { language: Some("en".into()), ..new_export(None, "csv") };
    let job = run(app, ask(app, english).await.id).await;
    assert!(fetch(app, &job).await.starts_with(b"Id,Question,"));
}

/// The binding of CSV has no grant, so nothing names the applicant; the one of SSTU has it.
async fn applicants_stay_where_they_are(app: &App) {
    let (job, bytes) = write(app, "csv").await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(!job.personal);
    for part in ["Сидорова", "anna@example.ru", "234-56-78", "Ромашка"] {
        assert!(!text.contains(part), "{part} is in {text}");
    }
    assert!(text.contains("[ФИО]") || text.contains("[ТЕЛЕФОН]"), "{text}");
}

async fn open311_is_valid(app: &App) {
    let (job, bytes) = write(app, "open311-json").await;
    let requests: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((requests.len(), job.skipped), (4, 0));
    assert_eq!(requests.iter().filter(|request| request["status"] == "closed").count(), 2);
    assert!(requests.iter().all(|request| request["lat"] == 57.62));
    let (_, xml) = write(app, "open311-xml").await;
    assert_eq!(String::from_utf8(xml).unwrap().matches("<service_request_id>").count(), 4);
    let schema = root().join("../shared/data/open311-georeport-v2-schema/request.json");
    let Ok(schema) = std::fs::read_to_string(&schema) else {
        eprintln!("left out: no ../shared/data, so no check against the schema of Open311");
        return;
    };
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for request in &requests {
        let faults: Vec<_> = validator.iter_errors(request).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{request}: {faults:?}");
    }
}

async fn sstu_has_a_file_for_each_appeal(app: &App) {
    let (job, bytes) = write(app, "sstu").await;
    assert!(job.personal);
    let mut outer = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(outer.len(), 1);
    let mut part = Vec::new();
    outer.by_index(0).unwrap().read_to_end(&mut part).unwrap();
    let mut inner = zip::ZipArchive::new(Cursor::new(part)).unwrap();
    let mut appeals = Vec::new();
    for n in 0..inner.len() {
        let mut file = inner.by_index(n).unwrap();
        let mut json = String::new();
        file.read_to_string(&mut json).unwrap();
        let appeal: Value = serde_json::from_str(&json).unwrap();
        appeals.push((file.name().unwrap().into_owned(), appeal));
    }
    let left_out = usize::try_from(job.skipped).unwrap();
    let questions: usize = appeals.iter().map(|(_, appeal)| appeal["questions"].as_array().unwrap().len()).sum();
    assert_eq!(questions + left_out, 4, "{:?}", job.notes);
    let first = &appeals.iter().find(|(_, appeal)| appeal["number"] == "F-1").unwrap().1;
    assert_eq!(
        (first["name"].as_str(), first["email"].as_str()),
        (Some("Сидорова Анна Петровна"), Some("anna@example.ru"))
    );
    assert_eq!(
        (first["questions"][0]["status"].as_str(), first["questions"][0]["responseDate"].as_str()),
        (Some("Supported"), Some("2026-02-03"))
    );
}

async fn the_governors_figures_are_the_stores(app: &App) {
    let (job, bytes) = write(app, "governor-report").await;
    assert!(job.file_name.ends_with(".xlsx"));
    let shown = in_libreoffice(&bytes);
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = |book: &mut Xlsx<_>, name: &str| -> Vec<Vec<Data>> {
        book.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
    };
    let span = FactSpan {
        region: yaroslavl(),
        starts: "2026-01-31T21:00:00Z".parse().unwrap(),
        until: "2026-02-28T21:00:00Z".parse().unwrap(),
    };
    let tallies = app.store.tallies(&span).await.unwrap();
    assert!(format!("{tallies:?}").len() > 2, "there is something to count");
    let counts = app.store.counts(&yaroslavl()).await.unwrap();
    let received = sheet(&mut book, "Сводка")[5][0].get_float().unwrap();
    if let Some(csv) = shown {
        assert!(csv.contains("Доклад о работе"), "{csv}");
        let line = csv.lines().nth(5).unwrap();
        assert_eq!(line.split(',').next().unwrap().parse::<f64>().unwrap(), received, "LibreOffice shows {line}");
    }
    // All questions of the store but the one of January.
    assert_eq!(received, counts.values().sum::<i64>() as f64 - 1.0);
    for (name, column) in [("Блоки", 1), ("Органы", 1), ("Категории", 2)] {
        let rows = sheet(&mut book, name);
        let sum: f64 = rows[1..].iter().filter_map(|row| row[column].get_float()).sum();
        assert_eq!(sum, received, "{name}");
    }
    let indicators = sheet(&mut book, "Показатели");
    assert_eq!(indicators.len(), 11);
    let satisfied = &indicators[4];
    assert_eq!((satisfied[2].get_float(), satisfied[4].get_float()), (Some(100.0), Some(1.0)));
}

/// The first sheet of a workbook as LibreOffice reads it; none where there is no LibreOffice.
fn in_libreoffice(workbook: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.xlsx");
    std::fs::write(&path, workbook).unwrap();
    let mut office = std::process::Command::new("soffice");
    // Commas, quotes, UTF-8; without the last, the characters are those of the environment.
    let csv = "csv:Text - txt - csv (StarCalc):44,34,76";
    office.args(["--headless", "--convert-to", csv, "--outdir"]).arg(folder.path()).arg(&path);
    match office.env("HOME", folder.path()).output() {
        Err(error) => {
            eprintln!("left out: no LibreOffice here ({error})");
            None
        }
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(std::fs::read_to_string(folder.path().join("report.csv")).unwrap())
        }
    }
}

async fn measurements_are_rows_too(app: &App) {
    let region = yaroslavl();
    let job = veche_app::indicators::jobs::request(app, &region, month("2026-02-01"), vec!["received".into()], "test");
    let job = job.await.unwrap();
    let stop = CancellationToken::new();
    veche_app::indicators::jobs::run_next(app, "here", Some(job.id), &stop, &|_| {}).await.unwrap();
    let measured = app.store.measured(&yaroslavl(), &MeasuredFilter::default(), 10).await.unwrap();
    let parts: usize = measured.iter().map(|m| m.measurements.len()).sum();
    let (job, bytes) = write(app, "csv-measurements").await;
    let rows = records(&bytes, b',');
    assert_eq!((rows.len(), usize::try_from(job.done).unwrap()), (parts, parts));
    let whole = rows.iter().find(|row| row["Код блока"].is_empty() && row["Код органа"].is_empty()).unwrap();
    let value = measured[0].measurements[0].value.unwrap();
    assert_eq!(whole["Значение"].parse::<f64>().unwrap(), value);
    let (job, bytes) = write(app, "csv-ratings").await;
    assert_eq!((job.done, records(&bytes, b',').len()), (0, 0));
}
