//! Importing the clients or the appointments of a file: all of its lines, or none.
//!
//! Each line is judged by the rules that would judge it if it were asked for by itself, in a clinic that only this decision
//! sees and in which the lines before it are done already. Every line that can not be had is told of, not only the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{Checks, invalid};
use super::{Work, book, client, place};
use crate::availability::Purpose;
use crate::clinic::Clinic;
use crate::command::{AppointmentLine, ClientLine, ClientNamed, Import};
use crate::id::{AppointmentId, ClientId};
use crate::limits;
use crate::model::{Appointment, Client, Occupant, RecordId, Slot, State, Wish};
use crate::refusal::{BadLine, LineFault, Refusal, SlotRefusal};

#[cfg(test)]
mod tests;

/// What earlier lines of the file made, and which.
type Made = BTreeMap<RecordId, u32>;

/// A line of a file.
pub(super) trait Line {
    /// Where it stands in the file.
    fn number(&self) -> u32;

    /// Does what the line asks for: the work has one record to tell of then. What the clinic has already is passed over if
    /// `skip` says so.
    fn take(&self, work: &mut Work<'_>, made: &Made, skip: bool) -> Result<(), LineFault>;
}

pub(super) fn import<L: Line>(work: &mut Work<'_>, asked: &Import<L>) -> Result<(), Refusal> {
    let count = asked.lines.len();
    if !(1..=limits::IMPORT_LINES).contains(&count) {
        let expected = format!("1 to {} of them, not {count}", limits::IMPORT_LINES);
        return Err(invalid("lines", expected));
    }
    let mut tip = work.clinic.clone();
    let (mut made, mut bad) = (Made::new(), Vec::new());
    for line in &asked.lines {
        let mut judged = work.on(&tip);
        judged.ids = work.ids;
        if let Err(fault) = line.take(&mut judged, &made, asked.skip_existing) {
            bad.push(BadLine {
                line: line.number(),
                clashes: clashes(&fault, &made),
                fault,
            });
            continue;
        }
        let (ids, done) = (judged.ids, judged.decision);
        work.ids = ids;
        for change in done.changes {
            made.insert(change.id(), line.number());
            if let Some(after) = change.after() {
                tip.suppose(after.clone());
            }
            work.decision.changes.push(change);
        }
        work.decision.reply.records.extend(done.reply.records);
    }
    if bad.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Import(bad))
    }
}

/// The earlier lines whose appointments clash with a line.
fn clashes(fault: &LineFault, made: &Made) -> Vec<u32> {
    let LineFault::Refused(refusal) = fault else {
        return Vec::new();
    };
    let Refusal::Slot(slot) = &**refusal else {
        return Vec::new();
    };
    let lines = slot.clashes().into_iter().filter_map(|by| match by {
        Occupant::Appointment(id) => made.get(&RecordId::Appointment(id)).copied(),
        Occupant::Hold(_) => None,
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines
}

/// Tells of what is there already: it is as asked by its external id, otherwise only if that is to be passed over.
fn there(work: &mut Work<'_>, what: RecordId, made: &Made, passed: bool) -> Result<(), LineFault> {
    if let Some(&line) = made.get(&what) {
        return Err(LineFault::Repeated { line });
    }
    if !passed {
        return Err(LineFault::Exists { what });
    }
    work.mention(what);
    Ok(())
}

fn check_external(external: &str) -> Result<(), Refusal> {
    let mut checks = Checks::default();
    checks.line("external_id", external, limits::EXTERNAL_CHARS);
    checks.finish()
}

impl Line for ClientLine {
    fn number(&self) -> u32 {
        self.line
    }

    fn take(&self, work: &mut Work<'_>, made: &Made, skip: bool) -> Result<(), LineFault> {
        let clinic = work.clinic;
        // What the clinic itself has given out comes before what others call theirs: their numbers may be the same.
        let known = own_client(clinic, &self.external, &self.client.name)
            .or_else(|| clinic.client_of_external(&self.external));
        if let Some(known) = known {
            return there(work, RecordId::Client(known.id), made, true);
        }
        let new = client::made(work, &self.client)?;
        check_external(&self.external)?;
        if let Some(same) = clinic.same_as(&new).next() {
            let what = RecordId::Client(same.id);
            // Appointments of the same product can name them from now on.
            let adopts = skip && same.external.is_empty() && !self.external.is_empty();
            if !adopts || made.contains_key(&what) {
                return there(work, what, made, skip);
            }
            let mut after = Client {
                external: self.external.clone(),
                ..Client::clone(same)
            };
            client::date(work, &mut after);
            work.update(Arc::clone(same), after);
            return Ok(());
        }
        work.create(Client {
            external: self.external.clone(),
            ..new
        });
        Ok(())
    }
}

impl Line for AppointmentLine {
    fn number(&self) -> u32 {
        self.line
    }

    fn take(&self, work: &mut Work<'_>, made: &Made, skip: bool) -> Result<(), LineFault> {
        let clinic = work.clinic;
        // First of all: a line of a site out of reach is told the same, whatever there is.
        work.allow(self.wish.site)?;
        let known = own_appointment(clinic, self)
            .or_else(|| clinic.appointment_of_external(&self.external));
        if let Some(known) = known {
            work.allow(known.slot.site)?;
            return there(work, RecordId::Appointment(known.id), made, true);
        }
        book::check(&self.note)?;
        check_external(&self.external)?;
        let client = named(clinic, &self.client)?;
        let wish = Wish {
            client: Some(client),
            ..self.wish.clone()
        };
        if let Some(known) = booked(clinic, client, &wish) {
            work.allow(known.slot.site)?;
            return there(work, RecordId::Appointment(known.id), made, skip);
        }
        let slot = slot(work, &wish)?;
        let id = AppointmentId::new(work.fresh()?);
        let booked = book::appointment(work, id, client, slot, &self.note);
        work.create(Appointment {
            state: if self.confirmed {
                State::Confirmed
            } else {
                State::Booked
            },
            external: (!self.external.is_empty()).then(|| self.external.as_str().into()),
            ..booked
        });
        Ok(())
    }
}

fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The client whom a line of the clinic's own means, by id and name; another phone number makes nobody else of them.
fn own_client<'a>(clinic: &'a Clinic, id: &str, name: &str) -> Option<&'a Arc<Client>> {
    let own = id.parse().ok().and_then(|id| clinic.client(id));
    own.filter(|own| same_name(&own.name, name))
}

