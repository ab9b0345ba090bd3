//! The `refresh` job: tokens are refreshed before they expire.

use std::sync::Arc;

use birdcall_domain::{
    account::{Need, TokenTrouble},
    reply::{Sentence, Words},
};
use birdcall_ledger::LedgerResult;

use crate::{access_token::access, context::Context};

/// Refreshes an account's tokens if that is due.
pub(crate) async fn refresh(context: &Arc<Context>, account_id: &str) -> LedgerResult<()> {
    let now = context.now();
    let limits = &context.config.limits;
    let Some(account) = context.ledger.account(account_id).await? else {
        return Ok(());
    };
    if account.refresh_due_at.is_none_or(|due| due > now) {
        return Ok(());
    }
    if account.last_text_at + limits.refresh_idle_after < now {
        return context.ledger.let_idle(&account).await;
    }
    if let Err(TokenTrouble::SignInNeeded) = access(context, account_id, Need::Ahead).await? {
        // The owner learns it now, and not when a text is urgent.
        let link = context.sign_in_link(&account.phone, now);
        let words = Words {
            link: &link,
            ..Words::default()
        };
        let id = format!("disconnected:{account_id}:{}", account.token_version);
        let reply = limits.reply_writer().write(
            id,
            None,
            &account.phone,
            &Sentence::Disconnected,
            words,
            now,
        );
        context.ledger.add_reply(&reply, now).await?;
    }
    Ok(())
}
