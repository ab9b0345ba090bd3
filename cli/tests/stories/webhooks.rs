//! What stands at the door: signatures, forms, health.

use birdcall_sim::SimConfig;

use crate::prelude::*;

const SID: &str = "SM00000000000000000000000000000001";
const RESPONSE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// What Twilio sends for a text of Alice's.
fn a_text(body: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("MessageSid", SID),
        ("From", ALICE),
        ("To", "+15550009999"),
        ("Body", body),
        ("NumMedia", "0"),
    ]
}

/// Posts `pairs` with the signature of `signed`, posted to whatever address it was meant for.
async fn posts_signed_for(app: &App, url: &str, pairs: Pairs<'_>, signed: &str) -> Page {
    let signature = app.signature(signed, pairs);
    Page::of(
        app.browser
            .post(url)
            .header("X-Twilio-Signature", signature)
            .form(pairs),
    )
    .await
}

fn message_url(app: &App) -> String {
    format!("{}/twilio/message", app.url)
}

async fn is_in_the_ledger(app: &App) -> bool {
    app.text_with(SID).await.is_some()
}

#[tokio::test]
async fn a_signed_text_is_committed_and_answered_with_an_empty_response() {
    let app = App::start().await;
    let url = message_url(&app);
    let pairs = a_text("hello");
    for _ in 0..2 {
        let signature = app.signature(&url, &pairs);
        let request = app.browser.post(&url).form(&pairs);
        let answer = request
            .header("X-Twilio-Signature", signature)
            .send()
            .await
            .expect("web answers");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/xml; charset=utf-8");
        assert_eq!(answer.text().await.expect("a body"), RESPONSE);
        assert_eq!(app.row(SID).await.body, "hello");
    }
    app.settle().await;
    assert_eq!(app.texts().await.len(), 1);
    assert_eq!(app.replies(ALICE).len(), 1);
    app.end().await;
}

#[tokio::test]
async fn what_is_not_signed_is_not_taken() {
    let app = App::start().await;
    let pairs = a_text("hello");
    for path in ["/twilio/message", "/twilio/status"] {
        let url = format!("{}{path}", app.url);
        let unsigned = Page::of(app.browser.post(&url).form(&pairs)).await;
        assert_eq!(unsigned.status, 400, "{path}");
        for signature in ["", "nonsense", "RSOYDt4T1cUTdK1PDd93/VVr8B8="] {
            let request = app
                .browser
                .post(&url)
                .header("X-Twilio-Signature", signature);
            assert_eq!(
                Page::of(request.form(&pairs)).await.status,
                403,
                "{path} {signature}"
            );
        }
        let elsewhere = format!("{}/elsewhere", app.url);
        assert_eq!(
            posts_signed_for(&app, &url, &pairs, &elsewhere)
                .await
                .status,
            403
        );
    }
    assert!(!is_in_the_ledger(&app).await);
    app.end().await;
}

#[tokio::test]
async fn every_parameter_counts_in_the_signature() {
    let app = App::start().await;
    let url = message_url(&app);
    let signed = a_text("hello");
    let mut more = signed.clone();
    more.push(("Unknown", ""));
    let fewer = &signed[..signed.len() - 1];
    let other = a_text("hello ");
    for sent in [more.as_slice(), fewer, other.as_slice()] {
        let signature = app.signature(&url, &signed);
        let request = app
            .browser
            .post(&url)
            .header("X-Twilio-Signature", signature);
        assert_eq!(Page::of(request.form(sent)).await.status, 403, "{sent:?}");
    }
    assert!(!is_in_the_ledger(&app).await);
    app.end().await;
}

#[tokio::test]
async fn what_twilio_may_send_without_notice_is_taken() {
    for extra in [
        &[("BrandNew", "1")][..],
        &[("FromCity", ""), ("ToState", "")],
        &[("Spaced", "  a b  "), ("Newline", "a\r\nb")],
        &[("Twice", "b"), ("Twice", "a"), ("Twice", "b")],
        &[("Ünïcode", "“ä & ö” + 100%")],
        &[("a", "1"), ("A", "2"), ("aa", "3"), ("a.b", "4")],
    ] {
        let app = App::start().await;
        let mut pairs = a_text("  hello  ");
        pairs.extend_from_slice(extra);
        let answer = app.twilio_posts("/twilio/message", &pairs).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, RESPONSE),
            "{extra:?}"
        );
        assert_eq!(app.row(SID).await.body, "  hello  ", "kept as it came");
        app.settle().await;
        app.end().await;
    }
}

