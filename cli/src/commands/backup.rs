//! `birdcall backup`: copy a SQLite database while it is in use.

use std::path::Path;

use crate::{
    environment::open_ledger,
    failure::{Done, Failure},
    output::line,
};

pub(crate) async fn run(file: &Path) -> Done {
    let ledger = open_ledger().await?;
    let texts = ledger
        .backup(file)
        .await
        .map_err(|error| Failure::Refused(error.to_string()))?;
    line(format!(
        "copied {texts} texts to {} and checked the copy",
        file.display()
    ));
    Ok(())
}
