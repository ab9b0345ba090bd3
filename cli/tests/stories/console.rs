//! The operator's console: who gets in, what is shown, and what it changes.

use birdcall_domain::operator::{OperatorName, Role};
use birdcall_ledger::{audit::By, operators::Credentials};

use crate::{
    app::{Changes, browser},
    prelude::*,
};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const OPEN: Changes<'_> = &[("ADMIN_PASSWORD", PASSWORD)];

/// An operator's browser.
pub(crate) struct Operator<'a> {
    app: &'a App,
    browser: reqwest::Client,
    cookie: String,
}

impl<'a> Operator<'a> {
    fn nobody(app: &'a App) -> Self {
        Self {
            app,
            browser: browser(),
            cookie: String::new(),
        }
    }

    pub(crate) async fn signed_in(app: &'a App, name: &str, password: &str) -> Self {
        let mut operator = Self::nobody(app);
        let page = operator.signs_in(name, password).await;
        assert_eq!((page.status, page.location.as_str()), (303, "/admin"));
        operator
    }

    pub(crate) async fn admin(app: &'a App) -> Self {
        Self::signed_in(app, "admin", PASSWORD).await
    }

    async fn signs_in(&mut self, name: &str, password: &str) -> Page {
        let form = [("name", name), ("password", password)];
        let page = self.posts("/admin/sign-in", &form).await;
        if let Some(cookie) = page.cookies.first() {
            let pair = cookie.split(';').next().expect("a cookie");
            self.cookie = pair.to_owned();
        }
        page
    }

    pub(crate) async fn gets(&self, path: &str) -> Page {
        let url = format!("{}{path}", self.app.url);
        Page::of(self.browser.get(url).header("cookie", &self.cookie)).await
    }

    pub(crate) async fn posts(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let url = format!("{}{path}", self.app.url);
        let request = self.browser.post(url).header("cookie", &self.cookie);
        Page::of(request.form(form)).await
    }

    /// Whether this browser is still signed in.
    async fn is_in(&self) -> bool {
        self.gets("/admin").await.status == 200
    }
}

/// Adds an operator with this password.
pub(crate) async fn add(app: &App, name: &str, role: Role, password: &str) {
    let random = app.random.clone();
    let hash = birdcall_common::passwords::hash(&password.to_owned().into(), &random);
    let name: OperatorName = name.parse().expect("a name");
    let credentials = Credentials {
        password_hash: &hash,
        stamp: &random.token(9),
    };
    let by = By {
        actor: "test",
        reason: "",
        audit_id: &random.token(9),
    };
    let added = app
        .ledger
        .add_operator(&name, role, credentials, by, app.now());
    assert!(added.await.expect("the ledger"));
}

/// What the audit says, newest first, as `who: what (to what)`.
pub(crate) async fn audit(app: &App) -> Vec<String> {
    let deeds = app.ledger.deeds(100).await.expect("the ledger");
    let deeds = deeds.into_iter();
    deeds
        .map(|deed| format!("{}: {} ({})", deed.actor, deed.action, deed.subject))
        .collect()
}

#[tokio::test]
async fn without_an_operator_there_is_no_console() {
    let app = App::start().await;
    let nobody = Operator::nobody(&app);
    for path in [
        "/admin",
        "/admin/texts",
        "/admin/sign-in",
        "/admin/console.css",
        "/admin/live",
    ] {
        assert_eq!(nobody.gets(path).await.status, 404, "{path}");
    }
    let form = [("name", "admin"), ("password", "")];
    assert_eq!(nobody.posts("/admin/sign-in", &form).await.status, 404);
    add(&app, "olivia", Role::Read, PASSWORD).await;
    assert_eq!(nobody.gets("/admin").await.status, 303);
    app.end().await;
}

