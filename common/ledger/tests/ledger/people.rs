//! People who may sign up because an operator said so, and their invitations.

use std::sync::Arc;

use birdcall_domain::{
    clock::Timestamp,
    inbound::{Disposition, IgnoreReason},
    people::{Allowing, Inviting, Note, Removal},
    reply::{NewReply, Purpose},
    sign_up::{DailyLimits, SignUpRule},
};
use birdcall_ledger::{
    audit::By,
    inbox::Inbox,
    people::{Invitation, NewPerson, PeopleFilter, Place, invitation_id},
    take_in::Receipt,
};

use crate::{
    authorizations::reply_with_link,
    engines::on_both_engines,
    forgetting::stop,
    ledger::{TestLedger, inbox_policy},
    reply_work::sent,
    values::{ALICE, BOB, CAROL, DAILY, NOW, inbound, phone, seconds},
};

on_both_engines!(
    an_allowed_number_is_answered_until_it_is_removed,
    allowing_a_number_twice_changes_at_most_its_note,
    a_blocked_number_is_neither_allowed_nor_invited,
    a_linked_number_that_is_removed_keeps_its_account,
    an_invitation_allows_a_number_and_texts_it_once,
    an_invitation_that_was_not_texted_may_be_repeated_at_once,
    an_invitation_counts_although_its_reply_is_too_old_to_be_kept,
    removing_a_number_takes_back_its_invitation_and_its_links,
    a_number_that_said_stop_is_not_invited,
    a_number_that_texted_our_stop_may_text_again_and_is_not_invited_until_it_signs_in,
    a_number_whose_stop_is_being_confirmed_is_not_invited,
    invitations_keep_to_the_limits_of_a_day,
    two_invitations_at_once_text_one_link,
    what_is_known_of_many_numbers_is_asked_for_at_once,
    people_are_listed_the_latest_first_page_by_page,
);

const DAY: u64 = 24 * 3600;

fn by(audit_id: &str) -> By<'_> {
    By {
        actor: "ada",
        reason: "a friend",
        audit_id,
    }
}

fn invitation(id: &str, number: &str, now: Timestamp) -> NewReply {
    NewReply {
        purpose: Purpose::Invitation,
        ..reply_with_link(&invitation_id(id), number, now)
    }
}

impl TestLedger {
    async fn allow(&self, number: &str, note: Option<&str>, id: &str) -> Allowing {
        let note: Option<Note> = note.map(|note| note.parse().unwrap());
        let person = NewPerson {
            id,
            phone: &phone(number),
            note: note.as_ref(),
        };
        self.allow_person(person, by(id), NOW).await.unwrap()
    }

    async fn take_off(&self, number: &str, id: &str) -> Removal {
        let phone = phone(number);
        self.remove_person(&phone, by(id), NOW).await.unwrap()
    }

    async fn invite_within(
        &self,
        number: &str,
        id: &str,
        daily: DailyLimits,
        now: Timestamp,
    ) -> Inviting {
        let reply = NewReply {
            daily,
            ..invitation(id, number, now)
        };
        let phone = phone(number);
        let invitation = Invitation {
            person: NewPerson {
                id,
                phone: &phone,
                note: None,
            },
            reply: &reply,
            again_after: seconds(DAY),
        };
        self.invite_person(invitation, by(id), now).await.unwrap()
    }

    async fn invite(&self, number: &str, id: &str, now: Timestamp) -> Inviting {
        self.invite_within(number, id, DAILY, now).await
    }

    /// An inbox whose settings admit nobody.
    fn closed(&self) -> Inbox {
        let policy = inbox_policy(SignUpRule::Allowlist(Vec::new()));
        Inbox::open(&self.ledger, Arc::new(self.clock.clone()), policy)
    }

    async fn deeds(&self) -> Vec<String> {
        self.words(
            "SELECT actor || ' ' || action || ' ' || subject || ': ' || detail FROM audit ORDER BY at, id",
        )
        .await
    }
}

