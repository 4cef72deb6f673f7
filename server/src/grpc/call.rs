//! What every call does: who calls, what is asked, how it is written, what is answered.

use std::sync::Arc;

use jiff::Timestamp;
use prost::Message;
use tonic::{Request, Response, Status};
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::command::{Book, Revision};
use treadwell_clinic::id::{AppointmentId, RoomId, SiteId};
use treadwell_clinic::model::{Appointment, Fault, Occupant, RecordId};
use treadwell_clinic::time::{Cell, Interval};
use treadwell_clinic::{Clinic, Command, Entry, Refusal, limits, rules};

use super::{audit, status};
use crate::access::Caller;
use crate::convert::fields::Fields;
use crate::convert::{self, Violations};
use crate::engine::{self, Committed, Engine, EngineError, Refused, Write};

mod payload;

/// The longest request id, in characters.
const REQUEST_ID_CHARS: usize = 64;

/// What a handler gives back.
pub(super) type Answer<T> = Result<Response<T>, Status>;

/// Who calls, and what they ask. They were let in by the headers of the call, and the message may have come much later.
pub(super) fn open<M>(mut request: Request<M>) -> Result<(Caller, M), Status> {
    let caller = request
        .extensions_mut()
        .remove::<Caller>()
        .ok_or_else(status::no_key)?;
    Ok((caller.anew()?, request.into_inner()))
}

