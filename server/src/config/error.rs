//! Why there is no configuration, each told apart.

use std::path::PathBuf;

use thiserror::Error;

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file that was named can not be read.
    #[error("can not read the configuration file {path}: {error}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is not what a configuration looks like. The text names line and field.
    #[error("the configuration file {path} is wrong: {text}", path = path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        text: String,
    },
    /// A value is outside its range.
    #[error("{field} has to be {expected}, not {found}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A setting has no effect without another one.
    #[error("{given} is given without {missing}: give both, or neither")]
    Missing {
        /// What is given.
        given: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// The folder of the user's files is not known.
    #[error("the user's home folder is not known: name the data folder with --data")]
    NoHome,
}
