//! What everybody does: sign in and out, choose a language, be told what is wrong.

use super::{Centre, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn browser_signs_in_and_sees_an_empty_queue() {
    let centre = Centre::start().await;
    let browser = centre.browser().await;
    browser.open("/regions/yaroslavl/queue").await;
    browser.says("Вход").await;
    browser.look("sign-in").await;
    browser.fill("#login", "operator").await;
    browser.fill("#password", "не тот пароль").await;
    browser.follow("main form button").await;
    browser.says("Логин или пароль не подходят").await;
    browser.is_quiet(&["401"]).await;
    browser.fill("#password", PASSWORD).await;
    browser.follow("main form button").await;
    assert_eq!(browser.path().await, "/regions/yaroslavl/queue");
    browser.says("Обращений нет").await;
    browser.look("queue-empty").await;
    browser.is_quiet(&[]).await;
}
