use super::equipment::{Equipment, EquipmentSet};
use super::stock::Consumption;
use crate::id::{CredentialId, ExtensionId, ItemId, RuleSetId, ServiceId};
use crate::time::Minutes;

/// How the work is done, which decides what screening may forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modality {
    /// Ashiatsu: compressive work with the therapist's feet.
    Barefoot,
    /// Massage with the hands.
    HandsOn,
    /// Foot massage: work on the client's feet.
    Foot,
    /// Barefoot and hands-on work in one session. Screened as barefoot work.
    Combination,
}

impl Modality {
    /// Whether the therapist works barefoot: an exclusion or an incomplete declaration then refuses
    /// the booking, and the therapist's foot care must be attested on the day. Other work that is
    /// not clear is booked, and waits for a therapist's review before it starts.
    pub const fn is_barefoot(self) -> bool {
        matches!(self, Self::Barefoot | Self::Combination)
    }
}

/// Something that clients book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The service's id.
    pub id: ServiceId,
    /// The name that people see.
    pub name: String,
    /// How the work is done.
    pub modality: Modality,
    /// How long client and therapist are together, without extensions; at least 5.
    pub minutes: Minutes,
    /// How long the room is prepared afterwards; the larger of this and the room's counts.
    pub turnover: Minutes,
    /// How long the therapist needs afterwards to wash feet or hands.
    pub reset: Minutes,
    /// The sets of equipment that serve, any one of them being enough. Never empty.
    pub accepts: Vec<EquipmentSet>,
    /// The credentials that the therapist must hold, all of them, on the day.
    pub credentials: Vec<CredentialId>,
    /// The rules by which clients are screened for it.
    pub rule_set: RuleSetId,
    /// What has to be done in the room before the next session.
    pub checklist: Vec<ChecklistItem>,
    /// The extensions that may be booked with it.
    pub extensions: Vec<Extension>,
    /// What a completed session consumes of the site's stock, each item once.
    pub consumes: Vec<Consumption>,
    /// The price before tax, in cents.
    pub price_cents: u32,
    /// Whether it is no longer offered.
    pub retired: bool,
}

impl Service {
    /// Whether no accepted set does without parallel bars.
    pub fn needs_bars(&self) -> bool {
        self.accepts
            .iter()
            .all(|set| set.has(Equipment::ParallelBars))
    }

    /// Whether a room with this usable equipment serves.
    pub fn is_served_by(&self, equipment: EquipmentSet) -> bool {
        self.accepts.iter().any(|&set| equipment.includes(set))
    }

    /// The extension of this id, if the service has it.
    pub fn extension(&self, id: ExtensionId) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.id == id)
    }

    /// How long the service takes with these extensions, or the first one that it does not have.
    pub fn minutes_with(&self, extensions: &[ExtensionId]) -> Result<Minutes, ExtensionId> {
        extensions.iter().try_fold(self.minutes, |sum, &id| {
            Ok(sum.plus(self.extension(id).ok_or(id)?.minutes))
        })
    }
}

/// One item of a turnover checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecklistItem {
    /// The item's id, unique within its service.
    pub id: ItemId,
    /// What is to be done, for people.
    pub text: String,
}

/// Something that makes a service longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The extension's id, unique within its service.
    pub id: ExtensionId,
    /// The name that people see.
    pub name: String,
    /// By how much it makes the service longer; at least 5.
    pub minutes: Minutes,
    /// What it costs on top, before tax, in cents.
    pub price_cents: u32,
}
