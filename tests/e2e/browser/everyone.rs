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

#[tokio::test(flavor = "multi_thread")]
async fn browser_everybody_has_a_profile_help_and_open_figures() {
    let centre = Centre::start().await;
    for _ in 0..6 {
        centre.appeal("На дороге у школы огромная яма").await;
    }
    let browser = centre.browser_as("curator").await;
    browser.open("/profile").await;
    browser.look("profile").await;
    // English is chosen and stays; dark, too.
    browser.choose("#language", "en").await;
    browser.choose("#theme", "dark").await;
    browser.follow("form[action='/preferences'].d-flex button").await;
    browser.says("Change the password").await;
    assert_eq!(browser.run("return document.documentElement.dataset.bsTheme").await, "dark");
    browser.fill("#old_password", PASSWORD).await;
    browser.fill("#new_password", "qwerty123456").await;
    browser.fill("#new_password_again", "qwerty123456").await;
    browser.follow("form[action='/profile/password'] button").await;
    browser.says("too easy to guess").await;
    browser.open("/help").await;
    browser.says("Help: Curator").await;
    browser.look("help").await;
    browser.is_quiet(&["422"]).await;
    // The page for everybody: nobody is signed in.
    let nobody = centre.browser().await;
    nobody.open("/open/yaroslavl").await;
    nobody.says("Открытые данные об обращениях").await;
    nobody.find_canvas().await;
    nobody.look("open").await;
    let text = nobody.text().await;
    assert!(text.contains("Ярославль") && !text.contains("яма"), "{text}");
    nobody.is_quiet(&[]).await;
}