#[tokio::test]
async fn who_asks_does_not_say_what_was_signed() {
    let app = App::start_with(&[("PUBLIC_URL", "https://sms.example")]).await;
    let url = message_url(&app);
    let pairs = a_text("hello");
    for signed in [
        url.as_str(),
        "https://evil.example/twilio/message",
        "http://sms.example/twilio/message",
    ] {
        let request = app.browser.post(&url).form(&pairs);
        let request = request
            .header("Host", "evil.example")
            .header("X-Forwarded-Host", "evil.example")
            .header("X-Forwarded-Proto", "https")
            .header("Forwarded", "host=evil.example;proto=https")
            .header("X-Twilio-Signature", app.signature(signed, &pairs));
        assert_eq!(Page::of(request).await.status, 403, "{signed}");
    }
    let request = app
        .browser
        .post(&url)
        .form(&pairs)
        .header("Host", "evil.example");
    let signature = app.signature("https://sms.example/twilio/message", &pairs);
    assert_eq!(
        Page::of(request.header("X-Twilio-Signature", signature))
            .await
            .status,
        200
    );
    app.leaves_open().await;
}

#[tokio::test]
async fn a_port_counts_or_does_not_as_twilio_has_it() {
    let app = App::start_with(&[("PUBLIC_URL", "https://sms.example:8443")]).await;
    for (signed, status) in [
        ("https://sms.example:8443/twilio/message", 200),
        ("https://sms.example/twilio/message", 200),
        ("https://sms.example:443/twilio/message", 200),
        ("https://sms.example:9443/twilio/message", 403),
    ] {
        let answer = posts_signed_for(&app, &message_url(&app), &a_text("hello"), signed).await;
        assert_eq!(answer.status, status, "{signed}");
    }
    app.leaves_open().await;
}

#[tokio::test]
async fn a_query_is_signed_as_it_stands() {
    let app = App::start().await;
    for (asked, signed, status) in [
        ("?a=1&b=%20x", "?a=1&b=%20x", 200),
        ("?a=1&b=%20x", "?a=1&b=+x", 403),
        ("?a=1", "", 403),
        ("", "?a=1", 403),
    ] {
        let url = message_url(&app);
        let (asked, signed) = (format!("{url}{asked}"), format!("{url}{signed}"));
        let answer = posts_signed_for(&app, &asked, &a_text("hello"), &signed).await;
        assert_eq!(answer.status, status, "{asked} signed as {signed}");
    }
    app.settle().await;
    app.end().await;
}

#[tokio::test]
async fn a_prefix_may_be_passed_on() {
    let app = App::start_under("/birds/call", SimConfig::for_tests(), &[]).await;
    app.says(ALICE, "hello?").await;
    assert!(
        app.link(ALICE)
            .starts_with(&format!("{}/auth/?phone=", app.url))
    );
    app.sign_in(ALICE, "demo").await;
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(
        app.replies_to(&sid).await[0].delivery.as_deref(),
        Some("delivered")
    );
    app.end().await;
}

#[tokio::test]
async fn a_prefix_may_be_stripped_on_the_way() {
    let app = App::start_under("/birds/call", SimConfig::for_tests(), &[]).await;
    let stripped = message_url(&app).replace("/birds/call", "");
    let answer = posts_signed_for(&app, &stripped, &a_text("hello"), &message_url(&app)).await;
    assert_eq!(answer.status, 200);
    app.settle().await;
    let page = app.get(&app.link(ALICE).replace("/birds/call", "")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("action=\"/birds/call/auth/start\""),
        "{}",
        page.body
    );
    app.end().await;
}

