use jiff::Timestamp;

use super::slot::Slot;
use crate::id::{ClientId, HoldId, KeyId};

/// A slot reserved for a few minutes, until it is booked, released or expires by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The hold's id.
    pub id: HoldId,
    /// Who it is for, if that is known yet.
    pub client: Option<ClientId>,
    /// What is reserved.
    pub slot: Slot,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Who made it.
    pub made_by: KeyId,
}
