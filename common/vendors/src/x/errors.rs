//! The table of X's errors, `errors.txt`, as values.

use std::sync::LazyLock;

use birdcall_domain::rejection::XRejection;

/// How an answer names an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The end of the problem's `type`, or its `reason`, or its `title` where X gives no type.
    Type(&'static str),
    /// The `code` of the older API.
    Code(u32),
    /// Nothing but the words of `detail` or of a `message`.
    Words,
}

/// What an error becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// The account's limit: its texts wait.
    UserLimit,
    /// The app's limit: everybody's texts wait.
    AppLimit,
    /// The operator's credit is used up: everybody's texts wait.
    Credit,
    /// The app or its settings at X are in the way: everybody's texts wait for the operator.
    Operator,
    /// The access token was not accepted: it is refreshed once, and after that the text waits.
    Token,
    /// The owner has to sign in again, because a permission is missing.
    SignIn,
    /// X could not do it at the moment: the text waits.
    Outage,
    /// The text is refused with this sentence.
    Refused(XRejection),
    /// The name alone says nothing that the HTTP status does not say.
    ByStatus,
}

/// A row of the table.
#[derive(Debug)]
pub struct Known {
    /// How an answer names the error.
    pub name: Name,
    /// The HTTP status with which it comes.
    pub status: u16,
    /// X's words; empty if they are not known, or differ from answer to answer.
    pub words: &'static str,
    /// What it becomes.
    pub becomes: Becomes,
}

impl Known {
    /// Whether this row is about the type.
    pub(super) fn is_type(&self, name: &str) -> bool {
        matches!(self.name, Name::Type(known) if known == name)
    }
}

/// The words for what an error becomes, as the table has them.
const WORDS: &[(&str, Becomes)] = &[
    ("user_limit", Becomes::UserLimit),
    ("app_limit", Becomes::AppLimit),
    ("credit", Becomes::Credit),
    ("operator", Becomes::Operator),
    ("token", Becomes::Token),
    ("sign_in", Becomes::SignIn),
    ("outage", Becomes::Outage),
    ("by_status", Becomes::ByStatus),
    ("duplicate", Becomes::Refused(XRejection::Duplicate)),
    ("too_long", Becomes::Refused(XRejection::TooLong)),
    (
        "reply_not_allowed",
        Becomes::Refused(XRejection::ReplyNotAllowed),
    ),
    ("cashtags", Becomes::Refused(XRejection::Cashtags)),
    (
        "account_locked",
        Becomes::Refused(XRejection::AccountLocked),
    ),
    (
        "account_suspended",
        Becomes::Refused(XRejection::AccountSuspended),
    ),
    (
        "confirm_account",
        Becomes::Refused(XRejection::ConfirmAccount),
    ),
    (
        "looks_automated",
        Becomes::Refused(XRejection::LooksAutomated),
    ),
    ("bad_link", Becomes::Refused(XRejection::BadLink)),
    ("media", Becomes::Refused(XRejection::Media)),
];

/// Every known error. Among words, the first row decides.
pub static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let rows = include_str!("errors.txt").lines();
    rows.filter(|row| !row.starts_with('#'))
        .map(|row| read_row(row).expect("a test reads every row"))
        .collect()
});

fn read_row(row: &'static str) -> Option<Known> {
    let mut cells = row.split('|').map(str::trim);
    let mut cell = || cells.next();
    let (named, name, status, words, becomes) = (cell()?, cell()?, cell()?, cell()?, cell()?);
    Some(Known {
        name: match named {
            "type" => Name::Type(name),
            "code" => Name::Code(name.parse().ok()?),
            "words" => Name::Words,
            _ => return None,
        },
        status: status.parse().ok()?,
        words,
        becomes: WORDS.iter().find(|(word, _)| *word == becomes)?.1.clone(),
    })
}