/// Reads what is asked, or refuses it with every field that is wrong.
pub(super) fn read<T>(reader: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Result<T, Status> {
    convert::read(reader).map_err(status::fields)
}

/// How a change is to be made, as its request says.
pub(super) struct Options {
    /// How it is written.
    pub write: Writing,
    /// The revision of the resource as the caller knows it.
    pub etag: Option<Revision>,
}

impl Options {
    /// How to write a command that takes no etag itself, where the etag is that of `record`.
    pub(super) fn write_of(self, record: RecordId) -> Writing {
        Writing {
            write: Write {
                unchanged: self.etag.map(|etag| (record, etag)),
                ..self.write.write
            },
            etag: None,
        }
    }

    /// Whether a change that no command makes is only to be judged. It takes no etag.
    pub(super) fn is_dry(&self) -> Result<bool, Status> {
        match self.etag {
            None => Ok(self.write.write.validate_only),
            Some(_) => Err(status::fields(Violations::one("write.etag", NO_ETAG))),
        }
    }
}

/// How a change is written, and the etag as long as nobody has said of which record it is.
pub(super) struct Writing {
    write: Write,
    etag: Option<Revision>,
}

impl Writing {
    /// Whether the caller only asks what would happen.
    pub(super) const fn is_dry(&self) -> bool {
        self.write.validate_only
    }

    /// The caller's id for the request, if it has one.
    pub(super) fn request_id(&self) -> Option<&str> {
        self.write.request.as_ref().map(|it| &*it.id)
    }

    /// Why, in the caller's words; empty when they did not say.
    pub(super) fn reason(&self) -> &str {
        &self.write.reason
    }

    /// As it is, but nothing is changed.
    pub(super) fn only_tried(self) -> Self {
        Self {
            write: Write {
                validate_only: true,
                ..self.write
            },
            ..self
        }
    }

    /// What the engine is told with `command`. An etag is never passed over: most commands carry it
    /// themselves, that of a booking is its hold's, and where it can be of nothing it is a mistake.
    fn with(self, command: &Command) -> Result<Write, Status> {
        let Some(etag) = self.etag else {
            return Ok(self.write);
        };
        let hold = match command {
            Command::Book(Book { source, .. }) => source.hold(),
            Command::BookSeries(series) => series.first.hold(),
            _ => None,
        };
        if let Some(hold) = hold {
            return Ok(Write {
                unchanged: Some((RecordId::Hold(hold), etag)),
                ..self.write
            });
        }
        if matches!(command, Command::Undo) {
            return Ok(Write {
                latest: Some(etag),
                ..self.write
            });
        }
        if is_of_nothing_yet(command) {
            return Err(status::fields(Violations::one("write.etag", NO_ETAG)));
        }
        Ok(self.write)
    }
}

/// Whether a command is about no record that was there before it, or about more than one, so that an etag can be of none.
fn is_of_nothing_yet(command: &Command) -> bool {
    match command {
        Command::PutShifts(puts) => puts.iter().any(|put| put.shift.is_none()),
        Command::PutTemplate(put) => put.template.is_none(),
        Command::PutAbsence(put) => put.absence.is_none(),
        Command::PutTraining(put) => put.training.is_none(),
        Command::ImportCatalog(_)
        | Command::CreateClient(_)
        | Command::ImportClients(_)
        | Command::ImportAppointments(_)
        | Command::EraseClient { .. }
        | Command::RecordDeclaration(_)
        | Command::AttestFootCare(_)
        | Command::Hold(_)
        | Command::ReleaseHold { .. }
        | Command::Book(_)
        | Command::BookSeries(_)
        | Command::CompleteItems { .. }
        | Command::CompleteTurnover { .. }
        | Command::OpenOutage(_)
        | Command::IssueAftercare { .. }
        | Command::PutOnWaitlist(_)
        | Command::OfferFreed(_)
        | Command::ApplyRepair(_)
        | Command::CreateKey(_)
        | Command::RevokeKey { .. }
        | Command::SetPassphrase(_)
        | Command::TakeStock(_)
        | Command::RecordInspection(_)
        | Command::Expire
        | Command::RollRoster
        | Command::Rewrite(_)
        | Command::Rejudge(_) => true,
        Command::PutSite(_)
        | Command::PutRoom(_)
        | Command::PutRuleSet(_)
        | Command::PutService(_)
        | Command::PutPolicy(_)
        | Command::PutTherapist(_)
        | Command::Renew(_)
        | Command::RemoveTraining { .. }
        | Command::RemoveShift { .. }
        | Command::RemoveTemplate { .. }
        | Command::RemoveAbsence { .. }
        | Command::UpdateClient(_)
        | Command::ReviewScreening(_)
        | Command::Confirm(_)
        | Command::Move(_)
        | Command::Cancel(_)
        | Command::MoveSeries(_)
        | Command::CancelSeries(_)
        | Command::NoShow(_)
        | Command::CheckIn(_)
        | Command::Reconfirm(_)
        | Command::Start(_)
        | Command::Extend { .. }
        | Command::Finish { .. }
        | Command::CloseOutage { .. }
        | Command::SaveNotes(_)
        | Command::SignNotes(_)
        | Command::AddAddendum { .. }
        | Command::UpdateWaitlistEntry(_)
        | Command::WithdrawWaitlistEntry(_)
        | Command::MakeOffer(_)
        | Command::RecordContact(_)
        | Command::AcceptOffer { .. }
        | Command::DeclineOffer { .. }
        | Command::TakePayment(_)
        | Command::Refund(_)
        | Command::IssueReceipt(_)
        | Command::PutBusiness(_)
        | Command::PutPriceList(_)
        | Command::PutStockItem(_)
        | Command::MoveStock(_)
        | Command::RecordOwnItems(_)
        | Command::ReissueReceipt { .. }
        | Command::VoidReceipt(_)
        | Command::Undo => false,
    }
}

/// What is expected of the etag of a request that is about no resource yet.
const NO_ETAG: &str = "empty: this request changes no resource that was read before";

/// Reads the options of the changing request `message` to `method`.
pub(super) fn options(
    method: &str,
    message: &impl Message,
    options: Option<&v1::WriteOptions>,
    f: &mut Fields<'_>,
) -> Option<Options> {
    let Some(options) = options else {
        return Some(Options {
            write: Writing {
                write: Write::default(),
                etag: None,
            },
            etag: None,
        });
    };
    let mut f = f.inside("write");
    let request_id = f.text("request_id", &options.request_id, 0..=REQUEST_ID_CHARS);
    let reason = f.text("reason", &options.reason, 0..=limits::REASON_CHARS);
    let etag = f.etag(&options.etag, "the etag of a resource, as it was read");
    let request_id = request_id?;
    let request = (!request_id.is_empty()).then(|| engine::Request {
        id: request_id,
        payload_hash: payload::hash(method, message),
    });
    let etag = etag?;
    Some(Options {
        write: Writing {
            write: Write {
                request,
                unchanged: None,
                latest: None,
                validate_only: options.validate_only,
                reason: reason?,
                address: String::new(),
                session: None,
            },
            etag,
        },
        etag,
    })
}

/// Has a command decided and done on behalf of the caller.
pub(super) async fn submit(
    engine: &Engine,
    caller: &Caller,
    command: Command,
    writing: Writing,
) -> Result<Committed, Status> {
    ask(engine, caller, command, writing)
        .await?
        .map_err(|refused| status::engine(&EngineError::Refused(refused), caller))
}

/// As [`submit`], for a call that puts refusals into words itself.
pub(super) async fn ask(
    engine: &Engine,
    caller: &Caller,
    command: Command,
    writing: Writing,
) -> Result<Result<Committed, Box<Refused>>, Status> {
    let mut write = writing.with(&command)?;
    write.address = caller.noted.origin().to_string();
    write.session.clone_from(&caller.entrance.session);
    match engine.submit(caller.actor.clone(), command, write).await {
        Ok(done) => Ok(Ok(done)),
        Err(EngineError::Refused(refused)) => Ok(Err(refused)),
        Err(error) => Err(status::engine(&error, caller)),
    }
}

/// Fails unless the caller reaches every site: what is of no site, such as a client's record, lies at all of them.
pub(super) fn everywhere(caller: &Caller) -> Result<(), Status> {
    let mut sites = caller.clinic().sites();
    match sites.find(|site| !caller.view.reaches(site.id)) {
        Some(site) => Err(status::site_not_allowed(site.id.as_str())),
        None => Ok(()),
    }
}

/// The resource that a command was about, as the caller sees it, picked by its kind.
pub(super) fn answer<R>(
    committed: &Committed,
    caller: &Caller,
    pick: impl Fn(Resource) -> Option<R>,
) -> Result<R, Status> {
    answers(committed, caller, pick).next().ok_or_else(|| {
        // A request that is sent again: what it was about was already as asked, and is gone by now.
        let mut records = committed.reply.records.iter();
        match records.find(|&&id| committed.record(id).is_none()) {
            Some(&what) if committed.repeated => {
                let gone = Refusal::NotFound { what };
                status::refused(&gone, committed.clinic(), &caller.view)
            }
            _ => status::internal("a command named no record of the kind it is about"),
        }
    })
}

/// The resources that a command was about, as the caller sees them, picked by their kind.
///
/// An appointment shows more of its client's health than what the command has just said, so that whoever is shown that
/// has read it: the answer leaves the same line in the audit trail as a read, beside the commit. Declarations and notes
/// are not shown here with what they say.
pub(super) fn answers<'c, R>(
    committed: &'c Committed,
    caller: &'c Caller,
    pick: impl Fn(Resource) -> Option<R> + 'c,
) -> impl Iterator<Item = R> + 'c {
    committed.reply.records.iter().filter_map(move |&id| {
        let (record, revision) = committed.record(id)?;
        let resource = convert::resource(committed.clinic(), &record, revision, &caller.view)?;
        if let Resource::Appointment(shown) = &resource {
            audit::appointments_read(caller, [shown]);
        }
        pick(resource)
    })
}

