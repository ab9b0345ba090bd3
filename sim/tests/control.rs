//! Tests of the controls, the page, and the delivery in the background.

mod support;

use std::{sync::Arc, time::Duration};

use birdcall_domain::clock::SystemClock;
use birdcall_sim::{Delivery, Sim, SimConfig};
use serde_json::{Value, json};
use support::{PHONE, world};

#[tokio::test]
async fn the_simulator_can_be_controlled_over_http() {
    let world = world().await;
    let url = |path: &str| format!("{}/sim/{path}", world.sim.url());
    let text = json!({"from": PHONE, "body": "hi", "media": [{"content_type": "image/png", "base64": "AAAA"}]});
    let answer = world.send(world.http.post(url("texts")).json(&text)).await;
    assert_eq!(answer.status, 201);
    assert!(answer.json["sid"].as_str().unwrap().starts_with("MM"));
    let answer = world.send(world.http.post(url("deliver"))).await;
    assert_eq!(answer.json, json!({"sent": 1}));
    let change = json!({"visibility_lag_ms": 5, "limits": {"posts_per_user": 3},
                        "undeliverable": {PHONE: {"status": "failed", "error_code": 30005}}});
    let answer = world
        .send(world.http.post(url("settings")).json(&change))
        .await;
    assert_eq!(answer.json["limits"]["posts_per_user"], 3);
    assert_eq!(answer.json["limits"]["timeline_per_user"], 900);
    assert_eq!(answer.json["visibility_lag_ms"], 5);
    let wrong = world
        .send(world.http.post(url("settings")).json(&json!({"lag": 5})))
        .await;
    assert_eq!(wrong.status, 400);
    let user = world
        .http
        .post(url("users/ada"))
        .json(&json!({"suspended": true}));
    assert_eq!(world.send(user).await.json["suspended"], true);
    assert_eq!(
        world
            .send(world.http.post(url("users/ada/revoke")))
            .await
            .status,
        204
    );
    let state = world.send(world.http.get(url("state"))).await.json;
    assert_eq!(state["messages"][0]["direction"], "inbound");
    assert_eq!(state["counters"]["unexpected_requests"], 0);
    assert_eq!(
        world
            .send(world.http.get(format!("{}/no", world.sim.url())))
            .await
            .status,
        404
    );
    assert_eq!(world.sim.counters().unexpected_requests, 1);
    let requests = world.send(world.http.get(url("requests"))).await.json;
    assert_eq!(requests[0]["endpoint"], "unknown");
}

#[tokio::test]
async fn the_request_log_contains_no_credentials() {
    let world = world().await;
    let (access, refresh) = world.sign_in("ada").await;
    world.refresh(&refresh).await;
    world.get(&access, "/2/users/me").await;
    let log = serde_json::to_string(&world.sim.requests()).unwrap();
    assert!(!log.contains(&access) && !log.contains(&refresh) && !log.contains(support::VERIFIER));
}

