//! The operator's console, as an operator sees it.

use serde_json::json;
use thirtyfour::{By, error::WebDriverResult};

use crate::chromium::{Browser, DESKTOP, PHONE, with_browser};

/// Signs in to the console on the page that is asked for.
pub(crate) async fn sign_in(browser: &Browser, path: &str) -> WebDriverResult<()> {
    let (console, password) = &browser.console;
    browser.driver.goto(format!("{console}{path}")).await?;
    let name = browser.driver.find(By::Css("input[name=name]")).await?;
    name.send_keys("admin").await?;
    let field = browser.driver.find(By::Css("input[name=password]")).await?;
    field.send_keys(password).await?;
    browser.click("button.main").await
}

pub(crate) async fn open(browser: &Browser, path: &str) -> WebDriverResult<()> {
    let (console, _) = &browser.console;
    browser.driver.goto(format!("{console}{path}")).await
}

/// Where the links lead that `css` finds.
pub(crate) async fn links(browser: &Browser, css: &str) -> WebDriverResult<Vec<String>> {
    browser
        .ask(
            "return [...document.querySelectorAll(arguments[0])].map(link => link.href)",
            css,
        )
        .await
}

/// A number is linked, and one text is posted.
pub(crate) async fn with_a_post(browser: &Browser) -> WebDriverResult<()> {
    let phone = browser.ask_for_the_link().await?;
    browser.click("#start").await?;
    browser.click("#allow").await?;
    browser.sees("#account", "@demo").await;
    browser.driver.switch_to_window(phone).await?;
    browser.text("hello from the hills").await?;
    browser
        .sees(".bubble.out", "has been successfully tweeted")
        .await;
    Ok(())
}

#[tokio::test]
async fn an_operator_finds_a_text_reveals_it_and_replays_it() {
    with_browser(
        "an_operator_finds_a_text_reveals_it_and_replays_it",
        DESKTOP,
        find_reveal_replay,
    )
    .await;
}

async fn find_reveal_replay(browser: Browser) -> WebDriverResult<()> {
    with_a_post(&browser).await?;
    sign_in(&browser, "").await?;
    browser.sees(".says", "Nothing is wrong.").await;
    open(&browser, "/texts?q=hills").await?;
    browser.sees("tbody", "published").await;
    let rows = browser.texts("tbody tr").await?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    browser.click("td a").await?;
    browser.sees(".timeline", "Posted on X").await;
    browser.sees("blockquote", "20 characters").await;
    browser.click(".actions form button").await?;
    browser.sees("blockquote", "hello from the hills").await;
    browser.picture("console.png").await?;
    browser.click(".actions summary").await?;
    let why = browser.driver.find(By::Css("input[name=reason]")).await?;
    why.send_keys("a person asked").await?;
    browser.click(".actions details button").await?;
    browser
        .sees(".notice", "Nothing was done: the text was already posted.")
        .await;
    open(&browser, "/audit").await?;
    browser.sees("tbody", "reveal").await;
    Ok(())
}

#[tokio::test]
async fn an_operator_invites_a_number_on_a_narrow_phone() {
    with_browser(
        "an_operator_invites_a_number_on_a_narrow_phone",
        PHONE,
        invite,
    )
    .await;
}

async fn invite(browser: Browser) -> WebDriverResult<()> {
    sign_in(&browser, "/people").await?;
    browser
        .sees("main", "No operator has allowed a number.")
        .await;
    browser.click(".actions summary").await?;
    for (field, words) in [
        ("phone", "+1 (555) 000-7777"),
        ("note", "Ada"),
        ("reason", "She asked."),
    ] {
        let css = format!(".actions details[open] input[name={field}]");
        let field = browser.driver.find(By::Css(css)).await?;
        field.send_keys(words).await?;
    }
    browser.click(".actions details[open] button").await?;
    browser
        .sees(".notice", "the sign-in link is texted to it.")
        .await;
    browser.sees("tbody", "delivered").await;
    browser.sees("tbody", "Ada").await;
    let rows = browser.texts("tbody").await?.concat();
    assert!(!rows.contains("+15550007777"), "{rows}");
    fit(&browser, "people").await?;
    browser.click("td a").await?;
    browser.click(".actions form button").await?;
    browser.sees(".facts", "+15550007777").await;
    fit(&browser, "a person").await
}

