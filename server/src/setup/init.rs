//! Making a clinic: a new store with what a file describes, and the first owner's key.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;
use treadwell_clinic::Command;
use treadwell_clinic::command::{Actor, CreateKey};
use treadwell_clinic::model::{Role, Sites};
use treadwell_journal::embedded::{self, Embedded};
use treadwell_journal::memory::Memory;
use treadwell_journal::{Error, Journal};

use super::{Mistakes, Setup, import, load};
use crate::access::Secret;
use crate::clock::{Clock, Injected, System};
use crate::engine::{Engine, EngineError, OpenError, Options, Write};
use crate::stage::{Stage, StageError};

/// Why a clinic was not made. Nothing of it is there.
#[derive(Debug, Error)]
pub enum InitError {
    /// The file is wrong; a line for each mistake.
    #[error(transparent)]
    File(#[from] Mistakes),
    /// The clinic refuses what the file describes.
    #[error("the clinic refuses it: {0}")]
    Refused(#[from] EngineError),
    /// The folder can not be made.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The store can not be created.
    #[error(transparent)]
    Journal(#[from] Error),
    /// The store can not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system has no randomness to give.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}

impl From<getrandom::Error> for InitError {
    fn from(error: getrandom::Error) -> Self {
        Self::NoRandomness(error.to_string())
    }
}

/// Creates a clinic in the folder `data` as the file with this text describes it, as of `clock_start`
/// or of the machine's time. Gives the secret of the owner's key, which is shown only now.
///
/// The clinic is there whole, with its key, or not at all, whenever this is cut short. A mistake in the
/// file creates nothing, and a folder that holds anything is left as it is.
pub async fn init(
    data: &Path,
    file: &str,
    clock_start: Option<Timestamp>,
) -> Result<String, InitError> {
    let setup = load(file)?;
    let secret = Secret::generate()?;
    // In memory first: what the clinic refuses is told before there is a folder.
    fill(Arc::new(Memory::new()), clock(clock_start), &setup, &secret).await?;
    let mut clinic_id = [0; 16];
    getrandom::fill(&mut clinic_id)?;
    let stage = Stage::begin(data)?;
    let options = embedded::Options::default();
    let (journal, _) = Embedded::create(stage.folder(), clinic_id, options).await?;
    fill(Arc::new(journal), clock(clock_start), &setup, &secret).await?;
    stage.finish()?;
    Ok(secret.reveal().to_owned())
}

fn clock(start: Option<Timestamp>) -> Arc<dyn Clock> {
    match start {
        Some(start) => Arc::new(Injected::running(start)),
        None => Arc::new(System::new()),
    }
}

/// Loads the setup and the owner's key into an empty journal, and closes it.
async fn fill(
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    setup: &Setup,
    secret: &Secret,
) -> Result<(), InitError> {
    let engine = Engine::open(journal, clock, Options::default()).await?;
    let system = Actor::system();
    import(&engine, &system, setup.clone()).await?;
    let owner = Command::CreateKey(CreateKey {
        hash: secret.hash(),
        name: "Owner".to_owned(),
        role: Role::Owner,
        sites: Sites::All,
        therapist: None,
        expires: None,
    });
    engine.submit(system, owner, Write::default()).await?;
    engine.close().await;
    Ok(())
}
