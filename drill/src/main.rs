//! The drill runs real `birdcall-web` and `birdcall-worker` processes against the simulator. It
//! injects faults of every kind and kills processes at random moments. Then it clears the faults,
//! waits until nothing is due, and counts which promises were kept.

mod args;
mod balancer;
mod bulk;
mod bulk_verdict;
mod calm;
mod console;
mod database;
mod error;
mod faults;
mod fleet;
mod live;
mod order;
mod parts;
mod people;
mod ports;
mod promises;
mod recovery;
mod replays;
mod report;
mod run_schedule;
mod schedule;
mod settings;
mod texting;
mod trouble;
mod undone;
mod verdict;

use std::{process::ExitCode, sync::Arc};

use args::Args;
use balancer::Balancer;
use birdcall_domain::{
    clock::SystemClock,
    random::{SeededRandom, SharedRandom},
};
use birdcall_sim::{Delivery, Sim, SimConfig};
use clap::Parser as _;
use error::DrillResult;
use fleet::Fleet;
use parts::Parts;
use people::People;
use report::Report;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("birdcall-drill: the drill could not be run: {error}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether every promise was kept.
async fn run(args: Args) -> DrillResult<bool> {
    let report = Report::begin();
    let random: SharedRandom = Arc::new(SeededRandom::new(args.seed));
    let balancer = Balancer::bind().await?;
    let url = balancer.url();
    let sim_config = SimConfig {
        clock: Arc::new(SystemClock),
        random: Arc::clone(&random),
        webhook_url: format!("{url}/twilio/message#rc=5&rp=all"),
        redirect_uris: vec![format!("{url}/auth/callback")],
        delivery: Delivery::Background,
        ..SimConfig::for_tests()
    };
    let sim = Sim::start(sim_config.clone()).await?;
    sim.configure(|settings| {
        settings.visibility_lag_ms = 200;
        // With odd seeds, X accepts the same post twice, so that its check does not hide our mistakes.
        if args.seed % 2 == 1 {
            settings.duplicate_window_ms = 0;
        }
    });
    let fleet = Fleet::start(&args, &url, &sim, &sim_config, &balancer).await?;
    let people = People::new(&sim, &url, args.phones);
    report.header(&args);
    people.sign_everyone_in().await?;
    report.step(&format!("{} phones are linked", args.phones));

    let parts = Parts {
        args: &args,
        url: &url,
        sim: &sim,
        sim_config: &sim_config,
        fleet: &fleet,
        people: &people,
        report: &report,
    };
    let promises = match args.replay_texts {
        0 => live::run(&parts).await?,
        _ => bulk::run(&parts).await?,
    };
    report.promises(&promises);
    fleet.stop().await;
    Ok(promises.iter().all(|promise| promise.kept))
}
