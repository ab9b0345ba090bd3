//! Reads Rust well enough to tell what a file names: no comments, no strings, paths written out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What holds no source of ours. In a worktree, `.git` is a file.
const NOT_OURS: [&str; 4] = [".git", "target", "data", "node_modules"];

/// A source file.
pub(crate) struct Source {
    /// From the root of the repository.
    pub(crate) path: String,
    /// Without comments, and without what strings hold.
    pub(crate) code: String,
}

impl Source {
    /// Whether it is part of a test.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.ends_with("_tests.rs")
            || self.path.ends_with("/tests.rs")
    }

    /// Whether the code has these words, whole.
    pub(crate) fn says(&self, words: &str) -> bool {
        has_word(&self.code, words)
    }

    /// The paths that this file re-exports, with the names under which it does.
    pub(crate) fn exports(&self) -> Vec<(String, String)> {
        self.used(|before| before.ends_with("pub") || before.ends_with(')'))
    }

    /// The file without its unit tests, which are its last part.
    pub(crate) fn without_tests(mut self) -> Self {
        if let Some(begin) = self.code.find("#[cfg(test)]\nmod tests {") {
            self.code.truncate(begin);
        }
        self
    }

    /// The paths that this file itself uses: by a private `use`, or in the code.
    pub(crate) fn uses(&self) -> BTreeSet<String> {
        let private = self.used(|before| !before.ends_with("pub") && !before.ends_with(')'));
        let mut paths: BTreeSet<String> = private.into_iter().map(|(path, _)| path).collect();
        let body = self.body();
        for (at, _) in body.match_indices("::") {
            let before = &body[..at];
            let begin = before.trim_end_matches(joins).len();
            if body[..begin].ends_with("::") {
                continue;
            }
            let rest = &body[begin..];
            let length = rest
                .find(|c: char| !joins(c) && c != ':')
                .unwrap_or(rest.len());
            let path = rest[..length].trim_end_matches(':');
            // In a macro, `$crate` is this crate.
            paths.insert(path.to_owned());
        }
        paths
    }

    /// What `use` statements bring in whose words before `use` are as wanted.
    fn used(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let mut trees = BTreeSet::new();
        for statement in self.code.split(';') {
            if let Some(at) = word_at(statement, "use") {
                if !wanted(statement[..at].trim_end()) {
                    continue;
                }
                let tree = statement[at + 3..].replace(" as ", "@");
                expand("", &tree.split_whitespace().collect::<String>(), &mut trees);
            }
        }
        named(trees)
    }

    /// The code without its `use` statements.
    fn body(&self) -> String {
        self.code
            .split(';')
            .map(|statement| word_at(statement, "use").map_or(statement, |at| &statement[..at]))
            .collect::<Vec<_>>()
            .join(";")
    }

    /// The first word of every path: crates, and what stands for one.
    pub(crate) fn roots(&self) -> BTreeSet<String> {
        let imports = self.used(|_| true);
        let first = |(path, _): &(String, String)| path.split("::").next().map(str::to_owned);
        let mut roots: BTreeSet<String> = imports.iter().filter_map(first).collect();
        // In code, a path may begin with what was brought in or declared here.
        let local: BTreeSet<&str> = imports.iter().map(|(_, name)| name.as_str()).collect();
        let body = self.body();
        for (at, _) in body.match_indices("::") {
            let before = &body[..at];
            let word = &before[before.trim_end_matches(joins).len()..];
            let goes_on = before[..before.len() - word.len()].ends_with("::");
            let is_generic = body[at..].starts_with("::<");
            let declared = has_word(&self.code, &format!("mod {word}"));
            if !word.is_empty() && !goes_on && !is_generic && !local.contains(word) && !declared {
                roots.insert(word.to_owned());
            }
        }
        roots
    }
}

/// Paths with the names that they have here: the last word, or the one behind `as`.
fn named(trees: BTreeSet<String>) -> Vec<(String, String)> {
    let named = trees.into_iter().map(|tree| match tree.split_once('@') {
        Some((path, name)) => (path.to_owned(), name.to_owned()),
        None => {
            let name = tree.rsplit("::").next().unwrap_or_default().to_owned();
            (tree, name)
        }
    });
    named.collect()
}

/// Writes a `use` tree out: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(prefix: &str, tree: &str, paths: &mut BTreeSet<String>) {
    let Some(open) = tree.find('{') else {
        let path = format!("{prefix}{tree}");
        paths.insert(path.trim_end_matches(['}', ',']).to_owned());
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let inner = tree[open + 1..]
        .strip_suffix('}')
        .unwrap_or(&tree[open + 1..]);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[from..at], paths);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < inner.len() {
        expand(&prefix, &inner[from..], paths);
    }
}

/// Whether a text has these words, whole.
pub(crate) fn has_word(text: &str, words: &str) -> bool {
    word_at(text, words).is_some()
}

/// Whether a character is part of a word.
fn joins(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_at(text: &str, words: &str) -> Option<usize> {
    text.match_indices(words)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(joins) && !text[at + words.len()..].starts_with(joins))
}

/// The code without comments and without what strings hold.
fn stripped(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) =
            raw_string(rest).filter(|_| !code.ends_with(char::is_alphanumeric))
        {
            code.push_str("\"\"");
            length
        } else if c == '"' {
            code.push_str("\"\"");
            string(rest)
        } else if let Some(length) = character(rest) {
            length
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

/// The length of the string that `rest` begins with.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the raw string that `rest` begins with, if it does.
fn raw_string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let content = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = content.find(&end)?;
    Some(1 + hashes + 1 + length + end.len())
}

/// The length of the character literal that `rest` begins with; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?;
    if first == '\\' {
        return body[2..].find('\'').map(|end| end + 4);
    }
    body[first.len_utf8()..]
        .starts_with('\'')
        .then(|| first.len_utf8() + 2)
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file's text.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every source file of ours.
pub(crate) fn sources() -> Vec<Source> {
    let rust = files().into_iter().filter(|path| path.ends_with(".rs"));
    rust.map(|path| Source {
        code: stripped(&read(&path)),
        path,
    })
    .collect()
}

/// Every file of the repository, from its root.
pub(crate) fn files() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let listed = fs::read_dir(root().join(&folder)).expect("a folder");
        for entry in listed.map(|entry| entry.expect("an entry")) {
            let name = entry.file_name();
            let path = folder.join(&name);
            if NOT_OURS.contains(&name.to_string_lossy().as_ref()) {
                continue;
            }
            if entry.file_type().expect("a type").is_dir() {
                folders.push(path);
            } else {
                files.push(path.display().to_string());
            }
        }
    }
    files.sort();
    files
}
