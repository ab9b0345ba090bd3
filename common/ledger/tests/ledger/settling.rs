//! What became of a text is written at once, or not at all.

use birdcall_domain::{
    reply::NewReply,
    text::{DoubtfulCall, Effect, Pause, Reason, Settlement, TextState, Unauthorized},
};
use birdcall_ledger::{
    LedgerError,
    texts::{Settled, TextOutcome},
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    text_work::word,
    values::{
        ALICE, BACKOFF, BOB, HORIZON, LEASE, NOW, doubts, ends, only, publishes, reply, seconds,
        sid, waits,
    },
};

on_both_engines!(
    settling_writes_everything_at_once,
    a_call_keeps_the_x_account_that_it_was_made_with,
    a_second_reply_with_the_same_id_is_the_same_reply,
    a_text_that_is_still_open_wakes_no_other,
    a_text_is_settled_once,
    a_worker_without_the_lease_settles_nothing,
    one_of_two_simultaneous_settlements_is_written,
    a_proof_of_publication_is_written_without_the_lease,
    a_proof_of_publication_ends_the_search,
    a_proof_is_written_whatever_became_of_the_text,
    a_proof_that_contradicts_what_was_told_is_told,
    a_proof_for_an_earlier_attempt_is_not_written,
    one_post_is_never_two_texts,
    a_known_post_is_found_by_its_id,
    settling_disconnects_the_account_by_version,
    an_owner_who_signed_in_before_the_settling_is_not_asked_again,
);

fn with_reply(id: &str, body: &str) -> NewReply {
    NewReply {
        text_sid: Some(sid(1)),
        ..reply(id, ALICE, body)
    }
}

async fn a_call_keeps_the_x_account_that_it_was_made_with(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let calls = async || ledger.doubtful_calls(&sid(1)).await.unwrap();
    assert_eq!(calls().await, []);
    let call = |at| DoubtfulCall {
        started_at: at,
        x_user_id: Some("2244994945".to_owned()),
    };
    let then = NOW + seconds(60);
    for (at, outcome, expected) in [
        // Only a refused call is there.
        (NOW, Some("rejected"), vec![call(NOW)]),
        // A call whose outcome is unknown counts alone.
        (then, None, vec![call(then)]),
    ] {
        ledger.hold(1, "w", at).await;
        ledger.arm(1, "w", at).await;
        ledger
            .run(&format!(
                "UPDATE attempts SET outcome = {} WHERE started_at = {}",
                outcome.map_or("NULL".to_owned(), |word| format!("'{word}'")),
                at.0
            ))
            .await;
        ledger
            .run(&format!(
                "UPDATE texts SET lease_owner = NULL, lease_until = NULL, next_attempt_at = {}",
                at.0
            ))
            .await;
        assert_eq!(calls().await, expected);
    }
    // An older program does not say which account it was.
    ledger.run("UPDATE attempts SET x_user_id = NULL").await;
    assert_eq!(calls().await[0].x_user_id, None);
}

async fn settling_writes_everything_at_once(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    let held = ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await;
    let (soon, then) = (NOW + seconds(2), NOW + seconds(60));
    let settlement = Settlement {
        failures: 1,
        checks: 2,
        doubted: true,
        unauthorized: Some(Unauthorized {
            last: NOW + seconds(1),
            ..Unauthorized::first(7, NOW)
        }),
        deadline_at: NOW + seconds(90),
        ..waits(Reason::Outage, then)
    };
    let outcome = TextOutcome {
        attempt: Some(("not_sent", Some("not processed: HTTP 503".to_owned()))),
        reply: Some(with_reply("late", "Still trying.")),
        ..only(&settlement)
    };
    assert!(ledger.settle(&held.text, "w", outcome, soon).await.unwrap());

    assert_eq!(ledger.standing(1).await, "waiting outage");
    let row = ledger.text(1).await;
    assert_eq!((row.failures, row.checks, row.doubted), (1, 2, 1));
    let refused = row.unauthorized.expect("the refusals");
    assert_eq!(
        (refused.version, refused.since, refused.last),
        (7, NOW, NOW + seconds(1))
    );
    assert_eq!(row.deadline_at, (NOW + seconds(90)).0);
    assert_eq!(row.next_attempt_at, Some(then.0));
    assert_eq!(
        (row.lease_owner, row.lease_until, row.claims),
        (None, None, 0)
    );
    assert_eq!(row.error.as_deref(), Some("not processed: HTTP 503"));
    let attempts = ledger.attempts(1).await;
    assert_eq!(attempts[0].outcome.as_deref(), Some("not_sent"));
    assert_eq!(attempts[0].ended_at, Some(soon));
    assert_eq!(ledger.reply("late").await.body, "Still trying.");
    // The reply goes out at once. The text is tried again at its time.
    assert_eq!(ledger.take_jobs(soon).await, ["reply late"]);
    assert!(ledger.take_jobs(then - seconds(1)).await.is_empty());
    assert_eq!(ledger.take_jobs(then).await, [format!("tweet {}", sid(1))]);

    // The error is forgotten when the text is over. The post is not.
    let held = ledger.hold(1, "v", then).await;
    let published = publishes("1234567890");
    assert!(
        ledger
            .settle(&held.text, "v", only(&published), then)
            .await
            .unwrap()
    );
    let row = ledger.text(1).await;
    assert_eq!(
        (row.post_id.as_deref(), row.published_at),
        (Some("1234567890"), Some(then.0))
    );
    assert_eq!((row.error, row.next_attempt_at), (None, None));
}

