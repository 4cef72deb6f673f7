//! Making a clinic: a new store with what a file describes, and the first owner's key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;
use treadwell_clinic::Command;
use treadwell_clinic::command::{Actor, CreateKey};
use treadwell_clinic::model::{Role, Sites};
use treadwell_journal::disk::RealDisk;
use treadwell_journal::embedded::{self, Embedded};
use treadwell_journal::memory::Memory;
use treadwell_journal::{Error, Journal};

use super::{Mistakes, Setup, import, load};
use crate::access::Secret;
use crate::clock::{Clock, Injected, System};
use crate::engine::{Engine, EngineError, OpenError, Options, Write};
use crate::keyring::{self, Keyring, open};
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

/// A clinic that was made.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// The secret of the owner's key, which is shown only now.
    pub secret: String,
    /// The key file that opens what is sealed.
    pub key_file: PathBuf,
    /// Whether that was made with the clinic, so that there is no copy of it yet.
    pub key_file_is_new: bool,
}

/// Creates a clinic in the folder `data` as the file with this text describes it, as of `clock_start`
/// or of the machine's time, sealed with the key in `key_file`, which is made when it is not there.
///
/// The clinic is there whole, with its key, or not at all, whenever this is cut short. A mistake in the
/// file creates nothing, and a folder that holds anything is left as it is.
pub async fn init(
    data: &Path,
    key_file: Option<PathBuf>,
    file: &str,
    clock_start: Option<Timestamp>,
) -> Result<Initialised, InitError> {
    let setup = load(file)?;
    let secret = Secret::generate()?;
    // In memory first: what the clinic refuses is told before there is a folder.
    let (memory, keys) = (
        Memory::new(),
        Keyring::in_memory().map_err(OpenError::from)?,
    );
    fill(
        Arc::new(memory),
        Arc::new(keys),
        clock(clock_start),
        &setup,
        &secret,
    )
    .await?;
    let mut clinic_id = [0; 16];
    getrandom::fill(&mut clinic_id)?;
    let stage = Stage::begin(data)?;
    let options = embedded::Options::default();
    let (journal, _) = Embedded::create(stage.folder(), clinic_id, options).await?;
    let key_file = key_file.unwrap_or_else(|| keyring::beside(data));
    let key_file_is_new = !key_file.exists();
    let keys = open::of(Arc::new(RealDisk), stage.folder(), &key_file, &journal, 0).await?;
    fill(Arc::new(journal), keys, clock(clock_start), &setup, &secret).await?;
    stage.finish()?;
    Ok(Initialised {
        secret: secret.reveal().to_owned(),
        key_file,
        key_file_is_new,
    })
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
    keys: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    setup: &Setup,
    secret: &Secret,
) -> Result<(), InitError> {
    let engine = Engine::open(journal, keys, clock, Options::default()).await?;
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
