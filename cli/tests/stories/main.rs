//! Stories: what a person, an operator, Twilio and X see, over real HTTP on the stand-ins.

mod app;
mod main_job;
