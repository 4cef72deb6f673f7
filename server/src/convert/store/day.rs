//! What the day makes: appointments, holds, outages and turnovers.

use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{
    AppointmentId, ClientId, DeclarationId, HoldId, KeyId, OutageId, SeriesId,
};
use treadwell_clinic::model::{
    Appointment, CancelReason, Cancellation, Charges, Closing, Done, Fault, Hold, Occupancies,
    Outage, OutageTarget, Reconfirmation, Review, ReviewDecision, RoomReady, SeriesPlace, Session,
    Slot, State, Turnover, TurnoverItem,
};

use treadwell_clinic::time::Cell;

use super::value::{
    cell, forms, id, ids, instant, instant_form, interval, list, part, small, texts,
};
use super::{Bad, Stored};

impl Stored for Slot {
    type Form = stored::Slot;

    fn form(&self) -> stored::Slot {
        stored::Slot {
            service: self.service.to_string(),
            extensions: texts(self.extensions.iter()),
            site: self.site.to_string(),
            room: self.room.to_string(),
            therapist: self.therapist.to_string(),
            start: self.planned.start().number(),
            end: self.planned.end().number(),
            client_until: self.occupies.client.end().number(),
            therapist_until: self.occupies.therapist.end().number(),
            room_until: self.occupies.room.end().number(),
        }
    }

    fn read(form: stored::Slot) -> Result<Self, Bad> {
        Ok(Self {
            service: id("slot.service", &form.service)?,
            extensions: ids("slot.extensions", &form.extensions)?,
            site: id("slot.site", &form.site)?,
            room: id("slot.room", &form.room)?,
            therapist: id("slot.therapist", &form.therapist)?,
            planned: interval("slot.end", form.start, form.end)?,
            occupies: Occupancies {
                client: interval("slot.client_until", form.start, form.client_until)?,
                therapist: interval("slot.therapist_until", form.start, form.therapist_until)?,
                room: interval("slot.room_until", form.start, form.room_until)?,
            },
        })
    }
}

impl Stored for Appointment {
    type Form = stored::Appointment;

    fn form(&self) -> stored::Appointment {
        let mut form = stored::Appointment {
            id: self.id.number(),
            client: self.client.number(),
            slot: Some(self.slot.form()),
            review: self.review.as_deref().map(Stored::form),
            flags: self.flags.iter().map(Fault::form).collect(),
            price_cents: self.price_cents,
            extension_cents: self.charges.extensions.to_vec(),
            fee_cents: self.charges.fee_cents,
            note: self.note.as_deref().map(str::to_owned),
            booked_by: self.booked_by.number(),
            booked_at: Some(instant_form(self.booked_at)),
            reconfirmed: self.reconfirmed.map(|said| said.form()),
            series: self.series.map(|place| stored::SeriesPlace {
                series: place.id.number(),
                number: place.number.into(),
                of: place.of.into(),
            }),
            external: self.external.as_deref().map(str::to_owned),
            ..stored::Appointment::default()
        };
        state_into(&self.state, &mut form);
        form
    }

    fn read(form: stored::Appointment) -> Result<Self, Bad> {
        let state = state_of(&form)?;
        Ok(Self {
            id: AppointmentId::new(form.id),
            client: ClientId::new(form.client),
            slot: part("slot", form.slot)?,
            state,
            review: form
                .review
                .map(|review| Review::read(review).map(Box::new))
                .transpose()?,
            reconfirmed: form.reconfirmed.map(Reconfirmation::read).transpose()?,
            flags: list(form.flags)?,
            price_cents: form.price_cents,
            charges: Charges {
                extensions: form.extension_cents.into(),
                fee_cents: form.fee_cents,
            },
            note: form.note.map(Into::into),
            booked_by: KeyId::new(form.booked_by),
            booked_at: instant("booked_at", form.booked_at)?,
            series: form
                .series
                .map(|place| {
                    Ok::<_, Bad>(SeriesPlace {
                        id: SeriesId::new(place.series),
                        number: small("series.number", place.number)?,
                        of: small("series.of", place.of)?,
                    })
                })
                .transpose()?,
            external: form.external.map(Into::into),
        })
    }
}

fn state_into(state: &State, form: &mut stored::Appointment) {
    let phase = match state {
        State::Booked => stored::Phase::Booked,
        State::Confirmed => stored::Phase::Confirmed,
        State::Arrived { arrived } => {
            form.arrived = Some(instant_form(*arrived));
            stored::Phase::Arrived
        }
        State::InSession { arrived, started } => {
            form.arrived = Some(instant_form(*arrived));
            form.started = Some(instant_form(*started));
            stored::Phase::InSession
        }
        State::Completed(session) => {
            form.arrived = Some(instant_form(session.arrived));
            form.started = Some(instant_form(session.started));
            form.finished = Some(instant_form(session.finished));
            form.stopped = session.stopped.as_deref().map(str::to_owned);
            form.room_ready = session.ready.as_ref().map(Stored::form);
            stored::Phase::Completed
        }
        State::Cancelled(cancellation) => {
            form.cancellation = Some(cancellation.form());
            stored::Phase::Cancelled
        }
        State::NoShow { at } => {
            form.no_show = Some(instant_form(*at));
            stored::Phase::NoShow
        }
    };
    form.phase = phase.into();
}

