//! What ARCHITECTURE.md and the documents say, as far as a machine can check it: read from the
//! sources, from `cargo metadata`, and from the documents themselves.

mod circles;
mod documents;
mod errors;
mod files;
mod monitoring;
mod source;
mod states;
mod unit;
mod walls;
