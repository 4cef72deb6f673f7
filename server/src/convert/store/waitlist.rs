//! The waitlist.

use jiff::civil::Weekday;
use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{AppointmentId, ClientId, HoldId, KeyId, WaitlistId};
use treadwell_clinic::model::{
    Contact, Freed, Offer, Passed, PassedOver, WaitState, WaitlistEntry, WaitlistWindow, Wanted,
    WantedTherapist, Weekdays,
};

use super::catalog::{time, time_form};
use super::value::{
    date, date_form, forms, id, id_or_none, ids, instant, instant_form, instant_or_none, interval,
    list, part, texts,
};
use super::{Bad, Stored};

impl Stored for WaitlistEntry {
    type Form = stored::WaitlistEntry;

    fn form(&self) -> stored::WaitlistEntry {
        let wanted = &self.wanted;
        let mut form = stored::WaitlistEntry {
            id: self.id.number(),
            client: self.client.number(),
            service: wanted.service.to_string(),
            extensions: texts(&wanted.extensions),
            sites: texts(&wanted.sites),
            windows: forms(&wanted.windows),
            therapist: wanted.therapist.named().map(|id| id.to_string()),
            therapist_only: wanted.therapist.only().is_some(),
            note: wanted.note.clone(),
            since: Some(instant_form(self.since)),
            by: self.by.number(),
            passed: forms(&self.passed),
            ..stored::WaitlistEntry::default()
        };
        let phase = match &self.state {
            WaitState::Waiting => stored::WaitlistPhase::Waiting,
            WaitState::Offered(offer) => {
                form.offer = Some(offer.form());
                stored::WaitlistPhase::Offered
            }
            WaitState::Booked { appointment, at } => {
                form.appointment = appointment.number();
                form.ended = Some(instant_form(*at));
                stored::WaitlistPhase::Booked
            }
            WaitState::Withdrawn { at, by } => {
                form.ended = Some(instant_form(*at));
                form.ended_by = by.number();
                stored::WaitlistPhase::Withdrawn
            }
        };
        form.phase = phase.into();
        form
    }

    fn read(form: stored::WaitlistEntry) -> Result<Self, Bad> {
        let phase = form.phase();
        let therapist = id_or_none("therapist", form.therapist.as_deref())?;
        Ok(Self {
            id: WaitlistId::new(form.id),
            client: ClientId::new(form.client),
            wanted: Wanted {
                service: id("service", &form.service)?,
                extensions: ids("extensions", &form.extensions)?,
                sites: ids("sites", &form.sites)?,
                windows: list(form.windows)?,
                therapist: match therapist {
                    None => WantedTherapist::Anyone,
                    Some(id) if form.therapist_only => WantedTherapist::Only(id),
                    Some(id) => WantedTherapist::Preferred(id),
                },
                note: form.note,
            },
            since: instant("since", form.since)?,
            by: KeyId::new(form.by),
            state: match phase {
                stored::WaitlistPhase::Unspecified => return Err(Bad("phase")),
                stored::WaitlistPhase::Waiting => WaitState::Waiting,
                stored::WaitlistPhase::Offered => {
                    WaitState::Offered(Box::new(part("offer", form.offer)?))
                }
                stored::WaitlistPhase::Booked => WaitState::Booked {
                    appointment: AppointmentId::new(form.appointment),
                    at: instant("ended", form.ended)?,
                },
                stored::WaitlistPhase::Withdrawn => WaitState::Withdrawn {
                    at: instant("ended", form.ended)?,
                    by: KeyId::new(form.ended_by),
                },
            },
            passed: list(form.passed)?,
        })
    }
}

impl Stored for WaitlistWindow {
    type Form = stored::WaitlistWindow;

    fn form(&self) -> stored::WaitlistWindow {
        let day = |day: Weekday| day.to_monday_one_offset().unsigned_abs().into();
        stored::WaitlistWindow {
            first: self.first.map(date_form),
            last: self.last.map(date_form),
            weekdays: self.days.iter().map(day).collect(),
            from: time_form(self.from),
            until: time_form(self.until),
        }
    }

