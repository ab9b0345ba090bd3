//! Erasing a number: what goes, what workers and webhooks find afterwards, and what is left in the file.

use std::collections::HashSet;

use birdcall_domain::{
    erasing::{Erasing, Erasure, Remains},
    inbound::{Disposition, InboundText, Missed},
    reply::StatusUpdate,
    text::Reason,
};
use birdcall_ledger::{
    Ledger,
    erasure::{ERASED_AT_ONCE, ErasureStep},
    grants::Grant,
    take_in::Receipt,
    texts::{Arming, Known, TextOutcome},
};

use crate::{
    engines::on_both_engines,
    ledger::{TestLedger, mark, operator},
    reply_work::sent,
    text_work::word,
    values::{
        ALICE, BOB, HORIZON, NOW, SERVICE, doubts, inbound, only, pair, phone, publishes, reply,
        seconds, sid, waits,
    },
};

on_both_engines!(
    nothing_of_an_erased_number_is_left,
    no_table_that_names_a_number_is_forgotten,
    what_a_worker_holds_is_lost_to_it_and_written_by_nobody,
    a_repeated_webhook_or_a_late_text_does_not_bring_it_back,
    a_late_report_about_an_erased_reply_is_not_recorded,
    what_is_texted_after_the_erasure_began_is_a_new_numbers,
    many_rows_go_some_at_a_time_and_another_process_can_go_on,
    a_blocked_or_an_unknown_number_is_not_erased,
    what_operators_wrote_of_the_number_names_it_no_more,
    what_is_remembered_is_forgotten_and_then_nothing_older_is_missed,
    an_audit_line_says_who_erased_what,
);

impl TestLedger {
    async fn begin_erasing(&self, number: &str, audit_id: &str) -> Erasing {
        let (phone, mark, by) = (phone(number), mark(number), operator(audit_id));
        let begun = self.begin_erasure(&phone, &mark, by, NOW);
        begun.await.unwrap()
    }

    async fn go_on_erasing(&self, id: &str) -> u64 {
        let mut gone = 0;
        while let ErasureStep::Some(rows) = self.erase_more(id, NOW).await.unwrap() {
            gone += rows;
        }
        gone
    }

    async fn erase(&self, number: &str) {
        let erasing = self.begin_erasing(number, "deed").await;
        self.go_on_erasing(erasing.id().unwrap()).await;
    }

    /// The columns of every table that hold this value, or a longer one that contains it.
    async fn places(&self, value: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (table, column) in self.columns().await {
            let sql = match self.ledger {
                Ledger::Sqlite { .. } => format!(
                    "SELECT COUNT(*) FROM {table} WHERE INSTR(CAST({column} AS TEXT), '{value}') > 0"
                ),
                // A job is bytes in hexadecimal, when it is cast.
                Ledger::Postgres { .. } if column == "job" => format!(
                    "SELECT COUNT(*) FROM {table} WHERE STRPOS(convert_from(job, 'UTF8'), '{value}') > 0"
                ),
                Ledger::Postgres { .. } => format!(
                    "SELECT COUNT(*) FROM {table} WHERE STRPOS(CAST({column} AS TEXT), '{value}') > 0"
                ),
            };
            if self.number(&sql).await > 0 {
                found.push(format!("{table}.{column}"));
            }
        }
        found
    }

    /// Every column of every table, apalis's too.
    async fn columns(&self) -> Vec<(String, String)> {
        let sql = match self.ledger {
            Ledger::Sqlite { .. } => {
                "SELECT tables.name || ' ' || columns.name FROM sqlite_master AS tables,
                     pragma_table_info(tables.name) AS columns
                 WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'"
            }
            Ledger::Postgres { .. } => {
                "SELECT table_schema || '.' || table_name || ' ' || column_name FROM information_schema.columns
                 WHERE table_schema IN ('public', 'apalis')"
            }
        };
        let columns = self.words(sql).await;
        let split = |both: &String| {
            let (table, column) = both.split_once(' ').unwrap();
            (table.to_owned(), column.to_owned())
        };
        columns.iter().map(split).collect()
    }

    /// Links a number by an account whose id does not name it, as in production.
    async fn link_unnamed(&self, number: &str, id: &str) {
        self.link(number, id, &format!("welcome of {id}")).await;
    }

