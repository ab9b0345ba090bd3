//! Which links work, and how many texts about sign-ins a day has room for.

use std::sync::Arc;

use birdcall_domain::{
    clock::Timestamp,
    inbound::{Disposition, IgnoreReason},
    reply::{AboutSignIn, NewReply},
    sign_up::{DailyLimits, SignUpRule},
    unlinking::Unlinking,
};
use birdcall_ledger::{accounts::Link, inbox::Inbox, take_in::Receipt};

use crate::{
    authorizations::reply_with_link,
    engines::on_both_engines,
    ledger::{TestLedger, inbox_policy, operator},
    values::{ALICE, BOB, CAROL, HORIZON, NOW, inbound, pair, phone, reply, seconds},
};

on_both_engines!(
    a_link_works_once_it_is_texted_and_until_a_sign_in_works,
    a_dead_link_links_nothing,
    unlinking_ends_the_links_of_the_number,
    a_number_gets_a_few_texts_about_sign_ins_a_day,
    two_failures_at_once_do_not_share_the_last_place,
    failures_of_strangers_count_towards_the_limit_of_all,
    strangers_beyond_the_limit_of_a_day_are_recorded_and_not_answered,
    a_stranger_that_keeps_texting_does_not_use_up_the_answers_of_others,
    linked_numbers_are_not_strangers,
);

const DAY: u64 = 24 * 3600;

impl TestLedger {
    async fn works(&self, number: &str, issued_at: Timestamp) -> bool {
        let phone = phone(number);
        self.ledger.link_works(&phone, issued_at).await.unwrap()
    }

    async fn link_through(&self, id: &str, issued_at: Timestamp) -> bool {
        let link = Link {
            id,
            phone: &phone(ALICE),
            pair: &pair(id),
            x_user_id: "2244994945",
            x_handle: "birdcall",
            retry_horizon: HORIZON,
            state_hash: id,
            link_issued_at: Some(issued_at),
            reply: &reply(id, ALICE, "You are signed in."),
        };
        self.ledger.link_account(link, NOW).await.unwrap()
    }

    /// An inbox with these limits of a day.
    fn limited(&self, links_max: u32, strangers_max: u32) -> Inbox {
        let mut policy = inbox_policy(SignUpRule::Open);
        policy.writer.daily = DailyLimits {
            links_max,
            strangers_max,
        };
        Inbox::open(&self.ledger, Arc::new(self.clock.clone()), policy)
    }
}

fn failure(id: &str, number: &str, daily: DailyLimits) -> NewReply {
    NewReply {
        sign_in: Some(AboutSignIn::Failure),
        daily,
        ..reply(id, number, "Sign-in failed.")
    }
}

async fn a_link_works_once_it_is_texted_and_until_a_sign_in_works(ledger: TestLedger) {
    assert!(!ledger.works(ALICE, NOW).await);
    ledger.text_link(ALICE, NOW).await;
    ledger.text_link(ALICE, NOW + seconds(1)).await;
    ledger.text_link(BOB, NOW).await;
    assert!(ledger.works(ALICE, NOW).await);
    assert!(ledger.works(ALICE, NOW + seconds(1)).await);
    assert!(!ledger.works(ALICE, NOW + seconds(2)).await);
    assert!(ledger.link_through("one", NOW).await);
    assert!(!ledger.works(ALICE, NOW).await);
    assert!(!ledger.works(ALICE, NOW + seconds(1)).await);
    assert!(ledger.works(BOB, NOW).await, "Bob's link is not Alice's");
    ledger.text_link(ALICE, NOW + seconds(2)).await;
    assert!(ledger.works(ALICE, NOW + seconds(2)).await);
}

async fn a_dead_link_links_nothing(ledger: TestLedger) {
    ledger.text_link(ALICE, NOW).await;
    assert!(ledger.link_through("one", NOW).await);
    assert!(!ledger.link_through("two", NOW).await);
    let account = ledger.account_of(ALICE).await.unwrap().unwrap();
    assert_eq!(account.id, "one");
    let told = ledger
        .words("SELECT id FROM replies WHERE sign_in = 0")
        .await;
    assert_eq!(told, ["one"]);
}

async fn unlinking_ends_the_links_of_the_number(ledger: TestLedger) {
    ledger.link(ALICE, "account", "welcome").await;
    ledger.text_link(ALICE, NOW + seconds(1)).await;
    let unlinked = ledger.unlink(&phone(ALICE), operator("audit"), NOW).await;
    assert_ne!(unlinked.unwrap(), Unlinking::NotLinked);
    assert!(!ledger.works(ALICE, NOW + seconds(1)).await);
}