#[tokio::test]
async fn nobody_sees_a_page_without_signing_in_and_then_sees_the_page_that_was_asked_for() {
    let app = App::start_with(OPEN).await;
    let mut operator = Operator::nobody(&app);
    for path in [
        "/admin",
        "/admin/texts",
        "/admin/texts/SM00000000000000000000000000000001",
        "/admin/jobs",
        "/admin/accounts",
        "/admin/people",
        "/admin/audit",
        "/admin/operators",
        "/admin/live",
    ] {
        let page = operator.gets(path).await;
        assert_eq!(page.status, 303, "{path}");
        let to = path.replace('/', "%2F");
        assert_eq!(page.location, format!("/admin/sign-in?next={to}"));
    }
    let form = [
        ("name", "admin"),
        ("password", PASSWORD),
        ("next", "/admin/texts?state=failed"),
    ];
    let page = operator.posts("/admin/sign-in", &form).await;
    assert_eq!(page.location, "/admin/texts?state=failed");
    // No link to our sign-in page leads somewhere else.
    for next in [
        "https://evil.example",
        "//evil.example",
        "/admin\\evil",
        "/administrator",
        "",
    ] {
        let form = [("name", "admin"), ("password", PASSWORD), ("next", next)];
        let page = operator.posts("/admin/sign-in", &form).await;
        assert_eq!(page.location, "/admin", "{next}");
    }
    operator.cookie = "birdcall_console=guessed".to_owned();
    assert!(!operator.is_in().await);
    app.end().await;
}

#[tokio::test]
async fn wrong_passwords_are_throttled_also_for_names_that_do_not_exist() {
    let app = App::start_with(OPEN).await;
    add(&app, "olivia", Role::Read, "another password").await;
    let mut operator = Operator::nobody(&app);
    for name in ["admin", "olivia", "nobody"] {
        for _ in 0..4 {
            let page = operator.signs_in(name, "wrong").await;
            assert_eq!(page.status, 403, "{name}");
            page.says("The name or the password is wrong.");
        }
        // The right password has to wait, too.
        let page = operator.signs_in(name, PASSWORD).await;
        assert_eq!(page.status, 429, "{name}");
        page.says("Try again in 2s.");
    }
    // Another name that does not exist shares the wait, and a name that exists has one of its own.
    assert_eq!(operator.signs_in("somebody", "wrong").await.status, 429);
    app.clock.advance(2 * SECOND);
    assert_eq!(operator.signs_in("admin", PASSWORD).await.status, 303);
    // A sign-in forgets what was wrong before.
    for _ in 0..3 {
        assert_eq!(operator.signs_in("admin", "wrong").await.status, 403);
    }
    assert_eq!(operator.signs_in("admin", PASSWORD).await.status, 303);
    app.end().await;
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    for path in [
        "/admin/sign-in",
        "/admin/queues/tweet/pause",
        "/admin/sign-out-everywhere",
    ] {
        let request = operator.browser.post(format!("{}{path}", app.url));
        let request = request
            .header("cookie", &operator.cookie)
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site");
        let page = Page::of(request.form(&[("name", "admin"), ("password", PASSWORD)])).await;
        assert_eq!(page.status, 403, "{path}");
    }
    assert!(app.ledger.pauses().await.expect("the ledger").is_empty());
    assert!(operator.is_in().await);
    app.end().await;
}

#[tokio::test]
async fn one_box_finds_a_text_by_whatever_belongs_to_it() {
    let app = linked_with(OPEN).await;
    let sid = app.says(ALICE, "hello from the hills").await;
    let post = app.sim.posts()[0].id.clone();
    let text = sid.parse().expect("a sid");
    let reply = &app.ledger.replies_to(&text).await.expect("the ledger")[0];
    let reply_sid = reply.twilio_sid.clone().expect("it was sent");
    let operator = Operator::admin(&app).await;
    let page = format!("/admin/texts/{sid}");
    for query in [
        sid.clone(),
        sid[..10].to_owned(),
        post.clone(),
        format!("https%3A%2F%2Fx.com%2Fdemo%2Fstatus%2F{post}"),
        reply_sid[..30].to_owned(),
        reply.id.replace(':', "%3A"),
    ] {
        let found = operator.gets(&format!("/admin/texts?q={query}")).await;
        assert_eq!(
            (found.status, found.location),
            (303, page.clone()),
            "{query}"
        );
    }
    for (query, finds) in [
        ("q=hills", true),
        ("q=%2B1+555+000+1111", true),
        ("q=hills&state=published&since=1h", true),
        ("q=hills&state=failed", false),
        ("state=published&until=1h", false),
        ("reason=money", false),
        ("error=HTTP+503", false),
    ] {
        let found = operator.gets(&format!("/admin/texts?{query}")).await;
        let page = match finds {
            true => found.says(&page),
            false => found.says("No text meets this.").hides(&page),
        };
        assert_eq!(page.status, 200, "{query}");
    }
    let wrong = operator.gets("/admin/texts?since=yesterday").await;
    wrong.says("Since is not used: write a time").says(&page);
    // The link to the sign-in page answers no text that is known by its sid.
    let unknown = operator.gets("/admin/texts?q=SMffffffffffffffffffffffffffffffff");
    unknown.await.says("No text and no reply has this sid.");
    app.end().await;
}

