//! A passport: written with faults, mended, submitted, agreed by the head, approved by the curator beside the mandatory
//! indicator, in force.

use super::{become_, centre_with_history};

const LIST: &str = "/regions/yaroslavl/indicators/passports";

#[tokio::test(flavor = "multi_thread")]
async fn browser_curator_approves_a_passport_beside_the_mandatory_indicator() {
    let centre = centre_with_history(1).await;
    let browser = centre.browser_as("block-lead").await;
    browser.open(LIST).await;
    browser.says("Паспортов пока нет").await;
    browser.follow("a[href$='passports/new']").await;
    browser.choose("#p-indicator", "region:satisfied-by-municipality").await;
    let name = "Удовлетворённость ответами в муниципалитетах";
    browser.fill("#p-title", name).await;
    browser.fill("#p-result", "Другая формулировка").await;
    browser.fill("#p-project", "Цифровой регион").await;
    browser.fill("#p-deadline", "31.02.2026").await;
    browser.follow("#passport .form-acts button").await;
    browser.says("Нужно число").await;
    assert_eq!(browser.run("return document.querySelector('#p-title').value").await, name, "nothing typed is lost");
    browser.fill("#p-base", "60").await;
    browser.follow("#passport .form-acts button").await;
    browser.says("До передачи на согласование исправьте отмеченное").await;
    browser.says("наименование показателя должно совпадать с формулировкой результата").await;
    browser.says("срок — существующая дата").await;
    browser.look("curator-passport-form").await;
    browser.fill("#p-result", name).await;
    browser.fill("#p-owner", "Ответственный за обратную связь").await;
    browser.fill("#p-justification", "Средняя по региону скрывает отстающие районы.").await;
    browser.fill("#p-from", "2026").await;
    browser.fill("#p-to", "2026").await;
    browser.run("document.querySelectorAll('.plan-fields input').forEach(field => field.value = '')").await;
    browser.fill("[name='plan-year']", "2026").await;
    browser.fill("[name='plan-value']", "75,5").await;
    browser.fill("#p-deadline", "01.12.2026").await;
    browser.fill("#p-qualitative", "Заявитель сам поставил оценку после закрытия дела").await;
    browser.fill("#p-quantitative", "Хорошие оценки среди поставленных, без учёта промолчавших").await;
    browser.fill("#p-base", "62").await;
    browser.fill("#p-method", "Плагин, оценки 4 и 5 от числа поставленных.").await;
    browser.choose("#p-link-0", "satisfied").await;
    browser.fill("#p-link-0-text", "Поднимает общую удовлетворённость за счёт отстающих").await;
    browser.fill("#p-link-0-date", "31.12.2026").await;
    browser.follow("#passport .form-acts button").await;
    browser.says("Черновик сохранён, ошибок нет").await;
    browser.click("form[action$='/submit'] button").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Паспорт передан на согласование").await;
    // The author agrees to nothing of their own.
    assert_eq!(browser.count("form[action$='/agree']").await, 0);
    let path = browser.path().await;
    become_(&browser, "head").await;
    browser.open(&path).await;
    browser.click("form[action$='/agree'] button").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Паспорт согласован").await;
    become_(&browser, "curator").await;
    browser.open(LIST).await;
    browser.says("ждёт вас").await;
    browser.look("curator-passports").await;
    browser.follow("th a[href*='passports/']").await;
    browser.says("Обязательный показатель, которому служит").await;
    browser.says("совпадает").await;
    browser.look("curator-passport").await;
    browser.click("form[action$='/approve'] button").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Паспорт утверждён").await;
    assert_eq!(browser.count("a[href$='/document']").await, 1, "it can be printed");
    browser.click("form[action$='/activate'] button").await;
    browser.accept().await;
    browser.arrived().await;
    browser.says("Паспорт введён в действие").await;
    browser.says("Действует").await;
    // Whoever has no right to a step has no form for it, and no way around the form.
    become_(&browser, "operator").await;
    browser.open(&path).await;
    assert_eq!(browser.count("#steps form").await, 0);
    browser.is_quiet(&["422"]).await;
}
