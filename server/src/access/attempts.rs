//! Failed attempts to come in, slowed down by the address that they come from.
//!
//! A good key is never slowed down: only what has failed already waits for its answer. A passphrase waits before it is judged, because it
//! could be guessed. A whole site may sit behind one address, so an address from which somebody is at work is slowed down and never turned away,
//! and a program there that keeps trying an old key makes nobody wait who comes by passphrase: the two are counted apart.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Extensions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};
use tonic::transport::server::TcpConnectInfo;

use crate::lock::locked;

/// One failure is forgiven after so long.
pub(super) const FORGIVEN: Duration = Duration::from_secs(6);

/// The first wait; each further one is twice as long, up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);

/// So many failures beyond the free ones are slowed down; further ones are turned away, unless somebody is at work at that address.
pub(super) const SLOWED: u32 = 20;

/// So many addresses are remembered. Then the one that has failed longest ago is forgotten.
pub(super) const REMEMBERED: usize = 4_096;

/// So many attempts of a kind may be waiting at once, from all addresses together.
const WAITING: usize = 1_024;

/// The log has a line for an address so often.
const SAY_EVERY: Duration = Duration::from_secs(1);

/// Where somebody is, as far as failures are counted: an IPv4 address, or the /64 of an IPv6 address, which is one network of somebody's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin(Option<IpAddr>);

impl Origin {
    /// Where the connection of a request comes from, with TLS or without.
    pub fn of(request: &Extensions) -> Self {
        let info = request.get::<TcpConnectInfo>();
        info.and_then(TcpConnectInfo::remote_addr)
            .map(Self::from)
            .unwrap_or_default()
    }
}

impl From<SocketAddr> for Origin {
    fn from(address: SocketAddr) -> Self {
        Self(Some(match address.ip().to_canonical() {
            IpAddr::V6(ip) => {
                const NETWORK: u128 = u128::MAX << 64;
                IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & NETWORK))
            }
            ip @ IpAddr::V4(_) => ip,
        }))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("unknown"),
            Some(IpAddr::V4(ip)) => ip.fmt(f),
            Some(IpAddr::V6(ip)) => write!(f, "{ip}/64"),
        }
    }
}

/// Too many attempts have failed; nobody is turned away for longer than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany(pub Duration);

/// What somebody tries to come in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// A key, or what may be the secret of a session.
    Key,
    /// A passphrase.
    Passphrase,
}

/// The failures of late, by where they came from.
#[derive(Debug)]
pub(super) struct Attempts {
    /// So many failures of a kind are answered at once, of each address.
    free: u32,
    keys: Tally,
    passphrases: Tally,
    /// How many watches are open from where.
    at_work: Mutex<HashMap<Origin, usize>>,
}

/// The failures of one kind.
#[derive(Debug)]
struct Tally {
    of: Mutex<HashMap<Origin, Failures>>,
    waiting: Arc<Semaphore>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            of: Mutex::default(),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

/// The failures of one address.
#[derive(Clone, Copy, Debug)]
struct Failures {
    /// How many are not forgiven yet, as of `at`.
    count: u32,
    /// From when on the next one is on its way to be forgiven.
    at: Instant,
    /// When the log was told, and how many it has not been told of since.
    said: Option<Instant>,
    unsaid: u64,
}

impl Failures {
    fn none(now: Instant) -> Self {
        Self {
            count: 0,
            at: now,
            said: None,
            unsaid: 0,
        }
    }

    fn forgive(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        let forgiven = u32::try_from(passed.as_secs() / FORGIVEN.as_secs()).unwrap_or(u32::MAX);
        if forgiven >= self.count {
            (self.count, self.at) = (0, now);
        } else {
            self.count -= forgiven;
            self.at += FORGIVEN * forgiven;
        }
    }
}

/// Somebody watches from an address, until this is dropped.
#[derive(Debug)]
pub struct AtWork {
    attempts: Arc<Attempts>,
    origin: Origin,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut at_work = locked(&self.attempts.at_work);
        if let Some(count) = at_work.get_mut(&self.origin) {
            *count -= 1;
            if *count == 0 {
                at_work.remove(&self.origin);
            }
        }
    }
}

