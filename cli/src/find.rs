//! Finds what an argument names.

use birdcall_domain::text::MessageSid;
use birdcall_ledger::{Ledger, texts::Text};

use crate::failure::Failure;

/// The shortest beginning of a sid that can name a text: `SM` or `MM` and six digits.
const BEGINNING_MIN: usize = 8;

/// The text with this sid, or the only one whose sid begins like this, because lists shorten sids.
/// A malformed sid names no text.
pub(crate) async fn find_text(ledger: &Ledger, sid: &str) -> Result<Option<Text>, Failure> {
    if let Ok(sid) = sid.parse::<MessageSid>() {
        return Ok(ledger.text(&sid).await?);
    }
    if !is_beginning(sid) {
        return Ok(None);
    }
    let mut found = ledger.texts_with_sid(sid, 2).await?;
    match found.pop() {
        Some(_) if !found.is_empty() => Err(Failure::Refused(format!(
            "more than one text begins with {sid}: write more of the sid"
        ))),
        found => Ok(found),
    }
}

fn is_beginning(sid: &str) -> bool {
    let digits = sid.strip_prefix("SM").or_else(|| sid.strip_prefix("MM"));
    sid.len() >= BEGINNING_MIN
        && digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}