async fn a_second_reply_with_the_same_id_is_the_same_reply(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    for body in ["the first", "the second"] {
        let held = ledger.hold(1, "w", NOW).await;
        let settlement = waits(Reason::Money, NOW);
        let outcome = TextOutcome {
            reply: Some(with_reply("notice", body)),
            ..only(&settlement)
        };
        assert!(ledger.settle(&held.text, "w", outcome, NOW).await.unwrap());
    }
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 1);
    assert_eq!(ledger.reply("notice").await.body, "the first");
    let tweet = format!("tweet {}", sid(1));
    assert_eq!(
        ledger.take_jobs(NOW).await,
        ["reply notice", &tweet, &tweet]
    );
}

async fn a_text_that_is_still_open_wakes_no_other(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    ledger.take_jobs(NOW).await;
    let then = NOW + seconds(60);
    ledger.settle_as(1, &waits(Reason::Outage, then), NOW).await;
    assert!(ledger.take_jobs(NOW).await.is_empty());
    ledger.settle_as(1, &doubts(Some(then)), then).await;
    assert_eq!(ledger.standing(2).await, "waiting order");
    // Its job from before is there, and the one that looks it up.
    let tweet = format!("tweet {}", sid(1));
    assert_eq!(ledger.take_jobs(then).await, [tweet.clone(), tweet]);
}

async fn a_text_is_settled_once(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let held = ledger.hold(1, "w", NOW).await;
    let refused = ends(TextState::Refused);
    assert!(
        ledger
            .settle(&held.text, "w", only(&refused), NOW)
            .await
            .unwrap()
    );
    let failed = ends(TextState::Failed);
    assert!(
        !ledger
            .settle(&held.text, "w", only(&failed), NOW)
            .await
            .unwrap()
    );
    assert_eq!(ledger.standing(1).await, "refused");
}

async fn a_worker_without_the_lease_settles_nothing(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    let slow = ledger.hold(1, "slow", NOW).await;
    ledger.arm(1, "slow", NOW).await;
    let over = NOW + LEASE;
    let quick = ledger.hold(1, "quick", over).await;
    assert_eq!(word(&ledger.claim(2, "w", over).await), "blocked");
    ledger.take_jobs(over).await;

    let account = ledger.linked(ALICE).await;
    let settlement = Settlement {
        pause: Some(Pause {
            reason: Reason::Money,
            until: None,
        }),
        ..waits(Reason::Money, over)
    };
    let outcome = TextOutcome {
        attempt: Some(("payment_required", None)),
        reply: Some(with_reply("notice", "Out of credit.")),
        disconnect: Some((&account.id, 1)),
        ..only(&settlement)
    };
    assert!(
        !ledger
            .settle(&slow.text, "slow", outcome, over)
            .await
            .unwrap()
    );

    assert_eq!(ledger.standing(1).await, "publishing");
    assert_eq!(ledger.text(1).await.lease_owner.as_deref(), Some("quick"));
    assert_eq!(ledger.attempts(1).await[0].outcome, None);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 0);
    assert!(ledger.pauses().await.unwrap().is_empty());
    assert_eq!(ledger.account(&account.id).await.state, "active");
    assert!(ledger.take_jobs(over + HORIZON).await.is_empty());

    let doubt = doubts(Some(over));
    assert!(
        ledger
            .settle(&quick.text, "quick", only(&doubt), over)
            .await
            .unwrap()
    );
}

