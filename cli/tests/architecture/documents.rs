//! The documents agree with the code, and with each other.

use std::{collections::BTreeSet, fs};

use birdcall::args::Args;
use birdcall_domain::{
    account::Revocation,
    authorization::SignInFailure,
    clock::Timestamp,
    command::Command,
    post::Unpostable,
    queue::JobState,
    rejection::XRejection,
    reply::{ReplyState, Sentence, Words},
    text::{Reason, TextState},
};
use clap::CommandFactory as _;

use crate::source::{files, has_word, read, root, sources};

/// What stands between pairs of backticks in a text.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The rows of the table whose head begins so, as cells.
pub(crate) fn table<'a>(page: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with(head))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    assert!(
        !rows.is_empty(),
        "there is no table that begins with {head}"
    );
    rows
}

/// The first word in backticks of each row of a table.
fn first_words<'a>(page: &'a str, head: &str) -> Vec<&'a str> {
    let rows = table(page, head);
    rows.iter().map(|row| quoted(row[1])[0]).collect()
}

#[test]
fn the_front_pages_are_short() {
    for (page, lines_max) in [("README.md", 150), ("ARCHITECTURE.md", 200)] {
        let lines = read(page).lines().count();
        assert!(lines <= lines_max, "{page} has {lines} lines");
    }
}

#[test]
fn files_that_the_documents_name_exist() {
    let files = files();
    let mut checked = 0;
    for page in files.iter().filter(|path| path.ends_with(".md")) {
        if page == "CHANGELOG.md" {
            continue;
        }
        let text = read(page);
        for name in quoted(&text) {
            let is_path = name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
                && !name.starts_with(['/', '.'])
                && (name.ends_with(".rs")
                    || name.ends_with(".md")
                    || name.starts_with("common/")
                    || name.starts_with("cli/"));
            if !is_path {
                continue;
            }
            checked += 1;
            let there = root().join(name).exists()
                || files.iter().any(|file| file.ends_with(&format!("/{name}")));
            assert!(there, "{page} names {name}");
        }
    }
    assert!(checked > 50, "only {checked} names were found");
}

/// The anchor that a heading gets where Markdown is shown.
pub(crate) fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for page in files().iter().filter(|path| path.ends_with(".md")) {
        let text = read(page);
        let folder = root().join(page).parent().expect("a folder").to_owned();
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => root().join(page),
                path => folder.join(path),
            };
            assert!(file.exists(), "{page} links to {target}");
            if !heading.is_empty() {
                let linked = fs::read_to_string(&file).expect("a page");
                let headings = linked.lines().filter(|line| line.starts_with('#'));
                let found = headings.map(anchor).any(|found| found == heading);
                assert!(found, "{page} links to {target}, which has no such heading");
            }
        }
    }
}

fn help(unknown: bool, operator: &str) -> Sentence {
    let operator = operator.to_owned();
    Sentence::Help { unknown, operator }
}