    /// A number with one of everything.
    async fn with_everything(&self, number: &str) {
        self.link_unnamed(number, "an account").await;
        self.begin("hash of a sign-in", number, NOW).await;
        let grant = Grant {
            account_id: "granted".to_owned(),
            state_hash: "hash of a sign-in".to_owned(),
            pair: pair("granted"),
            x_user_id: "99".to_owned(),
            x_handle: "secret_handle".to_owned(),
        };
        let kept = self.keep_grant(&grant, "confirm", NOW + HORIZON, NOW);
        kept.await.unwrap();
        self.post(1, number).await;
        self.hold(1, "w", NOW).await;
        self.arm(1, "w", NOW).await;
        let text = self.text(1).await;
        let published = publishes("100");
        let outcome = TextOutcome {
            reply: Some(reply("told", number, "secret words of a reply")),
            ..only(&published)
        };
        assert!(self.settle(&text, "w", outcome, NOW).await.unwrap());
        self.arm_reply("told", "w", NOW).await;
        assert!(self.settle_reply("told", "w", &sent("SMreply"), NOW).await);
        let update = StatusUpdate {
            sid: "SMreply".to_owned(),
            status: "delivered".to_owned(),
            error_code: None,
        };
        self.record_delivery(&update, None, NOW).await.unwrap();
        self.receive(InboundText {
            body: "secret words".to_owned(),
            ..inbound(2, number, "")
        })
        .await;
        let far = NOW + HORIZON;
        self.settle_as(2, &waits(Reason::Money, far), NOW).await;
        self.add("queued", number, NOW).await;
        let sid = sid(1);
        let revealed = self.reveal(
            "cookie",
            sid.as_str(),
            sid.as_str(),
            far,
            operator("r"),
            NOW,
        );
        revealed.await.unwrap();
        let masked = phone(number).masked();
        let revealed = self.reveal("cookie", "an account", &masked, far, operator("r2"), NOW);
        revealed.await.unwrap();
        self.run(&format!(
            "INSERT INTO stranger_texts (id, at) VALUES ('{sid}', {now});
             INSERT INTO stranger_texts (id, at) VALUES ('told', {now});",
            now = NOW.0,
        ))
        .await;
    }
}

async fn nothing_of_an_erased_number_is_left(ledger: TestLedger) {
    ledger.with_everything(ALICE).await;
    ledger.post(8, BOB).await;
    let strangers = "SELECT COUNT(*) FROM stranger_texts";
    let counted = ledger.number(strangers).await;

    let erasing = ledger.begin_erasing(ALICE, "deed").await;
    let expected = Erasure {
        id: "deed".to_owned(),
        was_linked: true,
        waited: 1,
        on_their_way: 0,
    };
    assert_eq!(erasing, Erasing::Begun(expected));
    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
    assert_eq!(
        ledger.places("secret words").await,
        ["replies.body"].map(|column| {
            match ledger.ledger {
                Ledger::Sqlite { .. } => column.to_owned(),
                Ledger::Postgres { .. } => format!("public.{column}"),
            }
        })
    );
    assert!(ledger.go_on_erasing("deed").await > 0);

    for trace in [
        ALICE,
        "secret words",
        "secret_handle",
        sid(1).as_str(),
        sid(2).as_str(),
        "SMreply",
        "told",
        "queued",
    ] {
        assert_eq!(ledger.places(trace).await, Vec::<String>::new(), "{trace}");
    }
    // X is still asked to revoke both grants, and the sealed tokens are gone with that.
    let pending = "SELECT id FROM revocations ORDER BY id";
    assert_eq!(ledger.words(pending).await, ["an account:1", "granted:0"]);
    assert_eq!(
        ledger.number(strangers).await,
        counted,
        "answers to strangers count"
    );
    // Another phone's texts are as they were.
    assert_eq!(ledger.standing(8).await, "received");
    assert_eq!(ledger.open_erasures().await.unwrap(), Vec::<String>::new());
}

async fn no_table_that_names_a_number_is_forgotten(ledger: TestLedger) {
    // What an erasure knows of. A table that is new here has to be erased as well.
    let known = [
        "accounts",
        "authorizations",
        "blocked_numbers",
        "erasures",
        "lanes",
        "people",
        "replay_runs",
        "replies",
        "texts",
    ];
    let columns = ledger.columns().await;
    let mut named: Vec<&str> = columns
        .iter()
        .filter(|(_, column)| column == "phone")
        .map(|(table, _)| table.trim_start_matches("public."))
        .collect();
    named.sort_unstable();
    assert_eq!(named, known);
}

