//! What an operator reads on the pages of the console.

use birdcall_domain::{
    reply::{NewReply, Purpose},
    sms::Sms,
};
use birdcall_ledger::queue::Queue;
use birdcall_sim::{Fault, Status, Undeliverable};

use crate::{
    console::{OPEN, Operator, PASSWORD, audit},
    prelude::*,
};

#[tokio::test]
async fn the_overview_leads_from_each_trouble_to_the_page_where_it_is_seen_or_ended() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    app.later(SECOND).await;
    operator
        .gets("/admin")
        .await
        .says("Nothing is wrong.")
        .hides("class=\"trouble bad\"");
    app.pauses(Queue::Reply).await;
    operator
        .gets("/admin")
        .await
        .says("Replying has been paused by an operator")
        .says("birdcall queue resume reply <a href=\"/admin/jobs?queue=reply\">");
    // A worker that is not seen for a minute does not count.
    app.clock.advance(2 * MINUTE);
    operator
        .gets("/admin")
        .await
        .says("No worker is running")
        .says("<a href=\"/admin/workers\">")
        .says("unknown: no worker is running");
    app.end().await;
}

#[tokio::test]
async fn the_overview_shows_what_became_of_the_texts_of_a_span_in_bars_and_in_words() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    let refusal = Fault::answer("x.create_post", 403, serde_json::json!({})).times(1);
    app.sim.fault(refusal);
    app.says(ALICE, "refused").await;
    app.says(ALICE, "posted").await;
    let page = operator.gets("/admin").await;
    page.says("<title id=\"chart-name\">Texts per minute, the last hour</title>")
        .says("1 posted, 2 refused")
        .says("<rect class=\"posted\"")
        .says("href=\"/admin/texts?state=refused&#38;reason=")
        .says("role=\"img\"");
    app.later(2 * HOUR).await;
    let operator = Operator::admin(&app).await;
    operator
        .gets("/admin?span=1h")
        .await
        .says("No text was received in the last hour.")
        .hides("<rect class=\"posted\" x");
    for (span, title) in [
        ("24h", "Texts per 15 minutes, the last 24 hours"),
        ("7d", "Texts per 2 hours, the last 7 days"),
    ] {
        let page = operator.gets(&format!("/admin?span={span}")).await;
        page.says(title)
            .says("1 posted, 2 refused")
            .says("<rect class=\"posted\"");
    }
    // What is not a span is the shortest one.
    operator
        .gets("/admin?span=1y")
        .await
        .says("Texts per minute");
    app.end().await;
}

#[tokio::test]
async fn what_became_of_older_texts_is_counted_again_when_it_changes() {
    let app = linked_with(&[("ADMIN_PASSWORD", PASSWORD), ("METRICS_INTERVAL", "10ms")]).await;
    app.pauses(Queue::Tweet).await;
    app.says(ALICE, "later").await;
    app.later(2 * HOUR).await;
    let operator = Operator::admin(&app).await;
    let day = "/admin?span=24h";
    operator.gets(day).await.says("1 on the way");
    app.resumes(Queue::Tweet).await;
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["later"]);
    // Each time that the gauges are taken, a part of the week is counted again.
    while !operator.gets(day).await.body.contains("1 posted") {
        tokio::task::yield_now().await;
    }
    operator.gets(day).await.hides("1 on the way");
    app.end().await;
}

#[tokio::test]
async fn the_overview_tells_whether_x_twilio_and_the_database_work_and_whether_credit_is_out() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    app.says(ALICE, "hello").await;
    app.later(SECOND).await;
    let page = operator.gets("/admin").await;
    page.says("id=\"services-as-the-workers-see-them\"")
        .says("not used up")
        .says("nothing wrong within a day")
        .hides("the credit at X is used up");
    let no_credit = serde_json::json!({"title": "CreditsDepleted", "status": 402});
    app.sim
        .fault(Fault::answer("x.create_post", 402, no_credit));
    app.says(ALICE, "too expensive").await;
    app.later(SECOND).await;
    operator
        .gets("/admin")
        .await
        .says("the credit at X is used up")
        .says("<a href=\"/admin/texts?state=waiting&#38;reason=money\">Since ");
    app.leaves_open().await;
}

