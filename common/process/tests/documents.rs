//! `.env.example` and `docs/settings.md` are made from the table of settings. This test compares
//! them with the table; with `BIRDCALL_UPDATE=1` in the environment it writes them instead.

use std::{collections::HashMap, fmt::Write as _, fs, path::Path};

use birdcall_common::config::{Config, ConfigError, Group, Setting, settings};

/// The command that writes the documents.
const UPDATE: &str = "BIRDCALL_UPDATE=1 cargo test -p birdcall-common --test documents";

/// Stands for a space at which no line may end.
const NO_BREAK: &str = "\u{a0}";

/// Longest line of `.env.example`.
const WIDTH: usize = 100;

/// What `compose.yaml` reads besides the settings: name, default and meaning.
const COMPOSE: [(&str, &str, &str); 4] = [
    (
        "WEB_PORT",
        "8080",
        "The port on which web is published, or `ADDRESS:PORT`. Behind a proxy on the same machine, \
         use `127.0.0.1:8080`.",
    ),
    (
        "COMPOSE_PROFILES",
        "",
        "The optional services to start, separated by commas: `postgres` is a PostgreSQL server, and \
         `tls` is a proxy that obtains certificates.",
    ),
    (
        "POSTGRES_PASSWORD",
        "",
        "The password of the profile `postgres`. Use it in \
         `DATABASE_URL=postgres://birdcall:PASSWORD@postgres:5432/birdcall` too.",
    ),
    (
        "DOMAIN",
        "",
        "The host name of the profile `tls`. `PUBLIC_URL` is then `https://DOMAIN`.",
    ),
];

const EXAMPLE_HEAD: &str = "\
# Birdcall's settings. Copy this file to `.env` and fill in the settings that are not commented out.
# The others show their defaults. The environment takes precedence over this file, and an empty value
# counts as unset.
#
# Instead of NAME you can set NAME_FILE to the path of a file that holds the value, which suits the
# secrets of containers. Durations are written as 200ms, 5s, 15m, 24h or 30d. Put a value that
# contains a space, a dollar sign or a # in single quotes.
#
# `cargo dev` needs none of these settings.
#
# This file and docs/settings.md are made from the table in common/process/src/config/.
";

const PAGE_HEAD: &str = "\
# Settings

<!-- Made from the table in common/process/src/config/: change a meaning there, and then run
`{update}`. -->

Birdcall reads its settings from environment variables and from a file: `.env` in the working folder,
or the file that the environment variable `ENV_FILE` names. No other folder is searched. The
environment takes precedence over the file, and an empty value counts as unset.
[`.env.example`](../.env.example) lists every setting with its default: copy it to `.env`, fill in
what is not commented out, and let nobody else read the file.

- Instead of `NAME` you can set `NAME_FILE` to the path of a file that holds the value. This suits
  the secrets of containers. If both are set, `NAME` applies.
- A duration is a whole number and a unit: `200ms`, `5s`, `15m`, `24h` or `30d`.
- If a setting is missing or malformed, the program prints one line for each problem and stops with
  exit code 78.
- A setting that is marked as **secret** holds, or may hold, a password, a key or a token. Birdcall
  never prints it.
";

#[test]
fn the_documents_agree_with_the_table_of_settings() {
    for (path, made) in [(".env.example", example()), ("docs/settings.md", page())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(path);
        if is_update() {
            fs::write(&path, &made).expect("the document can be written");
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == made,
            "{} differs from the table of settings. Write it with {UPDATE}",
            path.display()
        );
    }
}

#[test]
fn the_example_is_refused_until_it_is_filled_in() {
    let ConfigError(problems) = Config::from_settings(assignments("")).expect_err("placeholders");
    let named: Vec<&str> = problems
        .iter()
        .filter_map(|problem| problem.split(' ').next())
        .collect();
    let required: Vec<&str> = in_group(Group::Required)
        .map(|setting| setting.name)
        // A host of one's own looks like the one in the example.
        .filter(|name| *name != "PUBLIC_URL")
        .collect();
    assert_eq!(named, required);
}