#[tokio::test]
async fn the_pages_of_a_list_follow_each_other_while_texts_come_in() {
    let app = linked_with(OPEN).await;
    for number in 1..=60 {
        app.clock.advance(SECOND);
        app.says(ALICE, &format!("hello number {number}")).await;
    }
    let operator = Operator::admin(&app).await;
    let first = operator.gets("/admin/texts?q=hello&state=published").await;
    let first = first.says("Showing 50 of 60 texts.").hides("Newest");
    app.says(ALICE, "hello, meanwhile").await;
    let older = link_after(&first.body, "rel=\"next\"");
    let second = operator.gets(&older).await;
    let rows = |page: &Page| page.body.matches("<tr><td").count();
    assert_eq!((rows(first), rows(&second)), (50, 10), "{older}");
    let second = second.says("Newest").hides("Older");
    let newest = link_after(&second.body, "Newest");
    assert_eq!(newest, "/admin/texts?q=hello&state=published");
    app.end().await;
}

#[tokio::test]
async fn the_page_of_a_text_tells_what_x_answered_and_what_happens_next() {
    let app = linked_with(OPEN).await;
    let posted = app.says(ALICE, "hello from the hills").await;
    let operator = Operator::admin(&app).await;
    let page = operator.gets(&format!("/admin/texts/{posted}")).await;
    page.says("Received, to be posted")
        .says("Attempt 1: POST /2/tweets, HTTP 201")
        .says("X made the post.")
        .says("X&#39;s transaction id: 7c1e50")
        .says("Posted on X")
        .says("Reply (final) written")
        .says("Twilio reports the reply as delivered")
        .says("Job in the queue tweet: done")
        .hides("hello from the hills");
    let path = format!("/admin/texts/{posted}");
    operator.posts(&format!("{path}/reveal"), &[]).await;
    let page = operator.gets(&path).await;
    page.says("admin: reveal")
        .says("has been successfully tweeted");
    operator.posts("/admin/queues/tweet/pause", &[]).await;
    let waits = app.says(ALICE, "hello again").await;
    let page = operator.gets(&format!("/admin/texts/{waits}")).await;
    page.says("It waits until an operator resumes the queue tweet");
    operator.posts("/admin/queues/tweet/resume", &[]).await;
    app.later(MINUTE).await;
    app.end().await;
}

