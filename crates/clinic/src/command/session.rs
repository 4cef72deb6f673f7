//! What is noted and paid after a session.

use super::{Revision, Step};
use crate::model::{Notes, PaymentPart, ReceiptNumber};

/// See [`super::Command::SaveNotes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveNotes {
    /// The appointment; the etag is that of its notes.
    pub step: Step,
    /// The notes as they shall be.
    pub notes: Notes,
}

/// See [`super::Command::TakePayment`] and [`super::Command::Refund`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pay {
    /// The appointment.
    pub step: Step,
    /// In which ways how much; at least one.
    pub parts: Vec<PaymentPart>,
    /// A note for the books; not empty for another method, and for a refund.
    pub note: String,
}

/// See [`super::Command::VoidReceipt`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidReceipt {
    /// Which.
    pub receipt: ReceiptNumber,
    /// Why; not empty.
    pub reason: String,
    /// See [`super::Command`].
    pub etag: Option<Revision>,
}