/// The appointment that a line of the clinic's own means, whatever has become of it since.
fn own_appointment<'a>(clinic: &'a Clinic, line: &AppointmentLine) -> Option<&'a Arc<Appointment>> {
    let id = line.external.parse().ok()?;
    let client = named(clinic, &line.client).ok()?;
    let own = clinic.appointment(id)?;
    (own.client == client && own.slot.service == line.wish.service).then_some(own)
}

/// The client whom a line means.
fn named(clinic: &Clinic, by: &ClientNamed) -> Result<ClientId, LineFault> {
    match by {
        ClientNamed::Id(id) => match clinic.client(*id) {
            Some(_) => Ok(*id),
            None => Err(LineFault::NoSuchClient),
        },
        ClientNamed::External { id, name } => {
            let other = || {
                let other = clinic.client_of_external(id);
                // A number of another such clinic may be one of our own, too: then the name has to say which.
                let is_meant = |other: &&Arc<Client>| {
                    id.parse::<ClientId>().is_err() || same_name(&other.name, name)
                };
                other.filter(is_meant)
            };
            let known = own_client(clinic, id, name).or_else(other);
            known.map_or(Err(LineFault::NoSuchClient), |known| Ok(known.id))
        }
        ClientNamed::NameAndPhone { name, phone } => {
            let mut called = clinic.clients_called(name, phone);
            match (called.next(), called.next()) {
                (Some(only), None) => Ok(only.id),
                (None, _) => Err(LineFault::NoSuchClient),
                (Some(_), Some(_)) => Err(LineFault::SeveralClients),
            }
        }
    }
}

/// The client's appointment that the wish would book once more.
fn booked<'a>(clinic: &'a Clinic, client: ClientId, wish: &Wish) -> Option<&'a Arc<Appointment>> {
    clinic.appointments_of(client).find(|it| {
        let same = (it.slot.service, it.slot.site, it.slot.start());
        it.occupies() && same == (wish.service, wish.site, wish.start)
    })
}

/// The place that a booking of the wish would get.
fn slot(work: &Work<'_>, wish: &Wish) -> Result<Slot, Refusal> {
    place::attempt(work, wish, Purpose::Book, None)?.map_err(|none| {
        Refusal::Slot(Box::new(SlotRefusal {
            nearest: none.nearest,
            faults: none.faults,
            alternatives: Vec::new(),
            other_services: Vec::new(),
        }))
    })
}