async fn a_number_gets_a_few_texts_about_sign_ins_a_day(ledger: TestLedger) {
    ledger.link(ALICE, "account", "welcome").await;
    let daily = DailyLimits {
        links_max: 3,
        strangers_max: 0,
    };
    let link = |id: &str, number: &str, at| NewReply {
        daily,
        ..reply_with_link(id, number, at)
    };
    let later = NOW + seconds(DAY);
    for (new, at, written) in [
        (link("1", ALICE, NOW), NOW, true),
        (failure("2", ALICE, daily), NOW, true),
        (link("3", ALICE, NOW), NOW + seconds(1), true),
        (link("4", ALICE, NOW), NOW + seconds(2), false),
        (failure("5", ALICE, daily), NOW + seconds(2), false),
        (link("6", BOB, NOW), NOW + seconds(2), true),
        (reply("7", ALICE, "no link"), NOW + seconds(2), true),
        (failure("8", ALICE, daily), later, true),
        (failure("9", ALICE, daily), later, true),
        (failure("10", ALICE, daily), later, false),
        (failure("11", ALICE, daily), later + seconds(1), true),
    ] {
        let added = ledger.add_reply(&new, at).await.unwrap();
        assert_eq!(added, written, "{}", new.id);
    }
}

async fn two_failures_at_once_do_not_share_the_last_place(ledger: TestLedger) {
    ledger.link(ALICE, "account", "welcome").await;
    let other = ledger.another().await;
    let daily = DailyLimits {
        links_max: 1,
        strangers_max: 0,
    };
    let (one, two) = (failure("one", ALICE, daily), failure("two", ALICE, daily));
    let (one, two) = tokio::join!(ledger.add_reply(&one, NOW), other.add_reply(&two, NOW));
    assert_ne!(one.unwrap(), two.unwrap());
}

async fn failures_of_strangers_count_towards_the_limit_of_all(ledger: TestLedger) {
    let daily = DailyLimits {
        links_max: 5,
        strangers_max: 2,
    };
    for (id, number, written) in [
        ("1", ALICE, true),
        ("2", BOB, true),
        ("3", CAROL, false),
        ("4", ALICE, false),
    ] {
        let added = ledger.add_reply(&failure(id, number, daily), NOW).await;
        assert_eq!(added.unwrap(), written, "{id}");
    }
    let inbox = ledger.limited(5, 2);
    let receipt = inbox.receive(inbound(1, CAROL, "hello?")).await.unwrap();
    let ignored = Disposition::Ignore(IgnoreReason::TooManyStrangers);
    assert_eq!(receipt, Receipt::New(ignored));
}

async fn strangers_beyond_the_limit_of_a_day_are_recorded_and_not_answered(ledger: TestLedger) {
    let inbox = ledger.limited(5, 3);
    for (number, from, body, expected) in [
        (1, "+15551230011", "hello?", "received"),
        (2, "+15551230012", r"\STOP", "received"),
        (3, "+15551230013", "STOP", "ignored keyword"),
        (4, "+15551230014", "hello?", "received"),
        (5, "+15551230015", "hello?", "ignored too_many_strangers"),
        (6, "+15551230011", r"\STOP", "ignored too_many_strangers"),
    ] {
        inbox.receive(inbound(number, from, body)).await.unwrap();
        assert_eq!(ledger.standing(number).await, expected, "{number}");
    }
    // Twilio's webhook comes twice, and the text is the same.
    inbox
        .receive(inbound(1, "+15551230011", "hello?"))
        .await
        .unwrap();
    ledger.clock.advance(seconds(DAY));
    for (number, expected) in [
        (7, "received"),
        (8, "received"),
        (9, "received"),
        (10, "ignored too_many_strangers"),
    ] {
        let from = format!("+155512300{number:02}");
        inbox
            .receive(inbound(number, &from, "hello?"))
            .await
            .unwrap();
        assert_eq!(ledger.standing(number).await, expected, "{number}");
    }
    let counted = "SELECT COUNT(*) FROM stranger_texts";
    assert_eq!(ledger.number(counted).await, 3, "older ones are forgotten");
}

async fn a_stranger_that_keeps_texting_does_not_use_up_the_answers_of_others(ledger: TestLedger) {
    let inbox = ledger.limited(2, 4);
    for (number, expected) in [
        (1, "received"),
        (2, "received"),
        (3, "ignored too_many_links"),
        (4, "ignored too_many_links"),
        (5, "ignored too_many_links"),
    ] {
        inbox
            .receive(inbound(number, ALICE, "hello?"))
            .await
            .unwrap();
        assert_eq!(ledger.standing(number).await, expected, "{number}");
    }
    inbox.receive(inbound(6, BOB, "hello?")).await.unwrap();
    assert_eq!(ledger.standing(6).await, "received");
}

async fn linked_numbers_are_not_strangers(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let inbox = ledger.limited(0, 0);
    for (number, body) in [(1, "hello"), (2, r"\undo")] {
        inbox.receive(inbound(number, ALICE, body)).await.unwrap();
        assert_eq!(ledger.standing(number).await, "received", "{body}");
    }
}