/// The address of the button on which these words are.
fn link_after(body: &str, words: &str) -> String {
    let button = body.find(words).expect("the button");
    let before = &body[..button];
    let from = before.rfind("href=\"").expect("an address") + "href=\"".len();
    let address = before[from..].split('"').next().expect("an address");
    address.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn numbers_and_words_are_masked_until_they_are_revealed_and_the_audit_says_so() {
    let app = linked_with(OPEN).await;
    let sid = app.says(ALICE, "my secret words").await;
    let operator = Operator::admin(&app).await;
    let other = Operator::admin(&app).await;
    let path = format!("/admin/texts/{sid}");
    for page in [
        "/admin/texts",
        "/admin/texts?q=secret",
        "/admin/accounts",
        &path,
    ] {
        operator
            .gets(page)
            .await
            .hides(ALICE)
            .hides("my secret words");
    }
    operator
        .gets(&path)
        .await
        .says("15 characters")
        .says("published");

    let page = operator.posts(&format!("{path}/reveal"), &[]).await;
    assert_eq!(
        (page.status, page.location.clone()),
        (303, format!("{path}?done=revealed"))
    );
    operator
        .gets(&path)
        .await
        .says(ALICE)
        .says("my secret words");
    other
        .gets(&path)
        .await
        .hides(ALICE)
        .hides("my secret words");
    assert!(
        audit(&app)
            .await
            .contains(&format!("admin: reveal ({sid})"))
    );
    app.clock.advance(10 * MINUTE);
    operator
        .gets(&path)
        .await
        .hides(ALICE)
        .hides("my secret words");
    app.end().await;
}

#[tokio::test]
async fn the_numbers_that_spend_most_are_told_first() {
    let app = linked_with(OPEN).await;
    for body in ["one", "two", "three"] {
        app.says(ALICE, body).await;
    }
    let operator = Operator::admin(&app).await;
    let page = operator.gets("/admin/spend").await;
    // Three posts; the link, the confirmation of the sign-in, and a reply to each text.
    page.says("@demo").says("$0.05 to $0.60").hides(ALICE);
    app.clock.advance(2 * DAY);
    let operator = Operator::admin(&app).await;
    operator
        .gets("/admin/spend?since=1d")
        .await
        .says("Nobody posted.");
    operator
        .gets("/admin/spend?since=7d")
        .await
        .says("$0.05 to $0.60");
    app.end().await;
}

#[tokio::test]
async fn a_role_allows_what_it_says_and_no_more() {
    let app = linked_with(OPEN).await;
    let sid = app.says(ALICE, "hello").await;
    for role in Role::ALL {
        add(
            &app,
            role.as_str().replace("admin", "boss").as_str(),
            *role,
            PASSWORD,
        )
        .await;
    }
    let operate = [
        format!("/admin/texts/{sid}/reveal"),
        format!("/admin/texts/{sid}/replay"),
        format!("/admin/texts/{sid}/cancel"),
        format!("/admin/texts/{sid}/give-up"),
        "/admin/queues/tweet/pause".to_owned(),
        "/admin/queues/tweet/resume".to_owned(),
    ];
    let administer = ["/admin/operators/add", "/admin/operators/read/remove"].map(str::to_owned);
    for (name, may_operate, may_administer) in [
        ("read", false, false),
        ("operate", true, false),
        ("boss", true, true),
    ] {
        let operator = Operator::signed_in(&app, name, PASSWORD).await;
        for path in [
            "/admin",
            "/admin/texts",
            "/admin/jobs",
            "/admin/accounts",
            "/admin/people",
            "/admin/audit",
        ] {
            assert_eq!(operator.gets(path).await.status, 200, "{name} {path}");
        }
        let operators = operator.gets("/admin/operators").await.status;
        assert_eq!(operators == 200, may_administer, "{name}");
        for path in &operate {
            let refused = operator.posts(path, &[]).await.status == 403;
            assert_eq!(refused, !may_operate, "{name} {path}");
        }
        for path in &administer {
            let refused = operator.posts(path, &[]).await.status == 403;
            assert_eq!(refused, !may_administer, "{name} {path}");
        }
    }
    app.end().await;
}

#[tokio::test]
async fn a_session_ends_with_the_role_the_password_the_operator_and_time() {
    let app = App::start_with(OPEN).await;
    let admin = Operator::admin(&app).await;
    add(&app, "olivia", Role::Operate, PASSWORD).await;
    for action in ["role", "password", "remove"] {
        let olivia = Operator::signed_in(&app, "olivia", PASSWORD).await;
        assert!(olivia.is_in().await);
        let path = format!("/admin/operators/olivia/{action}");
        assert_eq!(admin.posts(&path, &[("role", "read")]).await.status, 200);
        assert!(!olivia.is_in().await, "{action}");
        if action == "password" {
            // The old password no longer works; this is the next one.
            let name: OperatorName = "olivia".parse().expect("a name");
            let by = By {
                actor: "test",
                reason: "",
                audit_id: "again",
            };
            app.ledger
                .remove_operator(&name, by, app.now())
                .await
                .expect("the ledger");
            add(&app, "olivia", Role::Read, PASSWORD).await;
        }
    }
    // An hour without a page, or twelve hours in all.
    assert!(admin.is_in().await);
    app.clock.advance(HOUR);
    assert!(!admin.is_in().await);
    let admin = Operator::admin(&app).await;
    for _ in 0..23 {
        app.clock.advance(HOUR / 2);
        assert!(admin.is_in().await);
    }
    app.clock.advance(HOUR / 2);
    assert!(!admin.is_in().await);
    app.end().await;
}

#[tokio::test]
async fn signing_out_ends_one_session_or_all() {
    let app = App::start_with(OPEN).await;
    let [one, two, three] = [
        Operator::admin(&app).await,
        Operator::admin(&app).await,
        Operator::admin(&app).await,
    ];
    let page = one.posts("/admin/sign-out", &[]).await;
    assert!(page.cookies[0].contains("Max-Age=0"), "{page:?}");
    // The cookie is worth nothing any more, even if it was copied.
    assert!(!one.is_in().await);
    assert!(two.is_in().await);
    two.posts("/admin/sign-out-everywhere", &[]).await;
    assert!(!two.is_in().await && !three.is_in().await);
    let everywhere = "admin: sign out everywhere (admin)".to_owned();
    assert!(audit(&app).await.contains(&everywhere));
    app.end().await;
}

#[tokio::test]
async fn a_new_operator_signs_in_with_the_password_that_is_shown_once() {
    let app = App::start_with(OPEN).await;
    let admin = Operator::admin(&app).await;
    let form = [
        ("name", "olivia"),
        ("role", "operate"),
        ("reason", "she helps"),
    ];
    let page = admin.posts("/admin/operators/add", &form).await;
    let shown = page
        .says("olivia can sign in")
        .body
        .split("id=\"secret\">")
        .nth(1);
    let password = shown
        .and_then(|rest| rest.split('<').next())
        .expect("a password");
    admin
        .gets("/admin/operators")
        .await
        .says("olivia")
        .hides(password);
    let olivia = Operator::signed_in(&app, "olivia", password).await;
    assert!(olivia.is_in().await);
    assert!(
        audit(&app)
            .await
            .contains(&"admin: operators add (olivia)".to_owned())
    );
    admin
        .posts("/admin/operators/add", &form)
        .await
        .says("there is an operator olivia");
    for name in ["admin", "O", "", "o'livia"] {
        let form = [("name", name), ("role", "operate")];
        admin
            .posts("/admin/operators/add", &form)
            .await
            .says("Nothing was done");
    }
    app.end().await;
}

#[tokio::test]
async fn a_failed_text_is_replayed_from_its_page_and_posted_once() {
    let app = linked_with(OPEN).await;
    app.sim
        .fault(birdcall_sim::Fault::answer("x.create_post", 403, serde_json::json!({})).times(1));
    let sid = app.says(ALICE, "try me again").await;
    assert_eq!(app.posts(), NONE);
    let operator = Operator::admin(&app).await;
    for expected in ["replayed", "replay-posted"] {
        let path = format!("/admin/texts/{sid}/replay");
        let page = operator.posts(&path, &[("reason", "X is back")]).await;
        assert_eq!(page.location, format!("/admin/texts/{sid}?done={expected}"));
        app.settle().await;
    }
    assert_eq!(app.posts(), ["try me again"]);
    assert!(
        audit(&app)
            .await
            .contains(&format!("admin: replay ({sid})"))
    );
    app.end().await;
}

#[tokio::test]
async fn a_queue_is_paused_and_resumed_from_its_page() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    let page = operator.posts("/admin/queues/tweet/pause", &[]).await;
    assert_eq!(page.location, "/admin/jobs?done=paused");
    operator
        .gets("/admin")
        .await
        .says("has been paused by an operator");
    app.says(ALICE, "later").await;
    assert_eq!(app.posts(), NONE);
    operator.posts("/admin/queues/tweet/resume", &[]).await;
    operator.gets("/admin").await.hides("has been paused");
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["later"]);
    app.end().await;
}

