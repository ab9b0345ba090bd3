//! Taking texts in: what web and the sweep of missed texts commit before anybody is answered.

use birdcall_domain::{
    clock::{Clock, Timestamp},
    command::{Intent, Keyword, OptOutWords},
    inbound::{
        Disposition, IgnoreReason, InboundText, dispose, dispose_blocked, limit_open_texts,
        limit_strangers,
    },
    lateness::{Lateness, lateness},
    phone::Phone,
    reaction::{REACTION_WINDOW, Reaction},
    reply::ReplyWriter,
    sign_up::{SignUp, SignUpRule},
    text::{MessageSid, Reason},
};

use crate::{
    Ledger, LedgerResult, Tx, accounts, blocked,
    erased::{self, Marks},
    fail_point::FailPoint,
    inbox_lock::lock_inbox,
    lanes, missed, people,
    queue::{self, Job},
    sign_in_limits,
    texts::read_sid,
    transaction::{execute, fetch_all, fetch_optional},
    turned_away::{tell_too_late, tell_too_many},
};

/// What became of an inbound text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is committed; this is what will be done with it.
    New(Disposition),
    /// It was there already: nothing new.
    Known,
}

/// A text that was taken in.
#[derive(Clone, Copy)]
struct Taken {
    disposition: Disposition,
    /// Its place among the texts of its phone.
    arrival: i64,
}

/// What decides about inbound texts.
#[derive(Clone, Debug)]
pub struct InboxPolicy {
    /// `SIGNUP`, `ALLOWED_NUMBERS`, `SIGNUP_COUNTRIES`.
    pub sign_up: SignUpRule,
    /// `OPEN_TEXTS_MAX`.
    pub open_texts_max: usize,
    /// `OPT_OUT_WORDS`.
    pub opt_out_words: OptOutWords,
    /// Writes the reply to a phone that has too many texts pending. Its horizon is that of the texts,
    /// too.
    pub writer: ReplyWriter,
    /// Recognises numbers that were erased.
    pub marks: Marks,
    /// For tests.
    pub fail_point: FailPoint,
}

/// The replies, newest first, with which a text is compared that may be a reaction to one of them.
const REPLIES_COMPARED_MAX: i64 = 100;

impl Ledger {
    /// Takes texts in, in this order, in one transaction.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; none was taken in.
    pub async fn take_in(
        &self,
        texts: &[&InboundText],
        policy: &InboxPolicy,
        clock: &dyn Clock,
    ) -> LedgerResult<Vec<Receipt>> {
        let mut tx = self.write("take_in").await?;
        lock_inbox(&mut tx).await?;
        let phones = texts.iter().filter_map(|text| text.sender());
        let phones = phones.map(|phone| phone.as_str().to_owned()).collect();
        lanes::lock_existing(&mut tx, phones).await?;
        // Behind the lock: a batch that waited longer for it came later.
        let now = clock.now();
        let mut receipts = Vec::with_capacity(texts.len());
        let mut taken = Vec::with_capacity(texts.len());
        for (place, text) in (0..).zip(texts) {
            let arrival = now.0 * 1000 + place;
            let one = take_one(&mut tx, policy, text, arrival, now).await?;
            receipts.push(one.map_or(Receipt::Known, |one| Receipt::New(one.disposition)));
            taken.extend(one.and_then(|one| Some((text.from.parse().ok()?, one))));
        }
        note_phones(&mut tx, taken, now).await?;
        policy.fail_point.reached("inbox.written");
        tx.commit().await?;
        policy.fail_point.reached("inbox.committed");
        Ok(receipts)
    }
}

/// Notes for each phone that it texted, and that it opted out or in. Lanes come before accounts, and
/// both in the order of phones, as everybody locks them.
async fn note_phones(
    tx: &mut Tx,
    mut phones: Vec<(Phone, Taken)>,
    now: Timestamp,
) -> LedgerResult<()> {
    phones.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (phone, taken) in &phones {
        if let Disposition::Ignore(IgnoreReason::Keyword(
            keyword @ (Keyword::OptOut | Keyword::OptIn),
        )) = taken.disposition
        {
            let opted_out = keyword == Keyword::OptOut;
            lanes::set_opted_out(tx, phone, opted_out, taken.arrival, now).await?;
        }
    }
    for (phone, taken) in &phones {
        if !matches!(taken.disposition, Disposition::Ignore(_)) {
            let sql = "UPDATE accounts SET last_text_at = $2 WHERE phone = $1";
            execute!(tx, sql, phone.as_str(), now.0)?;
        }
    }
    Ok(())
}

