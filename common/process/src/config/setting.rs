//! What the documents say about a setting.

use super::form::Form;

/// A setting as `.env.example` and `docs/settings.md` describe it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name of its environment variable.
    pub name: &'static str,
    /// The table of `docs/settings.md` that lists it.
    pub group: Group,
    /// The value that applies when it is not set: empty for "nothing", `None` when it is required.
    pub default: Option<&'static str>,
    /// What `.env.example` shows as the value of a required setting.
    pub placeholder: &'static str,
    /// What the value must be, in a few words.
    pub wanted: &'static str,
    /// What the setting is for, in full sentences of Markdown.
    pub meaning: &'static str,
    /// Whether it holds, or may hold, a password, a key or a token.
    pub secret: bool,
}

impl Setting {
    pub(super) fn new<T>(form: &Form<T>, group: Group, meaning: &'static str) -> Self {
        Self {
            name: form.name,
            group: match form.default {
                Some(_) => group,
                None => Group::Required,
            },
            default: form.default,
            placeholder: form.placeholder,
            wanted: form.wanted,
            meaning: meaning.trim(),
            secret: form.secret,
        }
    }
}

/// A group of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Everything that has no default, wherever its row is.
    Required,
    /// The two services that Birdcall calls.
    XAndTwilio,
    /// Who runs this service.
    WhoRunsIt,
    /// Which numbers may be linked.
    WhoMaySignUp,
    /// The database, addresses and logs.
    WhereItRuns,
    /// Connections, and the time of requests.
    Serving,
    /// Twilio's webhooks.
    Receiving,
    /// From a text to a post.
    Posting,
    /// From an outcome to a reply.
    Replying,
    /// Links, sign-ins and tokens.
    SigningIn,
    /// Workers and the queue.
    Working,
    /// For Birdcall's own tests. Operators are not told of these.
    Testing,
}

impl Group {
    /// The documented groups, in the order of the documents.
    pub const DOCUMENTED: [Self; 11] = [
        Self::Required,
        Self::XAndTwilio,
        Self::WhoRunsIt,
        Self::WhoMaySignUp,
        Self::WhereItRuns,
        Self::Serving,
        Self::Receiving,
        Self::Posting,
        Self::Replying,
        Self::SigningIn,
        Self::Working,
    ];

    /// The group's heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::XAndTwilio => "X and Twilio",
            Self::WhoRunsIt => "Who runs it",
            Self::WhoMaySignUp => "Who may sign up",
            Self::WhereItRuns => "Where it runs",
            Self::Serving => "Serving HTTP",
            Self::Receiving => "Receiving",
            Self::Posting => "Posting",
            Self::Replying => "Replying",
            Self::SigningIn => "Signing in",
            Self::Working => "Working",
            Self::Testing => "Testing",
        }
    }
}