#[tokio::test]
async fn a_text_that_waits_is_cancelled_or_given_up_and_its_sender_is_told() {
    for (action, expected) in [
        ("cancel", "refused/cancelled"),
        ("give-up", "failed/given_up"),
    ] {
        let app = linked_with(OPEN).await;
        app.pauses(birdcall_ledger::queue::Queue::Tweet).await;
        let sid = app.says(ALICE, "not this").await;
        let operator = Operator::admin(&app).await;
        let path = format!("/admin/texts/{sid}/{action}");
        let page = operator.posts(&path, &[("reason", "asked by phone")]).await;
        let told = operator.gets(&page.location).await;
        told.says("Its sender is told.");
        assert_eq!(app.state(&sid).await, expected);
        app.settle().await;
        assert!(app.last_reply(ALICE).contains("not this"), "{action}");
        operator.posts(&path, &[]).await;
        let done = format!("admin: {action} ({sid})");
        let done = audit(&app)
            .await
            .iter()
            .filter(|deed| **deed == done)
            .count();
        assert_eq!(done, 1, "what changes nothing is not in the audit");
        app.end().await;
    }
}

#[tokio::test]
async fn a_number_is_blocked_from_a_text_or_its_account_and_unlinked_from_its_account() {
    for way in ["text", "account", "unlink"] {
        let app = linked_with(OPEN).await;
        let sid = app.says(ALICE, "hello").await;
        let account = app.account_of(ALICE).await.expect("a linked number");
        let operator = Operator::admin(&app).await;
        let path = match way {
            "text" => format!("/admin/texts/{sid}/block"),
            "account" => format!("/admin/accounts/{}/block", account.id),
            _ => format!("/admin/accounts/{}/unlink", account.id),
        };
        let page = operator.posts(&path, &[("reason", "stolen")]).await;
        operator
            .gets(&page.location)
            .await
            .says("X revoke its tokens");
        app.settle().await;
        assert!(app.account_of(ALICE).await.is_none(), "{way}");
        let told = app.replies(ALICE).len();
        let later = app.says(ALICE, "later").await;
        assert_eq!(app.posts(), ["hello"]);
        if way == "unlink" {
            assert_eq!(app.state(&later).await, "refused/not_linked");
        } else {
            assert_eq!(app.state(&later).await, "ignored/blocked");
            assert_eq!(app.replies(ALICE).len(), told, "nothing is answered");
        }
        app.end().await;
    }
}

