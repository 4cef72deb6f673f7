//! Stock and hygiene, as they are read.

use std::sync::Arc;

use jiff::civil::Date;

use super::Clinic;
use crate::id::{AppointmentId, InspectionId, MovementId, RoomId, SiteId, StockItemId};
use crate::model::{Finding, Hygiene, Room, StockItem, StockMovement, SupportInspection};

/// After every movement: no commit numbers so many.
const LAST_MOVEMENT: MovementId = MovementId::new(u64::MAX);

/// Stock: what each site keeps, and how it moved.
impl Clinic {
    /// An item that a site keeps in stock.
    pub fn stock_item(&self, site: SiteId, item: StockItemId) -> Option<&Arc<StockItem>> {
        let stored = self.records.stock.get(&(site, item));
        stored.map(|stored| &stored.record)
    }

    /// Everything that a site keeps in stock, by item.
    pub fn stock_at(&self, site: SiteId) -> impl Iterator<Item = &Arc<StockItem>> {
        self.records
            .stock
            .range((site, StockItemId::FIRST)..)
            .take_while(move |((at, _), _)| *at == site)
            .map(|(_, stored)| &stored.record)
    }

    /// A movement of stock.
    pub fn movement(&self, id: MovementId) -> Option<&Arc<StockMovement>> {
        self.records.movements.get(&id).map(|it| &it.record)
    }

    /// The movements of one item at a site before one of them, the earliest first; all of them without one.
    pub fn movements_of(
        &self,
        site: SiteId,
        item: StockItemId,
        before: Option<MovementId>,
    ) -> impl DoubleEndedIterator<Item = &Arc<StockMovement>> {
        let (first, end) = (MovementId::new(0), before.unwrap_or(LAST_MOVEMENT));
        self.indexes
            .movements
            .range((site, item, first)..(site, item, end))
            .filter_map(|&(_, _, id)| self.movement(id))
    }

    /// Every movement before one, the latest first; all of them without one.
    pub fn movements_before(
        &self,
        before: Option<MovementId>,
    ) -> impl Iterator<Item = &Arc<StockMovement>> {
        let end = before.unwrap_or(LAST_MOVEMENT);
        let earlier = self.records.movements.range(..end);
        earlier.rev().map(|(_, stored)| &stored.record)
    }
}

/// Hygiene: inspections, and what was done around each session.
impl Clinic {
    /// An inspection.
    pub fn inspection(&self, id: InspectionId) -> Option<&Arc<SupportInspection>> {
        self.records.inspections.get(&id).map(|it| &it.record)
    }

    /// The inspections of a room's overhead support, by date and then by when they were recorded.
    pub fn inspections_of(
        &self,
        room: RoomId,
    ) -> impl DoubleEndedIterator<Item = &Arc<SupportInspection>> {
        let (first, last) = (InspectionId::new(0), InspectionId::new(u64::MAX));
        self.indexes
            .inspections
            .range((room, Date::MIN, first)..=(room, Date::MAX, last))
            .filter_map(|&(_, _, id)| self.inspection(id))
    }

    /// Whether a room's overhead support was good on a local date by its inspections, as they are known by now: that
    /// from before the date which is the latest, and had passed. What failed took it out by an outage, unless it
    /// was recorded after a later one that passed.
    pub fn was_inspected(&self, room: &Room, date: Date) -> bool {
        let earlier = |it: &&Arc<SupportInspection>| {
            it.date <= date && !matches!(it.finding, Finding::Failed { outage: Some(_) })
        };
        let logged = self.inspections_of(room.id).rev().find(earlier);
        // What a room is set up with is not in the log.
        let own = room.inspection.filter(|own| {
            own.passed <= date && logged.is_none_or(|logged| logged.date <= own.passed)
        });
        let latest = own.or_else(|| logged.and_then(|it| it.passed()));
        latest.is_some_and(|inspection| inspection.is_good(date))
    }

    /// What is recorded of a session's hygiene.
    pub fn hygiene_of(&self, appointment: AppointmentId) -> Option<&Arc<Hygiene>> {
        self.records.hygiene.get(&appointment).map(|it| &it.record)
    }
}