async fn an_allowed_number_is_answered_until_it_is_removed(ledger: TestLedger) {
    let inbox = ledger.closed();
    let ignored = Receipt::New(Disposition::Ignore(IgnoreReason::NotInvited));
    let answered = Receipt::New(Disposition::SignIn);
    assert_eq!(
        inbox.receive(inbound(1, ALICE, "hello")).await.unwrap(),
        ignored
    );
    assert_eq!(
        ledger.allow(ALICE, Some("Ada"), "one").await,
        Allowing::Allowed
    );
    assert!(ledger.may_sign_up(&phone(ALICE)).await.unwrap());
    assert!(!ledger.may_sign_up(&phone(BOB)).await.unwrap());
    assert_eq!(
        inbox.receive(inbound(2, ALICE, "hello")).await.unwrap(),
        answered
    );
    assert_eq!(
        inbox.receive(inbound(3, BOB, "hello")).await.unwrap(),
        ignored
    );
    assert_eq!(ledger.take_off(ALICE, "two").await, Removal::Removed);
    assert!(!ledger.may_sign_up(&phone(ALICE)).await.unwrap());
    assert_eq!(
        inbox.receive(inbound(4, ALICE, "hello")).await.unwrap(),
        ignored
    );
    assert_eq!(ledger.take_off(ALICE, "three").await, Removal::NotListed);
    assert_eq!(
        ledger.deeds().await,
        [
            "ada allow +15*******01: may sign up from now on",
            "ada remove +15*******01: is off the list; it may sign up only if ALLOWED_NUMBERS or SIGNUP lets it",
        ]
    );
}

async fn allowing_a_number_twice_changes_at_most_its_note(ledger: TestLedger) {
    assert_eq!(ledger.allow(ALICE, None, "one").await, Allowing::Allowed);
    assert_eq!(
        ledger.allow(ALICE, None, "two").await,
        Allowing::AlreadyAllowed
    );
    assert_eq!(
        ledger.allow(ALICE, Some("Ada"), "three").await,
        Allowing::NoteChanged
    );
    assert_eq!(
        ledger.allow(ALICE, Some("Ada"), "four").await,
        Allowing::AlreadyAllowed
    );
    assert_eq!(
        ledger.allow(ALICE, None, "five").await,
        Allowing::AlreadyAllowed
    );
    let person = ledger.person_of(&phone(ALICE)).await.unwrap().unwrap();
    assert_eq!((person.id.as_str(), person.note.as_str()), ("one", "Ada"));
    assert_eq!(person.allowed_by, "ada");
    assert_eq!(ledger.deeds().await.len(), 2);
}

async fn a_blocked_number_is_neither_allowed_nor_invited(ledger: TestLedger) {
    let number = phone(ALICE);
    ledger
        .block_number(&number, by("block"), NOW)
        .await
        .unwrap();
    assert_eq!(ledger.allow(ALICE, None, "one").await, Allowing::Blocked);
    assert_eq!(ledger.invite(ALICE, "two", NOW).await, Inviting::Blocked);
    assert!(ledger.person_of(&number).await.unwrap().is_none());
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 0);
    assert_eq!(ledger.deeds().await.len(), 1);
    // A number that was allowed first is listed as blocked, and its invitation is not sent.
    assert_eq!(ledger.invite(BOB, "three", NOW).await, Inviting::Invited);
    ledger
        .block_number(&phone(BOB), by("again"), NOW)
        .await
        .unwrap();
    let person = ledger.person_of(&phone(BOB)).await.unwrap().unwrap();
    assert!(person.is_blocked);
    assert_eq!(ledger.reply("invitation:three").await.state, "suppressed");
}

async fn a_linked_number_that_is_removed_keeps_its_account(ledger: TestLedger) {
    ledger.allow(ALICE, None, "one").await;
    ledger.linked(ALICE).await;
    ledger.text_link(ALICE, NOW + seconds(1)).await;
    assert!(ledger.person("one").await.unwrap().unwrap().is_linked);
    assert_eq!(ledger.invite(ALICE, "two", NOW).await, Inviting::Linked);
    assert_eq!(
        ledger.take_off(ALICE, "three").await,
        Removal::RemovedAndLinked
    );
    assert!(ledger.account_of(ALICE).await.unwrap().is_some());
    let works = ledger.link_works(&phone(ALICE), NOW + seconds(1)).await;
    assert!(works.unwrap(), "it can sign in again");
    let receipt = ledger.closed().receive(inbound(1, ALICE, "hello")).await;
    assert_eq!(receipt.unwrap(), Receipt::New(Disposition::Post));
}

async fn an_invitation_allows_a_number_and_texts_it_once(ledger: TestLedger) {
    assert_eq!(ledger.invite(ALICE, "one", NOW).await, Inviting::Invited);
    assert!(ledger.may_sign_up(&phone(ALICE)).await.unwrap());
    assert!(ledger.link_works(&phone(ALICE), NOW).await.unwrap());
    let just_before = NOW + seconds(DAY - 1);
    for (id, now, expected) in [
        ("two", NOW, Inviting::InvitedBefore),
        ("three", just_before, Inviting::InvitedBefore),
        ("four", NOW + seconds(DAY), Inviting::Invited),
    ] {
        assert_eq!(ledger.invite(ALICE, id, now).await, expected, "{id}");
    }
    // It is no way around the wait to take the number off the list and to invite it again.
    ledger.take_off(ALICE, "five").await;
    ledger.run("UPDATE replies SET state = 'sent'").await;
    let now = NOW + seconds(DAY + 1);
    assert_eq!(
        ledger.invite(ALICE, "six", now).await,
        Inviting::InvitedBefore
    );
    assert!(!ledger.may_sign_up(&phone(ALICE)).await.unwrap());
    let jobs = ledger.take_jobs(NOW + seconds(2 * DAY)).await;
    assert_eq!(jobs, ["reply invitation:four", "reply invitation:one"]);
    let deed = "ada invite +15*******01: may sign up, and the sign-in link is texted to it";
    assert!(ledger.deeds().await.iter().any(|said| said == deed));
}

