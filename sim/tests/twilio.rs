//! Tests of Twilio's rules over real HTTP.

mod support;

use birdcall_sim::{Fault, FaultAction, Status, Undeliverable, sign};
use serde_json::json;
use support::{PHONE, Seen, World, world};

fn bodies(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.get("Body")).collect()
}

#[tokio::test]
async fn missing_credentials_and_other_accounts_are_refused() {
    let world = world().await;
    let answer = world.send(world.http.get(world.messages_url())).await;
    assert_eq!(
        (answer.status, answer.json["code"].as_i64()),
        (401, Some(20003))
    );
    let other = world.messages_url().replace("/AC0", "/AC1");
    let answer = world.send(world.twilio(world.http.get(other))).await;
    assert_eq!(
        (answer.status, answer.json["code"].as_i64()),
        (404, Some(20404))
    );
    assert_eq!(world.sim.counters().twilio_unauthorized, 1);
}

#[tokio::test]
async fn a_wrong_message_request_is_refused_with_twilios_error_code() {
    let world = world().await;
    let from = world.config.twilio_number.clone();
    let long = "a".repeat(1601);
    for (params, code) in [
        (vec![("From", from.as_str()), ("Body", "a")], 21604),
        (vec![("To", "555"), ("From", &from), ("Body", "a")], 21211),
        (vec![("To", PHONE), ("Body", "a")], 21603),
        (vec![("To", PHONE), ("From", "abc"), ("Body", "a")], 21212),
        (
            vec![("To", PHONE), ("From", "+15557654321"), ("Body", "a")],
            21606,
        ),
        (vec![("To", PHONE), ("From", &from)], 21602),
        (vec![("To", PHONE), ("From", &from), ("Body", &long)], 21617),
        (
            vec![
                ("To", PHONE),
                ("From", &from),
                ("Body", "a"),
                ("StatusCallback", "http://a_b.com/"),
            ],
            21609,
        ),
        (
            vec![
                ("To", PHONE),
                ("From", &from),
                ("Body", "a"),
                ("ValidityPeriod", "36001"),
            ],
            20001,
        ),
        (
            vec![
                ("To", PHONE),
                ("From", &from),
                ("Body", "a"),
                ("Surprise", "1"),
            ],
            20001,
        ),
        (
            vec![("To", PHONE), ("MessagingServiceSid", "MGx"), ("Body", "a")],
            21705,
        ),
    ] {
        let answer = world.sms(&params).await;
        assert_eq!(answer.status, 400, "{params:?}");
        assert_eq!(answer.json["code"], code, "{params:?}");
        assert_eq!(answer.json["status"], 400);
        assert_eq!(
            answer.json["more_info"],
            format!("https://www.twilio.com/docs/errors/{code}")
        );
    }
    assert!(world.sim.messages().is_empty());
}

