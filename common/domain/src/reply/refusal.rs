//! Why X refused, in the words that a phone reads.

use crate::{rejection::XRejection, sms::plain_typography};

/// The end of a sentence that says that X refused a text or a command.
pub(super) fn refusal(rejection: &XRejection) -> String {
    let words = match rejection {
        XRejection::Duplicate => {
            "X says you already posted this text. Change it and text it again."
        }
        XRejection::TooLong => "X says it is too long. Shorten it and text it again.",
        XRejection::ReplyNotAllowed => "X allows replies only where you were mentioned.",
        XRejection::Cashtags => "X allows only one cashtag ($) in a post.",
        XRejection::AccountLocked => {
            "X has locked your account. Unlock it at x.com, then text it again."
        }
        XRejection::AccountSuspended => "X has suspended your account.",
        XRejection::ConfirmAccount => {
            "X wants you to log in at x.com and confirm your account. Then text it again."
        }
        XRejection::LooksAutomated => "X takes it for spam. Change it, or text it again later.",
        XRejection::BadLink => "X does not accept a link in it. Change the link and text it again.",
        XRejection::AppForbidden { .. } => {
            "X does not let this service post. Please tell its operator."
        }
        XRejection::MissingScope => "X did not give us permission to post. Please sign in again.",
        XRejection::Media => "X did not accept the picture or video.",
        XRejection::Other { status: 404, .. } => "it no longer exists.",
        XRejection::Other { detail, .. } if detail.is_empty() => {
            "X refused it without giving a reason."
        }
        XRejection::Other { detail, .. } => {
            return format!("X says: {}", plain_typography(detail));
        }
    };
    words.to_owned()
}
