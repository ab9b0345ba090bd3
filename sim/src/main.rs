//! The simulator as a program, for drills and for tests in other languages.

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
    /// Address to listen on. Port 0 picks a free port.
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// URL to which inbound texts are sent. A fragment such as `#rc=2&rp=5xx` sets the retries.
    #[arg(long)]
    webhook_url: String,
    /// URL to which an inbound text is sent when the webhook fails.
    #[arg(long)]
    fallback_url: Option<String>,
    /// Registered callback of the X app. The option may be given more than once.
    #[arg(long = "redirect-uri", required = true)]
    redirect_uris: Vec<String>,
    /// Twilio account SID: `AC` followed by 32 hex digits.
    #[arg(long, default_value = "AC0123456789abcdef0123456789abcdef")]
    twilio_account_sid: String,
    /// Twilio auth token. It signs webhooks and is the password of the REST API.
    #[arg(long, default_value = "simulated-auth-token")]
    twilio_auth_token: String,
    /// Phone number of the service in E.164 format.
    #[arg(long, default_value = "+15550009999")]
    twilio_number: String,
    /// OAuth 2.0 client id of the X app.
    #[arg(long, default_value = "simulated-client")]
    x_client_id: String,
    /// OAuth 2.0 client secret. It makes the app a confidential client.
    #[arg(long)]
    x_client_secret: Option<String>,
    /// Seed that makes ids, tokens and faults with a probability repeatable.
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
        worker: None,
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
