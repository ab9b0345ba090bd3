//! A disk that can be full or read-only.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tokio::process::Command;

/// A file system of 4 MiB in memory. It is unmounted when it is dropped.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Returns `None`, and says that `test` is left out, if this process may not mount anything.
    pub(crate) async fn mount(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "birdcall-test"])
            .arg(folder.path())
            .output()
            .await;
        if mounted.is_ok_and(|ran| ran.status.success()) {
            return Some(Self { folder });
        }
        eprintln!("left out, because this process may not mount a tmpfs: {test}");
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills the disk to the last byte.
    pub(crate) fn fill(&self) {
        let mut file = std::fs::File::create(self.filler()).expect("a file");
        for size in [1 << 16, 1 << 12, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.filler()).expect("the filler");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Makes the disk read-only with `ro`, and writable with `rw`. No program may have a file open
    /// for writing.
    pub(crate) async fn remount(&self, how: &str) {
        let remounted = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.path())
            .output()
            .await
            .expect("mount runs");
        let error = String::from_utf8_lossy(&remounted.stderr);
        assert!(remounted.status.success(), "remount,{how}: {error}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A disk that cannot be unmounted stays until the machine stops.
        let _ = std::process::Command::new("umount")
            .args(["--lazy".as_ref(), self.folder.path().as_os_str()])
            .status();
    }
}
