//! The clinic as one readable, commented file: loading it, and giving it back.
//!
//! [`load()`] reads the file strictly. It finds every mistake and says for each the line, the field and
//! what was expected; nothing is half loaded, because [`import`] hands what was read to the clinic as
//! one command. [`export()`] writes the same format. `sample/clinic.toml` documents it by example.

mod export;
mod init;
mod load;
mod reader;
mod roster;
mod stock;
mod training;
mod waitlist;

use treadwell_clinic::command::{Actor, Catalog, PutShift};
use treadwell_clinic::{Command, limits};

pub use export::export;
pub use init::{InitError, Initialised, init};
pub use load::load;
pub use reader::{Mistake, Mistakes};
pub use roster::{Pattern, Roster};

use crate::engine::{Committed, Engine, EngineError, Write};

/// What a file describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Policy, sites, rooms, rule sets, services, therapists and stock.
    pub catalog: Catalog,
    /// Who works where, week by week.
    pub roster: Roster,
}

/// Loads what a file describes into a clinic: the catalog as one command, then the shifts of the
/// roster from the present local day of each site on.
pub async fn import(
    engine: &Engine,
    actor: &Actor,
    setup: Setup,
) -> Result<Committed, EngineError> {
    let shifts = setup.roster.shifts(&setup.catalog.sites, engine.now());
    let write = || Write {
        reason: "loaded from a file".to_owned(),
        ..Write::default()
    };
    let command = Command::ImportCatalog(Box::new(setup.catalog));
    let mut done = engine.submit(actor.clone(), command, write()).await?;
    for some in shifts.chunks(limits::SHIFTS_PER_COMMAND) {
        let command = Command::PutShifts(Vec::<PutShift>::from(some));
        done = engine.submit(actor.clone(), command, write()).await?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests;
