//! The main job, done by a person who tries Birdcall.

use std::path::Path;

use thirtyfour::{By, error::WebDriverResult};

use crate::chromium::{Browser, DESKTOP, setting, with_browser};

#[tokio::test]
async fn the_first_text_gets_the_link_and_the_next_one_is_posted() {
    with_browser(
        "the_first_text_gets_the_link_and_the_next_one_is_posted",
        DESKTOP,
        sign_in_and_post,
    )
    .await;
}

/// Signs in as `demo`, and comes back to the phone.
pub(crate) async fn sign_in(browser: &Browser) -> WebDriverResult<()> {
    let phone = browser.ask_for_the_link().await?;

    browser.sees("#number", "+15550001111").await;
    browser.click("#start").await?;

    browser.sees("h1", "Authorize app").await;
    browser.click("#allow").await?;

    browser.sees("#number", "+15550001111").await;
    browser.sees("#account", "@demo").await;
    browser.driver.close_window().await?;

    browser.driver.switch_to_window(phone).await?;
    browser
        .sees(".bubble.out", "From now on, your texts are posted")
        .await;
    Ok(())
}

async fn sign_in_and_post(browser: Browser) -> WebDriverResult<()> {
    sign_in(&browser).await?;
    // The first text was answered as it should be, so nothing looks like a failure.
    browser
        .sees("#ledger .state.done", "answered with the sign-in link")
        .await;

    browser.text("hello from the bus").await?;
    browser.sees("#timeline .post", "hello from the bus").await;
    browser
        .sees(
            ".bubble.out",
            "'hello from the bus' has been successfully tweeted",
        )
        .await;
    let link = browser
        .driver
        .find(By::Css(".bubble.out:last-child a"))
        .await?;
    let address = link.attr("href").await?.unwrap_or_default();
    // The post is on the simulated X, and the real one does not know it.
    let id = address.strip_prefix("#post-").expect("a post of this page");
    browser
        .sees(&format!("#post-{id}"), "hello from the bus")
        .await;
    browser
        .sees("#ledger [data-state=published]", "hello from the bus")
        .await;
    assert_eq!(browser.texts("#timeline .post").await?.len(), 1);

    if setting("BIRDCALL_UPDATE_SCREENSHOT").is_some() {
        photograph(&browser).await?;
    }
    Ok(())
}

/// Takes the picture in the README, which shows a phone in use.
async fn photograph(browser: &Browser) -> WebDriverResult<()> {
    for body in [
        "Sunrise over the river. Look out on the left.",
        "Coffee before the train, anyone?",
        "Platform 2, and the train is on time!",
    ] {
        browser.text(body).await?;
        browser.sees("#timeline .post", body).await;
        let quote: String = body.chars().take(15).collect();
        browser
            .sees(".bubble.out:last-child", &format!("'{quote}"))
            .await;
    }
    browser
        .sees("#ledger .text-row:first-child .steps .done", "delivered")
        .await;
    // Without the focus, the input has no cursor in the picture.
    let _: Option<bool> = browser
        .ask("document.activeElement.blur(); return null", "")
        .await?;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::fs::create_dir_all(&docs).expect("a folder");
    browser.driver.screenshot(&docs.join("phone.png")).await
}
