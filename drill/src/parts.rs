//! What a drill works with.

use birdcall_sim::{Sim, SimConfig};

use crate::{args::Args, fleet::Fleet, people::People, report::Report};

/// What a drill works with, once everything runs and everyone is signed in.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) args: &'a Args,
    /// The address of web.
    pub(crate) url: &'a str,
    pub(crate) sim: &'a Sim,
    pub(crate) sim_config: &'a SimConfig,
    pub(crate) fleet: &'a Fleet,
    pub(crate) people: &'a People,
    pub(crate) report: &'a Report,
}
