//! Indicators: from the list to a part, to what is behind it; targets, measuring, entered values, categories, municipalities.

use super::{Workers, centre_with_history, month};

const LIST: &str = "/regions/yaroslavl/indicators";

#[tokio::test(flavor = "multi_thread")]
async fn browser_curator_goes_from_a_number_to_its_appeals_and_sets_a_target() {
    let centre = centre_with_history(4).await;
    let browser = centre.browser_as("curator").await;
    browser.open("/").await;
    browser.follow("a[href='/regions/yaroslavl/indicators']").await;
    browser.says("Обязательные").await;
    browser.says("план на").await;
    browser.says("закрытых").await;
    browser.look("curator-indicators").await;
    browser.follow("a[href*='codes/on-time?']").await;
    browser.says("Доля ответов, данных в срок").await;
    assert_eq!(browser.count("[data-chart] canvas").await, 1, "the trend is drawn");
    browser.look("curator-indicator").await;
    // What is behind the numerator: as many questions as it says.
    let shown = browser.run("return document.querySelector('dl.made dd').innerText").await;
    browser.follow("dl.made dd a").await;
    browser.says(&format!("В расчёте: {}.", shown.as_str().unwrap())).await;
    browser.look("curator-behind").await;
    let text = browser.text().await;
    assert!(!text.contains("Числа расходятся"), "{text}");
    assert!(browser.count("a[href*='/appeals/']").await > 0);
    // A part of it, and a target for that part.
    browser.open(&format!("{LIST}/codes/on-time?kind=month&day={}&block=roads", month(0))).await;
    browser.says("Дороги").await;
    browser.fill("#target-value", "много").await;
    browser.follow("#target button").await;
    browser.says("Нужно число").await;
    browser.fill("#target-value", "99,5").await;
    browser.follow("#target button").await;
    browser.says("Целевое значение сохранено").await;
    browser.says("99,5").await;
    // Categories: targets of several at once.
    browser.open(&format!("{LIST}/categories?kind=month&day={}&indicator=on-time", month(0))).await;
    browser.says("Категории и целевые значения").await;
    browser.fill("input[name='target-roads.surface']", "90").await;
    browser.fill("input[name='target-roads.snow']", "95").await;
    browser.follow("#targets button").await;
    browser.says("Целевые значения сохранены").await;
    browser.look("curator-categories").await;
    let kept = centre.served.app.store.targets(&crate::world::yaroslavl(), Some("on-time")).await.unwrap();
    let mut values: Vec<f64> = kept.iter().map(|target| target.value).collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(values, [90.0, 95.0, 99.5]);
    browser.open(&format!("{LIST}/municipalities?kind=month&day={}&sort=on-time", month(0))).await;
    browser.says("Весь регион").await;
    browser.look("curator-municipalities").await;
    // The curator reads, and does not enter.
    browser.open(&format!("{LIST}/values")).await;
    browser.says("Это действие вам недоступно").await;
    browser.is_quiet(&["422", "403"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_curator_head_measures_and_enters_a_value() {
    let centre = centre_with_history(0).await;
    let workers = Workers::start(&centre.served.app);
    let browser = centre.browser_as("head").await;
    browser.open(&format!("{LIST}?kind=month&day={}", month(3))).await;
    browser.says("значений нет").await;
    browser.follow("#measure").await;
    browser.says("Готово").await;
    browser.follow("#going a").await;
    browser.says("Обязательные").await;
    assert!(browser.count(".f-value").await > 10);
    browser.open(&format!("{LIST}/values")).await;
    browser.fill("#v-value", "не число").await;
    // The browser checks what is required itself; the host does again.
    browser.run("document.querySelector('#value').noValidate = true").await;
    browser.follow("#value button").await;
    browser.says("Нужно число").await;
    browser.look("curator-values-wrong").await;
    browser.choose("#v-indicator", "trained-staff").await;
    let (first, last) = (month(0), month(0) + chrono::Months::new(1) - chrono::Days::new(1));
    for (field, day) in [("v-first", first), ("v-last", last), ("v-source-date", last)] {
        browser.run(&format!("document.getElementById('{field}').value = '{day}'")).await;
    }
    browser.fill("#v-value", "87,5").await;
    browser.fill("#v-numerator", "35").await;
    browser.fill("#v-denominator", "40").await;
    browser.fill("#v-source", "Отчёт учебного центра № 7").await;
    browser.follow("#value button").await;
    browser.says("Значение внесено").await;
    browser.says("35 / 40").await;
    browser.look("curator-values").await;
    browser.is_quiet(&["422"]).await;
    drop(workers);
}
