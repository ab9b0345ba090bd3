//! Strict stand-ins for the X API v2 and Twilio Messaging over real HTTP. They produce faults on
//! demand, and their state can be read.
//!
//! One port serves everything: X below `/2/…` and `/i/oauth2/authorize`, Twilio below
//! `/2010-04-01/…`, the controls below `/sim/…`, and a page with a simulated phone at `/`. Where
//! the vendors' documents leave a rule open, the simulator takes the stricter reading, so that
//! requests accepted here are likely to be accepted by the vendors.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is answered at once and never stored"
)]

mod act;
mod arrange;
mod client;
mod config;
mod connection;
mod control;
mod dev_page;
mod endpoint;
mod faults;
mod guard;
mod inspect;
mod log;
mod observe;
mod presets;
mod request;
mod saved;
mod server;
mod settings;
mod sim;
mod state;
mod twilio;
mod x;

pub use config::{Delivery, LedgerFuture, LedgerView, SimConfig, WorkerControl, WorkerOrder};
pub use faults::{Fault, FaultAction};
pub use log::{Counters, RequestRecord};
pub use presets::Preset;
pub use settings::{NumberSettings, ServiceSettings, Settings};
pub use sim::Sim;
pub use twilio::{
    model::{Direction, Media, Message, Status, Undeliverable},
    webhooks::{
        model::{DeliveryKind, DeliveryRecord},
        signature::sign,
    },
};
pub use x::{
    limits::Limits,
    model::{Post, PostUrl, User, UserOptions},
    slips::TimelineSlips,
};
