//! A therapist's hours: a shift set or removed, time off entered or ended. Whom it hits is shown before it is done.

use treadwell_api::v1;

use super::{
    ask::{self, Ask},
    drafts,
    form::{self, Form, Kind, text},
};
use crate::{
    hours,
    tui::{
        call::{Answer, Call},
        event::{Effect, Purpose},
        keys::Command,
        model::Model,
        time, visit, words,
    },
    when,
};

/// The most appointments that are named in the question.
const NAMED: usize = 8;

/// Opens the hours of a shift; one without id and end is new.
pub(crate) fn open_shift(model: &mut Model, shift: v1::Shift) -> Vec<Effect> {
    let zone = model.zone(&shift.site_id);
    let start = shift.start.as_ref().map(time::instant).unwrap_or_default();
    let known = if shift.end.is_some() {
        let mut all = vec![hours::clocks(
            shift.start.as_ref(),
            shift.end.as_ref(),
            &zone,
        )];
        let breaks = shift.breaks.iter();
        all.extend(breaks.map(|it| hours::clocks(it.start.as_ref(), it.end.as_ref(), &zone)));
        all.join("/")
    } else {
        String::new()
    };
    let who = model.therapist_name(&shift.therapist_id);
    let day = time::day(start.to_zoned(zone).date());
    let mut lines = vec![format!("{who}, {day}, {}", model.site_name(&shift.site_id))];
    if !shift.template_id.is_empty() {
        lines.push("It comes from a week; changed here it stands by itself.".to_owned());
    }
    let kind = Kind::Shift(Box::new(shift));
    let mut form = Form::new("Hours", lines, vec![text("hours", &known)], kind);
    form.hints = vec!["9:00-17:00, or with breaks 9-17/12:00-12:30/15:00-15:15".to_owned()];
    form::open(model, form)
}

/// The call that sets the hours of a shift.
pub(super) fn shift(model: &Model, form: &Form, shift: &v1::Shift) -> Result<Call, String> {
    let zone = model.zone(&shift.site_id);
    let day = shift.start.as_ref().map(time::instant).unwrap_or_default();
    let (start, end, breaks) = hours::shift(form.text(0), &day.to_zoned(zone))?;
    let call = v1::PutShiftRequest {
        write: Some(v1::WriteOptions {
            etag: shift.etag.clone(),
            ..v1::WriteOptions::default()
        }),
        shift: Some(v1::Shift {
            start: Some(time::wire(start)),
            end: Some(time::wire(end)),
            breaks,
            ..shift.clone()
        }),
    };
    Ok(call.into())
}

/// Opens new time off of a therapist, from a day on.
pub(crate) fn open_time_off(
    model: &mut Model,
    therapist_id: &str,
    day: jiff::civil::Date,
) -> Vec<Effect> {
    let lines = vec![
        model.therapist_name(therapist_id),
        "At no site; the shifts stay for the time after it.".to_owned(),
    ];
    let day = day.to_string();
    let fields = vec![text("from", &day), text("until", &day), text("why", "")];
    let kind = Kind::TimeOff(therapist_id.to_owned());
    let mut form = Form::new("Time off", lines, fields, kind);
    form.hints = vec![
        "a day, or a day and a time: fri, fri 12:00, 2026-12-24".to_owned(),
        "the last day of it, or a day and a time".to_owned(),
        "shown only to those who run the clinic".to_owned(),
    ];
    form::open(model, form)
}

/// The call that enters time off.
pub(super) fn time_off(model: &Model, form: &Form, therapist_id: &str) -> Result<Call, String> {
    let now = time::zoned(model.now(), &model.home_zone());
    let from = when::from(form.text(0), &now).map_err(|problem| problem.to_string())?;
    let until = when::until(form.text(1), &now).map_err(|problem| problem.to_string())?;
    if until <= from {
        return Err("Until: a day or time after the beginning.".to_owned());
    }
    let call = v1::PutTimeOffRequest {
        write: None,
        time_off: Some(v1::TimeOff {
            therapist_id: therapist_id.to_owned(),
            start: Some(time::wire(time::this_mark(from))),
            end: Some(time::wire(until)),
            reason: form.text(2).to_owned(),
            ..v1::TimeOff::default()
        }),
    };
    Ok(call.into())
}

/// Asks whom the removal of a shift would hit.
pub(crate) fn remove_shift(model: &mut Model, shift: &v1::Shift) -> Vec<Effect> {
    let call = v1::RemoveShiftRequest {
        write: Some(v1::WriteOptions {
            etag: shift.etag.clone(),
            ..v1::WriteOptions::default()
        }),
        shift_id: shift.id.clone(),
    };
    let effects = model.write(Purpose::RosterPreview, Call::from(call).dry());
    if !effects.is_empty() {
        model.pending = Some((Command::RemoveShift, shift.id.clone()));
    }
    effects
}