/// Picks resources of one kind: `pick!(Appointment)`.
macro_rules! pick {
    ($kind:ident) => {
        |resource| match resource {
            treadwell_api::v1::watch_event::Resource::$kind(resource) => Some(resource),
            _ => None,
        }
    };
}
pub(super) use pick;

/// The sites that a read is about: those it names, all of which the caller has to reach, or every
/// one that the caller reaches.
pub(super) fn sites(caller: &Caller, named: &[SiteId]) -> Result<Vec<SiteId>, Status> {
    if named.is_empty() {
        let sites = caller.clinic().sites().map(|site| site.id);
        return Ok(sites.filter(|&site| caller.view.reaches(site)).collect());
    }
    for &site in named {
        reach(caller, site)?;
    }
    Ok(named.to_vec())
}

/// Fails unless the caller reaches a site that exists.
pub(super) fn reach(caller: &Caller, site: SiteId) -> Result<(), Status> {
    if !caller.view.reaches(site) {
        return Err(status::site_not_allowed(site.as_str()));
    }
    if caller.clinic().site(site).is_none() {
        return Err(status::not_found("site", site.to_string()));
    }
    Ok(())
}

/// An appointment that the caller sees: one at a site out of reach is as one that does not exist.
pub(super) fn appointment(caller: &Caller, id: AppointmentId) -> Result<&Arc<Appointment>, Status> {
    let found = caller.clinic().appointment(id);
    found
        .filter(|found| caller.view.reaches(found.slot.site))
        .ok_or_else(|| status::not_found("appointment", id.to_string()))
}

