//! `birdcall backup`: copy a SQLite database while it is in use.

use std::path::Path;

use serde::Serialize;

use crate::{
    environment::open_ledger,
    failure::{Done, Failure},
    output,
};
use birdcall_domain::wording::counted;

/// The copy.
#[derive(Serialize)]
struct BackupView {
    file: String,
    texts: i64,
}

pub(crate) async fn run(file: &Path, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let texts = ledger
        .backup(file)
        .await
        .map_err(|error| Failure::Refused(error.to_string()))?;
    let view = BackupView {
        file: file.display().to_string(),
        texts,
    };
    let counted = counted(u64::try_from(texts).unwrap_or(0), "text", "texts");
    let sentence = format!("copied {counted} to {} and checked the copy", view.file);
    output::result(&view, json, sentence);
    Ok(())
}
