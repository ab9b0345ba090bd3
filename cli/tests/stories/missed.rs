//! Texts whose webhook never reached web are taken in from Twilio's list.

use std::time::Duration;

use birdcall_domain::{inbound::Disposition, phone::Phone};
use birdcall_sim::{Fault, FaultAction};
use birdcall_worker::{Swept, open_inbox, sweep_inbound};

use crate::prelude::*;

/// From now on, no webhook arrives, and Twilio does not send it again.
fn lose_webhooks(app: &App) {
    let lost = Fault::new("webhook.inbound", FaultAction::DropBefore);
    app.sim.fault(lost);
}

/// Takes in the texts that are at most `since` old.
async fn sweep(app: &App, since: Duration) -> Swept {
    let inbox = open_inbox(&app.worker);
    let swept = sweep_inbound(&app.worker, &inbox, app.now() - since);
    let swept = swept.await.expect("a list");
    app.settle().await;
    swept
}

fn took(taken: usize) -> Swept {
    Swept {
        taken,
        cut_short: false,
    }
}

#[tokio::test]
async fn missed_texts_are_posted_once_and_in_order() {
    let app = linked().await;
    lose_webhooks(&app);
    for body in ["one", "two", "three"] {
        app.says(ALICE, body).await;
        app.clock.advance(SECOND);
    }
    app.sim.clear_faults();
    app.clock.advance(HOUR);
    assert_eq!(app.posts(), NONE);

    assert_eq!(sweep(&app, 2 * HOUR).await, took(3));
    assert_eq!(app.posts(), ["one", "two", "three"]);
    assert!(
        app.last_reply(ALICE)
            .starts_with("'three' has been successfully tweeted")
    );
    assert_eq!(sweep(&app, 2 * HOUR).await, took(0));
    assert_eq!(app.posts().len(), 3);
    app.end().await;
}

#[tokio::test]
async fn a_late_webhook_changes_nothing() {
    let app = linked().await;
    // Twilio has the text, but its webhook is delayed.
    let sid = app.sim.text(ALICE, "slow").await;
    app.clock.advance(2 * MINUTE);
    assert_eq!(sweep(&app, HOUR).await, took(1));
    app.settle().await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.posts(), ["slow"]);
    app.end().await;
}

#[tokio::test]
async fn texts_that_are_too_new_or_too_old_are_not_taken_in() {
    let app = linked().await;
    lose_webhooks(&app);
    app.says(ALICE, "old").await;
    app.clock.advance(3 * HOUR);
    app.says(ALICE, "young").await;
    app.clock.advance(MINUTE / 2);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(0));
    app.clock.advance(MINUTE);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.posts(), ["young"]);
    app.end().await;
}

#[tokio::test]
async fn a_missed_text_from_a_new_number_gets_the_link() {
    let app = App::start().await;
    lose_webhooks(&app);
    app.says(BOB, "hello?").await;
    app.sim.clear_faults();
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    let bob: Phone = BOB.parse().expect("a phone");
    assert!(app.link(bob.as_str()).starts_with(&app.url));
    assert_eq!(
        app.texts().await[0].kind,
        Disposition::SignIn.kind().as_str()
    );
    app.end().await;
}

#[tokio::test]
async fn if_the_list_is_too_long_the_newest_texts_are_taken_in() {
    let app = linked_with(&[("SWEEP_INBOUND_MAX", "2")]).await;
    lose_webhooks(&app);
    for body in ["one", "two", "three"] {
        app.says(ALICE, body).await;
        app.clock.advance(SECOND);
    }
    app.clock.advance(HOUR);
    let swept = sweep(&app, 2 * HOUR).await;
    let cut_short = Swept {
        taken: 2,
        cut_short: true,
    };
    assert_eq!(swept, cut_short);
    assert_eq!(app.posts(), ["two", "three"]);
    app.end().await;
}

#[tokio::test]
async fn a_list_of_several_pages_is_taken_in_completely_and_in_order() {
    /// The number of texts on one page of Twilio's list.
    const PAGE: usize = 200;
    let app = linked_with(&[("OPEN_TEXTS_MAX", "10000")]).await;
    lose_webhooks(&app);
    for number in 0..=PAGE {
        app.sim.text(ALICE, &format!("{number}")).await;
    }
    app.sim.deliver().await;
    app.clock.advance(HOUR);
    let inbox = open_inbox(&app.worker);
    let swept = sweep_inbound(&app.worker, &inbox, app.now() - 2 * HOUR).await;
    assert_eq!(swept.expect("a list"), took(PAGE + 1));
    let mut texts = app.texts().await;
    texts.retain(|text| text.kind == "post");
    texts.sort_by_key(|text| text.arrival);
    let bodies: Vec<&str> = texts.iter().map(|text| text.body.as_str()).collect();
    let expected: Vec<String> = (0..=PAGE).map(|number| number.to_string()).collect();
    assert_eq!(bodies, expected);
    app.leaves_open().await;
}

