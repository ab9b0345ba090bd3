//! A text that this worker holds, until it is settled.

use std::sync::Arc;

use birdcall_common::link::post_url;
use birdcall_domain::{
    account::TokenTrouble,
    call::{CallError, XRejection},
    clock::Timestamp,
    command::{Intent, intent},
    reply::{Sentence, Words},
    settle::settle,
    settlement::{Event, attempt_outcome},
    text::TextState,
};
use birdcall_ledger::{
    LedgerResult,
    replies::NewReply,
    text_work::{Arming, Claim, Held, Settled, TextOutcome},
    texts::TextRow,
};

use crate::{
    access_token::{Access, Need, access},
    context::Context,
    persist::persist,
};

/// A text that this worker holds.
pub(crate) struct InHand {
    pub(crate) context: Arc<Context>,
    pub(crate) held: Held,
    pub(crate) owner: String,
    /// When the lease of the armed attempt ends.
    armed_until: Option<Timestamp>,
    /// The number of the armed attempt.
    attempt: i64,
    /// What is quoted to its sender.
    pub(crate) quote: String,
    /// The X account's handle, once it is known.
    pub(crate) handle: String,
    /// The account and token version in use, once they are known.
    pub(crate) account: Option<(String, i64)>,
}

impl InHand {
    /// Claims a text; `None` when there is nothing to do.
    pub(crate) async fn claim(context: &Arc<Context>, sid: &str) -> LedgerResult<Option<Self>> {
        let owner = context.claim_name();
        let by = context.claimant(&owner, context.now());
        let Claim::Held(held) = context.ledger.claim_text(sid, by).await? else {
            return Ok(None);
        };
        context.config.fail_point.reached("text.claimed");
        let attempt = held.text.attempts;
        let quote = posted_body(&held.text.body);
        let context = Arc::clone(context);
        let hand = Self {
            context,
            held: *held,
            owner,
            armed_until: None,
            attempt,
            quote,
            handle: String::new(),
            account: None,
        };
        let claims_max = i64::from(hand.context.config.limits.claims_max);
        let poisoned = hand.held.text.claims >= claims_max
            || (hand.held.text.deaths >= claims_max
                && !hand.held.died
                && hand.held.text.state != "in_doubt");
        if poisoned {
            tracing::error!(
                text.sid = sid,
                "given up: every worker that took this text died"
            );
            hand.settle(Event::Poison).await?;
            return Ok(None);
        }
        if hand.held.died {
            hand.settle(Event::Died).await?;
            return Ok(None);
        }
        Ok(Some(hand))
    }

    pub(crate) fn text(&self) -> &TextRow {
        &self.held.text
    }

    /// Writes the attempt down before the call. Unless it is armed, nothing may be called.
    pub(crate) async fn arm(&mut self) -> LedgerResult<Arming> {
        let by = self.context.claimant(&self.owner, self.context.now());
        let armed = self.context.ledger.arm_text(&self.held.text, by).await?;
        let Arming::Armed { attempt } = armed else {
            tracing::debug!(text.sid = self.held.text.sid, ?armed, "not armed");
            return Ok(armed);
        };
        self.armed_until = Some(by.now + by.lease);
        self.attempt = attempt;
        self.held.text.state = TextState::Publishing.as_str().to_owned();
        self.context.config.fail_point.reached("text.armed");
        Ok(armed)
    }

    /// The access token for it, refreshed first if X did not take the last one.
    pub(crate) async fn access(&mut self) -> LedgerResult<Result<Access, TokenTrouble>> {
        let Some(account) = self.context.ledger.account_of(&self.text().phone).await? else {
            return Ok(Err(TokenTrouble::SignInNeeded));
        };
        let need = match self.text().unauthorized_version {
            Some(version) => Need::NewerThan(version),
            None => Need::Fresh,
        };
        let access = access(&self.context, &account.id, need).await?;
        if let Ok(access) = &access {
            self.handle.clone_from(&access.handle);
            self.account = Some((access.account_id.clone(), access.version));
        }
        Ok(access)
    }

