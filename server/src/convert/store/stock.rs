//! What is kept in stock, how it moved, and what was done for hygiene.

use jiff::Timestamp;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{AppointmentId, InspectionId, KeyId, MovementId, OutageId};
use treadwell_clinic::model::{
    Consumption, Done, Finding, FinishedTurnover, Hygiene, MovementCause, OwnDone, OwnItem,
    StockItem, StockKind, StockMovement, SupportInspection,
};

use super::value::{date, date_form, forms, id, instant, instant_form, list, small};
use super::{Bad, Stored};

impl Stored for StockItem {
    type Form = stored::StockItem;

    fn form(&self) -> stored::StockItem {
        let kind = match self.kind {
            StockKind::Consumable => stored::StockKind::Consumable,
            StockKind::Washable => stored::StockKind::Washable,
        };
        stored::StockItem {
            site: self.site.to_string(),
            item: self.item.to_string(),
            name: self.name.clone(),
            unit: self.unit.clone(),
            kind: kind.into(),
            par: self.par,
            level: self.level,
            retired: self.retired,
        }
    }

    fn read(form: stored::StockItem) -> Result<Self, Bad> {
        Ok(Self {
            kind: match form.kind() {
                stored::StockKind::Unspecified => return Err(Bad("kind")),
                stored::StockKind::Consumable => StockKind::Consumable,
                stored::StockKind::Washable => StockKind::Washable,
            },
            site: id("site", &form.site)?,
            item: id("item", &form.item)?,
            name: form.name,
            unit: form.unit,
            par: form.par,
            level: form.level,
            retired: form.retired,
        })
    }
}

impl Stored for StockMovement {
    type Form = stored::StockMovement;

    fn form(&self) -> stored::StockMovement {
        use stored::stock_movement::Cause;

        let cause = match self.cause {
            MovementCause::Receive => Cause::Receive(true),
            MovementCause::Use => Cause::Use(true),
            MovementCause::Waste => Cause::Waste(true),
            MovementCause::SentTo(site) => Cause::SentTo(site.to_string()),
            MovementCause::CameFrom(site) => Cause::CameFrom(site.to_string()),
            MovementCause::Count => Cause::Count(true),
            MovementCause::Session(appointment) => Cause::Session(appointment.number()),
            MovementCause::TakenBack(movement) => Cause::TakenBack(movement.number()),
        };
        stored::StockMovement {
            id: self.id.number(),
            site: self.site.to_string(),
            item: self.item.to_string(),
            cause: Some(cause),
            change: self.change,
            level: self.level,
            short: self.short,
            reason: self.reason.clone(),
            by: self.by.number(),
            at: Some(instant_form(self.at)),
        }
    }

    fn read(form: stored::StockMovement) -> Result<Self, Bad> {
        use stored::stock_movement::Cause;

        Ok(Self {
            id: MovementId::new(form.id),
            site: id("site", &form.site)?,
            item: id("item", &form.item)?,
            cause: match form.cause.ok_or(Bad("cause"))? {
                Cause::Receive(_) => MovementCause::Receive,
                Cause::Use(_) => MovementCause::Use,
                Cause::Waste(_) => MovementCause::Waste,
                Cause::SentTo(site) => MovementCause::SentTo(id("sent_to", &site)?),
                Cause::CameFrom(site) => MovementCause::CameFrom(id("came_from", &site)?),
                Cause::Count(_) => MovementCause::Count,
                Cause::Session(session) => MovementCause::Session(AppointmentId::new(session)),
                Cause::TakenBack(movement) => MovementCause::TakenBack(MovementId::new(movement)),
            },
            change: form.change,
            level: form.level,
            short: form.short,
            reason: form.reason,
            by: KeyId::new(form.by),
            at: instant("at", form.at)?,
        })
    }
}

impl Stored for Consumption {
    type Form = stored::Consumption;

    fn form(&self) -> stored::Consumption {
        stored::Consumption {
            item: self.item.to_string(),
            quantity: self.quantity,
        }
    }

