use jiff::Timestamp;

use super::slot::Slot;
use crate::id::{AppointmentId, ClientId, HoldId, KeyId};

/// A slot reserved for a few minutes, until it is booked, released or expires by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The hold's id.
    pub id: HoldId,
    /// Who it is for, if that is known yet.
    pub client: Option<ClientId>,
    /// What is reserved.
    pub slot: Slot,
    /// The appointment that moves there if its client agrees. The two are one party: they may overlap, and
    /// neither stands in the other's way.
    pub moves: Option<AppointmentId>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Who made it.
    pub made_by: KeyId,
}
