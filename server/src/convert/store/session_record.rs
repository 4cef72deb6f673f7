//! What was done in a session, the guide by which it is noted, and what the client was told.

use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{AppointmentId, ClientId, KeyId};
use treadwell_clinic::model::{
    Addendum, Advice, AdviceItem, Aftercare, Area, Guide, Lasting, Level, Mark, Notes, Place,
    Pressure, SessionRecord, Sheet, SheetLine, Technique, Tender, Zone,
};

use super::catalog::{modality_form, modality_of};
use super::value::{
    forms, id, ids, instant, instant_form, instant_or_none, list, part, small, texts,
};
use super::{Bad, Stored};

impl Stored for SessionRecord {
    type Form = stored::SessionRecord;

    fn form(&self) -> stored::SessionRecord {
        stored::SessionRecord {
            appointment: self.appointment.number(),
            client: self.client.number(),
            site: self.site.to_string(),
            notes: Some(self.notes.form()),
            written: Some(self.written.form()),
            signed: self.signed.as_ref().map(Stored::form),
            addenda: forms(&self.addenda),
        }
    }

    fn read(form: stored::SessionRecord) -> Result<Self, Bad> {
        Ok(Self {
            appointment: AppointmentId::new(form.appointment),
            client: ClientId::new(form.client),
            site: id("site", &form.site)?,
            notes: part("notes", form.notes)?,
            written: part("written", form.written)?,
            signed: form.signed.map(Stored::read).transpose()?,
            addenda: list(form.addenda)?,
        })
    }
}

impl Stored for Mark {
    type Form = stored::Done;

    fn form(&self) -> stored::Done {
        stored::Done {
            by: self.by.number(),
            at: Some(instant_form(self.at)),
        }
    }

    fn read(form: stored::Done) -> Result<Self, Bad> {
        Ok(Self {
            by: KeyId::new(form.by),
            at: instant("at", form.at)?,
        })
    }
}

impl Stored for Addendum {
    type Form = stored::Addendum;

    fn form(&self) -> stored::Addendum {
        stored::Addendum {
            text: self.text.clone(),
            mark: Some(self.mark.form()),
        }
    }

    fn read(form: stored::Addendum) -> Result<Self, Bad> {
        Ok(Self {
            text: form.text,
            mark: part("addenda.mark", form.mark)?,
        })
    }
}

impl Stored for Notes {
    type Form = stored::SessionNotes;

    fn form(&self) -> stored::SessionNotes {
        stored::SessionNotes {
            pressure: forms(&self.pressure),
            techniques: texts(&self.techniques),
            areas: texts(&self.areas),
            zones: texts(&self.zones),
            tender: forms(&self.tender),
            feedback: self.feedback.clone(),
            modifications: self.modifications.clone(),
            referral: self.referral.clone(),
        }
    }

    fn read(form: stored::SessionNotes) -> Result<Self, Bad> {
        Ok(Self {
            pressure: list(form.pressure)?,
            techniques: ids("notes.techniques", &form.techniques)?,
            areas: ids("notes.areas", &form.areas)?,
            zones: ids("notes.zones", &form.zones)?,
            tender: list(form.tender)?,
            feedback: form.feedback,
            modifications: form.modifications,
            referral: form.referral,
        })
    }
}

impl Stored for Pressure {
    type Form = stored::Pressure;

    fn form(&self) -> stored::Pressure {
        stored::Pressure {
            area: self.area.to_string(),
            began: self.began.get().into(),
            ended: self.ended.get().into(),
            change: self.change.clone(),
        }
    }

    fn read(form: stored::Pressure) -> Result<Self, Bad> {
        Ok(Self {
            area: id("notes.pressure.area", &form.area)?,
            began: level("notes.pressure.began", form.began)?,
            ended: level("notes.pressure.ended", form.ended)?,
            change: form.change,
        })
    }
}

fn level(field: &'static str, number: u32) -> Result<Level, Bad> {
    let number = u8::try_from(number).ok();
    number.and_then(Level::new).ok_or(Bad(field))
}

impl Stored for Tender {
    type Form = stored::Tender;

    fn form(&self) -> stored::Tender {
        use stored::tender::Place as Form;
        stored::Tender {
            place: Some(match self.place {
                Place::Area(id) => Form::Area(id.to_string()),
                Place::Zone(id) => Form::Zone(id.to_string()),
            }),
            note: self.note.clone(),
        }
    }

    fn read(form: stored::Tender) -> Result<Self, Bad> {
        use stored::tender::Place as Form;
        Ok(Self {
            place: match form.place {
                Some(Form::Area(area)) => Place::Area(id("notes.tender.area", &area)?),
                Some(Form::Zone(zone)) => Place::Zone(id("notes.tender.zone", &zone)?),
                None => return Err(Bad("notes.tender.place")),
            },
            note: form.note,
        })
    }
}

impl Stored for Aftercare {
    type Form = stored::Aftercare;

