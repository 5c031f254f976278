//! Files: the report to the governor and a table, made, looked at, fetched, refused.

use super::{Workers, centre_with_history, load_sample_with, month};

#[tokio::test(flavor = "multi_thread")]
async fn browser_curator_makes_looks_at_and_fetches_the_report() {
    let centre = centre_with_history(2).await;
    let app = &centre.served.app;
    load_sample_with(app, &["governor", "csv"]).await;
    let workers = Workers::start(app);
    let browser = centre.browser_as("curator").await;
    browser.open(&format!("/regions/yaroslavl/exports?kind=month&day={}", month(0))).await;
    browser.says("Файлов пока нет").await;
    browser.look("curator-exports-empty").await;
    browser.click("input[value*='governor-report']").await;
    browser.follow("#ask .btn-primary").await;
    browser.says("Готов").await;
    browser.look("curator-export").await;
    browser.follow("#preview").await;
    browser.says("лист «").await;
    browser.look("curator-preview").await;
    let file = browser.run("return document.querySelector('a[download]').getAttribute('href')").await;
    let fetched = browser
        .run(&format!(
            "const r = new XMLHttpRequest(); r.open('GET', '{}', false); r.overrideMimeType('text/plain; charset=x-user-defined'); \
             r.send(); return [r.status, r.responseText.slice(0, 2), r.responseText.length]",
            file.as_str().unwrap()
        ))
        .await;
    assert_eq!((fetched[0].as_u64(), fetched[1].as_str()), (Some(200), Some("PK")), "{fetched}");
    browser.open(&format!("/regions/yaroslavl/exports?kind=month&day={}", month(0))).await;
    browser.run("document.querySelector('#ask details').open = true").await;
    browser.click("input[name='format']").await;
    browser.fill("#e-options", "без знака").await;
    browser.follow("#ask .btn-primary").await;
    browser.says("имя=значение").await;
    browser.is_quiet(&["422"]).await;
    drop(workers);
}
