//! Who may sign up because an operator said so, invitations, and replies that operators write.

use birdcall_sim::{Fault, Preset};

use crate::{
    console::{Operator, PASSWORD, audit},
    prelude::*,
};

/// Nobody may sign up by the settings.
const CLOSED: Changes<'_> = &[("ADMIN_PASSWORD", PASSWORD), ("SIGNUP", "allowlist")];

/// The path of the page of the only person on the list.
async fn only_person(operator: &Operator<'_>) -> String {
    let list = operator.gets("/admin/people").await;
    let (_, rest) = list.body.split_once("/admin/people/").expect("a person");
    // Before the list, the two forms say `invite` and `allow`.
    let rows = rest.split("/admin/people/");
    let ids = rows.filter_map(|row| row.split('"').next());
    let mut ids = ids.filter(|id| !matches!(*id, "invite" | "allow"));
    format!("/admin/people/{}", ids.next().expect("a person"))
}

#[tokio::test]
async fn an_allowed_number_signs_up_and_a_removed_one_is_not_answered() {
    let app = App::start_with(CLOSED).await;
    let operator = Operator::admin(&app).await;
    let sid = app.says(ALICE, "hello?").await;
    assert_eq!(app.state(&sid).await, "ignored/not_invited");
    let form = [
        ("phone", "+1 (555) 000-1111"),
        ("note", "Alice from the choir"),
    ];
    let page = operator.posts("/admin/people/allow", &form).await;
    assert_eq!(page.location, "/admin/people?done=allowed");
    assert_eq!(app.replies(ALICE), NONE, "allowing texts nothing");
    let list = operator.gets("/admin/people").await;
    list.says("Alice from the choir").hides(ALICE);
    app.link_as(ALICE, "demo").await;
    app.says(ALICE, "let in").await;

    let person = only_person(&operator).await;
    let page = operator.posts(&format!("{person}/remove"), &[]).await;
    assert_eq!(page.location, "/admin/people?done=person-removed-linked");
    // A linked number keeps its account until it is unlinked.
    app.says(ALICE, "still here").await;
    assert_eq!(app.posts(), ["let in", "still here"]);
    app.unlinks(ALICE).await;
    let told = app.replies(ALICE).len();
    let sid = app.says(ALICE, "hello?").await;
    assert_eq!(app.state(&sid).await, "ignored/not_invited");
    assert_eq!(app.replies(ALICE).len(), told);
    app.end().await;
}

#[tokio::test]
async fn the_link_of_an_invitation_signs_in_and_texts_of_the_number_are_posted() {
    let app = App::start_with(CLOSED).await;
    let operator = Operator::admin(&app).await;
    let form = [
        ("phone", ALICE),
        ("note", "Alice"),
        ("reason", "asked for it"),
    ];
    let page = operator.posts("/admin/people/invite", &form).await;
    assert_eq!(page.location, "/admin/people?done=invited");
    app.settle().await;
    let [invitation] = &app.replies(ALICE)[..] else {
        panic!("{:?}", app.replies(ALICE));
    };
    let link = app.link(ALICE);
    assert_eq!(
        *invitation,
        format!("Birdcall posts your texts on X. You are invited: {link} Unwanted? Reply STOP.")
    );
    let list = operator.gets("/admin/people").await;
    list.says("delivered").says("may sign up").hides(ALICE);
    // The ledger holds no link.
    let stored = app.ledger.replies(&Default::default()).await;
    let stored = &stored.expect("the ledger")[0].body;
    assert!(stored.contains("?[hidden] Unwanted?"), "{stored}");

    let page = operator.posts("/admin/people/invite", &form).await;
    assert_eq!(page.location, "/admin/people?done=invited-before");
    let page = app.sign_in(ALICE, "demo").await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.says(ALICE, "hello from an invitation").await;
    assert_eq!(app.posts(), ["hello from an invitation"]);
    let page = operator.posts("/admin/people/invite", &form).await;
    assert_eq!(page.location, "/admin/people?done=invite-linked");
    assert_eq!(app.replies(ALICE).len(), 3, "{:?}", app.replies(ALICE));
    let masked = "+15*******11";
    let deeds = audit(&app).await;
    assert!(
        deeds.contains(&format!("admin: invite ({masked})")),
        "{deeds:?}"
    );
    app.end().await;
}

