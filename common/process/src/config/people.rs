//! The table of settings about people: who runs the service, and who may sign up.

use birdcall_domain::{country::Country, phone::Phone, sign_up::SignUpRule};
use url::Url;

use super::{
    form::or,
    macros::{FromSettings, settings},
    reader::Reader,
    setting::Setting,
    values::{Countries, WhoMaySignUp, optional_web_address, parsed, phones, short_line},
};

settings! {
    /// Who runs this service. People read it before they sign in, and in the answer to `\HELP`.
    pub struct Operator {
        WhoRunsIt {
            /// Your name, or that of your organisation. The sign-in pages and the answer to `\HELP` name
            /// you; X's rules ask for that.
            name: String = or("OPERATOR_NAME", "", "up to 60 characters in one line", short_line),

            /// How people reach you: an e-mail address, a phone number or a web address. It is shown
            /// beside your name.
            contact: String = or("OPERATOR_CONTACT", "", "up to 60 characters in one line", short_line),

            /// The address of your privacy policy. The sign-in pages link to it.
            privacy_url: Option<Url> = or(
                "PRIVACY_URL",
                "",
                "a web address that begins with https://, or nothing",
                optional_web_address,
            ),
        }
    }
}

impl Operator {
    /// The name and the contact in one line; empty if neither is set.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = [self.name.as_str(), self.contact.as_str()];
        let given: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        given.join(", ")
    }
}

settings! {
    /// The settings that make a [`SignUpRule`].
    struct SignUp {
        WhoMaySignUp {
            /// Who may link a number: `allowlist` admits the numbers in `ALLOWED_NUMBERS`, and
            /// `open` admits everyone, at your cost. The numbers that `birdcall people` or the console
            /// allows are admitted as well. Numbers that are already linked are not affected.
            who: WhoMaySignUp = or("SIGNUP", "allowlist", "allowlist or open", parsed),

            /// The numbers that may sign up, in E.164 form and separated by commas, such as
            /// `+15551230001,+15551230002`. If there are none, only the numbers may sign up that
            /// `birdcall people` or the console allows. Removing a number does not unlink it;
            /// `birdcall accounts unlink` does.
            allowed_numbers: Vec<Phone> = or(
                "ALLOWED_NUMBERS",
                "",
                "E.164 numbers separated by commas, such as +15551230001,+15551230002",
                phones,
            ),

            /// With `SIGNUP=open`, the countries whose numbers may sign up, as ISO codes separated by
            /// commas, such as `US,CA`; `any` admits every number. If it is not set, that is the country
            /// of the number that people text. Texts to other countries may cost a lot.
            countries: Countries = or(
                "SIGNUP_COUNTRIES",
                "",
                "ISO codes of countries separated by commas, such as US,CA, or any",
                Countries::parse,
            ),
        }
    }
}

impl FromSettings for SignUpRule {
    fn read(reader: &mut Reader) -> Option<Self> {
        let settings = SignUp::read(reader)?;
        Some(match (settings.who, settings.countries) {
            (WhoMaySignUp::Allowed, _) => Self::Allowlist(settings.allowed_numbers),
            (WhoMaySignUp::Anyone, Countries::Any) => Self::Open,
            (WhoMaySignUp::Anyone, Countries::These(countries)) => Self::OpenIn(countries),
            (WhoMaySignUp::Anyone, Countries::NotSet) => Self::OpenNearby,
        })
    }

    fn describe(list: &mut Vec<Setting>) {
        SignUp::describe(list);
    }
}

impl Countries {
    fn parse(value: &str) -> Option<Self> {
        let codes: Vec<&str> = value
            .split(',')
            .map(str::trim)
            .filter(|code| !code.is_empty())
            .collect();
        match codes.as_slice() {
            [] => Some(Self::NotSet),
            ["any"] => Some(Self::Any),
            codes => codes
                .iter()
                .map(|code| code.parse::<Country>().ok())
                .collect::<Option<_>>()
                .map(Self::These),
        }
    }
}
