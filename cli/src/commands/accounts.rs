//! `birdcall accounts`: list, show and unlink numbers.

use birdcall_common::config::Config;
use birdcall_domain::phone::Phone;
use birdcall_ledger::{Ledger, accounts::Account, audit::Deed};
use birdcall_worker::Context;

use crate::{
    args::AccountsCommand,
    environment::{actor, now, open_ledger, random},
    failure::{Done, Failure},
    output::{self, line},
    parse::phone,
    views::AccountView,
};

pub(crate) async fn run(command: AccountsCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        AccountsCommand::List => list(&ledger, json).await,
        AccountsCommand::Show { phone: number } => {
            let account = find(&ledger, &phone(&number)?).await?;
            output::show(&AccountView::from(account), json);
            Ok(())
        }
        AccountsCommand::Unlink { phone: number } => unlink(&ledger, &phone(&number)?).await,
    }
}

async fn list(ledger: &Ledger, json: bool) -> Done {
    let accounts = ledger.accounts().await?;
    let accounts: Vec<AccountView> = accounts.into_iter().map(AccountView::from).collect();
    let columns = ["phone", "x_handle", "state", "linked_at", "last_text_at"];
    output::list(&accounts, json, &columns, |account| {
        vec![
            account.phone.clone(),
            account.x_handle.clone(),
            account.state.to_string(),
            account.linked_at.clone(),
            account.last_text_at.clone(),
        ]
    });
    Ok(())
}

async fn find(ledger: &Ledger, phone: &Phone) -> Result<Account, Failure> {
    ledger
        .account_of(phone)
        .await?
        .ok_or_else(|| not_linked(phone))
}

fn not_linked(phone: &Phone) -> Failure {
    Failure::Refused(format!("{} is not linked", phone.as_str()))
}

/// The account is deleted even if X has not revoked the tokens. Then a worker asks X again.
async fn unlink(ledger: &Ledger, phone: &Phone) -> Done {
    let account = find(ledger, phone).await?;
    let context = Context::new(Config::from_env()?, ledger.clone());
    let revocation = birdcall_worker::revoke_tokens(&context, &account).await;
    let (actor, masked) = (actor(), phone.masked());
    let detail = if revocation.is_done() {
        revocation.words().to_owned()
    } else {
        format!("{}; a worker tries again", revocation.words())
    };
    let deed = Deed {
        actor: &actor,
        action: "unlink",
        subject: &masked,
        detail: &detail,
    };
    let unlinked = ledger
        .unlink(&account, revocation, &random().token(12), deed, now())
        .await?;
    let Some(texts) = unlinked else {
        return Err(not_linked(phone));
    };
    line(format!("{} is unlinked: {detail}", phone.as_str()));
    if texts > 0 {
        line(format!("Texts that waited and will not be posted: {texts}"));
    }
    Ok(())
}
