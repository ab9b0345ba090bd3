//! No file of a crate uses a file that uses it, however long the way round.
//!
//! What counts is a private `use` and a path in the code. A re-export (`pub use`) does not count for
//! the file that holds it, and is followed to the file that defines the name.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, sources};

/// The files of one crate, by the path of their module.
struct Crate {
    files: BTreeMap<Vec<String>, Source>,
}

/// The module of a file: `src/text/mod.rs` and `src/text.rs` are `text`, `src/lib.rs` is the root.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.split("/src/").nth(1).unwrap_or_default();
    let mut parts: Vec<String> = inside
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || parts.len() == 1 && last == "lib")
    {
        parts.pop();
    }
    parts
}

impl Crate {
    /// The file that defines what a path names: re-exports are followed. `None`: it is not of this
    /// crate.
    fn file_of(&self, path: &[String], steps: usize) -> Option<Vec<String>> {
        let mut module: Vec<String> = Vec::new();
        for (at, name) in path.iter().enumerate() {
            let mut child = module.clone();
            child.push(name.clone());
            if self.files.contains_key(&child) {
                module = child;
                continue;
            }
            let here = self.files.get(&module)?;
            let exported = here
                .exports()
                .into_iter()
                .find(|(_, exported)| exported == name);
            let Some((target, _)) = exported.filter(|_| steps > 0) else {
                return Some(module);
            };
            let mut target = self.absolute(&module, &target)?;
            target.extend(path[at + 1..].iter().cloned());
            return self.file_of(&target, steps - 1);
        }
        Some(module)
    }

    /// A path as it is written in a file of `module`, from the root of the crate.
    fn absolute(&self, module: &[String], path: &str) -> Option<Vec<String>> {
        let mut parts = path.split("::").map(str::to_owned).peekable();
        let mut from = match parts.peek()?.as_str() {
            "crate" => {
                parts.next();
                Vec::new()
            }
            "self" => {
                parts.next();
                module.to_vec()
            }
            "super" => module.to_vec(),
            first => {
                let mut child = module.to_vec();
                child.push(first.to_owned());
                if !self.files.contains_key(&child) {
                    return None;
                }
                module.to_vec()
            }
        };
        while parts.peek().is_some_and(|part| part == "super") {
            parts.next();
            from.pop();
        }
        from.extend(parts);
        Some(from)
    }

    /// The files that each file uses.
    fn arrows(&self) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
        let mut arrows = BTreeMap::new();
        for (module, source) in &self.files {
            let used = source
                .uses()
                .into_iter()
                .filter_map(|path| self.absolute(module, &path))
                .filter_map(|path| self.file_of(&path, 8))
                .filter(|used| used != module)
                .collect();
            arrows.insert(module.clone(), used);
        }
        arrows
    }
}

/// What a file is called in a report.
fn name(module: &[String]) -> String {
    match module {
        [] => "the crate's root".to_owned(),
        module => module.join("::"),
    }
}

/// A way from a file back to itself, if there is one.
fn circle(arrows: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Option<Vec<String>> {
    fn walk(
        at: &Vec<String>,
        arrows: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
        way: &mut Vec<Vec<String>>,
        done: &mut BTreeSet<Vec<String>>,
    ) -> Option<Vec<String>> {
        if let Some(begin) = way.iter().position(|passed| passed == at) {
            let files = way[begin..].iter().chain([at]);
            return Some(files.map(|module| name(module)).collect());
        }
        if !done.insert(at.clone()) {
            return None;
        }
        way.push(at.clone());
        let found = arrows[at]
            .iter()
            .find_map(|next| walk(next, arrows, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    arrows
        .keys()
        .find_map(|from| walk(from, arrows, &mut Vec::new(), &mut done))
}

#[test]
fn no_file_uses_a_file_that_uses_it() {
    let mut crates: BTreeMap<String, Crate> = BTreeMap::new();
    for source in sources() {
        let Some((room, _)) = source.path.split_once("/src/") else {
            continue;
        };
        // A program's main file is a crate of its own.
        if source.is_test() || source.path.ends_with("/src/main.rs") && room != "drill" {
            continue;
        }
        let home = crates.entry(room.to_owned()).or_insert_with(|| Crate {
            files: BTreeMap::new(),
        });
        let module = match source.path.as_str() {
            "drill/src/main.rs" => Vec::new(),
            path => module_of(path),
        };
        home.files.insert(module, source.without_tests());
    }
    let (mut arrows_seen, mut circles) = (0, Vec::new());
    for (room, home) in &crates {
        let arrows = home.arrows();
        arrows_seen += arrows.values().map(BTreeSet::len).sum::<usize>();
        if let Some(way) = circle(&arrows) {
            circles.push(format!("{room}: {}", way.join(" -> ")));
        }
    }
    assert_eq!(circles, Vec::<String>::new());
    assert!(arrows_seen > 300, "only {arrows_seen} arrows were found");
}
