//! What is remembered of those who come in, and of those who tried. All of it is in memory alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use treadwell_clinic::Clinic;
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{Key, KeyHash, PassphraseHash};

use super::attempts::{AtWork, Attempts, Origin, TooMany, Tried, Wait};
use super::lockouts::{By, Lockouts, Whose};
use super::passphrase::{Busy, Hashing};
use super::sessions::{Pass, Session, Sessions};
use super::{Noted, Secret};
use crate::audit::Deed;
use crate::lock::locked;

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No key has this secret.
    Unknown,
    /// The key has expired or was revoked.
    Dead(KeyId),
    /// A passphrase was wrong: this key's, or nobody's.
    Passphrase(Option<KeyId>),
    /// A passphrase was not judged, because too many were wrong.
    Locked(Option<KeyId>),
    /// Nobody waited until a passphrase was judged.
    Left(Option<KeyId>),
}

impl Failure {
    const fn tried(self) -> Tried {
        match self {
            Self::Unknown | Self::Dead(_) => Tried::Key,
            Self::Passphrase(_) | Self::Locked(_) | Self::Left(_) => Tried::Passphrase,
        }
    }
}

/// Why a passphrase opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is wrong.
    Wrong,
    /// Too many were.
    TooMany(TooMany),
    /// Too many are being judged.
    Busy,
    /// The system has no randomness for a secret.
    NoRandomness,
}

impl From<TooMany> for Denied {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl From<Busy> for Denied {
    fn from(Busy: Busy) -> Self {
        Self::Busy
    }
}

/// Somebody has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// By the passphrase of this key.
    pub key: Arc<Key>,
    /// The session's secret.
    pub secret: Secret,
}

/// Keeps the door. One for a server.
#[derive(Debug)]
pub struct Porter {
    attempts: Arc<Attempts>,
    lockouts: Lockouts,
    hashing: Hashing,
    sessions: Sessions,
    used: Mutex<HashMap<KeyId, Timestamp>>,
    /// By what passphrases are known again that are sent again. It is forgotten with the server.
    veil: [u8; 32],
}

impl Porter {
    /// One who has seen nobody yet; `free_failures` of an address are answered at once.
    pub fn new(free_failures: u32) -> Self {
        let mut veil = [0; 32];
        if getrandom::fill(&mut veil).is_err() {
            tracing::error!("the system has no randomness");
        }
        Self {
            attempts: Arc::new(Attempts::new(free_failures)),
            lockouts: Lockouts::default(),
            hashing: Hashing::default(),
            sessions: Sessions::default(),
            used: Mutex::default(),
            veil,
        }
    }

    /// Somebody was not let in: they wait for their answer as long as this says.
    pub fn failed(&self, noted: &Noted, why: Failure) -> Result<Wait, TooMany> {
        let wait = self.count(noted.origin(), why.tried());
        self.record(noted, why);
        wait
    }

    fn count(&self, origin: Origin, tried: Tried) -> Result<Wait, TooMany> {
        let present = || self.sessions.any_from(origin);
        self.attempts.count(origin, tried, present)
    }

    /// Notes a failure for the audit trail, and says so in the log now and then. This is the one place where failures get there.
    fn record(&self, noted: &Noted, why: Failure) {
        let (what, key) = match why {
            Failure::Unknown => ("a key that nobody has", None),
            Failure::Dead(key) => ("an expired or revoked key", Some(key)),
            Failure::Passphrase(key) => ("a wrong passphrase", key),
            Failure::Locked(key) => ("a passphrase that is locked after wrong ones", key),
            Failure::Left(key) => ("a passphrase whose answer nobody waited for", key),
        };
        let refused = Deed::Refused {
            why: what.to_owned(),
        };
        noted.note(key, refused);
        let origin = noted.origin();
        if let Some(others) = self.attempts.tell(origin, why.tried()) {
            let key = key.map(tracing::field::display);
            tracing::warn!(target: "audit", from = %origin, key, others, "{what} was refused");
        }
    }

