//! The file of settings: `.env` in the working folder, or the file that `ENV_FILE` names.
//!
//! No other folder is searched: a person who can write a file in a folder above could otherwise have our
//! secrets sent to an address of their own.

use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The variable that names the file. It is no setting, because the settings are in the file.
pub(super) const ENV_FILE: &str = "ENV_FILE";
const DEFAULT: &str = ".env";

/// Adds what the file says to `environment`, which takes precedence.
///
/// # Errors
///
/// The file cannot be read; the error is the line that says so. It repeats no part of the file, nor
/// its path: either may hold a secret, put there by mistake.
pub(super) fn add_to(environment: &mut HashMap<String, String>) -> Result<(), String> {
    let named = environment.get(ENV_FILE).filter(|path| !path.is_empty());
    let path = Path::new(named.map_or(DEFAULT, String::as_str));
    // In a container there is usually no file, and a folder of this name is somebody else's.
    if named.is_none() && !path.is_file() {
        return Ok(());
    }
    let name = if named.is_some() { ENV_FILE } else { DEFAULT };
    let said = read(path).map_err(|why| format!("{name}: {why}"))?;
    for (setting, value) in said {
        environment.entry(setting).or_insert(value);
    }
    Ok(())
}

/// The settings in the file. The first of two lines for one setting wins.
fn read(path: &Path) -> Result<HashMap<String, String>, String> {
    let content = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("the file cannot be read: {error}"),
    })?;
    let line = Arc::new(AtomicUsize::new(0));
    let lines = Lines {
        content: without_mark(&content),
        line: Arc::clone(&line),
    };
    let mut settings = HashMap::new();
    for setting in dotenvy::from_read_iter(lines) {
        match setting {
            Ok((name, value)) => {
                settings.entry(name).or_insert(value);
            }
            Err(dotenvy::Error::LineParse(text, _)) => {
                let more = text.lines().count().saturating_sub(1);
                let first = line.load(Ordering::Relaxed).saturating_sub(more);
                return Err(format!(
                    "line {first} cannot be read; put a value with spaces or # in single quotes"
                ));
            }
            Err(_) => {
                let line = line.load(Ordering::Relaxed);
                return Err(format!("line {line} is not text in UTF-8"));
            }
        }
    }
    Ok(settings)
}

/// The content without the mark that some editors put before UTF-8.
fn without_mark(content: &[u8]) -> &[u8] {
    content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content)
}

/// Hands the content out line by line, so that it is known at which line the reader has arrived.
struct Lines<'a> {
    content: &'a [u8],
    /// The number of the last line that was handed out, from 1.
    line: Arc<AtomicUsize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.content.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(self.content.len(), |end| end + 1);
        let handed_out = self.content.take(buffer.len().min(length) as u64);
        let count = { handed_out }.read(buffer)?;
        self.content = &self.content[count..];
        if count > 0 && count == length {
            self.line.fetch_add(1, Ordering::Relaxed);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a file with this content.
    fn read_of(content: &[u8]) -> Result<Vec<(String, String)>, String> {
        let folder = std::env::temp_dir();
        let name = format!("birdcall-env-{}-{:?}", std::process::id(), content.len());
        let file = folder.join(name);
        std::fs::write(&file, content).unwrap();
        let settings = read(&file);
        std::fs::remove_file(&file).unwrap();
        let mut settings: Vec<_> = settings?.into_iter().collect();
        settings.sort();
        Ok(settings)
    }

    #[test]
    fn settings_are_read_with_and_without_quotes_and_comments() {
        let content = "\u{FEFF}# settings\r\nA=1\r\n\nexport B='two words # and a mark'\nA=2\nC=\n";
        let read = read_of(content.as_bytes()).unwrap();
        let expected = [("A", "1"), ("B", "two words # and a mark"), ("C", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read, expected);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_by_its_number_alone() {
        let unreadable = "cannot be read; put a value with spaces or # in single quotes";
        let long = "x".repeat(20_000);
        for (content, line) in [
            ("SECRET_KEY=canary, canary\n", 1),
            ("A=1\n\n# comment\nSECRET_KEY=canary, canary", 4),
            ("A=1\r\ncanary\r\nB=1\r\n", 2),
            ("A=1\ncanary/canary=\n", 2),
            ("A='two\nlines'\nTWILIO_AUTH_TOKEN=canary canary\n", 3),
            // The quote is never closed.
            ("A=1\nTWILIO_AUTH_TOKEN='canary\nB=1\nC=canary\n", 2),
            ("A=1\nTWILIO_AUTH_TOKEN=\"canary\nB=1", 2),
            (&format!("A={long}\nB='{long}'\ncanary canary\n"), 3),
        ] {
            let problem = read_of(content.as_bytes()).unwrap_err();
            assert_eq!(problem, format!("line {line} {unreadable}"));
        }
        let problem = read_of(b"A=1\nB=canary\xFF\n").unwrap_err();
        assert_eq!(problem, "line 2 is not text in UTF-8");
    }
}
