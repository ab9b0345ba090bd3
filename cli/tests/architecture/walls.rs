//! Which crate may use what.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

use crate::source::{Source, read, root, sources};

/// Runs cargo on this workspace, without the network.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A crate of ours: its folder and the folders of the crates of ours that it uses.
fn arrows() -> BTreeSet<(String, BTreeSet<String>)> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let home = metadata["workspace_root"].as_str().expect("a folder");
    let folder = |path: &Value| {
        let path = path.as_str()?.strip_prefix(home)?;
        Some(path.trim_start_matches('/').to_owned())
    };
    let packages = metadata["packages"].as_array().expect("packages").iter();
    packages
        .map(|package| {
            let own = folder(&package["manifest_path"]).expect("a folder");
            let uses = package["dependencies"].as_array().expect("a list").iter();
            // Tests may use more: `kind` is null for what the program itself is built of.
            let uses = uses
                .filter(|used| used["kind"].is_null())
                .filter_map(|used| folder(&used["path"]));
            (own.replace("/Cargo.toml", ""), uses.collect())
        })
        .collect()
}

/// The rows of a table of ARCHITECTURE.md, each as the words that its cells mark as code.
fn table(head: &str) -> Vec<Vec<Vec<String>>> {
    let words = |cell: &str| -> Vec<String> {
        let words = cell.split('`').skip(1).step_by(2);
        words
            .map(|word| word.trim_end_matches('/').to_owned())
            .collect()
    };
    let text = read("ARCHITECTURE.md");
    let rows = text.lines().skip_while(|line| !line.starts_with(head));
    let rows: Vec<_> = rows
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.split('|').skip(1).map(words).collect())
        .collect();
    assert!(!rows.is_empty(), "ARCHITECTURE.md has no table {head}");
    rows
}

#[test]
fn the_crates_use_each_other_as_the_architecture_draws_it() {
    let drawn = table("| folder | crate | uses |").into_iter().map(|row| {
        let uses = row[2].iter().cloned().collect();
        (row[0][0].clone(), uses)
    });
    assert_eq!(drawn.collect::<BTreeSet<_>>(), arrows());
}