/// PostgreSQL stores no U+0000, and no phone can mean it.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// Takes one text in. `None`: it was there already.
async fn take_one(
    tx: &mut Tx,
    policy: &InboxPolicy,
    text: &InboundText,
    arrival: i64,
    now: Timestamp,
) -> LedgerResult<Option<Taken>> {
    if missed::was_let_go(tx, text, &policy.marks).await?
        || erased::is_erased(tx, text.sid.as_str()).await?
    {
        return Ok(None);
    }
    let opt_out_type = text.opt_out_type.as_deref();
    let intent = policy.opt_out_words.intent(&text.body, opt_out_type);
    let (disposition, is_stranger) = disposition_of(tx, policy, text, &intent, now).await?;
    let around = match &text.missed {
        Some(missed) => Some(missed::look_around(tx, text, missed).await?),
        None => None,
    };
    let lateness = around.as_ref().map_or(Lateness::InPlace, |around| {
        lateness(disposition, &around.since)
    });
    let disposition = lateness.applied_to(disposition);
    let forgotten = lateness == Lateness::Forgotten;
    let kept = |words: &str| match forgotten {
        true => String::new(),
        false => without_nul(words),
    };
    let open = open_texts(tx, policy, text, disposition).await?;
    let disposition = limit_open_texts(disposition, &intent, open.len(), policy.open_texts_max);
    let (state, reason) = disposition.begins_as();
    let due = reason.is_none().then_some(now.0);
    // It arrives after what its phone has sent before, whatever another web's clock says. A missed
    // text has its own place.
    let inserted = fetch_optional!(
        tx,
        (i64,),
        "INSERT INTO texts (sid, phone, service_number, body, num_media, kind, state, reason, arrival, received_at,
             deadline_at, next_attempt_at, woken_at, claims, deaths, failures, attempts, checks, doubted, replays)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
             COALESCE(CAST($13 AS BIGINT), (SELECT MAX(at) FROM (SELECT CAST($9 AS BIGINT) AS at
                 UNION ALL SELECT MAX(arrival) + 1 FROM texts WHERE phone = $2) AS moments)),
             $10, $11, $12, $10, 0, 0, 0, 0, 0, 0, 0)
         ON CONFLICT (sid) DO NOTHING RETURNING arrival",
        text.sid.as_str(),
        kept(&text.from),
        kept(&text.to),
        kept(&text.body),
        i64::from(text.num_media),
        disposition.kind().as_str(),
        state.as_str(),
        reason.map(Reason::as_str),
        arrival,
        now.0,
        (now + policy.writer.horizon).0,
        due,
        around.as_ref().map(|around| around.place),
    )?;
    let Some((arrival,)) = inserted else {
        return Ok(None);
    };
    if is_stranger && matches!(disposition, Disposition::SignIn | Disposition::Command) {
        sign_in_limits::forget_strangers(tx, now).await?;
        sign_in_limits::note_stranger(tx, text.sid.as_str(), now).await?;
    }
    match disposition {
        Disposition::TooMany | Disposition::Ignore(IgnoreReason::TooMany) => {
            tell_too_many(tx, &policy.writer, text, open.first(), now).await?;
        }
        Disposition::TooLate(_) => tell_too_late(tx, &policy.writer, text, now).await?,
        Disposition::Ignore(_) => {}
        Disposition::SignIn | Disposition::Command | Disposition::Post => {
            let job = Job::for_text(disposition.kind(), &text.sid);
            queue::push(tx, &job, now, now).await?;
        }
    }
    Ok(Some(Taken {
        disposition,
        arrival,
    }))
}

/// What is done with a text, and whether its number is a stranger: not linked.
async fn disposition_of(
    tx: &mut Tx,
    policy: &InboxPolicy,
    text: &InboundText,
    intent: &Intent,
    now: Timestamp,
) -> LedgerResult<(Disposition, bool)> {
    let Some(phone) = text.sender() else {
        return Ok((Disposition::Ignore(IgnoreReason::Sender), false));
    };
    if blocked::is_blocked(tx, &phone).await? {
        return Ok((dispose_blocked(intent), false));
    }
    if let Some(account) = accounts::state_of(tx, &phone).await? {
        return Ok(match dispose(intent, Some(account), SignUp::Allowed) {
            Disposition::Post if is_reaction(tx, text, now).await? => {
                (Disposition::Ignore(IgnoreReason::Reaction), false)
            }
            disposition => (disposition, false),
        });
    }
    let by_settings = policy.sign_up.allows(&phone, text.to.parse().ok().as_ref());
    let sign_up = match by_settings {
        SignUp::Refused if people::may_sign_up(tx, &phone).await? => SignUp::Allowed,
        by_settings => by_settings,
    };
    let disposition = dispose(intent, None, sign_up);
    if matches!(disposition, Disposition::Ignore(_)) {
        return Ok((disposition, true));
    }
    let limits = policy.writer.daily;
    let answered = sign_in_limits::answered(tx, &phone, limits, now).await?;
    Ok((limit_strangers(disposition, answered, limits), true))
}

/// Whether a phone wrote the text by itself, about one of the last replies to it.
async fn is_reaction(tx: &mut Tx, text: &InboundText, now: Timestamp) -> LedgerResult<bool> {
    let Some(reaction) = Reaction::read(&text.body) else {
        return Ok(false);
    };
    let replies = fetch_all!(
        tx,
        (String,),
        "SELECT body FROM replies WHERE phone = $1 AND sent_at >= $2 ORDER BY sent_at DESC LIMIT $3",
        text.from.as_str(),
        (now - REACTION_WINDOW).0,
        REPLIES_COMPARED_MAX,
    )?;
    Ok(replies.iter().any(|(reply,)| reaction.is_to(reply)))
}

/// The phone's open texts, oldest first, as far as they matter: none when nothing is to be done with
/// this text, and no more than the limit.
async fn open_texts(
    tx: &mut Tx,
    policy: &InboxPolicy,
    text: &InboundText,
    disposition: Disposition,
) -> LedgerResult<Vec<MessageSid>> {
    if matches!(
        disposition,
        Disposition::Ignore(_) | Disposition::TooLate(_)
    ) {
        return Ok(Vec::new());
    }
    let open = fetch_all!(
        tx,
        (String,),
        "SELECT sid FROM texts WHERE phone = $1 AND next_attempt_at IS NOT NULL ORDER BY arrival LIMIT $2",
        text.from.as_str(),
        i64::try_from(policy.open_texts_max).unwrap_or(i64::MAX),
    )?;
    open.into_iter().map(|(sid,)| read_sid(&sid)).collect()
}
