use super::{BookSource, Cancel, Step};
use crate::id::{ExtensionId, RoomId, SiteId, TherapistId};
use crate::time::Cell;

/// Where an appointment moves to, as far as that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPlace {
    /// When it shall begin; `None` keeps the start that it has when the move is decided.
    pub start: Option<Cell>,
    /// The site; `None` stays at the present one.
    pub site: Option<SiteId>,
    /// The room; `None` stays in the present one if that can be, else the clinic chooses.
    pub room: Option<RoomId>,
    /// The therapist; `None` stays with the present one if that can be, else the clinic chooses.
    pub therapist: Option<TherapistId>,
    /// The extensions; `None` keeps the present ones. Those that stay keep their price.
    pub extensions: Option<Vec<ExtensionId>>,
}

/// See [`super::Command::BookSeries`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSeries {
    /// What is booked, and the place of the first. From a hold the others have its room and its
    /// therapist where those can be had.
    pub first: BookSource,
    /// So many days lie between one and the next: 1 to [`crate::limits::SERIES_DAYS`]. All begin at
    /// the same local time.
    pub every_days: u16,
    /// How many there shall be: 2 to [`crate::limits::SERIES`].
    pub times: u16,
    /// What becomes of the others when one can not be had.
    pub on_impossible: OnImpossible,
    /// A note for the desk that each of them gets, or empty.
    pub note: String,
}

/// What becomes of a series when some of its appointments can not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnImpossible {
    /// Nothing is done.
    FailAll,
    /// The others are done, if there are any.
    Skip,
}

/// Which appointments of a series a command is about, besides the one that it names: those that have
/// not begun and whose client is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesScope {
    /// Those with a higher number.
    Following,
    /// All.
    All,
}

/// See [`super::Command::MoveSeries`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveSeries {
    /// One of the series.
    pub step: Step,
    /// Which others move with it.
    pub scope: SeriesScope,
    /// Where it moves to. From a start the others move by as many days and as much of the local time of
    /// day; everything else is the same for all.
    pub to: NewPlace,
    /// What becomes of all when one can not be moved.
    pub on_impossible: OnImpossible,
}

/// See [`super::Command::CancelSeries`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelSeries {
    /// One of the series, and why.
    pub cancel: Cancel,
    /// Which others are cancelled with it.
    pub scope: SeriesScope,
}