#[tokio::test]
async fn the_page_shows_the_messages_of_one_phone_and_the_ledger() {
    let base = world().await;
    let ledger: birdcall_sim::LedgerView =
        Arc::new(|| Box::pin(async { json!([{"message_sid": "SM1", "state": "received"}]) }));
    let config = SimConfig {
        ledger: Some(ledger),
        ..base.config.clone()
    };
    let sim = Sim::start(config).await.unwrap();
    sim.text(PHONE, "<b>hi</b>").await;
    sim.text("+15550002222", "other").await;
    let page = base
        .http
        .get(sim.url())
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for id in [
        "phone-number",
        "message-input",
        "send",
        "bubbles",
        "timeline",
        "ledger",
    ] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let url = format!("{}/sim/page.json", sim.url());
    let data = base
        .send(base.http.get(url).query(&[("phone", PHONE)]))
        .await
        .json;
    assert_eq!(data["messages"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["ledger"][0]["state"], "received");
    sim.shutdown().await;
    assert!(base.http.get(sim.url()).send().await.is_err());
}

#[tokio::test]
async fn a_background_task_delivers_the_texts_of_a_phone_in_order() {
    let base = world().await;
    let config = SimConfig {
        delivery: Delivery::Background,
        clock: Arc::new(SystemClock),
        ..base.config.clone()
    };
    let sim = Sim::start(config).await.unwrap();
    for number in 0..50 {
        sim.text(PHONE, &number.to_string()).await;
    }
    let done = async {
        while sim.undelivered() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done)
        .await
        .unwrap();
    let seen = base.seen();
    let order: Vec<Value> = seen.iter().map(|seen| seen.get("Body").into()).collect();
    let expected: Vec<Value> = (0..50).map(|number| number.to_string().into()).collect();
    assert_eq!(order, expected, "the texts of one phone arrive in order");
    sim.shutdown().await;
}

#[tokio::test]
async fn another_site_can_neither_read_the_page_nor_use_the_controls() {
    let world = world().await;
    let url = |path: &str| format!("{}{path}", world.sim.url());
    for path in ["/", "/sim/state", "/sim/page.json"] {
        let foreign = world.http.get(url(path)).header("host", "evil.example");
        assert_eq!(world.send(foreign).await.status, 403, "{path}");
    }
    let text = json!({"from": PHONE, "body": "hi"});
    let foreign = world.http.post(url("/sim/texts")).json(&text);
    let foreign = foreign.header("origin", "http://evil.example");
    assert_eq!(world.send(foreign).await.status, 403);
    assert!(world.sim.messages().is_empty());
    let own = world.http.post(url("/sim/texts")).json(&text);
    let own = own.header("origin", world.sim.url());
    assert_eq!(world.send(own).await.status, 201);
}

#[tokio::test]
async fn a_simulator_of_this_machine_calls_this_machine_only() {
    let world = world().await;
    let url = format!("{}/sim/settings", world.sim.url());
    for (fallback, status) in [
        ("http://169.254.169.254/latest", 400),
        ("http://printer.example/", 400),
        ("no url", 400),
        ("http://127.0.0.1:9/fallback", 200),
        ("http://localhost:9/fallback", 200),
    ] {
        let change = json!({"fallback_url": fallback});
        let answer = world.send(world.http.post(&url).json(&change)).await;
        assert_eq!(answer.status, status, "{fallback}");
    }
}

#[tokio::test]
async fn faults_are_removed_one_by_one() {
    let world = world().await;
    let url = |path: &str| format!("{}/sim/{path}", world.sim.url());
    for preset in ["x_unavailable", "x_drop_after", "twilio_delivers_twice"] {
        let fault = json!({"preset": preset, "count": 3});
        world
            .send(world.http.post(url("faults")).json(&fault))
            .await;
    }
    let mut second = world.send(world.http.get(url("faults"))).await.json[1].clone();
    // It was applied once since the page looked.
    second["count"] = 2.into();
    let removed = world
        .send(world.http.post(url("faults/remove")).json(&second))
        .await;
    assert_eq!(removed.json, json!({"removed": true}));
    let left = world.send(world.http.get(url("faults"))).await.json;
    assert_eq!(left[0]["endpoint"], "x.create_post");
    assert_eq!(left[1]["endpoint"], "webhook.inbound");
    assert_eq!(left.as_array().map(Vec::len), Some(2));
    let removed = world
        .send(world.http.post(url("faults/remove")).json(&second))
        .await;
    assert_eq!(removed.json, json!({"removed": false}));
}

#[tokio::test]
async fn a_simulator_goes_on_where_another_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("simulator.json");
    let base = world().await;
    let (access, refresh) = base.sign_in("ada").await;
    let posted = base.post(&access, "kept").await;
    assert_eq!(posted.status, 201);
    base.sim.text(PHONE, "STOP").await;
    base.sim.save(&file).unwrap();

    let next = world().await;
    next.sim.load(&folder.path().join("none.json")).unwrap();
    next.sim.load(&file).unwrap();
    let texts = |sim: &Sim| {
        sim.posts()
            .into_iter()
            .map(|post| post.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&next.sim), ["kept"]);
    assert_eq!(next.sim.messages().len(), base.sim.messages().len());
    assert_eq!(next.get(&access, "/2/users/me").await.status, 200);
    assert_eq!(next.post(&access, "kept").await.status, 403, "a duplicate");
    assert_eq!(next.refresh(&refresh).await.status, 200);
    assert_eq!(next.sim.undelivered(), base.sim.undelivered());
    std::fs::write(&file, "{}").unwrap();
    assert!(next.sim.load(&file).is_err());
}
