//! Everything that the simulator remembers, behind the handle's lock.

use std::collections::VecDeque;

use crate::{
    faults::Fault,
    log::{Counters, RequestRecord},
    settings::Settings,
    twilio::state::TwilioState,
    x::state::XState,
};

#[derive(Default)]
pub(crate) struct SimState {
    pub(crate) settings: Settings,
    pub(crate) faults: Vec<Fault>,
    pub(crate) requests: VecDeque<RequestRecord>,
    /// Includes requests whose records were dropped.
    pub(crate) requests_seen: u64,
    pub(crate) counters: Counters,
    pub(crate) x: XState,
    pub(crate) twilio: TwilioState,
}
