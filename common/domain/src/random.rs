//! Chance as a value. It is the only file that asks the operating system for random bytes.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{
    Rng as _, SeedableRng as _, TryRng as _,
    rngs::{ChaCha20Rng, SysRng},
};

/// The source of random bytes: the operating system in production, a seed in tests and drills.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// A source of random bytes that several owners share.
pub type SharedRandom = Arc<dyn Random>;

/// How many random bytes an id has: 96 bits, so that nobody guesses one and no two are the same.
const ID_BYTES: usize = 12;

impl dyn Random {
    /// An id: of a row, of an entry of the audit, of a form that counts once, or of the state of a password.
    pub fn id(&self) -> String {
        self.token(ID_BYTES)
    }

    /// `bytes` random bytes as unpadded base64url: states, verifiers, nonces.
    pub fn token(&self, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        self.fill(&mut buffer);
        URL_SAFE_NO_PAD.encode(buffer)
    }

    /// A number in `0.0..1.0`, for jitter.
    pub fn unit(&self) -> f64 {
        let mut buffer = [0; 8];
        self.fill(&mut buffer);
        // 53 bits are what an f64 holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64")]
        let numerator = (u64::from_le_bytes(buffer) >> 11) as f64;
        numerator / (1_u64 << 53) as f64
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        SysRng
            .try_fill_bytes(bytes)
            .expect("the operating system gives random bytes");
    }
}

/// A source that yields the same sequence for the same seed.
pub struct SeededRandom(Mutex<ChaCha20Rng>);

impl SeededRandom {
    /// A sequence that `seed` decides.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl fmt::Debug for SeededRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededRandom")
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_the_sequence() {
        let first: SharedRandom = Arc::new(SeededRandom::new(7));
        let second: SharedRandom = Arc::new(SeededRandom::new(7));
        assert_eq!(first.token(32), second.token(32));
        let unit = first.unit();
        assert!((0.0..1.0).contains(&unit));
    }
}