async fn one_of_two_simultaneous_settlements_is_written(ledger: TestLedger) {
    let other = ledger.another().await;
    for number in 1..=10 {
        ledger.post(number, ALICE).await;
        ledger.hold(number, "w", NOW).await;
        let lease = ledger.lease(&sid(number), "w");
        let (refused, failed) = (ends(TextState::Refused), ends(TextState::Failed));
        let (refused, failed) = (only(&refused), only(&failed));
        let (one, two) = tokio::join!(
            ledger.settle_text(&lease, &refused, NOW),
            other.settle_text(&lease, &failed, NOW),
        );
        let both = [one.unwrap(), two.unwrap()];
        assert!(both.contains(&Settled::Written), "{both:?}");
        assert!(both.contains(&Settled::LeaseLost), "{both:?}");
    }
}

async fn a_proof_of_publication_is_written_without_the_lease(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let slow = ledger.hold(1, "slow", NOW).await;
    assert_eq!(ledger.arm(1, "slow", NOW).await, Some(1));
    let over = NOW + LEASE;
    let quick = ledger.hold(1, "quick", over).await;

    let published = publishes("100");
    let outcome = TextOutcome {
        attempt: Some(("published", None)),
        reply: Some(with_reply("final", "Tweeted.")),
        ..only(&published)
    };
    let settled = ledger.settle(&slow.text, "slow", outcome, over);
    assert!(settled.await.unwrap());
    assert_eq!(ledger.standing(1).await, "published");
    assert_eq!(
        ledger.attempts(1).await[0].outcome.as_deref(),
        Some("published")
    );

    let doubt = doubts(Some(over));
    assert!(
        !ledger
            .settle(&quick.text, "quick", only(&doubt), over)
            .await
            .unwrap()
    );
    assert_eq!(ledger.standing(1).await, "published");
    assert_eq!(ledger.arm(1, "quick", over).await, None);
}

async fn a_proof_of_publication_ends_the_search(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let slow = ledger.hold(1, "slow", NOW).await;
    assert_eq!(ledger.arm(1, "slow", NOW).await, Some(1));
    let over = NOW + LEASE;
    ledger
        .settle_as(1, &doubts(Some(over + seconds(5))), over)
        .await;
    assert_eq!(ledger.standing(1).await, "in_doubt");

    let published = publishes("100");
    let settled = ledger.settle(&slow.text, "slow", only(&published), over);
    assert!(settled.await.unwrap());
    assert_eq!(ledger.standing(1).await, "published");
    assert_eq!(ledger.text(1).await.next_attempt_at, None);
}

async fn a_proof_is_written_whatever_became_of_the_text(ledger: TestLedger) {
    let back = Settlement {
        doubted: true,
        next_attempt_at: Some(NOW + LEASE),
        ..ends(TextState::Received)
    };
    let over = NOW + LEASE;
    for (number, became, standing) in [
        (1, back.clone(), "received"),
        (2, waits(Reason::Money, over + seconds(60)), "waiting money"),
        (3, doubts(None), "in_doubt"),
        (4, ends(TextState::Failed), "failed"),
    ] {
        let from = format!("+1555123000{number}");
        ledger.post(number, &from).await;
        let slow = ledger.hold(number, "slow", NOW).await;
        assert_eq!(ledger.arm(number, "slow", NOW).await, Some(1));
        ledger.settle_as(number, &became, over).await;
        assert_eq!(ledger.standing(number).await, standing);
        // Another worker may have it in hand again.
        ledger.claim(number, "third", over).await;
        let published = publishes(&format!("10{number}"));
        let settled = ledger.settle(&slow.text, "slow", only(&published), over);
        assert!(settled.await.unwrap(), "{standing}");
        assert_eq!(ledger.standing(number).await, "published", "{standing}");
        assert_eq!(ledger.text(number).await.next_attempt_at, None);
    }
    // The worker that had the first one in hand may not post it.
    assert_eq!(ledger.arm(1, "third", over).await, None);
}

async fn a_proof_that_contradicts_what_was_told_is_told(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let slow = ledger.hold(1, "slow", NOW).await;
    assert_eq!(ledger.arm(1, "slow", NOW).await, Some(1));
    let over = NOW + LEASE;
    ledger.settle_as(1, &ends(TextState::Received), over).await;
    ledger
        .run(&format!("UPDATE texts SET next_attempt_at = {}", over.0))
        .await;
    // Its owner took it back in the meantime.
    assert!(ledger.carry_out(Effect::TakeBack(sid(1)), over).await);
    assert!(
        ledger
            .add_reply(&with_reply("final", "Not posted."), over)
            .await
            .unwrap()
    );

    let published = publishes("100");
    let outcome = TextOutcome {
        reply: Some(with_reply("final", "Tweeted.")),
        ..only(&published)
    };
    assert!(
        ledger
            .settle(&slow.text, "slow", outcome, over)
            .await
            .unwrap()
    );
    assert_eq!(ledger.reply("final:published").await.body, "Tweeted.");
    // It is on X, so a later \UNDO deletes it.
    assert_eq!(ledger.text(1).await.undone_at, None);
}

