//! The rating of bodies: calculated by the head, published by the curator; workload; decomposition of «прочие».

use super::{become_, centre_with_history, month, rating_rules};

#[tokio::test(flavor = "multi_thread")]
async fn browser_curator_publishes_the_rating_that_the_head_calculated() {
    let centre = centre_with_history(2).await;
    rating_rules(&centre.served.app).await;
    let browser = centre.browser_as("head").await;
    browser.open(&format!("/regions/yaroslavl/indicators/ratings?kind=month&day={}", month(0))).await;
    browser.says("Рейтингов пока нет").await;
    browser.follow("#calculate").await;
    browser.says("Рейтинг рассчитан").await;
    browser.says("Почему столько").await;
    browser.says("Вне рейтинга").await;
    let path = browser.path().await;
    assert_eq!(browser.count("#publish").await, 0, "the head does not publish");
    become_(&browser, "operator").await;
    browser.open(&path).await;
    browser.says("Такой страницы нет").await;
    become_(&browser, "curator").await;
    browser.open(&path).await;
    browser.click("#publish").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Рейтинг опубликован").await;
    browser.run("document.querySelector('.rating details').open = true").await;
    browser.look("curator-rating").await;
    browser.open("/regions/yaroslavl/indicators/ratings").await;
    browser.look("curator-ratings").await;
    browser.open(&format!("/regions/yaroslavl/indicators/workload?kind=month&day={}", month(0))).await;
    browser.says("ЖКХ").await;
    browser.look("curator-workload").await;
    browser.open("/regions/yaroslavl/indicators/workload?target=5").await;
    browser.says("от 10 до 150").await;
    browser.is_quiet(&["404"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_curator_head_splits_a_category_off_the_others() {
    let centre = centre_with_history(1).await;
    let app = &centre.served.app;
    let region = crate::world::yaroslavl();
    // A block with a flood of appeals that no category fits.
    for n in 0..12 {
        let received = format!("{}T09:0{}:00Z", month(0) + chrono::Days::new(3), n % 10);
        let text = format!("Дорога: упал дорожный знак у дома {n}, щит знака лежит на обочине");
        let id = centre.appeal_with(serde_json::json!({"text": text, "received_at": received})).await;
        let head = centre.served.token(&["head@yaroslavl"]).await;
        let path = format!("/regions/yaroslavl/appeals/{id}/corrections");
        let body = serde_json::json!({"category": "roads.other", "reason": "ни одна категория не подходит"});
        let (status, said) = centre.served.send("POST", &path, Some(&head), Some(&body)).await;
        assert!(status < 300, "{said}");
    }
    let wanted = veche_app::indicators::Wanted::Holding(veche_domain::indicator::PeriodKind::Month, month(0));
    let job = veche_app::indicators::jobs::request(app, &region, wanted, Vec::new(), "test").await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    veche_app::indicators::jobs::run_next(app, "test", Some(job.id), &stop, &|_| {}).await.unwrap();
    let browser = centre.browser_as("head").await;
    browser.open("/regions/yaroslavl/indicators/categories").await;
    browser.says("Декомпозиция «прочих»").await;
    browser.click("ul.tasks a").await;
    browser.arrived().await;
    browser.says("Что можно выделить").await;
    browser.look("curator-decomposition").await;
    browser.fill("#accept-reason", "Знаки: отдельный поток").await;
    browser.follow("#accept button").await;
    browser.says("Заполните код и название").await;
    let block = browser.run("return document.querySelector('#code-0').placeholder.replace('…', '')").await;
    browser.fill("#code-0", &format!("{}new-signs", block.as_str().unwrap())).await;
    browser.fill("#name-0", "Новая категория").await;
    browser.fill("#accept-reason", "Знаки: отдельный поток").await;
    browser.follow("#accept button").await;
    browser.says("Категории выделены").await;
    browser.is_quiet(&["422"]).await;
}