async fn what_a_worker_holds_is_lost_to_it_and_written_by_nobody(ledger: TestLedger) {
    ledger.link_unnamed(ALICE, "an account").await;
    ledger.post(1, ALICE).await;
    ledger.post(2, BOB).await;
    let held = ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await;
    ledger.add("sending", ALICE, NOW).await;
    ledger.arm_reply("sending", "w", NOW).await;
    let Erasing::Begun(begun) = ledger.begin_erasing(ALICE, "deed").await else {
        panic!("it is known");
    };
    assert_eq!((begun.waited, begun.on_their_way), (0, 1));
    ledger.go_on_erasing("deed").await;
    for settlement in [publishes("100"), doubts(Some(NOW))] {
        let outcome = TextOutcome {
            reply: Some(reply("final", ALICE, "Tweeted.")),
            ..only(&settlement)
        };
        assert!(!ledger.settle(&held.text, "w", outcome, NOW).await.unwrap());
    }
    assert!(!ledger.settle_reply("sending", "w", &sent("SM1"), NOW).await);
    assert_eq!(ledger.places(ALICE).await, Vec::<String>::new());

    // One that was claimed and not armed is never armed.
    ledger.hold(2, "w", NOW).await;
    ledger.begin_erasing(BOB, "another deed").await;
    assert_eq!(ledger.try_to_arm(2, "w", NOW).await, Arming::LeaseLost);
    assert_eq!(word(&ledger.claim(2, "w", NOW + HORIZON).await), "nothing");
}

/// A text of Twilio's list that no webhook brought.
fn missed(number: u32, from: &str, seconds_after: i64) -> InboundText {
    InboundText {
        missed: Some(Missed {
            texted_at: birdcall_domain::clock::Timestamp(NOW.0 + seconds_after * 1000),
            after: None,
            before: None,
            left: false,
        }),
        ..inbound(number, from, "hello")
    }
}

async fn a_repeated_webhook_or_a_late_text_does_not_bring_it_back(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.erase(ALICE).await;
    let again = ledger.receive(inbound(1, ALICE, "hello")).await;
    assert_eq!(again, Receipt::Known);
    let (one, two) = (sid(1), sid(2));
    let known = ledger.known_texts(&[one.as_str(), two.as_str()]).await;
    let known = known.unwrap();
    assert_eq!(known.get(one.as_str()), Some(&Known::Forgotten));
    assert_eq!(known.get(two.as_str()), None);
    // The owner signs in again, and is linked.
    ledger.linked(ALICE).await;
    assert_eq!(
        ledger.receive(inbound(1, ALICE, "hello")).await,
        Receipt::Known
    );
    for (number, seconds_after) in [(2, -3600), (3, -1), (4, 10)] {
        let late = ledger.receive(missed(number, ALICE, seconds_after)).await;
        assert_eq!(late, Receipt::Known, "{number}");
    }
    let later = ledger.receive(missed(5, ALICE, 3600)).await;
    assert!(matches!(later, Receipt::New(_)), "{later:?}");
    // Another number's late text is taken in.
    let bobs = ledger.receive(missed(6, BOB, -1)).await;
    assert_eq!(bobs, Receipt::New(Disposition::SignIn));
    assert_eq!(ledger.number("SELECT COUNT(*) FROM texts").await, 2);
}

async fn a_late_report_about_an_erased_reply_is_not_recorded(ledger: TestLedger) {
    ledger.add("sent", ALICE, NOW).await;
    ledger.arm_reply("sent", "w", NOW).await;
    assert!(ledger.settle_reply("sent", "w", &sent("SMsent"), NOW).await);
    ledger.add("sending", ALICE, NOW).await;
    ledger.arm_reply("sending", "w", NOW).await;
    ledger.erase(ALICE).await;
    for (twilio_sid, reply_id) in [("SMsent", None), ("SMunheard", Some("sending"))] {
        let update = StatusUpdate {
            sid: twilio_sid.to_owned(),
            status: "delivered".to_owned(),
            error_code: None,
        };
        let recorded = ledger.record_delivery(&update, reply_id, NOW).await;
        assert!(!recorded.unwrap(), "{twilio_sid}");
    }
    assert_eq!(ledger.number("SELECT COUNT(*) FROM deliveries").await, 0);
}

