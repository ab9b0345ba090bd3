//! The dashboard, the alert rules and the runbook name what the programs export, and each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use crate::{
    documents::{anchor, quoted, table},
    source::{read, root},
};

const RULES: &str = "docs/monitoring/alerts.yaml";
const DASHBOARD: &str = "docs/monitoring/dashboard.json";

/// What the table of metrics says about one.
struct Documented {
    is_histogram: bool,
    /// The names of its labels, and their values where the table lists them.
    words: BTreeSet<String>,
}

fn documented() -> BTreeMap<String, Documented> {
    let page = read("docs/operating.md");
    let rows = table(&page, "| metric |");
    let row = |row: &Vec<&str>| {
        let words = quoted(row[3]).into_iter().map(str::to_owned).collect();
        let about = Documented {
            is_histogram: row[2].starts_with("histogram"),
            words,
        };
        (quoted(row[1])[0].to_owned(), about)
    };
    rows.iter().map(row).collect()
}

/// A metric that an expression names, with the labels by which it chooses: a name and its values.
#[derive(Debug)]
struct Named {
    metric: String,
    labels: Vec<(String, Vec<String>)>,
}

fn named(text: &str) -> Vec<Named> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = text.match_indices("birdcall_").map(|(at, _)| at);
    let all = starts.filter_map(|at| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(is_word) {
            return None;
        }
        let rest = &text[at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let braces = rest[end..].strip_prefix('{');
        let inside = braces.and_then(|inside| inside.split('}').next());
        let labels = inside.unwrap_or_default().split("\",").filter_map(|label| {
            let (name, values) = label.split_once(['=', '!'])?;
            let values = values.trim_matches(['=', '~', '"']).split('|');
            Some((name.trim().to_owned(), values.map(str::to_owned).collect()))
        });
        Some(Named {
            metric: rest[..end].to_owned(),
            labels: labels.collect(),
        })
    });
    all.collect()
}

/// The expressions of the dashboard.
fn expressions() -> String {
    let dashboard: serde_json::Value = serde_json::from_str(&read(DASHBOARD)).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array());
    let expressions: Vec<&str> = targets
        .flatten()
        .map(|target| target["expr"].as_str().expect("an expression"))
        .collect();
    assert!(expressions.len() > 30, "{}", expressions.len());
    expressions.join("\n")
}

/// The alerts with their links: `(name, link)`.
fn alerts() -> Vec<(String, String)> {
    let text = read(RULES);
    let alerts = text.split("- alert: ").skip(1).map(|alert| {
        let name = alert.lines().next().unwrap_or_default().trim();
        let link = alert.split("runbook_url: ").nth(1).unwrap_or_default();
        let link = link.lines().next().unwrap_or_default().trim();
        (name.to_owned(), link.to_owned())
    });
    alerts.collect()
}

#[test]
fn the_dashboard_and_the_alert_rules_name_only_what_the_programs_export() {
    let documented = documented();
    for (file, text) in [(DASHBOARD, expressions()), (RULES, read(RULES))] {
        let named = named(&text);
        assert!(named.len() > 30, "{file}: {}", named.len());
        for Named { metric, labels } in named {
            let of_histogram = ["_bucket", "_count", "_sum"]
                .into_iter()
                .find_map(|end| documented.get(metric.strip_suffix(end)?));
            let about = match of_histogram {
                Some(about) => Some(about).filter(|about| about.is_histogram),
                None => documented.get(&metric).filter(|about| !about.is_histogram),
            };
            let about = about.unwrap_or_else(|| panic!("{file} names {metric}"));
            for (label, values) in labels {
                let known = about.words.contains(&label);
                assert!(known, "{file} asks for {label} of {metric}");
                // The table refers to other tables for the states and the queues, and to a row above for
                // the endpoints.
                let elsewhere = ["state", "queue", "endpoint"].contains(&label.as_str());
                let unknown = values.iter().find(|value| !about.words.contains(*value));
                assert!(
                    unknown.is_none() || elsewhere,
                    "{file} asks for {label}={unknown:?} of {metric}"
                );
            }
        }
    }
}

#[test]
fn every_metric_is_on_the_dashboard_or_in_an_alert() {
    let (dashboard, rules) = (expressions(), read(RULES));
    for metric in documented().keys() {
        let shown = named(&dashboard).into_iter().chain(named(&rules));
        let shown = shown.map(|named| named.metric).any(|shown| {
            shown
                .strip_prefix(metric.as_str())
                .is_some_and(|end| ["", "_bucket", "_count", "_sum"].contains(&end))
        });
        assert!(shown, "nobody looks at {metric}");
    }
}

#[test]
fn every_alert_leads_to_a_section_of_the_runbook_that_names_it() {
    let runbook = read("docs/runbook.md");
    let sections: Vec<&str> = runbook.split("\n## ").skip(1).collect();
    let alerts = alerts();
    assert!(alerts.len() > 20, "{alerts:?}");
    for (alert, link) in &alerts {
        let heading = link.strip_prefix("docs/runbook.md#");
        let heading = heading.unwrap_or_else(|| panic!("{alert} links to {link}"));
        let section = sections.iter().find(|section| {
            let first = section.lines().next().unwrap_or_default();
            anchor(first) == heading
        });
        let section = section.unwrap_or_else(|| panic!("{alert} links to {link}"));
        let names = section.lines().find(|line| line.starts_with("**Alerts:**"));
        let names = quoted(names.unwrap_or_default());
        assert!(names.contains(&alert.as_str()), "{link} names {names:?}");
    }
    // And the other way round.
    for section in sections {
        let names = section.lines().find(|line| line.starts_with("**Alerts:**"));
        for name in quoted(names.expect("a line with the alerts")) {
            let known = alerts.iter().any(|(alert, _)| alert == name);
            assert!(known, "the runbook names {name}, which is no alert");
        }
        assert!(section.contains("**Do this:**"), "{section}");
    }
}

#[test]
fn prometheus_accepts_the_alert_rules_and_they_fire_when_they_should() {
    let folder = root().join("docs/monitoring");
    for arguments in [
        ["check", "rules", "alerts.yaml"],
        ["test", "rules", "alerts_test.yaml"],
    ] {
        let run = Command::new("promtool")
            .args(arguments)
            .current_dir(&folder)
            .output();
        let ran = match run {
            Ok(ran) => ran,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                assert!(
                    setting("BIRDCALL_TEST_NOTHING_SKIPPED").is_none(),
                    "promtool is missing, and no test may be skipped"
                );
                eprintln!("left out, because promtool is missing: the alert rules");
                return;
            }
            Err(error) => panic!("promtool: {error}"),
        };
        let said = [ran.stdout, ran.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(ran.status.success(), "{arguments:?}: {said}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what tests may use is not a setting of Birdcall"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
