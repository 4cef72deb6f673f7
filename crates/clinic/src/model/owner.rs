use super::Record;
use crate::id::ClientId;

impl Record {
    /// The client whom the record is about, if it is about one who was not erased.
    ///
    /// A new kind has to say here whose it is, and so belongs to a client's complete record, and goes with the client.
    pub fn owner(&self) -> Option<ClientId> {
        let owner = match self {
            Self::Client(r) => Some(r.id),
            Self::Declaration(r) => Some(r.client),
            Self::Appointment(r) => Some(r.client),
            Self::Hold(r) => r.client,
            Self::SessionRecord(r) => Some(r.client),
            Self::Aftercare(r) => Some(r.client),
            Self::Payment(r) => Some(r.client),
            Self::Receipt(r) => Some(r.client),
            Self::WaitlistEntry(r) => Some(r.client),
            Self::Policy(_)
            | Self::Site(_)
            | Self::Room(_)
            | Self::RuleSet(_)
            | Self::Service(_)
            | Self::Therapist(_)
            | Self::FootCare(_)
            | Self::WeekTemplate(_)
            | Self::Absence(_)
            | Self::Shift(_)
            | Self::Outage(_)
            | Self::Turnover(_)
            | Self::Business(_)
            | Self::PriceList(_)
            | Self::Key(_)
            | Self::StockItem(_)
            | Self::StockMovement(_)
            | Self::SupportInspection(_)
            // What is done for hygiene is the room's and the therapist's.
            | Self::Hygiene(_) => None,
        };
        owner.filter(|owner| !owner.is_erased())
    }
}
