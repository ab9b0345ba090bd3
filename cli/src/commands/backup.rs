//! `birdcall backup`: copy a SQLite database while it is in use.

use std::{
    path::Path,
    pin::{Pin, pin},
    time::Duration,
};

use birdcall_common::config::database_from_env;
use birdcall_ledger::database::DatabaseUrl;
use serde::Serialize;

use crate::{
    environment::open_ledger,
    failure::{Done, Failure},
    output::{self, Progress},
};
use birdcall_domain::wording::counted;

/// The time between two looks at the size of the copy.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The copy.
#[derive(Serialize)]
struct BackupView {
    file: String,
    texts: i64,
}

pub(crate) async fn run(file: &Path, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let progress = Progress::of_bytes(size_of_database());
    let copying = pin!(ledger.backup(file));
    let texts = while_copying(copying, file, &progress).await;
    progress.end();
    let texts = texts.map_err(|error| Failure::Refused(error.to_string()))?;
    let view = BackupView {
        file: file.display().to_string(),
        texts,
    };
    let counted = counted(u64::try_from(texts).unwrap_or(0), "text", "texts");
    let sentence = format!("copied {counted} to {} and checked the copy", view.file);
    output::result(&view, json, sentence);
    Ok(())
}

/// Shows how large the copy is until it is made. It is checked after that.
async fn while_copying<T>(
    mut copying: Pin<&mut impl Future<Output = T>>,
    file: &Path,
    progress: &Progress,
) -> T {
    loop {
        let again = tokio::time::timeout(LOOK_AGAIN, copying.as_mut()).await;
        match again {
            Ok(copied) => return copied,
            Err(_) => progress.at(size_of(file)),
        }
    }
}

/// The size of the database, if it is a file. The copy may be smaller.
fn size_of_database() -> u64 {
    match database_from_env().map(|database| database.url) {
        Ok(DatabaseUrl::Sqlite(path)) => size_of(&path),
        _ => 0,
    }
}

fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}
