//! Web's routes: the signatures and forms of webhooks, health, metrics and pages.

use birdcall_sim::SimConfig;

use crate::prelude::*;

const SID: &str = "SM00000000000000000000000000000001";
/// The empty answer to a webhook.
const RESPONSE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// The form that Twilio posts for a text from Alice.
fn a_text(body: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("MessageSid", SID),
        ("From", ALICE),
        ("To", SERVICE),
        ("Body", body),
        ("NumMedia", "0"),
    ]
}

/// Posts `pairs` to `url`, with the signature for the address `signed`.
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
async fn an_unsigned_webhook_is_refused() {
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
async fn the_signature_covers_every_parameter() {
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
async fn unknown_parameters_are_accepted() {
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
        assert_eq!(
            app.row(SID).await.body,
            "  hello  ",
            "the body is stored unchanged"
        );
        app.settle().await;
        app.end().await;
    }
}

#[tokio::test]
async fn headers_do_not_change_the_url_that_is_verified() {
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
async fn the_port_in_the_signed_url_follows_twilios_rules() {
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
async fn a_query_is_signed_exactly_as_it_was_sent() {
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
async fn a_proxy_may_pass_the_prefix_on() {
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
async fn a_proxy_may_strip_the_prefix() {
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
async fn a_prefix_that_looks_like_a_route_can_be_passed_on_or_removed() {
    for prefix in ["/t", "/twilio", "/twilio/message", "/auth", "/a/:b/*c/{d}"] {
        let app = App::start_under(prefix, SimConfig::for_tests(), &[]).await;
        let public = format!("{}/twilio/message", app.config.public_url.join(""));
        let root = app.config.public_url.join("").len() - app.config.public_url.prefix().len();
        let stripped = format!("{}/twilio/message", &public[..root]);
        for asked in [&public, &stripped] {
            let answer = posts_signed_for(&app, asked, &a_text("hello"), &public).await;
            assert_eq!(answer.status, 200, "{asked}: {}", answer.body);
        }
        let elsewhere = format!("{public}s");
        let answer = posts_signed_for(&app, &stripped, &a_text("hello"), &elsewhere).await;
        assert_eq!(answer.status, 403, "{stripped} signed as {elsewhere}");
        app.leaves_open().await;
    }
}

#[tokio::test]
async fn the_status_of_an_unknown_message_is_accepted() {
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
async fn webhooks_accept_only_post() {
    let app = App::start().await;
    for path in ["/twilio/message", "/twilio/status"] {
        assert_eq!(
            app.get(&format!("{}{path}", app.url)).await.status,
            405,
            "{path}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
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
async fn a_malformed_sid_is_refused() {
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
async fn a_webhook_that_is_not_for_us_or_says_a_thing_twice_is_refused_and_counted() {
    let app = App::start().await;
    let other_account = ("AccountSid", "AC00000000000000000000000000000000");
    for (path, extra, status, reason) in [
        ("/twilio/message", other_account, 403, "other_account"),
        ("/twilio/status", other_account, 403, "other_account"),
        ("/twilio/message", ("Body", "another"), 400, "repeated"),
        ("/twilio/message", ("From", BOB), 400, "repeated"),
        ("/twilio/message", ("MessageSid", SID), 400, "repeated"),
        ("/twilio/status", ("MessageStatus", "sent"), 400, "repeated"),
        ("/twilio/status", ("ErrorCode", "3\0"), 400, "malformed"),
        ("/twilio/message", ("OptOutType", "\0"), 400, "malformed"),
    ] {
        let mut pairs = a_text("hello");
        pairs.push(("MessageStatus", "delivered"));
        pairs.push(extra);
        let refused = format!("birdcall_webhooks_refused_total{{reason=\"{reason}\"}}");
        let before = app.metric(&refused).await;
        let answer = app.twilio_posts(path, &pairs).await;
        assert_eq!(answer.status, status, "{path} {extra:?}: {}", answer.body);
        // Stories of this process that run at the same time count, too.
        assert!(app.metric(&refused).await > before, "{refused}");
    }
    let mut pairs = a_text("hello");
    pairs[2].1 = "+15550009998";
    let answer = app.twilio_posts("/twilio/message", &pairs).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(!is_in_the_ledger(&app).await);
    app.end().await;
}

#[tokio::test]
async fn with_a_messaging_service_its_texts_are_taken_whatever_number_they_came_to() {
    let service = "MG0123456789abcdef0123456789abcdef";
    let app = App::start_with(&[("TWILIO_FROM", service)]).await;
    for (given, status) in [("MG00000000000000000000000000000000", 403), (service, 200)] {
        let mut pairs = a_text("hello");
        pairs[2].1 = "+15550007777";
        pairs.push(("MessagingServiceSid", given));
        let answer = app.twilio_posts("/twilio/message", &pairs).await;
        assert_eq!(answer.status, status, "{given}: {}", answer.body);
    }
    assert!(is_in_the_ledger(&app).await);
    app.leaves_open().await;
}

#[tokio::test]
async fn a_status_callback_of_another_shape_is_refused_and_never_a_fault_of_the_database() {
    let app = App::start().await;
    let good = [("MessageSid", SID), ("MessageStatus", "delivered")];
    for (path, pairs) in [
        ("?reply=x", [("MessageSid", "SM1"), good[1]]),
        ("?reply=x", [("MessageSid", "\0"), good[1]]),
        ("?reply=x", [good[0], ("MessageStatus", "sent\0")]),
        ("?reply=%00", good),
        ("?reply=a%20b", good),
        ("?reply=a&reply=b", good),
    ] {
        let path = format!("/twilio/status{path}");
        let answer = app.twilio_posts(&path, &pairs).await;
        assert_eq!(answer.status, 400, "{path} {pairs:?}: {}", answer.body);
    }
    app.end().await;
}

#[tokio::test]
async fn advanced_opt_out_marks_a_text_as_a_keyword() {
    let app = linked().await;
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
async fn web_is_ready_if_a_worker_was_seen_within_a_minute() {
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
    app.clock.advance(61 * SECOND);
    let page = app.get(&ready).await;
    assert_eq!((page.status, page.body), missing);
    app.end().await;
}

#[tokio::test]
async fn web_tells_whether_work_gets_done_and_takes_texts_either_way() {
    let app = linked().await;
    let (door, work) = (
        format!("{}/healthz/door", app.url),
        format!("{}/healthz/work", app.url),
    );
    let page = app.get(&work).await;
    assert_eq!(page.status, 503);
    assert!(
        page.body
            .contains("no worker has finished a probe of the queue tweet yet\n"),
        "{}",
        page.body
    );
    app.later(std::time::Duration::ZERO).await;
    let page = app.get(&work).await;
    assert_eq!((page.status, page.body.as_str()), (200, "working\n"));
    // A text comes, and from now on no worker does anything.
    let sid = app.text(ALICE, "is anybody there?").await;
    app.clock.advance(61 * SECOND);
    let page = app.get(&work).await;
    assert_eq!(page.status, 503);
    let stuck = "no worker has finished a probe of the queue tweet for 61 seconds";
    assert_eq!(page.body.lines().next(), Some(stuck));
    let queues = birdcall_ledger::queue::Queue::ALL.len();
    assert_eq!(page.body.lines().count(), queues, "{}", page.body);
    app.clock.advance(600 * SECOND);
    let page = app.get(&work).await;
    let overdue = "the oldest text that is due has been due for 661 seconds";
    assert_eq!(page.body.lines().last(), Some(overdue));
    // The door is open all the time.
    let page = app.get(&door).await;
    assert_eq!((page.status, page.body.as_str()), (200, "open\n"));
    let another = app.text(ALICE, "hello?").await;
    app.later(std::time::Duration::ZERO).await;
    for sid in [sid, another] {
        assert_eq!(app.state(&sid).await, "published");
    }
    assert_eq!(app.get(&work).await.status, 200);
    app.end().await;
}

#[tokio::test]
async fn calls_posts_and_webhooks_are_measured() {
    let app = linked().await;
    let calls =
        "birdcall_call_duration_seconds_count{vendor=\"x\",endpoint=\"create_post\",class=\"ok\"}";
    let door = "birdcall_webhook_duration_seconds_count{route=\"message\",answer=\"2xx\"}";
    let linked = "birdcall_posts_total{link=\"yes\"}";
    let delays = "birdcall_text_to_post_seconds_count";
    let segments = "birdcall_segments_total";
    let names = [calls, door, linked, delays, segments];
    let mut before = Vec::new();
    for name in names {
        before.push(app.metric(name).await);
    }
    app.says(ALICE, "look at example.com").await;
    for (name, before) in names.into_iter().zip(before) {
        assert!(app.metric(name).await > before, "{name}");
    }
    // The buckets are fixed, so that the histograms of several processes can be added up.
    let bucket = "birdcall_call_duration_seconds_bucket{vendor=\"x\",endpoint=\"create_post\",class=\"ok\",le=\"10\"}";
    assert!(app.metric(bucket).await > 0);
    app.end().await;
}

#[tokio::test]
async fn metrics_are_in_prometheus_format_at_an_address_of_their_own() {
    let app = App::start().await;
    let public = app.get(&format!("{}/metrics", app.url)).await;
    assert_eq!(public.status, 404, "the world does not get the metrics");
    let answer = app
        .browser
        .get(&app.metrics_url)
        .send()
        .await
        .expect("web answers");
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4"
    );
    for name in [
        "birdcall_workers",
        "birdcall_queue_paused{queue=\"tweet\"}",
        "birdcall_jobs{",
        "birdcall_texts{state=\"published\"}",
    ] {
        app.until_shown(name).await;
    }
    let elsewhere = app.metrics_url.replace("/metrics", "/healthz");
    assert_eq!(app.get(&elsewhere).await.status, 404);
    app.end().await;
}

#[tokio::test]
async fn the_metrics_are_shown_without_the_database() {
    let app = App::start().await;
    app.until_shown("birdcall_workers").await;
    app.ledger.close().await;
    let page = app.get(&app.metrics_url).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("birdcall_workers "), "{}", page.body);
}

#[tokio::test]
async fn an_unknown_path_gets_a_page_with_security_headers() {
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
