//! Carries out the schedule: kills processes and makes trouble.

use birdcall_sim::Sim;

use crate::{
    faults,
    fleet::Fleet,
    people::People,
    schedule::{Act, Burst, Step},
    trouble,
};

/// Returns when every step is done. A process that is killed is started again at once.
pub(crate) async fn run_schedule(fleet: &Fleet, schedule: &[Step], sim: &Sim, people: &People) {
    // These bursts last while processes are killed, and must end before the drill waits for calm.
    let mut bursts = Vec::new();
    for step in schedule {
        tokio::time::sleep(step.wait).await;
        match step.act {
            Act::Burst(Burst::OperatorPauses) => {
                bursts.push(tokio::spawn(trouble::operator_pauses(fleet.ledger.clone())));
            }
            Act::Burst(Burst::DatabaseTrouble) => {
                let (ledger, url) = (fleet.ledger.clone(), fleet.database_url.clone());
                bursts.push(tokio::spawn(trouble::database_trouble(ledger, url)));
            }
            Act::Burst(burst) => faults::burst(sim, burst, people),
            Act::Kill { place } => {
                if let Err(error) = fleet.kill_and_restart(place).await {
                    eprintln!("a killed process did not start again: {error}");
                }
            }
        }
    }
    for burst in bursts {
        match burst.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("a burst of trouble failed: {error}"),
            Err(panic) => eprintln!("a burst of trouble panicked: {panic}"),
        }
    }
}