/// Every sentence with the placeholders of docs/texting.md, without the parts that have tables of
/// their own.
fn sentences() -> Vec<String> {
    let handle = || "HANDLE".to_owned();
    let other = XRejection::Other {
        status: 403,
        detail: "REFUSAL".to_owned(),
    };
    let all = [
        Sentence::SignIn,
        Sentence::Invitation,
        Sentence::SignInAgain,
        Sentence::SignInForCommand,
        Sentence::Disconnected,
        Sentence::Linked { handle: handle() },
        Sentence::Linked {
            handle: String::new(),
        },
        Sentence::SignInFailed(SignInFailure::Denied),
        Sentence::Tweeted {
            post_id: String::new(),
        },
        Sentence::Unpostable(Unpostable::TooLong { over: 77 }),
        Sentence::Unpostable(Unpostable::Empty),
        Sentence::Unpostable(Unpostable::InvalidCharacters),
        Sentence::MediaNotYet,
        Sentence::Rejected(other.clone()),
        Sentence::AlreadyPosted,
        Sentence::TooMany,
        Sentence::Cancelled,
        Sentence::GivenUp {
            may_be_posted: false,
        },
        Sentence::GivenUp {
            may_be_posted: true,
        },
        Sentence::GaveUp,
        Sentence::GaveUpCommand,
        Sentence::TooLate,
        Sentence::StillTrying,
        Sentence::StillTryingCommand,
        Sentence::RateLimited {
            until: Some(Timestamp(0)),
        },
        Sentence::RateLimited { until: None },
        Sentence::OutOfCredit,
        Sentence::OperatorNeeded { command: false },
        Sentence::OperatorNeeded { command: true },
        Sentence::Unresolved,
        Sentence::OtherAccount,
        help(false, ""),
        help(true, ""),
        help(false, "OPERATOR"),
        help(true, "OPERATOR"),
        Sentence::MaybeCommand(Command::Undo),
        Sentence::MaybeCommand(Command::Unknown),
        Sentence::Stopped {
            revocation: Revocation::Revoked,
        },
        Sentence::Stopped {
            revocation: Revocation::NothingToRevoke,
        },
        Sentence::Stopped {
            revocation: Revocation::NotOpened,
        },
        Sentence::Stopped {
            revocation: Revocation::NotAnswered,
        },
        Sentence::Undone,
        Sentence::TakenBack,
        Sentence::NothingToUndo,
        Sentence::Retrying,
        Sentence::NothingToRetry,
        Sentence::CommandRejected(other),
        Sentence::ByHand("THEIR WORDS".parse().expect("words")),
    ];
    let words = Words {
        quote: "TEXT",
        link: "LINK",
        post_url: "LINK",
    };
    let written = all.iter().map(|sentence| {
        let body = sentence.compose(words, 99).body;
        body.replace("X says: REFUSAL", "REFUSAL")
            .replace(SignInFailure::Denied.words(), "REASON")
            .replace("77", "N")
            .replace("00:00", "HH:MM")
    });
    written.collect()
}

#[test]
fn every_sentence_is_documented_to_the_letter() {
    let page = read("docs/texting.md");
    let rows = table(&page, "| when | the phone reads |");
    // \STATUS is put together from parts, which have a row of their own.
    let rows = rows.iter().filter(|row| quoted(row[1]) != [r"\STATUS"]);
    let documented: Vec<&str> = rows.map(|row| quoted(row[2])[0]).collect();
    assert_eq!(documented, sentences());
}

#[test]
fn every_part_of_a_sentence_is_documented() {
    let page = read("docs/texting.md");
    let reasons: Vec<&str> = table(&page, "| why | reason |")
        .iter()
        .map(|row| quoted(row[2])[0])
        .collect();
    let failures: Vec<&str> = SignInFailure::ALL.iter().map(|why| why.words()).collect();
    assert_eq!(reasons, failures);

    let other = |status, detail: &str| XRejection::Other {
        status,
        detail: detail.to_owned(),
    };
    let rejections = [
        XRejection::Duplicate,
        XRejection::TooLong,
        XRejection::ReplyNotAllowed,
        XRejection::Cashtags,
        XRejection::AccountLocked,
        XRejection::AccountSuspended,
        XRejection::ConfirmAccount,
        XRejection::LooksAutomated,
        XRejection::BadLink,
        XRejection::AppForbidden {
            detail: String::new(),
        },
        XRejection::MissingScope,
        XRejection::Media,
        other(404, ""),
        other(403, ""),
        other(403, "WORDS"),
    ];
    let said: Vec<String> = rejections
        .into_iter()
        .map(|why| {
            let sentence = Sentence::CommandRejected(why);
            let body = sentence.compose(Words::default(), 99).body;
            body.replace("That did not work: ", "")
        })
        .collect();
    let refusals: Vec<&str> = table(&page, "| why | refusal |")
        .iter()
        .map(|row| quoted(row[2])[0])
        .collect();
    assert_eq!(refusals, said);

    let status = table(&page, "| when | the phone reads |");
    let status = status.iter().find(|row| quoted(row[1]) == [r"\STATUS"]);
    let parts: BTreeSet<&str> = quoted(status.expect("a row")[2]).into_iter().collect();
    for (handle, open) in [(Some("HANDLE"), 0), (Some(""), 1), (None, 7)] {
        let sentence = Sentence::Status {
            handle: handle.map(str::to_owned),
            open,
        };
        let words = Words {
            link: "LINK",
            ..Words::default()
        };
        let body = sentence.compose(words, 99).body.replace('7', "N");
        let said = parts
            .iter()
            .any(|begin| parts.iter().any(|end| body == format!("{begin} {end}")));
        assert!(said, "{body}");
    }
}

