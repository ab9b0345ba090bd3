//! What goes wrong in a trial, and what a person sees of it.

use thirtyfour::{Key, error::WebDriverResult};

use crate::{
    chromium::{Browser, DESKTOP, with_browser},
    phone::sign_in,
};

#[tokio::test]
async fn a_text_that_waits_says_why_and_goes_on_when_the_fault_is_removed() {
    with_browser(
        "a_text_that_waits_says_why_and_goes_on_when_the_fault_is_removed",
        DESKTOP,
        wait_for_credit,
    )
    .await;
}

async fn wait_for_credit(browser: Browser) -> WebDriverResult<()> {
    sign_in(&browser).await?;
    browser.click("#trouble > summary").await?;
    browser.click("[data-preset=x_payment_required]").await?;
    browser.click("[data-preset=x_refresh_token_spent]").await?;
    browser
        .sees("#active-faults", "x.create_post answer 402")
        .await;
    browser.text("is anybody there").await?;
    browser
        .sees(".bubble.out", "Birdcall has no credit left at X")
        .await;
    let row = "#ledger [data-state=waiting]";
    browser.sees(row, "credit at X is used up").await;
    browser.sees(row, "Next try").await;
    // The notice was delivered. The text was not posted, and its own reply was not sent.
    browser
        .sees(&format!("{row} .steps .todo"), "reply delivered")
        .await;

    browser
        .click("#active-faults li:first-child button")
        .await?;
    browser.sees("#timeline .post", "is anybody there").await;
    let published = "#ledger [data-state=published]";
    browser
        .sees(&format!("{published} .steps .done"), "reply delivered")
        .await;
    browser.click(&format!("{published} summary")).await?;
    browser
        .sees(&format!("{published} .calls"), "answered 201")
        .await;
    browser.sees("#active-faults", "x.token answer 400").await;
    Ok(())
}

#[tokio::test]
async fn texts_are_kept_while_no_worker_runs() {
    with_browser(
        "texts_are_kept_while_no_worker_runs",
        DESKTOP,
        kill_the_worker,
    )
    .await;
}

async fn kill_the_worker(browser: Browser) -> WebDriverResult<()> {
    sign_in(&browser).await?;
    browser.click("#trouble > summary").await?;
    browser.click("#worker").await?;
    browser.sees("#worker-gone", "No worker is running").await;
    browser.text("kept").await?;
    browser.sees("#ledger [data-state=received]", "kept").await;
    browser.click("#worker").await?;
    browser.sees("#timeline .post", "kept").await;
    Ok(())
}

#[tokio::test]
async fn a_sender_that_is_no_number_is_refused_in_words() {
    with_browser(
        "a_sender_that_is_no_number_is_refused_in_words",
        DESKTOP,
        wrong_sender,
    )
    .await;
}

async fn wrong_sender(browser: Browser) -> WebDriverResult<()> {
    browser.open_phone().await?;
    let number = browser
        .driver
        .find(thirtyfour::By::Id("phone-number"))
        .await?;
    number.clear().await?;
    number.send_keys("my phone").await?;
    browser.text("hello").await?;
    browser.sees("#said", "in international form").await;
    number.clear().await?;
    number.send_keys("+15550003333").await?;
    // From the number, one key leads to the composer, however long the conversation is.
    number.send_keys(Key::Tab).await?;
    let focused: String = browser.ask("return document.activeElement.id", "").await?;
    assert_eq!(focused, "message-input");
    browser.click("#send").await?;
    browser
        .sees(".bubble.out", "To link this number, sign in")
        .await;
    Ok(())
}
