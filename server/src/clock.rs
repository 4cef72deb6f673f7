//! What time it is for the clinic.
//!
//! Everything that needs the time asks a [`Clock`], so that demo, tests and benchmarks can bring
//! their own. [`System`] is the machine's clock with a guard: a wall clock that jumps against the
//! monotonic one, or that stands far from the newest commit when a store is opened, is not believed
//! until a person accepts it. [`Injected`] begins at a given instant.
//! This is the only module that may ask the machine for the time.

use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::lock::locked;

#[cfg(test)]
mod tests;

/// The most that the wall clock may differ from what the monotonic clock lets expect.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

/// The most that a clinic's newest commit may lie behind the wall clock when its store is opened: longer than any closure, and
/// shorter than what a clock that is wrong by a year would have expire, be forgotten and compacted.
pub const AWAY: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The wall clock has jumped, and nobody has accepted its time yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the machine's clock says {wall}, while {expected} was expected; correct it, or accept its time"
)]
pub struct Jumped {
    /// What the wall clock says.
    pub wall: Timestamp,
    /// What it would say had it not jumped.
    pub expected: Timestamp,
}

/// Tells the time, in whole milliseconds.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time by which to decide, or why there is none to go by.
    fn read(&self) -> Result<Timestamp, Jumped>;

    /// The time to show: after a jump, the one that was expected.
    fn now(&self) -> Timestamp {
        self.read().unwrap_or_else(|jumped| jumped.expected)
    }

    /// Believes the wall clock from now on, wherever it stands.
    fn accept(&self) -> Timestamp;

    /// Learns the time of the newest commit when a store is opened: the time goes on from there.
    fn resume(&self, newest: Timestamp);

    /// Whether this is not the machine's time.
    fn is_injected(&self) -> bool;
}

/// The machine's clock.
#[derive(Debug)]
pub struct System {
    started: Instant,
    guard: Mutex<Guard>,
}

impl System {
    /// The machine's clock, believed as it stands.
    pub fn new() -> Self {
        Self {
            started: monotonic(),
            guard: Mutex::new(Guard::new(wall(), Duration::ZERO)),
        }
    }

    fn guard(&self) -> (MutexGuard<'_, Guard>, Duration) {
        let guard = locked(&self.guard);
        // Read under the lock, so that observations come in order.
        (guard, self.started.elapsed())
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for System {
    fn read(&self) -> Result<Timestamp, Jumped> {
        let (mut guard, elapsed) = self.guard();
        guard.observe(wall(), elapsed)
    }

    fn accept(&self) -> Timestamp {
        let (mut guard, elapsed) = self.guard();
        let wall = wall();
        *guard = Guard::new(wall, elapsed);
        wall
    }

    fn resume(&self, newest: Timestamp) {
        let (mut guard, elapsed) = self.guard();
        let ahead = wall().duration_since(newest);
        // It has jumped while nobody watched.
        if ahead < -TOLERANCE || ahead > AWAY {
            *guard = Guard::new(newest, elapsed);
        }
    }

    fn is_injected(&self) -> bool {
        false
    }
}

/// Judges the wall clock by the monotonic one, from one observation to the next.
#[derive(Debug)]
struct Guard {
    believed: Timestamp,
    at: Duration,
}

impl Guard {
    fn new(believed: Timestamp, at: Duration) -> Self {
        Self { believed, at }
    }

    /// Believes a wall clock that stands near where it is expected; small corrections add up, a jump
    /// does not pass. After a jump the clock may still come back by itself.
    fn observe(&mut self, wall: Timestamp, at: Duration) -> Result<Timestamp, Jumped> {
        let expected = later(self.believed, at.saturating_sub(self.at));
        if wall.duration_since(expected).abs() > TOLERANCE {
            return Err(Jumped { wall, expected });
        }
        *self = Self::new(wall, at);
        Ok(wall)
    }
}

/// A clock that begins at a given instant, and runs at real speed or is stepped.
#[derive(Debug)]
pub struct Injected(Mutex<Course>);

#[derive(Clone, Copy, Debug)]
struct Course {
    base: Timestamp,
    running_since: Option<Instant>,
}

impl Course {
    fn now(&self) -> Timestamp {
        match self.running_since {
            Some(since) => later(self.base, since.elapsed()),
            None => self.base,
        }
    }
}

impl Injected {
    /// Stands at `start` until it is moved.
    pub fn standing(start: Timestamp) -> Self {
        Self(Mutex::new(Course {
            base: start,
            running_since: None,
        }))
    }

    /// Runs at real speed from `start` on.
    pub fn running(start: Timestamp) -> Self {
        let clock = Self::standing(start);
        clock.run();
        clock
    }

    /// Runs at real speed from where it stands.
    pub fn run(&self) {
        let mut course = locked(&self.0);
        *course = Course {
            base: course.now(),
            running_since: Some(monotonic()),
        };
    }

    /// Goes to `instant`, if that is later than where it stands.
    pub fn advance_to(&self, instant: Timestamp) {
        let mut course = locked(&self.0);
        if course.now() < instant {
            course.base = instant;
            course.running_since = course.running_since.map(|_| monotonic());
        }
    }

    /// Goes forward.
    pub fn advance(&self, by: Duration) {
        let target = later(self.now(), by);
        self.advance_to(target);
    }
}

impl Clock for Injected {
    fn read(&self) -> Result<Timestamp, Jumped> {
        Ok(milliseconds(locked(&self.0).now()))
    }

    fn accept(&self) -> Timestamp {
        self.now()
    }

    fn resume(&self, newest: Timestamp) {
        self.advance_to(newest);
    }

    fn is_injected(&self) -> bool {
        true
    }
}

fn later(instant: Timestamp, by: Duration) -> Timestamp {
    instant.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Nothing of the clinic's needs more than milliseconds, and they are shorter on disk.
fn milliseconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the machine is asked"
)]
fn wall() -> Timestamp {
    milliseconds(Timestamp::now())
}

fn monotonic() -> Instant {
    Instant::now()
}
