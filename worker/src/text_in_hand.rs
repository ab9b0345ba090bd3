//! The steps of work on one text: claim, announce the call, get a token, settle, or give back.

use std::sync::Arc;

use birdcall_common::link::post_url;
use birdcall_domain::{
    account::{Need, TokenTrouble},
    call::Heard,
    clock::Timestamp,
    command::{Intent, intent},
    phone::Phone,
    post::has_link,
    reply::{NewReply, Sentence, Words, id_for_text},
    text::{Event, MessageSid, Paused, Reason, TextState, Unauthorized, attempt_outcome, settle},
};
use birdcall_ledger::{
    LedgerResult,
    lease::Lease,
    texts::{Arming, Claim, Settled, Text, TextOutcome},
};

use crate::{
    access_token::{Access, access},
    context::Context,
    persist::persist,
};

/// A text that this worker holds.
pub(crate) struct Hand {
    pub(crate) context: Arc<Context>,
    lease: Lease<Text>,
    phone: Phone,
    /// The pause of posting, if there is one.
    pub(crate) paused: Option<Paused>,
    /// What is quoted to the sender.
    pub(crate) quote: String,
    /// The X account's handle; empty until it is known.
    handle: String,
    /// The account and the version of the token in use, once they are known.
    account: Option<(String, i64)>,
    /// What X answered to the call that posts it, once it was made.
    pub(crate) heard: Option<Heard>,
}

impl Hand {
    /// Claims a text; `None` when there is nothing to do.
    pub(crate) async fn claim(
        context: &Arc<Context>,
        sid: &MessageSid,
    ) -> LedgerResult<Option<Self>> {
        let owner = context.claim_name();
        let by = context.claimant(&owner, context.now());
        let Claim::Held(claimed) = context.ledger.claim_text(sid, by).await? else {
            return Ok(None);
        };
        context.config.fail_point.reached("text.claimed");
        let lease = claimed.lease;
        Ok(Some(Self {
            context: Arc::clone(context),
            phone: lease.phone()?.clone(),
            paused: claimed.paused,
            quote: posted_body(&lease.body),
            handle: String::new(),
            account: None,
            heard: None,
            lease,
        }))
    }

    pub(crate) fn text(&self) -> &Text {
        &self.lease
    }

    /// The sender.
    pub(crate) fn phone(&self) -> &Phone {
        &self.phone
    }

    pub(crate) fn claims_max(&self) -> u32 {
        self.context.config.limits.claims_max
    }

    /// The text that this command was about when it was first claimed, if it was claimed before.
    pub(crate) async fn target(&self) -> LedgerResult<Option<Text>> {
        match &self.lease.target_sid {
            Some(sid) => self.context.ledger.text(sid).await,
            None => Ok(None),
        }
    }

    /// Notes that this command is about `text`, and quotes it from now on. `false`: another worker
    /// has the command.
    pub(crate) async fn choose(&mut self, text: &Text) -> LedgerResult<bool> {
        self.quote = posted_body(&text.body);
        if self.lease.target_sid.as_ref() == Some(&text.sid) {
            return Ok(true);
        }
        let ledger = &self.context.ledger;
        ledger.choose_target(&self.lease, &text.sid).await
    }

    /// Announces the call before it is made. Unless it is armed, nothing may be called.
    pub(crate) async fn arm(&mut self, access: &Access) -> LedgerResult<Arming> {
        let context = &self.context;
        let (lasts, now) = (context.config.limits.lease, context.now());
        let (ledger, user_id) = (&context.ledger, &access.user_id);
        let armed = ledger
            .arm_text(&mut self.lease, user_id, lasts, now)
            .await?;
        match armed {
            Arming::Armed { .. } => context.config.fail_point.reached("text.armed"),
            _ => tracing::debug!(text.sid = %self.lease.sid, ?armed, "not armed"),
        }
        Ok(armed)
    }

    /// Whether the lease still covers a whole call.
    pub(crate) fn may_still_call(&self) -> bool {
        let call_timeout = self.context.config.limits.http.request_timeout;
        self.lease.covers_a_call(self.context.now(), call_timeout)
    }

