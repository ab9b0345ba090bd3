//! `birdcall texts`: texts are listed and shown.

use serde_json::Value;

use crate::prelude::*;

on_both_engines!(
    a_text_is_shown_from_arrival_to_delivery_receipt,
    texts_are_listed_and_filtered,
    a_query_finds_what_it_names_and_says_what_that_is,
    a_text_cannot_control_the_operators_terminal,
);

async fn a_text_is_shown_from_arrival_to_delivery_receipt(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    let text = system.text_once_told(&sid).await;

    assert_eq!(text["message_sid"], sid.as_str());
    assert_eq!(text["phone"], ALICE);
    assert_eq!(text["body"], "hello from a process");
    assert_eq!(text["state"], "published");
    let posts = system.sim.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(text["post_id"], posts[0].id.as_str());
    let post_url = format!("https://x.com/demo/status/{}", posts[0].id);
    assert_eq!(text["post_url"], post_url.as_str());
    is_time(&text["received_at"]);
    is_time(&text["published_at"]);

    let attempts = text["attempts"].as_array().expect("an array");
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0]["number"], 1);
    is_time(&attempts[0]["started_at"]);
    is_time(&attempts[0]["ended_at"]);
    assert!(attempts[0]["outcome"].is_string(), "{text:#}");
    assert_eq!(attempts[0]["error"], Value::Null);

    let reply = &text["reply"];
    assert_eq!(reply["state"], "sent");
    assert_eq!(reply["delivery"], "delivered");
    let twilio_sid = reply["twilio_sid"].as_str().expect("a sid");
    assert!(twilio_sid.starts_with("SM"), "{twilio_sid}");
    let body = format!("'hello from a process' has been successfully tweeted {post_url}");
    assert_eq!(reply["body"], body.as_str());
    assert_eq!(system.sim.replies_to(ALICE).pop(), Some(body));

    // People read first what became of it. The reply is shown once.
    let ran = system.birdcall(&["texts", "show", &sid]).await;
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.out.starts_with("published: It is on X.\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(&format!("\n{post_url}\n")), "{}", ran.out);
    assert!(
        ran.out.contains("\n  hello from a process\n"),
        "{}",
        ran.out
    );
    assert_eq!(ran.out.matches("has been successfully tweeted").count(), 1);
    assert!(
        !ran.out.contains('{') && !ran.out.contains("null"),
        "{}",
        ran.out
    );

    // What happened is told in the order of time, for people and for programs.
    let line = text["timeline"].as_array().expect("an array");
    let whats: Vec<&str> = line.iter().filter_map(|it| it["what"].as_str()).collect();
    for what in ["received", "attempt", "posted", "reply", "delivery", "job"] {
        assert!(whats.contains(&what), "{what}: {text:#}");
    }
    assert_eq!(whats[0], "received");
    line.iter().for_each(|entry| is_time(&entry["at"]));
    assert_eq!(attempts[0]["http_status"], 201);
    assert!(attempts[0]["transaction_id"].is_string(), "{text:#}");
    let told = "Attempt 1: POST /2/tweets, HTTP 201";
    assert!(ran.out.contains(told), "{}", ran.out);

    // The beginning of a sid names the text, too: lists on a terminal show no more.
    let short = system.birdcall(&["texts", "show", &sid[..12]]).await;
    assert_eq!(
        (short.code, &short.out),
        (Some(0), &ran.out),
        "{}",
        short.err
    );

    let ran = system.birdcall(&["texts", "show", "SMnothing"]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("SMnothing"), "{}", ran.err);
    system.end().await;
}

async fn texts_are_listed_and_filtered(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let posted = system.sim.text(ALICE, "hello from a process").await;
    system.text_once(&posted, "published").await;
    let other = system.sim.text("+15550002222", "who is there?").await;
    system.text_once(&other, "refused").await;

    let sids = async |filter: &[&str]| {
        let listed = system.json(&[&["texts", "list"], filter].concat()).await;
        let rows = listed.as_array().expect("an array").clone();
        let sids = rows.into_iter().map(|row| row["message_sid"].clone());
        sids.filter_map(|sid| sid.as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let all = sids(&[]).await;
    assert_eq!(all.len(), 3);
    assert_eq!(all[..2], [other.as_str(), posted.as_str()], "newest first");
    assert_eq!(sids(&["--state", "published"]).await, [posted.as_str()]);
    assert_eq!(sids(&["--phone", "+15550002222"]).await, [other.as_str()]);
    assert_eq!(sids(&["--contains", "process"]).await, [posted.as_str()]);
    assert_eq!(sids(&["--since", "24h"]).await, all);
    assert_eq!(sids(&["--until", "24h"]).await, NONE);
    assert_eq!(sids(&["--reason", "not_linked"]).await.len(), 2);
    assert_eq!(sids(&["--error", "HTTP 503"]).await, NONE);
    assert_eq!(
        sids(&["--since", "24h", "--limit", "1"]).await,
        [other.as_str()]
    );
    let both = ["--state", "failed", "--phone", ALICE];
    assert_eq!(sids(&both).await, NONE);

    // Without --json, the list is a table.
    let ran = system.birdcall(&["texts", "list"]).await;
    assert_eq!(ran.out.lines().count(), 4, "{}", ran.out);
    assert!(ran.out.starts_with("MESSAGE_SID"), "{}", ran.out);
    assert!(ran.out.contains(&posted), "a pipe gets the whole sid");

    // A list that is cut says so, and how to see the rest.
    let cut = system.birdcall(&["texts", "list", "--limit", "2"]).await;
    let last = cut.out.lines().last();
    let expected = "Showing 2 of 3 texts. --limit 3 shows all of them.";
    assert_eq!(last, Some(expected), "{}", cut.out);
    let cut = system
        .birdcall(&["texts", "list", "--limit", "1", "--json"])
        .await;
    let notice: Value = serde_json::from_str(&cut.err).expect("a notice");
    assert_eq!(notice["notice"]["shown"], 1);
    assert_eq!(notice["notice"]["total"], 3);
    let none = system
        .birdcall(&["texts", "list", "--state", "failed"])
        .await;
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""));
    assert_eq!(none.err, "There are none.\n");
    system.end().await;
}

