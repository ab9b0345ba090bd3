//! Every action of the console is an action of the command, too: both have the same effect, and the audit says
//! the same of them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::prelude::*;

on_both_engines!(every_action_does_the_same_by_console_and_by_command);

/// The routes of the console.
const ROUTES: &str = include_str!("../../../web/src/console/mod.rs");

/// Forms that are no action on the ledger, and those that the command does not need: it shows everything.
const NO_ACTIONS: [&str; 7] = [
    "/sign-in",
    "/sign-out",
    "/sign-out-everywhere",
    "/texts/{sid}/reveal",
    "/accounts/{id}/reveal",
    "/people/{id}/reveal",
    "/blocked/{id}/reveal",
];

const WHY: &str = "the table says so";
/// The queue that is paused and resumed.
const QUEUE: &str = "tweet";
const PASSWORD: &str = "correct horse battery staple";

/// An action. In its words, `{phone}`, `{sid}`, `{id}`, `{queue}` and `{name}` are what it is done to.
struct Deed {
    /// The route of the console, with a query where the form has one.
    route: &'static str,
    /// The fields of its form, save the reason.
    form: &'static [(&'static str, &'static str)],
    /// The command.
    command: &'static str,
    /// Commands that come before it.
    before: &'static [&'static str],
    /// The command that shows the effect.
    shows: &'static str,
}

const DEEDS: &[Deed] = &[
    Deed {
        route: "/queues/{queue}/pause",
        form: &[],
        command: "queue pause {queue}",
        before: &[],
        shows: "queue stats",
    },
    Deed {
        route: "/queues/{queue}/resume",
        form: &[],
        command: "queue resume {queue}",
        before: &["queue pause {queue}"],
        shows: "queue stats",
    },
    Deed {
        route: "/texts/{sid}/cancel",
        form: &[],
        command: "texts cancel {sid}",
        before: &[],
        shows: "texts show {sid}",
    },
    Deed {
        route: "/texts/{sid}/give-up",
        form: &[],
        command: "texts give-up {sid}",
        before: &[],
        shows: "texts show {sid}",
    },
    Deed {
        route: "/texts/{sid}/replay",
        form: &[],
        command: "replay {sid}",
        before: &["texts give-up {sid}"],
        shows: "texts show {sid}",
    },
    Deed {
        route: "/replays/begin?state=failed&phone={phone}",
        form: &[("key", "the-key-of-a-page")],
        command: "replay --state failed --phone {phone} --yes --detach",
        before: &["texts give-up {sid}"],
        shows: "replay runs",
    },
    Deed {
        route: "/replays/{id}/stop",
        form: &[],
        command: "replay stop {id}",
        before: &[
            "texts give-up {sid}",
            "replay --state failed --phone {phone} --yes --detach",
        ],
        shows: "replay runs",
    },
    Deed {
        route: "/texts/{sid}/block",
        form: &[],
        command: "accounts block {phone}",
        before: &[],
        shows: "texts show {sid}",
    },
    Deed {
        route: "/texts/{sid}/reply",
        form: &[("words", "Patience")],
        command: "texts reply {sid} Patience",
        before: &[],
        shows: "texts show {sid}",
    },
    Deed {
        route: "/people/allow",
        form: &[("phone", "{phone}"), ("note", "{name}")],
        command: "people allow {phone} --note {name}",
        before: &[],
        shows: "people list",
    },
    Deed {
        route: "/people/invite",
        form: &[("phone", "{phone}"), ("note", "{name}")],
        command: "people invite {phone} --note {name}",
        before: &["accounts unlink {phone}"],
        shows: "people list",
    },
    Deed {
        route: "/people/{id}/invite",
        form: &[],
        command: "people invite {phone}",
        before: &[
            "accounts unlink {phone}",
            "people allow {phone} --note {name}",
        ],
        shows: "people list",
    },
    Deed {
        route: "/people/{id}/remove",
        form: &[],
        command: "people remove {phone}",
        before: &["people allow {phone} --note {name}"],
        shows: "people list",
    },
    Deed {
        route: "/accounts/{id}/block",
        form: &[],
        command: "accounts block {phone}",
        before: &[],
        shows: "accounts list",
    },
    Deed {
        route: "/blocked/{id}/unblock",
        form: &[],
        command: "accounts unblock {phone}",
        before: &["accounts block {phone}"],
        shows: "accounts blocked",
    },
    Deed {
        route: "/accounts/{id}/unlink",
        form: &[],
        command: "accounts unlink {phone}",
        before: &[],
        shows: "texts show {sid}",
    },
    Deed {
        route: "/texts/{sid}/erase",
        form: &[("digits", "{digits}")],
        command: "accounts erase {phone} --yes",
        before: &[],
        shows: "texts list --phone {phone}",
    },
    Deed {
        route: "/accounts/{id}/erase",
        form: &[("digits", "{digits}")],
        command: "accounts erase {phone} --yes",
        before: &[],
        shows: "accounts list",
    },
    Deed {
        route: "/audit/download?action={name}",
        form: &[],
        command: "audit --export csv --action {name}",
        before: &[],
        shows: "audit --limit 1",
    },
    Deed {
        route: "/operators/add",
        form: &[("name", "{name}"), ("role", "read")],
        command: "operators add {name} --role read",
        before: &[],
        shows: "operators list",
    },
    Deed {
        route: "/operators/{name}/role",
        form: &[("role", "operate")],
        command: "operators role {name} operate",
        before: &["operators add {name} --role read"],
        shows: "operators list",
    },
    Deed {
        route: "/operators/{name}/password",
        form: &[],
        command: "operators password {name}",
        before: &["operators add {name} --role read"],
        shows: "audit --limit 1",
    },
    Deed {
        route: "/operators/{name}/remove",
        form: &[],
        command: "operators remove {name}",
        before: &["operators add {name} --role read"],
        shows: "operators list",
    },
];