/// Asks before time off ends: nobody is hit by that.
pub(crate) fn end_time_off(model: &mut Model, off: &v1::TimeOff) -> Vec<Effect> {
    let lines = vec![
        off_words(model, off),
        "End it? The shifts of that time hold again.".to_owned(),
    ];
    let call = v1::RemoveTimeOffRequest {
        write: Some(v1::WriteOptions {
            etag: off.etag.clone(),
            ..v1::WriteOptions::default()
        }),
        time_off_id: off.id.clone(),
    };
    ask::open(model, Ask::send("No time off", lines, Purpose::Act, call))
}

/// `Chen, Thu 15 Oct 00:00 to Fri 16 Oct 24:00: vacation`.
pub(crate) fn off_words(model: &Model, off: &v1::TimeOff) -> String {
    let zone = model.home_zone();
    let at = |wire: Option<&prost_types::Timestamp>| {
        wire.map(|wire| time::day_and_clock(time::instant(wire), &zone))
            .unwrap_or_default()
    };
    let why = if off.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", off.reason)
    };
    format!(
        "{} is off {} to {}{why}",
        model.therapist_name(&off.therapist_id),
        at(off.start.as_ref()),
        at(off.end.as_ref())
    )
}

/// What a change would hit is known: really?
pub(crate) fn previewed(model: &mut Model, asked: Call, answer: &Answer) -> Vec<Effect> {
    let topic = drafts::set_aside(model, Purpose::RosterPreview);
    let awaited = match &asked {
        Call::RemoveShift(asked) => super::awaited(model, Command::RemoveShift, &asked.shift_id),
        _ => topic.is_some(),
    };
    if !awaited {
        return Vec::new();
    }
    let asked = asked.meant();
    let (title, what) = match &asked {
        Call::PutShift(asked) => ("Hours", shift_words(model, asked.shift.as_ref())),
        Call::PutTimeOff(asked) => {
            let off = asked.time_off.clone().unwrap_or_default();
            ("Time off", off_words(model, &off))
        }
        other => super::week::words(model, other)
            .unwrap_or_else(|| ("No shift", "Remove this shift".to_owned())),
    };
    let (ids, shown) = hit(answer);
    let mut lines = vec![format!("{what}.")];
    if ids.is_empty() {
        lines.push("It hits no appointment.".to_owned());
    } else {
        lines.push(format!(
            "{} would have to be moved; they are flagged, not cancelled:",
            words::count(ids.len(), "appointment")
        ));
        let named = shown.iter().take(NAMED);
        lines.extend(named.map(|visit| visit::words(model, visit)));
        if ids.len() > shown.len().min(NAMED) {
            let more = ids.len() - shown.len().min(NAMED);
            lines.push(format!("and {more} more"));
        }
    }
    if let Answer::PutWeekTemplate(answer) = answer
        && let Some(first) = answer.left_out.first()
    {
        let days = words::count(answer.left_out.len(), "day");
        let date = first.date.as_ref().map(time::iso).unwrap_or_default();
        lines.push(format!("{days} left out for another shift, first {date}."));
    }
    let mut ask = Ask::send(title, lines, Purpose::Act, asked);
    ask.form = topic;
    ask::open(model, ask)
}

fn shift_words(model: &Model, shift: Option<&v1::Shift>) -> String {
    let shift = shift.cloned().unwrap_or_default();
    let zone = model.zone(&shift.site_id);
    let start = shift.start.as_ref().map(time::instant).unwrap_or_default();
    format!(
        "{}, {} {}, {}",
        model.therapist_name(&shift.therapist_id),
        time::day(start.to_zoned(zone.clone()).date()),
        hours::clocks(shift.start.as_ref(), shift.end.as_ref(), &zone),
        model.site_name(&shift.site_id)
    )
}

fn hit(answer: &Answer) -> (&[String], &[v1::Appointment]) {
    match answer {
        Answer::PutShift(it) => (&it.affected_appointment_ids, &it.affected_appointments),
        Answer::RemoveShift(it) => (&it.affected_appointment_ids, &it.affected_appointments),
        Answer::PutTimeOff(it) => (&it.affected_appointment_ids, &it.affected_appointments),
        Answer::PutWeekTemplate(it) => (&it.affected_appointment_ids, &it.affected_appointments),
        Answer::RemoveWeekTemplate(it) => (&it.affected_appointment_ids, &it.affected_appointments),
        Answer::PutSite(it) => (&it.affected_appointment_ids, &[]),
        _ => (&[], &[]),
    }
}

/// A change of the roster was made: what to say about it.
pub(crate) fn done(model: &mut Model, answer: &Answer) {
    let what = match answer {
        Answer::PutShift(_) => "The shift is set.",
        Answer::RemoveShift(_) => "The shift is removed.",
        Answer::PutTimeOff(_) => "Time off is entered.",
        Answer::PutWeekTemplate(_) => "The week is set.",
        Answer::RemoveWeekTemplate(_) => "The week is removed.",
        Answer::PutSite(_) => "The closed days are set.",
        _ => "The time off is ended.",
    };
    let (ids, _) = hit(answer);
    let text = match ids.len() {
        0 => what.to_owned(),
        hit => {
            let hit = words::count(hit, "appointment");
            format!("{what} {hit} to be moved; see NEEDS YOU.")
        }
    };
    model.say(text);
}
