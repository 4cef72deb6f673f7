use super::Step;
use crate::id::{RoomId, ServiceId, SiteId, TherapistId};
use crate::time::Cell;

/// See [`super::Command::ApplyRepair`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyRepair {
    /// Who moves where; each appointment once, and at least one.
    pub moves: Vec<RepairMove>,
}

/// The new place of one appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepairMove {
    /// Which appointment.
    pub step: Step,
    /// The service, if it becomes another one; the extensions are then none.
    pub service: Option<ServiceId>,
    /// The site.
    pub site: SiteId,
    /// When it begins.
    pub start: Cell,
    /// The room.
    pub room: RoomId,
    /// The therapist.
    pub therapist: TherapistId,
}
