//! Forgetting: what `\STOP` deletes, and when the last trace of the number goes.

use birdcall_domain::{
    account::Revocation,
    inbound::Disposition,
    reply::{NewReply, Purpose, ReplyState, Settlement, StatusUpdate},
    text::{Effect, Reason},
};
use birdcall_ledger::{
    take_in::Receipt,
    texts::{Settled, TextOutcome},
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    reply_work::{became, sent},
    text_work::word,
    values::{
        ALICE, BOB, HORIZON, NOW, done_with, doubts, inbound, only, publishes, reply, sid, waits,
    },
};

on_both_engines!(
    forgetting_deletes_everything_but_the_sids,
    a_text_that_follows_the_stop_is_treated_as_a_new_numbers,
    a_forgotten_text_is_not_brought_back_by_its_worker,
    nothing_names_the_number_after_the_goodbye,
    nothing_names_the_number_after_a_goodbye_that_failed,
    a_goodbye_that_a_callback_proved_is_forgotten_by_the_sweep,
    an_opt_out_outlives_the_goodbye,
);

/// Settles Alice's `\STOP`, which is in hand.
async fn settle_stop(ledger: &TestLedger, number: u32, goodbye: Option<NewReply>) {
    let account = ledger.account_of(ALICE).await.unwrap();
    let forgets = done_with(Effect::Forget {
        audit_id: "deed".to_owned(),
        revocation: Revocation::NotAnswered,
        revoked: account.map(|account| (account.id, account.token_version)),
    });
    let outcome = TextOutcome {
        reply: goodbye,
        ..only(&forgets)
    };
    let settled = ledger.try_to_settle(number, "stop", outcome, NOW).await;
    assert_eq!(settled, Settled::Written);
}

/// The confirmation of Alice's `\STOP`.
fn goodbye(number: u32) -> Option<NewReply> {
    Some(NewReply {
        text_sid: Some(sid(number)),
        purpose: Purpose::Goodbye,
        ..reply("goodbye", ALICE, "Your data is deleted.")
    })
}

/// Carries out Alice's `\STOP` as a worker does. The confirmation is left to be sent.
pub(crate) async fn stop(ledger: &TestLedger, number: u32) {
    ledger.command(number, ALICE).await;
    ledger.hold(number, "stop", NOW).await;
    settle_stop(ledger, number, goodbye(number)).await;
}

/// Sends the confirmation.
async fn send_goodbye(ledger: &TestLedger) {
    ledger.arm_reply("goodbye", "w", NOW).await;
    assert!(ledger.settle_reply("goodbye", "w", &sent("SM1"), NOW).await);
}

/// The tables that name the number.
async fn traces(ledger: &TestLedger, number: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (table, column) in [
        ("accounts", "phone"),
        ("authorizations", "phone"),
        ("texts", "phone"),
        ("texts", "service_number"),
        ("replies", "phone"),
        ("lanes", "phone"),
        ("audit", "subject"),
        ("audit", "detail"),
    ] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{number}'");
        if ledger.number(&sql).await > 0 {
            found.push(table);
        }
    }
    found
}

async fn forgetting_deletes_everything_but_the_sids(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await;
    let text = ledger.text(1).await;
    let published = publishes("100");
    let outcome = TextOutcome {
        reply: Some(reply("final", ALICE, "Tweeted.")),
        ..only(&published)
    };
    assert!(ledger.settle(&text, "w", outcome, NOW).await.unwrap());
    ledger.post(2, ALICE).await;
    ledger
        .settle_as(2, &waits(Reason::Money, NOW + HORIZON), NOW)
        .await;
    ledger.command(3, ALICE).await;
    ledger.post(4, BOB).await;

    ledger.hold(3, "stop", NOW).await;
    settle_stop(&ledger, 3, None).await;

    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
    for table in ["authorizations", "attempts", "replies"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(ledger.number(&sql).await, 0, "{table}");
    }
    for (number, standing) in [(1, "published"), (2, "refused undone")] {
        assert_eq!(ledger.standing(number).await, standing);
        let row = ledger.text(number).await;
        assert_eq!((row.phone.as_str(), row.body.as_str()), ("", ""));
        assert_eq!(row.service_number, "");
        assert_eq!((row.next_attempt_at, row.lease_owner), (None, None));
        // Twilio repeats its webhook: the text is not posted a second time.
        let again = ledger.receive(inbound(number, ALICE, "hello")).await;
        assert_eq!(again, Receipt::Known);
    }
    // The text that asked for it is settled with it. Its number stays until the goodbye is sent.
    assert_eq!(ledger.standing(3).await, "command");
    let asking = ledger.text(3).await;
    assert_eq!((asking.phone.as_str(), asking.lease_owner), (ALICE, None));
    // Another phone's texts are as they were.
    assert_eq!(ledger.text(4).await.phone, BOB);
    assert!(ledger.account_of(BOB).await.unwrap().is_some());
    let deeds = ledger.deeds(10).await.unwrap();
    assert_eq!((deeds.len(), deeds[0].action.as_str()), (1, "stop"));

    // A number that comes back is a new number.
    let back = ledger.receive(inbound(5, ALICE, "hello")).await;
    assert_eq!(back, Receipt::New(Disposition::SignIn));
}

