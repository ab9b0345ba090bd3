//! The questions of an operator on a bad day, each answered by one page: `docs/ten-questions.md`.

use thirtyfour::{By, error::WebDriverResult};

use crate::{
    chromium::{Browser, DESKTOP, PHONE, with_browser},
    console::{open, sign_in, with_a_post},
};

#[tokio::test]
async fn each_question_of_a_bad_day_is_answered_by_one_page() {
    with_browser(
        "each_question_of_a_bad_day_is_answered_by_one_page",
        DESKTOP,
        a_bad_day,
    )
    .await;
}

async fn a_bad_day(browser: Browser) -> WebDriverResult<()> {
    with_a_post(&browser).await?;
    browser.click("#trouble > summary").await?;
    browser.click("[data-preset=x_payment_required]").await?;
    browser.sees("#active-faults", "402").await;
    browser.text("is anybody there").await?;
    browser
        .sees(".bubble.out", "Birdcall has no credit left at X")
        .await;

    // Is anything wrong? How many wait, and for what? Is it X, Twilio or us? Is the credit used up?
    sign_in(&browser, "").await?;
    browser.sees(".says", "the credit at X is used up").await;
    browser.sees("tbody", "waiting (money)").await;
    let services = browser.sees("tbody", "Twilio").await;
    assert!(services.contains("used up"), "{services}");
    browser.picture("overview.png").await?;

    // Why was this text not posted?
    open(&browser, "/texts?q=anybody").await?;
    browser.click("td a").await?;
    browser.sees(".timeline", "HTTP 402").await;
    browser.sees(".timeline", "It is tried again").await;
    let text = browser.driver.current_url().await?;

    // Do the workers live? Who spends the money? Did the replies arrive?
    open(&browser, "/workers").await?;
    browser.sees("tbody", "alive").await;
    open(&browser, "/spend").await?;
    browser.sees("tbody", "$0.02 to $0.20").await;
    open(&browser, "/replies").await?;
    let arrived = "Every reply of the last 24 hours arrived, or is on its way.";
    browser.sees("main", arrived).await;
    open(&browser, "/replies?state=sent").await?;
    browser.sees("tbody", "arrived").await;

    // A phone is stolen.
    browser.driver.goto(text.as_str()).await?;
    press(&browser, "/block", "stolen").await?;
    browser.sees(".notice", "The number is blocked").await;
    open(&browser, "/blocked").await?;
    browser.sees("tbody", "+15").await;
    open(&browser, "/accounts").await?;
    browser.sees("main", "No linked number meets this.").await;
    Ok(())
}

/// Unfolds an action whose address ends like this, and carries it out.
async fn press(browser: &Browser, address: &str, reason: &str) -> WebDriverResult<()> {
    let form = format!("details:has(form[action$='{address}'])");
    browser.click(&format!("{form} summary")).await?;
    let why = format!("{form} input[name=reason]");
    let why = browser.driver.find(By::Css(why)).await?;
    why.send_keys(reason).await?;
    browser.click(&format!("{form} button")).await
}

#[tokio::test]
async fn an_operator_who_may_only_read_is_offered_no_action() {
    with_browser(
        "an_operator_who_may_only_read_is_offered_no_action",
        PHONE,
        only_reads,
    )
    .await;
}

async fn only_reads(browser: Browser) -> WebDriverResult<()> {
    with_a_post(&browser).await?;
    sign_in(&browser, "/operators").await?;
    browser.sees("h1", "Operators").await;
    let form = "details:has(form[action$='/operators/add'])";
    browser.click(&format!("{form} summary")).await?;
    let name = browser
        .driver
        .find(By::Css(format!("{form} input[name=name]")))
        .await?;
    name.send_keys("olivia").await?;
    let role = format!("{form} select[name=role] option[value=read]");
    browser.click(&role).await?;
    browser.click(&format!("{form} button")).await?;
    let password = browser.sees("#secret", "").await;
    browser.click(".me summary").await?;
    browser.click(".me form:first-of-type button").await?;
    for (field, words) in [("name", "olivia"), ("password", password.trim())] {
        let css = format!("form[action$='/sign-in'] input[name={field}]");
        browser.sees("h1", "Sign in").await;
        let field = browser.driver.find(By::Css(css)).await?;
        field.send_keys(words).await?;
    }
    browser.click("button.main").await?;
    browser.sees(".me", "olivia").await;
    open(&browser, "/texts").await?;
    browser.click("td a").await?;
    browser.sees(".timeline", "Posted on X").await;
    browser.sees("blockquote", "20 characters").await;
    let actions = browser.texts("main form[method=post]").await?;
    assert_eq!(actions, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn an_admin_erases_a_number() {
    with_browser("an_admin_erases_a_number", DESKTOP, erase).await;
}

async fn erase(browser: Browser) -> WebDriverResult<()> {
    with_a_post(&browser).await?;
    sign_in(&browser, "/accounts").await?;
    browser.sees("tbody", "@demo").await;
    browser.click("td a").await?;
    browser.sees("main", "Erase the number").await;
    let form = "details:has(form[action$='/erase'])";
    browser.click(&format!("{form} summary")).await?;
    let digits = format!("{form} input:not([name=reason])");
    let digits = browser.driver.find(By::Css(digits)).await?;
    digits.send_keys("0000").await?;
    browser.click(&format!("{form} button")).await?;
    browser
        .sees(".notice", "these are not the last four digits")
        .await;

    browser.click(".actions > form button").await?;
    browser.sees(".facts", "+1555").await;
    let shown: String = browser
        .ask(
            "return document.body.innerText.match(/\\+1555\\d{7}/)[0]",
            "",
        )
        .await?;
    browser.click(&format!("{form} summary")).await?;
    let digits = format!("{form} input:not([name=reason])");
    let digits = browser.driver.find(By::Css(digits)).await?;
    digits.send_keys(&shown[shown.len() - 4..]).await?;
    browser.click(&format!("{form} button")).await?;
    browser.sees(".notice", "The number is erased.").await;
    open(&browser, "/texts").await?;
    browser.sees("main", "No text meets this.").await;
    open(&browser, "/accounts").await?;
    browser.sees("main", "No linked number meets this.").await;
    Ok(())
}
