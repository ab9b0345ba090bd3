//! Encrypts what must not be in the database in plain text, and signs the links that we text.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use birdcall_domain::{clock::Timestamp, phone::Phone, random::SharedRandom};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead as _, KeyInit as _, Payload},
};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The keys of `SECRET_KEY`: the first one seals and signs, and every one opens and verifies.
#[derive(Clone)]
pub struct SecretKeys(Arc<SecretBox<Vec<[u8; 32]>>>);

impl SecretKeys {
    /// Takes at least one key; `None` when there is none.
    #[must_use]
    pub fn new(keys: Vec<[u8; 32]>) -> Option<Self> {
        (!keys.is_empty()).then(|| Self(Arc::new(SecretBox::new(Box::new(keys)))))
    }

    /// Reads `SECRET_KEY`: 32 bytes in base64, or several such keys separated by commas. A key of
    /// zeros protects nothing, and a key that is there twice is a slip in changing keys: neither is
    /// taken.
    #[must_use]
    pub fn from_base64(value: &str) -> Option<Self> {
        let key = |key: &str| STANDARD.decode(key.trim()).ok()?.try_into().ok();
        let keys: Vec<[u8; 32]> = value.split(',').map(key).collect::<Option<_>>()?;
        let once: BTreeSet<_> = keys.iter().collect();
        if once.len() < keys.len() || once.contains(&[0; 32]) {
            return None;
        }
        Self::new(keys)
    }

    /// What an erased number is remembered by: a MAC over it for each key, that of the key that seals first. Without a key,
    /// nobody can tell whose it is.
    ///
    /// # Panics
    ///
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn marks(&self, phone: &Phone) -> Vec<String> {
        let mark = |key: &[u8; 32]| {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.update(b"birdcall erased number");
            mac.update(phone.as_str().as_bytes());
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        };
        self.all().iter().map(mark).collect()
    }

    /// What a number that is erased now is remembered by.
    #[must_use]
    pub fn mark(&self, phone: &Phone) -> String {
        self.marks(phone).swap_remove(0)
    }

    fn all(&self) -> &[[u8; 32]] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKeys")
    }
}

/// A sealed value cannot be opened: it was sealed with another key or for another row, or it is
/// damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a sealed value cannot be opened with any key of SECRET_KEY")]
pub struct SealBroken;

/// Why a sign-in link is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LinkRefused {
    /// It was not made with one of our keys, or it is for another number.
    #[error("the link is not one of ours")]
    Forged,
    /// It is older than `SIGN_IN_LINK_TTL`.
    #[error("the link has expired")]
    Expired,
}

/// Seals tokens and signs links with the keys of `SECRET_KEY`.
#[derive(Clone, Debug)]
pub struct Vault {
    keys: SecretKeys,
    random: SharedRandom,
}

/// The nonce of XChaCha20-Poly1305, long enough to be drawn at random for every value.
const NONCE_BYTES: usize = 24;
const KEY_ID_BYTES: usize = 4;
/// 96 bits are enough against guessing, which is possible only online, and short enough for a link
/// that fits into one SMS segment.
const LINK_MAC_BYTES: usize = 12;

impl Vault {
    /// A vault with these keys. Nonces are drawn from `random`.
    #[must_use]
    pub fn new(keys: SecretKeys, random: SharedRandom) -> Self {
        Self { keys, random }
    }

    /// Seals `secret` with XChaCha20-Poly1305. It opens only with the same `context`, so a sealed
    /// token that is copied to another row does not open there.
    ///
    /// # Panics
    ///
    /// When `secret` is longer than 256 GiB, the cipher's limit.
    #[must_use]
    pub fn seal(&self, secret: &SecretString, context: &str) -> String {
        let key = &self.keys.all()[0];
        let mut nonce = [0; NONCE_BYTES];
        self.random.fill(&mut nonce);
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: context.as_bytes(),
        };
        let sealed = XChaCha20Poly1305::new(key.into())
            .encrypt(&nonce.into(), payload)
            .expect("a token is shorter than 256 GiB");
        let mut bytes = key_id(key).to_vec();
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Opens what [`Vault::seal`] made, with the key that sealed it.
    ///
    /// # Errors
    ///
    /// That key is no longer in `SECRET_KEY`, the context differs, or the value is damaged.
    pub fn open(&self, sealed: &str, context: &str) -> Result<SecretString, SealBroken> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealBroken)?;
        let (id, rest) = bytes.split_at_checked(KEY_ID_BYTES).ok_or(SealBroken)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES).ok_or(SealBroken)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| SealBroken)?;
        let key = self
            .keys
            .all()
            .iter()
            .find(|key| key_id(key) == id)
            .ok_or(SealBroken)?;
        let opened = XChaCha20Poly1305::new(key.into())
            .decrypt(
                &nonce.into(),
                Payload {
                    msg: sealed,
                    aad: context.as_bytes(),
                },
            )
            .map_err(|_| SealBroken)?;
        String::from_utf8(opened)
            .map(SecretString::from)
            .map_err(|_| SealBroken)
    }

    /// The `token` of a sign-in link: the time of issue in Unix seconds, and a MAC over that time
    /// and the number. So a link works for one number only, and for a limited time.
    #[must_use]
    pub fn link_token(&self, phone: &Phone, now: Timestamp) -> String {
        let issued = u32::try_from(now.as_millis() / 1000)
            .unwrap_or(0)
            .to_be_bytes();
        let mut bytes = issued.to_vec();
        bytes.extend_from_slice(&link_mac(&self.keys.all()[0], phone, issued));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Checks the `token` of a sign-in link and returns the time of issue.
    ///
    /// # Errors
    ///
    /// The token is not ours, is for another number, or is older than `ttl`.
    pub fn check_link(
        &self,
        phone: &Phone,
        token: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Timestamp, LinkRefused> {
        let issued_at = self
            .link_issued_at(phone, token)
            .ok_or(LinkRefused::Forged)?;
        if now >= issued_at + ttl {
            Err(LinkRefused::Expired)
        } else {
            Ok(issued_at)
        }
    }

    /// Whether this is the `token` of the link that was issued to a number at a moment, with any key.
    #[must_use]
    pub fn is_link_of(&self, phone: &Phone, token: &str, issued_at: Timestamp) -> bool {
        self.link_issued_at(phone, token) == Some(issued_at.whole_second())
    }

    /// The moment of issue in a genuine `token`, however old it is.
    fn link_issued_at(&self, phone: &Phone, token: &str) -> Option<Timestamp> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (issued, mac) = bytes.split_at_checked(4)?;
        let issued: [u8; 4] = issued.try_into().ok()?;
        let genuine = self.keys.all().iter().any(|key| {
            bool::from(subtle::ConstantTimeEq::ct_eq(
                &link_mac(key, phone, issued)[..],
                mac,
            ))
        });
        genuine.then(|| Timestamp::from_secs(u32::from_be_bytes(issued).into()))
    }
}