async fn a_proof_for_an_earlier_attempt_is_not_written(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let slow = ledger.hold(1, "slow", NOW).await;
    assert_eq!(ledger.arm(1, "slow", NOW).await, Some(1));
    let over = NOW + LEASE;
    ledger.hold(1, "quick", over).await;
    assert_eq!(ledger.arm(1, "quick", over).await, Some(2));
    let published = publishes("100");
    let settled = ledger.settle(&slow.text, "slow", only(&published), over);
    assert!(!settled.await.unwrap());
    assert_eq!(ledger.standing(1).await, "publishing");
}

async fn one_post_is_never_two_texts(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    ledger.post(2, BOB).await;
    ledger.post(3, BOB).await;
    let held = ledger.hold(2, "w", NOW).await;
    assert_eq!(ledger.arm(2, "w", NOW).await, Some(1));
    assert_eq!(word(&ledger.claim(3, "w", NOW).await), "blocked");
    ledger.take_jobs(NOW).await;

    let published = publishes("100");
    let outcome = TextOutcome {
        attempt: Some(("published", None)),
        reply: Some(reply("final", BOB, "Tweeted.")),
        ..only(&published)
    };
    let settled = ledger.settle(&held.text, "w", outcome, NOW).await;
    assert!(
        matches!(settled, Err(LedgerError::Inconsistent(_))),
        "{settled:?}"
    );

    assert_eq!(ledger.standing(2).await, "publishing");
    let row = ledger.text(2).await;
    assert_eq!(row.lease_owner.as_deref(), Some("w"));
    assert_eq!(row.post_id, None);
    assert_eq!(ledger.attempts(2).await[0].ended_at, None);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 0);
    assert_eq!(ledger.standing(3).await, "waiting order");
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());
}

async fn a_known_post_is_found_by_its_id(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    assert!(ledger.is_known_post("100", &sid(2)).await.unwrap());
    assert!(!ledger.is_known_post("100", &sid(1)).await.unwrap());
    assert!(!ledger.is_known_post("101", &sid(2)).await.unwrap());
}

async fn settling_disconnects_the_account_by_version(ledger: TestLedger) {
    let account = ledger.linked(ALICE).await;
    for (number, version, state) in [(1, 0, "active"), (2, 1, "needs_sign_in")] {
        ledger.post(number, ALICE).await;
        let held = ledger.hold(number, "w", NOW).await;
        let settlement = ends(TextState::Refused);
        let outcome = TextOutcome {
            disconnect: Some((&account.id, version)),
            backoff: BACKOFF,
            ..only(&settlement)
        };
        assert!(ledger.settle(&held.text, "w", outcome, NOW).await.unwrap());
        assert_eq!(ledger.account(&account.id).await.state, state);
    }
}

async fn an_owner_who_signed_in_before_the_settling_is_not_asked_again(ledger: TestLedger) {
    let account = ledger.linked(ALICE).await;
    let far = NOW + HORIZON;
    for (number, settlement, standing) in [
        (1, waits(Reason::SignIn, far), "received"),
        (
            2,
            Settlement {
                reason: Some(Reason::SignIn),
                ..doubts(Some(far))
            },
            "in_doubt",
        ),
    ] {
        ledger.post(number, ALICE).await;
        let held = ledger.hold(number, "w", NOW).await;
        ledger
            .ledger
            .disconnect_account(&account.id, account.token_version)
            .await
            .unwrap();
        // After the worker has seen that nobody is signed in, a web whose clock is behind signs the
        // owner in.
        let behind = NOW - seconds(5);
        ledger.link_at(ALICE, &account.id, "welcome", behind).await;
        ledger.take_jobs(far).await;
        let outcome = TextOutcome {
            reply: Some(with_reply("sign_in", "Please sign in again.")),
            ..only(&settlement)
        };
        let settled = ledger.settle(&held.text, "w", outcome, NOW).await;
        assert!(settled.unwrap());

        assert_eq!(ledger.standing(number).await, standing);
        let text = ledger.text(number).await;
        assert_eq!(text.next_attempt_at, Some(NOW.0));
        assert_eq!(text.deadline_at, held.text.deadline_at);
        let jobs = ledger.take_jobs(NOW).await;
        assert_eq!(jobs, [format!("tweet {}", sid(number))]);
        assert_eq!(ledger.words("SELECT id FROM replies").await, ["welcome"]);
        // It ends, so that it does not block the next one.
        ledger
            .settle_as(number, &publishes(&number.to_string()), NOW)
            .await;
    }
}
