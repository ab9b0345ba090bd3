//! How a text is read: as a post, as a command, as something that may be either, or as a reaction.

use crate::prelude::*;

#[tokio::test]
async fn what_may_be_a_command_is_asked_about_and_not_done() {
    let app = linked().await;
    app.says(ALICE, "first").await;
    for body in [
        "\u{200B}\\UNDO",
        "\u{FF3C}UNDO",
        "undo",
        "/undo please",
        "?undo",
    ] {
        let sid = app.says(ALICE, body).await;
        assert_eq!(
            app.last_reply(ALICE),
            r"Not posted, because it may be a command. If you meant \UNDO, text \UNDO or /UNDO. To post it, put another word before it."
        );
        assert_eq!(app.state(&sid).await, "command");
    }
    app.says(ALICE, "\u{FEFF}\\udno").await;
    assert_eq!(
        app.last_reply(ALICE),
        r"Not posted, because it may be a command. \HELP lists the commands. To post it, put another word before it."
    );
    assert_eq!(app.posts(), ["first"]);
    app.end().await;
}

#[tokio::test]
async fn a_phone_without_a_backslash_texts_commands_with_a_slash() {
    let app = linked().await;
    app.says(ALICE, "first").await;
    app.says(ALICE, "/undo").await;
    assert_eq!(app.last_reply(ALICE), "Deleted from X: 'first'");
    app.says(ALICE, "/me waves").await;
    assert_eq!(app.posts(), ["/me waves"]);
    app.says(ALICE, "/Stop").await;
    assert!(app.account_of(ALICE).await.is_none());
    app.end().await;
}

#[tokio::test]
async fn a_new_number_that_may_want_to_stop_is_sent_no_link() {
    let app = App::start().await;
    app.says(ALICE, "Stop.").await;
    assert_eq!(
        app.last_reply(ALICE),
        r"Not posted, because it may be a command. If you meant \STOP, text \STOP or /STOP. To post it, put another word before it."
    );
    app.end().await;
}

#[tokio::test]
async fn a_phones_reaction_to_our_reply_is_not_posted() {
    let app = linked().await;
    app.says(ALICE, "see you at noon").await;
    let reply = app.last_reply(ALICE);
    let replies = app.replies(ALICE).len();
    for body in [
        format!("Liked “{reply}”"),
        format!("Reacted 😂 to “{reply}”"),
        format!("Removed a like from “{}…”", &reply[..30]),
    ] {
        let sid = app.says(ALICE, &body).await;
        assert_eq!(app.state(&sid).await, "ignored/reaction", "{body}");
    }
    assert_eq!(app.replies(ALICE).len(), replies);
    assert_eq!(app.posts(), ["see you at noon"]);
    app.end().await;
}

#[tokio::test]
async fn a_quotation_of_anything_else_is_posted() {
    let app = both_linked().await;
    app.says(BOB, "bob's own words, at some length").await;
    let to_bob = format!("Liked “{}”", app.last_reply(BOB));
    for body in ["Liked “the film”", "I said “see you at noon”"] {
        app.says(ALICE, body).await;
    }
    app.says(ALICE, "hello there").await;
    let old = format!("Liked “{}”", app.last_reply(ALICE));
    app.later(DAY + MINUTE).await;
    app.says(ALICE, &old[..old.find(" https").expect("a link")])
        .await;
    app.says(ALICE, &to_bob[..to_bob.find(" https").expect("a link")])
        .await;
    assert_eq!(app.posts().len(), 6, "{:?}", app.posts());
    app.end().await;
}

#[tokio::test]
async fn words_that_come_as_an_mms_are_posted() {
    let app = linked().await;
    let words = vec![
        ("application/smil".to_owned(), b"<smil/>".to_vec()),
        (
            "text/plain; charset=utf-8".to_owned(),
            b"a long text".to_vec(),
        ),
    ];
    let sid = app.sim.text_with_media(ALICE, "a long text", words).await;
    app.settle().await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.posts(), ["a long text"]);
    app.end().await;
}

#[tokio::test]
async fn a_text_of_sixty_thousand_characters_is_refused_like_any_long_one() {
    let app = linked().await;
    let sid = app.says(ALICE, &"word ".repeat(12_000)).await;
    assert_eq!(app.state(&sid).await, "refused/unpostable");
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with("Not posted: 59719 characters too long by X's count."),
        "{reply}"
    );
    app.says(ALICE, "hello").await;
    assert_eq!(app.posts(), ["hello"]);
    app.end().await;
}