fn state_of(form: &stored::Appointment) -> Result<State, Bad> {
    let arrived = || instant("arrived", form.arrived);
    let started = || instant("started", form.started);
    Ok(match form.phase() {
        stored::Phase::Unspecified => return Err(Bad("phase")),
        stored::Phase::Booked => State::Booked,
        stored::Phase::Confirmed => State::Confirmed,
        stored::Phase::Arrived => State::Arrived {
            arrived: arrived()?,
        },
        stored::Phase::InSession => State::InSession {
            arrived: arrived()?,
            started: started()?,
        },
        stored::Phase::Completed => State::Completed(Box::new(Session {
            arrived: arrived()?,
            started: started()?,
            finished: instant("finished", form.finished)?,
            stopped: form.stopped.clone().map(Into::into),
            ready: form.room_ready.map(RoomReady::read).transpose()?,
        })),
        stored::Phase::Cancelled => {
            State::Cancelled(Box::new(part("cancellation", form.cancellation.clone())?))
        }
        stored::Phase::NoShow => State::NoShow {
            at: instant("no_show", form.no_show)?,
        },
    })
}

impl Stored for RoomReady {
    type Form = stored::RoomReady;

    fn form(&self) -> stored::RoomReady {
        stored::RoomReady {
            at: Some(instant_form(self.at)),
            late: self.late,
        }
    }

    fn read(form: stored::RoomReady) -> Result<Self, Bad> {
        Ok(Self {
            at: instant("at", form.at)?,
            late: form.late,
        })
    }
}

impl Stored for Cancellation {
    type Form = stored::Cancellation;

    fn form(&self) -> stored::Cancellation {
        let reason = match self.reason {
            CancelReason::ClientRequest => stored::CancelReason::ClientRequest,
            CancelReason::Illness => stored::CancelReason::Illness,
            CancelReason::Screening => stored::CancelReason::Screening,
            CancelReason::TherapistAbsent => stored::CancelReason::TherapistAbsent,
            CancelReason::RoomUnavailable => stored::CancelReason::RoomUnavailable,
            CancelReason::Weather => stored::CancelReason::Weather,
            CancelReason::Mistake => stored::CancelReason::Mistake,
            CancelReason::Other => stored::CancelReason::Other,
            CancelReason::Undone => stored::CancelReason::Undone,
        };
        stored::Cancellation {
            at: Some(instant_form(self.at)),
            by: self.by.number(),
            reason: reason.into(),
            note: self.note.as_ref().to_owned(),
            late: self.late,
        }
    }

    fn read(form: stored::Cancellation) -> Result<Self, Bad> {
        Ok(Self {
            reason: match form.reason() {
                stored::CancelReason::Unspecified => return Err(Bad("cancellation.reason")),
                stored::CancelReason::ClientRequest => CancelReason::ClientRequest,
                stored::CancelReason::Illness => CancelReason::Illness,
                stored::CancelReason::Screening => CancelReason::Screening,
                stored::CancelReason::TherapistAbsent => CancelReason::TherapistAbsent,
                stored::CancelReason::RoomUnavailable => CancelReason::RoomUnavailable,
                stored::CancelReason::Weather => CancelReason::Weather,
                stored::CancelReason::Mistake => CancelReason::Mistake,
                stored::CancelReason::Other => CancelReason::Other,
                stored::CancelReason::Undone => CancelReason::Undone,
            },
            at: instant("cancellation.at", form.at)?,
            by: KeyId::new(form.by),
            note: form.note.into(),
            late: form.late,
        })
    }
}

impl Stored for Review {
    type Form = stored::Review;

    fn form(&self) -> stored::Review {
        let decision = match self.decision {
            ReviewDecision::Proceed => stored::ReviewDecision::Proceed,
            ReviewDecision::Modify => stored::ReviewDecision::Modify,
            ReviewDecision::Decline => stored::ReviewDecision::Decline,
        };
        stored::Review {
            decision: decision.into(),
            note: self.note.clone(),
            by: self.by.number(),
            at: Some(instant_form(self.at)),
            declaration: self.declaration.map(DeclarationId::number),
            rule_set: self.rule_set.to_string(),
            version: self.version,
            reasons: forms(&self.reasons),
        }
    }