    fn read(form: stored::WaitlistWindow) -> Result<Self, Bad> {
        let day = |&day: &u32| {
            let number = i8::try_from(day).map_err(|_| Bad("windows.weekdays"))?;
            Weekday::from_monday_one_offset(number).map_err(|_| Bad("windows.weekdays"))
        };
        let days: Vec<_> = form.weekdays.iter().map(day).collect::<Result<_, _>>()?;
        Ok(Self {
            first: form
                .first
                .map(|number| date("windows.first", number))
                .transpose()?,
            last: form
                .last
                .map(|number| date("windows.last", number))
                .transpose()?,
            days: Weekdays::of(days),
            from: time("windows.from", form.from)?,
            until: time("windows.until", form.until)?,
        })
    }
}

impl Stored for Offer {
    type Form = stored::WaitlistOffer;

    fn form(&self) -> stored::WaitlistOffer {
        stored::WaitlistOffer {
            hold: self.hold.number(),
            slot: Some(self.slot.form()),
            at: Some(instant_form(self.at)),
            by: self.by.number(),
            expires_at: Some(instant_form(self.expires_at)),
            contacted_at: self.contact.map(|contact| instant_form(contact.at)),
            contacted_by: self.contact.map_or(0, |contact| contact.by.number()),
            rest: forms(&self.rest),
        }
    }

    fn read(form: stored::WaitlistOffer) -> Result<Self, Bad> {
        let contacted = instant_or_none("offer.contacted_at", form.contacted_at)?;
        Ok(Self {
            hold: HoldId::new(form.hold),
            slot: part("offer.slot", form.slot)?,
            at: instant("offer.at", form.at)?,
            by: KeyId::new(form.by),
            expires_at: instant("offer.expires_at", form.expires_at)?,
            contact: contacted.map(|at| Contact {
                at,
                by: KeyId::new(form.contacted_by),
            }),
            rest: list(form.rest)?,
        })
    }
}

impl Stored for Freed {
    type Form = stored::FreedPlace;

    fn form(&self) -> stored::FreedPlace {
        stored::FreedPlace {
            site: self.site.to_string(),
            time: Some(self.time.form()),
            room: self.room.map(|id| id.to_string()),
            therapist: self.therapist.map(|id| id.to_string()),
        }
    }

    fn read(form: stored::FreedPlace) -> Result<Self, Bad> {
        Ok(Self {
            site: id("rest.site", &form.site)?,
            time: part("rest.time", form.time)?,
            room: id_or_none("rest.room", form.room.as_deref())?,
            therapist: id_or_none("rest.therapist", form.therapist.as_deref())?,
        })
    }
}

impl Stored for Passed {
    type Form = stored::PassedPlace;

    fn form(&self) -> stored::PassedPlace {
        let how = match self.how {
            PassedOver::Declined => stored::PassedOver::Declined,
            PassedOver::Lapsed => stored::PassedOver::Lapsed,
            PassedOver::Released => stored::PassedOver::Released,
        };
        stored::PassedPlace {
            site: self.site.to_string(),
            therapist: self.therapist.to_string(),
            start: self.time.start().number(),
            end: self.time.end().number(),
            how: how.into(),
            at: Some(instant_form(self.at)),
        }
    }

    fn read(form: stored::PassedPlace) -> Result<Self, Bad> {
        Ok(Self {
            how: match form.how() {
                stored::PassedOver::Unspecified => return Err(Bad("passed.how")),
                stored::PassedOver::Declined => PassedOver::Declined,
                stored::PassedOver::Lapsed => PassedOver::Lapsed,
                stored::PassedOver::Released => PassedOver::Released,
            },
            site: id("passed.site", &form.site)?,
            therapist: id("passed.therapist", &form.therapist)?,
            time: interval("passed.end", form.start, form.end)?,
            at: instant("passed.at", form.at)?,
        })
    }
}
