//! The database has trouble while programs run. Webhooks are answered 503, no text that was
//! answered 200 is lost, the outcomes of calls are kept, and no program has to be restarted.

use birdcall_sim::{DeliveryKind, Fault, FaultAction};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::{
    engines::{on_postgres, on_sqlite},
    prelude::*,
    program::{WEB, WORKER},
    small_disk::SmallDisk,
    wire::Wire,
};

/// Web and a worker run and wait at most one second for the database, and Alice has signed in.
async fn started(database_url: &str) -> (System, Program, Program) {
    let mut system = System::prepare(database_url).await;
    for (name, value) in [
        ("DATABASE_TIMEOUT", "1s"),
        ("RECEIVE_TIMEOUT", "3s"),
        ("SWEEP_INTERVAL", "500ms"),
        ("SWEEP_GRACE", "500ms"),
        ("SWEEP_INBOUND_GRACE", "0s"),
        ("RETRY_DELAY_MIN", "200ms"),
    ] {
        system.set(name, value);
    }
    let web = system.start_web().await;
    let worker = system.start_worker().await;
    system.link(ALICE, "demo").await;
    (system, web, worker)
}

/// Waits until web has answered the webhook of a text, and returns the status.
async fn answer(system: &System, sid: &str) -> u16 {
    eventually("the webhook is answered", async || {
        let deliveries = system.sim.deliveries().into_iter();
        let mut inbound = deliveries.filter(|one| one.kind == DeliveryKind::Inbound);
        inbound.find(|one| one.message_sid == sid)?.answered
    })
    .await
}

/// The database goes away during a call to X and while a text arrives. When it comes back, the
/// programs continue and nothing is lost.
async fn programs_wait(
    system: System,
    (web, worker): (Program, Program),
    goes_away: impl AsyncFnOnce(),
    comes_back: impl AsyncFnOnce(),
) {
    let slow = FaultAction::Delay { millis: 1000 };
    system.sim.fault(Fault::new("x.create_post", slow).times(1));
    let under_way = system.sim.text(ALICE, "under way").await;
    until("the call is under way", async || {
        system.under_way("x.create_post") == 1
    })
    .await;
    goes_away().await;
    until("the text is posted", async || system.posts().len() == 1).await;
    let refused = system.sim.text(ALICE, "turned away").await;
    assert_eq!(answer(&system, &refused).await, 503);
    for program in [&web, &worker] {
        assert_eq!(system.get(program, "/healthz").await.0, 200);
    }
    comes_back().await;

    // The worker kept the outcome of the call, so nobody had to look for the post.
    let text = system.text_once(&under_way, "published").await;
    assert_eq!(text["attempts"].as_array().map(Vec::len), Some(1), "{text}");
    assert_eq!(system.calls("x.timeline"), 0);
    until_ready(&system, [&web, &worker]).await;
    is_posted(&system, "after that").await;

    // Twilio has the text that web refused.
    let swept = system.birdcall(&["sweep-inbound"]).await;
    assert!(swept.out.starts_with("1 text was taken in"), "{swept:?}");
    system.text_once_told(&refused).await;
    let posts = system.posts();
    assert_eq!(posts, ["under way", "after that", "turned away"]);
    system.end().await;
}

async fn until_ready(system: &System, programs: [&Program; 2]) {
    until("both programs are ready again", async || {
        for program in programs {
            if system.get(program, "/readyz").await.0 != 200 {
                return false;
            }
        }
        true
    })
    .await;
}

