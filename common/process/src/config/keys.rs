//! The keys, which some commands need without the other settings.

use super::{
    form::required,
    macros::{FromSettings, settings},
    reader::Reader,
    setting::Setting,
};
use crate::vault::SecretKeys;

settings! {
    /// The setting that holds the keys.
    struct Keys {
        Required {
            /// The key that encrypts stored tokens and signs sign-in links: 32 random bytes in
            /// base64, as `openssl rand -base64 32` prints them. To change the key, put the new one
            /// first and a comma between the two: the first key encrypts and signs, and every key
            /// decrypts and verifies.
            secret_keys: SecretKeys = required(
                "SECRET_KEY",
                "",
                "32 random bytes in base64 (openssl rand -base64 32), or several such keys separated by commas, each of them once",
                SecretKeys::from_base64,
            ).secret(),
        }
    }
}

impl FromSettings for SecretKeys {
    fn read(reader: &mut Reader) -> Option<Self> {
        Keys::read(reader).map(|keys| keys.secret_keys)
    }

    fn describe(list: &mut Vec<Setting>) {
        Keys::describe(list);
    }
}