    /// Whether the lease still covers a whole call. A process that was frozen after arming must not
    /// wake up and call: somebody else may have looked by then.
    pub(crate) fn may_still_call(&self) -> bool {
        let limits = &self.context.config.limits;
        let call_ends_at = self.context.now() + limits.http.request_timeout;
        self.armed_until.is_some_and(|until| call_ends_at <= until)
    }

    /// Writes what became of it, tells its sender, and lets it go.
    pub(crate) async fn settle(self, event: Event) -> LedgerResult<()> {
        let Self {
            context,
            held,
            owner,
            armed_until: _,
            attempt,
            quote,
            handle,
            account,
        } = self;
        let text = &held.text;
        let now = context.now();
        let limits = &context.config.limits;
        let settlement = settle(
            &text.progress()?,
            &event,
            now,
            context.random.unit(),
            &limits.text_policy(),
        );
        let reply = match &settlement.tell {
            Some(sentence) => Some(write_reply(&context, text, sentence, &quote, &handle)?),
            None => None,
        };
        let was_armed = text.state == TextState::Publishing.as_str();
        let disconnect = account.as_ref().filter(|_| settlement.needs_sign_in);
        let class = event_class(&event);
        let settled = Settled {
            text,
            owner: &owner,
            attempt,
        };
        let outcome = TextOutcome {
            settlement: &settlement,
            attempt: was_armed.then(|| attempt_outcome(&event)),
            reply,
            backoff: limits.backoff,
            disconnect: disconnect.map(|(id, version)| (id.as_str(), *version)),
        };
        let written = persist!(
            &context,
            "text",
            context.ledger.settle_text(settled, &outcome, now)
        )?;
        context.config.fail_point.reached("text.settled");
        metrics::counter!("birdcall_texts_settled_total", "state" => settlement.state.as_str(), "event" => class)
            .increment(1);
        tracing::info!(
            text.sid = text.sid,
            event = class,
            state = settlement.state.as_str(),
            reason = settlement.reason.map(|reason| reason.as_str()),
            written,
            "text settled"
        );
        Ok(())
    }
}

/// What of a text is posted and quoted: `\\text` posts `\text`.
pub(crate) fn posted_body(body: &str) -> String {
    match intent(body, None) {
        Intent::Post(body) => body,
        _ => body.trim().to_owned(),
    }
}

fn write_reply(
    context: &Context,
    text: &TextRow,
    sentence: &Sentence,
    quote: &str,
    handle: &str,
) -> LedgerResult<NewReply> {
    let now = context.now();
    let phone = text.sender()?;
    let link = context.sign_in_link(&phone, now);
    let url = match sentence {
        Sentence::Tweeted { post_id } => post_url(handle, post_id),
        _ => String::new(),
    };
    let words = Words {
        quote,
        link: &link,
        post_url: &url,
    };
    let limits = &context.config.limits;
    let purpose = sentence.purpose();
    Ok(NewReply {
        id: NewReply::id_for(&text.sid, purpose, text.replays),
        text_sid: Some(text.sid.clone()),
        phone,
        purpose,
        sms: sentence.compose(words, limits.reply_segments_max),
        deadline_at: now + limits.retry_horizon,
    })
}

/// One word for logs and metrics.
fn event_class(event: &Event) -> &'static str {
    match event {
        Event::Published { .. } => "published",
        Event::CallFailed {
            error: CallError::Rejected(XRejection::Duplicate),
            ..
        } => "duplicate",
        Event::CallFailed { error, .. } | Event::CommandFailed { error, .. } => error.class(),
        Event::NotFound => "not_found",
        Event::Unreadable { .. } => "unreadable",
        Event::Died => "died",
        Event::NoToken(TokenTrouble::SignInNeeded) => "sign_in_needed",
        Event::NoToken(TokenTrouble::Busy) => "token_busy",
        Event::NoToken(TokenTrouble::Unavailable) => "token_unavailable",
        Event::Paused { .. } => "paused",
        Event::Unpostable(_) => "unpostable",
        Event::HasMedia => "media",
        Event::NotLinked => "not_linked",
        Event::Poison => "poison",
        Event::Done(_) => "done",
    }
}
