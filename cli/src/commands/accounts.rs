//! `birdcall accounts`: list, show, unlink, block and erase numbers.

mod block;
mod erase;

use birdcall_domain::{
    account::AccountState, clock::Timestamp, phone::Phone, tone::Tone, unlinking::Unlinking,
};
use birdcall_ledger::{Ledger, accounts::Account};
use serde::Serialize;

use crate::{
    args::AccountsCommand,
    environment::{now, open_ledger, random},
    failure::{Done, Failure},
    operator::Who,
    output::{self, Cell, Record},
    views::AccountView,
};
use birdcall_domain::wording::{age, moment};

/// What became of a number.
#[derive(Serialize)]
struct UnlinkView {
    phone: String,
    /// What happened, in words.
    detail: String,
    /// How many texts waited and will not be posted.
    texts: u64,
}

pub(crate) async fn run(command: AccountsCommand, who: &Who, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        AccountsCommand::List { limit } => list(&ledger, limit, json).await,
        AccountsCommand::Show { phone } => {
            let account = find(&ledger, &phone).await?;
            if json {
                output::object(&AccountView::from(account));
            } else {
                output::record(record(&account, now()));
            }
            Ok(())
        }
        AccountsCommand::Block { phone } => block::block(&ledger, &phone, who, json).await,
        AccountsCommand::Unblock { phone } => block::unblock(&ledger, &phone, who, json).await,
        AccountsCommand::Blocked { limit } => block::list(&ledger, limit, json).await,
        AccountsCommand::Erase { phone, yes, vacuum } => {
            let how = erase::How { yes, vacuum };
            erase::erase(&ledger, &phone, how, who, json).await
        }
        AccountsCommand::Unlink { phone } => unlink(&ledger, &phone, who, json).await,
    }
}

async fn list(ledger: &Ledger, limit: i64, json: bool) -> Done {
    let accounts = ledger.first_accounts(limit).await?;
    if json {
        let views: Vec<AccountView> = accounts.iter().cloned().map(AccountView::from).collect();
        output::object(&views);
    } else {
        let now = now();
        let columns = ["phone", "x_handle", "state", "linked_at", "last_text_at"];
        output::table(&accounts, &columns, |account| {
            vec![
                account.phone.as_str().to_owned().into(),
                account.x_handle.clone().into(),
                Cell::toned(account.state.to_string(), tone(account.state)),
                age(account.linked_at, now).into(),
                age(account.last_text_at, now).into(),
            ]
        });
    }
    let total = ledger.account_total().await?;
    output::shown(accounts.len(), total, "numbers", json);
    Ok(())
}

fn tone(state: AccountState) -> Tone {
    match state {
        AccountState::Active => Tone::Good,
        AccountState::NeedsSignIn => Tone::Bad,
    }
}

fn record(account: &Account, now: Timestamp) -> Record {
    let mut record = Record::default();
    let handle = match account.x_handle.as_str() {
        "" => String::new(),
        handle => format!(", linked to @{handle}"),
    };
    record.line(&format!("{}{handle}", account.phone.as_str()));
    let state = match account.state {
        AccountState::Active => "active: its texts are posted",
        AccountState::NeedsSignIn => "needs_sign_in: its texts wait until its owner signs in",
    };
    record.field("State", state.to_owned());
    record.gap();
    record.field("Linked", moment(account.linked_at, now));
    record.field("Last text", moment(account.last_text_at, now));
    let expires = moment(account.access_expires_at, now);
    record.field("Access token expires", expires);
    let refreshed = account.refresh_due_at.map(|at| moment(at, now));
    record.field("Tokens are refreshed", refreshed);
    let id = Some(account.x_user_id.clone()).filter(|id| !id.is_empty());
    record.field("X user id", id);
    record.field("Scopes", account.scopes.clone());
    record
}

async fn find(ledger: &Ledger, phone: &Phone) -> Result<Account, Failure> {
    ledger.account_of(phone).await?.ok_or_else(|| {
        let words = Unlinking::NotLinked.words();
        Failure::Refused(format!("{} {words}", phone.as_str()))
    })
}

async fn unlink(ledger: &Ledger, phone: &Phone, who: &Who, json: bool) -> Done {
    let id = random().id();
    let unlinking = ledger.unlink(phone, who.by(&id), now()).await?;
    let words = unlinking.words();
    let sentence = format!("{} {words}", phone.as_str());
    let Unlinking::Unlinked { texts } = unlinking else {
        return Err(Failure::Refused(sentence));
    };
    let view = UnlinkView {
        phone: phone.as_str().to_owned(),
        detail: words,
        texts,
    };
    output::result(&view, json, sentence);
    Ok(())
}
