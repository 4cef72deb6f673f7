//! What an undo takes back, in words for the desk.

use treadwell_clinic::model::{
    Appointment, Change, ERASED, Outage, OutageTarget, Record, Shift, Slot,
};
use treadwell_clinic::{Clinic, CommandKind};

use super::values;
use super::words::Words;
use crate::access::View;

/// What an undo of an operation of `kind` takes back, by what it `changes`: the thing as it was until then, with names
/// and the site's own clock, such as `finished checklist of H3`. Empty when nothing changes.
pub fn show(kind: CommandKind, changes: &[Change], clinic: &Clinic, view: &View) -> String {
    let what = match kind {
        CommandKind::Book | CommandKind::BookSeries => "booking",
        CommandKind::ImportAppointments => "import",
        CommandKind::Move | CommandKind::MoveSeries => "move",
        CommandKind::ApplyRepair => "repair",
        CommandKind::Cancel | CommandKind::CancelSeries => "cancellation",
        CommandKind::NoShow => "no-show",
        CommandKind::Confirm => "confirmation",
        CommandKind::CheckIn => "check-in",
        CommandKind::Reconfirm => "re-confirmation",
        CommandKind::Start => "start of the session",
        CommandKind::Extend => "longer session",
        CommandKind::Finish => "end of the session",
        CommandKind::ReviewScreening => "review",
        CommandKind::Hold => "hold",
        CommandKind::ReleaseHold => "release of the hold",
        CommandKind::CompleteItems => "ticks on the checklist",
        CommandKind::CompleteTurnover => "finished checklist",
        CommandKind::OpenOutage => "outage",
        CommandKind::CloseOutage => "end of the outage",
        CommandKind::PutTemplate => "change of the week",
        CommandKind::RemoveTemplate => "removal of the week",
        CommandKind::PutAbsence => "change of the time off",
        CommandKind::RemoveAbsence => "end of the time off",
        CommandKind::PutShifts => "change of the shift",
        CommandKind::RemoveShift => "removal of the shift",
        CommandKind::AttestFootCare => "foot care",
        CommandKind::Renew => "renewal",
        CommandKind::PutTraining => "training",
        CommandKind::RemoveTraining => "removal of the training",
        CommandKind::UpdateClient => "change of the client",
        CommandKind::MoveStock => "movement",
        CommandKind::TakeStock => "count",
        CommandKind::RecordOwnItems => "own items",
        other => other.as_str(),
    };
    let names = Names {
        words: Words(clinic),
        clinic,
        view,
    };
    let mut told = changes
        .iter()
        .filter_map(|change| change.before().or(change.after()))
        .filter(|record| is_about(kind, record))
        .filter_map(|record| names.record(record));
    let Some(first) = told.next() else {
        return String::new();
    };
    match told.count() {
        0 => format!("{what} of {first}"),
        more => format!("{what} of {first}, and {more} more"),
    }
}

/// Whether it is this kind of record that an operation is about, and not one that changes with it.
fn is_about(kind: CommandKind, record: &Record) -> bool {
    match kind {
        CommandKind::CompleteItems | CommandKind::CompleteTurnover => {
            matches!(record, Record::Turnover(_))
        }
        CommandKind::Hold | CommandKind::ReleaseHold => matches!(record, Record::Hold(_)),
        CommandKind::ApplyRepair => matches!(record, Record::Appointment(_) | Record::Hold(_)),
        CommandKind::OpenOutage | CommandKind::CloseOutage => matches!(record, Record::Outage(_)),
        CommandKind::PutShifts | CommandKind::RemoveShift => matches!(record, Record::Shift(_)),
        CommandKind::PutTemplate | CommandKind::RemoveTemplate => {
            matches!(record, Record::WeekTemplate(_))
        }
        CommandKind::PutAbsence | CommandKind::RemoveAbsence => {
            matches!(record, Record::Absence(_))
        }
        CommandKind::AttestFootCare => matches!(record, Record::FootCare(_)),
        CommandKind::Renew => matches!(record, Record::Therapist(_)),
        CommandKind::PutTraining | CommandKind::RemoveTraining => {
            matches!(record, Record::Training(_))
        }
        CommandKind::UpdateClient => matches!(record, Record::Client(_)),
        CommandKind::MoveStock | CommandKind::TakeStock => {
            matches!(record, Record::StockMovement(_))
        }
        CommandKind::RecordOwnItems => matches!(record, Record::Hygiene(_)),
        _ => matches!(record, Record::Appointment(_)),
    }
}

struct Names<'a> {
    words: Words<'a>,
    clinic: &'a Clinic,
    view: &'a View,
}

impl Names<'_> {
    fn record(&self, record: &Record) -> Option<String> {
        Some(match record {
            Record::Appointment(it) => self.appointment(it),
            Record::Hold(it) => self.slot(&it.slot),
            Record::Turnover(it) => self.words.room(it.room),
            Record::Outage(it) => self.outage(it),
            Record::Shift(it) => self.shift(it),
            Record::WeekTemplate(it) => self.words.therapist(it.therapist),
            Record::Absence(it) => self.words.therapist(it.therapist),
            Record::FootCare(it) => {
                format!("{} for {}", self.words.therapist(it.therapist), it.date)
            }
            Record::Therapist(it) => self.words.therapist(it.id),
            Record::Training(it) => it.what.title.clone(),
            Record::Client(it) => self.client(&it.name),
            Record::StockMovement(it) => format!(
                "{} at {}",
                self.words.stock_item(it.site, it.item),
                self.words.site(it.site)
            ),
            Record::Hygiene(it) => format!(
                "{} in {}",
                self.words.therapist(it.therapist),
                self.words.room(it.room)
            ),
            _ => return None,
        })
    }

    fn client(&self, name: &str) -> String {
        if self.view.clients() {
            name.to_owned()
        } else {
            values::initials(name)
        }
    }

    fn appointment(&self, appointment: &Appointment) -> String {
        let client = self.clinic.client(appointment.client);
        let client = client.map_or_else(|| ERASED.to_owned(), |client| self.client(&client.name));
        format!("{client}, {}", self.slot(&appointment.slot))
    }

    fn slot(&self, slot: &Slot) -> String {
        let service = self.clinic.service(slot.service);
        let service = service.map_or_else(|| slot.service.to_string(), |it| it.name.clone());
        format!(
            "{service}, {} in {} with {}",
            self.words.time_in(slot.site, slot.planned),
            self.words.room(slot.room),
            self.words.therapist(slot.therapist)
        )
    }

    fn outage(&self, outage: &Outage) -> String {
        let room = self.words.room(outage.room);
        let at = |cell| self.words.time_at(outage.room, cell);
        let what = match outage.target {
            OutageTarget::Room => room,
            OutageTarget::Bars => format!("the bars in {room}"),
        };
        match outage.until {
            Some(until) => format!("{what}, {} to {}", at(outage.from), at(until)),
            None => format!("{what} from {}", at(outage.from)),
        }
    }

    fn shift(&self, shift: &Shift) -> String {
        format!(
            "{} at {}, {}",
            self.words.therapist(shift.therapist),
            self.words.site(shift.site),
            self.words.time_in(shift.site, shift.time)
        )
    }
}
