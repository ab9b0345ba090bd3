//! The check of the files of SQLite: who may read them, and whether they grow.

use std::{
    fs::Metadata,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// A write-ahead log is made smaller at every checkpoint. One that is larger than this, in bytes, is held
/// by a reader that does not end.
const LOG_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// What is wrong with the files of a database at `path`, with what to do about each.
pub(super) fn problems(path: &Path) -> Vec<String> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let log = beside("-wal");
    let files = [path.to_owned(), log.clone(), beside("-shm")];
    let mut problems: Vec<String> = files
        .iter()
        .filter_map(|file| open_to_others(file))
        .collect();
    if metadata(&log).is_some_and(|about| about.len() > LOG_BYTES_MAX) {
        problems.push(format!(
            "{} is larger than 512 MiB: another program holds the database open for reading. End it, and \
             the file shrinks",
            log.display()
        ));
    }
    problems
}

fn metadata(file: &Path) -> Option<Metadata> {
    std::fs::metadata(file).ok()
}

/// The ledger holds numbers and texts, so only its owner may read it.
fn open_to_others(file: &Path) -> Option<String> {
    let mode = metadata(file)?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        format!(
            "others may read or change {} (mode {mode:04o}): chmod 600",
            file.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};

    use super::*;

    #[test]
    fn a_ledger_that_others_may_read_and_a_log_that_grows_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("birdcall.db");
        assert!(problems(&path).is_empty());
        let file = File::create(&path).unwrap();
        file.set_permissions(Permissions::from_mode(0o600)).unwrap();
        assert!(problems(&path).is_empty());
        file.set_permissions(Permissions::from_mode(0o644)).unwrap();
        let log = File::create(folder.path().join("birdcall.db-wal")).unwrap();
        log.set_permissions(Permissions::from_mode(0o600)).unwrap();
        log.set_len(LOG_BYTES_MAX + 1).unwrap();
        let found = problems(&path);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].contains("birdcall.db (mode 0644): chmod 600"),
            "{found:?}"
        );
        assert!(found[1].contains("birdcall.db-wal is larger"), "{found:?}");
    }
}