/// An attempt that waits for its turn.
#[derive(Debug)]
pub struct Wait {
    time: Duration,
    _place: Option<OwnedSemaphorePermit>,
}

impl Wait {
    /// Waits.
    pub async fn over(self) {
        if !self.time.is_zero() {
            sleep(self.time).await;
        }
    }
}

impl Attempts {
    /// Nothing has failed yet; `free` failures of a kind are answered at once, of each address.
    pub(super) fn new(free: u32) -> Self {
        Self {
            free,
            keys: Tally::default(),
            passphrases: Tally::default(),
            at_work: Mutex::default(),
        }
    }

    const fn tally(&self, tried: Tried) -> &Tally {
        match tried {
            Tried::Key => &self.keys,
            Tried::Passphrase => &self.passphrases,
        }
    }

    /// Counts a failure of an address, or an attempt that may fail, and says how long it has to wait. `present` says
    /// whether somebody is at work there, apart from open watches.
    pub(super) fn count(
        &self,
        origin: Origin,
        tried: Tried,
        present: impl FnOnce() -> bool,
    ) -> Result<Wait, TooMany> {
        let now = Instant::now();
        let tally = self.tally(tried);
        let late = {
            let mut all = locked(&tally.of);
            make_room(&mut all, origin);
            let failures = all.entry(origin).or_insert_with(|| Failures::none(now));
            failures.forgive(now);
            failures.count = (failures.count + 1).min(self.free + SLOWED + 1);
            failures.count.saturating_sub(self.free)
        };
        if late == 0 {
            return Ok(Wait {
                time: Duration::ZERO,
                _place: None,
            });
        }
        let stands_out =
            late > SLOWED && !locked(&self.at_work).contains_key(&origin) && !present();
        if stands_out {
            return Err(TooMany(FORGIVEN));
        }
        let place = Arc::clone(&tally.waiting).try_acquire_owned();
        let place = place.map_err(|_| TooMany(LONGEST))?;
        let doubled = 1_u32 << (late - 1).min(4);
        Ok(Wait {
            time: (SHORTEST * doubled).min(LONGEST),
            _place: Some(place),
        })
    }

    /// Takes back what [`Attempts::count`] counted: the attempt was none that failed.
    pub(super) fn forgive(&self, origin: Origin, tried: Tried) {
        if let Some(failures) = locked(&self.tally(tried).of).get_mut(&origin) {
            failures.count = failures.count.saturating_sub(1);
        }
    }

    /// Whether the log is to be told of a failure of this address, which was counted, and of how many before that it was not told. It is
    /// told once a second at most of each kind, and of an address that is forgotten already not at all.
    pub(super) fn tell(&self, origin: Origin, tried: Tried) -> Option<u64> {
        let now = Instant::now();
        let mut all = locked(&self.tally(tried).of);
        let failures = all.get_mut(&origin)?;
        if failures.said.is_some_and(|said| now - said < SAY_EVERY) {
            failures.unsaid += 1;
            return None;
        }
        failures.said = Some(now);
        Some(std::mem::take(&mut failures.unsaid))
    }

    /// Notes that somebody watches from an address.
    pub(super) fn at_work(self: &Arc<Self>, origin: Origin) -> AtWork {
        *locked(&self.at_work).entry(origin).or_default() += 1;
        AtWork {
            attempts: Arc::clone(self),
            origin,
        }
    }
}

/// Forgets the address that has failed longest ago, when there are as many as may be and this one is not among them.
fn make_room(all: &mut HashMap<Origin, Failures>, origin: Origin) {
    if all.len() < REMEMBERED || all.contains_key(&origin) {
        return;
    }
    let oldest = all.iter().min_by_key(|(_, failures)| failures.at);
    if let Some(oldest) = oldest.map(|(&oldest, _)| oldest) {
        all.remove(&oldest);
    }
}

#[cfg(test)]
mod tests;