#[tokio::test]
async fn news_of_a_message_that_nobody_knows_is_taken() {
    let app = App::start().await;
    for pairs in [
        &[("MessageSid", SID), ("MessageStatus", "delivered")][..],
        &[("MessageSid", SID), ("MessageStatus", "brand_new")],
        &[
            ("MessageSid", SID),
            ("MessageStatus", "failed"),
            ("ErrorCode", "30003"),
        ],
        &[
            ("MessageSid", SID),
            ("MessageStatus", "failed"),
            ("ErrorCode", ""),
        ],
    ] {
        let answer = app.twilio_posts("/twilio/status?reply=nobody", pairs).await;
        assert_eq!(answer.status, 200, "{pairs:?}");
    }
    app.end().await;
}

#[tokio::test]
async fn the_webhooks_are_for_posting() {
    let app = App::start().await;
    for path in ["/twilio/message", "/twilio/status", "/auth/start"] {
        assert_eq!(
            app.get(&format!("{}{path}", app.url)).await.status,
            405,
            "{path}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let app = App::start().await;
    let long = "a".repeat(70_000);
    let answer = app.twilio_posts("/twilio/message", &a_text(&long)).await;
    assert_eq!(answer.status, 413);
    let longest = "a".repeat(1600);
    let answer = app.twilio_posts("/twilio/message", &a_text(&longest)).await;
    assert_eq!(answer.status, 200);
    app.settle().await;
    app.end().await;
}

#[tokio::test]
async fn a_sid_that_is_not_twilios_is_not_taken() {
    let app = App::start().await;
    for sid in [
        "",
        "SM1",
        "XX00000000000000000000000000000001",
        "SM0000000000000000000000000000000g",
    ] {
        let mut pairs = a_text("hello");
        pairs[0].1 = sid;
        let answer = app.twilio_posts("/twilio/message", &pairs).await;
        assert_eq!(answer.status, 400, "{sid}");
    }
    let answer = app
        .twilio_posts("/twilio/message", &a_text("hello")[1..])
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(app.texts().await.len(), 0);
    app.end().await;
}

#[tokio::test]
async fn advanced_opt_out_says_what_a_text_means() {
    let app = App::start().await;
    app.link_as(ALICE, "demo").await;
    let mut pairs = a_text("arrêt");
    pairs.push(("OptOutType", "STOP"));
    assert_eq!(
        app.twilio_posts("/twilio/message", &pairs).await.status,
        200
    );
    app.settle().await;
    assert_eq!(app.state(SID).await, "ignored/keyword");
    let sid = app.says(ALICE, "in silence").await;
    assert_eq!(app.replies_to(&sid).await[0].state, "suppressed");
    app.end().await;
}

#[tokio::test]
async fn ready_means_that_a_worker_was_seen() {
    let app = App::start().await;
    let healthy = app.get(&format!("{}/healthz", app.url)).await;
    assert_eq!((healthy.status, healthy.body.as_str()), (200, "ok\n"));
    let ready = format!("{}/readyz", app.url);
    let missing = (
        503,
        "no worker was seen within the last minute\n".to_owned(),
    );
    let page = app.get(&ready).await;
    assert_eq!((page.status, page.body), missing);
    app.later(std::time::Duration::ZERO).await;
    let page = app.get(&ready).await;
    assert_eq!((page.status, page.body.as_str()), (200, "ready\n"));
    app.clock.advance(std::time::Duration::from_secs(61));
    let page = app.get(&ready).await;
    assert_eq!((page.status, page.body), missing);
    app.end().await;
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let app = App::start().await;
    let answer = app
        .browser
        .get(format!("{}/metrics", app.url))
        .send()
        .await
        .expect("web answers");
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4"
    );
    let body = answer.text().await.expect("text");
    for name in [
        "birdcall_workers ",
        "birdcall_queue_paused{queue=\"tweet\"} ",
        "birdcall_jobs{",
    ] {
        assert!(
            body.lines().any(|line| line.starts_with(name)),
            "{name} in {body}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn pages_are_guarded_and_unknown_paths_are_a_page() {
    let app = App::start().await;
    let answer = app
        .browser
        .get(format!("{}/nowhere", app.url))
        .send()
        .await
        .expect("web answers");
    assert_eq!(answer.status(), 404);
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let csp = header("content-security-policy");
    assert!(csp.starts_with("default-src 'none'; "), "{csp}");
    assert!(csp.contains("frame-ancestors 'none'"), "{csp}");
    assert!(
        answer
            .text()
            .await
            .expect("a page")
            .contains("Page not found")
    );
    app.end().await;
}
