//! The developer: uploads a release, reads how it faults, tries a draft on masked history.

use veche_app::drafts::{self, NewDraft};

use super::super::Browser;
use super::{busy_centre, starve};
use crate::world::{by, root, yaroslavl};

/// Puts a file into the field of the upload.
async fn choose(browser: &Browser, bytes: &[u8]) {
    use base64::Engine as _;
    let text = base64::prelude::BASE64_STANDARD.encode(bytes);
    let script = format!(
        "const bytes = Uint8Array.from(atob('{text}'), c => c.charCodeAt(0)); const files = new DataTransfer(); \
         files.items.add(new File([bytes], 'plugin.wasm', {{type: 'application/wasm'}})); \
         document.querySelector('#file').files = files.files;"
    );
    browser.run(&script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_admin_developer_uploads_and_tries_on_masked_history() {
    let (centre, _work) = busy_centre().await;
    let browser = centre.browser_as("developer").await;
    browser.open("/regions/yaroslavl/plugins").await;
    browser.says("У вас пока нет плагинов").await;
    browser.look("developer-empty").await;

    choose(&browser, b"not a component").await;
    browser.click("form[data-upload] button").await;
    browser.says("не плагин").await;
    browser.is_quiet(&["422"]).await;

    // A name that the region's folder holds is not theirs to take.
    let component = std::fs::read(root().join("target/plugins/export-csv.wasm")).unwrap();
    choose(&browser, &component).await;
    browser.follow("form[data-upload] button").await;
    browser.says("Версия принята").await;
    browser.says("Выгружает файлы").await;
    browser.look("developer-release").await;
    let router = std::fs::read(root().join("target/plugins/router-table.wasm")).unwrap();
    browser.open("/regions/yaroslavl/plugins").await;
    browser.says("export-csv").await;
    choose(&browser, &router).await;
    browser.click("form[data-upload] button").await;
    browser.says("закреплено за другим владельцем").await;

    // The administrator gives the name of the router away; its faults are the developer's to read then.
    let app = &centre.served.app;
    let region = yaroslavl();
    veche_app::releases::give(app, &region, "router-table", "account:developer", &by("test")).await.unwrap();
    let sound = starve(&centre).await;
    centre.appeal("На дороге огромная яма, звоните +7 900 765-43-21").await;
    let mut ruleset = sound.clone();
    let keywords = ruleset.bindings.iter_mut().find(|b| b.id.as_str() == "keywords").unwrap();
    keywords.settings = serde_json::json!({"min_score": 900.0});
    let draft = NewDraft { title: "Ничего не узнаёт".into(), ruleset: Some(ruleset) };
    drafts::create(app, &region, draft, &by("test")).await.unwrap();
    browser.open("/regions/yaroslavl/plugins").await;
    browser.says("Превышен предел").await;
    browser.click("details.fault summary").await;
    browser.says("Стек вызовов").await;
    browser.look("developer-plugins").await;

    browser.follow("#backtest").await;
    browser.says("Готово").await;
    browser.says("Изменения по видам").await;
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)").await;
    browser.says("огромная яма").await;
    browser.look("developer-backtest").await;
    let text = browser.text().await;
    assert!(!text.contains("765-43-21") && !text.contains("123-45-67"), "{text}");
    browser.is_quiet(&["422", "409"]).await;
}
