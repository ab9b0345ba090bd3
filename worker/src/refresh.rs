//! The `refresh` job: tokens are refreshed before they expire.

use std::sync::Arc;

use birdcall_domain::{
    account::TokenTrouble,
    clock::Timestamp,
    phone::Phone,
    reply::{Sentence, Words},
};
use birdcall_ledger::{LedgerResult, replies::NewReply};

use crate::{
    access_token::{Need, access},
    context::Context,
};

/// Refreshes an account's tokens if that is due.
pub(crate) async fn refresh(context: &Arc<Context>, account_id: &str) -> LedgerResult<()> {
    let now = context.now();
    let Some(account) = context.ledger.account(account_id).await? else {
        return Ok(());
    };
    if account.refresh_due_at.is_none_or(|due| due > now.0) {
        return Ok(());
    }
    if Timestamp(account.last_text_at) + context.config.limits.refresh_idle_after < now {
        return context
            .ledger
            .let_idle(account_id, account.token_version)
            .await;
    }
    if let Err(TokenTrouble::SignInNeeded) = access(context, account_id, Need::Ahead).await? {
        // Its owner learns it now, not when a text is urgent.
        let phone: Phone = match account.phone.parse() {
            Ok(phone) => phone,
            Err(_) => return Ok(()),
        };
        let link = context.sign_in_link(&phone, now);
        let limits = &context.config.limits;
        let words = Words {
            link: &link,
            ..Words::default()
        };
        let reply = NewReply {
            id: format!("disconnected:{account_id}:{}", account.token_version),
            text_sid: None,
            phone,
            purpose: Sentence::Disconnected.purpose(),
            sms: Sentence::Disconnected.compose(words, limits.reply_segments_max),
            deadline_at: now + limits.retry_horizon,
        };
        context.ledger.add_reply(&reply, now).await?;
    }
    Ok(())
}