/// Reads the list of sites that a read is about.
pub(super) fn read_sites(ids: &[String], f: &mut Fields<'_>) -> Option<Vec<SiteId>> {
    f.ids("site_ids", ids, limits::SITES_PER_KEY)
}

/// The ids of what [`hit`] finds.
pub(super) fn affected(
    committed: &Committed,
    candidates: impl IntoIterator<Item = AppointmentId>,
) -> Vec<String> {
    let hit = hit(committed, candidates).into_iter();
    hit.map(|appointment| appointment.id.to_string()).collect()
}

/// The appointments among some against which something new stands by this commit, at most 500. A dry run is judged here,
/// because nobody judges again what was not changed.
pub(super) fn hit(
    committed: &Committed,
    candidates: impl IntoIterator<Item = AppointmentId>,
) -> Vec<&Appointment> {
    judged(committed, candidates, |_, it, flags| {
        !flags.is_empty() && *flags != it.flags[..]
    })
}

/// The appointments among some that this commit flagged, or of which `would` says so if it is only tried.
fn judged(
    committed: &Committed,
    candidates: impl IntoIterator<Item = AppointmentId>,
    would: impl Fn(&Clinic, &Appointment, &[Fault]) -> bool,
) -> Vec<&Appointment> {
    let clinic = committed.clinic();
    let mut ids: Vec<_> = candidates.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .filter_map(|id| clinic.appointment(id))
        .filter(|appointment| appointment.is_ahead())
        .filter(|appointment| {
            if committed.dry {
                return would(clinic, appointment, &rules::flags(clinic, appointment));
            }
            let changed = clinic.revision_of(&RecordId::Appointment(appointment.id));
            !appointment.flags.is_empty() && changed > Some(committed.revision)
        })
        .take(limits::REJUDGED_PER_COMMIT)
        .map(AsRef::as_ref)
        .collect()
}

/// How many appointments a change flagged: what the engine counted, or for a dry run what of some
/// `candidates` would be.
pub(super) fn flagged(
    committed: &Committed,
    candidates: impl IntoIterator<Item = AppointmentId>,
) -> i32 {
    let count = if committed.dry {
        let newly = judged(committed, candidates, rules::is_newly_unsound);
        u32::try_from(newly.len()).unwrap_or(u32::MAX)
    } else {
        committed.reply.flagged
    };
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The appointments among what occupies a room or a therapist.
pub(super) fn appointments(
    entries: impl Iterator<Item = Entry>,
) -> impl Iterator<Item = AppointmentId> {
    entries.filter_map(|entry| match entry.by {
        Occupant::Appointment(id) => Some(id),
        Occupant::Hold(_) => None,
    })
}

/// The appointments that are planned in a room from an instant on.
pub(super) fn in_room(
    clinic: &Clinic,
    room: RoomId,
    from: Timestamp,
) -> impl Iterator<Item = AppointmentId> + '_ {
    let time = future(from).into_iter();
    appointments(time.flat_map(move |time| clinic.room_agenda(room, time)))
}

/// Appointments as the caller sees them; whoever sees what a screening rests on has read it.
pub(super) fn show_appointments<'a>(
    caller: &Caller,
    clinic: &Clinic,
    of: impl IntoIterator<Item = &'a Appointment>,
) -> Vec<v1::Appointment> {
    let show = |it: &Appointment| {
        let revision = clinic.revision_of(&RecordId::Appointment(it.id));
        convert::appointment::show(it, revision.unwrap_or(0), clinic, &caller.view)
    };
    let shown: Vec<_> = of.into_iter().map(show).collect();
    audit::appointments_read(caller, &shown);
    shown
}

/// All time from an instant on.
pub(super) fn future(from: Timestamp) -> Option<Interval> {
    Interval::new(Cell::containing(from), Cell::MAX)
}