/// A text is accepted, posted and confirmed by the programs that run.
async fn is_posted(system: &System, text: &str) {
    let sid = system.sim.text(ALICE, text).await;
    assert_eq!(answer(system, &sid).await, 200);
    system.text_once_told(&sid).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_wait_while_the_file_is_locked() {
    on_sqlite(locked).await;
}

async fn locked(database_url: String) {
    let (system, web, worker) = started(&database_url).await;
    let mut other = SqliteConnection::connect(&database_url)
        .await
        .expect("the file");
    let other = tokio::sync::Mutex::new(&mut other);
    let run = async |sql| {
        let ran = other.lock().await.execute(sql).await;
        ran.expect("another program's transaction");
    };
    programs_wait(
        system,
        (web, worker),
        async || run("BEGIN IMMEDIATE").await,
        async || run("COMMIT").await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_wait_while_the_server_is_stopped() {
    on_postgres("programs_wait_while_the_server_is_stopped", stopped).await;
}

async fn stopped(database_url: String) {
    let wire = Wire::to(&database_url).await;
    let (system, web, worker) = started(&wire.url(&database_url)).await;
    programs_wait(
        system,
        (web, worker),
        async || wire.cut(),
        async || wire.reconnect(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_a_silent_server_are_replaced() {
    let name = "connections_to_a_silent_server_are_replaced";
    on_postgres(name, silent).await;
}

async fn silent(database_url: String) {
    let wire = Wire::to(&database_url).await;
    let (system, web, worker) = started(&wire.url(&database_url)).await;
    // This transaction makes every statement that reads jobs or writes a text wait.
    let mut other = PgConnection::connect(&database_url)
        .await
        .expect("PostgreSQL");
    let mut holding = other.begin().await.expect("a transaction");
    let lock = "LOCK TABLE apalis.jobs, texts IN ACCESS EXCLUSIVE MODE";
    holding.execute(lock).await.expect("a lock");
    let holding = tokio::sync::Mutex::new(holding);
    let lost = system.sim.text(ALICE, "no answer").await;
    until("many statements wait", async || {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()";
        let count: i64 = sqlx::query_scalar(waiting)
            .fetch_one(&mut **holding.lock().await)
            .await
            .expect("a count");
        count >= 5
    })
    .await;
    wire.fall_silent();
    holding
        .into_inner()
        .rollback()
        .await
        .expect("the lock is released");
    assert_eq!(answer(&system, &lost).await, 503);
    until_ready(&system, [&web, &worker]).await;
    // The programs notice one after the other that their old connections are dead.
    let taken = eventually("a text is accepted", async || {
        let sid = system.sim.text(ALICE, "an answer").await;
        (answer(&system, &sid).await == 200).then_some(sid)
    })
    .await;
    system.text_once_told(&taken).await;
    system.end().await;
}

/// The confirmations that Alice got.
fn confirmations(system: &System) -> Vec<String> {
    let mut replies = system.sim.replies_to(ALICE);
    replies.retain(|reply| reply.contains("has been successfully tweeted"));
    replies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_wait_until_a_full_disk_has_room() {
    let Some(disk) = SmallDisk::mount("programs_wait_until_a_full_disk_has_room").await else {
        return;
    };
    let file = disk.path().join("birdcall.db");
    let (system, web, worker) = started(&format!("sqlite://{}", file.display())).await;
    is_posted(&system, "there is room").await;
    disk.fill();
    // The write-ahead log may still have room inside its file, so some texts may be accepted.
    let mut answered = Vec::new();
    let refused = loop {
        let sid = system
            .sim
            .text(ALICE, &format!("text {}", answered.len()))
            .await;
        match answer(&system, &sid).await {
            503 => break sid,
            _ => answered.push(sid),
        }
    };
    for program in [&web, &worker] {
        assert_eq!(system.get(program, "/healthz").await.0, 200);
    }
    disk.make_room();
    let swept = eventually("there is room to sweep", async || {
        let swept = system.birdcall(&["sweep-inbound"]).await;
        (swept.code == Some(0)).then_some(swept)
    })
    .await;
    assert!(swept.out.starts_with("1 text was taken in"), "{swept:?}");
    answered.push(refused);
    for sid in &answered {
        system.text_once(sid, "published").await;
    }
    is_posted(&system, "there is room again").await;
    let texts = answered.len() + 2;
    // Twilio does not repeat delivery reports that found no room, so the phone is what counts.
    until("every text is confirmed", async || {
        confirmations(&system).len() == texts
    })
    .await;
    let mut told = confirmations(&system);
    told.sort();
    told.dedup();
    assert_eq!(told.len(), texts, "each text is confirmed once");
    let mut posts = system.posts();
    assert_eq!(posts.len(), texts);
    posts.sort();
    posts.dedup();
    assert_eq!(posts.len(), texts, "each text is posted once");
    system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_file_is_refused_at_the_start() {
    let Some(disk) = SmallDisk::mount("a_read_only_file_is_refused_at_the_start").await else {
        return;
    };
    let file = disk.path().join("birdcall.db");
    let system = System::prepare(&format!("sqlite://{}", file.display())).await;
    // A web that stops leaves only the database file, and one that is killed leaves its log as
    // well.
    for signal in ["TERM", "KILL"] {
        let mut web = system.start_web().await;
        is_accepted(&system, &format!("before {signal}")).await;
        web.signal(signal).await;
        web.ended().await;
        disk.remount("ro").await;
        for name in [WEB, WORKER] {
            let refused = run(name, &[], &system.settings).await;
            assert_eq!(refused.code, Some(1), "{name}: {}", refused.err);
            let says_so = refused.err.contains("the database is read-only")
                || refused.err.contains("the database is not available");
            assert!(says_so, "{name}: {}", refused.err);
        }
        disk.remount("rw").await;
    }
    let _web = system.start_web().await;
    is_accepted(&system, "writable again").await;
    assert_eq!(system.texts().await.len(), 3);
    system.end().await;
}

/// Web accepts a text.
async fn is_accepted(system: &System, text: &str) {
    let sid = system.sim.text(ALICE, text).await;
    assert_eq!(answer(system, &sid).await, 200);
}
