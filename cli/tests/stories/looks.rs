//! Looking for a post or a message whose outcome is unknown: what counts as seen, and what as absent.

use birdcall_sim::{Fault, FaultAction, TimelineSlips};
use serde_json::{Value, json};

use crate::prelude::*;

/// Alice texts `body`, X posts it, and the answer is lost.
async fn lost(app: &App, body: &str) -> String {
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    app.says(ALICE, body).await
}

#[tokio::test]
async fn a_lost_post_is_recognised_with_links_in_any_place() {
    let app = linked().await;
    for (number, body) in [
        "lunch (example.com) at noon",
        "\u{898b}\u{3066}\u{3001}example.com\u{3067}\u{3059}",
        "\u{ab}https://example.com/a_(b)\u{bb}, <example.org>",
        "\u{647}\u{646}\u{627}:example.com/x\u{60c}",
        "\"http://b\u{fc}cher.example.com/\" & https://xn--bcher-kva.example.com",
        "my own https://t.co/abcdefghij!",
        "HTTPS://Example.Com/Path?a=1&b=2...",
    ]
    .into_iter()
    .enumerate()
    {
        for slips in [
            TimelineSlips::default(),
            TimelineSlips {
                without_entities: true,
                ..TimelineSlips::default()
            },
            TimelineSlips {
                hosts_of_dns: true,
                positions_off: 3,
                ..TimelineSlips::default()
            },
            TimelineSlips {
                without_positions: true,
                ..TimelineSlips::default()
            },
        ] {
            let before = app.sim.all_posts().len();
            app.sim.configure(|settings| {
                settings.timeline = slips.clone();
                settings.duplicate_window_ms = 0;
            });
            let sid = lost(&app, body).await;
            app.wait(10 * SECOND).await;
            assert_eq!(app.state(&sid).await, "published", "{number} {slips:?}");
            assert_eq!(app.sim.all_posts().len(), before + 1, "{number} {slips:?}");
        }
    }
    app.end().await;
}

#[tokio::test]
async fn a_look_that_is_not_complete_is_not_a_look() {
    let slips = |change: fn(&mut TimelineSlips)| {
        let mut slips = TimelineSlips::default();
        change(&mut slips);
        slips
    };
    for slips in [
        slips(|slips| slips.errors_for_data = true),
        slips(|slips| {
            slips.errors_beside_data = true;
            slips.hidden = 1;
        }),
        slips(|slips| slips.hidden = 1),
        slips(|slips| slips.without_text = true),
        slips(|slips| {
            slips.hidden = 1;
            slips.without_meta = true;
        }),
    ] {
        let app = linked().await;
        app.sim
            .configure(|settings| settings.timeline = slips.clone());
        let sid = lost(&app, "hello").await;
        app.wait(HOUR).await;
        assert_eq!(app.state(&sid).await, "in_doubt", "{slips:?}");
        assert_eq!(app.calls("x.create_post"), 1, "{slips:?}");
        app.sim
            .configure(|settings| settings.timeline = TimelineSlips::default());
        app.wait(HOUR).await;
        assert_eq!(app.state(&sid).await, "published", "{slips:?}");
        assert_eq!(app.calls("x.create_post"), 1, "{slips:?}");
        app.end().await;
    }
}

#[tokio::test]
async fn a_timeline_that_does_not_end_proves_what_it_shows_only() {
    let endless = TimelineSlips {
        token_left: true,
        ..TimelineSlips::default()
    };
    let app = linked().await;
    app.sim
        .configure(|settings| settings.timeline = endless.clone());
    let shown = lost(&app, "hello").await;
    app.wait(10 * SECOND).await;
    assert_eq!(app.state(&shown).await, "published");
    app.sim
        .fault(Fault::answer("x.create_post", 503, Value::Null).times(1));
    let absent = app.says(ALICE, "never seen").await;
    app.wait(HOUR).await;
    assert_eq!(app.state(&absent).await, "in_doubt");
    assert_eq!(app.posts(), ["hello"]);
    app.sim
        .configure(|settings| settings.timeline = TimelineSlips::default());
    app.wait(HOUR).await;
    assert_eq!(app.state(&absent).await, "published");
    assert_eq!(app.posts(), ["hello", "never seen"]);
    app.end().await;
}

#[tokio::test]
async fn a_post_is_recognised_if_x_knows_none_of_the_fields() {
    let app = linked().await;
    let unknown = json!({
        "errors": [{"message": "The query parameter [post.fields] is not one of those known"}],
        "title": "Invalid Request", "type": "https://api.x.com/2/problems/invalid-request",
        "detail": "One or more parameters to your request was invalid.",
    });
    for times in 1..=2 {
        app.sim
            .fault(Fault::answer("x.timeline", 400, unknown.clone()).times(times));
        let sid = lost(&app, &format!("lunch (example.com) at {times}")).await;
        app.wait(10 * SECOND).await;
        assert_eq!(app.state(&sid).await, "published", "{times}");
        assert_eq!(app.sim.all_posts().len(), times as usize);
    }
    app.end().await;
}

#[tokio::test]
async fn a_list_of_messages_without_messages_is_not_a_look() {
    const SEND: &str = "twilio.create_message";
    for body in [
        json!({}),
        json!({"messages": null}),
        json!({"messages": [{"sid": "SM1"}], "next_page_uri": null}),
        json!({"messages": [], "next_page_uri": 7}),
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::new(SEND, FaultAction::DropAfter).times(1));
        app.sim
            .fault(Fault::new("webhook.status", FaultAction::DropBefore));
        app.sim
            .fault(Fault::answer("twilio.list_messages", 200, body.clone()));
        app.says(ALICE, "hello").await;
        app.wait(HOUR).await;
        let made = app
            .sim
            .messages()
            .into_iter()
            .filter(|message| message.body.contains("has been successfully tweeted"));
        assert_eq!(made.count(), 1, "{body}");
        app.end().await;
    }
}