#[tokio::test]
async fn a_text_is_queued_then_sent_then_delivered() {
    let world = world().await;
    let answer = world.reply(&"a".repeat(161)).await;
    assert_eq!(answer.status, 201);
    let sid = answer.json["sid"].as_str().unwrap().to_owned();
    assert_eq!(answer.json["status"], "queued");
    assert_eq!(answer.json["num_segments"], "2");
    assert_eq!(answer.json["direction"], "outbound-api");
    assert_eq!(
        answer.json["date_created"],
        "Sun, 22 Nov 2026 17:00:00 +0000"
    );
    assert_eq!(world.sim.deliver().await, 2);
    let seen = world.seen();
    let told: Vec<_> = seen.iter().map(|seen| seen.get("MessageStatus")).collect();
    assert_eq!(told, ["sent", "delivered"]);
    assert_eq!(seen[1].get("RawDlrDoneDate"), "2611221700");
    let url = format!("{}/status?text=1", world.app_url);
    let expected = sign(&world.config.twilio_auth_token, &url, &seen[0].params);
    assert_eq!(seen[0].headers["x-twilio-signature"], expected.as_str());
    let fetch = world
        .messages_url()
        .replace(".json", &format!("/{sid}.json"));
    let answer = world.send(world.twilio(world.http.get(&fetch))).await;
    assert_eq!(answer.json["status"], "delivered");
    let redact = world.twilio(world.http.post(&fetch)).form(&[("Body", "")]);
    assert_eq!(world.send(redact).await.json["body"], "");
    assert_eq!(
        world
            .send(world.twilio(world.http.delete(&fetch)))
            .await
            .status,
        204
    );
    assert_eq!(
        world
            .send(world.twilio(world.http.get(&fetch)))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_messaging_service_accepts_a_text_before_it_picks_the_sender() {
    let world = world().await;
    let service = "MG0123456789abcdef0123456789abcdef";
    let params = [
        ("To", PHONE),
        ("MessagingServiceSid", service),
        ("Body", "hi"),
    ];
    let answer = world.sms(&params).await;
    assert_eq!(answer.json["status"], "accepted");
    assert_eq!(answer.json["from"], json!(null));
    assert_eq!(answer.json["num_segments"], "0");
    assert_eq!(
        world.sim.deliver().await,
        0,
        "the message has no status callback"
    );
    assert_eq!(world.sim.messages()[0].status, Status::Delivered);
}

#[tokio::test]
async fn texts_to_an_undeliverable_number_fail_with_its_error_code() {
    let world = world().await;
    world.sim.configure(|settings| {
        let fate = Undeliverable {
            status: Status::Undelivered,
            error_code: 30003,
        };
        settings.undeliverable.insert(PHONE.to_owned(), fate);
    });
    world.reply("hi").await;
    world.sim.deliver().await;
    let seen = world.seen();
    assert_eq!(seen[1].get("MessageStatus"), "undelivered");
    assert_eq!(seen[1].get("ErrorCode"), "30003");
    assert_eq!(world.sim.messages()[0].error_code, Some(30003));
}

#[tokio::test]
async fn stop_blocks_texts_to_the_phone_until_start() {
    let world = world().await;
    world.sim.text(PHONE, " Stop ").await;
    assert_eq!(
        world.sim.deliver().await,
        1,
        "the app receives the webhook too"
    );
    let answer = world.reply("hi").await;
    assert_eq!(
        (answer.status, answer.json["code"].as_i64()),
        (400, Some(21610))
    );
    assert_eq!(world.sim.replies_to(PHONE).len(), 1);
    world.sim.text(PHONE, "stop please").await;
    world.sim.text(PHONE, "HELP").await;
    assert_eq!(world.sim.replies_to(PHONE).len(), 1);
    world.sim.text(PHONE, "start").await;
    assert_eq!(world.reply("hi").await.status, 201);
    world.sim.text(PHONE, "info").await;
    assert_eq!(world.sim.replies_to(PHONE).len(), 4);
}

#[tokio::test]
async fn an_inbound_webhook_has_twilios_shape_and_a_valid_signature() {
    let world = world().await;
    let sid = world.sim.text(PHONE, " grüße & co ").await;
    assert_eq!(world.sim.deliver().await, 1);
    let seen = &world.seen()[0];
    for (name, value) in [
        ("MessageSid", sid.as_str()),
        ("SmsSid", &sid),
        ("Body", " grüße & co "),
        ("From", PHONE),
        ("NumMedia", "0"),
        ("SmsStatus", "received"),
        ("ToState", ""),
        ("ApiVersion", "2010-04-01"),
    ] {
        assert_eq!(seen.get(name), value, "{name}");
    }
    let url = format!("{}/message", world.app_url);
    let expected = sign(&world.config.twilio_auth_token, &url, &seen.params);
    assert_eq!(seen.headers["x-twilio-signature"], expected.as_str());
    let record = &world.sim.deliveries()[0];
    assert_eq!(
        (record.answered, record.error_code, record.attempts),
        (Some(200), None, 1)
    );
}

#[tokio::test]
async fn an_answer_of_500_is_retried_only_if_the_url_asks_for_it() {
    let world = world().await;
    world.answers(&[(500, "text/plain", "no")]);
    world.sim.text(PHONE, "lost").await;
    world.sim.deliver().await;
    assert_eq!(bodies(&world.seen()), ["lost"]);
    assert_eq!(world.sim.deliveries()[0].error_code, Some(11200));
    world
        .sim
        .set_webhook_url(format!("{}/message#rc=2&rp=5xx", world.app_url));
    world.answers(&[(500, "text/plain", "no"), (503, "text/plain", "no")]);
    world.sim.text(PHONE, "kept").await;
    world.sim.deliver().await;
    let seen = world.seen();
    assert_eq!(bodies(&seen), ["lost", "kept", "kept", "kept"]);
    assert_eq!(
        seen[1].headers["i-twilio-idempotency-token"],
        seen[3].headers["i-twilio-idempotency-token"]
    );
    let record = &world.sim.deliveries()[1];
    assert_eq!((record.attempts, record.error_code), (3, None));
}

#[tokio::test]
async fn an_answer_other_than_twiml_is_an_error_and_the_fallback_url_is_tried() {
    let world = world().await;
    world.answers(&[(200, "text/plain", "ok"), (200, "text/xml", "<Resp")]);
    world.sim.text(PHONE, "1").await;
    world.sim.text(PHONE, "2").await;
    world.sim.deliver().await;
    let codes: Vec<_> = world
        .sim
        .deliveries()
        .iter()
        .map(|record| record.error_code)
        .collect();
    assert_eq!(codes, [Some(12300), Some(12100)]);
    let fallback = format!("{}/message", world.app_url);
    world
        .sim
        .configure(|settings| settings.fallback_url = Some(fallback));
    world.answers(&[(502, "text/html", "bad gateway")]);
    world.sim.text(PHONE, "3").await;
    world.sim.deliver().await;
    let seen = world.seen();
    assert_eq!(bodies(&seen), ["1", "2", "3", "3"]);
    assert_eq!(seen[3].get("ErrorCode"), "11200");
    assert_eq!(world.sim.deliveries()[2].error_code, None);
}

#[tokio::test]
async fn webhooks_can_be_lost_repeated_delayed_and_shuffled() {
    let world = world().await;
    let fault = |action| Fault::new("webhook.inbound", action).times(1);
    world.sim.fault(fault(FaultAction::DropBefore));
    world.sim.text(PHONE, "lost").await;
    assert_eq!(world.sim.deliver().await, 0);
    world.sim.fault(fault(FaultAction::Duplicate { times: 2 }));
    world.sim.text(PHONE, "thrice").await;
    assert_eq!(world.sim.deliver().await, 3);
    world.sim.fault(fault(FaultAction::Delay { millis: 5000 }));
    world.sim.text(PHONE, "late").await;
    assert_eq!(world.sim.deliver().await, 0);
    world.advance(5);
    assert_eq!(world.sim.deliver().await, 1);
    assert_eq!(
        bodies(&world.seen()),
        ["thrice", "thrice", "thrice", "late"]
    );
    world.app.seen.lock().unwrap().clear();
    world
        .sim
        .fault(Fault::new("webhook.inbound", FaultAction::Reorder));
    let sent: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    for body in &sent {
        world.sim.text(PHONE, body).await;
    }
    assert_eq!(world.sim.deliver().await, 20);
    let seen = world.seen();
    let mut got: Vec<String> = bodies(&seen)
        .iter()
        .map(|body| (*body).to_owned())
        .collect();
    assert_ne!(got, sent);
    got.sort_by_key(|body| body.parse::<u32>().unwrap());
    assert_eq!(got, sent);
}

async fn list(world: &World, query: &[(&str, &str)]) -> serde_json::Value {
    let answer = world
        .send(
            world
                .twilio(world.http.get(world.messages_url()))
                .query(query),
        )
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json
}

#[tokio::test]
async fn messages_are_listed_newest_first_in_pages() {
    let world = world().await;
    world.sim.text(PHONE, "in").await;
    world.advance(60 * 60 * 24);
    for number in 0..3 {
        world.reply(&number.to_string()).await;
    }
    let page = list(&world, &[("To", PHONE), ("PageSize", "2")]).await;
    assert_eq!(page["messages"][0]["body"], "2");
    world.reply("newer").await;
    let next = format!(
        "{}{}",
        world.sim.url(),
        page["next_page_uri"].as_str().unwrap()
    );
    let rest = world.send(world.twilio(world.http.get(next))).await.json;
    assert_eq!(rest["messages"][0]["body"], "0");
    assert_eq!(rest["next_page_uri"], json!(null));
    let today = list(&world, &[("DateSent>", "2026-11-23")]).await;
    assert_eq!(today["messages"].as_array().unwrap().len(), 4);
    let before = list(&world, &[("DateSent<", "2026-11-22")]).await;
    assert_eq!(before["messages"][0]["direction"], "inbound");
    let exact = list(
        &world,
        &[("DateSent>", "2026-11-22 17:00:00.000"), ("From", PHONE)],
    )
    .await;
    assert_eq!(exact["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_needs_credentials_and_its_storage_link_refuses_them() {
    let world = world().await;
    let file = ("image/png".to_owned(), b"png".to_vec());
    let sid = world.sim.text_with_media(PHONE, "look", vec![file]).await;
    assert!(sid.starts_with("MM"));
    world.sim.deliver().await;
    let url = world.seen()[0].get("MediaUrl0").to_owned();
    assert_eq!(world.seen()[0].get("MediaContentType0"), "image/png");
    assert_eq!(world.send(world.http.get(&url)).await.status, 401);
    let hop = world.send(world.twilio(world.http.get(&url))).await;
    assert_eq!(hop.status, 307);
    let link = &hop.headers["location"];
    assert_eq!(
        world.send(world.twilio(world.http.get(link))).await.status,
        400
    );
    let file = world.http.get(link).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.bytes().await.unwrap().as_ref(), b"png");
    assert_eq!(world.sim.counters().leaked_credentials, 1);
    let delete = world.twilio(world.http.delete(format!("{url}.json")));
    assert_eq!(world.send(delete).await.status, 204);
    assert_eq!(
        world.send(world.twilio(world.http.get(&url))).await.status,
        404
    );
}

#[tokio::test]
async fn the_number_resource_shows_the_webhook() {
    let world = world().await;
    let url = world
        .messages_url()
        .replace("Messages", "IncomingPhoneNumbers");
    let request = world
        .http
        .get(url)
        .query(&[("PhoneNumber", &world.config.twilio_number)]);
    let answer = world.send(world.twilio(request)).await;
    let number = &answer.json["incoming_phone_numbers"][0];
    assert_eq!(number["sms_url"], format!("{}/message", world.app_url));
    assert_eq!(number["sms_method"], "POST");
}

#[tokio::test]
async fn the_31st_text_to_a_number_within_30_seconds_fails() {
    let world = world().await;
    for number in 0..31 {
        assert_eq!(world.reply(&number.to_string()).await.status, 201);
    }
    world.sim.deliver().await;
    let messages = world.sim.messages();
    assert_eq!(messages[29].status, Status::Delivered);
    assert_eq!(
        (messages[30].status, messages[30].error_code),
        (Status::Failed, Some(14107))
    );
}