/// What an action is done to: one by the console, and another one by the command.
struct Subject {
    phone: String,
    sid: String,
    id: String,
    handle: String,
    name: String,
}

impl Subject {
    /// The words with this subject in them.
    fn fill(&self, words: &str) -> String {
        let digits = &self.phone[self.phone.len() - 4..];
        self.words()
            .iter()
            .fold(words.replace("{digits}", digits), |words, (hole, value)| {
                words.replace(hole, value)
            })
    }

    fn words(&self) -> [(&'static str, &str); 5] {
        [
            ("{phone}", &self.phone),
            ("{sid}", &self.sid),
            ("{id}", &self.id),
            ("{queue}", QUEUE),
            ("{name}", &self.name),
        ]
    }

    /// What was shown of this subject, without its own names, numbers and moments. Of a list, what names it.
    fn blank(&self, shown: &Value) -> Value {
        let mut shown = shown.clone();
        if let Value::Array(rows) = &mut shown {
            rows.retain(|row| {
                let row = row.to_string();
                let names = [&self.phone, &self.sid, &self.id, &self.handle, &self.name];
                names.iter().any(|name| row.contains(*name))
                    || row.contains(&format!("\"{QUEUE}\""))
                    || row.contains(&self.masked())
            });
        }
        let masked = self.masked();
        let named = [("{masked}", masked.as_str()), ("{handle}", &self.handle)];
        let mut words = shown.to_string();
        for (hole, value) in self.words().iter().chain(&named) {
            words = words.replace(&format!("\"{value}\""), &format!("\"{hole}\""));
            words = words.replace(value, hole);
        }
        let mut shown = serde_json::from_str(&words).expect("JSON");
        forget_moments(&mut shown);
        shown
    }

    /// Takes the newest replay of many as what the action is done to, if it is one.
    async fn note_run(&mut self, system: &System, deed: &Deed) {
        if deed.route.starts_with("/replays/") {
            let runs = show(system, "replay runs --limit 1").await;
            if let Some(id) = runs[0]["id"].as_str() {
                id.clone_into(&mut self.id);
            }
        }
    }

    /// The number as the audit shows it.
    fn masked(&self) -> String {
        let phone: birdcall_domain::phone::Phone = self.phone.parse().expect("a phone");
        phone.masked()
    }
}

/// Moments and random ids differ from one action to the next.
fn forget_moments(shown: &mut Value) {
    match shown {
        Value::Array(rows) => rows.iter_mut().for_each(forget_moments),
        Value::String(words) => *words = without_moments(words),
        Value::Object(fields) => {
            for (name, value) in fields {
                let varies = matches!(name.as_str(), "at" | "since" | "until" | "id")
                    || name.ends_with("_at");
                if varies && !value.is_null() {
                    *value = "varies".into();
                }
                forget_moments(value);
            }
        }
        _ => {}
    }
}

/// A sentence without its dates and times of day.
fn without_moments(words: &str) -> String {
    let is_moment = |word: &str| {
        let is_of_moment = |letter: char| letter.is_ascii_digit() || "-:.TZ,;".contains(letter);
        word.starts_with(|first: char| first.is_ascii_digit())
            && word.contains(['-', ':'])
            && word.chars().all(is_of_moment)
    };
    let words = words.split(' ').filter(|word| !is_moment(word));
    words.collect::<Vec<_>>().join(" ")
}

fn path(route: &str) -> &str {
    route.split('?').next().unwrap_or_default()
}

fn routes() -> BTreeSet<String> {
    let routes = ROUTES.split(".route(").skip(1);
    let posts = routes.filter(|route| route.contains("post("));
    let paths = posts.filter_map(|route| route.split('"').nth(1));
    paths
        .filter_map(|path| path.strip_prefix("/admin"))
        .filter(|path| !NO_ACTIONS.contains(path))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_table_has_every_form_of_the_console() {
    let table: BTreeSet<String> = DEEDS
        .iter()
        .map(|deed| path(deed.route).to_owned())
        .collect();
    assert_eq!(table, routes());
}

async fn every_action_does_the_same_by_console_and_by_command(database_url: String) {
    let mut system = System::prepare(&database_url).await;
    system.set("ADMIN_PASSWORD", PASSWORD);
    let web = system.start_web().await;
    let mut worker = system.start_worker().await;
    let phones = system.link_phones(2 * DEEDS.len()).await;
    // What an action does is compared before a worker goes on with it.
    worker.stop().await;
    let console = system.sign_in_to_console(&web, "admin", PASSWORD).await;
    let accounts = console.get("/accounts").await;
    let mut pairs = Vec::new();
    for (number, deed) in DEEDS.iter().enumerate() {
        let mut pair = Vec::new();
        for side in 0..2 {
            let index = 2 * number + side;
            let phone = phones[index].clone();
            let handle = format!("user{index}");
            pair.push(Subject {
                sid: system.sim.text(&phone, "Good morning").await,
                id: id_of_account(&accounts, &handle),
                name: format!("operator-{index}"),
                phone,
                handle,
            });
        }
        for subject in &pair {
            let sid = &subject.sid;
            until("web has the text", async || {
                system.text(sid).await.is_some()
            })
            .await;
        }
        let [mut by_console, mut by_command] = pair.try_into().ok().expect("two sides");
        let mut effects = Vec::new();
        for (subject, by_console) in [(&mut by_console, true), (&mut by_command, false)] {
            for command in deed.before {
                act(&system, &subject.fill(command)).await;
            }
            subject.note_run(&system, deed).await;
            if deed.route.starts_with("/people/{id}") {
                subject.id = id_of_person(&console.get("/people").await, &subject.name);
            }
            if deed.route.starts_with("/blocked/{id}") {
                subject.id = id_of_the_latest_block(&console.get("/blocked").await);
            }
            let shows = subject.fill(deed.shows);
            let before = show(&system, &shows).await;
            if by_console {
                let mut form = vec![("reason", WHY.to_owned())];
                form.extend(
                    deed.form
                        .iter()
                        .map(|(name, value)| (*name, subject.fill(value))),
                );
                let route = subject.fill(deed.route).replace('+', "%2B");
                let status = console.post(&route, &form).await;
                assert!(matches!(status, 200 | 303), "{}: {status}", deed.route);
            } else {
                act(&system, &subject.fill(deed.command)).await;
            }
            let after = show(&system, &shows).await;
            assert!(before != after, "{} shows no effect", deed.command);
            let audit = show(&system, "audit --limit 1").await;
            assert_eq!(audit[0]["actor"], "admin", "{}", deed.command);
            assert_eq!(audit[0]["reason"], WHY, "{}", deed.command);
            subject.note_run(&system, deed).await;
            effects.push((subject.blank(&after), subject.blank(&audit)));
            // The other side must find the same.
            if deed.route.starts_with("/queues/") {
                act(&system, &subject.fill("queue resume {queue}")).await;
            }
        }
        let (console, command) = (&effects[0], &effects[1]);
        assert_ne!(console.1, Value::Array(Vec::new()), "{}", deed.route);
        assert_eq!(console, command, "{} and {}", deed.route, deed.command);
        pairs.push([by_console, by_command]);
    }
    worker = system.start_worker().await;
    for pair in pairs {
        let [console, command] = pair.map(async |subject| ended(&system, &subject).await);
        assert_eq!(console.await, command.await);
    }
    worker.stop().await;
    system.end().await;
}

/// How the text of a subject ended: its state, the reason, and how many replies were sent about it.
async fn ended(system: &System, subject: &Subject) -> (Value, Value, usize) {
    eventually("the text ended, and its replies were sent", async || {
        let Some(text) = system.text(&subject.sid).await else {
            // It was erased.
            return Some((Value::Null, Value::Null, 0));
        };
        let replies = text["replies"].as_array()?;
        let is_over = !matches!(
            text["state"].as_str()?,
            "received" | "waiting" | "publishing"
        );
        let are_sent = replies
            .iter()
            .all(|reply| reply["state"] != "queued" && reply["state"] != "sending");
        (is_over && are_sent)
            .then(|| (text["state"].clone(), text["reason"].clone(), replies.len()))
    })
    .await
}

async fn show(system: &System, command: &str) -> Value {
    let words: Vec<&str> = command.split(' ').collect();
    system.json(&words).await
}

async fn act(system: &System, command: &str) {
    let mut words: Vec<&str> = command.split(' ').collect();
    words.extend(["--as", "admin", "--why", WHY]);
    let ran = system.birdcall(&words).await;
    assert_eq!(ran.code, Some(0), "{command}: {}{}", ran.out, ran.err);
}

/// The id of the number that was blocked last, in the console's list.
fn id_of_the_latest_block(list: &str) -> String {
    let (_, link) = list.split_once("/admin/blocked/").expect("a link");
    link.split('"').next().expect("an id").to_owned()
}

/// The id of the account in the console's list.
fn id_of_account(list: &str, handle: &str) -> String {
    id_in_row(list, &format!("@{handle}<"), "/admin/accounts/")
}

/// The id of the person with this note in the console's list.
fn id_of_person(list: &str, note: &str) -> String {
    id_in_row(list, &format!(">{note}<"), "/admin/people/")
}

/// What follows `path` in the row that contains `words`.
fn id_in_row(list: &str, words: &str, path: &str) -> String {
    let rows = list.split("<tr>");
    let mut rows = rows.filter(|row| row.contains(words));
    let row = rows
        .next()
        .unwrap_or_else(|| panic!("no {words} in {list}"));
    let (_, link) = row.split_once(path).expect("a link");
    link.split('"').next().expect("an id").to_owned()
}
