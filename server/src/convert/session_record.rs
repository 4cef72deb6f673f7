//! Notes on sessions.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Revision;
use treadwell_clinic::id::KeyId;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Level, Mark, Notes, Place, Pressure, SessionRecord, State, Tender};

use super::fields::Fields;
use super::guide::each;
use super::values;
use crate::access::HealthRead;

/// Reads notes. Whether the guide has what they name is judged by the clinic.
pub fn read_notes(notes: &v1::SessionNotes, f: &mut Fields<'_>) -> Option<Notes> {
    let most = limits::GUIDE_ENTRIES;
    let pressure = each(f, "pressure", &notes.pressure, most, read_pressure);
    let techniques = f.ids("technique_ids", &notes.technique_ids, most);
    let areas = f.ids("area_ids", &notes.area_ids, most);
    let zones = f.ids("zone_ids", &notes.zone_ids, most);
    let tender = each(f, "tender", &notes.tender, most, read_tender);
    let text = 0..=limits::SESSION_TEXT_CHARS;
    let feedback = f.note("feedback", &notes.feedback, text.clone());
    let modifications = f.note("modifications", &notes.modifications, text.clone());
    let referral = f.note("referral", &notes.referral, text);
    Some(Notes {
        pressure: pressure?,
        techniques: techniques?,
        areas: areas?,
        zones: zones?,
        tender: tender?,
        feedback: feedback?,
        modifications: modifications?,
        referral: referral?,
    })
}

fn read_pressure(pressure: &v1::AreaPressure, f: &mut Fields<'_>) -> Option<Pressure> {
    let area = f.id("area_id", &pressure.area_id);
    let range = i64::from(Level::MIN)..=i64::from(Level::MAX);
    let began = f.number("began", pressure.began, range.clone());
    let ended = if pressure.ended == 0 {
        began
    } else {
        f.number("ended", pressure.ended, range)
    };
    let change = f.text("change", &pressure.change, 0..=limits::REASON_CHARS);
    Some(Pressure {
        area: area?,
        began: Level::new(began?)?,
        ended: Level::new(ended?)?,
        change: change?,
    })
}

fn read_tender(tender: &v1::TenderPlace, f: &mut Fields<'_>) -> Option<Tender> {
    use v1::tender_place::Place as Form;
    let place = match &tender.place {
        Some(Form::AreaId(id)) => f.id("area_id", id).map(Place::Area),
        Some(Form::ZoneId(id)) => f.id("zone_id", id).map(Place::Zone),
        None => f.wrong("place", "must be set: an area or a zone"),
    };
    let note = f.text("note", &tender.note, 0..=limits::REASON_CHARS);
    Some(Tender {
        place: place?,
        note: note?,
    })
}

/// Shows that there are notes, and where they stand, without what they say: a watch is not audited.
pub fn show(record: &SessionRecord, revision: Revision, clinic: &Clinic) -> v1::SessionRecord {
    let appointment = clinic.appointment(record.appointment);
    let slot = appointment.map(|appointment| &appointment.slot);
    let started = appointment.and_then(|appointment| match &appointment.state {
        State::InSession { started, .. } => Some(*started),
        State::Completed(session) => Some(session.started),
        _ => None,
    });
    let (signed_by, signed_by_name, signed_at) = signature(record.signed.as_ref(), clinic);
    v1::SessionRecord {
        appointment_id: record.appointment.to_string(),
        client_id: record.client.to_string(),
        site_id: record.site.to_string(),
        service_id: slot.map(|it| it.service.to_string()).unwrap_or_default(),
        therapist_id: slot.map(|it| it.therapist.to_string()).unwrap_or_default(),
        started_at: started.map(values::instant),
        notes: None,
        written_by: record.written.by.to_string(),
        written_at: Some(values::instant(record.written.at)),
        signed_by,
        signed_by_name,
        signed_at,
        addenda: Vec::new(),
        addenda_count: i32::try_from(record.addenda.len()).unwrap_or(i32::MAX),
        etag: values::etag(revision),
    }
}

/// Shows the notes whole, which only a read that is in the audit trail may.
pub fn show_whole(
    record: &SessionRecord,
    revision: Revision,
    clinic: &Clinic,
    _read: &HealthRead,
) -> v1::SessionRecord {
    v1::SessionRecord {
        notes: Some(show_notes(&record.notes)),
        addenda: record
            .addenda
            .iter()
            .map(|addendum| {
                let (signed_by, signed_by_name, signed_at) =
                    signature(Some(&addendum.mark), clinic);
                v1::Addendum {
                    text: addendum.text.clone(),
                    signed_by,
                    signed_by_name,
                    signed_at,
                }
            })
            .collect(),
        ..show(record, revision, clinic)
    }
}

/// Who signed, whom that key names, and when.
fn signature(
    mark: Option<&Mark>,
    clinic: &Clinic,
) -> (String, String, Option<prost_types::Timestamp>) {
    mark.map_or_else(Default::default, |mark| {
        (
            mark.by.to_string(),
            key_name(mark.by, clinic),
            Some(values::instant(mark.at)),
        )
    })
}

/// Whom a key names.
pub fn key_name(key: KeyId, clinic: &Clinic) -> String {
    clinic
        .key(key)
        .map(|key| key.name.clone())
        .unwrap_or_default()
}

fn show_notes(notes: &Notes) -> v1::SessionNotes {
    use v1::tender_place::Place as Form;
    fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    }
    v1::SessionNotes {
        pressure: notes
            .pressure
            .iter()
            .map(|one| v1::AreaPressure {
                area_id: one.area.to_string(),
                began: one.began.get().into(),
                ended: one.ended.get().into(),
                change: one.change.clone(),
            })
            .collect(),
        technique_ids: texts(&notes.techniques),
        area_ids: texts(&notes.areas),
        zone_ids: texts(&notes.zones),
        tender: notes
            .tender
            .iter()
            .map(|one| v1::TenderPlace {
                place: Some(match one.place {
                    Place::Area(id) => Form::AreaId(id.to_string()),
                    Place::Zone(id) => Form::ZoneId(id.to_string()),
                }),
                note: one.note.clone(),
            })
            .collect(),
        feedback: notes.feedback.clone(),
        modifications: notes.modifications.clone(),
        referral: notes.referral.clone(),
    }
}
