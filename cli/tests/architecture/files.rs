//! The files: how long they are, and what none of them may hold.

use std::{collections::BTreeMap, fs};

use crate::source::{Source, files, read, root, sources};

/// A file of source has at most this many lines, tests aside.
const LINES_MAX: usize = 300;

/// Files that are longer. The list may only shrink.
const LONGER: [&str; 0] = [];

/// No crate holds more than this part of the code, in percent, tests aside.
const ROOM_MAX: usize = 30;

/// Lines without the tests at the end of the file.
fn lines(source: &Source) -> usize {
    let text = read(&source.path);
    let all = text.lines();
    all.take_while(|line| *line != "#[cfg(test)]").count()
}

fn product() -> impl Iterator<Item = Source> {
    sources().into_iter().filter(|source| !source.is_test())
}

#[test]
fn a_file_has_one_job_and_at_most_300_lines() {
    for source in product() {
        let lines = lines(&source);
        let listed = LONGER.contains(&source.path.as_str());
        assert!(
            listed || lines <= LINES_MAX,
            "{} has {lines} lines: split it by job",
            source.path
        );
        assert!(
            !listed || lines > LINES_MAX,
            "{} has {lines} lines: take it off the list",
            source.path
        );
    }
    for path in LONGER {
        assert!(
            root().join(path).exists(),
            "{path} is gone: take it off the list"
        );
    }
}

#[test]
fn no_crate_holds_most_of_the_code() {
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    for source in product() {
        let room = source.path.split("/src/").next().unwrap_or_default();
        *rooms.entry(room.to_owned()).or_default() += lines(&source);
    }
    let all: usize = rooms.values().sum();
    for (room, lines) in &rooms {
        let part = lines * 100 / all;
        assert!(
            part < ROOM_MAX,
            "{room} holds {part} % of the code: {rooms:?}"
        );
    }
}

#[test]
fn lints_are_expected_with_a_reason_and_no_test_is_ignored() {
    for source in sources() {
        for word in ["#[allow(", "#![allow(", "#[ignore"] {
            assert!(!source.code.contains(word), "{} has {word}", source.path);
        }
    }
}

#[test]
fn no_test_sleeps() {
    for source in sources().iter().filter(|source| source.is_test()) {
        assert!(!source.says("sleep"), "{} sleeps", source.path);
    }
}

#[test]
fn nothing_knows_the_machine_it_was_written_on() {
    let elsewhere = [
        ["/wo", "rk/"],
        ["/tmp/tar", "get"],
        ["/home", "/"],
        ["/Us", "ers/"],
    ];
    for path in files() {
        // Pictures have no lines.
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        for place in elsewhere.map(|parts| parts.concat()) {
            let mut lines = text.lines();
            let line = lines.find(|line| line.contains(&place));
            assert_eq!(line, None, "{path} names {place}");
        }
    }
}

/// Words that mark an English sentence as translated. Each has a plain one.
const TRANSLATED: [&str; 11] = [
    "for ever",
    "anew",
    "can't be had",
    "cannot be had",
    "is had",
    "be had",
    "so many",
    "whoever",
    "whomever",
    "kin",
    "whosoever",
];

#[test]
fn sentences_are_plain_english() {
    for path in files() {
        let is_text = [".rs", ".md", ".html", ".toml", ".yaml"];
        // A migration that was released is never changed, not even its comments.
        let this = path == "cli/tests/architecture/files.rs";
        if this || !is_text.iter().any(|end| path.ends_with(end)) {
            continue;
        }
        let text = read(&path);
        for words in TRANSLATED {
            let line = text.lines().find(|line| {
                let line = line.to_lowercase();
                crate::source::has_word(&line, words)
            });
            assert_eq!(line, None, "{path} says '{words}'");
        }
    }
}
