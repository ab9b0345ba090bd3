//! Who may sign up, and how much numbers that are not linked may cost in a day.

use std::time::Duration;

use crate::{country::Country, phone::Phone};

/// `SIGNUP`, `ALLOWED_NUMBERS` and `SIGNUP_COUNTRIES`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpRule {
    /// Only these numbers may link themselves.
    Allowlist(Vec<Phone>),
    /// Any number may link itself.
    Open,
    /// Any number of these countries may link itself.
    OpenIn(Vec<Country>),
    /// Any number may link itself that belongs to the country of the number that it texts.
    OpenNearby,
}

impl SignUpRule {
    /// The numbers that the rule names.
    #[must_use]
    pub fn numbers(&self) -> &[Phone] {
        match self {
            Self::Allowlist(numbers) => numbers,
            Self::Open | Self::OpenIn(_) | Self::OpenNearby => &[],
        }
    }

    /// Whether `phone` may link itself. `ours` is the number of the service that it texts; `None`: that is
    /// not a phone number.
    #[must_use]
    pub fn allows(&self, phone: &Phone, ours: Option<&Phone>) -> SignUp {
        let allowed = match self {
            Self::Open => true,
            Self::Allowlist(numbers) => numbers.contains(phone),
            Self::OpenIn(countries) => {
                Country::of(phone).is_some_and(|country| countries.contains(&country))
            }
            Self::OpenNearby => {
                let nearby = ours.and_then(Country::of);
                nearby.is_some() && Country::of(phone) == nearby
            }
        };
        if allowed {
            SignUp::Allowed
        } else {
            SignUp::Refused
        }
    }
}

/// Whether a number may link itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// It may.
    Allowed,
    /// It may not, and it gets no answer: an answer costs money and invites pumping.
    Refused,
}

/// The time within which the limits below apply.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// How much is texted about sign-ins in a day, whatever asks for it.
#[derive(Clone, Copy, Debug)]
pub struct DailyLimits {
    /// `LINKS_PER_DAY_MAX`: sign-in links and failures of sign-ins, to one number.
    pub links_max: u32,
    /// `STRANGERS_PER_DAY_MAX`: answers to numbers that are not linked, to all of them together.
    pub strangers_max: u32,
}

/// What was answered within the last day, counted up to the limits.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// The answers to this number that hold a link or tell of a failed sign-in, or that are on their way.
    pub links: u32,
    /// The answers to all numbers that are not linked.
    pub strangers: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(digits: &str) -> Phone {
        digits.parse().expect("a number")
    }

    #[test]
    fn the_rule_says_who_may_sign_up() {
        let (us, canada, germany) = ("+15551230001", "+14165550123", "+4915112345678");
        let countries = |codes: &[&str]| {
            let codes = codes.iter().map(|code| code.parse().expect("a country"));
            SignUpRule::OpenIn(codes.collect())
        };
        let satellite = "+882161234567";
        for (rule, number, ours, allowed) in [
            (SignUpRule::Open, germany, Some(us), true),
            (SignUpRule::Allowlist(vec![phone(us)]), us, Some(us), true),
            (
                SignUpRule::Allowlist(vec![phone(us)]),
                canada,
                Some(us),
                false,
            ),
            (SignUpRule::Allowlist(Vec::new()), us, Some(us), false),
            (countries(&["US", "ca"]), canada, Some(germany), true),
            (countries(&["US"]), canada, Some(us), false),
            (countries(&["US"]), satellite, Some(us), false),
            (SignUpRule::OpenNearby, us, Some(us), true),
            (SignUpRule::OpenNearby, canada, Some(us), false),
            (SignUpRule::OpenNearby, germany, Some(us), false),
            (SignUpRule::OpenNearby, germany, Some(germany), true),
            (SignUpRule::OpenNearby, us, None, false),
            (SignUpRule::OpenNearby, satellite, Some(satellite), false),
        ] {
            let ours = ours.map(phone);
            let expected = if allowed {
                SignUp::Allowed
            } else {
                SignUp::Refused
            };
            assert_eq!(
                rule.allows(&phone(number), ours.as_ref()),
                expected,
                "{rule:?} {number}"
            );
        }
    }
}