    /// Opens a session for whoever has this name, as the clinic is `now`, if this is their passphrase. Which names there are is not
    /// told, nor by how long it takes.
    pub async fn sign_in(
        &self,
        noted: &Noted,
        name: &str,
        passphrase: String,
        clinic: &Clinic,
        now: Timestamp,
    ) -> Result<SignedIn, Denied> {
        let found = named(clinic, name, now);
        self.judge(noted, name, passphrase, found).await?;
        let key = Arc::clone(found.ok_or(Denied::Wrong)?);
        let by = key.passphrase.clone().ok_or(Denied::Wrong)?;
        let origin = noted.origin();
        let secret = self.sessions.open(key.id, by, origin);
        let secret = secret.map_err(|_| Denied::NoRandomness)?;
        tracing::info!(target: "audit", from = %origin, key = %key.id, "signed in by passphrase");
        noted.note(Some(key.id), Deed::SignedIn);
        Ok(SignedIn { key, secret })
    }

    /// Fails unless this is the passphrase of the key that was found by a name.
    pub async fn judge(
        &self,
        noted: &Noted,
        name: &str,
        passphrase: String,
        found: Option<&Arc<Key>>,
    ) -> Result<(), Denied> {
        let mut asked = Asked {
            porter: self,
            noted,
            key: found.map(|key| key.id),
            answered: false,
        };
        let judged = self.judge_in_turn(noted, name, passphrase, found).await;
        asked.answered = true;
        judged
    }

    async fn judge_in_turn(
        &self,
        noted: &Noted,
        name: &str,
        passphrase: String,
        found: Option<&Arc<Key>>,
    ) -> Result<(), Denied> {
        let id = found.map(|key| key.id);
        // Counted before, and taken back when it is right: many at once are not better off than one after the other.
        let wait = self
            .count(noted.origin(), Tried::Passphrase)
            .inspect_err(|_| self.record(noted, Failure::Locked(id)))?;
        wait.over().await;
        let whose = whose(name, id);
        let may = self.lockouts.attempt(&whose);
        may.inspect_err(|_| self.record(noted, Failure::Locked(id)))?;
        let kept = found.and_then(|key| key.passphrase.clone());
        match self.hashing.matches(passphrase, kept).await {
            Ok(true) => {}
            Ok(false) => {
                self.record(noted, Failure::Passphrase(id));
                return Err(Denied::Wrong);
            }
            Err(busy) => {
                self.attempts.forgive(noted.origin(), Tried::Passphrase);
                self.lockouts.unjudged(&whose);
                return Err(busy.into());
            }
        }
        self.attempts.forgive(noted.origin(), Tried::Passphrase);
        if let Some(id) = id {
            self.lockouts.lift(id);
        }
        Ok(())
    }

    /// What is kept of a passphrase.
    pub async fn hash(&self, passphrase: String) -> Result<PassphraseHash, Denied> {
        let hash = self.hashing.hash(passphrase).await?;
        hash.ok_or(Denied::NoRandomness)
    }

    /// A key may have another passphrase, or none: nothing that a former one opened or locked stays so.
    pub fn passphrase_changed(&self, key: &Key) {
        self.sessions.close_former(key);
        self.lockouts.lift(key.id);
    }

    /// Has a key's passphrase judged again; says whether it was locked.
    pub fn lift_lock_out(&self, key: KeyId) -> bool {
        self.lockouts.lift(key)
    }

    /// A text that is the same for the same passphrase as long as the server runs, and says nothing of it.
    pub fn veiled(&self, passphrase: &str) -> String {
        blake3::keyed_hash(&self.veil, passphrase.as_bytes()).to_string()
    }

