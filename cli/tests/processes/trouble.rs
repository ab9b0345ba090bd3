//! The database has trouble while programs run: webhooks are answered 503, nothing that was answered
//! 200 is lost, what came of a call is kept, and no program has to be started again.

use std::path::{Path, PathBuf};

use birdcall_sim::{DeliveryKind, Fault, FaultAction};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::{
    engines::{on_postgres, on_sqlite},
    program::{Program, WEB, WORKER, run},
    system::{ALICE, System},
    waiting::{eventually, until},
    wire::Wire,
};

/// Web and worker that wait for the database for a second, and a linked phone.
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

/// What web answered to a text's webhook, once it has.
async fn answer(system: &System, sid: &str) -> u16 {
    eventually("the webhook is answered", async || {
        let deliveries = system.sim.deliveries().into_iter();
        let mut inbound = deliveries.filter(|one| one.kind == DeliveryKind::Inbound);
        inbound.find(|one| one.message_sid == sid)?.answered
    })
    .await
}

/// The database is away while a call to X is under way and while a text comes in.
async fn is_waited_out(
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
    until("it stands on X", async || system.posts().len() == 1).await;
    let refused = system.sim.text(ALICE, "turned away").await;
    assert_eq!(answer(&system, &refused).await, 503);
    for program in [&web, &worker] {
        assert_eq!(system.get(program, "/healthz").await.0, 200);
    }
    comes_back().await;

    // What came of the call was kept: nobody had to look for it at X.
    let text = system.text_once(&under_way, "published").await;
    assert_eq!(text["attempts"].as_array().map(Vec::len), Some(1), "{text}");
    assert_eq!(system.calls("x.timeline"), 0);
    until("both are ready again", async || {
        let ready = async |program| system.get(program, "/readyz").await.0 == 200;
        ready(&web).await && ready(&worker).await
    })
    .await;
    goes_on(&system, "after that").await;

    // Twilio has what web could not take.
    let swept = system.birdcall(&["sweep-inbound"]).await;
    assert!(swept.out.starts_with("1 text(s)"), "{swept:?}");
    system.text_once_told(&refused).await;
    let posts = system.posts();
    assert_eq!(posts, ["under way", "after that", "turned away"]);
    system.end().await;
}

