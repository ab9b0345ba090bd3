//! `birdcall accounts block`, `unblock` and `blocked`.

use birdcall_domain::{phone::Phone, wording::age};
use birdcall_ledger::Ledger;
use serde::Serialize;

use crate::{
    environment::{now, random},
    failure::Done,
    operator::Who,
    output,
};

/// What became of a number.
#[derive(Serialize)]
struct BlockView {
    phone: String,
    /// Whether it was not blocked before.
    changed: bool,
    /// What happened, in words.
    detail: String,
    /// How many texts waited and will not be posted.
    texts: u64,
}

/// What became of a number.
#[derive(Serialize)]
struct UnblockView {
    phone: String,
    /// Whether it was blocked before.
    changed: bool,
    /// What happened, in words.
    detail: &'static str,
}

/// A blocked number.
#[derive(Serialize)]
struct BlockedView {
    phone: String,
    blocked_at: String,
}

pub(super) async fn block(ledger: &Ledger, phone: &Phone, who: &Who, json: bool) -> Done {
    let audit_id = random().id();
    let blocking = ledger.block_number(phone, who.by(&audit_id), now()).await?;
    let detail = blocking.words();
    let sentence = format!("{} {detail}", phone.as_str());
    let view = BlockView {
        phone: phone.as_str().to_owned(),
        changed: blocking.changed(),
        detail,
        texts: blocking.texts(),
    };
    output::result(&view, json, sentence);
    Ok(())
}

pub(super) async fn unblock(ledger: &Ledger, phone: &Phone, who: &Who, json: bool) -> Done {
    let audit_id = random().id();
    let unblocking = ledger
        .unblock_number(phone, who.by(&audit_id), now())
        .await?;
    let detail = unblocking.words();
    let view = UnblockView {
        phone: phone.as_str().to_owned(),
        changed: unblocking.changed(),
        detail,
    };
    output::result(&view, json, format!("{} {detail}", phone.as_str()));
    Ok(())
}

pub(super) async fn list(ledger: &Ledger, limit: i64, json: bool) -> Done {
    let numbers = ledger.blocked_numbers(None, limit).await?;
    let now = now();
    if json {
        let views = numbers.iter().map(|number| BlockedView {
            phone: number.phone.as_str().to_owned(),
            blocked_at: number.blocked_at.to_rfc3339(),
        });
        output::object(&views.collect::<Vec<_>>());
    } else {
        output::table(&numbers, &["phone", "blocked_at"], |number| {
            vec![
                number.phone.as_str().to_owned(),
                age(number.blocked_at, now),
            ]
        });
    }
    let total = ledger.blocked_total().await?;
    output::shown(numbers.len(), total, "numbers", json);
    Ok(())
}