async fn a_text_that_follows_the_stop_is_treated_as_a_new_numbers(ledger: TestLedger) {
    ledger.command(1, ALICE).await;
    ledger.hold(1, "stop", NOW).await;
    ledger.post(2, ALICE).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    ledger.take_jobs(NOW).await;
    settle_stop(&ledger, 1, None).await;
    // It is answered with the link, and what it says is not kept.
    let row = ledger.text(2).await;
    assert_eq!((row.kind.as_str(), row.body.as_str()), ("sign_in", ""));
    assert_eq!(
        (row.phone.as_str(), row.state.as_str()),
        (ALICE, "received")
    );
    assert_eq!(ledger.take_jobs(NOW).await, [format!("reauth {}", sid(2))]);
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "held");
}

async fn a_forgotten_text_is_not_brought_back_by_its_worker(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &waits(Reason::Outage, NOW), NOW).await;
    // A command overtakes a post that waits, and a worker takes the post up before it is done.
    ledger.command(2, ALICE).await;
    ledger.hold(2, "stop", NOW).await;
    let held = ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await;
    settle_stop(&ledger, 2, goodbye(2)).await;
    send_goodbye(&ledger).await;
    for settlement in [publishes("100"), doubts(Some(NOW))] {
        let outcome = TextOutcome {
            reply: Some(reply("final", ALICE, "Tweeted.")),
            ..only(&settlement)
        };
        assert!(!ledger.settle(&held.text, "w", outcome, NOW).await.unwrap());
    }
    assert_eq!(ledger.standing(1).await, "refused undone");
    assert_eq!(traces(&ledger, ALICE).await, Vec::<&str>::new());
}

async fn nothing_names_the_number_after_the_goodbye(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    stop(&ledger, 9).await;
    assert_eq!(
        traces(&ledger, ALICE).await,
        ["texts", "replies", "lanes"],
        "the goodbye is still to be sent"
    );
    send_goodbye(&ledger).await;
    assert_eq!(traces(&ledger, ALICE).await, Vec::<&str>::new());
    assert_eq!(ledger.text(9).await.body, "");
    let repeated = ledger.receive(inbound(9, ALICE, r"\stop")).await;
    assert_eq!(repeated, Receipt::Known);
    assert_eq!(word(&ledger.claim(9, "w", NOW + HORIZON).await), "nothing");
}

async fn nothing_names_the_number_after_a_goodbye_that_failed(ledger: TestLedger) {
    stop(&ledger, 9).await;
    ledger.arm_reply("goodbye", "w", NOW).await;
    let failed = became(ReplyState::Failed, None);
    let settled = ledger.settle_reply("goodbye", "w", &failed, NOW);
    assert!(settled.await);
    assert_eq!(traces(&ledger, ALICE).await, Vec::<&str>::new());
}

async fn a_goodbye_that_a_callback_proved_is_forgotten_by_the_sweep(ledger: TestLedger) {
    stop(&ledger, 9).await;
    ledger.arm_reply("goodbye", "w", NOW).await;
    ledger.forget_goodbyes().await.unwrap();
    assert_eq!(
        ledger.reply("goodbye").await.phone,
        ALICE,
        "it is being sent"
    );
    let update = StatusUpdate {
        sid: "SM1".to_owned(),
        status: "delivered".to_owned(),
        error_code: None,
    };
    let recorded = ledger.record_delivery(&update, Some("goodbye"), NOW).await;
    assert!(recorded.unwrap());
    let doubt = became(ReplyState::InDoubt, None);
    let settled = ledger.settle_reply("goodbye", "w", &doubt, NOW);
    assert!(!settled.await, "the callback has settled it");
    assert_eq!(ledger.reply("goodbye").await.phone, ALICE);
    ledger.forget_goodbyes().await.unwrap();
    assert_eq!(traces(&ledger, ALICE).await, Vec::<&str>::new());
    assert_eq!(ledger.reply("goodbye").await.state, "sent");
}

async fn an_opt_out_outlives_the_goodbye(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    ledger.receive(inbound(1, ALICE, "STOP")).await;
    stop(&ledger, 9).await;
    let found = ledger.claim_reply("goodbye", "w", NOW).await;
    assert_eq!(found, "opted out");
    let suppressed = Settlement {
        opted_out: true,
        ..became(ReplyState::Suppressed, None)
    };
    let settled = ledger.settle_reply("goodbye", "w", &suppressed, NOW);
    assert!(settled.await);
    // The number has to be known in order not to be texted.
    assert!(ledger.opted_out(ALICE).await);
    assert_eq!(traces(&ledger, ALICE).await, ["lanes"]);
}