async fn a_query_finds_what_it_names_and_says_what_that_is(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    let text = system.text_once_told(&sid).await;
    let post = text["post_url"].as_str().expect("an address");
    let twilio_sid = text["reply"]["twilio_sid"].as_str().expect("a sid");
    let replies = system.json(&["replies", "list", "--limit", "1"]).await;
    let reply = replies[0]["id"].as_str().expect("an id");
    let jobs = system.json(&["jobs", "list", "--queue", "tweet"]).await;
    let job = jobs[0]["id"].as_str().expect("an id");
    for (query, kind) in [
        (sid.as_str(), "message_sid"),
        (&sid[..12], "message_sid"),
        (post, "post"),
        (twilio_sid, "reply_sid"),
        (reply, "reply"),
        (job, "job"),
        ("FROM A PROCESS", "words"),
    ] {
        let found = system.json(&["find", query]).await;
        assert_eq!(found["found"], kind, "{query}: {found:#}");
        let texts = found["texts"].as_array().expect("an array");
        assert_eq!(texts.len(), 1, "{query}: {found:#}");
        assert_eq!(texts[0]["message_sid"], sid.as_str(), "{query}");
        let ran = system.birdcall(&["find", query]).await;
        assert!(ran.out.starts_with("Found by: "), "{}", ran.out);
        assert!(ran.out.contains(&sid), "{query}: {}", ran.out);
    }
    let found = system.json(&["find", job]).await;
    assert_eq!(found["job"]["id"], job);
    for (options, expected) in [
        (&["--subject", &sid, "--since", "1h"][..], Some(1)),
        (&["--subject", &sid, "--until", "1h"], Some(0)),
        (
            &["--queue", "tweet", "--since", "1w", "--limit", "1"],
            Some(1),
        ),
    ] {
        let jobs = system.json(&[&["jobs", "list"], options].concat()).await;
        assert_eq!(jobs.as_array().map(Vec::len), expected, "{options:?}");
    }
    let found = system.json(&["find", twilio_sid]).await;
    assert_eq!(found["reply"]["id"], reply);
    let of_alice = system.json(&["find", ALICE, "--state", "published"]).await;
    assert_eq!(of_alice["found"], "phone");
    assert_eq!(of_alice["texts"].as_array().map(Vec::len), Some(1));

    // Words that no text has are no error; a name of nothing is.
    let none = system.birdcall(&["find", "no such words"]).await;
    assert_eq!(
        (none.code, none.err.as_str()),
        (Some(0), "There are none.\n")
    );
    let nothing = "SMffffffffffffffffffffffffffffffff";
    let none = system.birdcall(&["find", nothing]).await;
    assert_eq!(none.code, Some(1), "{}", none.out);
    assert!(none.err.contains(nothing), "{}", none.err);
    system.end().await;
}

async fn a_text_cannot_control_the_operators_terminal(database_url: String) {
    let body = "\u{1b}]0;owned\u{7}\u{1b}[2J \u{202e}gnp.exe \u{9b}31m a\u{200b}b\r\nsecond";
    let shown = r"\u{1b}]0;owned\u{7}\u{1b}[2J \u{202e}gnp.exe \u{9b}31m a\u{200b}b";
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, body).await;
    eventually("the text is in the ledger", async || {
        system.text(&sid).await
    })
    .await;

    let listed = system.birdcall(&["texts", "list"]).await;
    let line = format!("{shown}\\r\\nsecond");
    assert!(listed.out.contains(&line), "{}", listed.out);
    let text = system.birdcall(&["texts", "show", &sid]).await;
    let block = format!("  {shown}\\r\n  second\n");
    assert!(text.out.contains(&block), "{}", text.out);
    let unknown = system.birdcall(&["texts", "show", "\u{1b}[2J"]).await;
    let json = system.birdcall(&["texts", "show", &sid, "--json"]).await;
    for printed in [&listed.out, &text.out, &unknown.err, &json.out] {
        let obeyed = |c: char| c != '\n' && c.is_control() || c == '\u{202e}' || c == '\u{200b}';
        assert!(!printed.contains(obeyed), "{printed:?}");
    }
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["body"], body, "JSON keeps the value");
    system.end().await;
}

/// The value is a time in RFC 3339 and in UTC.
fn is_time(value: &Value) {
    let text = value.as_str().unwrap_or_default();
    assert!(
        text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z'),
        "{value} is not a time"
    );
}
