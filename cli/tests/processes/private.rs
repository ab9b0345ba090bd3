//! Nobody but the user of a process may read its files, whatever the umask is.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use crate::{engines::new_sqlite, prelude::*};

/// The permissions of everything in a folder, by its name.
fn permissions(folder: &Path) -> BTreeMap<String, u32> {
    let entries = fs::read_dir(folder).expect("a folder");
    let entries = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("text");
        (name, mode(&entry.path()))
    });
    entries.collect()
}

fn mode(path: &Path) -> u32 {
    let found = fs::metadata(path).expect("it is there");
    found.permissions().mode() & 0o7777
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o666)).expect("it is ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_its_folder_and_its_backup_are_private() {
    let top = tempfile::tempdir().expect("a folder");
    let folder = top.path().join("var/birdcall");
    let database = folder.join("birdcall.db");
    let url = format!("sqlite://{}", database.display());
    let (system, _web, _worker) = linked(&url).await;
    let backup = folder.join("copy.db");
    let ran = system
        .birdcall(&["backup", &backup.display().to_string()])
        .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let expected = [
        "birdcall.db",
        "birdcall.db-shm",
        "birdcall.db-wal",
        "copy.db",
    ];
    let expected = expected.map(|name| (name.to_owned(), 0o600));
    assert_eq!(permissions(&folder), expected.into());
    for made in ["var", "var/birdcall"] {
        assert_eq!(mode(&top.path().join(made)), 0o700, "{made}");
    }
    system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_others_could_read_are_taken_away_from_them() {
    let (folder, url) = new_sqlite();
    let database = folder.path().join("birdcall.db");
    let (system, mut web, mut worker) = linked(&url).await;
    // Killed programs leave the files beside the database.
    for program in [&mut web, &mut worker] {
        program.signal("KILL").await;
        program.ended().await;
    }
    let names: Vec<String> = permissions(folder.path()).into_keys().collect();
    assert_eq!(names, ["birdcall.db", "birdcall.db-shm", "birdcall.db-wal"]);
    for name in &names {
        open_to_all(&folder.path().join(name));
    }
    let web = system.start_web().await;
    for (name, mode) in permissions(folder.path()) {
        assert_eq!(mode, 0o600, "{name}");
    }
    let logged = crate::program::lines(web.log());
    let said = logged
        .iter()
        .filter(|line| line.contains("others could read this file"));
    assert_eq!(said.count(), 3, "{logged:#?}");
    assert!(database.exists());
    system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_behind_a_dangling_link_is_private() {
    let (folder, url) = new_sqlite();
    let target = folder.path().join("target.db");
    std::os::unix::fs::symlink(&target, folder.path().join("birdcall.db")).expect("a link");
    let ran = run("birdcall", &["migrate"], &only_database(&url)).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(mode(&target), 0o600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_never_writes_into_a_file_that_is_there() {
    let (folder, url) = new_sqlite();
    let settings = only_database(&url);
    let ran = run("birdcall", &["migrate"], &settings).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let file = folder.path().join("copy.db");
    fs::write(&file, "").expect("a file");
    open_to_all(&file);
    let name = file.display().to_string();
    let ran = run("birdcall", &["backup", &name], &settings).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("already exists"), "{}", ran.err);
    assert_eq!(fs::read(&file).expect("the file"), b"");

    let nowhere = folder.path().join("nowhere/copy.db").display().to_string();
    let ran = run("birdcall", &["backup", &nowhere], &settings).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_folder_of_a_trial_is_private() {
    let top = tempfile::tempdir().expect("a folder");
    let settings: Settings = [("TMPDIR".to_owned(), top.path().display().to_string())].into();
    let mut dev = Program::start_with("birdcall", &["dev", "--port", "0"], &settings).await;
    let folders = permissions(top.path());
    assert_eq!(folders.len(), 1, "{folders:?}");
    for (name, mode) in &folders {
        assert_eq!(*mode, 0o700, "{name}");
        for (file, mode) in permissions(&top.path().join(name)) {
            assert_eq!(mode & 0o077, 0, "{file}");
        }
    }
    assert_eq!(dev.stop().await.code(), Some(0));
}