#[tokio::test]
async fn an_admin_erases_a_number_and_types_its_last_digits_first() {
    for way in ["text", "account"] {
        let app = linked_with(OPEN).await;
        add(&app, "olivia", Role::Operate, PASSWORD).await;
        let sid = app.says(ALICE, "hello").await;
        let account = app.account_of(ALICE).await.expect("a linked number");
        let page = match way {
            "text" => format!("/admin/texts/{sid}"),
            _ => format!("/admin/accounts/{}", account.id),
        };
        let path = format!("{page}/erase");
        let right = [("digits", "1111"), ("reason", "asked by letter")];
        let olivia = Operator::signed_in(&app, "olivia", PASSWORD).await;
        olivia.gets(&page).await.hides("Erase the number");
        assert_eq!(olivia.posts(&path, &right).await.status, 403);

        let admin = Operator::admin(&app).await;
        admin.gets(&page).await.says("cannot be brought back");
        for wrong in ["", "111", "1112", ALICE] {
            let answer = admin.posts(&path, &[("digits", wrong)]).await;
            assert_eq!(answer.location, format!("{page}?done=digits-differ"));
            admin
                .gets(&answer.location)
                .await
                .says("Nothing was erased");
        }
        assert!(app.account_of(ALICE).await.is_some());
        let answer = admin.posts(&path, &right).await;
        let told = admin.gets(&answer.location).await;
        told.says("Nothing of it is left in the files of the database.");
        assert!(app.account_of(ALICE).await.is_none());
        assert_eq!(admin.gets(&page).await.status, 404);
        let deeds = audit(&app).await;
        let erased = "admin: erase (+15*******11)".to_owned();
        assert!(deeds.contains(&erased), "{deeds:?}");
        app.settle().await;
        assert_eq!(app.sim.grants_in_force("demo"), 0);
        // Of its texts, nothing is left to be erased a second time.
        let again = admin.posts(&path, &right).await;
        admin.gets(&again.location).await.says("is not known here");
        app.end().await;
    }
}