#[tokio::test]
async fn the_replies_that_did_not_arrive_are_listed_with_the_reason_and_lead_to_their_texts() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    let first = app.says(ALICE, "arrives").await;
    app.sim.configure(|settings| {
        let lost = Undeliverable {
            status: Status::Undelivered,
            error_code: 30007,
        };
        settings.undeliverable = [(ALICE.to_owned(), lost)].into();
    });
    let lost = app.says(ALICE, "is lost").await;
    let page = operator.gets("/admin/replies").await;
    page.says("Twilio&#39;s error 30007")
        .says(&format!("/admin/texts/{lost}"))
        .hides(&format!("/admin/texts/{first}"))
        .hides(ALICE)
        .hides("is lost");
    // Each filter is in the address.
    for (query, finds) in [
        ("error=30007", true),
        ("error=30008", false),
        ("state=all", true),
        ("state=queued", false),
        ("state=sent", true),
        ("since=1h", true),
        ("to=%2B15550000000", false),
        ("to=nobody", false),
    ] {
        let page = operator.gets(&format!("/admin/replies?{query}")).await;
        let link = format!("/admin/texts/{lost}");
        match finds {
            true => page.says(&link),
            false => page.hides(&link),
        };
    }
    let to = ALICE.replace('+', "%2B");
    operator
        .gets(&format!("/admin/replies?to={to}&state=all"))
        .await
        .says(&format!("/admin/texts/{first}"))
        .says(&format!("/admin/texts/{lost}"));
    let reply = format!("/admin/replies/{lost}%3Afinal");
    operator
        .gets(&reply)
        .await
        .says("did not arrive")
        .says("undelivered")
        .says(&format!("/admin/texts/{lost}"))
        .hides("is lost");
    operator
        .posts(&format!("/admin/texts/{lost}/reveal"), &[])
        .await;
    operator.gets(&reply).await.says("is lost").says(ALICE);
    assert_eq!(operator.gets("/admin/replies/none").await.status, 404);
    app.end().await;
}

#[tokio::test]
async fn a_long_list_of_replies_goes_on_on_older_pages() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    for number in 0..119 {
        let reply = NewReply {
            id: format!("reply:{number}"),
            text_sid: None,
            phone: ALICE.parse().expect("a number"),
            purpose: Purpose::Final,
            sms: Sms::new("hello".to_owned()),
            sign_in: None,
            daily: app.config.limits.daily,
            deadline_at: app.now(),
        };
        let added = app.ledger.add_reply(&reply, app.now()).await;
        assert!(added.expect("the ledger"));
    }
    let mut next = Some("/admin/replies?state=all".to_owned());
    let (mut pages, mut seen) = (0, std::collections::BTreeSet::new());
    while let Some(path) = next {
        let page = operator.gets(&path).await;
        let found = page.body.matches("href=\"/admin/replies/").count();
        seen.extend(links(&page.body, "/admin/replies/"));
        assert!(found <= 50, "{path}");
        pages += 1;
        next = links(&page.body, "/admin/replies?")
            .into_iter()
            .find(|link| link.contains("older="));
    }
    let all = app
        .ledger
        .reply_total(&Default::default())
        .await
        .expect("the ledger");
    assert_eq!((seen.len() as u64, pages), (all.count, 3));
    app.end().await;
}

/// The addresses on a page that begin so.
fn links(body: &str, beginning: &str) -> Vec<String> {
    let links = body.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    links
        .filter(|link| link.starts_with(beginning))
        .map(|link| link.replace("&#38;", "&"))
        .collect()
}

#[tokio::test]
async fn the_workers_are_listed_with_what_they_hold_and_another_version_is_marked() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    operator
        .gets("/admin/workers")
        .await
        .says("No worker was seen.");
    app.later(SECOND).await;
    let version = env!("CARGO_PKG_VERSION");
    operator
        .gets("/admin/workers")
        .await
        .says("alive")
        .says(version)
        .says("No worker holds a text or a reply right now.")
        .hides("another version");
    let beat = birdcall_ledger::workers::Heartbeat {
        name: "2-old",
        version: "0.0.1",
        slots: 3,
        ..Default::default()
    };
    app.ledger
        .worker_seen(&beat, app.now())
        .await
        .expect("the ledger");
    let sid = app.text(ALICE, "held").await;
    let by = birdcall_ledger::lease::Claimant {
        owner: "2-old/claim",
        lease: MINUTE,
        now: app.now(),
    };
    let sid = sid.parse().expect("a sid");
    let claim = app.ledger.claim_text(&sid, by).await;
    claim.expect("the ledger");
    operator
        .gets("/admin/workers")
        .await
        .says("0.0.1, not this one")
        .says("1 worker runs another version")
        .says(&format!("href=\"/admin/texts/{sid}\""));
    app.clock.advance(2 * MINUTE);
    operator
        .gets("/admin/workers")
        .await
        .says("not seen lately");
    app.leaves_open().await;
}

