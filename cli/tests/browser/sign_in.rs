//! The pages behind the link, as they are shown.

use thirtyfour::error::WebDriverResult;

use crate::browser::{Browser, DESKTOP, PHONE, with_browser};

#[tokio::test]
async fn who_denies_at_x_is_told_on_the_page_and_by_text() {
    with_browser(
        "who_denies_at_x_is_told_on_the_page_and_by_text",
        DESKTOP,
        deny,
    )
    .await;
}

async fn deny(browser: Browser) -> WebDriverResult<()> {
    let phone = browser.ask_for_the_link().await?;
    browser.click("#start").await?;
    browser.click("#cancel").await?;
    browser.sees("main", "You did not allow it at X.").await;
    browser.driver.switch_to_window(phone).await?;
    browser
        .sees(
            ".bubble.out",
            "Sign-in failed: you did not allow it at X. Text anything to start again.",
        )
        .await;
    assert_eq!(browser.texts("#timeline .post").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_pages_fit_a_narrow_phone() {
    with_browser("the_pages_fit_a_narrow_phone", PHONE, fit).await;
}

async fn fit(browser: Browser) -> WebDriverResult<()> {
    let phone = browser.ask_for_the_link().await?;
    browser.sees("#start", "Sign in with X").await;
    fits(&browser, "the sign-in page").await?;
    browser.click("#start").await?;
    browser.click("#allow").await?;
    browser.sees("#account", "@demo").await;
    fits(&browser, "the page after the sign-in").await?;
    browser.driver.switch_to_window(phone).await?;
    browser
        .sees(".bubble.out", "From now on, your texts are posted")
        .await;
    fits(&browser, "the page with the phone").await
}

async fn fits(browser: &Browser, page: &str) -> WebDriverResult<()> {
    let (shown, wide): (u32, u32) = browser
        .ask(
            "return [window.innerWidth, document.documentElement.scrollWidth]",
            "",
        )
        .await?;
    assert_eq!(shown, PHONE.width, "{page}");
    assert!(wide <= shown, "{page} is {wide} px wide on {shown} px");
    Ok(())
}
