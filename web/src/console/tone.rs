//! How good or bad something is, as the console shows it.

/// How good or bad something is. Each has a mark, so that nothing is told by colour alone.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Good,
    Waiting,
    Bad,
    Quiet,
}

impl From<birdcall_domain::tone::Tone> for Tone {
    fn from(tone: birdcall_domain::tone::Tone) -> Self {
        match tone {
            birdcall_domain::tone::Tone::Plain => Self::Plain,
            birdcall_domain::tone::Tone::Good => Self::Good,
            birdcall_domain::tone::Tone::Waiting => Self::Waiting,
            birdcall_domain::tone::Tone::Bad => Self::Bad,
            birdcall_domain::tone::Tone::Quiet => Self::Quiet,
        }
    }
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }

    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "✓",
            Self::Waiting => "◷",
            Self::Bad => "✕",
            Self::Quiet => "–",
        }
    }
}