    fn read(form: stored::Review) -> Result<Self, Bad> {
        Ok(Self {
            decision: match form.decision() {
                stored::ReviewDecision::Unspecified => return Err(Bad("review.decision")),
                stored::ReviewDecision::Proceed => ReviewDecision::Proceed,
                stored::ReviewDecision::Modify => ReviewDecision::Modify,
                stored::ReviewDecision::Decline => ReviewDecision::Decline,
            },
            note: form.note,
            by: KeyId::new(form.by),
            at: instant("review.at", form.at)?,
            declaration: form.declaration.map(DeclarationId::new),
            rule_set: id("review.rule_set", &form.rule_set)?,
            version: form.version,
            reasons: list(form.reasons)?,
        })
    }
}

impl Stored for Reconfirmation {
    type Form = stored::Reconfirmation;

    fn form(&self) -> stored::Reconfirmation {
        stored::Reconfirmation {
            by: self.by.number(),
            at: Some(instant_form(self.at)),
            declaration: self.declaration.number(),
        }
    }

    fn read(form: stored::Reconfirmation) -> Result<Self, Bad> {
        Ok(Self {
            by: KeyId::new(form.by),
            at: instant("reconfirmed.at", form.at)?,
            declaration: DeclarationId::new(form.declaration),
        })
    }
}

impl Stored for Hold {
    type Form = stored::Hold;

    fn form(&self) -> stored::Hold {
        stored::Hold {
            id: self.id.number(),
            client: self.client.map(ClientId::number),
            slot: Some(self.slot.form()),
            moves: self.moves.map(AppointmentId::number),
            expires_at: Some(instant_form(self.expires_at)),
            made_by: self.made_by.number(),
        }
    }

    fn read(form: stored::Hold) -> Result<Self, Bad> {
        Ok(Self {
            id: HoldId::new(form.id),
            client: form.client.map(ClientId::new),
            slot: part("slot", form.slot)?,
            moves: form.moves.map(AppointmentId::new),
            expires_at: instant("expires_at", form.expires_at)?,
            made_by: KeyId::new(form.made_by),
        })
    }
}

impl Stored for Outage {
    type Form = stored::Outage;

    fn form(&self) -> stored::Outage {
        let target = match self.target {
            OutageTarget::Room => stored::OutageTarget::Room,
            OutageTarget::Bars => stored::OutageTarget::Bars,
        };
        stored::Outage {
            id: self.id.number(),
            site: self.site.to_string(),
            room: self.room.to_string(),
            target: target.into(),
            from: self.from.number(),
            until: self.until.map(Cell::number),
            reason: self.reason.clone(),
            opened_by: self.opened_by.number(),
            opened_at: Some(instant_form(self.opened_at)),
            closed: self.closed.map(|closing| stored::Done {
                by: closing.by.number(),
                at: Some(instant_form(closing.at)),
            }),
        }
    }

    fn read(form: stored::Outage) -> Result<Self, Bad> {
        Ok(Self {
            target: match form.target() {
                stored::OutageTarget::Unspecified => return Err(Bad("target")),
                stored::OutageTarget::Room => OutageTarget::Room,
                stored::OutageTarget::Bars => OutageTarget::Bars,
            },
            id: OutageId::new(form.id),
            site: id("site", &form.site)?,
            room: id("room", &form.room)?,
            from: cell("from", form.from)?,
            until: form.until.map(|until| cell("until", until)).transpose()?,
            reason: form.reason,
            opened_by: KeyId::new(form.opened_by),
            opened_at: instant("opened_at", form.opened_at)?,
            closed: form
                .closed
                .map(|closed| {
                    Ok::<_, Bad>(Closing {
                        by: KeyId::new(closed.by),
                        at: instant("closed.at", closed.at)?,
                    })
                })
                .transpose()?,
        })
    }
}

impl Stored for Turnover {
    type Form = stored::Turnover;

    fn form(&self) -> stored::Turnover {
        stored::Turnover {
            room: self.room.to_string(),
            site: self.site.to_string(),
            appointment: self.appointment.number(),
            since: Some(instant_form(self.since)),
            due: Some(instant_form(self.due)),
            items: forms(&self.items),
        }
    }

    fn read(form: stored::Turnover) -> Result<Self, Bad> {
        Ok(Self {
            room: id("room", &form.room)?,
            site: id("site", &form.site)?,
            appointment: AppointmentId::new(form.appointment),
            since: instant("since", form.since)?,
            due: instant("due", form.due)?,
            items: list(form.items)?,
        })
    }
}

impl Stored for TurnoverItem {
    type Form = stored::TurnoverItem;

    fn form(&self) -> stored::TurnoverItem {
        stored::TurnoverItem {
            id: self.id.to_string(),
            text: self.text.clone(),
            done: self.done.map(|done| stored::Done {
                by: done.by.number(),
                at: Some(instant_form(done.at)),
            }),
        }
    }

    fn read(form: stored::TurnoverItem) -> Result<Self, Bad> {
        Ok(Self {
            id: id("items.id", &form.id)?,
            text: form.text,
            done: form
                .done
                .map(|done| {
                    Ok::<_, Bad>(Done {
                        by: KeyId::new(done.by),
                        at: instant("items.done.at", done.at)?,
                    })
                })
                .transpose()?,
        })
    }
}
