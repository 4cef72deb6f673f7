//! The secrets of keys.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use treadwell_clinic::model::KeyHash;

/// What every secret begins with, so that a leaked one is recognised.
const PREFIX: &str = "tw_";

/// What that of a session begins with.
const SESSION_PREFIX: &str = "tw_session_";

/// Random bytes of a secret.
const BYTES: usize = 32;

/// The secret of a key. The server keeps only its hash; it is shown once, when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret: `tw_` and 43 characters of URL-safe base 64.
    ///
    /// Fails when the system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// A new secret of a session: `tw_session_` and 43 characters.
    ///
    /// Fails when the system has no randomness to give.
    pub(super) fn of_session() -> Result<Self, getrandom::Error> {
        let key = Self::generate()?;
        Ok(Self(key.0.replacen(PREFIX, SESSION_PREFIX, 1)))
    }

    /// Its text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the clinic keeps of it.
    pub fn hash(&self) -> KeyHash {
        Self::hash_of(&self.0)
    }

    /// The hash of whatever was shown as a secret. The secrets are random and long, so that a plain
    /// fast hash is enough: nobody can guess them, with or without the hash.
    pub fn hash_of(shown: &str) -> KeyHash {
        KeyHash(*blake3::hash(shown.as_bytes()).as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