async fn an_invitation_that_was_not_texted_may_be_repeated_at_once(ledger: TestLedger) {
    assert_eq!(ledger.invite(ALICE, "one", NOW).await, Inviting::Invited);
    ledger
        .run("UPDATE replies SET state = 'failed', next_attempt_at = NULL")
        .await;
    assert_eq!(ledger.invite(ALICE, "two", NOW).await, Inviting::Invited);
    let person = ledger.person_of(&phone(ALICE)).await.unwrap().unwrap();
    assert_eq!(
        person.invitation.map(|state| state.as_str()),
        Some("queued")
    );
    assert_eq!(person.invited_by.as_deref(), Some("ada"));
}

async fn an_invitation_counts_although_its_reply_is_too_old_to_be_kept(ledger: TestLedger) {
    assert_eq!(ledger.invite(ALICE, "one", NOW).await, Inviting::Invited);
    ledger.run("DELETE FROM replies").await;
    let again = ledger.invite(ALICE, "two", NOW).await;
    assert_eq!(again, Inviting::InvitedBefore);
    let later = ledger.invite(ALICE, "three", NOW + seconds(DAY)).await;
    assert_eq!(later, Inviting::Invited);
}

async fn removing_a_number_takes_back_its_invitation_and_its_links(ledger: TestLedger) {
    ledger.invite(ALICE, "one", NOW).await;
    ledger.invite(BOB, "bob", NOW).await;
    ledger.text_link(ALICE, NOW + seconds(1)).await;
    let held = ledger.claim_reply("invitation:bob", "w", NOW).await;
    assert_eq!(held, "send");
    assert_eq!(ledger.take_off(ALICE, "two").await, Removal::Removed);
    assert_eq!(ledger.take_off(BOB, "three").await, Removal::Removed);
    let reply = ledger.reply("invitation:one").await;
    assert_eq!(reply.state, "suppressed");
    let answer = format!("link {ALICE} {}", (NOW + seconds(1)).0);
    assert_eq!(ledger.reply(&answer).await.state, "suppressed");
    assert_eq!(
        ledger.claim_reply("invitation:one", "w", NOW).await,
        "nothing"
    );
    assert!(!ledger.link_works(&phone(ALICE), NOW).await.unwrap());
    // The call for the other one is under way: it is texted, and its link is dead.
    ledger
        .settle_reply("invitation:bob", "w", &sent("SM1"), NOW)
        .await;
    assert_eq!(ledger.reply("invitation:bob").await.state, "sent");
    assert!(!ledger.link_works(&phone(BOB), NOW).await.unwrap());
}

async fn a_number_that_said_stop_is_not_invited(ledger: TestLedger) {
    ledger.receive(inbound(1, ALICE, "STOP")).await;
    assert_eq!(ledger.invite(ALICE, "one", NOW).await, Inviting::OptedOut);
    assert!(!ledger.may_sign_up(&phone(ALICE)).await.unwrap());
    ledger.clock.advance(seconds(1));
    ledger.receive(inbound(2, ALICE, "START")).await;
    assert_eq!(ledger.invite(ALICE, "two", NOW).await, Inviting::Invited);
}

