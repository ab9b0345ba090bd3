//! Passwords of operators: argon2id, with the parameters that OWASP recommends (19 MiB, two passes).

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use birdcall_domain::random::SharedRandom;
use secrecy::{ExposeSecret as _, SecretString};

/// How many random bytes a salt has, as RFC 9106 recommends.
const SALT_BYTES: usize = 16;
/// How many random bytes a password has that is made here: 144 bits.
const PASSWORD_BYTES: usize = 18;

/// A random password, to be shown once.
#[must_use]
pub fn make(random: &SharedRandom) -> SecretString {
    SecretString::from(random.token(PASSWORD_BYTES))
}

/// The hash of a password, as a PHC string. It takes some hundredths of a second and 19 MiB.
///
/// # Panics
///
/// Never for the parameters above: argon2 refuses only a salt or a password that is far too long.
#[must_use]
pub fn hash(password: &SecretString, random: &SharedRandom) -> String {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    let hashed: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
        .expect("the parameters are within argon2's limits");
    hashed.to_string()
}

/// Whether a password has this hash. It takes as long as [`hash`], whatever the password is.
#[must_use]
pub fn fits(password: &SecretString, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use birdcall_domain::random::SystemRandom;

    use super::*;

    #[test]
    fn only_the_password_itself_fits_its_hash() {
        let random: SharedRandom = Arc::new(SystemRandom);
        let password = make(&random);
        let hashed = hash(&password, &random);
        assert!(
            hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hashed}"
        );
        assert!(fits(&password, &hashed));
        assert!(!fits(&SecretString::from("another"), &hashed));
        assert!(!fits(&password, "not a hash"));
        assert_ne!(hash(&password, &random), hashed, "each has its own salt");
    }
}
