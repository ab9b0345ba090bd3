//! Files that nobody but the user of this process may read. The ledger holds phone numbers, texts and
//! sign-in links in the clear, and the umask of a process is rarely set with that in mind.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, Metadata, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// What SQLite keeps beside a database. SQLite makes each with the permissions of the database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Makes a folder, with those that lead to it, for this user alone. A folder that is there keeps its
/// permissions, because it may belong to others too.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Makes an empty file for this user alone.
///
/// # Errors
///
/// `AlreadyExists` if there is a file, a folder or a link of this name.
pub fn make(file: &Path) -> io::Result<File> {
    options().create_new(true).open(file)
}

/// Makes the file of a SQLite database, unless it is there. A file that can only be read is left to
/// SQLite.
pub(crate) fn make_database(file: &Path) -> io::Result<()> {
    // A link may lead to a file that is not there.
    if file.exists() {
        return Ok(());
    }
    options().create(true).open(file).map(drop)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).truncate(false);
    options
}

/// Takes the file of a SQLite database, and those beside it, away from everybody but their owner. An
/// older Birdcall, or a copy that was put in place by hand, may have left them open to others.
pub(crate) fn narrow_database(file: &Path) {
    let beside = BESIDE.iter().map(|end| {
        let mut name = OsString::from(file);
        name.push(end);
        PathBuf::from(name)
    });
    for file in [file.to_owned()].into_iter().chain(beside) {
        // A file that is not there is open to nobody.
        let Ok(found) = fs::metadata(&file) else {
            continue;
        };
        match narrow(&file, &found) {
            Ok(false) => {}
            Ok(true) => tracing::warn!(
                file = %file.display(),
                "others could read this file; from now on only its owner can"
            ),
            Err(error) => tracing::warn!(
                file = %file.display(), %error,
                "others can read this file, and this process may not change that"
            ),
        }
    }
}

/// Whether the permissions of the file had to be narrowed.
#[cfg(unix)]
fn narrow(file: &Path, found: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;

    const OTHERS: u32 = 0o077;
    let mut permissions = found.permissions();
    let mode = permissions.mode();
    if mode & OTHERS == 0 {
        return Ok(false);
    }
    permissions.set_mode(mode & !OTHERS);
    fs::set_permissions(file, permissions).map(|()| true)
}

#[cfg(not(unix))]
fn narrow(_: &Path, _: &Metadata) -> io::Result<bool> {
    Ok(false)
}