/// The crates that a crate of ours is built of, with everything that those need.
fn built_of(package: &str) -> BTreeSet<String> {
    let tree = cargo(&["tree", "-p", package, "-e", "normal", "--prefix", "none"]);
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_domain_and_the_stand_ins_build_no_database_and_no_client_of_the_vendors() {
    for (package, unwanted) in [
        (
            "birdcall-domain",
            &["sqlx", "apalis", "reqwest", "tokio", "axum", "oauth2"][..],
        ),
        (
            "birdcall-sim",
            &[
                "sqlx",
                "apalis",
                "oauth2",
                "birdcall-vendors",
                "birdcall-ledger",
            ],
        ),
        (
            "birdcall-vendors",
            &["sqlx", "apalis", "axum", "birdcall-ledger"],
        ),
        (
            "birdcall-ledger",
            &["reqwest", "oauth2", "axum", "birdcall-vendors"],
        ),
    ] {
        let built_of = built_of(package);
        assert!(built_of.contains(package), "{built_of:?}");
        for name in unwanted {
            assert!(!built_of.contains(*name), "{package} builds {name}");
        }
    }
}

/// Tests may use everything.
#[test]
fn what_reaches_out_has_the_homes_that_the_architecture_names() {
    let sources = sources();
    for row in table("| what | as the code names it | where |") {
        let (names, homes) = (&row[1], &row[2]);
        for name in names {
            // A library is named as the root of a path; a function or a type is said somewhere.
            let is_library = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let mut found = false;
            for source in sources.iter().filter(|source| !source.is_test()) {
                let named = match is_library {
                    true => source.roots().contains(name),
                    false => source.says(name),
                };
                let is_home = homes.iter().any(|home| source.path.starts_with(home));
                assert!(is_home || !named, "{} names {name}", source.path);
                found |= named;
            }
            assert!(
                found,
                "nobody names {name}: is it spelled as the sources do?"
            );
        }
    }
}

/// There are other ways to the environment, to time and to chance than those that the table names.
#[test]
fn nothing_goes_round_the_homes_of_the_environment_time_and_chance() {
    for source in sources().iter().filter(|source| !source.is_test()) {
        for word in [
            "env::var",
            "env::vars",
            "env::var_os",
            "Local::now",
            "OsRng",
            "thread_rng",
            "getrandom",
        ] {
            assert!(!source.says(word), "{} says {word}", source.path);
        }
    }
}

fn is_domain(source: &&Source) -> bool {
    source.path.starts_with("common/domain/src/") && !source.is_test()
}

#[test]
fn the_domain_does_no_io_and_reads_no_clock() {
    const MACHINE: [&str; 2] = ["common/domain/src/clock.rs", "common/domain/src/random.rs"];
    for source in sources().iter().filter(is_domain) {
        for word in [
            "async",
            "await",
            "unsafe",
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
            "println",
            "tracing",
            "Instant",
            "SystemTime",
            "Mutex",
        ] {
            let allowed = MACHINE.contains(&source.path.as_str());
            assert!(allowed || !source.says(word), "{} says {word}", source.path);
        }
    }
}

/// Handlers and SQL bring events and write settlements; what an event means is decided in the domain
/// alone. So nobody else makes a settlement, and nobody else looks into what a vendor refused.
#[test]
fn settle_is_the_only_judge() {
    let judged = [
        "Settlement {",
        "CallError::",
        "XRejection::",
        "TwilioRejection::",
        "Trouble::",
        "RefreshFailure::",
    ];
    let inside = [
        "web/src/",
        "worker/src/",
        "cli/src/",
        "common/ledger/src/",
        "common/process/src/",
    ];
    // The doctor tells its operator what X says to a made-up token; it settles nothing.
    let doctor = "cli/src/commands/doctor";
    let outside = |source: &&Source| {
        let is_inside = inside.iter().any(|home| source.path.starts_with(home));
        is_inside && !source.is_test() && !source.path.starts_with(doctor)
    };
    let mut looked_at = 0;
    for source in sources().iter().filter(outside) {
        looked_at += 1;
        for word in judged {
            let found = source
                .code
                .match_indices(word)
                .any(|(at, _)| !source.code[..at].ends_with(char::is_alphanumeric));
            assert!(!found, "{} judges on its own: {word}", source.path);
        }
    }
    assert!(looked_at > 50, "{looked_at} files");
}

/// Stored words are read in the conversions of the ledger; everywhere else they are values.
#[test]
fn no_state_kind_or_reason_is_compared_as_a_string() {
    use birdcall_domain::{
        account::AccountState,
        reply::{Purpose, ReplyState},
        text::{Kind, Reason, TextState},
    };
    let words: BTreeSet<&str> = TextState::ALL
        .iter()
        .map(|it| it.as_str())
        .chain(Reason::ALL.iter().map(|it| it.as_str()))
        .chain(Kind::ALL.iter().map(|it| it.as_str()))
        .chain(Purpose::ALL.iter().map(|it| it.as_str()))
        .chain(ReplyState::ALL.iter().map(|it| it.as_str()))
        .chain(AccountState::ALL.iter().map(|it| it.as_str()))
        .collect();
    let homes = [
        "web/src/",
        "worker/src/",
        "cli/src/",
        "common/ledger/src/",
        "common/process/src/",
    ];
    for source in sources().iter().filter(|source| !source.is_test()) {
        if !homes.iter().any(|home| source.path.starts_with(home)) {
            continue;
        }
        let text = read(&source.path);
        for word in &words {
            for compared in [format!("== \"{word}\""), format!("!= \"{word}\"")] {
                assert!(!text.contains(&compared), "{} says {compared}", source.path);
            }
        }
    }
}

/// Our own rule: no function takes a phone number as text.
#[test]
fn no_function_takes_a_phone_number_as_text() {
    for source in sources().iter().filter(|source| !source.is_test()) {
        let ours = ["sim/", "drill/"];
        if ours.iter().any(|home| source.path.starts_with(home)) {
            continue;
        }
        for parameter in [
            "phone: &str",
            "phone: String",
            "number: &str",
            "number: String",
        ] {
            let in_a_function = source.code.match_indices(parameter).any(|(at, _)| {
                let before = &source.code[..at];
                before
                    .rfind("fn ")
                    .is_some_and(|begin| !before[begin..].contains('{'))
            });
            assert!(!in_a_function, "{} has {parameter}", source.path);
        }
    }
}

/// The audit says what was done: nothing rewrites it but what keeps an erased number out of it, and nothing removes
/// an entry but its age.
#[test]
fn the_audit_is_only_added_to() {
    let written = [
        ("INSERT INTO audit ", "common/ledger/src/audit.rs"),
        ("UPDATE audit ", "common/ledger/src/erasure/"),
        ("DELETE FROM audit ", "common/ledger/src/retention/"),
    ];
    for source in sources().iter().filter(|source| !source.is_test()) {
        let path = &source.path;
        for (sql, home) in written {
            let text = read(path);
            let writes = text.contains(sql);
            assert!(!writes || path.starts_with(home), "{path} has {sql}");
        }
    }
}