#[tokio::test]
async fn an_invitation_that_waits_is_not_texted_once_its_number_is_removed_or_says_stop() {
    let app = App::start_with(CLOSED).await;
    let operator = Operator::admin(&app).await;
    for phone in [ALICE, BOB] {
        let page = operator
            .posts("/admin/people/invite", &[("phone", phone)])
            .await;
        assert_eq!(page.location, "/admin/people?done=invited");
    }
    // Bob, of all moments, texts STOP now; Alice is taken off the list.
    app.text(BOB, "STOP").await;
    let phone = ALICE.parse().expect("a phone");
    let removed = app
        .ledger
        .remove_person(&phone, app.by("remove"), app.now());
    assert!(removed.await.expect("the ledger").changed());
    app.wait(30 * MINUTE).await;
    assert_eq!(app.replies(ALICE), NONE);
    assert_eq!(app.calls("twilio.create_message"), 0);
    let page = operator
        .posts("/admin/people/invite", &[("phone", BOB)])
        .await;
    assert_eq!(page.location, "/admin/people?done=invite-opted-out");
    app.end().await;
}

#[tokio::test]
async fn the_link_of_a_number_that_was_removed_leads_nowhere() {
    let app = App::start_with(CLOSED).await;
    let operator = Operator::admin(&app).await;
    operator
        .posts("/admin/people/invite", &[("phone", ALICE)])
        .await;
    app.settle().await;
    let link = app.link(ALICE);
    let form = app.get(&link).await.fields();
    let authorize = app.press_start(&link).await;
    let callback = app.sim.approve(&authorize, "demo").await;
    let person = only_person(&operator).await;
    operator.posts(&format!("{person}/remove"), &[]).await;
    for page in [
        app.get(&link).await,
        app.send(&crate::app::browser(), "/auth/start", &form).await,
        app.get(&callback).await,
    ] {
        assert_eq!(page.status, 403, "{}", page.body);
        page.says("may not sign up").hides("Signed in");
    }
    assert!(app.account_of(ALICE).await.is_none());
    app.end().await;
}

#[tokio::test]
async fn a_person_who_texted_our_stop_may_come_back_and_is_not_invited() {
    let app = App::start_with(CLOSED).await;
    let operator = Operator::admin(&app).await;
    let form = [("phone", ALICE), ("note", "Alice from the choir")];
    operator.posts("/admin/people/invite", &form).await;
    app.settle().await;
    app.sign_in(ALICE, "demo").await;
    app.says(ALICE, r"\STOP").await;
    let told = app.replies(ALICE).len();
    let form = [("phone", ALICE)];
    let page = operator.posts("/admin/people/invite", &form).await;
    assert_eq!(page.location, "/admin/people?done=invite-stopped");
    let list = operator.gets("/admin/people").await;
    list.says(r"texted \STOP").hides("Alice from the choir");
    app.wait(HOUR).await;
    assert_eq!(app.replies(ALICE).len(), told);
    // `\STOP` says: text anything to start again.
    app.link_as(ALICE, "demo").await;
    assert!(app.account_of(ALICE).await.is_some());
    app.end().await;
}

#[tokio::test]
async fn only_admins_say_who_may_sign_up() {
    let app = App::start_with(CLOSED).await;
    let admin = Operator::admin(&app).await;
    admin
        .posts("/admin/people/allow", &[("phone", ALICE)])
        .await;
    let person = only_person(&admin).await;
    let role = birdcall_domain::operator::Role::Operate;
    crate::console::add(&app, "olivia", role, PASSWORD).await;
    let olivia = Operator::signed_in(&app, "olivia", PASSWORD).await;
    for path in ["/admin/people", &person] {
        let page = olivia.gets(path).await;
        assert_eq!(page.status, 200, "{path}");
        page.hides(ALICE)
            .hides("Invite a number")
            .hides("Remove from");
    }
    for path in [
        "/admin/people/allow".to_owned(),
        "/admin/people/invite".to_owned(),
        format!("{person}/invite"),
        format!("{person}/remove"),
    ] {
        let page = olivia.posts(&path, &[("phone", BOB)]).await;
        assert_eq!(page.status, 403, "{path}");
    }
    olivia.posts(&format!("{person}/reveal"), &[]).await;
    olivia.gets(&person).await.says(ALICE);
    for form in [
        [("phone", "555 000 1111"), ("note", "")],
        [("phone", BOB), ("note", "two\nlines")],
    ] {
        let page = admin.posts("/admin/people/allow", &form).await;
        assert!(page.location.contains("?done=bad-"), "{}", page.location);
    }
    app.end().await;
}

