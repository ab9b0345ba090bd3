//! The parts of a page of the console.

use super::{cells::Cell, chart::Chart, tone::Tone};

/// A sentence that says what became of something.
pub(super) struct Notice {
    pub(super) tone: Tone,
    pub(super) words: String,
    /// Something that is shown once and is to be copied, such as a new password.
    pub(super) secret: Option<String>,
}

/// A part of a page.
pub(super) enum Block {
    /// What is wrong, or that nothing is.
    Lead(Vec<Trouble>),
    /// Figures beside each other.
    Figures(Vec<Figure>),
    /// A form that narrows the list below it. It is sent by GET, so the address can be shared.
    Filter(Filter),
    /// A form that is open from the beginning.
    Ask(Ask),
    /// A way to another page: its address and its words.
    Link(String, &'static str),
    Table(Table),
    Facts(Facts),
    Chart(Chart),
    /// What happened, oldest first.
    TimeLine(Vec<Moment>),
    /// What can be done.
    Actions(Vec<Action>),
    /// A quotation, such as the words of a text.
    Words(String),
}

/// A sentence at the top of the overview.
pub(super) struct Trouble {
    pub(super) tone: Tone,
    pub(super) words: String,
    /// What to do.
    pub(super) advice: String,
    /// The page on which it is seen or ended: its address, and the words of the link.
    pub(super) link: Option<(String, String)>,
}

/// A figure with its name.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) tone: Tone,
    pub(super) href: Option<String>,
}

/// A form of fields above a list.
pub(super) struct Filter {
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
}

/// A field of a form.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    /// What may be chosen: value and words. Empty: anything may be entered.
    pub(super) choices: Vec<(String, String)>,
    pub(super) hint: &'static str,
    pub(super) shape: Shape,
}

/// How a field that may hold anything looks.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shape {
    #[default]
    Line,
    /// Several lines.
    Long,
    /// It is sent with the form, and nobody sees it.
    Hidden,
}

impl Field {
    pub(super) fn text(name: &'static str, label: &'static str, value: &str) -> Self {
        Self {
            name,
            label,
            value: value.to_owned(),
            choices: Vec::new(),
            hint: "",
            shape: Shape::Line,
        }
    }

    pub(super) fn long(name: &'static str, label: &'static str) -> Self {
        Self {
            shape: Shape::Long,
            ..Self::text(name, label, "")
        }
    }

    pub(super) fn hidden(name: &'static str, value: &str) -> Self {
        Self {
            shape: Shape::Hidden,
            ..Self::text(name, "", value)
        }
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.shape == Shape::Hidden
    }

    pub(super) fn is_long(&self) -> bool {
        self.shape == Shape::Long
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(super) fn choice(
        name: &'static str,
        label: &'static str,
        value: &str,
        choices: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        Self {
            choices: choices.into_iter().collect(),
            ..Self::text(name, label, value)
        }
    }
}

/// A form that is open from the beginning.
#[derive(Default)]
pub(super) struct Ask {
    pub(super) title: &'static str,
    /// What it does, before it is sent.
    pub(super) explains: String,
    pub(super) action: String,
    /// Whether it changes something. Otherwise it is sent by GET.
    pub(super) is_post: bool,
    /// What the page sends along.
    pub(super) hidden: Vec<(&'static str, String)>,
    /// The name under which the choices are sent.
    pub(super) choices_of: &'static str,
    pub(super) choices_label: &'static str,
    /// Of these, none, some or all may be chosen.
    pub(super) choices: Vec<Choice>,
    pub(super) fields: Vec<Field>,
    pub(super) asks_reason: bool,
    /// The words on the button.
    pub(super) words: &'static str,
}

/// What may be chosen in an [`Ask`].
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) words: &'static str,
    pub(super) is_chosen: bool,
}

impl Ask {
    /// A form that leads to a page.
    pub(super) fn get(action: String, words: &'static str) -> Self {
        Self {
            action,
            words,
            ..Self::default()
        }
    }

    /// A form that changes something.
    pub(super) fn post(action: String, words: &'static str) -> Self {
        Self {
            is_post: true,
            ..Self::get(action, words)
        }
    }
}

/// A list.
#[derive(Default)]
pub(super) struct Table {
    pub(super) caption: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said if there is no row.
    pub(super) empty: &'static str,
    /// What is said below the list, such as how many rows it leaves out.
    pub(super) note: Option<String>,
    /// The address of the next rows.
    pub(super) more: Option<String>,
    /// The address of the first rows, if these are others.
    pub(super) newest: Option<String>,
}

impl Table {
    /// The fragment of an address that leads to it: its caption in small letters and hyphens.
    pub(super) fn fragment(&self) -> String {
        let words = self.caption.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.join("-").to_ascii_lowercase()
    }
}

/// Names and values.
pub(super) struct Facts {
    pub(super) title: &'static str,
    pub(super) rows: Vec<(&'static str, Cell)>,
}

/// Something that happened, or will.
pub(super) struct Moment {
    pub(super) at: Cell,
    pub(super) tone: Tone,
    pub(super) words: String,
    pub(super) detail: String,
}

/// A button that changes something.
pub(super) struct Action {
    pub(super) action: String,
    pub(super) words: String,
    /// What it does, before it is pressed. An action with an explanation is folded until it is wanted.
    pub(super) explains: String,
    pub(super) fields: Vec<Field>,
    pub(super) asks_reason: bool,
    pub(super) is_grave: bool,
}

impl Action {
    /// A button that is pressed without a question.
    pub(super) fn simple(action: String, words: impl Into<String>) -> Self {
        Self {
            action,
            words: words.into(),
            explains: String::new(),
            fields: Vec::new(),
            asks_reason: false,
            is_grave: false,
        }
    }

    /// A button that says first what it does, and asks why.
    pub(super) fn explained(action: String, words: impl Into<String>, explains: &str) -> Self {
        Self {
            explains: explains.to_owned(),
            asks_reason: true,
            ..Self::simple(action, words)
        }
    }
}