async fn what_is_texted_after_the_erasure_began_is_a_new_numbers(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    // Another web's clock was ahead when this one came.
    ledger
        .run("UPDATE texts SET arrival = arrival + 60000000")
        .await;
    ledger.begin_erasing(ALICE, "deed").await;
    let back = ledger.receive(inbound(2, ALICE, "hello")).await;
    assert_eq!(back, Receipt::New(Disposition::SignIn));
    ledger.go_on_erasing("deed").await;
    assert!(ledger.ledger.text(&sid(1)).await.unwrap().is_none());
    assert_eq!(ledger.standing(2).await, "received");
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "held");
}

async fn many_rows_go_some_at_a_time_and_another_process_can_go_on(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let some = u32::try_from(ERASED_AT_ONCE).unwrap();
    let texts = (1..=some * 2 + 1).map(|number| inbound(number, ALICE, "hello"));
    ledger.receive_all(texts).await;
    ledger
        .run("UPDATE texts SET state = 'published', next_attempt_at = NULL")
        .await;
    ledger.begin_erasing(ALICE, "deed").await;
    let left = "SELECT COUNT(*) FROM texts";
    for expected in [some + 1, 1, 0] {
        assert_eq!(ledger.open_erasures().await.unwrap(), ["deed"]);
        // The process dies, and another one goes on.
        let another = ledger.another().await;
        let step = another.erase_more("deed", NOW).await.unwrap();
        assert!(matches!(step, ErasureStep::Some(1..)), "{step:?}");
        another.close().await;
        assert_eq!(ledger.number(left).await, i64::from(expected));
    }
    // The operator asks again meanwhile.
    let again = ledger.begin_erasing(ALICE, "second").await;
    assert_eq!(again.id(), Some("deed"));
    assert_eq!(
        again,
        Erasing::UnderWay {
            id: "deed".to_owned()
        }
    );
    assert_eq!(
        ledger.erase_more("deed", NOW).await.unwrap(),
        ErasureStep::Done
    );
    assert_eq!(
        ledger.erase_more("deed", NOW).await.unwrap(),
        ErasureStep::Done
    );
    assert_eq!(ledger.open_erasures().await.unwrap(), Vec::<String>::new());
    assert_eq!(ledger.begin_erasing(ALICE, "third").await, Erasing::Unknown);
    let deeds = ledger.words("SELECT id FROM audit").await;
    assert_eq!(deeds, ["deed"]);
}

async fn a_blocked_or_an_unknown_number_is_not_erased(ledger: TestLedger) {
    assert_eq!(ledger.begin_erasing(ALICE, "one").await, Erasing::Unknown);
    assert_eq!(
        ledger.places(ALICE).await,
        Vec::<String>::new(),
        "the question leaves no trace"
    );
    ledger.post(1, ALICE).await;
    let alice = phone(ALICE);
    let blocked = ledger.block_number(&alice, operator("block"), NOW);
    blocked.await.unwrap();
    assert_eq!(ledger.begin_erasing(ALICE, "two").await, Erasing::Blocked);
    assert_eq!(ledger.text(1).await.phone, ALICE);
    assert!(ledger.is_blocked(&phone(ALICE)).await.unwrap());
    let deeds = ledger.words("SELECT action FROM audit").await;
    assert_eq!(deeds, ["block"]);
}

async fn what_operators_wrote_of_the_number_names_it_no_more(ledger: TestLedger) {
    ledger.link_unnamed(ALICE, "an account").await;
    ledger.post(1, ALICE).await;
    let why = format!("{ALICE} asked by phone");
    let by = birdcall_ledger::audit::By {
        reason: &why,
        ..operator("reveal")
    };
    let sid = sid(1);
    let revealed = ledger.reveal("cookie", sid.as_str(), sid.as_str(), NOW, by, NOW);
    revealed.await.unwrap();
    ledger.erase(ALICE).await;
    assert_eq!(ledger.places(ALICE).await, Vec::<String>::new());
    let said = "SELECT subject || ': ' || reason FROM audit WHERE id = 'reveal'";
    assert_eq!(
        ledger.words(said).await,
        ["an erased text: +15*******01 asked by phone"]
    );
}