#[test]
fn the_example_shows_the_defaults() {
    let mut required = assignments("");
    for (name, value) in [
        ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("TWILIO_FROM", "+15550009999"),
        ("X_CLIENT_ID", "client"),
        ("SECRET_KEY", "QmlyZGNhbGwgdGVzdHMgc2VhbCB0b2tlbnMgd2l0aCE="),
    ] {
        required.insert(name.to_owned(), value.to_owned());
    }
    let mut shown = required.clone();
    shown.extend(assignments("#"));
    let [required, shown] = [required, shown].map(|settings| {
        let config = Config::from_settings(settings).expect("settings");
        format!("{config:?}")
    });
    assert_eq!(required, shown);
}

/// What the example sets in the lines that begin with `start` and a name.
fn assignments(start: &str) -> HashMap<String, String> {
    let example = example();
    let lines = example.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix(start)?.split_once('=')?;
        let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        is_name.then(|| (name.to_owned(), value.to_owned()))
    });
    lines.collect()
}

#[test]
fn the_documents_of_compose_name_what_it_reads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compose.yaml");
    let compose = fs::read_to_string(path).expect("compose.yaml can be read");
    for (name, _, _) in COMPOSE {
        assert!(compose.contains(name), "{name} is not in compose.yaml");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whether to write the documents is no setting of Birdcall's"
)]
fn is_update() -> bool {
    std::env::var("BIRDCALL_UPDATE").is_ok_and(|value| value == "1")
}

fn in_group(group: Group) -> impl Iterator<Item = Setting> {
    settings()
        .into_iter()
        .filter(move |setting| setting.group == group)
}

fn example() -> String {
    let mut text = EXAMPLE_HEAD.to_owned();
    for group in Group::DOCUMENTED {
        example_heading(&mut text, group.title());
        for setting in in_group(group) {
            let (hidden, value) = match setting.default {
                None => ("", setting.placeholder),
                Some(default) => ("#", default),
            };
            example_setting(&mut text, setting.meaning, hidden, setting.name, value);
        }
    }
    example_heading(&mut text, "compose.yaml only");
    for (name, default, meaning) in COMPOSE {
        example_setting(&mut text, meaning, "#", name, default);
    }
    text
}

fn example_heading(text: &mut String, title: &str) {
    write!(text, "\n# {:-<1$} {title}\n", "", 64).expect("a string takes everything");
}

fn example_setting(text: &mut String, meaning: &str, hidden: &str, name: &str, value: &str) {
    let comment = wrapped(&plain(meaning), "# ");
    write!(text, "\n{comment}{hidden}{name}={value}\n").expect("a string takes everything");
}

/// Markdown as plain text: only what has spaces keeps its backticks, and stays on one line.
fn plain(markdown: &str) -> String {
    let parts = markdown.split('`').enumerate().map(|(place, part)| {
        let is_code = place % 2 == 1;
        match is_code && part.contains(' ') {
            true => format!("`{}`", part.replace(' ', NO_BREAK)),
            false => part.to_owned(),
        }
    });
    parts.collect()
}

/// `sentences` in lines of at most [`WIDTH`] characters, which begin with `start`.
fn wrapped(sentences: &str, start: &str) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for word in sentences.split(' ') {
        if start.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            text += &format!("{start}{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    (text + &format!("{start}{line}\n")).replace(NO_BREAK, " ")
}

fn page() -> String {
    let mut text = PAGE_HEAD.replace("{update}", UPDATE);
    for group in Group::DOCUMENTED {
        let rows = in_group(group).map(|setting| {
            let secret = if setting.secret { " **Secret.**" } else { "" };
            row(
                setting.name,
                setting.default,
                &format!("{}{secret}", setting.meaning),
            )
        });
        page_table(&mut text, group.title(), group == Group::Required, rows);
    }
    let rows = COMPOSE.map(|(name, default, meaning)| row(name, Some(default), meaning));
    page_table(&mut text, "`compose.yaml` only", false, rows);
    text
}

fn page_table(
    text: &mut String,
    title: &str,
    required: bool,
    rows: impl IntoIterator<Item = String>,
) {
    let head = if required {
        "| name | meaning |\n|---|---|"
    } else {
        "| name | default | meaning |\n|---|---|---|"
    };
    let rows: String = rows.into_iter().collect();
    write!(text, "\n## {title}\n\n{head}\n{rows}").expect("a string takes everything");
}

fn row(name: &str, default: Option<&str>, meaning: &str) -> String {
    let default = match default {
        None => String::new(),
        Some("") => " none |".to_owned(),
        Some(default) => format!(" `{default}` |"),
    };
    format!("| `{name}` |{default} {} |\n", meaning.replace('|', "\\|"))
}
