//! Reading prices, payments and receipts.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;

use super::Clinic;
use super::index::Indexes;
use crate::id::{AppointmentId, PaymentId, ServiceId, SiteId};
use crate::model::{Business, Payment, PriceList, Receipt, ReceiptNumber};

/// What is in force until a manager has put another.
static DEFAULT: LazyLock<Arc<Business>> = LazyLock::new(Arc::default);

/// Money.
impl Clinic {
    /// The clinic as a business, as it is or by default.
    pub fn business(&self) -> &Arc<Business> {
        let stored = self.records.business.get(&());
        stored.map_or(&DEFAULT, |stored| &stored.record)
    }

    /// The dated prices of a service.
    pub fn price_list(&self, service: ServiceId) -> Option<&Arc<PriceList>> {
        let stored = self.records.price_lists.get(&service)?;
        Some(&stored.record)
    }

    /// Every list of dated prices, by service.
    pub fn price_lists(&self) -> impl Iterator<Item = &Arc<PriceList>> {
        self.records.price_lists.values().map(|it| &it.record)
    }

    /// A payment or a refund.
    pub fn payment(&self, id: PaymentId) -> Option<&Arc<Payment>> {
        self.records.payments.get(&id).map(|stored| &stored.record)
    }

    /// What was paid and paid back for an appointment, in order of time.
    pub fn payments_of(&self, appointment: AppointmentId) -> impl Iterator<Item = &Arc<Payment>> {
        let all = PaymentId::new(0)..=PaymentId::new(u64::MAX);
        self.indexes
            .payments
            .range((appointment, *all.start())..=(appointment, *all.end()))
            .filter_map(|&(_, id)| self.payment(id))
    }

    /// What was paid and paid back at a site from an instant on and before another, in order of time.
    pub fn payments_at(
        &self,
        site: SiteId,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = &Arc<Payment>> {
        let first = PaymentId::new(0);
        self.indexes
            .payments_by_site
            .range((site, from, first)..(site, until.max(from), first))
            .filter_map(|&(_, _, id)| self.payment(id))
    }

    /// The receipt of this number.
    pub fn receipt(&self, number: ReceiptNumber) -> Option<&Arc<Receipt>> {
        let stored = self.records.receipts.get(&number)?;
        Some(&stored.record)
    }

    /// Every receipt, by number.
    pub fn receipts(&self) -> impl DoubleEndedIterator<Item = &Arc<Receipt>> {
        self.records.receipts.values().map(|it| &it.record)
    }

    /// The receipts that were issued for an appointment, void ones included, by number. At most one of
    /// them is not void.
    pub fn receipts_of(&self, appointment: AppointmentId) -> impl Iterator<Item = &Arc<Receipt>> {
        self.indexes
            .receipts
            .range((appointment, ReceiptNumber::FIRST)..)
            .take_while(move |&&(of, _)| of == appointment)
            .filter_map(|&(_, number)| self.receipt(number))
    }

    /// The receipts that were issued at a site from an instant on and before another, in order of time.
    pub fn receipts_at(
        &self,
        site: SiteId,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = &Arc<Receipt>> {
        let first = ReceiptNumber::FIRST;
        self.indexes
            .receipts_by_site
            .range((site, from, first)..(site, until.max(from), first))
            .filter_map(|&(_, _, number)| self.receipt(number))
    }

    /// The number that the next receipt gets; none when all are given.
    pub fn next_receipt(&self) -> Option<ReceiptNumber> {
        match self.records.receipts.get_max() {
            None => Some(ReceiptNumber::FIRST),
            Some((last, _)) => last.next(),
        }
    }
}

impl Indexes {
    pub(super) fn add_payment(&mut self, payment: &Payment) {
        let Payment {
            id,
            appointment,
            site,
            at,
            ..
        } = *payment;
        self.payments.insert((appointment, id));
        self.payments_by_site.insert((site, at, id));
    }

    pub(super) fn remove_payment(&mut self, payment: &Payment) {
        let Payment {
            id,
            appointment,
            site,
            at,
            ..
        } = *payment;
        self.payments.remove(&(appointment, id));
        self.payments_by_site.remove(&(site, at, id));
    }

    pub(super) fn add_receipt(&mut self, receipt: &Receipt) {
        let number = receipt.number;
        self.receipts.insert((receipt.appointment, number));
        let at = (receipt.site, receipt.issued_at, number);
        self.receipts_by_site.insert(at);
    }

    pub(super) fn remove_receipt(&mut self, receipt: &Receipt) {
        let number = receipt.number;
        self.receipts.remove(&(receipt.appointment, number));
        let at = (receipt.site, receipt.issued_at, number);
        self.receipts_by_site.remove(&at);
    }
}
