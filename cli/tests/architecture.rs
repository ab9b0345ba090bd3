//! The sentences of ARCHITECTURE.md that a machine can check, read from the sources.

#[path = "architecture/source.rs"]
mod source;

use std::{collections::BTreeSet, fs};

use source::{Source, files, has_word, read, root, sources};

#[test]
fn crates_depend_in_one_direction() {
    const ALLOWED: [(&str, &[&str]); 6] = [
        ("common", &[]),
        ("web", &["birdcall_common"]),
        ("worker", &["birdcall_common"]),
        ("sim", &["birdcall_common"]),
        ("drill", &["birdcall_common", "birdcall_sim"]),
        (
            "cli",
            &[
                "birdcall_common",
                "birdcall_sim",
                "birdcall_web",
                "birdcall_worker",
            ],
        ),
    ];
    let manifest = read("Cargo.toml");
    let members = between(&manifest, "members = [", "]");
    assert_eq!(members.matches('"').count(), 2 * ALLOWED.len(), "{members}");
    for (folder, allowed) in ALLOWED {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let own = between(&manifest, "name = \"", "\"").replace('-', "_");
        let dependencies = manifest.lines().filter_map(|line| {
            let name = line.split([' ', '.', '=']).next()?.replace('-', "_");
            (name == "birdcall" || name.starts_with("birdcall_")).then_some(name)
        });
        for name in dependencies {
            assert!(
                allowed.contains(&name.as_str()),
                "{folder} depends on {name}"
            );
        }
        for source in sources().iter().filter(|source| source.is_in(folder)) {
            let roots = source.roots();
            for root in roots.iter().filter(|root| root.starts_with("birdcall")) {
                assert!(
                    *root == own || allowed.contains(&root.as_str()),
                    "{} names {root}",
                    source.path
                );
            }
        }
    }
}

#[test]
fn each_library_is_at_home_in_few_places() {
    const TESTS: &str = "tests";
    for (library, homes) in [
        (
            "sqlx",
            &["common/src/ledger/", "common/src/queue.rs", TESTS][..],
        ),
        (
            "reqwest",
            &[
                "common/src/http.rs",
                "common/src/twilio/",
                "common/src/x/",
                "sim/",
                "drill/",
                TESTS,
            ],
        ),
        (
            "apalis",
            &[
                "common/src/queue.rs",
                "common/src/ledger/schema.rs",
                "worker/src/",
            ],
        ),
        (
            "apalis_sqlite",
            &["common/src/queue.rs", "common/src/ledger/schema.rs"],
        ),
        (
            "apalis_postgres",
            &["common/src/queue.rs", "common/src/ledger/schema.rs"],
        ),
        ("axum", &["web/", "sim/", "worker/src/health.rs"]),
        ("rand", &["common/src/random.rs"]),
        ("backoff", &["common/src/domain/backoff.rs"]),
        ("dotenvy", &["common/src/config.rs"]),
    ] {
        let mut found = false;
        for source in sources() {
            if !source.roots().contains(library) {
                continue;
            }
            found = true;
            let at_home = homes.iter().any(|home| match *home {
                TESTS => source.is_test(),
                home => source.path.starts_with(home),
            });
            assert!(at_home, "{} names {library}", source.path);
        }
        assert!(
            found,
            "nobody names {library}: is it spelled as the sources do?"
        );
    }
}

#[test]
fn settings_the_clock_and_randomness_are_read_in_one_place_each() {
    for (words, homes) in [
        (
            &["env::var", "env::vars", "env::var_os", "env::vars_os"][..],
            &["common/src/config.rs"][..],
        ),
        (&["env::args", "env::args_os"], &["common/src/program.rs"]),
        (
            &["Utc::now", "Local::now", "SystemTime", "Instant::now"],
            &["common/src/clock.rs", "drill/"],
        ),
        (
            &["OsRng", "SysRng", "thread_rng", "getrandom"],
            &["common/src/random.rs"],
        ),
    ] {
        for source in sources().iter().filter(|source| !source.is_test()) {
            for word in words {
                assert!(
                    homes.iter().any(|home| source.path.starts_with(home)) || !source.says(word),
                    "{} says {word}",
                    source.path
                );
            }
        }
    }
}

#[test]
fn the_domain_is_pure() {
    /// What the domain may name of others: no IO, no clock, no chance.
    const PURE: [&str; 7] = [
        "backoff",
        "std",
        "thiserror",
        "twitter_text",
        "twitter_text_config",
        "unicode_normalization",
        "unicode_segmentation",
    ];
    let domain =
        |source: &&Source| source.path.starts_with("common/src/domain/") && !source.is_test();
    for source in sources().iter().filter(domain) {
        for root in source.roots() {
            let own = ["crate", "self", "super", "Self"].contains(&root.as_str());
            let is_type = root.starts_with(|c: char| c.is_ascii_uppercase());
            let primitive = ["char", "f64", "i64", "str", "u32", "u64", "u8", "usize"];
            assert!(
                own || is_type
                    || PURE.contains(&root.as_str())
                    || primitive.contains(&root.as_str()),
                "{} names {root}",
                source.path
            );
        }
        for path in source.imports() {
            let inside = ["crate::domain", "crate::clock::Timestamp"];
            assert!(
                !path.starts_with("crate::") || inside.iter().any(|known| path.starts_with(known)),
                "{} imports {path}",
                source.path
            );
        }
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
            "std::sync",
            "println",
            "Instant",
            "SystemTime",
        ] {
            assert!(!source.says(word), "{} says {word}", source.path);
        }
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

#[test]
fn files_that_the_architecture_names_exist() {
    if !root().join("ARCHITECTURE.md").exists() {
        return;
    }
    let files = files();
    let text = read("ARCHITECTURE.md");
    let mut checked = 0;
    // Between pairs of backticks; blocks of code are fenced by three, and count as pairs as well.
    for name in text.split('`').skip(1).step_by(2) {
        let path_like = !name.is_empty()
            && !name.contains("://")
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
            && !name.starts_with('/')
            && (name.ends_with(".rs") || name.contains('/'));
        if !path_like {
            continue;
        }
        checked += 1;
        let there = root().join(name).exists()
            || files.iter().any(|file| file.ends_with(&format!("/{name}")));
        assert!(there, "ARCHITECTURE.md names {name}");
    }
    assert!(checked > 0);
}

#[test]
fn every_setting_is_documented() {
    let config = ["common/src/config.rs", "common/src/config/limits.rs"]
        .map(read)
        .concat();
    let reading = [
        "or",
        "required",
        "required_text",
        "value",
        "positive",
        "duration",
        "durations",
        "positive_duration",
    ];
    let mut settings = BTreeSet::new();
    for method in reading {
        for call in config.split(&format!("self.{method}(")).skip(1) {
            let literal = call.trim_start().strip_prefix('"');
            settings.extend(literal.and_then(|rest| rest.split('"').next()));
        }
    }
    assert!(
        settings.contains("PUBLIC_URL") && settings.contains("LEASE"),
        "{settings:?}"
    );
    let readme = root().join("README.md").exists().then(|| read("README.md"));
    let example = read(".env.example");
    for setting in settings {
        assert!(
            example.lines().any(|line| {
                let line = line.trim_start_matches(['#', ' ']);
                line.strip_prefix(setting)
                    .is_some_and(|rest| rest.starts_with('='))
            }),
            "{setting} is not in .env.example"
        );
        if let Some(readme) = &readme {
            assert!(has_word(readme, setting), "{setting} is not in README.md");
        }
    }
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let rest = text.split_once(begin).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(inside, _)| inside)
}
