//! The main job: text a number, and the text is posted on X.

use crate::prelude::*;

#[tokio::test]
async fn a_new_number_gets_the_link_signs_in_and_posts() {
    let app = App::start().await;
    let first = app.says(ALICE, "anything").await;
    assert_eq!(app.state(&first).await, "refused/not_linked");
    assert!(
        app.last_reply(ALICE)
            .starts_with("Birdcall posts your texts on X."),
        "{}",
        app.last_reply(ALICE)
    );

    let page = app.sign_in(ALICE, "demo").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("@demo") && page.body.contains("15550001111"),
        "{}",
        page.body
    );
    assert_eq!(
        app.last_reply(ALICE),
        r"Signed in as @demo. From now on, your texts are posted there. Text \HELP for commands."
    );
    assert_eq!(app.posts(), NONE, "the first text is not posted");

    let sid = app.says(ALICE, "hello from the bus").await;
    assert_eq!(app.posts(), ["hello from the bus"]);
    let id = app.sim.posts()[0].id.clone();
    assert_eq!(
        app.last_reply(ALICE),
        format!(
            "'hello from the bus' has been successfully tweeted https://x.com/demo/status/{id}"
        )
    );
    let row = app.row(&sid).await;
    assert_eq!((row.state.as_str(), row.post_id), ("published", Some(id)));
    let replies = app.replies_to(&sid).await;
    assert_eq!(replies.len(), 1);
    assert_eq!(
        (replies[0].state.as_str(), replies[0].delivery.as_deref()),
        ("sent", Some("delivered"))
    );
    assert_eq!(
        (replies[0].segments, replies[0].encoding.as_str()),
        (1, "GSM-7")
    );
    app.end().await;
}