    /// The access token of the sender's account, refreshed first if X did not accept the last one.
    pub(crate) async fn access(&mut self) -> LedgerResult<Result<Access, TokenTrouble>> {
        let Some(account) = self.context.ledger.account_of(&self.phone).await? else {
            return Ok(Err(TokenTrouble::NotLinked));
        };
        let unauthorized = self.lease.progress.unauthorized;
        let need = unauthorized.map_or(Need::Fresh, Unauthorized::need);
        let access = access(&self.context, &account.id, need).await?;
        if let Ok(access) = &access {
            self.handle.clone_from(&access.handle);
            self.account = Some((access.account_id.clone(), access.version));
        }
        Ok(access)
    }

    /// Writes what became of the text, and tells its sender. A command whose effect is not possible
    /// any more waits until the text that it is about is free.
    pub(crate) async fn settle(&self, event: Event) -> LedgerResult<()> {
        if self.write(&event).await? == Settled::EffectRefused {
            self.write(&Event::NotYet).await?;
        }
        Ok(())
    }

    /// Lets the text go as it was found, because the database failed. A text whose call was announced
    /// is left to the end of its lease, and looked up then.
    pub(crate) async fn give_back(&self) -> LedgerResult<()> {
        let context = &*self.context;
        persist!(
            context,
            "claim",
            context.ledger.give_back(&self.lease, context.now())
        )
    }

    async fn write(&self, event: &Event) -> LedgerResult<Settled> {
        let context = &*self.context;
        let text = self.text();
        let now = context.now();
        let limits = &context.config.limits;
        if matches!(event, Event::Poison) {
            tracing::error!(text.sid = %text.sid, "given up: every worker that took this text died");
        }
        let settlement = settle(
            &text.progress,
            event,
            now,
            context.random.unit(),
            &limits.text_policy(),
        );
        let was_armed = text.progress.state == TextState::Publishing;
        let disconnect = self.account.as_ref().filter(|_| settlement.needs_sign_in);
        let outcome = TextOutcome {
            settlement: &settlement,
            attempt: was_armed.then(|| attempt_outcome(event)),
            heard: self.heard.as_ref(),
            reply: settlement
                .tell
                .as_ref()
                .map(|sentence| self.reply(sentence, now)),
            backoff: limits.backoff,
            disconnect: disconnect.map(|(id, version)| (id.as_str(), *version)),
            fail_point: context.config.fail_point,
        };
        let settled = persist!(
            context,
            "text",
            context.ledger.settle_text(&self.lease, &outcome, now)
        )?;
        if settled == Settled::EffectRefused {
            return Ok(settled);
        }
        context.config.fail_point.reached("text.settled");
        let (state, class) = (settlement.state.as_str(), event.class());
        let reason = settlement.reason.map_or("none", Reason::as_str);
        metrics::counter!(
            "birdcall_texts_settled_total",
            "state" => state, "event" => class, "reason" => reason
        )
        .increment(1);
        if settled == Settled::Written && settlement.state == TextState::Published {
            count_post(text, now);
        }
        tracing::info!(
            text.sid = %text.sid,
            event = class,
            state,
            reason = settlement.reason.map(Reason::as_str),
            written = settled == Settled::Written,
            "text settled"
        );
        Ok(settled)
    }

    fn reply(&self, sentence: &Sentence, now: Timestamp) -> NewReply {
        let (context, text) = (&self.context, self.text());
        let link = context.sign_in_link(&self.phone, now);
        let post_url = match sentence {
            Sentence::Tweeted { post_id } => post_url(&self.handle, post_id),
            _ => String::new(),
        };
        let words = Words {
            quote: &self.quote,
            link: &link,
            post_url: &post_url,
        };
        let id = id_for_text(&text.sid, sentence.purpose(), text.replays + text.rounds);
        let writer = context.config.limits.reply_writer();
        writer.write(id, Some(&text.sid), &self.phone, sentence, words, now)
    }
}

/// Counts a post as X charges for it, and how long its sender waited for it.
fn count_post(text: &Text, now: Timestamp) {
    let link = if has_link(&posted_body(&text.body)) {
        "yes"
    } else {
        "no"
    };
    metrics::counter!("birdcall_posts_total", "link" => link).increment(1);
    metrics::histogram!("birdcall_text_to_post_seconds")
        .record(now.since(text.progress.received_at));
}

/// The words of a body that are posted and quoted: `\\text` posts `\text`.
pub(crate) fn posted_body(body: &str) -> String {
    match intent(body, None) {
        Intent::Post(body) => body,
        _ => body.trim().to_owned(),
    }
}
