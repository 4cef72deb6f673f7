//! What stands against the lines of a file.

use std::fmt;

use super::Refusal;
use crate::model::RecordId;

/// A line of a file that can not be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Where it stands in the file.
    pub line: u32,
    /// What stands against it.
    pub fault: LineFault,
    /// The earlier lines of the file that clash with it, in order.
    pub clashes: Vec<u32>,
}

/// What stands against a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// What would stand against it if it were asked for by itself. Of a slot that can not be had, no alternative is looked
    /// for: of hundreds of lines that would keep everybody else waiting.
    Refused(Box<Refusal>),
    /// An earlier line of the file is about the same.
    Repeated {
        /// The earlier line.
        line: u32,
    },
    /// The clinic has it already, under no external id.
    Exists {
        /// What it has.
        what: RecordId,
    },
    /// There is no client whom the line could mean.
    NoSuchClient,
    /// There are several clients whom the line could mean.
    SeveralClients,
}

impl LineFault {
    /// The stable code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.reason(),
            Self::Repeated { .. } => "LINE_REPEATED",
            Self::Exists { .. } => "ALREADY_EXISTS",
            Self::NoSuchClient => "NO_SUCH_CLIENT",
            Self::SeveralClients => "SEVERAL_CLIENTS",
        }
    }
}

impl From<Refusal> for LineFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// The lines that can not be imported, and why.
pub(super) struct Several<'a>(pub(super) &'a [BadLine]);

impl fmt::Display for Several<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these lines can not be imported:")?;
        for bad in self.0 {
            write!(f, " {} ({})", bad.line, bad.fault.reason())?;
        }
        Ok(())
    }
}