/// A text is taken in, posted and confirmed by the programs that run.
async fn goes_on(system: &System, text: &str) {
    let sid = system.sim.text(ALICE, text).await;
    assert_eq!(answer(system, &sid).await, 200);
    system.text_once_told(&sid).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_file_is_waited_out() {
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
    is_waited_out(
        system,
        (web, worker),
        async || run("BEGIN IMMEDIATE").await,
        async || run("COMMIT").await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_is_waited_out() {
    on_postgres("a_server_that_stops_is_waited_out", stopped).await;
}

async fn stopped(database_url: String) {
    let wire = Wire::to(&database_url).await;
    let (system, web, worker) = started(&wire.url(&database_url)).await;
    is_waited_out(
        system,
        (web, worker),
        async || wire.cut(),
        async || wire.mend(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_silent_is_left_for_one_that_answers() {
    let name = "a_server_that_falls_silent_is_left_for_one_that_answers";
    on_postgres(name, silent).await;
}

async fn silent(database_url: String) {
    let wire = Wire::to(&database_url).await;
    let (system, web, worker) = started(&wire.url(&database_url)).await;
    // Whoever asks for jobs or takes a text in waits for this, with a statement under way.
    let mut other = PgConnection::connect(&database_url)
        .await
        .expect("PostgreSQL");
    let mut holding = other.begin().await.expect("a transaction");
    let lock = "LOCK TABLE apalis.jobs, texts IN ACCESS EXCLUSIVE MODE";
    holding.execute(lock).await.expect("a lock");
    let holding = tokio::sync::Mutex::new(holding);
    let lost = system.sim.text(ALICE, "nobody answers").await;
    until("many wait", async || {
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
        .expect("the lock is let go");
    assert_eq!(answer(&system, &lost).await, 503);
    until("both are ready again", async || {
        let ready = async |program| system.get(program, "/readyz").await.0 == 200;
        ready(&web).await && ready(&worker).await
    })
    .await;
    // Old connections are found dead one after the other.
    let taken = eventually("a text is taken in", async || {
        let sid = system.sim.text(ALICE, "somebody answers").await;
        (answer(&system, &sid).await == 200).then_some(sid)
    })
    .await;
    system.text_once_told(&taken).await;
    system.end().await;
}

fn confirmations(system: &System) -> Vec<String> {
    let mut replies = system.sim.replies_to(ALICE);
    replies.retain(|reply| reply.contains("has been successfully tweeted"));
    replies
}

/// A file system of a few megabytes, for as long as the test runs.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None`: this test may not mount anything.
    async fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = tokio::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "birdcall-test"])
            .arg(folder.path())
            .output()
            .await;
        mounted
            .is_ok_and(|ran| ran.status.success())
            .then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Leaves no room at all.
    fn fill(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.filler()).expect("a file");
        for size in [1 << 16, 1 << 12, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).expect("the filler");
    }

    /// Lets nobody write, or everybody again: `ro`, `rw`. Nobody may have a file open for writing.
    async fn remount(&self, how: &str) {
        let remounted = tokio::process::Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.path())
            .output()
            .await
            .expect("mount runs");
        let said = String::from_utf8_lossy(&remounted.stderr);
        assert!(remounted.status.success(), "remount,{how}: {said}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What can't be unmounted goes with the machine.
        let _ = std::process::Command::new("umount")
            .args(["--lazy".as_ref(), self.folder.path().as_os_str()])
            .status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_waited_out() {
    let Some(disk) = SmallDisk::mount().await else {
        eprintln!("left out: a_full_disk_is_waited_out needs the right to mount a tmpfs");
        return;
    };
    let file = disk.path().join("birdcall.db");
    let (system, web, worker) = started(&format!("sqlite://{}", file.display())).await;
    goes_on(&system, "there is room").await;
    disk.fill();
    // What is in the write-ahead log's file already has room; the rest has not.
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
    assert!(swept.out.starts_with("1 text(s)"), "{swept:?}");
    answered.push(refused);
    for sid in &answered {
        system.text_once(sid, "published").await;
    }
    goes_on(&system, "there is room again").await;
    let texts = answered.len() + 2;
    // Delivery receipts that found no room are not sent again by Twilio: what the phone got counts.
    until("the phone is told of each", async || {
        confirmations(&system).len() == texts
    })
    .await;
    let mut told = confirmations(&system);
    told.sort();
    told.dedup();
    assert_eq!(told.len(), texts, "one confirmation each");
    let mut posts = system.posts();
    assert_eq!(posts.len(), texts);
    posts.sort();
    posts.dedup();
    assert_eq!(posts.len(), texts, "one post each");
    system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_can_only_be_read_is_refused_at_the_start() {
    let Some(disk) = SmallDisk::mount().await else {
        eprintln!(
            "left out: a_file_that_can_only_be_read_is_refused_at_the_start needs the right to mount a tmpfs"
        );
        return;
    };
    let file = disk.path().join("birdcall.db");
    let system = System::prepare(&format!("sqlite://{}", file.display())).await;
    // One that ends well leaves the file alone behind, one that is killed its log as well.
    for signal in ["TERM", "KILL"] {
        let mut web = system.start_web().await;
        goes_in(&system, &format!("before {signal}")).await;
        web.signal(signal).await;
        web.ended().await;
        disk.remount("ro").await;
        for name in [WEB, WORKER] {
            let refused = run(name, &[], &system.settings).await;
            assert_eq!(refused.code, Some(1), "{name}: {}", refused.err);
            let says_so = refused.err.contains("the database can only be read")
                || refused.err.contains("the database is not available");
            assert!(says_so, "{name}: {}", refused.err);
        }
        disk.remount("rw").await;
    }
    let _web = system.start_web().await;
    goes_in(&system, "it can be written again").await;
    assert_eq!(system.texts().await.len(), 3);
    system.end().await;
}

/// A text is taken in.
async fn goes_in(system: &System, text: &str) {
    let sid = system.sim.text(ALICE, text).await;
    assert_eq!(answer(system, &sid).await, 200);
}
