//! What the ledger knows around a text that no webhook brought. The rules are in
//! [`birdcall_domain::lateness`].

use birdcall_domain::{
    command::{Command, Intent, intent},
    inbound::{InboundText, Missed},
    lateness::{Newer, Since, newer, place},
    text::{Kind, MessageSid, Reason, TextState},
};

use crate::{
    LedgerResult, Tx,
    erased::{self, Marks},
    retention,
    stored::{known, known_if_any},
    transaction::{fetch_all, fetch_optional},
};

/// Later texts of one phone that are looked at, oldest first.
const NEWER_MAX: i64 = 1000;

/// A missed text among the texts of its phone.
pub(crate) struct Around {
    /// Its place, in microseconds.
    pub(crate) place: i64,
    /// What has happened since.
    pub(crate) since: Since,
}

/// A row of what the rule needs.
#[derive(sqlx::FromRow)]
struct NewerRecord {
    kind: String,
    state: String,
    reason: Option<String>,
    body: String,
    target_sid: Option<String>,
}

impl NewerRecord {
    fn read(&self) -> LedgerResult<Newer> {
        let kind = known("texts.kind", &self.kind, Kind::parse)?;
        let state = known("texts.state", &self.state, TextState::parse)?;
        let reason = known_if_any("texts.reason", self.reason.as_deref(), Reason::parse)?;
        let command = match intent(&self.body, None) {
            Intent::Command(command) if kind == Kind::Command => Some(command),
            _ => None,
        };
        let done = state == TextState::Command && reason != Some(Reason::Late);
        let acted = match command {
            // It changes nothing before it is settled.
            Some(Command::Stop) => done,
            _ => done || self.target_sid.is_some(),
        };
        let dead = match state {
            TextState::Failed => true,
            TextState::Refused => reason != Some(Reason::Undone),
            _ => false,
        };
        Ok(newer(kind, command, acted, dead))
    }
}

/// Whether a text is in Twilio's list and the ledger has let it go: it was removed because of its age, or its number was
/// erased since.
pub(crate) async fn was_let_go(
    tx: &mut Tx,
    text: &InboundText,
    marks: &Marks,
) -> LedgerResult<bool> {
    let Some(missed) = &text.missed else {
        return Ok(false);
    };
    if retention::may_be_removed(tx, missed.texted_at).await? {
        return Ok(true);
    }
    match text.sender() {
        Some(phone) => erased::was_erased_since(tx, marks, &phone, missed.texted_at).await,
        None => Ok(false),
    }
}

/// Looks around a missed text.
pub(crate) async fn look_around(
    tx: &mut Tx,
    text: &InboundText,
    missed: &Missed,
) -> LedgerResult<Around> {
    let from = text.from.as_str();
    let after = neighbour(tx, missed.after.as_ref()).await?;
    let before = neighbour(tx, missed.before.as_ref()).await?;
    let place = place(
        missed.texted_at,
        after.map(|(_, place)| place),
        before.as_ref().map(|(_, place)| *place),
    );
    let newer = fetch_all!(
        tx,
        NewerRecord,
        "SELECT kind, state, reason, body, target_sid FROM texts WHERE phone = $1 AND arrival > $2
         ORDER BY arrival LIMIT $3",
        from,
        place,
        NEWER_MAX,
    )?;
    let newer: LedgerResult<Vec<Newer>> = newer.iter().map(NewerRecord::read).collect();
    let was_linked = fetch_optional!(
        tx,
        (String,),
        "SELECT sid FROM texts WHERE phone = $1 AND arrival < $2 AND kind IN ('post', 'command') LIMIT 1",
        from,
        place,
    )?;
    let signed_in = fetch_optional!(
        tx,
        (String,),
        "SELECT id FROM accounts WHERE phone = $1 AND linked_at > $2",
        from,
        missed.texted_at.0,
    )?;
    Ok(Around {
        place,
        since: Since {
            newer: newer?,
            // A \STOP left the sid of what came before it, and of itself, and no number. The list was
            // read before this transaction, so its nearest text is asked again.
            forgotten: missed.left || before.is_some_and(|(phone, _)| phone.is_empty()),
            signed_in: signed_in.is_some(),
            was_linked: was_linked.is_some(),
        },
    })
}

/// The number and the place of a text.
async fn neighbour(tx: &mut Tx, sid: Option<&MessageSid>) -> LedgerResult<Option<(String, i64)>> {
    let Some(sid) = sid else {
        return Ok(None);
    };
    let sql = "SELECT phone, arrival FROM texts WHERE sid = $1";
    Ok(fetch_optional!(tx, (String, i64), sql, sid.as_str())?)
}
