//! What people text: posts, some with links that touch other characters, and commands among them.

/// A text that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) sid: String,
    pub(crate) phone: String,
    pub(crate) body: String,
    pub(crate) kind: SentKind,
}

/// What a person wants with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SentKind {
    /// It should be posted.
    Post,
    /// `\UNDO`.
    Undo,
    /// `\STOP`, the last text of its phone.
    Stop,
}

/// One phone in this many texts `\UNDO` now and then.
const UNDOING: usize = 5;
/// Such a phone texts it after this many posts.
const POSTS_PER_UNDO: usize = 4;
/// One phone in this many texts `\STOP` at the end.
const LEAVING: usize = 10;

/// The post with this number, of this phone. No two are alike. X rewrites every link, also where it touches
/// other characters.
pub(crate) fn post(number: usize, phone: &str) -> String {
    let link = match number % 4 {
        1 => " (example.com) at noon",
        2 => " [https://example.org/a?b=1&c=2]",
        3 => " see:example.com/path,now",
        _ => "",
    };
    format!("text {number} of {phone}{link}")
}

/// Whether the phone at this place texts `\UNDO` after its post with this number.
pub(crate) fn undoes_after(place: usize, number: usize) -> bool {
    place % UNDOING == 1 && number.is_multiple_of(POSTS_PER_UNDO)
}

/// Whether the phone at this place texts `\STOP` at the end.
pub(crate) fn leaves(place: usize) -> bool {
    place % LEAVING == LEAVING - 1
}