    fn read(form: stored::Consumption) -> Result<Self, Bad> {
        Ok(Self {
            item: id("consumes.item", &form.item)?,
            quantity: form.quantity,
        })
    }
}

impl Stored for SupportInspection {
    type Form = stored::SupportInspection;

    fn form(&self) -> stored::SupportInspection {
        let (months, outage) = match self.finding {
            Finding::Passed { months } => (months, None),
            Finding::Failed { outage } => (0, outage),
        };
        stored::SupportInspection {
            id: self.id.number(),
            site: self.site.to_string(),
            room: self.room.to_string(),
            date: date_form(self.date),
            inspector: self.inspector.clone(),
            months: months.into(),
            outage: outage.map(OutageId::number),
            note: self.note.clone(),
            by: self.by.number(),
            at: Some(instant_form(self.at)),
        }
    }

    fn read(form: stored::SupportInspection) -> Result<Self, Bad> {
        Ok(Self {
            id: InspectionId::new(form.id),
            site: id("site", &form.site)?,
            room: id("room", &form.room)?,
            date: date("date", form.date)?,
            inspector: form.inspector,
            finding: match form.months {
                0 => Finding::Failed {
                    outage: form.outage.map(OutageId::new),
                },
                months => Finding::Passed {
                    months: small("months", months)?,
                },
            },
            note: form.note,
            by: KeyId::new(form.by),
            at: instant("at", form.at)?,
        })
    }
}

impl Stored for Hygiene {
    type Form = stored::Hygiene;

    fn form(&self) -> stored::Hygiene {
        stored::Hygiene {
            appointment: self.appointment.number(),
            site: self.site.to_string(),
            room: self.room.to_string(),
            therapist: self.therapist.to_string(),
            own: forms(&self.own),
            turnover: self.turnover.as_ref().map(Stored::form),
        }
    }

    fn read(form: stored::Hygiene) -> Result<Self, Bad> {
        Ok(Self {
            appointment: AppointmentId::new(form.appointment),
            site: id("site", &form.site)?,
            room: id("room", &form.room)?,
            therapist: id("therapist", &form.therapist)?,
            own: list(form.own)?,
            turnover: form.turnover.map(FinishedTurnover::read).transpose()?,
        })
    }
}

/// The therapist's own items with their stored numbers.
const OWN_ITEMS: [(u32, OwnItem); 4] = [
    (1, OwnItem::WashedBefore),
    (2, OwnItem::SockettesOn),
    (3, OwnItem::SockettesBackOn),
    (4, OwnItem::WashedAfter),
];

impl Stored for OwnDone {
    type Form = stored::OwnDone;

    fn form(&self) -> stored::OwnDone {
        let known = OWN_ITEMS.iter().find(|(_, item)| *item == self.item);
        stored::OwnDone {
            item: known.map_or(0, |&(number, _)| number),
            done: Some(stored::Done {
                by: self.done.by.number(),
                at: Some(instant_form(self.done.at)),
            }),
        }
    }

    fn read(form: stored::OwnDone) -> Result<Self, Bad> {
        let known = OWN_ITEMS.iter().find(|(number, _)| *number == form.item);
        let done = form.done.ok_or(Bad("own.done"))?;
        let at: Timestamp = instant("own.done.at", done.at)?;
        Ok(Self {
            item: known.ok_or(Bad("own.item"))?.1,
            done: Done {
                by: KeyId::new(done.by),
                at,
            },
        })
    }
}

impl Stored for FinishedTurnover {
    type Form = stored::FinishedTurnover;

    fn form(&self) -> stored::FinishedTurnover {
        stored::FinishedTurnover {
            since: Some(instant_form(self.since)),
            due: Some(instant_form(self.due)),
            finished: Some(instant_form(self.finished)),
            items: forms(&self.items),
        }
    }

    fn read(form: stored::FinishedTurnover) -> Result<Self, Bad> {
        Ok(Self {
            since: instant("turnover.since", form.since)?,
            due: instant("turnover.due", form.due)?,
            finished: instant("turnover.finished", form.finished)?,
            items: list(form.items)?,
        })
    }
}