async fn what_is_remembered_is_forgotten_and_then_nothing_older_is_missed(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.erase(ALICE).await;
    ledger.clean_file(NOW).await.unwrap();
    ledger.forget_erasures(NOW).await.unwrap();
    assert_eq!(ledger.number("SELECT COUNT(*) FROM erasures").await, 1);
    ledger.forget_erasures(NOW + seconds(1)).await.unwrap();
    for table in ["erasures", "erased_ids"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(ledger.number(&sql).await, 0, "{table}");
    }
    for from in [ALICE, BOB] {
        let late = ledger.receive(missed(2, from, -1)).await;
        assert_eq!(late, Receipt::Known, "{from}");
    }
}

async fn an_audit_line_says_who_erased_what(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.erase(ALICE).await;
    let line = "SELECT actor || ' ' || action || ' ' || subject || ': ' || detail FROM audit";
    assert_eq!(
        ledger.words(line).await,
        [
            "olivia erase +15*******01: is unlinked and erased; a worker has X revoke its tokens; 1 text that waited \
             will not be posted"
        ]
    );
}

/// The database, its log and the log's index.
fn files(path: &std::path::Path) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    ["", "-wal", "-shm"].into_iter().map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        (suffix, std::fs::read(&name).unwrap_or_default())
    })
}

/// Every sid that is in one of the files.
fn sids_in_files(path: &std::path::Path) -> HashSet<String> {
    let mut found = HashSet::new();
    for (_, bytes) in files(path) {
        let sids = bytes.windows(34).filter(|at| at.starts_with(b"SM0"));
        let sids = sids.filter_map(|at| str::from_utf8(at).ok());
        found.extend(sids.map(str::to_owned));
    }
    found
}

/// How often each of these is in the file, its log and its index.
fn in_files(path: &std::path::Path, traces: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (suffix, bytes) in files(path) {
        for trace in traces {
            let count = bytes
                .windows(trace.len())
                .filter(|at| *at == trace.as_bytes());
            let count = count.count();
            if count > 0 {
                found.push(format!("{trace} {count} times in {suffix}"));
            }
        }
    }
    found
}

#[tokio::test]
async fn nothing_readable_is_left_in_the_file_or_its_log() {
    crate::engines::on_sqlite(true, search_the_files).await;
}

async fn search_the_files(ledger: TestLedger) {
    let birdcall_ledger::database::DatabaseUrl::Sqlite(path) = ledger.url.clone() else {
        panic!("it is a file");
    };
    ledger.with_everything(ALICE).await;
    ledger.linked(BOB).await;
    // Among many others, so that pages of the tables and their indexes split and move.
    for round in 0..20_u32 {
        let from = |number: u32| {
            if number.is_multiple_of(10) {
                ALICE
            } else {
                BOB
            }
        };
        let texts = (0..50).map(|n| {
            let number = 100 + round * 50 + n;
            let body = format!("{} {}", from(number), "word ".repeat((n % 9) as usize));
            inbound(number, from(number), &body)
        });
        for received in ledger.receive_all(texts).await {
            received.unwrap();
        }
        ledger
            .run("UPDATE texts SET state = 'published', next_attempt_at = NULL, error = 'an error' || sid")
            .await;
    }
    // Its sid differs from Bob's in this way.
    let one = sid(1);
    let traces = [
        ALICE,
        "secret words",
        "secret_handle",
        one.as_str(),
        "SMreply",
    ];
    assert_ne!(in_files(&path, &traces), Vec::<String>::new());
    let another = ledger.another().await;
    let Ledger::Sqlite { reader, .. } = &another else {
        panic!("it is a file");
    };
    // A transaction reads as of its first statement.
    let mut reading = reader.begin().await.unwrap();
    let look = sqlx::query("SELECT COUNT(*) FROM texts").execute(&mut *reading);
    look.await.unwrap();
    ledger.erase(ALICE).await;
    assert_eq!(ledger.clean_file(NOW).await.unwrap(), Remains::InTheLog);
    assert!(ledger.has_unclean_file().await.unwrap());
    drop(reading);
    another.close().await;
    assert_eq!(ledger.clean_file(NOW).await.unwrap(), Remains::Nothing);
    assert!(!ledger.has_unclean_file().await.unwrap());
    assert_eq!(in_files(&path, &traces), Vec::<String>::new());
    let erased: HashSet<String> = (100..1100)
        .step_by(10)
        .map(|n| sid(n).to_string())
        .collect();
    let left = sids_in_files(&path);
    assert!(
        left.is_disjoint(&erased),
        "{:?}",
        left.intersection(&erased)
    );
    assert!(left.contains(sid(101).as_str()));
    assert!(!in_files(&path, &[BOB, SERVICE]).is_empty());
}
