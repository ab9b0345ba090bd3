//! Options of `birdcall audit`.

use clap::{Args, ValueEnum, value_parser};

use super::limit::LIMIT;
use crate::parse::{self, Moment};

/// Options of `birdcall audit`.
#[derive(Debug, Args)]
pub struct AuditOptions {
    /// Only what this operator did.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// Only deeds of this kind, such as erase.
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// Only deeds since then: 24h, 1w, 2026-11-20, or a time in RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub since: Option<Moment>,
    /// Only deeds before then.
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub until: Option<Moment>,
    /// List at most this many entries.
    #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
    pub limit: i64,
    /// Write all entries to standard output, however many there are.
    /// The audit says that you did
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["limit"], verbatim_doc_comment)]
    pub export: Option<ExportFormat>,
}

/// How entries are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ExportFormat {
    /// A line of names, and a line for each entry, for a spreadsheet.
    Csv,
    /// A line of JSON for each entry.
    Jsonl,
}
