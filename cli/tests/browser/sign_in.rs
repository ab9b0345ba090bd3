//! The pages behind the sign-in link.

use thirtyfour::error::WebDriverResult;

use crate::chromium::{Browser, DESKTOP, PHONE, with_browser};

#[tokio::test]
async fn a_denial_at_x_is_reported_by_page_and_text() {
    with_browser("a_denial_at_x_is_reported_by_page_and_text", DESKTOP, deny).await;
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

/// The page is not wider than the screen of the phone.
async fn fits(browser: &Browser, page: &str) -> WebDriverResult<()> {
    let (shown, wide): (u32, u32) = browser
        .ask(
            "return [window.innerWidth, document.documentElement.scrollWidth]",
            "",
        )
        .await?;
    assert_eq!(shown, PHONE.width, "{page}");
    assert!(
        wide <= shown,
        "{page} is {wide} px wide, but the screen has {shown} px"
    );
    Ok(())
}
