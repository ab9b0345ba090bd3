//! `birdcall people invite`: it needs all settings, because the invitation holds a sign-in link.

use birdcall_common::{config::Config, invitation::invitation, vault::Vault};
use birdcall_domain::{people::Note, phone::Phone};
use birdcall_ledger::people::{Invitation, NewPerson};

use super::change::{refused, tell};
use crate::{
    environment::{now, open_existing, random},
    failure::Done,
    operator::Who,
};

pub(super) async fn run(phone: &Phone, note: Option<&Note>, who: &Who, json: bool) -> Done {
    let config = Config::from_env()?;
    let ledger = open_existing(&config.database).await?;
    let vault = Vault::new(config.secret_keys.clone(), random());
    let (id, audit_id) = (random().id(), random().id());
    let now = now();
    let new = Invitation {
        person: NewPerson {
            id: &id,
            phone,
            note,
        },
        reply: &invitation(&config, &vault, phone, &id, now),
        again_after: config.limits.invite_again_after,
    };
    let inviting = ledger.invite_person(new, who.by(&audit_id), now).await?;
    if !inviting.changed() {
        return Err(refused(phone, inviting.words()));
    }
    tell(phone, true, inviting.words(), json);
    Ok(())
}
