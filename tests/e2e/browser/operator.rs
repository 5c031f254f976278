//! The operator's day: the queue by keyboard, an appeal and why it is where it is, a correction, an answer; two tabs, the
//! button back, a lost connection.

use serde_json::json;

use super::{Browser, Centre, ENTER};

const QUEUE: &str = "/regions/yaroslavl/queue";

async fn filled(centre: &Centre) -> Vec<String> {
    let texts = [
        "Во дворе дома 5 третий день не горят фонари, темно и страшно ходить",
        "На дороге у школы огромная яма, машины объезжают по встречной полосе",
        "Мусор не вывозят вторую неделю, баки переполнены, пакеты лежат рядом",
        "Автобус 21 опять не пришёл по расписанию, стояли на остановке сорок минут",
    ];
    let mut ids = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let place = json!({"municipality": "78701000", "address": "ул. Весёлая, 5",
            "point": {"latitude": 57.60 + i as f64 / 50.0, "longitude": 39.85 + i as f64 / 40.0}});
        let fields = json!({"text": text, "external_id": format!("ТЕСТ-{i}"), "place": place, "channel": "portal", "regime": "59fz",
            "applicant": {"name": "Мышкина Тётя", "email": "mouse@example.org"}});
        ids.push(centre.appeal_with(fields).await);
    }
    while centre.served.app.store.index_pending(100).await.unwrap() > 0 {}
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_operator_works_the_queue_by_keyboard() {
    let centre = Centre::start().await;
    filled(&centre).await;
    let browser = centre.browser_as("operator").await;
    assert_eq!(browser.path().await, QUEUE);
    assert_eq!(browser.count("[data-row]").await, 4);
    browser.look("queue").await;
    // Search by another form of a word.
    browser.press("/").await;
    browser.press(&format!("ямами{ENTER}")).await;
    browser.arrived().await;
    assert_eq!(browser.count("[data-row]").await, 1);
    // A filter is kept as a view.
    browser.click(".views details > summary").await;
    browser.fill("#view-name", "Про ямы").await;
    browser.follow(".views form button").await;
    browser.says("Отбор сохранён").await;
    browser.open(QUEUE).await;
    // j, k and Enter, also on a Russian keyboard, which gives the same keys.
    browser.press("j").await;
    browser.press("j").await;
    browser.press("k").await;
    assert_eq!(browser.count("[data-row].is-current").await, 1);
    browser.press("?").await;
    browser.says("следующее и предыдущее обращение").await;
    browser.click("dialog button").await;
    browser.press("x").await;
    assert_eq!(browser.count("[data-row] input:checked").await, 1);
    browser.press(ENTER).await;
    browser.says("Почему?").await;
    browser.is_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_operator_corrects_several_at_once() {
    let centre = Centre::start().await;
    let ids = filled(&centre).await;
    let browser = centre.browser_as("operator").await;
    for key in ["j", "x", "j", "x"] {
        browser.press(key).await;
    }
    browser.says("отмечено: 2").await;
    browser.click(".bulk > summary").await;
    browser.choose("#bulk-body", "min-health").await;
    browser.fill("#bulk-reason", "Ведёт один исполнитель").await;
    browser.look("bulk").await;
    browser.follow("#bulk button").await;
    browser.says("Исправлено 2 обращения").await;
    browser.is_quiet(&[]).await;
    // The newest two were marked; the others are as they were.
    for (id, moved) in ids.iter().zip([false, false, true, true]) {
        browser.open(&format!("/regions/yaroslavl/appeals/{id}")).await;
        browser.says("История").await;
        match moved {
            true => browser.says("Ведёт один исполнитель").await,
            false => assert!(!browser.text().await.contains("Ведёт один исполнитель")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_operator_sees_why_corrects_and_answers() {
    let centre = Centre::start().await;
    let ids = filled(&centre).await;
    let browser = centre.browser_as("operator").await;
    let appeal = format!("/regions/yaroslavl/appeals/{}", ids[1]);
    browser.open(&appeal).await;
    browser.says("Решило").await;
    assert!(browser.count("mark").await > 0, "the words that decided stand out");
    browser.look("appeal").await;
    // What would have come without the rule that named the body.
    browser.follow(".step:last-child .step-foot a").await;
    browser.says("Без правила").await;
    browser.look("otherwise").await;
    browser.follow(".page-actions a").await;
    // A correction with its reason; the page says what changed and who did it.
    browser.click(".acts details:nth-of-type(2) > summary").await;
    browser.choose("#body0", "min-health").await;
    browser.fill("#why0", "Дорогу обслуживает дорожная служба").await;
    browser.follow("form[action$='/correct'] button").await;
    browser.says("Исправление сохранено").await;
    browser.says("Дорогу обслуживает дорожная служба").await;
    // A draft; whoever approves finds it.
    browser.click(".acts details:nth-of-type(1) > summary").await;
    browser.fill("#answer0", "Яму заделают до пятницы.").await;
    browser.click("input[name='substance'][value='yes']").await;
    browser.follow("form[action$='/draft'] button").await;
    browser.says("Черновик ответа сохранён").await;
    browser.is_quiet(&[]).await;
    let head = centre.browser_as("head").await;
    head.open(&appeal).await;
    head.says("есть черновик").await;
    head.look("appeal-answer").await;
    head.click("button[formaction$='/answer']").await;
    head.accept().await;
    head.says("Ответ утверждён").await;
    head.says("Отвечено").await;
    head.is_quiet(&[]).await;
    // Replay is not an operator's; a head runs the decision again.
    head.follow(".step form button").await;
    head.says("Результат совпал полностью").await;
    assert_eq!(browser.count(".step form").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_pages_stand_bad_moments() {
    let centre = Centre::start().await;
    let ids = filled(&centre).await;
    let browser = centre.browser_as("operator").await;
    let appeal = format!("/regions/yaroslavl/appeals/{}", ids[0]);
    // The session ends while somebody types: nothing typed is lost.
    browser.open(&appeal).await;
    browser.click(".acts details:nth-of-type(2) > summary").await;
    browser.choose("#body0", "min-health").await;
    browser.fill("#why0", "Двадцать минут набранная причина").await;
    browser.run("return fetch('/sign-out', {method: 'POST', redirect: 'manual', body: new URLSearchParams({csrf: document.querySelector('[name=csrf]').value})}).then(() => true)").await;
    browser.follow("form[action$='/correct'] button").await;
    browser.says("Двадцать минут набранная причина").await;
    browser.look("session-over").await;
    browser.fill("#login", "operator").await;
    browser.fill("#password", super::PASSWORD).await;
    browser.follow("form.sign-in-inline button").await;
    browser.says("Отправить введённое?").await;
    browser.follow("main form button").await;
    browser.says("Исправление сохранено").await;
    browser.is_quiet(&["401"]).await;
    // Two tabs: the second shows an older page, and says so instead of overwriting.
    let version = browser.run("return document.querySelector('[name=version]').value").await;
    let older = version.as_str().unwrap().parse::<i64>().unwrap() - 1;
    browser.run(&format!("document.querySelectorAll('[name=version]').forEach(f => f.value = {older})")).await;
    browser.click(".acts details:nth-of-type(2) > summary").await;
    browser.choose("#body0", "min-energy").await;
    browser.fill("#why0", "из второй вкладки").await;
    browser.follow("form[action$='/correct'] button").await;
    browser.says("Данные уже изменил кто-то другой").await;
    browser.look("conflict").await;
    browser.is_quiet(&["409"]).await;
    // Back after signing out shows nothing of the appeal.
    browser.open(&appeal).await;
    browser.click("details[data-account] > summary").await;
    browser.follow("form[action='/sign-out'] button").await;
    browser.says("Вы вышли").await;
    browser.button("back").await;
    browser.says("Вход").await;
    assert!(!browser.text().await.contains("фонари"));
    // A guessed address of a role without rights.
    browser.sign_in("developer", super::PASSWORD).await;
    browser.open("/regions/yaroslavl/appeals/00000000-0000-0000-0000-000000000000").await;
    browser.says("Такой страницы нет").await;
    browser.look("unknown").await;
    browser.is_quiet(&["404"]).await;
}

async fn layout(browser: &Browser) -> Vec<f64> {
    let script = "return [...document.querySelectorAll('[data-row]')].map(row => row.getBoundingClientRect().top)";
    browser.run(script).await.as_array().unwrap().iter().map(|top| top.as_f64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_queue_is_live_without_a_jump() {
    let centre = Centre::start().await;
    filled(&centre).await;
    let browser = centre.browser_as("operator").await;
    let before = layout(&browser).await;
    browser.run("window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(e => window.shift += e.value)).observe({type: 'layout-shift'})").await;
    centre.appeal("На улице Мира прорвало трубу, вода заливает двор").await;
    browser.says("Показать 1 новое").await;
    assert_eq!(layout(&browser).await, before, "the rows stay where they are");
    assert_eq!(browser.run("return window.shift").await, json!(0));
    browser.says("Все 5").await;
    // A lost connection is no end: the page still reads, and the counts go on when the host is back.
    browser.chrome("Network.enable", json!({})).await;
    let offline = |lost: bool| json!({"offline": lost, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.chrome("Network.emulateNetworkConditions", offline(true)).await;
    centre.appeal("Не работает светофор на перекрёстке у рынка").await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    browser.says("огромная яма").await;
    browser.chrome("Network.emulateNetworkConditions", offline(false)).await;
    browser.says("Показать новые: 2").await;
    browser.follow(".news a").await;
    assert_eq!(browser.count("[data-row]").await, 6);
    browser.is_quiet(&["ERR_INTERNET_DISCONNECTED", "events", "counts"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_pages_read_without_scripts() {
    let centre = Centre::start().await;
    let ids = filled(&centre).await;
    let browser = centre.browser_as("operator").await;
    browser.chrome("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    browser.open(QUEUE).await;
    browser.says("огромная яма").await;
    browser.open(&format!("/regions/yaroslavl/appeals/{}", ids[1])).await;
    browser.says("Почему?").await;
    browser.says("История").await;
}
