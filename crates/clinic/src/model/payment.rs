use jiff::Timestamp;

use crate::id::{AppointmentId, ClientId, KeyId, PaymentId, SiteId};

/// Money that was paid for an appointment, or paid back. A recorded fact: it is never changed, and a
/// mistake is put right by a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What it was paid for.
    pub appointment: AppointmentId,
    /// Whose appointment that was.
    pub client: ClientId,
    /// The site of the appointment, in whose till it counts.
    pub site: SiteId,
    /// Which way the money went.
    pub direction: Direction,
    /// How it was paid.
    pub method: PayMethod,
    /// How much, in cents; at least 1.
    pub cents: u32,
    /// A note for the books, such as the number of a slip, or why it was paid back. May be empty for a
    /// payment. Not for health information.
    pub note: String,
    /// Who took or gave it.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
}

impl Payment {
    /// The amount as the clinic's books see it: what was paid back is negative.
    pub fn signed_cents(&self) -> i64 {
        match self.direction {
            Direction::Paid => self.cents.into(),
            Direction::Refunded => -i64::from(self.cents),
        }
    }
}

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To the clinic.
    Paid,
    /// Back to the client.
    Refunded,
}

/// How money was paid. The clinic records it; no card is processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayMethod {
    /// Notes and coins.
    Cash,
    /// A card, on a terminal of its own.
    Card,
    /// A transfer by e-mail.
    ETransfer,
    /// Paid by an insurer.
    Insurance,
    /// A gift certificate.
    Gift,
    /// Something else; the note says what.
    Other,
}

impl PayMethod {
    /// Every method, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::Cash,
        Self::Card,
        Self::ETransfer,
        Self::Insurance,
        Self::Gift,
        Self::Other,
    ];
}

/// One part of what is paid or paid back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentPart {
    /// How it is paid.
    pub method: PayMethod,
    /// How much, in cents; at least 1.
    pub cents: u32,
}
