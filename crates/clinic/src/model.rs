//! What the clinic knows, as plain data: one file for each noun.
//!
//! A [`Record`] is one resource whole, as it lies in the journal; a [`Change`] is a record before and
//! after a commit. Nothing here decides anything: the rules read these types, [`crate::decide()`]
//! makes new ones, [`crate::Clinic`] keeps them. Start with [`Appointment`] and [`Slot`].

mod absence;
mod aftercare;
mod appointment;
mod business;
mod client;
mod declaration;
mod equipment;
mod fault;
mod guide;
mod hold;
mod hygiene;
mod key;
mod outage;
mod payment;
mod policy;
mod price_list;
mod receipt;
mod record;
mod room;
mod rule_set;
mod screening;
mod service;
mod session_record;
mod shift;
mod site;
mod slot;
mod stock;
mod template;
mod therapist;
mod training;
mod turnover;
mod waitlist;

pub use absence::Absence;
pub use aftercare::{Aftercare, Sheet, SheetLine};
pub use appointment::{
    Appointment, CancelReason, Cancellation, Charges, Phase, Reconfirmation, Review,
    ReviewDecision, RoomReady, SeriesPlace, Session, State, Verb, WrongPhase,
};
pub use business::{Business, TaxRate};
pub use client::{Client, ERASED};
pub use declaration::{Answer, Answered, Declaration, When};
pub use equipment::{Equipment, EquipmentSet};
pub use fault::{BarsFault, Blocker, CredentialFault, Fault, Retired};
pub use guide::{Advice, AdviceItem, Area, Guide, Lasting, Level, Technique, Zone};
pub use hold::Hold;
pub use hygiene::{Finding, FinishedTurnover, Hygiene, OwnDone, OwnItem, SupportInspection};
pub use key::{Key, KeyHash, PassphraseHash, Role, Sites};
pub use outage::{Closing, Outage, OutageTarget};
pub use payment::{Direction, PayMethod, Payment, PaymentPart};
pub use policy::{Policy, TravelGap};
pub use price_list::{Price, PriceList};
pub use receipt::{
    AccountLine, BadReceiptNumber, Receipt, ReceiptContent, ReceiptNumber, ReceiptPayment, Voiding,
};
pub use record::{Change, Kind, Record, RecordId};
pub use room::{Inspection, Room};
pub use rule_set::{Effect, Rule, RuleSet, RuleSetVersion, Window};
pub use screening::{Eligible, Outcome, OutcomeKind, Reason, Screening, Verdict};
pub use service::{ChecklistItem, Extension, Modality, Service};
pub use session_record::{Addendum, Mark, Notes, Place, Pressure, SessionRecord, Tender};
pub use shift::Shift;
pub use site::{Closure, Opening, Site, WeekHours};
pub use slot::{Occupancies, Occupant, Slot, Wish};
pub use stock::{Consumption, MovementCause, StockItem, StockKind, StockMovement};
pub use template::{DayShift, TemplateShift, WeekTemplate};
pub use therapist::{Care, Credential, FootCare, Registration, Therapist};
pub use training::{Learned, Training, TrainingKind};
pub use turnover::{Done, Turnover, TurnoverItem};
pub use waitlist::{
    Contact, Freed, Offer, Passed, PassedOver, WaitState, WaitlistEntry, WaitlistPhase,
    WaitlistWindow, Wanted, WantedTherapist, Weekdays,
};

#[cfg(test)]
mod tests;
