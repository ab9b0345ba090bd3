//! Tests of X's rules over real HTTP.

mod support;

use birdcall_sim::{Fault, FaultAction, Preset, UserOptions};
use serde_json::json;
use support::{VERIFIER, world};

#[tokio::test]
async fn a_code_needs_the_verifier_of_its_challenge() {
    let world = world().await;
    let code = world.code("ada").await;
    let wrong = world
        .exchange(&code, "another-verifier-another-verifier-another-ver")
        .await;
    assert_eq!(
        (wrong.status, wrong.json["error"].as_str()),
        (400, Some("invalid_request"))
    );
    let answer = world.exchange(&world.code("ada").await, VERIFIER).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json["token_type"], "bearer");
    assert_eq!(answer.json["expires_in"], 7200);
    assert_eq!(answer.json["scope"], support::SCOPES);
}

#[tokio::test]
async fn a_code_expires_after_30_seconds_and_works_once() {
    let world = world().await;
    let late = world.code("ada").await;
    world.advance(30);
    let answer = world.exchange(&late, VERIFIER).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json["error_description"],
        "Value passed for the authorization code was invalid."
    );
    let code = world.code("ada").await;
    let first = world.exchange(&code, VERIFIER).await;
    let token = first.json["access_token"].as_str().unwrap();
    assert_eq!(world.get(token, "/2/users/me").await.status, 200);
    assert_eq!(world.exchange(&code, VERIFIER).await.status, 400);
    assert_eq!(world.get(token, "/2/users/me").await.status, 401);
    assert_eq!(world.sim.counters().reused_codes, 1);
}

#[tokio::test]
async fn a_confidential_client_must_send_the_basic_header() {
    let world = world().await;
    let url = format!("{}/2/oauth2/token", world.sim.url());
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("client_id", "y"),
    ];
    let answer = world.send(world.http.post(url).form(&form)).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.json,
        json!({"error": "unauthorized_client", "error_description": "Missing valid authorization header"})
    );
}