#[tokio::test]
async fn the_audit_is_narrowed_by_its_address_and_downloaded_by_an_admin() {
    let app = linked_with(OPEN).await;
    add(&app, "olivia", Role::Operate, PASSWORD).await;
    let olivia = Operator::signed_in(&app, "olivia", PASSWORD).await;
    olivia.posts("/admin/queues/tweet/pause", &[]).await;
    let admin = Operator::admin(&app).await;
    let page = admin.gets("/admin/audit?actor=olivia&action=pause").await;
    page.says("it was not paused");
    let page = admin.gets("/admin/audit?actor=admin&action=pause").await;
    page.says("No entry meets this.");
    let path = "/admin/audit/download?actor=olivia";
    assert_eq!(olivia.posts(path, &[]).await.status, 403);
    olivia.gets("/admin/audit").await.hides("Download as CSV");
    admin.gets("/admin/audit").await.says("Download as CSV");
    let file = admin.posts(path, &[("reason", "for the auditor")]).await;
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines[0], "id,at,actor,action,subject,detail,reason");
    assert_eq!(lines.len(), 3, "{lines:?}");
    // Both were done in the same moment.
    for deed in [",olivia,pause,tweet,", ",olivia,sign in,"] {
        assert!(lines.iter().any(|line| line.contains(deed)), "{lines:?}");
    }
    let deeds = audit(&app).await;
    let exported = "admin: export (audit)".to_owned();
    assert!(deeds.contains(&exported), "{deeds:?}");
    // Many entries have more pages than one.
    for number in 0..120 {
        let deed = birdcall_ledger::audit::Deed {
            actor: "script",
            action: "block",
            subject: "it",
            detail: "",
        };
        let id = format!("{number:03}");
        let written = app.ledger.audit(&id, deed, app.now());
        written.await.expect("the ledger");
    }
    let first = admin.gets("/admin/audit?actor=script").await;
    first.says("Showing 100 of 120 entries.");
    let (_, link) = first
        .body
        .split_once("class=\"button\" href=\"")
        .expect("a link");
    let link = link
        .split('"')
        .next()
        .expect("an address")
        .replace("&#38;", "&");
    let second = admin.gets(&link).await;
    second.says("Showing 20 of 120 entries.");
    app.resumes(birdcall_ledger::queue::Queue::Tweet).await;
    app.end().await;
}

#[tokio::test]
async fn only_the_queues_that_the_command_can_pause_are_paused_from_the_console() {
    let app = App::start_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    for queue in [
        "command", "reauth", "refresh", "revoke", "replay", "nothing",
    ] {
        for verb in ["pause", "resume"] {
            let path = format!("/admin/queues/{queue}/{verb}");
            assert_eq!(operator.posts(&path, &[]).await.status, 404, "{path}");
        }
        let offered = format!("/queues/{queue}/pause");
        operator.gets("/admin/jobs").await.hides(&offered);
    }
    operator
        .gets("/admin/jobs")
        .await
        .says("/queues/reply/pause");
    assert!(app.ledger.pauses().await.expect("the ledger").is_empty());
    app.end().await;
}

#[tokio::test]
async fn every_answer_of_the_console_forbids_scripts_and_styles_from_elsewhere() {
    let app = App::start_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    for path in [
        "/admin",
        "/admin/texts",
        "/admin/sign-in",
        "/admin/console.js",
    ] {
        let request = operator.browser.get(format!("{}{path}", app.url));
        let answer = request.header("cookie", &operator.cookie).send().await;
        let answer = answer.expect("web answers");
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .expect("text");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        let body = answer.text().await.expect("text");
        assert!(
            !body.contains("<style") && !body.contains(" style="),
            "{path}"
        );
    }
    app.end().await;
}
