//! Inbound texts: what is decided when one arrives.

use super::{
    account::AccountState,
    clock::Timestamp,
    command::{Command, Intent, Keyword},
    phone::Phone,
    sign_up::{Answered, DailyLimits, SignUp},
    text::{Kind, MessageSid, Reason, TextState},
};

/// An inbound text.
#[derive(Clone)]
pub struct InboundText {
    /// Twilio's sid: the text's identity.
    pub sid: MessageSid,
    /// The sender: usually E.164, but also short codes, names and other channels.
    pub from: String,
    /// The number of ours that it was sent to.
    pub to: String,
    /// What it says, untrimmed.
    pub body: String,
    /// How many media came with it that are more than its words.
    pub num_media: u32,
    /// `OptOutType`, with Advanced Opt-Out only.
    pub opt_out_type: Option<String>,
    /// Its place in Twilio's list, if no webhook brought it.
    pub missed: Option<Missed>,
}

impl InboundText {
    /// The sender, if it is a phone that can be answered: not a short code or a name, and not
    /// the number that the text was sent to.
    #[must_use]
    pub fn sender(&self) -> Option<Phone> {
        self.from.parse().ok().filter(|_| self.from != self.to)
    }
}

/// What Twilio's list says of a text that no webhook brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// When it was texted. Twilio's list counts in whole seconds.
    pub texted_at: Timestamp,
    /// The text of the same phone that the list has just before it, if the ledger has that text, or
    /// has it by the time when this one is taken in.
    pub after: Option<MessageSid>,
    /// The first later text of the same phone in the list that the ledger had already.
    pub before: Option<MessageSid>,
    /// Whether a `\STOP` had deleted a later text of the same phone, however far behind: then it was
    /// texted after this one too.
    pub left: bool,
}

/// Why a text is recorded and nothing else happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IgnoreReason {
    /// The number may not sign up.
    NotInvited,
    /// Twilio itself acts on the word.
    Keyword(Keyword),
    /// The sender is not a phone that can be answered, but a short code, a name or another channel.
    Sender,
    /// Too many texts of this phone are pending.
    TooMany,
    /// The phone itself wrote it, about a reply of ours.
    Reaction,
    /// It came so late that later texts have overtaken it.
    Late,
    /// The number is not linked and got as many links today as a number may get.
    TooManyLinks,
    /// An operator has blocked the number.
    Blocked,
    /// The number is not linked, and today as many texts went to such numbers as may go to all of them.
    TooManyStrangers,
}

impl IgnoreReason {
    /// The reason that is stored and listed.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::NotInvited => Reason::NotInvited,
            Self::Keyword(_) => Reason::Keyword,
            Self::Sender => Reason::Sender,
            Self::TooMany => Reason::TooMany,
            Self::Reaction => Reason::Reaction,
            Self::Late => Reason::Late,
            Self::Blocked => Reason::Blocked,
            Self::TooManyLinks => Reason::TooManyLinks,
            Self::TooManyStrangers => Reason::TooManyStrangers,
        }
    }
}

/// What is done with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Record it.
    Ignore(IgnoreReason),
    /// Answer it with the sign-in link. The text itself is not posted.
    SignIn,
    /// Carry it out.
    Command,
    /// Post it.
    Post,
    /// Keep it and refuse it, because too many texts of this phone are pending.
    TooMany,
    /// Tell its sender that this command or post came too late, and do nothing.
    TooLate(Kind),
}

impl Disposition {
    /// The kind that is stored.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Ignore(_) => Kind::Ignored,
            Self::SignIn => Kind::SignIn,
            Self::Command => Kind::Command,
            Self::Post | Self::TooMany => Kind::Post,
            Self::TooLate(kind) => kind,
        }
    }

    /// The state and the reason in which the text begins.
    #[must_use]
    pub fn begins_as(self) -> (TextState, Option<Reason>) {
        match self {
            Self::Ignore(reason) => (TextState::Ignored, Some(reason.reason())),
            Self::TooMany => (TextState::Refused, Some(Reason::TooMany)),
            Self::TooLate(Kind::Command) => (TextState::Command, Some(Reason::Late)),
            Self::TooLate(_) => (TextState::Refused, Some(Reason::Late)),
            Self::SignIn | Self::Command | Self::Post => (TextState::Received, None),
        }
    }
}

/// Applies `OPEN_TEXTS_MAX` to what [`dispose`] decided. A post that is one too many is kept and
/// refused, so that an operator can run it later; anything else would mean nothing later. `\STOP` is
/// always carried out, or asked about.
#[must_use]
pub fn limit_open_texts(
    disposition: Disposition,
    intent: &Intent,
    open_texts: usize,
    open_texts_max: usize,
) -> Disposition {
    let stops = matches!(
        intent,
        Intent::Command(Command::Stop) | Intent::Unclear(Command::Stop)
    );
    if open_texts < open_texts_max || stops {
        return disposition;
    }
    match disposition {
        Disposition::Post => Disposition::TooMany,
        Disposition::Command | Disposition::SignIn => Disposition::Ignore(IgnoreReason::TooMany),
        other => other,
    }
}

/// Applies the limits to what was decided about a text of a number that is not linked. Beyond a limit the
/// text is recorded and not answered. A `\STOP` counts towards the limit for all strangers only, so that a
/// number can always ask to be forgotten as long as anyone is answered.
#[must_use]
pub fn limit_strangers(
    disposition: Disposition,
    answered: Answered,
    limits: DailyLimits,
) -> Disposition {
    match disposition {
        Disposition::SignIn if answered.links >= limits.links_max => {
            Disposition::Ignore(IgnoreReason::TooManyLinks)
        }
        Disposition::SignIn | Disposition::Command
            if answered.strangers >= limits.strangers_max =>
        {
            Disposition::Ignore(IgnoreReason::TooManyStrangers)
        }
        other => other,
    }
}