#[tokio::test]
async fn the_authorization_page_never_redirects_a_request_it_cannot_trust() {
    let world = world().await;
    let page = world.http.get(world.authorize_url()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Authorize app"));
    let bad = world.authorize_url().replace("callback", "elsewhere");
    assert_eq!(world.http.get(bad).send().await.unwrap().status(), 400);
    let url = url::Url::parse(&world.authorize_url()).unwrap();
    let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    form.push(("username".to_owned(), "ada".to_owned()));
    let post = |decision: &str| {
        let mut form = form.clone();
        form.push(("decision".to_owned(), decision.to_owned()));
        let url = format!("{}/i/oauth2/authorize", world.sim.url());
        world.send(world.http.post(url).form(&form))
    };
    let allowed = post("allow").await;
    assert_eq!(allowed.status, 303);
    assert!(allowed.headers["location"].contains("?state=the-state&code="));
    let refused = post("cancel").await;
    assert!(refused.headers["location"].ends_with("?error=access_denied&state=the-state"));
    let denied = world.sim.deny(&world.authorize_url()).await;
    assert!(denied.ends_with("?error=access_denied&state=the-state"));
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reusing_one_revokes_the_grant() {
    let world = world().await;
    let (access, refresh) = world.sign_in("ada").await;
    let second = world.refresh(&refresh).await;
    assert_eq!(second.status, 200);
    let new_access = second.json["access_token"].as_str().unwrap();
    let new_refresh = second.json["refresh_token"].as_str().unwrap();
    assert_eq!(world.get(&access, "/2/users/me").await.status, 200);
    assert_eq!(world.get(new_access, "/2/users/me").await.status, 200);
    let spent = world.refresh(&refresh).await;
    assert_eq!(spent.status, 400);
    assert_eq!(
        spent.json,
        json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."})
    );
    assert_eq!(world.sim.counters().reused_refresh_tokens, 1);
    assert_eq!(world.get(new_access, "/2/users/me").await.status, 401);
    assert_eq!(world.refresh(new_refresh).await.status, 400);
}

#[tokio::test]
async fn a_second_chance_risks_nothing_and_a_reuse_does() {
    // Nothing was exchanged: the request was lost. The same token works.
    let world = world().await;
    let (_, refresh) = world.sign_in("ada").await;
    let lost = Fault::new("x.token", FaultAction::DropBefore).times(1);
    world.sim.fault(lost);
    world.refresh_lost(&refresh).await;
    assert_eq!(world.refresh(&refresh).await.status, 200);

    // The answer was lost. While the first access token is valid, a second try risks it.
    for (waited, reused, second_chances) in [(7199, 1, 0), (7200, 0, 1)] {
        let world = self::world().await;
        let (access, refresh) = world.sign_in("ada").await;
        let lost = Fault::new("x.token", FaultAction::DropAfter).times(1);
        world.sim.fault(lost);
        world.refresh_lost(&refresh).await;
        assert_eq!(world.get(&access, "/2/users/me").await.status, 200);
        world.advance(waited);
        assert_eq!(world.refresh(&refresh).await.status, 400);
        let counters = world.sim.counters();
        assert_eq!(counters.reused_refresh_tokens, reused, "{waited} s");
        assert_eq!(counters.second_chances, second_chances, "{waited} s");
        assert_eq!(counters.refused_refresh_tokens, 1);
        assert_eq!(world.get(&access, "/2/users/me").await.status, 401);
    }

    // The app got the new pair. It cannot have forgotten it at once.
    for (waited, reused, second_chances) in [(2, 1, 0), (3, 0, 1)] {
        let world = self::world().await;
        let (_, refresh) = world.sign_in("ada").await;
        world.advance(7200);
        assert_eq!(world.refresh(&refresh).await.status, 200);
        world.advance(waited);
        assert_eq!(world.refresh(&refresh).await.status, 400);
        let counters = world.sim.counters();
        assert_eq!(counters.reused_refresh_tokens, reused, "{waited} s");
        assert_eq!(counters.second_chances, second_chances, "{waited} s");
    }
}

#[tokio::test]
async fn an_access_token_expires_after_two_hours() {
    let world = world().await;
    let (access, refresh) = world.sign_in("ada").await;
    world.advance(7199);
    let me = world
        .get(&access, "/2/users/me?user.fields=subscription_type")
        .await;
    assert_eq!(me.json["data"]["username"], "ada");
    assert_eq!(me.json["data"]["subscription_type"], "None");
    world.advance(1);
    let answer = world.get(&access, "/2/users/me").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(
        answer.json,
        json!({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"})
    );
    assert_eq!(world.refresh(&refresh).await.status, 200);
}

#[tokio::test]
async fn revoking_a_refresh_token_or_the_user_ends_all_tokens() {
    let world = world().await;
    let (access, refresh) = world.sign_in("ada").await;
    let url = format!("{}/2/oauth2/revoke", world.sim.url());
    let revoke = world
        .http
        .post(url)
        .basic_auth(
            &world.config.x_client_id,
            world.config.x_client_secret.as_deref(),
        )
        .form(&[("token", refresh.as_str())]);
    let answer = world.send(revoke).await;
    assert_eq!(
        (answer.status, answer.json),
        (200, json!({"revoked": true}))
    );
    assert_eq!(world.get(&access, "/2/users/me").await.status, 401);
    assert_eq!(world.refresh(&refresh).await.status, 400);
    let (access, refresh) = world.sign_in("ada").await;
    world.sim.revoke_user("Ada");
    assert_eq!(world.get(&access, "/2/users/me").await.status, 401);
    assert_eq!(world.refresh(&refresh).await.status, 400);
    assert_eq!(world.sim.counters().reused_refresh_tokens, 0);
}

#[tokio::test]
async fn a_user_cannot_repeat_a_post_until_it_is_deleted() {
    let world = world().await;
    let (token, _) = world.sign_in("ada").await;
    let first = world
        .post(&token, "hello & <b> https://example.com/x")
        .await;
    assert_eq!(first.status, 201);
    let text = first.json["data"]["text"].as_str().unwrap();
    assert!(
        text.starts_with("hello &amp; &lt;b&gt; https://t.co/"),
        "{text}"
    );
    let again = world
        .post(&token, "hello & <b> https://example.com/x")
        .await;
    assert_eq!(again.status, 403);
    assert_eq!(
        again.json,
        json!({"title": "Forbidden", "type": "about:blank", "status": 403,
               "detail": "You are not allowed to create a Tweet with duplicate content."})
    );
    let (other, _) = world.sign_in("bob").await;
    assert_eq!(
        world
            .post(&other, "hello & <b> https://example.com/x")
            .await
            .status,
        201
    );
    let id = first.json["data"]["id"].as_str().unwrap();
    let url = format!("{}/2/tweets/{id}", world.sim.url());
    let foreign = world
        .send(world.http.delete(&url).bearer_auth(&other))
        .await;
    assert_eq!(foreign.status, 403);
    let own = world
        .send(world.http.delete(&url).bearer_auth(&token))
        .await;
    assert_eq!(own.json, json!({"data": {"deleted": true}}));
    assert_eq!(
        world
            .post(&token, "hello & <b> https://example.com/x")
            .await
            .status,
        201
    );
    assert_eq!(world.sim.posts().len(), 2);
    assert_eq!(world.sim.all_posts().len(), 3);
}

#[tokio::test]
async fn a_post_that_breaks_a_rule_is_refused() {
    let world = world().await;
    let (token, _) = world.sign_in("ada").await;
    for (body, status, hint) in [
        (
            json!({"text": "日".repeat(141)}),
            400,
            "Your Tweet text is too long.",
        ),
        (json!({"text": "  "}), 400, "invalid"),
        (json!({"text": "a", "media_ids": []}), 400, "unknown field"),
        (json!({"text": "$AAPL and $TSLA"}), 403, "cashtag"),
        (
            json!({"text": "a", "media": {"media_ids": ["1"]}}),
            400,
            "Your media IDs are invalid.",
        ),
        (json!({"text": "a", "quote_tweet_id": "1"}), 403, "quote"),
    ] {
        let answer = world.send(world.post_request(&token, &body)).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(
            answer.json.to_string().contains(hint),
            "{body}: {}",
            answer.json
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    assert_eq!(world.post(&token, &"日".repeat(140)).await.status, 201);
    world.sim.set_user(
        "ada",
        UserOptions {
            premium: true,
            ..UserOptions::default()
        },
    );
    assert_eq!(world.post(&token, &"日".repeat(141)).await.status, 201);
    world.sim.set_user(
        "ada",
        UserOptions {
            locked: true,
            ..UserOptions::default()
        },
    );
    assert_eq!(world.post(&token, "locked").await.status, 403);
    let first = world.sim.posts()[0].id.clone();
    world.sim.set_user("ada", UserOptions::default());
    let reply = json!({"text": "more", "reply": {"in_reply_to_tweet_id": first}});
    assert_eq!(
        world.send(world.post_request(&token, &reply)).await.status,
        201
    );
}

#[tokio::test]
async fn a_rate_limit_counts_down_and_resets_after_15_minutes() {
    let world = world().await;
    world
        .sim
        .configure(|settings| settings.limits.posts_per_user = 2);
    let (token, _) = world.sign_in("ada").await;
    let first = world.post(&token, "1").await;
    assert_eq!(first.headers["x-rate-limit-limit"], "2");
    assert_eq!(first.headers["x-rate-limit-remaining"], "1");
    assert_eq!(
        first.headers["x-rate-limit-reset"],
        (1_795_366_800 + 900).to_string()
    );
    assert_eq!(first.headers["x-app-limit-24hour-remaining"], "9999");
    world.advance(60);
    world.post(&token, "2").await;
    let refused = world.post(&token, "3").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["x-rate-limit-remaining"], "0");
    assert_eq!(
        refused.headers["x-rate-limit-reset"],
        (1_795_366_800 + 900).to_string()
    );
    assert_eq!(refused.json["title"], "Too Many Requests");
    world.advance(840);
    assert_eq!(world.post(&token, "3").await.status, 201);
}

#[tokio::test]
async fn the_timeline_is_paged_and_filtered() {
    let world = world().await;
    let (token, _) = world.sign_in("ada").await;
    let id = world.sim.user("ada").id;
    let path = |query: &str| format!("/2/users/{id}/tweets?{query}");
    let empty = world.get(&token, &path("max_results=5")).await;
    assert_eq!(empty.json, json!({"meta": {"result_count": 0}}));
    for number in 0..7 {
        let answer = world
            .post(&token, &format!("{number} & example.com/{number}"))
            .await;
        assert_eq!(answer.status, 201);
        world.advance(10);
    }
    let page = world
        .get(
            &token,
            &path("max_results=5&tweet.fields=created_at,entities"),
        )
        .await;
    assert_eq!(page.json["meta"]["result_count"], 5);
    let newest = &page.json["data"][0];
    assert_eq!(newest["created_at"], "2026-11-22T17:01:00.000Z");
    let url = &newest["entities"]["urls"][0];
    assert_eq!(url["expanded_url"], "http://example.com/6");
    let text = newest["text"].as_str().unwrap();
    assert!(text.starts_with("6 &amp; https://t.co/"));
    let range = |name: &str| usize::try_from(url[name].as_u64().unwrap()).unwrap();
    assert_eq!(
        &text[range("start")..range("end")],
        url["url"].as_str().unwrap()
    );
    let next = page.json["meta"]["next_token"].as_str().unwrap();
    let rest = world
        .get(
            &token,
            &path(&format!("max_results=5&pagination_token={next}")),
        )
        .await;
    assert_eq!(rest.json["meta"]["result_count"], 2);
    assert!(rest.json["meta"].get("next_token").is_none());
    let since = world
        .get(&token, &path("start_time=2026-11-22T17:00:50.500Z"))
        .await;
    assert_eq!(since.json["meta"]["result_count"], 2);
    let posts = world.sim.posts();
    let after = world
        .get(&token, &path(&format!("since_id={}", posts[4].id)))
        .await;
    assert_eq!(after.json["meta"]["result_count"], 2);
    assert_eq!(world.get(&token, &path("max_results=4")).await.status, 400);
    assert_eq!(world.get(&token, &path("surprise=1")).await.status, 400);
    world
        .sim
        .configure(|settings| settings.visibility_lag_ms = 15_000);
    let lagging = world.get(&token, &path("max_results=100")).await;
    assert_eq!(lagging.json["meta"]["result_count"], 6);
}

#[tokio::test]
async fn a_dropped_answer_is_a_transport_error_although_the_post_exists() {
    let world = world().await;
    let (token, _) = world.sign_in("ada").await;
    world.sim.fault(Fault::preset(Preset::XDropAfter).times(1));
    let result = world
        .post_request(&token, &json!({"text": "hello"}))
        .send()
        .await;
    let error = result.expect_err("the connection is cut before the answer");
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    assert_eq!(world.sim.posts().len(), 1);
    world
        .sim
        .fault(Fault::new("x.create_post", FaultAction::DropBefore).times(1));
    assert!(
        world
            .post_request(&token, &json!({"text": "other"}))
            .send()
            .await
            .is_err()
    );
    assert_eq!(world.sim.posts().len(), 1);
    assert_eq!(world.post(&token, "other").await.status, 201);
    let log = world.sim.requests();
    let posts: Vec<_> = log
        .iter()
        .filter(|r| r.endpoint == "x.create_post")
        .collect();
    assert_eq!(posts[0].faulted.as_deref(), Some("drop_after"));
    assert_eq!(posts[0].status, None);
    assert_eq!(posts[2].status, Some(201));
    assert_eq!(posts[2].params, json!({"text": "other"}));
}

#[tokio::test]
async fn a_fault_follows_its_count_its_match_and_its_preset() {
    let world = world().await;
    let (token, _) = world.sign_in("ada").await;
    let url = format!("{}/sim/faults", world.sim.url());
    let body = json!({"preset": "x_credits_depleted", "count": 1, "matches": "money"});
    assert_eq!(
        world.send(world.http.post(&url).json(&body)).await.status,
        201
    );
    assert_eq!(world.post(&token, "hello").await.status, 201);
    let answer = world.post(&token, "money").await;
    assert_eq!(
        (answer.status, answer.json["title"].as_str()),
        (402, Some("CreditsDepleted"))
    );
    let body = json!({"endpoint": "x.*", "action": {"answer_after": {"status": 500, "body": "<html>"}}, "count": 1});
    assert_eq!(
        world.send(world.http.post(&url).json(&body)).await.status,
        201
    );
    assert_eq!(world.post(&token, "money").await.status, 500);
    assert_eq!(world.sim.posts().len(), 2);
    world
        .sim
        .fault(Fault::preset(Preset::XRateLimited).times(1));
    let limited = world.post(&token, "limited").await;
    assert_eq!(limited.status, 429);
    assert_eq!(
        limited.headers["x-rate-limit-reset"],
        (1_795_366_800 + 60).to_string()
    );
    assert!(world.sim.faults().is_empty());
}

#[tokio::test]
async fn media_are_uploaded_in_one_request_or_in_chunks() {
    let world = world().await;
    let (token, _) = world.sign_in("ada").await;
    let url = |path: &str| format!("{}/2/media/{path}", world.sim.url());
    let png = b"\x89PNG\r\n\x1a\n and more".to_vec();
    let part = reqwest::multipart::Part::bytes(png.clone()).file_name("a.png");
    let form = reqwest::multipart::Form::new()
        .part("media", part)
        .text("media_category", "tweet_image");
    let request = world
        .http
        .post(url("upload"))
        .bearer_auth(&token)
        .multipart(form);
    let answer = world.send(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let first = answer.json["data"]["id"].as_str().unwrap().to_owned();
    let body = json!({"total_bytes": png.len(), "media_type": "image/png", "media_category": "tweet_image"});
    let answer = world
        .send(
            world
                .http
                .post(url("upload/initialize"))
                .bearer_auth(&token)
                .json(&body),
        )
        .await;
    let second = answer.json["data"]["id"].as_str().unwrap().to_owned();
    for (index, chunk) in png.chunks(10).enumerate() {
        let form = reqwest::multipart::Form::new()
            .text("segment_index", index.to_string())
            .part("media", reqwest::multipart::Part::bytes(chunk.to_vec()));
        let append = world.http.post(url(&format!("upload/{second}/append")));
        assert_eq!(
            world
                .send(append.bearer_auth(&token).multipart(form))
                .await
                .status,
            200
        );
    }
    let body = json!({"text": "early", "media": {"media_ids": [second]}});
    assert_eq!(
        world.send(world.post_request(&token, &body)).await.status,
        400
    );
    let finalize = world
        .http
        .post(url(&format!("upload/{second}/finalize")))
        .bearer_auth(&token);
    let answer = world.send(finalize).await;
    assert!(
        answer.json["data"].get("processing_info").is_none(),
        "{answer:?}"
    );
    let alt = json!({"id": first, "metadata": {"alt_text": {"text": "a picture"}}});
    let request = world
        .http
        .post(url("metadata"))
        .bearer_auth(&token)
        .json(&alt);
    assert_eq!(world.send(request).await.json["data"]["id"], first.as_str());
    let (other, _) = world.sign_in("bob").await;
    let body = json!({"media": {"media_ids": [first, second]}});
    assert_eq!(
        world.send(world.post_request(&other, &body)).await.status,
        400
    );
    assert_eq!(
        world.send(world.post_request(&token, &body)).await.status,
        201
    );
    world.advance(86_400);
    let (token, _) = world.sign_in("ada").await;
    assert_eq!(
        world.send(world.post_request(&token, &body)).await.status,
        400
    );
}
