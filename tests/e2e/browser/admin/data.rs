//! Datasets, dictionaries, accounts, tokens, the log.

use super::super::{Centre, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn browser_admin_uploads_a_dataset_but_no_path() {
    let centre = Centre::start().await;
    let browser = centre.browser_as("administrator").await;
    browser.open("/regions/yaroslavl/datasets").await;
    browser.says("routes").await;
    let choose = |name: &str, text: &str| {
        format!(
            "const files = new DataTransfer(); files.items.add(new File([{text:?}], {name:?})); \
             document.querySelector('#file').files = files.files;"
        )
    };
    browser.fill("#name", "../../etc/routes").await;
    browser.run(&choose("routes.csv", "house,company\n1,a\n")).await;
    browser.click("form[data-upload] button").await;
    browser.says("Это название, а не путь к файлу").await;
    browser.look("admin-dataset-refused").await;
    browser.fill("#name", "houses").await;
    browser.follow("form[data-upload] button").await;
    browser.says("Версия справочника сохранена").await;
    browser.says("houses").await;
    browser.look("admin-datasets").await;

    browser.open("/regions/yaroslavl/dictionaries").await;
    browser.says("Отопление").await;
    browser.look("admin-dictionaries").await;
    browser.open("/regions/yaroslavl/dictionaries?day=2020-01-01").await;
    browser.says("На эту дату категорий нет").await;
    browser.open("/regions/yaroslavl/dictionaries?day=2020-01-01&all=1").await;
    browser.says("ещё не действует").await;
    browser.is_quiet(&["422"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_admin_gives_access_and_the_log_shows_it() {
    let centre = Centre::start().await;
    let browser = centre.browser_as("administrator").await;
    browser.open("/regions/yaroslavl/accounts").await;
    browser.click("details.card summary").await;
    browser.fill("#name", "Иванова Анна").await;
    browser.fill("#login", "ivanova").await;
    browser.fill("#password", "три тихих кита плывут").await;
    browser.follow("form[action$='/accounts'] button.btn-primary").await;
    browser.says("Выберите хотя бы одну роль").await;
    browser.is_quiet(&["422"]).await;
    browser.fill("#password", "три тихих кита плывут").await;
    browser.click("input[name='role'][value='block_lead']").await;
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)").await;
    browser.click("input[name='block'][value='block_lead/roads']").await;
    browser.look("admin-account-new").await;
    browser.follow("form[action$='/accounts'] button.btn-primary").await;
    browser.says("Учётная запись создана").await;
    browser.says("Ответственный за блок: Дороги").await;
    browser.look("admin-accounts").await;
    browser.follow("a[href$='/accounts/ivanova']").await;
    browser.look("admin-account").await;
    browser.click("input[name='disabled']").await;
    browser.follow("form[action$='/accounts/ivanova'] button").await;
    browser.says("Отключена").await;

    browser.open("/regions/yaroslavl/tokens").await;
    browser.click("details.card summary").await;
    browser.fill("#name", "портал области").await;
    browser.click("input[name='role'][value='intake']").await;
    browser.follow("form[action$='/tokens'] button.btn-primary").await;
    browser.says("Ключ создан").await;
    let secret = browser.run("return document.querySelector('#secret').value").await;
    browser.look("admin-tokens").await;
    let secret = secret.as_str().unwrap();
    let (status, _) = centre.served.send("GET", "/regions/yaroslavl/audit", Some(secret), None).await;
    assert_eq!(status, 403, "the token is good, and no more than that");
    browser.click("form[action$='/revoke'] button").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Ключ отозван").await;
    let (status, _) = centre.served.send("GET", "/regions/yaroslavl/audit", Some(secret), None).await;
    assert_eq!(status, 401);

    browser.open("/regions/yaroslavl/audit").await;
    browser.says("Отзыв ключа API").await;
    browser.look("admin-audit").await;
    browser.choose("#deed", "create_account").await;
    browser.fill("#target", "account ivanova").await;
    browser.follow("form.filters button").await;
    browser.says("account ivanova").await;
    assert_eq!(browser.count("table.audit tbody tr").await, 1);
    browser.follow("#check").await;
    browser.says("Журнал цел").await;
    browser.is_quiet(&[]).await;

    // A role without rights on a guessed address: a page that says so, and nothing of what is there.
    let other = centre.browser().await;
    other.sign_in("operator", PASSWORD).await;
    for path in ["accounts", "tokens", "audit", "plugins"] {
        other.open(&format!("/regions/yaroslavl/{path}")).await;
        other.says("Это действие вам недоступно").await;
    }
    other.is_quiet(&["403"]).await;
}