/// A text whose webhook is lost.
async fn lost(app: &App, from: &str, body: &str) -> String {
    lose_webhooks(app);
    let sid = app.says(from, body).await;
    app.sim.clear_faults();
    sid
}

/// What we said of a text that came too late.
fn too_late(body: &str) -> String {
    format!(
        "'{body}' came too late, so nothing was done about it. If you still want it, text it again."
    )
}

#[tokio::test]
async fn a_missed_undo_does_not_delete_the_correction_that_came_after_it() {
    // However close together the texts are.
    for pause in [Duration::ZERO, SECOND / 10, SECOND, MINUTE] {
        let app = linked().await;
        app.says(ALICE, "typo hree").await;
        app.clock.advance(pause);
        let undo = lost(&app, ALICE, r"\UNDO").await;
        app.clock.advance(pause);
        app.says(ALICE, "typo here").await;
        app.clock.advance(HOUR);
        assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
        assert_eq!(app.posts(), ["typo hree", "typo here"], "{pause:?}");
        assert_eq!(app.state(&undo).await, "command/late");
        assert_eq!(app.last_reply(ALICE), too_late(r"\UNDO"));
        // Texted again, it means the last post.
        app.says(ALICE, r"\UNDO").await;
        assert_eq!(app.posts(), ["typo hree"]);
        app.end().await;
    }
}

#[tokio::test]
async fn a_missed_command_with_nothing_after_it_is_carried_out() {
    for pause in [Duration::ZERO, SECOND, MINUTE] {
        let app = linked().await;
        app.says(ALICE, "oops").await;
        app.clock.advance(pause);
        lost(&app, ALICE, r"\UNDO").await;
        app.clock.advance(HOUR);
        assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
        assert_eq!(app.posts(), NONE, "{pause:?}");
        assert_eq!(app.last_reply(ALICE), "Deleted from X: 'oops'");
        app.end().await;
    }
}

#[tokio::test]
async fn missed_commands_do_what_they_meant_if_all_that_follows_was_missed_too() {
    let app = linked().await;
    app.says(ALICE, "typo hree").await;
    lost(&app, ALICE, r"\UNDO").await;
    lost(&app, ALICE, "typo here").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(2));
    assert_eq!(app.posts(), ["typo here"]);
    app.end().await;
}

#[tokio::test]
async fn a_command_that_was_texted_again_because_it_was_lost_is_done_once() {
    let app = linked().await;
    for body in ["one", "two"] {
        app.says(ALICE, body).await;
    }
    lost(&app, ALICE, r"\UNDO").await;
    app.clock.advance(MINUTE);
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.posts(), ["one"]);
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.posts(), ["one"]);
    app.end().await;
}

#[tokio::test]
async fn a_missed_stop_does_not_unlink_a_number_that_went_on() {
    let app = linked().await;
    let stop = lost(&app, ALICE, r"\STOP").await;
    app.clock.advance(MINUTE);
    app.says(ALICE, "still here").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.state(&stop).await, "command/late");
    assert_eq!(app.last_reply(ALICE), too_late(r"\STOP"));
    app.says(ALICE, "and here").await;
    assert_eq!(app.posts(), ["still here", "and here"]);
    app.end().await;
}

#[tokio::test]
async fn a_missed_stop_does_not_undo_a_later_sign_in() {
    let app = linked().await;
    let link = app.link(ALICE);
    lost(&app, ALICE, r"\STOP").await;
    app.clock.advance(MINUTE);
    app.sim.revoke_user("demo");
    app.clock.advance(3 * HOUR);
    app.says(ALICE, "hello").await;
    app.sign_in(ALICE, "demo").await;
    assert_ne!(app.link(ALICE), link);
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, DAY).await, took(1));
    assert!(app.account_of(ALICE).await.is_some());
    assert_eq!(app.last_reply(ALICE), too_late(r"\STOP"));
    app.end().await;
}

#[tokio::test]
async fn a_missed_retry_does_not_post_what_its_owner_has_written_again() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropBefore).times(1));
    app.sim
        .fault(Fault::answer("x.timeline", 403, serde_json::json!({})).times(1));
    app.says(ALICE, "hello").await;
    app.wait(MINUTE).await;
    lost(&app, ALICE, r"\RETRY").await;
    app.clock.advance(MINUTE);
    app.says(ALICE, "hello, once more").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.posts(), ["hello, once more"]);
    assert_eq!(app.last_reply(ALICE), too_late(r"\RETRY"));
    app.end().await;
}

#[tokio::test]
async fn a_missed_post_is_posted_after_what_was_posted_and_before_what_waits() {
    let app = linked().await;
    app.says(ALICE, "one").await;
    lost(&app, ALICE, "two").await;
    app.says(ALICE, "three").await;
    lost(&app, ALICE, "four").await;
    app.sim
        .fault(Fault::answer("x.create_post", 402, serde_json::json!({})).times(1));
    let five = app.says(ALICE, "five").await;
    assert_eq!(app.state(&five).await, "waiting/money");
    app.clock.advance(2 * MINUTE);
    assert_eq!(sweep(&app, HOUR).await, took(2));
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["one", "three", "two", "four", "five"]);
    app.end().await;
}

