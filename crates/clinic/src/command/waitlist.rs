use jiff::Timestamp;

use super::{Patch, Revision};
use crate::id::{ClientId, ExtensionId, RoomId, ServiceId, SiteId, TherapistId, WaitlistId};
use crate::model::{Freed, WaitlistWindow, Wanted, WantedTherapist};
use crate::time::Cell;

/// See [`super::Command::PutOnWaitlist`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutOnWaitlist {
    /// Who waits.
    pub client: ClientId,
    /// What for.
    pub wanted: Wanted,
}

/// See [`super::Command::UpdateWaitlistEntry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateWaitlistEntry {
    /// Which entry.
    pub entry: WaitlistStep,
    /// The service.
    pub service: Patch<ServiceId>,
    /// The extensions.
    pub extensions: Patch<Vec<ExtensionId>>,
    /// The sites.
    pub sites: Patch<Vec<SiteId>>,
    /// The windows.
    pub windows: Patch<Vec<WaitlistWindow>>,
    /// With whom.
    pub therapist: Patch<WantedTherapist>,
    /// The note.
    pub note: Patch<String>,
}

/// One entry of the waitlist, for a step in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitlistStep {
    /// Which entry.
    pub entry: WaitlistId,
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}

/// See [`super::Command::MakeOffer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeOffer {
    /// To whom.
    pub entry: WaitlistStep,
    /// What; `None` lets the clinic choose the earliest place that fits.
    pub place: Option<OfferedPlace>,
}

/// The place that is offered. Client, service and extensions are the entry's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferedPlace {
    /// The site.
    pub site: SiteId,
    /// When it begins.
    pub start: Cell,
    /// The room, or `None` to let the clinic choose.
    pub room: Option<RoomId>,
    /// The therapist, or `None` to let the clinic choose.
    pub therapist: Option<TherapistId>,
}

/// See [`super::Command::OfferFreed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferFreed {
    /// The places, at one site, which are offered one after the other, each to all who can have some of it.
    pub places: Vec<Freed>,
    /// Behind whom in the queue an earlier commit stopped; `None` at first.
    pub after: Option<(Timestamp, WaitlistId)>,
}
