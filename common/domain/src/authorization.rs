//! A sign-in under way: from the button to X and back.

use crate::{clock::Timestamp, words::words};

words! {
    /// Why a sign-in failed.
    pub enum SignInFailure {
        /// The person pressed Cancel at X.
        Denied = "denied",
        /// The sign-in took longer than `SIGN_IN_TTL`.
        Expired = "expired",
        /// X's answer does not belong to any sign-in that is under way.
        UnknownState = "unknownstate",
        /// X sent neither a code nor an error.
        Malformed = "malformed",
        /// X refused the code.
        CodeRefused = "coderefused",
        /// X could not be reached.
        Outage = "outage",
        /// X does not accept the operator's app.
        AppRefused = "apprefused",
        /// X did not grant what posting needs.
        ScopeMissing = "scopemissing",
        /// The browser in which X's answer arrived declined to link the number.
        Declined = "declined",
        /// Nobody confirmed the sign-in in the browser in which X's answer arrived.
        Unconfirmed = "unconfirmed",
        /// The link has done its work, or it is from before the number was unlinked.
        LinkDead = "linkdead",
        /// The link was used to start another sign-in.
        Replaced = "replaced",
        /// The number may not sign up, or no longer.
        NotAllowed = "notallowed",
    }
}

impl SignInFailure {
    /// The reason in words, for the phone and for the page.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Denied => "you did not allow it at X",
            Self::Expired => "it took too long",
            Self::UnknownState => "it was not started here",
            Self::Malformed => "X sent an incomplete answer",
            Self::CodeRefused => "X did not accept it",
            Self::Outage => "X is not answering right now",
            Self::AppRefused => "X does not accept this service. Please tell its operator",
            Self::ScopeMissing => "you did not give us permission to post",
            Self::Declined => "it was declined in the browser",
            Self::Unconfirmed => "it was not confirmed in the browser",
            Self::LinkDead => "its link no longer works",
            Self::Replaced => "it was started a second time",
            Self::NotAllowed => "this number may not sign up",
        }
    }

    /// Whether the phone is told, too, and not only the person in the browser. A number that may not sign
    /// up gets no text, and with a dead link or a second start nothing has ended that the phone waits for.
    #[must_use]
    pub fn is_texted(self) -> bool {
        !matches!(self, Self::LinkDead | Self::Replaced | Self::NotAllowed)
    }
}

/// How a sign-in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInEnd {
    /// The number was linked.
    Linked,
    /// It was not.
    Failed(SignInFailure),
}

impl SignInEnd {
    const LINKED: &str = "linked";
    /// Earlier versions stored this when web died during a sign-in.
    const LOST: &str = "lost";

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linked => Self::LINKED,
            Self::Failed(why) => why.as_str(),
        }
    }

    /// Reads the stored word; `None` when it is not one of these.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            Self::LINKED => Some(Self::Linked),
            Self::LOST => Some(Self::Failed(SignInFailure::Outage)),
            word => SignInFailure::parse(word).map(Self::Failed),
        }
    }
}

/// What the redirect from X holds.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// The authorization code.
    pub code: Option<String>,
    /// The error, such as `access_denied` (RFC 6749, section 4.1.2.1). X does not document its words, so
    /// any error counts as a refusal.
    pub error: Option<String>,
}

/// How far a sign-in has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// X has not sent the browser back yet.
    Open,
    /// X has sent a browser back, and that answer is being worked on.
    UnderWay,
    /// X has granted tokens, and a browser has to confirm that the number is to be linked.
    Confirming,
    /// It has ended.
    Ended(SignInEnd),
}

/// What the ledger knows of the sign-in that the `state` names.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The moment from which the sign-in no longer counts.
    pub expires_at: Timestamp,
    /// How far it had come before this redirect.
    pub stage: Stage,
}

/// What to do with a redirect from X.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Exchange this code for tokens.
    Exchange(&'a str),
    /// The sign-in fails.
    Fail(SignInFailure),
    /// X's answer came before, as when a page is loaded again: show how far the sign-in has come. Nothing
    /// changes, and nobody is texted.
    Show(Stage),
}

/// Decides what to do with a redirect from X.
#[must_use]
pub fn decide(callback: &Callback, pending: Option<Pending>, now: Timestamp) -> Step<'_> {
    let Some(pending) = pending else {
        return Step::Fail(SignInFailure::UnknownState);
    };
    if pending.stage != Stage::Open {
        return Step::Show(pending.stage);
    }
    if callback.error.is_some() {
        return Step::Fail(SignInFailure::Denied);
    }
    if now >= pending.expires_at {
        return Step::Fail(SignInFailure::Expired);
    }
    let code = callback.code.as_deref().filter(|code| !code.is_empty());
    code.map_or(Step::Fail(SignInFailure::Malformed), Step::Exchange)
}

/// Whether X can have given an account this name: 1 to 15 letters, digits and underscores. Whatever else
/// comes from X is not shown, texted or made part of a link.
#[must_use]
pub fn is_handle(name: &str) -> bool {
    (1..=15).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether X can have given an account this id: 1 to 19 digits.
#[must_use]
pub fn is_user_id(id: &str) -> bool {
    (1..=19).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

/// The scopes that Birdcall asks for. `media.write` is among them so that pictures will need no second
/// sign-in.
pub const SCOPES: [&str; 5] = [
    "tweet.read",
    "tweet.write",
    "users.read",
    "media.write",
    "offline.access",
];

/// Whether what X granted is enough to post and to find the post again.
#[must_use]
pub fn scopes_suffice(granted: &str) -> bool {
    let granted: Vec<&str> = granted.split_whitespace().collect();
    ["tweet.read", "tweet.write", "users.read"]
        .iter()
        .all(|scope| granted.contains(scope))
}

#[cfg(test)]
#[path = "authorization_tests.rs"]
mod tests;
