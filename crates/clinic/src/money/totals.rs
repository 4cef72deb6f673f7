//! What a day brought in.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::clinic::Clinic;
use crate::id::{SiteId, TherapistId};
use crate::model::{Direction, PayMethod, Payment};

/// Money that went both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Paid, in cents.
    pub paid_cents: i64,
    /// Paid back, in cents.
    pub refunded_cents: i64,
    /// How many payments and refunds.
    pub count: u32,
}

impl Sums {
    /// What is left, in cents.
    pub const fn net_cents(&self) -> i64 {
        self.paid_cents - self.refunded_cents
    }

    fn add(&mut self, payment: &Payment) {
        let cents = i64::from(payment.cents);
        match payment.direction {
            Direction::Paid => self.paid_cents += cents,
            Direction::Refunded => self.refunded_cents += cents,
        }
        self.count += 1;
    }
}

/// The sums of one site, therapist and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TillLine {
    /// The site.
    pub site: SiteId,
    /// The therapist whose treatment was paid.
    pub therapist: TherapistId,
    /// How it was paid.
    pub method: PayMethod,
    /// How much.
    pub sums: Sums,
}

/// What was paid and paid back at some sites on a local date of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayTotals {
    /// By site, therapist and method, in that order; only where there was anything.
    pub lines: Vec<TillLine>,
    /// How many receipts were issued at the sites on the date, void ones included.
    pub receipts: u32,
}

impl DayTotals {
    /// The sums over all lines.
    pub fn all(&self) -> Sums {
        self.lines.iter().fold(Sums::default(), |mut all, line| {
            all.paid_cents += line.sums.paid_cents;
            all.refunded_cents += line.sums.refunded_cents;
            all.count += line.sums.count;
            all
        })
    }
}

/// The totals of some sites for a date, which is meant in each site's own zone.
pub fn day_totals(clinic: &Clinic, date: Date, sites: &[SiteId]) -> DayTotals {
    let mut lines: BTreeMap<_, Sums> = BTreeMap::new();
    let mut receipts: u32 = 0;
    for site in sites.iter().filter_map(|&id| clinic.site(id)) {
        let (from, until) = (site.zone.start_of(date), site.zone.end_of(date));
        for payment in clinic.payments_at(site.id, from, until) {
            let Some(paid_for) = clinic.appointment(payment.appointment) else {
                continue;
            };
            let key = (site.id, paid_for.slot.therapist, payment.method);
            lines.entry(key).or_default().add(payment);
        }
        let issued = clinic.receipts_at(site.id, from, until).count();
        receipts += u32::try_from(issued).unwrap_or(u32::MAX);
    }
    DayTotals {
        lines: lines
            .into_iter()
            .map(|((site, therapist, method), sums)| TillLine {
                site,
                therapist,
                method,
                sums,
            })
            .collect(),
        receipts,
    }
}