#[tokio::test]
async fn an_operator_replies_to_the_sender_of_a_text() {
    with_browser(
        "an_operator_replies_to_the_sender_of_a_text",
        DESKTOP,
        reply_by_hand,
    )
    .await;
}

async fn reply_by_hand(browser: Browser) -> WebDriverResult<()> {
    let phone = browser.ask_for_the_link().await?;
    browser.click("#start").await?;
    let console = browser.driver.window().await?;
    sign_in(&browser, "/texts").await?;
    browser.click("td a").await?;
    let form = ".actions form[action$='/reply']";
    // The form is folded until it is wanted.
    let open = "document.querySelector(arguments[0]).closest('details').open = true";
    let () = browser.ask(open, form).await?;
    let words = browser
        .driver
        .find(By::Css(format!("{form} textarea")))
        .await?;
    words.send_keys("Just sign in to X.").await?;
    browser.click(&format!("{form} button")).await?;
    browser.sees(".notice", "The reply is on its way.").await;
    browser.sees(".timeline", "Reply (by_hand) written").await;
    browser.driver.switch_to_window(phone).await?;
    browser.sees(".bubble.out", "Just sign in to X.").await;
    browser.driver.switch_to_window(console).await
}

#[tokio::test]
async fn a_page_shows_what_has_changed_without_being_loaded_again_unless_it_is_frozen() {
    with_browser(
        "a_page_shows_what_has_changed_without_being_loaded_again_unless_it_is_frozen",
        DESKTOP,
        live,
    )
    .await;
}

async fn live(browser: Browser) -> WebDriverResult<()> {
    sign_in(&browser, "/texts").await?;
    browser.sees("main", "No text meets this.").await;
    let list = browser.driver.window().await?;
    let phone = browser.driver.new_tab().await?;
    browser.driver.switch_to_window(phone.clone()).await?;
    browser.open_phone().await?;
    browser.text("one").await?;
    browser.sees(".bubble.out", "sign in").await;
    browser.driver.switch_to_window(list.clone()).await?;
    browser.sees("tbody", "3 characters").await;
    browser.click("#freeze").await?;
    browser.sees("#freeze", "Frozen").await;
    browser.driver.switch_to_window(phone).await?;
    browser.text("three").await?;
    browser.sees(".bubble.in", "three").await;
    browser.driver.switch_to_window(list).await?;
    browser.click("#freeze").await?;
    browser.sees("tbody", "5 characters").await;
    Ok(())
}

#[tokio::test]
async fn an_operator_replays_all_that_match_follows_them_and_stops() {
    with_browser(
        "an_operator_replays_all_that_match_follows_them_and_stops",
        DESKTOP,
        |browser| async move { replay_all(&browser).await },
    )
    .await;
}

#[tokio::test]
async fn an_operator_replays_all_that_match_on_a_narrow_phone() {
    with_browser(
        "an_operator_replays_all_that_match_on_a_narrow_phone",
        PHONE,
        replay_all_on_a_phone,
    )
    .await;
}

async fn replay_all_on_a_phone(browser: Browser) -> WebDriverResult<()> {
    replay_all(&browser).await?;
    fit(&browser, "replays").await?;
    browser.click("td a").await?;
    browser.sees(".facts", "1 of 3").await;
    fit(&browser, "a replay").await
}

