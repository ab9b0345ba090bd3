//! The words of the pages that a person sees in the browser. They share one template.

use birdcall_domain::{authorization::SignInFailure, operator::Role, phone::Phone};

/// A page. The template leaves out what is empty.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) title: &'static str,
    pub(crate) paragraphs: Vec<String>,
    /// A person's number, and what to call it.
    pub(crate) number: Option<String>,
    pub(crate) number_is: &'static str,
    pub(crate) account: Option<String>,
    pub(crate) notes: Vec<&'static str>,
    pub(crate) form: Option<Form>,
    /// Where "Try again" leads.
    pub(crate) again: Option<String>,
}

/// A form of hidden fields, with its buttons.
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) buttons: Vec<Button>,
}

/// A button of a form. Its id is sent as the field `decision`.
pub(crate) struct Button {
    pub(crate) id: &'static str,
    pub(crate) words: &'static str,
    pub(crate) class: &'static str,
}

impl Button {
    const fn main(id: &'static str, words: &'static str) -> Self {
        let class = "main";
        Self { id, words, class }
    }

    const fn other(id: &'static str, words: &'static str) -> Self {
        let class = "other";
        Self { id, words, class }
    }
}

/// The id of the button that declines a sign-in.
pub(crate) const DECLINE: &str = "decline";

const HOW_TO_UNDO: &str = r"To undo it: text \UNDO to delete your last post, and \STOP to unlink your number and delete your data.";
const HOW_TO_REMOVE: &str = "Not your number? At x.com, open Settings and privacy > Security and account access > Apps and sessions > Connected apps, and remove Birdcall.";
const NEW_LINK: &str = "To get a new link, text anything to Birdcall's number.";

impl Page {
    fn new(title: &'static str, paragraphs: &[&str]) -> Self {
        Self {
            title,
            paragraphs: paragraphs.iter().map(|words| (*words).to_owned()).collect(),
            number_is: "Your number",
            ..Self::default()
        }
    }

    fn of(self, phone: &Phone) -> Self {
        Self {
            number: Some(phone.as_str().to_owned()),
            ..self
        }
    }

    /// The page behind the link: it names the number that will be able to post, and has the button.
    pub(crate) fn sign_in(phone: &Phone, action: String, token: String) -> Self {
        let phone_field = ("phone", phone.as_str().to_owned());
        Self {
            notes: vec![
                "Not your number? Close this page, and nothing changes.",
                "We ask X for permission to post for you and to delete your posts. We store your number, your texts and this permission.",
                "Your carrier may charge you for the texts that you send and get.",
                HOW_TO_UNDO,
            ],
            form: Some(Form {
                action,
                fields: vec![phone_field, ("token", token)],
                buttons: vec![Button::main("start", "Sign in with X")],
            }),
            ..Self::new(
                "Post on X by text",
                &["After you sign in, every text that you send from your number to Birdcall's number is posted on your X account."],
            )
        }
        .of(phone)
    }

    /// X granted access in a browser that did not begin the sign-in: the person there decides.
    pub(crate) fn confirm(phone: &Phone, handle: &str, action: String, key: &str) -> Self {
        let unnamed = "the account that you just allowed it for";
        Self {
            account: Some(handle_or(handle, unnamed)),
            number_is: "Phone number",
            notes: vec![
                "Is it not your number? Then somebody sent you their link, and wants to post on your account. Do not link it.",
                "If you close this page, nothing is linked.",
                HOW_TO_UNDO,
            ],
            form: Some(Form {
                action,
                fields: vec![("key", key.to_owned())],
                buttons: vec![
                    Button::main("confirm", "Yes, it is my number: link it"),
                    Button::other(DECLINE, "Do not link it"),
                ],
            }),
            ..Self::new(
                "Is this your number?",
                &["This sign-in was started in another browser. If you link this number, every text from it is posted on your X account."],
            )
        }
        .of(phone)
    }

    /// The number is linked. X may not have told us the handle; it is empty then.
    pub(crate) fn linked(phone: &Phone, handle: &str) -> Self {
        Self {
            account: Some(format!("@{handle}")).filter(|_| !handle.is_empty()),
            notes: vec![HOW_TO_UNDO, HOW_TO_REMOVE],
            ..Self::new(
                "Signed in",
                &["From now on, every text from this number is posted on your X account. You can close this page."],
            )
        }
        .of(phone)
    }

    /// A sign-in that worked, of a number that was linked again since, or has to sign in again.
    pub(crate) fn was_linked(phone: &Phone) -> Self {
        Self::new(
            "This sign-in worked",
            &[r"It has been changed since. To see which X account your number is linked to now, text \STATUS to Birdcall's number."],
        )
        .of(phone)
    }

