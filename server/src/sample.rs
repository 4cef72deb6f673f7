//! The sample clinic, and the story with which the demo fills it.
//!
//! [`CLINIC`] is the file that also documents the format. [`seed`] plays several days at both sites
//! through the engine, with the very commands that people would give, and ends at [`now`] with every
//! state of a room in sight. All names are invented.

mod demo;
mod story;

use jiff::Timestamp;
use jiff::civil::date;
use treadwell_clinic::time::Zone;

pub use demo::{Demo, DemoError, default_data, discard, holds_demo, open};
pub use story::{DemoKey, StoryError, seed};

/// The sample clinic as a commented file.
pub const CLINIC: &str = include_str!("sample/clinic.toml");

/// The site at which the demo's front desk stands.
pub const DESK: &str = "halifax";

/// The zone of both sites.
const ZONE: &str = "America/Halifax";

/// When the story begins: some days before [`now`], before opening. The demo's clock has to stand
/// here, or earlier, when the story is played.
pub fn begins() -> Timestamp {
    local(date(2026, 10, 8), 7, 30)
}

/// When the story ends and the demo begins: Wednesday, 14 October 2026, 14:07 in Halifax.
pub fn now() -> Timestamp {
    local(date(2026, 10, 14), 14, 7)
}

/// An instant on the clinic's clock.
fn local(date: jiff::civil::Date, hour: i8, minute: i8) -> Timestamp {
    let zone = Zone::named(ZONE).expect("the bundled database has Halifax");
    zone.instant(date, jiff::civil::time(hour, minute, 0, 0))
}

/// The engine of a clinic as the story leaves it, and its keys.
#[cfg(test)]
pub(crate) async fn told() -> (crate::engine::Engine, Vec<DemoKey>) {
    use std::sync::Arc;

    use crate::clock::{Clock, Injected};
    use crate::engine::{Engine, Options};

    let clock = Arc::new(Injected::standing(begins()));
    let journal = Arc::new(treadwell_journal::memory::Memory::new());
    let keys = crate::keyring::Keyring::in_memory().expect("there is randomness");
    let engine = Engine::open(
        journal,
        Arc::new(keys),
        Arc::clone(&clock) as Arc<dyn Clock>,
        Options::default(),
    );
    let engine = engine.await.expect("an empty clinic opens");
    let keys = seed(&engine, &clock).await.expect("the story is played");
    (engine, keys)
}
