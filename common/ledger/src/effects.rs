//! What a command changes besides its own row, in the transaction that settles it.

use birdcall_domain::{
    clock::Timestamp,
    text::{Effect, MessageSid},
};

use crate::{
    LedgerResult, Tx, forget,
    queue::{self, Job},
    texts::Text,
    transaction::execute,
};

/// Applies the effect of `command`. `false`: it is not possible (any more), and nothing may be
/// written.
pub(crate) async fn apply(
    tx: &mut Tx,
    command: &Text,
    effect: &Effect,
    now: Timestamp,
) -> LedgerResult<bool> {
    match effect {
        Effect::TakeBack(sid) => take_back(tx, sid, now).await,
        Effect::Undone(sid) => {
            let sql = "UPDATE texts SET undone_at = $2 WHERE sid = $1";
            execute!(tx, sql, sid.as_str(), now.0)?;
            Ok(true)
        }
        Effect::Retry { sid, deadline_at } => retry(tx, sid, *deadline_at, now).await,
        Effect::Forget {
            audit_id,
            revocation,
            revoked,
        } => {
            let told = forget::Told {
                revocation: *revocation,
                pair: revoked
                    .as_ref()
                    .map(|(id, version)| (id.as_str(), *version)),
            };
            forget::number_of(tx, command, audit_id, told, now).await?;
            Ok(true)
        }
    }
}

/// Takes back a text that is not posted and that no worker holds.
async fn take_back(tx: &mut Tx, sid: &MessageSid, now: Timestamp) -> LedgerResult<bool> {
    let taken = execute!(
        tx,
        "UPDATE texts SET state = 'refused', reason = 'undone', next_attempt_at = NULL, lease_owner = NULL,
             lease_until = NULL, undone_at = $2
         WHERE sid = $1 AND state IN ('received', 'waiting') AND (lease_until IS NULL OR lease_until <= $2)",
        sid.as_str(),
        now.0,
    )?;
    Ok(taken > 0)
}

/// Posts a text that rests in doubt again, because its owner asked for it.
async fn retry(
    tx: &mut Tx,
    sid: &MessageSid,
    deadline_at: Timestamp,
    now: Timestamp,
) -> LedgerResult<bool> {
    let set_going = execute!(
        tx,
        "UPDATE texts SET state = 'received', reason = NULL, next_attempt_at = $2, deadline_at = $3, failures = 0,
             checks = 0, look_due_at = NULL, claims = 0, deaths = 0, unauthorized_version = NULL, woken_at = $2,
             rounds = rounds + 1
         WHERE sid = $1 AND state = 'in_doubt' AND next_attempt_at IS NULL",
        sid.as_str(),
        now.0,
        deadline_at.0,
    )?;
    if set_going > 0 {
        queue::push(tx, &Job::tweet(sid), now, now).await?;
    }
    Ok(set_going > 0)
}
