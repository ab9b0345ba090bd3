//! `birdcall people allow` and `remove`, and how commands say what became of a number.

use birdcall_domain::{
    people::{Allowing, Note},
    phone::Phone,
};
use birdcall_ledger::{Ledger, people::NewPerson};
use serde::Serialize;

use crate::{
    environment::{now, random},
    failure::{Done, Failure},
    operator::Who,
    output,
};

/// What became of a number.
#[derive(Serialize)]
struct ChangeView {
    phone: String,
    changed: bool,
    /// What happened, in words.
    detail: &'static str,
}

pub(super) async fn allow(
    ledger: &Ledger,
    phone: &Phone,
    note: Option<&Note>,
    who: &Who,
    json: bool,
) -> Done {
    let (id, audit_id) = (random().id(), random().id());
    let person = NewPerson {
        id: &id,
        phone,
        note,
    };
    let allowing = ledger
        .allow_person(person, who.by(&audit_id), now())
        .await?;
    if allowing == Allowing::Blocked {
        return Err(refused(phone, allowing.words()));
    }
    tell(phone, allowing.changed(), allowing.words(), json);
    Ok(())
}

pub(super) async fn remove(ledger: &Ledger, phone: &Phone, who: &Who, json: bool) -> Done {
    let audit_id = random().id();
    let removal = ledger
        .remove_person(phone, who.by(&audit_id), now())
        .await?;
    if !removal.changed() {
        return Err(refused(phone, removal.words()));
    }
    tell(phone, true, removal.words(), json);
    Ok(())
}

pub(super) fn refused(phone: &Phone, words: &str) -> Failure {
    Failure::Refused(format!("{} {words}", phone.as_str()))
}

pub(super) fn tell(phone: &Phone, changed: bool, detail: &'static str, json: bool) {
    let view = ChangeView {
        phone: phone.as_str().to_owned(),
        changed,
        detail,
    };
    output::result(&view, json, format!("{} {detail}", phone.as_str()));
}