impl Vault {
    /// A value that changes with `secret` and with the key, and tells nothing about either.
    ///
    /// # Panics
    ///
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn stamp(&self, secret: &SecretString) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.keys.all()[0])
            .expect("HMAC takes keys of any length");
        mac.update(b"birdcall stamp");
        mac.update(secret.expose_secret().as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// Names a key by the first bytes of its hash. With this beside every sealed value, the right key
/// is found without trying each of them.
fn key_id(key: &[u8; 32]) -> [u8; KEY_ID_BYTES] {
    let hash = Sha256::new()
        .chain_update(b"birdcall key id")
        .chain_update(key)
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn link_mac(key: &[u8; 32], phone: &Phone, issued: [u8; 4]) -> [u8; LINK_MAC_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"birdcall sign-in link");
    mac.update(&issued);
    mac.update(phone.as_str().as_bytes());
    let mut short = [0; LINK_MAC_BYTES];
    short.copy_from_slice(&mac.finalize().into_bytes()[..LINK_MAC_BYTES]);
    short
}

#[cfg(test)]
mod tests {
    use birdcall_domain::random::SeededRandom;

    use super::*;

    fn vault(keys: &[u8]) -> Vault {
        let keys = SecretKeys::new(keys.iter().map(|byte| [*byte; 32]).collect()).unwrap();
        Vault::new(keys, Arc::new(SeededRandom::new(1)))
    }

    #[test]
    fn a_sealed_value_opens_with_its_context_only_and_after_a_key_rotation() {
        let secret = SecretString::from("token");
        let sealed = vault(&[1]).seal(&secret, "access:1");
        let open = |keys: &[u8], context| {
            vault(keys)
                .open(&sealed, context)
                .map(|s| s.expose_secret().to_owned())
        };
        assert_eq!(open(&[1], "access:1"), Ok("token".to_owned()));
        assert_eq!(open(&[2, 1], "access:1"), Ok("token".to_owned()));
        assert_eq!(open(&[1], "access:2"), Err(SealBroken));
        assert_eq!(open(&[2], "access:1"), Err(SealBroken));
        assert!(vault(&[1]).open("", "access:1").is_err());
        assert!(!sealed.contains("token"));
    }

    #[test]
    fn a_link_works_for_one_number_and_for_a_limited_time() {
        let (vault, rotated, other) = (vault(&[1]), vault(&[2, 1]), vault(&[2]));
        let phone: Phone = "+15551230001".parse().unwrap();
        let stranger: Phone = "+15551230002".parse().unwrap();
        let now = Timestamp(1_795_366_805_000);
        let ttl = Duration::from_secs(60);
        let token = vault.link_token(&phone, now);
        assert_eq!(token.len(), 22, "a link must fit into one SMS segment");
        assert_eq!(vault.check_link(&phone, &token, now, ttl), Ok(now));
        assert_eq!(rotated.check_link(&phone, &token, now, ttl), Ok(now));
        assert_eq!(
            other.check_link(&phone, &token, now, ttl),
            Err(LinkRefused::Forged)
        );
        assert_eq!(
            vault.check_link(&stranger, &token, now, ttl),
            Err(LinkRefused::Forged)
        );
        assert_eq!(
            vault.check_link(&phone, &token, now + ttl, ttl),
            Err(LinkRefused::Expired)
        );
        assert!(rotated.is_link_of(&phone, &token, now + Duration::from_millis(999)));
        assert!(!vault.is_link_of(&phone, &token, now + Duration::from_secs(1)));
        assert!(!other.is_link_of(&phone, &token, now));
        for bad in ["", "AAAA", "!", &token[..21], &format!("{token}AA")] {
            assert_eq!(
                vault.check_link(&phone, bad, now, ttl),
                Err(LinkRefused::Forged),
                "{bad}"
            );
        }
    }
}