#[test]
fn every_state_and_reason_is_documented() {
    let page = read("docs/cli.md");
    let states: Vec<&str> = TextState::ALL.iter().map(|it| it.as_str()).collect();
    assert_eq!(first_words(&page, "| state | meaning |"), states);
    let reasons: Vec<&str> = Reason::ALL.iter().map(|it| it.as_str()).collect();
    assert_eq!(first_words(&page, "| reason | meaning |"), reasons);
    for state in ReplyState::ALL {
        assert!(
            page.contains(&format!("`{state}`")),
            "the reply state {state}"
        );
    }
    for state in JobState::ALL {
        assert!(
            page.contains(&format!("`{state}`")),
            "the job state {state}"
        );
    }
}

#[test]
fn every_command_and_option_is_documented() {
    let page = read("docs/cli.md");
    let commands = table(&page, "| command | what it does |");
    let commands: Vec<&str> = commands.iter().map(|row| quoted(row[1])[0]).collect();
    let options = table(&page, "| command | option |");
    let args = Args::command();
    let mut known = Vec::new();
    for command in args.get_subcommands() {
        let inner: Vec<_> = command.get_subcommands().collect();
        // `birdcall replay SID` is a command, although `birdcall replay` has commands of its own.
        if inner.is_empty() || command.get_positionals().next().is_some() {
            known.push((format!("birdcall {}", command.get_name()), command));
        }
        known.extend(inner.into_iter().map(|it| {
            let name = format!("birdcall {} {}", command.get_name(), it.get_name());
            (name, it)
        }));
    }
    let begins = |row: &str, name: &str| row == name || row.starts_with(&format!("{name} "));
    for (name, command) in &known {
        let documented = commands.iter().any(|row| begins(row, name));
        assert!(documented, "docs/cli.md does not list {name}");
        for option in command.get_arguments() {
            let Some(long) = option
                .get_long()
                .filter(|long| !["json", "help"].contains(long))
            else {
                continue;
            };
            let long = format!("--{long}");
            let documented = options.iter().any(|row| {
                quoted(row[1]).contains(&name.as_str())
                    && quoted(row[2]).iter().any(|it| has_word(it, &long))
            });
            assert!(documented, "docs/cli.md does not list {long} of {name}");
        }
    }
    for row in &commands {
        let known = known.iter().any(|(name, _)| begins(row, name));
        assert!(known, "docs/cli.md lists {row}, which does not exist");
    }
}

/// The routes that a source file serves, as `METHOD /path`.
fn routes(path: &str) -> BTreeSet<String> {
    let text = read(path);
    let routes = text.split(".route(").skip(1).filter_map(|call| {
        let path = call.split('"').nth(1)?;
        let method = call.split(',').nth(1)?.trim().split('(').next()?;
        Some(format!("{} {path}", method.to_uppercase()))
    });
    routes.collect()
}

#[test]
fn every_route_is_documented() {
    let page = read("docs/http.md");
    let (web, worker) = page.split_once("## Worker").expect("two parts");
    for (part, path) in [(web, "web/src/lib.rs"), (worker, "worker/src/health.rs")] {
        let mut served = routes(path);
        assert!(served.len() >= 3, "{path}: {served:?}");
        // The page calls the slash at the end of /auth/ by one row.
        served.remove("GET /auth");
        let rows = table(part, "| route | meaning | answers |");
        let documented: BTreeSet<String> = rows
            .iter()
            .map(|row| {
                quoted(row[1])[0]
                    .split('?')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .filter(|route| !route.starts_with("/admin"))
            .collect();
        assert_eq!(documented, served, "{path}");
    }
}

#[test]
fn every_metric_is_documented() {
    let page = read("docs/operating.md");
    let documented: BTreeSet<&str> = first_words(&page, "| metric |").into_iter().collect();
    let product = sources().into_iter().filter(|source| !source.is_test());
    let mut recorded = BTreeSet::new();
    for source in product.filter(|source| !source.path.starts_with("sim/")) {
        let text = read(&source.path);
        for macro_name in ["counter!(", "gauge!(", "histogram!("] {
            for call in text.split(macro_name).skip(1) {
                let name = call.trim_start().strip_prefix('"');
                let name = name.and_then(|rest| rest.split('"').next());
                recorded.extend(name.map(str::to_owned));
            }
        }
    }
    let recorded: BTreeSet<&str> = recorded.iter().map(String::as_str).collect();
    assert_eq!(documented, recorded);
}