#[tokio::test]
async fn a_number_is_found_by_its_digits_or_its_handle_and_its_tokens_are_told() {
    let app = linked_with(OPEN).await;
    app.link_as(BOB, "bob").await;
    let operator = Operator::admin(&app).await;
    let of = async |phone: &str| {
        let account = app.account_of(phone).await.expect("a linked number");
        (format!("/admin/accounts/{}", account.id), account.x_handle)
    };
    let (alice, handle) = of(ALICE).await;
    let (bob, _) = of(BOB).await;
    let digits = ALICE.trim_start_matches('+');
    for q in [
        format!("%2B{digits}"),
        handle.to_uppercase(),
        format!("@{handle}"),
    ] {
        let page = operator.gets(&format!("/admin/accounts?q={q}")).await;
        page.says(&alice).hides(&bob).hides(&format!(">{ALICE}<"));
    }
    let page = operator.gets("/admin/accounts?state=needs_sign_in").await;
    page.hides(&alice).hides(&bob);
    operator
        .gets(&alice)
        .await
        .says("Access token expires")
        .says("Refreshed next")
        .says("there");
    app.end().await;
}

#[tokio::test]
async fn a_blocked_number_is_listed_masked_and_unblocked_from_its_page() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    let account = app.account_of(ALICE).await.expect("a linked number");
    let block = format!("/admin/accounts/{}/block", account.id);
    operator.posts(&block, &[("reason", "stolen")]).await;
    app.settle().await;
    let page = operator.gets("/admin/accounts").await;
    page.hides(ALICE);
    let path = links(&page.body, "/admin/blocked/")
        .pop()
        .expect("a blocked number");
    let digits = ALICE.trim_start_matches('+');
    let found = operator
        .gets(&format!("/admin/accounts?q=%2B{digits}"))
        .await;
    found.says(&path);
    operator
        .gets("/admin/blocked")
        .await
        .says(&path)
        .hides(ALICE);
    operator
        .gets(&path)
        .await
        .hides(ALICE)
        .says("Unblock the number");
    operator.posts(&format!("{path}/reveal"), &[]).await;
    operator.gets(&path).await.says(ALICE);
    let unblock = format!("{path}/unblock");
    for (done, told) in [
        ("unblocked", "The number is not blocked any more"),
        ("was-not-blocked", "The number was not blocked."),
    ] {
        let page = operator.posts(&unblock, &[("reason", "found again")]).await;
        assert_eq!(page.location, format!("/admin/accounts?done={done}"));
        operator.gets(&page.location).await.says(told);
    }
    let deeds = audit(&app).await;
    let unblocked = deeds
        .iter()
        .filter(|deed| deed.starts_with("admin: unblock "));
    assert_eq!(unblocked.count(), 1);
    // Its owner can begin again.
    let again = app.says(ALICE, "hello again").await;
    assert_eq!(app.state(&again).await, "refused/not_linked");
    assert_eq!(operator.gets(&path).await.status, 404);
    app.end().await;
}

#[tokio::test]
async fn a_long_list_of_jobs_goes_on_on_older_pages() {
    let app = linked_with(OPEN).await;
    let operator = Operator::admin(&app).await;
    for number in 0..51 {
        app.text(ALICE, &format!("text {number}")).await;
    }
    let list = "/admin/jobs?queue=tweet";
    let first = operator.gets(list).await;
    let older = links(&first.body, "/admin/jobs?")
        .pop()
        .expect("an older page");
    let second = operator.gets(&older).await;
    let jobs = |page: &Page| page.body.matches("data-label=\"Job\"").count();
    assert_eq!(jobs(&first), 50);
    assert!((1..50).contains(&jobs(&second)), "{older}");
    app.leaves_open().await;
}

#[tokio::test]
async fn a_console_with_an_address_of_its_own_is_served_there_and_nowhere_else() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    let own = "https://console.example";
    let app = linked_with(&[
        ("ADMIN_PASSWORD", PASSWORD),
        ("CONSOLE_LISTEN_ADDR", &address),
        ("CONSOLE_URL", own),
    ])
    .await;
    let browser = crate::app::browser();
    let form = [("name", "admin"), ("password", PASSWORD)];
    for path in ["/admin", "/admin/sign-in", "/admin/console.css"] {
        assert_eq!(
            app.get(&format!("{}{path}", app.url)).await.status,
            404,
            "{path}"
        );
    }
    let there = |path: &str| format!("http://{address}{path}");
    for path in ["/auth", "/twilio/message", "/metrics", "/healthz"] {
        assert_eq!(app.get(&there(path)).await.status, 404, "{path}");
    }
    assert_eq!(app.get(&there("/")).await.location, "/admin");
    for (origin, status) in [(app.url.as_str(), 403), (own, 303)] {
        let request = browser
            .post(there("/admin/sign-in"))
            .header("origin", origin);
        let page = Page::of(request.form(&form)).await;
        assert_eq!(page.status, status, "{origin}");
        for cookie in page.cookies {
            assert!(cookie.starts_with("__Host-birdcall_console="), "{cookie}");
            let pair = cookie.split(';').next().expect("a cookie");
            let request = browser.get(there("/admin")).header("cookie", pair);
            Page::of(request).await.says("Overview").hides(&app.url);
        }
    }
    app.end().await;
}
