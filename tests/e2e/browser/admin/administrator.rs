//! The administrator: reviews a release, changes the rules in a draft, tries it on history, lets it decide, goes back.

use super::super::Browser;
use super::{APPEALS, busy_centre, starve};

const RULES: &str = "/regions/yaroslavl/rules";

/// Makes a draft on the page of the rules; its path.
async fn draft(browser: &Browser, title: &str) -> String {
    browser.open(RULES).await;
    browser.fill("#title", title).await;
    browser.follow("form[action$='/drafts'] button").await;
    browser.says("Черновик создан").await;
    browser.path().await
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_admin_changes_the_rules_and_goes_back() {
    let (centre, _work) = busy_centre().await;
    let browser = centre.browser_as("administrator").await;

    browser.open("/regions/yaroslavl/releases").await;
    browser.says("Плагины и версии").await;
    browser.look("admin-releases").await;
    assert_eq!(browser.count("form[data-upload]").await, 0, "who enables does not upload");
    browser.follow("section[data-plugin='router-table'] tbody a").await;
    browser.says("Выбирает исполнителя и сроки").await;
    browser.says("читать подключённые к нему справочники").await;
    browser.says("Вызовы по дням").await;
    browser.look("admin-release").await;
    assert_eq!(browser.count(".chart canvas").await, 3);

    let path = draft(&browser, "Порог ключевых слов").await;
    browser.says("Отличий от действующих правил нет").await;
    browser.follow("li[data-binding='keywords'] .link-actions a").await;
    browser.fill("#s-min-score", "много").await;
    browser.follow("#save").await;
    browser.says("min_score: Нужно число").await;
    browser.is_quiet(&["422"]).await;
    browser.fill("#s-min-score", "0,5").await;
    browser.fill("#s-max-candidates", "17").await;
    browser.follow("#save").await;
    browser.says("max_candidates: Не больше 16").await;
    browser.look("admin-binding-faults").await;
    browser.fill("#s-max-candidates", "5").await;
    browser.follow("#save").await;
    browser.says("Черновик сохранён").await;
    browser.says("keywords").await;

    browser.follow("form[action$='/check'] button").await;
    browser.says("ошибок нет").await;
    browser.look("admin-draft-checked").await;

    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)").await;
    browser.follow("#backtest").await;
    browser.says("Готово").await;
    browser.says("Без изменений осталось бы").await;
    browser.says(&format!("{0} / {0}", APPEALS.len())).await;
    browser.look("admin-backtest").await;

    browser.open(&path).await;
    browser.follow("form[action$='/shadow'] button").await;
    browser.says("Черновик выпущен в тень").await;
    browser.says("В тени: сравнение").await;
    browser.look("admin-draft-shadow").await;
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)").await;
    browser.fill("#percent", "25").await;
    browser.follow("form[action$='/canary'] button").await;
    browser.says("Решают 25 % обращений").await;
    browser.look("admin-draft-canary").await;

    browser.click("#activate").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Новые правила действуют").await;
    browser.look("admin-rules").await;

    browser.open("/regions/yaroslavl/rules/history").await;
    browser.fill("#reason", "проверка возврата").await;
    browser.follow("form[action$='/rollback'] button").await;
    browser.says("Прежний набор правил снова действует").await;
    browser.open("/regions/yaroslavl/rules/history").await;
    browser.says("проверка возврата").await;
    browser.look("admin-history").await;
    browser.is_quiet(&["422"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_admin_adds_a_plugin_and_orders_the_chain() {
    let (centre, _work) = busy_centre().await;
    let browser = centre.browser_as("administrator").await;
    let path = draft(&browser, "Второй выбор исполнителя").await;
    browser.follow("section[aria-labelledby='block-1'] .block-head a").await;
    browser.says("Какой плагин включить").await;
    browser.look("admin-choose").await;
    browser.follow("a[href*='kind=router']").await;

    // A list of objects: two added, the first taken out, what was typed stays.
    for _ in 0..2 {
        browser.follow("button[name='add'][value='/priorities']").await;
    }
    browser.fill("#s-priorities-0-category", "housing.heating").await;
    browser.fill("#s-priorities-1-category", "roads.snow").await;
    browser.choose("#s-priorities-1-priority", "\"high\"").await;
    browser.follow("button[name='remove'][value='/priorities/0']").await;
    let kept = browser.run("return document.querySelector('#s-priorities-0-category').value").await;
    assert_eq!(kept, "roads.snow");
    browser.follow("#save").await;
    browser.says("Черновик сохранён").await;

    // The check names what is missing: the permissions that nobody granted.
    browser.follow("form[action$='/check'] button").await;
    browser.says("В черновике есть ошибки").await;
    browser.says("включение «router-table» → разрешения: плагин просит разрешение «писать в свой журнал»").await;
    browser.look("admin-draft-faults").await;
    browser.follow(".flash a").await;
    browser.run("document.querySelectorAll('input[name=grants]').forEach(box => box.checked = true)").await;
    browser.look("admin-binding").await;
    browser.follow("#save").await;
    browser.says("Черновик сохранён").await;

    let order = "return [...document.querySelectorAll('li[data-binding=table], li[data-binding=router-table]')].map(li => li.dataset.binding).join()";
    assert_eq!(browser.run(order).await, "table,router-table");
    browser.run("document.querySelector('button[name=up][value=router-table]').focus()").await;
    browser.press("\u{e007}").await;
    browser.arrived().await;
    browser.says("Порядок изменён").await;
    assert_eq!(browser.run(order).await, "router-table,table");
    // The same by dragging: the events of a drag, since the driver's own needs a real pointer.
    browser.run("window.stillHere = true").await;
    browser
        .run(
            "const from = document.querySelector('li[data-binding=router-table]'), to = document.querySelector('li[data-binding=table]'); \
             const dataTransfer = new DataTransfer(); const box = to.getBoundingClientRect(); \
             const say = (on, type, y) => on.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer, clientY: y})); \
             say(from, 'dragstart', 0); say(to, 'dragover', box.bottom - 2); say(from, 'drop', box.bottom - 2);",
        )
        .await;
    browser.arrived().await;
    browser.says("Порядок изменён").await;
    assert_eq!(browser.run(order).await, "table,router-table");
    assert!(browser.path().await.starts_with(&path));
    browser.is_quiet(&["422"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_admin_lets_a_plugin_out_of_quarantine() {
    let (centre, _work) = busy_centre().await;
    starve(&centre).await;
    for _ in 0..5 {
        centre.appeal("На дороге огромная яма").await;
    }
    let browser = centre.browser_as("administrator").await;
    browser.open("/regions/yaroslavl/quarantine").await;
    browser.says("5 сбоев подряд").await;
    browser.look("admin-quarantine").await;
    browser.click("form[action*='/quarantine/'] button").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Плагин выпущен из карантина").await;
    browser.says("Выпущен вручную").await;

    browser.open("/regions/yaroslavl/releases").await;
    browser.follow("section[data-plugin='router-table'] tbody a").await;
    browser.click("details.fault summary").await;
    browser.says("the limit `fuel` was hit").await;
    browser.says("Стек вызовов").await;
    browser.look("admin-release-faults").await;
    browser.is_quiet(&[]).await;
}
