//! Stories: what a person, an operator, Twilio and X see, over real HTTP with a simulated X and
//! Twilio.

mod app;
mod commands;
mod consent;
mod late_news;
mod limits;
mod links;
mod looks;
mod main_job;
mod missed;
mod other_account;
mod poison;
mod prelude;
mod reading;
mod refusals;
mod replies;
mod second_chance;
mod secrets;
mod sign_in_pages;
mod sign_up;
mod signing_in;
mod stop;
mod tokens;
mod transient;
mod unlinking;
mod webhooks;
