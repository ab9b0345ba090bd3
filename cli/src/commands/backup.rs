//! `birdcall backup FILE`.

use std::path::Path;

use super::open_ledger;
use crate::{
    Done,
    output::{Failure, line},
};

pub(crate) async fn run(file: &Path) -> Done {
    let ledger = open_ledger().await?;
    let texts = ledger
        .backup(file)
        .await
        .map_err(|error| Failure::Refused(error.to_string()))?;
    line(format!(
        "{}: {texts} texts, opened and checked",
        file.display()
    ));
    Ok(())
}