    /// The key that a session's secret opens, with the session.
    pub(crate) fn session<'c>(
        &self,
        hash: &KeyHash,
        clinic: &'c Clinic,
    ) -> Option<(&'c Arc<Key>, Arc<Session>)> {
        let session = self.sessions.find(hash)?;
        let key = clinic.key(session.key())?;
        session.is_good(key).then_some((key, session))
    }

    /// Notes that a key was used.
    pub(super) fn uses(&self, key: KeyId, now: Timestamp) {
        locked(&self.used).insert(key, now);
    }

    /// When a key was last used since the server started.
    pub fn last_used(&self, key: KeyId) -> Option<Timestamp> {
        locked(&self.used).get(&key).copied()
    }
}

/// A passphrase that is being judged. Whoever goes meanwhile has tried it all the same: it is counted, and this notes it.
struct Asked<'p> {
    porter: &'p Porter,
    noted: &'p Noted,
    key: Option<KeyId>,
    answered: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.porter.record(self.noted, Failure::Left(self.key));
        }
    }
}

/// The live key with a passphrase that has this name or id.
fn named<'c>(clinic: &'c Clinic, name: &str, now: Timestamp) -> Option<&'c Arc<Key>> {
    let name = as_named(name);
    let mut keys = clinic.keys();
    keys.find(|key| {
        let is_it = key.name.to_lowercase() == name || key.id.to_string() == name;
        is_it && key.passphrase.is_some() && key.is_live(now)
    })
}

/// A name as it is looked for: however it is written, it is the same name, also for counting when nobody has it.
fn as_named(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whose passphrase is tried by somebody who gives this name, by which this key was found.
fn whose(name: &str, found: Option<KeyId>) -> Whose {
    let name = as_named(name);
    match found {
        None => Whose::Nobody(name),
        Some(key) if key.to_string() == name => Whose::Key(key, By::Id),
        Some(key) => Whose::Key(key, By::Name),
    }
}

/// How somebody came in.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// Who let them in.
    pub porter: Arc<Porter>,
    /// By which session; none by a key's own secret.
    pub session: Option<Arc<Session>>,
}

impl Entrance {
    /// By what they came in, of whom the key is.
    pub fn pass(&self, key: KeyId) -> Pass {
        let session = self.session.clone();
        Pass { key, session }
    }

    /// Somebody who came in from there is at work, until this is dropped.
    pub fn at_work(&self, origin: Origin) -> AtWork {
        self.porter.attempts.at_work(origin)
    }

    /// Resolves when the session is over; never without one.
    pub async fn over(&self) {
        match &self.session {
            Some(session) => session.over().await,
            None => std::future::pending().await,
        }
    }

    /// An entrance in a test that calls nobody.
    #[cfg(test)]
    pub(crate) fn in_a_test() -> Self {
        Self {
            porter: Arc::new(Porter::new(10)),
            session: None,
        }
    }

    /// An entrance in a test, by a passphrase that a key is given for it.
    #[cfg(test)]
    pub(crate) async fn by_passphrase(engine: &crate::engine::Engine, key: KeyId) -> Self {
        use treadwell_clinic::command::SetPassphrase;
        use treadwell_clinic::{Actor, Command};

        const WORDS: &str = "correct horse battery staple";
        let mut entrance = Self::in_a_test();
        let porter = &entrance.porter;
        let passphrase = porter.hash(WORDS.to_owned()).await;
        let set = Command::SetPassphrase(SetPassphrase {
            key,
            passphrase: Some(passphrase.expect("it is hashed")),
        });
        let set = engine.submit(Actor::system(), set, crate::engine::Write::default());
        set.await.expect("the key may have one");
        let (published, now) = (engine.snapshot(), engine.now());
        let (noted, name) = (Noted::default(), key.to_string());
        let words = WORDS.to_owned();
        let signed_in = porter.sign_in(&noted, &name, words, &published.clinic, now);
        let signed_in = signed_in.await.expect("it is the passphrase");
        let hash = signed_in.secret.hash();
        let found = porter.session(&hash, &published.clinic);
        entrance.session = found.map(|(_, session)| session);
        entrance
    }
}
