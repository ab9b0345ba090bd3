//! The drill: real `birdcall-web` and `birdcall-worker` processes against the stand-ins, with
//! faults of every kind and SIGKILL at random moments; then calm returns and the promises are
//! counted. Exit code 1 on any broken promise.

mod balancer;
mod faults;
mod fleet;
mod people;
mod recovery;
mod report;
mod schedule;
mod trouble;
mod verdict;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use balancer::Balancer;
use birdcall_domain::{
    clock::SystemClock,
    random::{SeededRandom, SharedRandom},
};
use birdcall_sim::{Delivery, Sim, SimConfig};
use clap::{Parser, ValueEnum};
use fleet::Fleet;
use people::People;
use tokio::time::Instant;

/// What is drilled.
#[derive(Clone, Debug, Parser)]
#[command(name = "birdcall-drill")]
struct Drill {
    /// Texts in all.
    #[arg(long, default_value_t = 300)]
    texts: usize,
    /// Phones that send them.
    #[arg(long, default_value_t = 20)]
    phones: usize,
    /// Worker processes.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Web processes.
    #[arg(long, default_value_t = 2)]
    webs: usize,
    /// Processes killed.
    #[arg(long, default_value_t = 10)]
    kills: usize,
    /// The database.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
    /// A server on which databases may be made: postgres://USER@HOST/DATABASE.
    #[arg(long, required_if_eq("engine", "postgres"))]
    postgres: Option<String>,
    /// Decides who is killed when, and what else goes wrong when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Calm is waited for this long at most.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Keep database and logs in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Where birdcall-web and birdcall-worker are; by default beside this program.
    #[arg(long)]
    binaries: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Names what went wrong with the drill itself, as opposed to the promises.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Drill::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("the drill could not be held: {trouble}");
            ExitCode::from(2)
        }
    }
}

async fn run(drill: Drill) -> Result<bool, Trouble> {
    let began = Instant::now();
    let random: SharedRandom = Arc::new(SeededRandom::new(drill.seed));
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
    sim.configure(|settings| settings.visibility_lag_ms = 200);
    let fleet = Fleet::start(&drill, &url, &sim, &sim_config, &balancer).await?;
    let people = People::new(&sim, &url, drill.phones);
    println!(
        "drill: {} texts, {} phones, {} webs, {} workers, {} kills, {:?}, seed {}",
        drill.texts, drill.phones, drill.webs, drill.workers, drill.kills, drill.engine, drill.seed
    );
    people.sign_everybody_in().await?;
    println!(
        "{:>6.1} s  {} phones are linked",
        began.elapsed().as_secs_f64(),
        drill.phones
    );

    faults::begin(&sim);
    let signing_in = people.keep_signing_in();
    let schedule = schedule::schedule(drill.seed, drill.kills, fleet.places(), drill.phones);
    let ((), sent) = tokio::join!(
        fleet.suffer(&schedule, &sim, &people),
        people.send(drill.texts)
    );
    println!(
        "{:>6.1} s  {} texts sent, {} processes killed",
        began.elapsed().as_secs_f64(),
        sent.len(),
        drill.kills
    );

    faults::end(&sim);
    let calm = fleet
        .wait_for_calm(&sent, Duration::from_secs(drill.minutes * 60))
        .await?;
    println!(
        "{:>6.1} s  {}",
        began.elapsed().as_secs_f64(),
        if calm { "calm" } else { "NOT calm in time" }
    );
    signing_in.abort();
    let verdict = verdict::judge(&sim, &fleet, &sent).await?;
    verdict.print(calm);
    fleet.stop().await;
    Ok(calm && verdict.kept())
}
