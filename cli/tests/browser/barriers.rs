//! Nothing on a page keeps a person out who cannot see it well, or uses no mouse: axe-core finds nothing.
//!
//! `BIRDCALL_TEST_AXE` is the path of axe-core's script, as `scripts/axe` prints it.

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;

use crate::{
    chromium::{Browser, DESKTOP, PHONE, Viewport, setting, with_browser},
    console,
};

/// The setting is this word if axe-core cannot be fetched. The tests are then left out, because the network is
/// not a fault of the change.
const UNREACHABLE: &str = "unreachable";

/// Looks for barriers, and returns one line for each.
const LOOK: &str = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(rule => \
    `${rule.impact} ${rule.id}: ${rule.help}: ${rule.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`))";

#[tokio::test]
async fn no_page_has_barriers() {
    look_at("no_page_has_barriers", DESKTOP).await;
}

#[tokio::test]
async fn no_page_has_barriers_on_a_phone() {
    look_at("no_page_has_barriers_on_a_phone", PHONE).await;
}

async fn look_at(name: &str, viewport: Viewport) {
    let path = match setting("BIRDCALL_TEST_AXE") {
        Some(path) if path != UNREACHABLE => path,
        unreachable => {
            let may_be_left_out = setting("BIRDCALL_TEST_NOTHING_SKIPPED").is_none();
            assert!(
                may_be_left_out || unreachable.is_some(),
                "BIRDCALL_TEST_AXE is not set, and no test may be skipped: {name}"
            );
            eprintln!("left out, because there is no axe-core: {name}");
            return;
        }
    };
    let axe = std::fs::read_to_string(path).expect("axe-core's script");
    with_browser(name, viewport, async |browser: Browser| {
        pages(&browser, &axe).await
    })
    .await;
}

async fn pages(browser: &Browser, axe: &str) -> WebDriverResult<()> {
    console::with_a_post(browser).await?;
    let (base, _) = &browser.console;
    let mut addresses = vec![browser.url.clone(), format!("{base}/sign-in")];
    console::sign_in(browser, "").await?;
    browser.sees("h1", "Overview").await;
    addresses.extend(console::links(browser, "nav a").await?);
    let mut found = Vec::new();
    for address in &addresses {
        look(browser, axe, address, &mut found).await?;
    }
    // One row of each list, where the row has a page of its own.
    for list in addresses.iter().filter(|address| address.starts_with(base)) {
        browser.driver.goto(list).await?;
        let rows = console::links(browser, "tbody td a").await?;
        if let Some(row) = rows.iter().find(|row| row.starts_with(base)) {
            look(browser, axe, row, &mut found).await?;
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// Looks at a page in the light and in the dark.
async fn look(
    browser: &Browser,
    axe: &str,
    address: &str,
    found: &mut Vec<String>,
) -> WebDriverResult<()> {
    let tools = browser.driver.cdp();
    for scheme in ["light", "dark"] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        tools.send_raw("Emulation.setEmulatedMedia", media).await?;
        browser.driver.goto(address).await?;
        // The tools of the browser may run scripts that the page's policy forbids.
        let load = json!({"expression": axe});
        tools.send_raw("Runtime.evaluate", load).await?;
        let run = json!({"expression": LOOK, "awaitPromise": true, "returnByValue": true});
        let looked = tools.send_raw("Runtime.evaluate", run).await?;
        let barriers = looked.pointer("/result/value").and_then(Value::as_array);
        let barriers = barriers.unwrap_or_else(|| panic!("axe-core did not run: {looked}"));
        found.extend(
            barriers
                .iter()
                .filter_map(Value::as_str)
                .map(|barrier| format!("{scheme} {address}: {barrier}")),
        );
    }
    Ok(())
}