    /// X's answer came before, and is being worked on.
    pub(crate) fn under_way() -> Self {
        Self {
            again: Some(String::new()),
            ..Self::new("One moment", &["This sign-in is being finished."])
        }
    }

    /// The sign-in waits for another browser.
    pub(crate) fn confirmed_elsewhere() -> Self {
        Self::new(
            "Not linked yet",
            &[
                "This sign-in waits to be confirmed on the page that X opened after you allowed access.",
            ],
        )
    }

    /// The page on which a sign-in is confirmed was open for too long, or its button was pressed before.
    pub(crate) fn confirmation_over() -> Self {
        Self::new(
            "This page is no longer valid",
            &["The button works once and for a few minutes.", NEW_LINK],
        )
    }

    /// The link is too old, has done its work, or is not one of ours.
    pub(crate) fn link_refused() -> Self {
        Self::new(
            "This link does not work",
            &[
                "This link has expired, was used, or is not complete.",
                "If your number is not linked yet, text anything to Birdcall's number: the answer is a new link.",
                r"If your number is linked, you need no link: what you text is posted. To see whether it is linked, text \STATUS. The answer has a link if you need to sign in again.",
            ],
        )
    }

    /// The number may not sign up.
    pub(crate) fn not_allowed(phone: &Phone) -> Self {
        Self::new(
            "This number may not sign up",
            &["Only numbers that the operator of this service has admitted may sign up. Nothing has changed."],
        )
        .of(phone)
    }

    /// An operator's role does not include what was asked for.
    pub(crate) fn role_too_low(role: Role, needed: Role) -> Self {
        Self {
            paragraphs: vec![format!(
                "Your role is '{role}', and this needs the role '{needed}'. Nothing has changed."
            )],
            ..Self::new("Your role does not allow this", &[])
        }
    }

    /// The form came from another site, or from a page that was not ours.
    pub(crate) fn not_from_here() -> Self {
        Self::new(
            "Please start from the link in your text",
            &[
                "This request came from another site, so nothing has changed. Open the link in our text, and press the button on its page.",
            ],
        )
    }

    /// There is nothing to read at this address: a button leads here.
    pub(crate) fn only_a_button() -> Self {
        Self::new(
            "Please start from the link in your text",
            &[
                "Nothing has changed. To sign in, open the link in our text, and press the button on its page.",
                NEW_LINK,
            ],
        )
    }

    /// The sign-in failed.
    pub(crate) fn sign_in_failed(why: SignInFailure, phone: Option<&Phone>) -> Self {
        use SignInFailure::{
            Declined, Denied, LinkDead, Outage, Replaced, Unconfirmed, UnknownState,
        };
        let title = match why {
            Denied | Declined | Unconfirmed => "Not linked",
            Replaced => "Started a second time",
            _ => "Sign-in failed",
        };
        let advice = match why {
            Declined => "Nothing was linked, and we give back what X allowed us.",
            Outage => {
                "Please try again later. To get a new link, text anything to Birdcall's number."
            }
            Replaced => {
                "Go on in the tab in which you started last, or open the link in our text again."
            }
            LinkDead | UnknownState => {
                r"If your number is already linked, you can close this page. If not, text anything to Birdcall's number to get a new link."
            }
            _ => "To start again, text anything to Birdcall's number.",
        };
        let page = Self::new(title, &[&sentence(why.words()), advice]);
        match phone {
            Some(phone) => page.of(phone),
            None => page,
        }
    }

    /// The database does not answer, for example.
    pub(crate) fn something_went_wrong() -> Self {
        Self::new(
            "Something went wrong",
            &["Nothing has changed. Please try again in a minute."],
        )
    }

    /// There is no page at this address.
    pub(crate) fn not_found() -> Self {
        Self::new(
            "Page not found",
            &["Birdcall posts your texts on X. You get the link to sign in by text."],
        )
    }

    /// Adds a button that leads to `address`; an empty address is the page's own.
    pub(crate) fn try_again(self, address: impl Into<String>) -> Self {
        Self {
            again: Some(address.into()),
            ..self
        }
    }
}

fn handle_or(handle: &str, unnamed: &str) -> String {
    if handle.is_empty() {
        unnamed.to_owned()
    } else {
        format!("@{handle}")
    }
}

/// Words as a sentence of their own.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_sentence() {
        assert_eq!(sentence("it took too long"), "It took too long.");
        assert_eq!(sentence("X did not accept it"), "X did not accept it.");
    }
}