#[tokio::test]
async fn a_reply_by_hand_reaches_the_phone_once_however_often_the_form_is_sent() {
    let app = linked_with(&[("ADMIN_PASSWORD", PASSWORD)]).await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    let sid = app.says(ALICE, "why is this not posted?").await;
    let told = app.replies(ALICE);
    let operator = Operator::admin(&app).await;
    let path = format!("/admin/texts/{sid}");
    let form = operator.gets(&path).await.fields();
    let (_, key) = form.iter().find(|(name, _)| name == "key").expect("a key");
    let words = "We are out of credit.\r\nIt goes out tonight. \u{1f642}";
    let form = [
        ("words", words),
        ("key", key.as_str()),
        ("reason", "she asked"),
    ];
    for done in ["replied", "was-replied"] {
        let page = operator.posts(&format!("{path}/reply"), &form).await;
        assert_eq!(page.location, format!("{path}?done={done}"));
        app.settle().await;
    }
    let reply = "We are out of credit.\nIt goes out tonight. \u{1f642}";
    let replies = app.replies(ALICE);
    assert_eq!(replies.len(), told.len() + 1, "{replies:?}");
    assert_eq!(replies.last().map(String::as_str), Some(reply));
    let page = operator.gets(&path).await;
    page.says("Reply (by_hand) written")
        .says("Twilio reports the reply as delivered");
    page.hides("out of credit.");
    let deeds = app.ledger.deeds(1).await.expect("the ledger");
    assert_eq!(deeds[0].detail, "44 characters in 1 segment");
    assert_eq!(deeds[0].reason, "she asked");

    // A new form is a new reply.
    let form = [("words", "It is out now.")];
    let page = operator.posts(&format!("{path}/reply"), &form).await;
    assert_eq!(page.location, format!("{path}?done=replied"));
    let page = operator
        .posts(&format!("{path}/reply"), &[("words", " ")])
        .await;
    assert_eq!(page.location, format!("{path}?done=bad-words"));
    app.settle().await;
    assert_eq!(app.last_reply(ALICE), "It is out now.");
    app.says(ALICE, "STOP").await;
    let page = operator.posts(&format!("{path}/reply"), &form).await;
    assert_eq!(page.location, format!("{path}?done=reply-opted-out"));
    app.leaves_open().await;
}

#[tokio::test]
async fn the_list_has_pages_and_shows_the_numbers_of_the_settings_masked() {
    let changes = [
        ("ADMIN_PASSWORD", PASSWORD),
        ("SIGNUP", "allowlist"),
        ("ALLOWED_NUMBERS", ALICE),
    ];
    let app = App::start_with(&changes).await;
    app.link_as(ALICE, "demo").await;
    let operator = Operator::admin(&app).await;
    for number in 0..51 {
        let phone = format!("+155500030{number:02}").parse().expect("a phone");
        let id = format!("person-{number:02}");
        let person = birdcall_ledger::people::NewPerson {
            id: &id,
            phone: &phone,
            note: None,
        };
        app.clock.advance(SECOND);
        let allowed = app.ledger.allow_person(person, app.by(&id), app.now());
        assert!(allowed.await.expect("the ledger").changed());
    }
    let first = operator.gets("/admin/people").await;
    first
        .says("/admin/people/person-50\"")
        .says("/admin/people/person-01\"")
        .hides("/admin/people/person-00\"")
        .says("Showing 50 of 51 numbers.")
        .says("Allowed by the settings")
        .says("+15*******11")
        .says("linked")
        .hides(ALICE);
    let (_, older) = first.body.split_once("behind=").expect("older people");
    let place = older.split('"').next().expect("a place");
    let second = operator
        .gets(&format!("/admin/people?behind={place}"))
        .await;
    second
        .says("/admin/people/person-00\"")
        .hides("/admin/people/person-01\"")
        .hides("Allowed by the settings");
    app.end().await;
}
