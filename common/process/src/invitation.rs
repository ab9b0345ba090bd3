//! The text that invites a number to sign up.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    reply::{NewReply, Sentence, Words},
};
use birdcall_ledger::people::invitation_id;

use crate::{config::Config, link::sign_in_link, vault::Vault};

/// The reply that invites a number. `id` is random. As in every reply, the link is hidden in what is stored,
/// and made again when the reply is sent.
#[must_use]
pub fn invitation(
    config: &Config,
    vault: &Vault,
    phone: &Phone,
    id: &str,
    now: Timestamp,
) -> NewReply {
    let token = vault.link_token(phone, now);
    let words = Words {
        link: &sign_in_link(&config.public_url, phone, &token),
        ..Words::default()
    };
    let writer = config.limits.reply_writer();
    let sentence = Sentence::Invitation;
    writer.write(invitation_id(id), None, phone, &sentence, words, now)
}
