//! The simulator as a program: for drills, and for tests in other languages.

use std::{io, net::SocketAddr, process::ExitCode, sync::Arc};

use birdcall_domain::{
    clock::SystemClock,
    random::{SeededRandom, SharedRandom, SystemRandom},
};
use birdcall_sim::{Delivery, Sim, SimConfig};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Stand-ins for X and Twilio over HTTP, with faults on demand.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Where inbound texts are sent; a fragment such as `#rc=2&rp=5xx` sets the retries.
    #[arg(long)]
    webhook_url: String,
    /// Where texts are sent when the webhook cannot be had.
    #[arg(long)]
    fallback_url: Option<String>,
    /// A registered callback of the X app; may be given several times.
    #[arg(long = "redirect-uri", required = true)]
    redirect_uris: Vec<String>,
    /// `AC` and 32 hex digits.
    #[arg(long, default_value = "AC0123456789abcdef0123456789abcdef")]
    twilio_account_sid: String,
    /// Signs webhooks, and is the password of the REST API.
    #[arg(long, default_value = "simulated-auth-token")]
    twilio_auth_token: String,
    /// The service's number.
    #[arg(long, default_value = "+15550009999")]
    twilio_number: String,
    /// The app's OAuth 2.0 client id.
    #[arg(long, default_value = "simulated-client")]
    x_client_id: String,
    /// Makes the app a confidential client.
    #[arg(long)]
    x_client_secret: Option<String>,
    /// Makes ids, tokens and the dice of faults repeatable.
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("birdcall-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> io::Result<()> {
    let random: SharedRandom = match arguments.seed {
        Some(seed) => Arc::new(SeededRandom::new(seed)),
        None => Arc::new(SystemRandom),
    };
    let sim = Sim::start(SimConfig {
        clock: Arc::new(SystemClock),
        random,
        twilio_account_sid: arguments.twilio_account_sid,
        twilio_auth_token: arguments.twilio_auth_token,
        twilio_number: arguments.twilio_number,
        x_client_id: arguments.x_client_id,
        x_client_secret: arguments.x_client_secret,
        redirect_uris: arguments.redirect_uris,
        webhook_url: arguments.webhook_url,
        delivery: Delivery::Background,
        listen: arguments.listen,
        ledger: None,
    })
    .await?;
    sim.configure(|settings| settings.fallback_url = arguments.fallback_url);
    println!("{}", sim.url());
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    sim.shutdown().await;
    Ok(())
}
