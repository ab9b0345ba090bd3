//! One file for each command.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod find;
pub(crate) mod jobs;
pub(crate) mod migrate;
pub(crate) mod operators;
pub(crate) mod people;
pub(crate) mod queue;
pub(crate) mod replay;
pub(crate) mod replies;
pub(crate) mod shell;
pub(crate) mod spend;
pub(crate) mod status;
pub(crate) mod sweep_inbound;
pub(crate) mod texts;
pub(crate) mod workers;
