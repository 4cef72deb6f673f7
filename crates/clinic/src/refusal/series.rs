//! What stands against an appointment of a series.

use std::fmt;

use super::{Refusal, SlotRefusal};
use crate::id::{AppointmentId, SiteId};
use crate::limits;
use crate::model::{Fault, OutcomeKind};
use crate::time::Cell;

/// An appointment of a series that can not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The how manieth it is in the series, from 1.
    pub number: u16,
    /// Where it was to be.
    pub site: SiteId,
    /// When it was to begin.
    pub start: Cell,
    /// The appointment that was to move there, and stays where it is.
    pub appointment: Option<AppointmentId>,
    /// Why it can not begin then.
    pub why: WhyNot,
}

/// Why an appointment of a series can not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// The time lies in the past; with the earliest possible, which a commit does not keep.
    Past(Option<Cell>),
    /// The time lies too far in the future; with the latest possible, which a commit does not keep.
    TooFarAhead(Option<Cell>),
    /// The slot can not be taken; with at most [`limits::SERIES_ALTERNATIVES`].
    Slot(Box<SlotRefusal>),
    /// Screening refuses. This is what the commit of the others keeps of it.
    Screening(OutcomeKind),
}

impl WhyNot {
    /// What a refusal says of one appointment of a series; or the refusal again, if it stands against
    /// all of them.
    pub(crate) fn of(refusal: Refusal) -> Result<Self, Refusal> {
        match refusal {
            Refusal::Past { earliest, .. } => Ok(Self::Past(Some(earliest))),
            Refusal::TooFarAhead { latest, .. } => Ok(Self::TooFarAhead(Some(latest))),
            Refusal::Slot(mut slot) => {
                slot.alternatives.truncate(limits::SERIES_ALTERNATIVES);
                Ok(Self::Slot(slot))
            }
            other => Err(other),
        }
    }

    /// What a commit may keep: of the client's health no more than why screening refuses, as a code.
    pub(crate) fn kept(self) -> Self {
        let mut slot = match self {
            Self::Past(_) => return Self::Past(None),
            Self::TooFarAhead(_) => return Self::TooFarAhead(None),
            Self::Screening(_) => return self,
            Self::Slot(slot) => slot,
        };
        if let Some(Fault::Screening(screening)) = slot.faults.first() {
            return Self::Screening(screening.outcome.kind());
        }
        slot.faults
            .retain(|fault| !matches!(fault, Fault::Screening(_)));
        slot.other_services.clear();
        Self::Slot(slot)
    }

    /// The stable code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Past(_) => "PAST",
            Self::TooFarAhead(_) => "TOO_FAR_AHEAD",
            Self::Slot(slot) => slot.reason(),
            Self::Screening(kind) => kind.reason(),
        }
    }
}

/// The code of the first.
pub(super) fn reason(all: &[Impossible]) -> &'static str {
    all.first()
        .map_or("NOBODY_OFFERS", |first| first.why.reason())
}

/// The numbers of those that can not be had, and why the first can not.
pub(super) struct Several<'a>(pub(super) &'a [Impossible]);

impl fmt::Display for Several<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these of the series can not be had:")?;
        for one in self.0 {
            write!(f, " {} ({})", one.number, one.why.reason())?;
        }
        Ok(())
    }
}
