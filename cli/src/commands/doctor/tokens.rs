//! The check of the tokens: does the key of the settings open what is stored?

use std::sync::Arc;

use birdcall_common::{config::Config, vault::Vault};
use birdcall_domain::random::SystemRandom;
use birdcall_ledger::{
    Ledger,
    accounts::{Account, AccountFilter, seal_context},
};

use super::finding::Finding;

/// The linked numbers that are looked at, the newest ones.
const LOOKED_AT: i64 = 10;

pub(super) async fn check(config: &Config, ledger: Option<&Ledger>) -> Finding {
    let Some(ledger) = ledger else {
        return Finding::Skipped("the database has to be right first".to_owned());
    };
    let newest = AccountFilter {
        limit: LOOKED_AT,
        ..AccountFilter::default()
    };
    let accounts = match ledger.accounts_where(&newest).await {
        Ok(accounts) => accounts,
        Err(error) => return Finding::Wrong(error.to_string()),
    };
    let vault = Vault::new(config.secret_keys.clone(), Arc::new(SystemRandom));
    let opens = |account: &&Account| {
        let context = seal_context(&account.id, "access");
        vault.open(&account.access_token, &context).is_ok()
    };
    let sealed: Vec<&Account> = accounts
        .iter()
        .filter(|account| !account.access_token.is_empty())
        .collect();
    let opened = sealed.iter().filter(|account| opens(account)).count();
    match (sealed.len(), opened) {
        (0, _) => Finding::Ok("no tokens are stored yet".to_owned()),
        (all, opened) if all == opened => {
            Finding::Ok(format!("SECRET_KEY opens those of the newest {all}"))
        }
        (all, opened) => Finding::Wrong(format!(
            "SECRET_KEY does not open the tokens of {} of the newest {all} linked numbers. Add the key that sealed them \
             behind a comma; otherwise their owners have to sign in again",
            all - opened
        )),
    }
}
