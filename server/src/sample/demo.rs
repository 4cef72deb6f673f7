//! The demo: the sample clinic in a folder of its own, with a server in this process.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use treadwell_clinic::model::Role;
use treadwell_journal::disk::RealDisk;
use treadwell_journal::embedded::{self, Embedded};

use super::{StoryError, begins, now, seed};
use crate::clock::Injected;
use crate::config::Config;
use crate::engine::{Engine, OpenError, Options};
use crate::keyring::{self, open};
use crate::server::{Handle, Server, StartError};
use crate::stage::{self, Stage, StageError};

/// The demo's keys, beside its data. Only a demo has such a file.
const KEYS: &str = "demo-keys.toml";

/// The name of the front desk's key that reaches both sites.
const DESK: &str = "Front desk";

/// An open demo.
#[derive(Debug)]
pub struct Demo {
    /// Its server.
    pub handle: Handle,
    /// The secret of the owner's key.
    pub owner: String,
    /// The secret of the front desk's key.
    pub desk: String,
    /// Whether it was made just now.
    pub fresh: bool,
}

/// Why there is no demo.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The story can not be played.
    #[error(transparent)]
    Story(#[from] StoryError),
    /// The store can not be created.
    #[error(transparent)]
    Journal(#[from] treadwell_journal::Error),
    /// The store can not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The server can not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The folder belongs to something else.
    #[error("{folder} holds something other than a demo; name another folder", folder = folder.display())]
    NotADemo {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder can not be made.
    #[error(transparent)]
    Stage(StageError),
    /// A file of the demo can not be read or written.
    #[error("{path}: {error}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The keys' file is not what a demo writes.
    #[error("{path} is damaged; start anew with --fresh", path = path.display())]
    Keys {
        /// The file.
        path: PathBuf,
    },
    /// The system has no randomness to give.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}

impl From<StageError> for DemoError {
    fn from(error: StageError) -> Self {
        match error {
            StageError::Occupied { folder, .. } => Self::NotADemo { folder },
            other => Self::Stage(other),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Keys {
    key: Vec<KeyEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeyEntry {
    name: String,
    role: String,
    secret: String,
}

/// Where the demo is kept when no folder is named.
pub fn default_data() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("treadwell-demo"))
}

/// Whether a folder holds a demo.
pub fn holds_demo(data: &Path) -> bool {
    data.join(KEYS).is_file()
}

/// Removes a demo, unless a server is at work on it. A folder that holds anything else is left alone.
pub fn discard(data: &Path) -> Result<(), StageError> {
    if holds_demo(data) {
        let key_file = keyring::beside(data);
        stage::discard(data)?;
        // It opened nothing else. One that is left lies in nobody's way: the next demo takes it.
        let _left = fs::remove_file(key_file);
    }
    Ok(())
}

/// Opens the demo in a folder, made first if there is none. Its clock goes on from the newest commit.
pub async fn open(data: &Path, listen: SocketAddr) -> Result<Demo, DemoError> {
    let fresh = !holds_demo(data);
    if fresh {
        make(data).await?;
    }
    let keys = read_keys(data)?;
    let secret = |is_it: &dyn Fn(&KeyEntry) -> bool| {
        let found = keys.key.iter().find(|&key| is_it(key));
        let missing = || DemoError::Keys {
            path: data.join(KEYS),
        };
        found.map(|key| key.secret.clone()).ok_or_else(missing)
    };
    let config = Config {
        listen,
        ..Config::new(data)
    };
    let clock = Arc::new(Injected::running(now()));
    Ok(Demo {
        owner: secret(&|key| key.role == word(Role::Owner))?,
        desk: secret(&|key| key.name == DESK)?,
        handle: Server::start(config, Some(clock)).await?,
        fresh,
    })
}

/// Plays the story into a folder in the making: a demo that was interrupted while it was made is made
/// again.
async fn make(data: &Path) -> Result<(), DemoError> {
    let stage = Stage::begin(data)?;
    let mut clinic_id = [0; 16];
    getrandom::fill(&mut clinic_id).map_err(|error| DemoError::NoRandomness(error.to_string()))?;
    let options = embedded::Options::default();
    let (journal, _) = Embedded::create(stage.folder(), clinic_id, options).await?;
    let key_file = keyring::beside(data);
    let keys = open::of(Arc::new(RealDisk), stage.folder(), &key_file, &journal, 0).await?;
    let clock = Arc::new(Injected::standing(begins()));
    let engine = Engine::open(
        Arc::new(journal),
        keys,
        Arc::clone(&clock) as _,
        Options::default(),
    )
    .await?;
    let keys = seed(&engine, &clock).await?;
    engine.close().await;
    let keys = keys.into_iter().map(|key| KeyEntry {
        name: key.name,
        role: word(key.role).to_owned(),
        secret: key.secret.reveal().to_owned(),
    });
    write_keys(
        stage.folder(),
        &Keys {
            key: keys.collect(),
        },
    )?;
    Ok(stage.finish()?)
}

fn write_keys(folder: &Path, keys: &Keys) -> Result<(), DemoError> {
    use std::os::unix::fs::OpenOptionsExt;

    let path = folder.join(KEYS);
    let write = || -> io::Result<()> {
        let text = toml::to_string(keys).map_err(io::Error::other)?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            // For whoever runs the demo, and nobody else.
            .mode(0o600)
            .open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| DemoError::File {
        path: path.clone(),
        error,
    })
}

fn read_keys(folder: &Path) -> Result<Keys, DemoError> {
    let path = folder.join(KEYS);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Err(DemoError::File { path, error }),
    };
    toml::from_str(&text).map_err(|_| DemoError::Keys { path })
}

const fn word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Manager => "manager",
        Role::FrontDesk => "front-desk",
        Role::Therapist => "therapist",
        Role::Integration => "integration",
        Role::Wallboard => "wallboard",
    }
}