    fn form(&self) -> stored::Aftercare {
        stored::Aftercare {
            appointment: self.appointment.number(),
            client: self.client.number(),
            site: self.site.to_string(),
            service: self.sheet.service.to_string(),
            therapist: self.sheet.therapist.to_string(),
            finished: Some(instant_form(self.sheet.finished)),
            lines: forms(&self.sheet.lines),
            issued: forms(&self.issued),
        }
    }

    fn read(form: stored::Aftercare) -> Result<Self, Bad> {
        Ok(Self {
            appointment: AppointmentId::new(form.appointment),
            client: ClientId::new(form.client),
            site: id("site", &form.site)?,
            sheet: Sheet {
                service: id("service", &form.service)?,
                therapist: id("therapist", &form.therapist)?,
                finished: instant("finished", form.finished)?,
                lines: list(form.lines)?,
            },
            issued: list(form.issued)?,
        })
    }
}

impl Stored for SheetLine {
    type Form = stored::SheetLine;

    fn form(&self) -> stored::SheetLine {
        stored::SheetLine {
            text: self.text.clone(),
            until: self.until.map(instant_form),
        }
    }

    fn read(form: stored::SheetLine) -> Result<Self, Bad> {
        Ok(Self {
            text: form.text,
            until: instant_or_none("lines.until", form.until)?,
        })
    }
}

impl Stored for Guide {
    type Form = stored::Guide;

    fn form(&self) -> stored::Guide {
        stored::Guide {
            pressure: self.pressure.to_vec(),
            techniques: forms(&self.techniques),
            areas: forms(&self.areas),
            zones: forms(&self.zones),
            foot: self.foot.clone(),
            advice: forms(&self.advice),
        }
    }

    fn read(form: stored::Guide) -> Result<Self, Bad> {
        let pressure = form.pressure.try_into();
        Ok(Self {
            pressure: pressure.map_err(|_| Bad("guide.pressure"))?,
            techniques: list(form.techniques)?,
            areas: list(form.areas)?,
            zones: list(form.zones)?,
            foot: form.foot,
            advice: list(form.advice)?,
        })
    }
}

impl Stored for Technique {
    type Form = stored::GuideEntry;

    fn form(&self) -> stored::GuideEntry {
        entry(self.id.as_str(), &self.name, "")
    }

    fn read(form: stored::GuideEntry) -> Result<Self, Bad> {
        Ok(Self {
            id: id("guide.techniques.id", &form.id)?,
            name: form.name,
        })
    }
}

impl Stored for Area {
    type Form = stored::GuideEntry;

    fn form(&self) -> stored::GuideEntry {
        entry(self.id.as_str(), &self.name, "")
    }

    fn read(form: stored::GuideEntry) -> Result<Self, Bad> {
        Ok(Self {
            id: id("guide.areas.id", &form.id)?,
            name: form.name,
        })
    }
}

impl Stored for Zone {
    type Form = stored::GuideEntry;

    fn form(&self) -> stored::GuideEntry {
        entry(self.id.as_str(), &self.name, &self.reflex)
    }

    fn read(form: stored::GuideEntry) -> Result<Self, Bad> {
        Ok(Self {
            id: id("guide.zones.id", &form.id)?,
            name: form.name,
            reflex: form.reflex,
        })
    }
}

fn entry(id: &str, name: &str, reflex: &str) -> stored::GuideEntry {
    stored::GuideEntry {
        id: id.to_owned(),
        name: name.to_owned(),
        reflex: reflex.to_owned(),
    }
}

impl Stored for Advice {
    type Form = stored::Advice;

    fn form(&self) -> stored::Advice {
        stored::Advice {
            modality: modality_form(self.modality).into(),
            source: self.source.clone(),
            items: forms(&self.items),
        }
    }

    fn read(form: stored::Advice) -> Result<Self, Bad> {
        Ok(Self {
            modality: modality_of(form.modality())?,
            source: form.source,
            items: list(form.items)?,
        })
    }
}

impl Stored for AdviceItem {
    type Form = stored::AdviceItem;

    fn form(&self) -> stored::AdviceItem {
        use stored::advice_item::Lasting as Form;
        stored::AdviceItem {
            text: self.text.clone(),
            lasting: Some(match self.lasting {
                Lasting::Open => Form::Open(true),
                Lasting::Hours(hours) => Form::Hours(hours.into()),
                Lasting::Midnight => Form::Midnight(true),
            }),
        }
    }

    fn read(form: stored::AdviceItem) -> Result<Self, Bad> {
        use stored::advice_item::Lasting as Form;
        let lasting = "guide.advice.items.lasting";
        Ok(Self {
            text: form.text,
            lasting: match form.lasting {
                Some(Form::Open(true)) => Lasting::Open,
                Some(Form::Hours(hours)) => Lasting::Hours(small(lasting, hours)?),
                Some(Form::Midnight(true)) => Lasting::Midnight,
                Some(Form::Open(false) | Form::Midnight(false)) | None => return Err(Bad(lasting)),
            },
        })
    }
}