/// Three texts wait, because their queue is paused. A replay wakes them, at the pace of one a minute.
async fn replay_all(browser: &Browser) -> WebDriverResult<()> {
    let phone = browser.ask_for_the_link().await?;
    browser.click("#start").await?;
    browser.click("#allow").await?;
    browser.sees("#account", "@demo").await;
    let console = browser.driver.window().await?;
    sign_in(browser, "/jobs").await?;
    browser.click(".actions summary").await?;
    browser.click(".actions details button").await?;
    browser.sees(".notice", "The queue is paused.").await;
    browser.driver.switch_to_window(phone).await?;
    for body in ["one", "two", "three"] {
        browser.text(body).await?;
        browser.sees(".bubble.in", body).await;
        browser.sees("#ledger [data-state]", body).await;
    }
    browser.driver.switch_to_window(console).await?;

    open(browser, "/replays").await?;
    browser.sees("main", "No replay was begun.").await;
    // What failed is chosen already, and nothing has.
    browser.click(".ask button.main").await?;
    browser.sees(".facts", "0 texts match.").await;
    for state in ["failed", "received", "waiting"] {
        browser.click(&format!(".ask input[value={state}]")).await?;
    }
    browser.click(".ask:last-of-type button.main").await?;
    browser.sees(".facts", "3 texts match.").await;
    browser.sees("tbody", "is not finished yet").await;
    let pace = browser.driver.find(By::Css("input[name=pace]")).await?;
    pace.clear().await?;
    pace.send_keys("1").await?;
    let why = browser.driver.find(By::Css("input[name=reason]")).await?;
    why.send_keys("a person asked").await?;
    browser.click("form[method=post] button.main").await?;
    browser.sees(".notice", "The replay has begun.").await;
    // The page shows the progress by itself.
    browser.sees(".facts", "1 of 3").await;
    let done: u32 = browser
        .ask("return document.querySelector('progress').value", "")
        .await?;
    assert_eq!(done, 1);
    browser.sees(".facts", "a person asked").await;
    browser.click(".actions summary").await?;
    browser.click(".actions details button").await?;
    browser.sees(".notice", "The replay was stopped").await;
    browser.sees(".facts", "stopped").await;
    open(browser, "/replays").await?;
    browser.sees("tbody", "1 of 3").await;
    Ok(())
}

#[tokio::test]
async fn the_console_works_without_scripts() {
    with_browser("the_console_works_without_scripts", DESKTOP, no_scripts).await;
}

async fn no_scripts(browser: Browser) -> WebDriverResult<()> {
    let off = json!({"value": true});
    let tools = browser.driver.cdp();
    tools
        .send_raw("Emulation.setScriptExecutionDisabled", off)
        .await?;
    sign_in(&browser, "/jobs").await?;
    browser.shows("h1", "Jobs").await;
    browser.click(".actions summary").await?;
    browser.click(".actions details button").await?;
    browser.shows(".notice", "The queue is paused.").await;
    open(&browser, "").await?;
    browser
        .shows(".says", "has been paused by an operator")
        .await;
    Ok(())
}

#[tokio::test]
async fn the_console_fits_a_narrow_phone_in_the_dark() {
    with_browser("the_console_fits_a_narrow_phone_in_the_dark", PHONE, fits).await;
}

async fn fits(browser: Browser) -> WebDriverResult<()> {
    with_a_post(&browser).await?;
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    let tools = browser.driver.cdp();
    tools.send_raw("Emulation.setEmulatedMedia", dark).await?;
    sign_in(&browser, "").await?;
    browser.sees("h1", "Overview").await;
    for page in links(&browser, "nav a").await? {
        browser.driver.goto(&page).await?;
        fit(&browser, &page).await?;
    }
    open(&browser, "/texts").await?;
    browser.click("td a").await?;
    browser.sees("h1", "Text ").await;
    fit(&browser, "a text").await?;
    open(&browser, "/replays/plan?since=24h").await?;
    browser.sees(".facts", "2 texts match.").await;
    fit(&browser, "a plan").await?;
    let paper: String = browser
        .ask("return getComputedStyle(document.body).backgroundColor", "")
        .await?;
    assert_eq!(paper, "rgb(18, 21, 19)");
    Ok(())
}

/// The page is not wider than the screen of the phone.
async fn fit(browser: &Browser, page: &str) -> WebDriverResult<()> {
    let wide: u32 = browser
        .ask("return document.documentElement.scrollWidth", "")
        .await?;
    assert!(wide <= PHONE.width, "'{page}' is {wide} px wide");
    Ok(())
}
