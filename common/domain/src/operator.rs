//! The people who run the service: what they may do in the console, and how often somebody may try
//! to sign in as one of them.

use std::{fmt, str::FromStr, time::Duration};

use thiserror::Error;

use crate::{clock::Timestamp, words::words};

words! {
    /// What an operator may do. Each role may do what those before it may.
    pub enum Role {
        /// See everything, with numbers and words masked.
        Read = "read",
        /// Also reveal them, replay texts and pause queues.
        Operate = "operate",
        /// Also decide who may sign up, and who the operators are.
        Admin = "admin",
    }
}

impl Role {
    /// Whether it includes what `needed` may do.
    #[must_use]
    pub fn may(self, needed: Self) -> bool {
        let rank = |role| Self::ALL.iter().position(|known| *known == role);
        rank(self) >= rank(needed)
    }
}

/// The name of the operator whose password is `ADMIN_PASSWORD`. No row has it.
pub const FIRST_OPERATOR: &str = "admin";

/// The most characters of a name.
const NAME_MAX: usize = 40;

/// The name under which an operator signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorName(String);

/// A name that cannot be an operator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a name has 1 to {NAME_MAX} lower-case letters, digits, dots and hyphens, and it is not '{FIRST_OPERATOR}'"
)]
pub struct BadName;

impl OperatorName {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OperatorName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        let fits = (1..=NAME_MAX).contains(&name.len()) && name.chars().all(plain);
        (fits && name != FIRST_OPERATOR)
            .then(|| Self(name.to_owned()))
            .ok_or(BadName)
    }
}

/// How long an operator may use the console without signing in again.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleLimits {
    /// A session ends after this time.
    pub session_max: Duration,
    /// A session ends when it was not used for this long.
    pub idle_max: Duration,
    /// What an operator revealed is masked again after this time.
    pub reveal: Duration,
}

/// This many wrong passwords cost no waiting: people mistype.
const FREE_TRIES: u32 = 3;
/// The wait after the first wrong password that costs one. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait. It is short, because anybody can cause it for a name that they know.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// When the next password is looked at, after this many wrong ones in a row.
#[must_use]
pub fn next_try(wrong: u32, now: Timestamp) -> Timestamp {
    let doublings = wrong.saturating_sub(FREE_TRIES);
    if doublings == 0 {
        return now;
    }
    let factor = 2_u32.saturating_pow(doublings - 1);
    now + FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_includes_the_ones_below_it() {
        for (role, may) in [
            (Role::Read, [true, false, false]),
            (Role::Operate, [true, true, false]),
            (Role::Admin, [true, true, true]),
        ] {
            let found = [Role::Read, Role::Operate, Role::Admin].map(|needed| role.may(needed));
            assert_eq!(found, may, "{role}");
        }
    }

    #[test]
    fn a_name_is_short_plain_and_not_the_first_operators() {
        let long = "a".repeat(41);
        for (name, fits) in [
            ("olivia", true),
            ("o.b-2", true),
            ("", false),
            ("admin", false),
            ("Olivia", false),
            ("o b", false),
            ("zoë", false),
            (&long[..40], true),
            (&long, false),
        ] {
            assert_eq!(name.parse::<OperatorName>().is_ok(), fits, "{name}");
        }
    }

    #[test]
    fn wrong_passwords_cost_more_and_more_waiting_up_to_a_minute() {
        let now = Timestamp(0);
        let waits: Vec<u64> = [0, 3, 4, 5, 6, 8, 9, 1000]
            .map(|wrong| next_try(wrong, now).since(now).as_secs())
            .into();
        assert_eq!(waits, [0, 0, 2, 4, 8, 32, 60, 60]);
    }
}
