//! The table of Twilio's errors, `twilio_errors.txt`, as values.

use std::sync::LazyLock;

use crate::words::words;

words! {
    /// What an error of Twilio's becomes.
    pub enum TwilioBecomes {
        /// The recipient replied STOP: nothing is texted to that phone until it texts START.
        OptedOut = "opted_out",
        /// The phone can't be reached: the reply fails.
        Unreachable = "unreachable",
        /// Twilio can't send it now: the reply waits.
        Wait = "wait",
        /// The operator has to act: the reply waits.
        Operator = "operator",
        /// The operator has to act, and no phone can be texted before that: all replies wait.
        Account = "account",
        /// It was not delivered: the reply is sent once more after a few minutes.
        AgainSoon = "again_soon",
        /// It was not delivered because of a daily limit: the reply is sent once more after an hour.
        AgainLater = "again_later",
        /// It was not delivered, and the same message would not be delivered either.
        Report = "report",
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct TwilioError {
    /// Twilio's code.
    pub code: u32,
    /// What it becomes.
    pub becomes: TwilioBecomes,
    /// What it means, in words for the operator.
    pub words: &'static str,
}

/// Every known error of Twilio's.
pub static TWILIO_ERRORS: LazyLock<Vec<TwilioError>> = LazyLock::new(|| {
    let rows = include_str!("twilio_errors.txt").lines();
    rows.filter(|row| !row.starts_with('#'))
        .map(|row| read_row(row).expect("a test reads every row"))
        .collect()
});

fn read_row(row: &'static str) -> Option<TwilioError> {
    let mut cells = row.split('|').map(str::trim);
    Some(TwilioError {
        code: cells.next()?.parse().ok()?,
        becomes: TwilioBecomes::parse(cells.next()?)?,
        words: cells.next()?,
    })
}

/// What is known of a code of Twilio's.
#[must_use]
pub fn twilio_error(code: u32) -> Option<&'static TwilioError> {
    TWILIO_ERRORS.iter().find(|row| row.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_of_the_table_can_be_read_and_none_is_there_twice() {
        let codes: HashSet<u32> = TWILIO_ERRORS.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), TWILIO_ERRORS.len());
        assert!(TWILIO_ERRORS.iter().all(|row| !row.words.is_empty()));
        assert!(codes.len() > 100);
    }
}