async fn a_number_that_texted_our_stop_may_text_again_and_is_not_invited_until_it_signs_in(
    ledger: TestLedger,
) {
    ledger.allow(ALICE, Some("Ada Lovelace"), "one").await;
    stop(&ledger, 1).await;
    assert_eq!(ledger.invite(ALICE, "two", NOW).await, Inviting::Stopped);
    let goodbyes = "UPDATE replies SET next_attempt_at = NULL WHERE purpose = 'goodbye'";
    ledger.run(goodbyes).await;
    ledger.forget_goodbyes().await.unwrap();
    assert_eq!(ledger.invite(ALICE, "three", NOW).await, Inviting::Stopped);
    let person = ledger.person("one").await.unwrap().unwrap();
    assert_eq!((person.note.as_str(), person.stopped_at), ("", Some(NOW)));
    let receipt = ledger.closed().receive(inbound(3, ALICE, "hello")).await;
    assert_eq!(receipt.unwrap(), Receipt::New(Disposition::SignIn));
    // It is no way around to take the number off the list and to put it there again.
    assert_eq!(ledger.take_off(ALICE, "four").await, Removal::Removed);
    assert!(!ledger.may_sign_up(&phone(ALICE)).await.unwrap());
    assert!(ledger.person("one").await.unwrap().is_none());
    assert_eq!(ledger.invite(ALICE, "five", NOW).await, Inviting::Stopped);
    assert_eq!(ledger.allow(ALICE, None, "six").await, Allowing::Allowed);
    assert_eq!(ledger.invite(ALICE, "seven", NOW).await, Inviting::Stopped);
    ledger.link(ALICE, "account", "welcome").await;
    let unlinked = ledger.unlink(&phone(ALICE), by("eight"), NOW).await;
    unlinked.unwrap();
    assert_eq!(ledger.invite(ALICE, "nine", NOW).await, Inviting::Invited);
}

async fn a_number_whose_stop_is_being_confirmed_is_not_invited(ledger: TestLedger) {
    stop(&ledger, 1).await;
    assert_eq!(ledger.invite(ALICE, "one", NOW).await, Inviting::Stopped);
    assert!(ledger.person_of(&phone(ALICE)).await.unwrap().is_none());
}

async fn invitations_keep_to_the_limits_of_a_day(ledger: TestLedger) {
    let daily = DailyLimits {
        links_max: 1,
        strangers_max: 2,
    };
    ledger.text_link(ALICE, NOW).await;
    let alice = ledger.invite_within(ALICE, "one", daily, NOW).await;
    assert_eq!(alice, Inviting::TooManyLinks);
    assert_eq!(
        ledger.invite_within(BOB, "two", daily, NOW).await,
        Inviting::Invited
    );
    assert_eq!(
        ledger.invite_within(CAROL, "three", daily, NOW).await,
        Inviting::Invited
    );
    let fourth = "+15551230004";
    let fourth_is = ledger.invite_within(fourth, "four", daily, NOW).await;
    assert_eq!(fourth_is, Inviting::TooManyStrangers);
    assert!(ledger.person_of(&phone(fourth)).await.unwrap().is_none());
    let later = NOW + seconds(DAY);
    let fourth_is = ledger.invite_within(fourth, "five", daily, later).await;
    assert_eq!(fourth_is, Inviting::Invited);
}

async fn two_invitations_at_once_text_one_link(ledger: TestLedger) {
    let (one, two) = tokio::join!(
        ledger.invite(ALICE, "one", NOW),
        ledger.invite(ALICE, "two", NOW)
    );
    let mut both = [one, two];
    both.sort_by_key(|inviting| !inviting.changed());
    assert_eq!(both, [Inviting::Invited, Inviting::InvitedBefore]);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 1);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM audit").await, 1);
}

async fn what_is_known_of_many_numbers_is_asked_for_at_once(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    ledger
        .block_number(&phone(BOB), by("block"), NOW)
        .await
        .unwrap();
    let numbers = [ALICE, BOB, CAROL].map(phone);
    let known = ledger.standings(&numbers).await.unwrap();
    let of = |number| {
        let standing = known[&phone(number)];
        (standing.is_linked, standing.is_blocked)
    };
    assert_eq!(
        [ALICE, BOB, CAROL].map(of),
        [(true, false), (false, true), (false, false)]
    );
    assert!(ledger.standings(&[]).await.unwrap().is_empty());
}

async fn people_are_listed_the_latest_first_page_by_page(ledger: TestLedger) {
    for (number, id, later) in [
        ("+15551230011", "a", 0),
        ("+15551230012", "b", 2),
        ("+15551230013", "c", 1),
        ("+15551230014", "d", 1),
    ] {
        let person = NewPerson {
            id,
            phone: &phone(number),
            note: None,
        };
        let now = NOW + seconds(later);
        ledger.allow_person(person, by(id), now).await.unwrap();
    }
    let mut behind: Option<Place> = None;
    let mut seen = Vec::new();
    loop {
        let filter = PeopleFilter { behind, limit: 3 };
        let people = ledger.people(&filter).await.unwrap();
        seen.push(people.iter().map(|person| person.id.clone()).collect());
        let Some(last) = people.last() else {
            break;
        };
        behind = Some(Place {
            allowed_at: last.allowed_at,
            id: last.id.clone(),
        });
    }
    let pages: Vec<Vec<String>> = seen;
    let expected: [&[&str]; 3] = [&["b", "d", "c"], &["a"], &[]];
    assert_eq!(pages, expected);
    let total = ledger.people_total().await.unwrap();
    assert_eq!((total.count, total.all), (4, true));
}
