//! What most tests of processes begin with.

pub(crate) use crate::{
    engines::on_both_engines,
    program::{Program, Settings, run},
    system::{ALICE, System},
    waiting::{eventually, until},
};

/// An empty list of posts or texts.
pub(crate) const NONE: [&str; 0] = [];

/// Web and a worker run, and Alice has signed in as `demo`.
pub(crate) async fn linked(database_url: &str) -> (System, Program, Program) {
    let (system, web, worker) = System::start(database_url).await;
    system.link(ALICE, "demo").await;
    (system, web, worker)
}

/// The settings of a command that needs only the database.
pub(crate) fn only_database(url: &str) -> Settings {
    [("DATABASE_URL".to_owned(), url.to_owned())].into()
}
