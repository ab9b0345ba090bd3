//! The check of the files of SQLite: who may read them, whether they grow, and whether there is room for them.

use std::{
    fs::Metadata,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// A write-ahead log is made smaller at every checkpoint. One that is larger than this, in bytes, is held
/// by a reader that does not end.
const LOG_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// On a disk with less room than this, in bytes, a busy day may fill it.
const ROOM_MIN: u64 = 256 * 1024 * 1024;

/// Where the header of a file says how it is written, and what it says of a write-ahead log
/// (<https://www.sqlite.org/fileformat2.html#the_database_header>).
const WRITE_VERSION_AT: usize = 18;
const WRITE_AHEAD: u8 = 2;

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
    if is_without_log(path) {
        problems.push(format!(
            "{} is not written with a write-ahead log, so readers and writers stop each other: put it on a local disk",
            path.display()
        ));
    }
    if let Some(room) = room(path).filter(|room| *room < ROOM_MIN) {
        problems.push(format!(
            "the disk of {} has room for {} MiB more: make room, or move the database",
            path.display(),
            room / (1024 * 1024)
        ));
    }
    problems
}

/// Whether the file's header names another journal than a write-ahead log. An empty file names none yet.
fn is_without_log(file: &Path) -> bool {
    let mut header = [0; WRITE_VERSION_AT + 1];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[WRITE_VERSION_AT] != WRITE_AHEAD
}

/// How many bytes the owner of this process may still write to the disk of a file.
fn room(file: &Path) -> Option<u64> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let disk = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
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

    #[test]
    fn a_file_without_a_write_ahead_log_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("birdcall.db");
        for (version, named) in [(1, true), (2, false)] {
            let mut header = [0; 100];
            header[18] = version;
            std::fs::write(&path, header).unwrap();
            assert_eq!(is_without_log(&path), named, "{version}");
        }
        std::fs::write(&path, []).unwrap();
        assert!(!is_without_log(&path));
    }

    #[test]
    fn a_disk_says_how_much_room_it_has() {
        let folder = tempfile::tempdir().unwrap();
        assert!(room(&folder.path().join("birdcall.db")).is_some());
        assert_eq!(room(Path::new("/no/such/folder/birdcall.db")), None);
    }
}