/// Decides what is done with a text of a number that an operator has blocked: it is recorded and not answered.
/// Twilio's words are known as such all the same, because Twilio acts on them, blocked or not.
#[must_use]
pub fn dispose_blocked(intent: &Intent) -> Disposition {
    Disposition::Ignore(match intent {
        Intent::Keyword(keyword) => IgnoreReason::Keyword(*keyword),
        _ => IgnoreReason::Blocked,
    })
}

/// Decides what is done with a text, from what it says and from its sender.
#[must_use]
pub fn dispose(intent: &Intent, account: Option<AccountState>, sign_up: SignUp) -> Disposition {
    match (intent, account) {
        (Intent::Keyword(keyword), _) => Disposition::Ignore(IgnoreReason::Keyword(*keyword)),
        (_, None) if sign_up == SignUp::Refused => Disposition::Ignore(IgnoreReason::NotInvited),
        // A person who says stop before having linked anything is not sent a link.
        (Intent::Command(Command::Stop) | Intent::Unclear(Command::Stop), None) => {
            Disposition::Command
        }
        (_, None) => Disposition::SignIn,
        (Intent::Command(_) | Intent::Unclear(_), Some(_)) => Disposition::Command,
        (Intent::Post(_), Some(_)) => Disposition::Post,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::intent;

    #[test]
    fn one_too_many() {
        use Disposition::{Command, Ignore, Post, SignIn, TooMany};
        for (body, disposition, open, expected) in [
            ("hello", Post, 0, Post),
            ("hello", Post, 2, Post),
            ("hello", Post, 3, TooMany),
            ("hello", Post, 4, TooMany),
            (r"\undo", Command, 2, Command),
            (r"\undo", Command, 3, Ignore(IgnoreReason::TooMany)),
            (r"\stop", Command, 4, Command),
            ("\u{200B}\\stop", Command, 4, Command),
            ("hello", SignIn, 3, Ignore(IgnoreReason::TooMany)),
            (
                "hello",
                Ignore(IgnoreReason::Sender),
                4,
                Ignore(IgnoreReason::Sender),
            ),
        ] {
            let bound = limit_open_texts(disposition, &intent(body, None), open, 3);
            assert_eq!(bound, expected, "{body} {open}");
        }
    }

    #[test]
    fn the_door() {
        use AccountState::{Active, NeedsSignIn};
        use Disposition::{Command, Ignore, Post, SignIn};
        use SignUp::{Allowed, Refused};
        for (body, account, sign_up, expected) in [
            ("hello", None, Allowed, SignIn),
            (r"\help", None, Allowed, SignIn),
            (r"\stop", None, Allowed, Command),
            ("stop.", None, Allowed, Command),
            ("undo", None, Allowed, SignIn),
            ("undo", Some(Active), Allowed, Command),
            ("hello", None, Refused, Ignore(IgnoreReason::NotInvited)),
            (r"\stop", None, Refused, Ignore(IgnoreReason::NotInvited)),
            ("hello", Some(Active), Allowed, Post),
            ("hello", Some(Active), Refused, Post),
            ("hello", Some(NeedsSignIn), Allowed, Post),
            (r"\undo", Some(Active), Allowed, Command),
            (
                "STOP",
                Some(Active),
                Allowed,
                Ignore(IgnoreReason::Keyword(Keyword::OptOut)),
            ),
            (
                "help",
                None,
                Allowed,
                Ignore(IgnoreReason::Keyword(Keyword::Help)),
            ),
        ] {
            assert_eq!(
                dispose(&intent(body, None), account, sign_up),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn nothing_is_done_with_a_text_of_a_blocked_number() {
        for (body, expected) in [
            ("hello", IgnoreReason::Blocked),
            (r"\undo", IgnoreReason::Blocked),
            (r"\stop", IgnoreReason::Blocked),
            ("undo", IgnoreReason::Blocked),
            ("", IgnoreReason::Blocked),
            ("STOP", IgnoreReason::Keyword(Keyword::OptOut)),
        ] {
            let disposition = dispose_blocked(&intent(body, None));
            assert_eq!(disposition, Disposition::Ignore(expected), "{body}");
        }
        assert_eq!(
            dispose_blocked(&intent("hello", None)).begins_as(),
            (TextState::Ignored, Some(Reason::Blocked))
        );
    }

    #[test]
    fn beyond_a_limit_a_stranger_is_not_answered() {
        use Disposition::{Command, Ignore, Post, SignIn};
        use IgnoreReason::{NotInvited, TooManyLinks, TooManyStrangers};
        let limits = DailyLimits {
            links_max: 5,
            strangers_max: 200,
        };
        for (disposition, links, strangers, expected) in [
            (SignIn, 0, 0, SignIn),
            (SignIn, 4, 199, SignIn),
            (SignIn, 5, 199, Ignore(TooManyLinks)),
            (SignIn, 4, 200, Ignore(TooManyStrangers)),
            (SignIn, 5, 200, Ignore(TooManyLinks)),
            (Command, 5, 199, Command),
            (Command, 0, 200, Ignore(TooManyStrangers)),
            (Ignore(NotInvited), 5, 200, Ignore(NotInvited)),
            (Post, 5, 200, Post),
        ] {
            let answered = Answered { links, strangers };
            let limited = limit_strangers(disposition, answered, limits);
            assert_eq!(limited, expected, "{disposition:?} {answered:?}");
        }
    }
}
