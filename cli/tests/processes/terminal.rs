//! What `birdcall` shows on a terminal: lists fit its width.
#![cfg(unix)]

use std::{
    fs::File,
    io::Read as _,
    process::{Command, Stdio},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{engines::new_sqlite, prelude::*};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_fits_the_terminal_and_a_pipe_gets_everything() {
    let (_folder, url) = new_sqlite();
    let (mut system, _web, _worker) = linked(&url).await;
    let body = "猫が窓辺で眠っている。".repeat(6);
    let sid = system.sim.text(ALICE, &body).await;
    system.text_once_told(&sid).await;
    let other = system
        .sim
        .text("+15550002222", &"long words ".repeat(12))
        .await;
    system.text_once(&other, "refused").await;

    let lists = [
        &["texts", "list"][..],
        &["jobs", "list"],
        &["queue", "stats"],
        &["accounts", "list"],
        &["audit"],
        &["replies", "list"],
        &["workers", "list"],
        &["texts", "show", &other],
        &["accounts", "show", ALICE],
    ];
    system.birdcall(&["queue", "pause", "tweet"]).await;
    for columns in [80, 60, 100] {
        for list in lists {
            for line in on_terminal(&system.settings, list, columns) {
                assert!(line.width() <= usize::from(columns), "{columns}: {line}");
            }
        }
    }
    // What a list shows of a reply's id names the reply.
    let lines = on_terminal(&system.settings, &["replies", "list"], 100);
    let shown = lines[1].split_whitespace().find(|word| word.contains(':'));
    let shown = shown.unwrap_or_else(|| panic!("{lines:#?}"));
    let reply = system.json(&["replies", "show", shown]).await;
    assert_eq!(reply["message_sid"], other.as_str(), "{shown}");
    // What names a job is not cut.
    let jobs = system.json(&["jobs", "list", "--limit", "1"]).await;
    let id = jobs[0]["id"].as_str().expect("an id");
    let lines = on_terminal(&system.settings, &["jobs", "list"], 80);
    assert!(lines.iter().any(|line| line.contains(id)), "{lines:#?}");
    let lines = on_terminal(&system.settings, &["texts", "list"], 80);
    let row = lines.iter().find(|line| line.starts_with(&sid[..12]));
    let row = row.unwrap_or_else(|| panic!("{lines:#?}"));
    assert!(row.contains("猫が窓辺で眠") && row.ends_with('…'), "{row}");

    // COLUMNS says it for a terminal that does not.
    system.set("COLUMNS", "50");
    for line in on_terminal(&system.settings, &["texts", "list"], 0) {
        assert!(line.width() <= 50, "{line}");
    }

    let piped = system.birdcall(&["texts", "list"]).await;
    assert!(
        piped.out.contains(&body) && piped.out.contains(&sid),
        "{}",
        piped.out
    );
    system.birdcall(&["queue", "resume", "tweet"]).await;
    system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_are_coloured_on_a_terminal_that_shows_colours_and_nowhere_else() {
    let (_folder, url) = new_sqlite();
    let (mut system, _web, _worker) = linked(&url).await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    system.text_once_told(&sid).await;
    let list = &["texts", "list"];
    let coloured = |lines: &[String]| lines.iter().any(|line| line.contains("\u{1b}["));

    // A terminal that says nothing of itself, and one that shows no colours.
    assert!(!coloured(&on_terminal(&system.settings, list, 80)));
    system.set("TERM", "dumb");
    assert!(!coloured(&on_terminal(&system.settings, list, 80)));
    system.set("TERM", "xterm-256color");
    let lines = on_terminal(&system.settings, list, 80);
    let green = "\u{1b}[32mpublished\u{1b}[0m";
    assert!(lines.iter().any(|line| line.contains(green)), "{lines:#?}");
    let shown = on_terminal(&system.settings, &["texts", "show", &sid], 80);
    assert!(shown[0].starts_with("\u{1b}[32mpublished: "), "{shown:#?}");

    let piped = system.birdcall(list).await;
    assert!(!piped.out.contains('\u{1b}'), "{}", piped.out);
    system.set("CLICOLOR_FORCE", "1");
    let forced = system.birdcall(list).await;
    assert!(forced.out.contains(green), "{}", forced.out);
    system.set("NO_COLOR", "1");
    let lines = on_terminal(&system.settings, list, 80);
    assert!(!coloured(&lines), "{lines:#?}");
    system.end().await;
}

/// Runs `birdcall` with a terminal of this many columns as its output, and returns the lines on it.
fn on_terminal(settings: &Settings, arguments: &[&str], columns: u16) -> Vec<String> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("its other end");
    unlockpt(&master).expect("its other end");
    let name = ptsname(&master, Vec::new()).expect("its name");
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let slave = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).expect("its other end");
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&slave, size).expect("its size");
    let mut child = Command::new(env!("CARGO_BIN_EXE_birdcall"))
        .args(arguments)
        .env_clear()
        .envs(settings)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(slave)
        .stderr(Stdio::null())
        .spawn()
        .expect("birdcall starts");
    let mut shown = Vec::new();
    // The end of the program ends the terminal with an error.
    let _ = File::from(master).read_to_end(&mut shown);
    assert!(
        child.wait().expect("birdcall ends").success(),
        "{arguments:?}"
    );
    let shown = String::from_utf8(shown).expect("text");
    shown.lines().map(str::to_owned).collect()
}
