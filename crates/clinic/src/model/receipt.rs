use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::payment::{Direction, PayMethod};
use super::service::Modality;
use super::therapist::Registration;
use crate::id::{AppointmentId, ClientId, KeyId, Part, SiteId, TherapistId};

/// The number of a receipt: from 1, one more than that of the receipt before, without a gap.
///
/// The receipts themselves are the counter. None is ever removed, a void one keeps its number, and only
/// an accepted command makes one, so that the next number is that of the last receipt and one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptNumber(u32);

impl ReceiptNumber {
    /// The number of the first receipt.
    pub const FIRST: Self = Self(1);

    /// A number; none for 0.
    pub const fn new(number: u32) -> Option<Self> {
        match number {
            0 => None,
            number => Some(Self(number)),
        }
    }

    /// As a plain number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number after it; none after the last that there is.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&ReceiptNumber> for Part<'static> {
    fn from(number: &ReceiptNumber) -> Self {
        Self::Number(number.0.into(), None)
    }
}

/// The text of a number is that of [`fmt::Display`]: no sign, no leading zero.
impl FromStr for ReceiptNumber {
    type Err = BadReceiptNumber;

    fn from_str(text: &str) -> Result<Self, BadReceiptNumber> {
        let number: u32 = text.parse().map_err(|_: ParseIntError| BadReceiptNumber)?;
        Self::new(number)
            .filter(|number| number.to_string() == text)
            .ok_or(BadReceiptNumber)
    }
}

/// A text that is no number of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number of a receipt is a whole number from 1 on")]
pub struct BadReceiptNumber;

/// A receipt as it was issued: nothing in it follows what changes later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub number: ReceiptNumber,
    /// The appointment that it is for.
    pub appointment: AppointmentId,
    /// Whose that was.
    pub client: ClientId,
    /// Where it was.
    pub site: SiteId,
    /// Who gave the treatment.
    pub therapist: TherapistId,
    /// Who issued it.
    pub issued_by: KeyId,
    /// When.
    pub issued_at: Timestamp,
    /// What it says.
    pub content: ReceiptContent,
    /// How often it was issued again; every copy says DUPLICATE.
    pub duplicates: u32,
    /// That it is void, if it is.
    pub voided: Option<Voiding>,
}

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptContent {
    /// The name of the business.
    pub business: String,
    /// The name of the site.
    pub site_name: String,
    /// The postal address of the site.
    pub address: String,
    /// The telephone number of the site, or empty.
    pub phone: String,
    /// What the tax is called.
    pub tax_name: String,
    /// The number under which it is remitted; empty only when there is no tax.
    pub tax_number: String,
    /// The rate, in hundredths of a percent.
    pub tax_basis_points: u16,
    /// The client's name.
    pub client_name: String,
    /// The local date on which it was issued.
    pub issued_on: Date,
    /// The local date of the treatment.
    pub treated_on: Date,
    /// The local time at which the treatment began, to the minute.
    pub began: Time,
    /// How long the treatment took, in minutes: as booked, or less if it was stopped early.
    pub minutes: u32,
    /// How the work was done.
    pub modality: Modality,
    /// The service's name.
    pub service_name: String,
    /// The therapist's name.
    pub therapist_name: String,
    /// The therapist's registration, without its end: a receipt does not say it.
    pub registration: Registration,
    /// What was charged for; never empty.
    pub lines: Vec<AccountLine>,
    /// What was paid and paid back, in order of time.
    pub payments: Vec<ReceiptPayment>,
}

impl ReceiptContent {
    /// The sum before tax, in cents.
    pub fn net_cents(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.cents)).sum()
    }

    /// The tax, in cents.
    pub fn tax_cents(&self) -> u64 {
        self.lines
            .iter()
            .map(|line| u64::from(line.tax_cents))
            .sum()
    }
}

/// One line of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine {
    /// What is charged for.
    pub text: String,
    /// How much, before tax, in cents.
    pub cents: u32,
    /// The tax on it, in cents, rounded half-up.
    pub tax_cents: u32,
}

/// A payment as a receipt tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptPayment {
    /// The local date.
    pub on: Date,
    /// Which way the money went.
    pub direction: Direction,
    /// How it was paid.
    pub method: PayMethod,
    /// How much, in cents.
    pub cents: u32,
}

/// How a receipt was made void. It keeps its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voiding {
    /// Who did it.
    pub by: KeyId,
    /// When.
    pub at: Timestamp,
    /// Why; not empty.
    pub reason: String,
}
