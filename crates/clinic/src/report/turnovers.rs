//! How long rooms take to be made ready.

use super::{Range, Row, count_appointments};
use crate::clinic::Clinic;
use crate::model::{Site, State};

/// The turnovers after the sessions of a period that have come to an end: those whose checklist is done.
/// A service without a checklist has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnoverTimes {
    /// How many.
    pub turnovers: u32,
    /// Those that took longer than planned.
    pub late: u32,
    /// From the end of the session to the last item, all together, in whole seconds of each.
    pub seconds: u64,
    /// The longest of them, in whole seconds; 0 when there was none.
    pub longest_seconds: u64,
}

/// Turnover times at a site, by the date for which the session was planned.
pub fn turnover_times(clinic: &Clinic, site: &Site, range: &Range) -> Vec<Row<TurnoverTimes>> {
    count_appointments(
        clinic,
        site,
        range,
        |figures: &mut TurnoverTimes, appointment| {
            let State::Completed(session) = &appointment.state else {
                return;
            };
            let Some(ready) = session.ready else { return };
            let took = ready.at.duration_since(session.finished).as_secs();
            let took = u64::try_from(took).unwrap_or(0);
            figures.turnovers += 1;
            figures.late += u32::from(ready.late);
            figures.seconds += took;
            figures.longest_seconds = figures.longest_seconds.max(took);
        },
    )
}