#[tokio::test]
async fn a_missed_post_that_was_taken_back_since_is_not_posted() {
    let app = linked().await;
    let oops = lost(&app, ALICE, "oops").await;
    app.clock.advance(SECOND);
    app.says(ALICE, r"\UNDO").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.posts(), NONE);
    assert_eq!(app.state(&oops).await, "refused/late");
    assert_eq!(app.last_reply(ALICE), too_late("oops"));
    app.end().await;
}

#[tokio::test]
async fn nothing_from_before_a_stop_comes_back() {
    let app = linked().await;
    let missed = lost(&app, ALICE, "my secret").await;
    app.clock.advance(MINUTE);
    app.says(ALICE, r"\STOP").await;
    let told = app.replies(ALICE).len();
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    let row = app.row(&missed).await;
    assert_eq!(
        (
            row.phone.as_str(),
            row.body.as_str(),
            row.service_number.as_str()
        ),
        ("", "", "")
    );
    assert_eq!(app.state(&missed).await, "ignored/late");
    assert_eq!(app.replies(ALICE).len(), told, "nobody is texted");
    // Nor does it come back when the number is linked again, also to another account.
    let other = lost(&app, ALICE, "nor this").await;
    app.clock.advance(SECOND);
    app.link_as(ALICE, "other").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.state(&other).await, "refused/late");
    assert_eq!(app.last_reply(ALICE), too_late("nor this"));
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn nothing_from_before_a_stop_comes_back_when_another_text_came_late_too() {
    let app = linked().await;
    let missed = lost(&app, ALICE, "my secret").await;
    app.clock.advance(SECOND);
    let slow = lost(&app, ALICE, "slow").await;
    app.clock.advance(SECOND);
    app.says(ALICE, r"\STOP").await;
    app.clock.advance(MINUTE);
    let webhook = [
        ("MessageSid", slow.as_str()),
        ("From", ALICE),
        ("To", SERVICE),
        ("Body", "slow"),
        ("NumMedia", "0"),
    ];
    assert_eq!(
        app.twilio_posts("/twilio/message", &webhook).await.status,
        200
    );
    app.settle().await;
    assert_eq!(app.state(&slow).await, "refused/not_linked");
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    let row = app.row(&missed).await;
    assert_eq!((row.phone.as_str(), row.body.as_str()), ("", ""));
    app.end().await;
}

#[tokio::test]
async fn a_missed_first_text_is_answered_only_if_no_later_one_was() {
    let app = App::start().await;
    let first = lost(&app, ALICE, "hello?").await;
    app.clock.advance(SECOND);
    app.says(ALICE, "hello??").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.state(&first).await, "ignored/late");
    assert_eq!(app.replies(ALICE).len(), 1);
    app.end().await;
}

#[tokio::test]
async fn words_of_twilios_are_applied_by_their_own_time() {
    for (missed, later, silent) in [("STOP", "START", false), ("START", "STOP", true)] {
        for pause in [Duration::ZERO, SECOND, MINUTE] {
            let app = linked().await;
            lost(&app, ALICE, missed).await;
            app.clock.advance(pause);
            app.says(ALICE, later).await;
            app.clock.advance(HOUR);
            assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
            let sid = app.says(ALICE, "hello").await;
            assert_eq!(app.posts(), ["hello"]);
            let state = &app.replies_to(&sid).await[0].state;
            let expected = if silent { "suppressed" } else { "sent" };
            assert_eq!(state, expected, "{missed}, then {later}, {pause:?}");
            app.end().await;
        }
    }
}

#[tokio::test]
async fn a_missed_stop_word_with_nothing_after_it_silences() {
    let app = linked().await;
    lost(&app, ALICE, "STOP").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.replies_to(&sid).await[0].state, "suppressed");
    app.end().await;
}

#[tokio::test]
async fn the_operators_opt_out_words_are_never_posted_or_answered() {
    let app = linked_with(&[("OPT_OUT_WORDS", "arret, ARRÊT")]).await;
    let told = app.replies(ALICE).len();
    let missed = lost(&app, ALICE, "Arret").await;
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.state(&missed).await, "ignored/keyword");
    let sid = app.says(ALICE, "arrêt").await;
    assert_eq!(app.state(&sid).await, "ignored/keyword");
    let sid = app.says(ALICE, "arret maintenant").await;
    assert_eq!(app.replies_to(&sid).await[0].state, "suppressed");
    assert_eq!(app.posts(), ["arret maintenant"]);
    assert_eq!(app.replies(ALICE).len(), told);
    app.says(ALICE, "START").await;
    app.says(ALICE, "aloud").await;
    assert!(
        app.last_reply(ALICE)
            .starts_with("'aloud' has been successfully tweeted")
    );
    app.end().await;
}
