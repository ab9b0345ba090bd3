//! The table of JSON fields in docs/cli.md is what `--json` prints.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{engines::new_sqlite, prelude::*};

#[tokio::test]
async fn json_has_the_fields_that_the_documentation_names() {
    let (_folder, url) = new_sqlite();
    let (system, _web, _worker) = linked(&url).await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    system.text_once_told(&sid).await;
    let paused = system.birdcall(&["queue", "pause", "reply"]).await;
    let held = system.birdcall(&["queue", "pause", "tweet"]).await;
    assert_eq!(held.code, Some(0), "{}", held.err);
    let waiting = system.sim.text(ALICE, "this one waits").await;
    system.text_once(&waiting, "waiting").await;
    let blocked = system
        .birdcall(&["accounts", "block", "+15550002222"])
        .await;
    assert_eq!(blocked.code, Some(0), "{}", blocked.err);
    assert_eq!(paused.code, Some(0), "{}", paused.err);

    let allowed = system.birdcall(&["people", "allow", "+15550002223"]).await;
    assert_eq!(allowed.code, Some(0), "{}", allowed.err);
    for (row, command) in [
        ("`texts list`", &["texts", "list"][..]),
        ("`jobs list`, `show`", &["jobs", "list"]),
        ("`queue stats`", &["queue", "stats"]),
        ("`accounts list`, `show`", &["accounts", "list"]),
        ("`replay SID`", &["replay", "--dry-run", &sid]),
        ("`accounts blocked`", &["accounts", "blocked"]),
        ("`people list`", &["people", "list"]),
        ("`audit`", &["audit"]),
        ("`workers list`", &["workers", "list"]),
        ("`spend`", &["spend"]),
        ("`replies list`, `show`", &["replies", "list"]),
        ("`doctor`", &["doctor"]),
    ] {
        let printed = system.json(command).await;
        assert_eq!(fields(&printed[0]), documented(row, 0), "{command:?}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("copy.db").display().to_string();
    for (row, command) in [
        ("`migrate`", &["migrate"][..]),
        ("`find`", &["find", &sid]),
        ("`queue pause`, `resume`", &["queue", "pause", "reply"]),
        ("`queue pause`, `resume`", &["queue", "resume", "reply"]),
        ("`sweep-inbound`", &["sweep-inbound"]),
        ("`backup`", &["backup", &file]),
        (
            "`replay --state`",
            &["replay", "--state", "published", "--since", "24h"],
        ),
        ("`texts cancel`, `give-up`", &["texts", "give-up", &waiting]),
        ("`texts reply`", &["texts", "reply", &sid, "hello"]),
        (
            "`people allow`, `invite`, `remove`",
            &["people", "allow", ALICE],
        ),
        ("`accounts unlink`", &["accounts", "unlink", ALICE]),
        ("`accounts block`", &["accounts", "block", ALICE]),
        ("`accounts unblock`", &["accounts", "unblock", ALICE]),
    ] {
        let printed = system.json(command).await;
        assert_eq!(fields(&printed), documented(row, 0), "{command:?}");
    }
    let script = system.json(&["completions", "bash"]).await;
    assert_eq!(fields(&script), documented("`completions`", 0));
    let page = system.json(&["man"]).await;
    assert_eq!(fields(&page), documented("`man`", 0));
    let pages = folder.path().join("man").display().to_string();
    let pages = system.json(&["man", &pages]).await;
    assert_eq!(fields(&pages), documented("`man`", 1));
    let text = system.json(&["texts", "show", &sid]).await;
    let row = "`texts show`";
    assert_eq!(fields(&text["attempts"][0]), documented(row, 1));
    assert_eq!(fields(&text["replies"][0]), documented(row, 4));
    assert_eq!(fields(&text["reply"]), documented(row, 4));
    assert_eq!(fields(&text["timeline"][0]), documented(row, 6));
    let mut whole = documented("`texts list`", 0);
    whole.extend(["attempts", "reply", "replies", "timeline"].map(str::to_owned));
    assert_eq!(fields(&text), whole);
    let erased = system.json(&["accounts", "erase", ALICE, "--yes"]).await;
    assert_eq!(fields(&erased), documented("`accounts erase`", 0));
    system.end().await;
}

pub(crate) fn fields(object: &Value) -> BTreeSet<String> {
    let fields = object.as_object().unwrap_or_else(|| panic!("{object}"));
    fields.keys().cloned().collect()
}

/// The words in the second cell of a row of docs/cli.md, between the `nth` pair of backticks.
pub(crate) fn documented(row: &str, nth: usize) -> BTreeSet<String> {
    let page = include_str!("../../../docs/cli.md");
    let begin = format!("| {row} | ");
    let found = page.lines().find_map(|line| line.strip_prefix(&begin));
    let cell = found.unwrap_or_else(|| panic!("docs/cli.md has no row {row}"));
    let fields = cell.split('`').skip(1).step_by(2).nth(nth);
    let fields = fields.unwrap_or_else(|| panic!("{row} names no fields"));
    fields.split(' ').map(str::to_owned).collect()
}
