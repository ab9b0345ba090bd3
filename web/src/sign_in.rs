//! How a sign-in ends: the number is linked, or the person learns why not.

use axum::{http::StatusCode, response::Response};
use birdcall_common::{link::sign_in_link, telemetry::LineLimit};
use birdcall_domain::{
    authorization::{SignInEnd, SignInFailure},
    clock::Timestamp,
    phone::Phone,
    reply::{Sentence, Words},
};
use birdcall_ledger::{LedgerResult, accounts::Link, grants::Grant};

use crate::{pages::Page, state::App};

/// A sign-in, as far as its end needs it.
#[derive(Clone, Copy)]
pub(crate) struct SignIn<'a> {
    /// The hash of its state.
    pub(crate) hash: &'a str,
    /// The number that is to be linked.
    pub(crate) phone: &'a Phone,
    /// When the link was issued that led here.
    pub(crate) link_issued_at: Option<Timestamp>,
    /// Whether this browser began it: then the page may lead back to the link.
    pub(crate) began_here: bool,
}

impl App {
    /// Whether the number may still be linked: it is linked already, or the settings or an operator admit it.
    pub(crate) async fn may_link(&self, phone: &Phone) -> LedgerResult<bool> {
        Ok(self.config.may_sign_up(phone)
            || self.ledger.may_sign_up(phone).await?
            || self.ledger.account_of(phone).await?.is_some())
    }

    /// Why the sign-in cannot go on, if it cannot: the rule for new numbers and the link are asked again at
    /// every step, because both may have changed since the last one.
    pub(crate) async fn obstacle(
        &self,
        sign_in: SignIn<'_>,
    ) -> LedgerResult<Option<SignInFailure>> {
        if !self.may_link(sign_in.phone).await? {
            return Ok(Some(SignInFailure::NotAllowed));
        }
        let works = match sign_in.link_issued_at {
            Some(issued_at) => self.ledger.link_works(sign_in.phone, issued_at).await?,
            None => false,
        };
        Ok((!works).then_some(SignInFailure::LinkDead))
    }

    /// Links the number with what X granted, and says so on a page and in a reply. If the link died in the
    /// meantime, what X granted is revoked.
    pub(crate) async fn link(&self, sign_in: SignIn<'_>, grant: &Grant) -> LedgerResult<Response> {
        let now = self.now();
        let sentence = Sentence::Linked {
            handle: grant.x_handle.clone(),
        };
        let writer = self.config.limits.reply_writer();
        let id = format!("sign_in:{}", sign_in.hash);
        let words = Words::default();
        let reply = writer.write(id, None, sign_in.phone, &sentence, words, now);
        let link = Link {
            id: &grant.account_id,
            phone: sign_in.phone,
            pair: &grant.pair,
            x_user_id: &grant.x_user_id,
            x_handle: &grant.x_handle,
            retry_horizon: self.config.limits.retry_horizon,
            state_hash: sign_in.hash,
            link_issued_at: sign_in.link_issued_at,
            reply: &reply,
        };
        if !self.ledger.link_account(link, now).await? {
            self.give_back(grant).await?;
            return self.fail(sign_in, SignInFailure::LinkDead).await;
        }
        metrics::counter!("birdcall_sign_ins_total", "outcome" => "linked").increment(1);
        let (phone, account_id) = (sign_in.phone, &grant.account_id);
        tracing::info!(?phone, account.id = account_id, "a number was linked");
        let page = Page::linked(phone, &grant.x_handle);
        Ok(self.show(page, Some(phone), StatusCode::OK).await)
    }

    /// Notes that X has to revoke what it granted, because nobody will use it.
    pub(crate) async fn give_back(&self, grant: &Grant) -> LedgerResult<()> {
        let (id, now) = (&grant.account_id, self.now());
        self.ledger.discard_pair(id, &grant.pair, now).await
    }

    /// Ends a sign-in that failed, and says why on a page and, unless the number would not want to know, in
    /// a reply. Pages get loaded again, so a sign-in makes one reply.
    pub(crate) async fn fail(
        &self,
        sign_in: SignIn<'_>,
        why: SignInFailure,
    ) -> LedgerResult<Response> {
        report(why);
        let end = SignInEnd::Failed(why);
        self.ledger.finish_authorization(sign_in.hash, end).await?;
        if why.is_texted() {
            let id = format!("sign_in:{}", sign_in.hash);
            self.text_failure(id, sign_in.phone, why).await?;
        }
        self.explain(sign_in, why).await
    }

    /// The page that says why a sign-in failed. Nothing changes, and nobody is texted.
    pub(crate) async fn explain(
        &self,
        sign_in: SignIn<'_>,
        why: SignInFailure,
    ) -> LedgerResult<Response> {
        let SignIn { phone, .. } = sign_in;
        let page = match why {
            SignInFailure::NotAllowed => Page::not_allowed(phone),
            why => Page::sign_in_failed(why, Some(phone)),
        };
        let page = match self.link_again(sign_in).await? {
            Some(link) => page.try_again(link),
            None => page,
        };
        Ok(self.show(page, Some(phone), status_of(why)).await)
    }

    /// The link that led to a sign-in, if it still works and this browser is the one that followed it.
    async fn link_again(&self, sign_in: SignIn<'_>) -> LedgerResult<Option<String>> {
        let Some(issued_at) = sign_in.link_issued_at.filter(|_| sign_in.began_here) else {
            return Ok(None);
        };
        let ttl = self.config.limits.sign_in_link_ttl;
        if self.now() >= issued_at + ttl || self.obstacle(sign_in).await?.is_some() {
            return Ok(None);
        }
        let token = self.vault.link_token(sign_in.phone, issued_at);
        let public_url = &self.config.public_url;
        Ok(Some(sign_in_link(public_url, sign_in.phone, &token)))
    }

    /// Texts a phone that its sign-in failed, unless a reply with this `id` exists or the number got as many
    /// texts about sign-ins today as a number may get.
    pub(crate) async fn text_failure(
        &self,
        id: String,
        phone: &Phone,
        why: SignInFailure,
    ) -> LedgerResult<()> {
        let now = self.now();
        let (sentence, words) = (Sentence::SignInFailed(why), Words::default());
        let writer = self.config.limits.reply_writer();
        let reply = writer.write(id, None, phone, &sentence, words, now);
        self.ledger.add_reply(&reply, now).await?;
        Ok(())
    }
}

/// Notes a failed sign-in in the log and in the metrics.
pub(crate) fn report(why: SignInFailure) {
    let outcome = why.as_str();
    metrics::counter!("birdcall_sign_ins_total", "outcome" => outcome).increment(1);
    // Anybody can make a sign-in fail.
    static FAILED: LineLimit = LineLimit::new();
    if let Some(more) = FAILED.admit() {
        tracing::info!(outcome, more, "a sign-in failed");
    }
}

/// The HTTP status of the page that explains a failure.
pub(crate) fn status_of(why: SignInFailure) -> StatusCode {
    use SignInFailure as Why;
    match why {
        Why::Outage | Why::AppRefused => StatusCode::BAD_GATEWAY,
        Why::Denied | Why::ScopeMissing | Why::Declined | Why::LinkDead | Why::NotAllowed => {
            StatusCode::FORBIDDEN
        }
        Why::Replaced => StatusCode::CONFLICT,
        Why::Expired | Why::Unconfirmed => StatusCode::GONE,
        Why::UnknownState | Why::Malformed | Why::CodeRefused => StatusCode::BAD_REQUEST,
    }
}
