//! The table `[seal]`: where the seal key lies, the file that opens the key ring.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Value;

use crate::keyring;

/// The flag of the seal key. It may also be given in the environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SealFlags {
    /// File with the key that opens what is sealed; made when nothing is sealed yet [default: beside the data folder, named as it
    /// is with .key after it]
    #[arg(long, env = "TREADWELL_SEAL_KEY", value_name = "FILE")]
    pub seal_key: Option<PathBuf>,
}

impl SealFlags {
    /// The seal key of a data folder: the one that is named, or the one beside the folder.
    pub fn of(&self, data: &Path) -> PathBuf {
        let named = self.seal_key.clone();
        named.unwrap_or_else(|| keyring::beside(data))
    }
}

/// The table, as it is written. Unknown fields are mistakes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    key: Option<PathBuf>,
}

/// The flag over the file's table; none when neither names a seal key.
pub(super) fn resolve(flags: SealFlags, file: Table) -> Option<PathBuf> {
    flags.seal_key.or(file.key)
}

/// The table as it stands in a file; without a seal key, as it could stand there.
pub(super) fn to_toml(file: Option<&PathBuf>) -> String {
    let (mark, path) = match file {
        Some(file) => ("", file.display().to_string()),
        None => ("# ", "/etc/treadwell/clinic.key".to_owned()),
    };
    let path = Value::String(path);
    format!(
        "# What belongs to clients is sealed with the key in this file; keep a copy of it elsewhere.\n\
         {mark}[seal]\n\
         # By default beside the data folder, named as it is with .key after it. TREADWELL_SEAL_KEY, --seal-key.\n\
         {mark}key = {path}\n"
    )
}
