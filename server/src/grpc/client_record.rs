//! A client's complete record, how long it is kept, and its erasure: what of the client service is for those who answer
//! for the records.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use jiff::civil::Date;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::export_client_record_response::Part;
use treadwell_clinic::id::{ClientId, Ids};
use treadwell_clinic::model::{Record, RecordId};
use treadwell_clinic::refusal::ErasureRefusal;
use treadwell_clinic::retention::Retention;
use treadwell_clinic::{Clinic, Command, Commit, Refusal, Revision, limits, retention};

use super::call::{self, Answer};
use super::page::{Page, paged};
use super::status;
use super::turn::Turn;
use crate::access::{Caller, HealthRead};
use crate::convert::{client_record, values};
use crate::engine::{Engine, EngineError, HistoryError};

paged!(ListRetentionRequest);

/// The parts of a client's record, as they are sent.
pub(super) type Parts = BoxStream<'static, Result<v1::ExportClientRecordResponse, Status>>;

/// How many parts wait for a reader.
const AHEAD: usize = 16;

/// What sends complete records.
#[derive(Clone, Debug)]
pub struct Records {
    /// The queue of what takes long.
    pub(super) turn: Turn,
    open: Arc<Semaphore>,
    limit: Duration,
}

impl Records {
    /// Each record may take so long to be sent.
    pub(super) fn new(turn: Turn, limit: Duration) -> Self {
        Self {
            turn,
            open: Arc::new(Semaphore::new(limits::RECORDS)),
            limit,
        }
    }

    /// Leave to send one more; refused at once when as many are under way as may be.
    fn open(&self) -> Result<OwnedSemaphorePermit, Status> {
        let leave = Arc::clone(&self.open).try_acquire_owned();
        leave.map_err(|_| {
            status::overloaded("too many clients' records are asked for at once; try again later")
        })
    }
}

/// Begins a client's complete record.
pub(super) fn export(
    engine: &Engine,
    records: &Records,
    request: Request<v1::ExportClientRecordRequest>,
) -> Answer<Parts> {
    let (caller, message) = call::open(request)?;
    let (client, reason) = call::read(|f| {
        let client: Option<ClientId> = f.id("client_id", &message.client_id);
        let reason = f.text("reason", &message.reason, 1..=limits::REASON_CHARS);
        Some((client?, reason?))
    })?;
    call::everywhere(&caller)?;
    let clinic = caller.clinic();
    let known = clinic
        .client(client)
        .ok_or_else(|| status::not_found("client", client.to_string()))?;
    let leave = records.open()?;
    let kept = retention::of(clinic, client);
    let read = HealthRead::because(&caller, client, &reason);
    let head = v1::ClientRecordHead {
        client_id: client.to_string(),
        exported_at: Some(values::instant(caller.now)),
        exported_by: caller.actor.key.to_string(),
        reason,
        business_name: clinic.business().name.clone(),
        retention: Some(client_record::show_retention(
            known,
            kept,
            kept.has_ended(today(&caller)),
        )),
    };
    let mut ready: VecDeque<Part> = VecDeque::from([Part::Head(head)]);
    ready.extend(entries(clinic, client, &read).map(Part::Entry));
    let export = Export {
        engine: engine.clone(),
        turn: records.turn.clone(),
        client,
        read: Arc::new(read),
        entries: ready.len() - 1,
        changes: 0,
        // Nothing is on file before the client was.
        after: Some(Ids::revision_of(client.number()).saturating_sub(1)),
        ready,
        caller,
    };
    Ok(sent(export, leave, records.limit).into())
}

/// Sends a record from a task of its own. Of a reader who stalls the transport asks nothing any more, so that a stream could
/// not end itself: the task does when its time is over, and lets go of the clinic as it was. Who reads on then is told why, and
/// nothing of what was ready for them.
fn sent(mut export: Export, leave: OwnedSemaphorePermit, limit: Duration) -> Parts {
    let (parts, waiting) = mpsc::channel(AHEAD);
    let (tell, ended) = oneshot::channel();
    let (caller, client) = (export.caller.clone(), export.client);
    tokio::spawn(async move {
        let all = async {
            while let Some(part) = export.next().await? {
                // Whether anybody still reads is seen below.
                drop(parts.send(part).await);
            }
            // Until the last of it was taken, too.
            drop(parts.reserve_many(AHEAD).await);
            Ok(())
        };
        let end = tokio::select! {
            biased;
            why = cut_off(&caller, client) => Err(why),
            end = timeout(limit, all) => end.unwrap_or_else(|_| Err(status::record_too_late(limit))),
            () = parts.closed() => Ok(()),
        };
        drop(leave);
        drop(tell.send(end));
    });
    let ended = ended.map(|end| {
        end.unwrap_or_else(|_| Err(status::internal("a record was not sent to its end")))
    });
    let ended = ended.shared();
    let cut_short = ended.clone().then(|end| async move {
        if end.is_ok() {
            std::future::pending::<()>().await;
        }
    });
    let end = stream::once(ended).filter_map(|end| async { end.err().map(Err) });
    let parts = ReceiverStream::new(waiting).map(Ok);
    parts.take_until(cut_short).chain(end).boxed()
}

/// Resolves when no more of a client's record may be told, with the reason.
async fn cut_off(caller: &Caller, client: ClientId) -> Status {
    let mut published = caller.engine.subscribe();
    let erased = async {
        let erased = published.wait_for(|it| it.clinic.client(client).is_none());
        match erased.await.map(|it| Arc::clone(&it)) {
            Ok(by_now) => by_now,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = caller.gone() => status::no_key(),
        by_now = erased => {
            let erased = Refusal::Erasure(ErasureRefusal::Erased);
            status::refused(&erased, &by_now.clinic, &caller.view)
        }
    }
}

/// Every resource of a client, each appointment's hygiene too, which belongs to the room and the therapist.
fn entries<'c>(
    clinic: &'c Clinic,
    client: ClientId,
    read: &'c HealthRead,
) -> impl Iterator<Item = v1::ClientRecordEntry> + 'c {
    let records = clinic.records_of(client).into_iter();
    let with_hygiene = records.flat_map(move |(record, revision)| {
        let hygiene = match &record {
            Record::Appointment(appointment) => {
                let id = RecordId::Hygiene(appointment.id);
                clinic.get(&id).zip(clinic.revision_of(&id))
            }
            _ => None,
        };
        std::iter::once((record, revision)).chain(hygiene)
    });
    with_hygiene
        .filter_map(move |(record, revision)| client_record::show(clinic, &record, revision, read))
}

/// A record that is being sent. What was read of the clinic waits; the journal is read as it is sent, many commits at a time,
/// each time when it is its turn. It begins where the client came on file, which may be years ago.
struct Export {
    engine: Engine,
    turn: Turn,
    caller: Caller,
    client: ClientId,
    read: Arc<HealthRead>,
    ready: VecDeque<Part>,
    entries: usize,
    changes: usize,
    /// The revision up to which changes were looked for; none when all is said.
    after: Option<Revision>,
}

impl Export {
    async fn next(&mut self) -> Result<Option<v1::ExportClientRecordResponse>, Status> {
        let revision = self.caller.published.revision;
        loop {
            if let Some(part) = self.ready.pop_front() {
                let part = Some(part);
                return Ok(Some(v1::ExportClientRecordResponse { revision, part }));
            }
            let Some(after) = self.after else {
                return Ok(None);
            };
            if after < revision {
                self.look(after, revision).await?;
                continue;
            }
            self.after = None;
            let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
            // Asked last: what is compacted meanwhile was not seen either.
            let compacted = self.engine.history().oldest();
            let on_file = Ids::revision_of(self.client.number());
            self.ready.push_back(Part::End(v1::ClientRecordEnd {
                entry_count: count(self.entries),
                change_count: count(self.changes),
                compacted_revision: if compacted >= on_file { compacted } else { 0 },
            }));
        }
    }

    /// Looks for changes among the next commits.
    async fn look(&mut self, after: Revision, until: Revision) -> Result<(), Status> {
        let (engine, client) = (self.engine.clone(), self.client);
        let (published, read) = (Arc::clone(&self.caller.published), Arc::clone(&self.read));
        // What the journal awaits is awaited on the thread that has the turn.
        let runtime = Handle::current();
        let look = move || {
            let found = engine.history().of_client(client, after, until);
            let (found, looked) = runtime.block_on(found)?;
            let show = |(commit, reason): &(Commit, String)| {
                let clinic = &published.clinic;
                Part::Change(client_record::show_change(
                    clinic, commit, reason, client, &read,
                ))
            };
            Ok((found.iter().map(show).collect::<VecDeque<_>>(), looked))
        };
        let looked: Result<_, HistoryError> = self.turn.run("record", look).await?;
        let (found, looked) = looked.map_err(|error| {
            let error = EngineError::Stopped(error.to_string());
            status::engine(&error, &self.caller)
        })?;
        self.after = Some(looked.max(after + 1));
        self.changes += found.len();
        self.ready = found;
        Ok(())
    }
}

/// Until when clients' records are kept.
pub(super) async fn list_retention(
    turn: &Turn,
    request: Request<v1::ListRetentionRequest>,
) -> Answer<v1::ListRetentionResponse> {
    let (caller, message) = call::open(request)?;
    let page = Page::of(&message)?;
    let only: Option<ClientId> = call::read(|f| f.optional_id("client_id", &message.client_id))?;
    let after: Option<Listed> = page.after()?;
    call::everywhere(&caller)?;
    let published = Arc::clone(&caller.published);
    let (today, ended_only) = (today(&caller), message.ended_only);
    let listed = move || {
        let clinic = &published.clinic;
        let clients = clinic.clients();
        let clients = clients.filter(|client| only.is_none_or(|only| client.id == only));
        let mut found: Vec<(Listed, v1::Retention)> = clients
            .map(|client| (retention::of(clinic, client.id), client))
            .map(|(kept, client)| (Listed::of(kept, client.id), kept, client))
            .filter(|(place, ..)| after.is_none_or(|after| after < *place))
            .filter(|(_, kept, _)| kept.has_ended(today) || !ended_only)
            .map(|(place, kept, client)| {
                let shown = client_record::show_retention(client, kept, kept.has_ended(today));
                (place, shown)
            })
            .collect();
        found.sort_by_key(|(place, _)| *place);
        page.cut(found.into_iter(), |(place, _)| *place)
    };
    let (found, next_page_token) = turn.enter()?.run("retention", listed).await?;
    Ok(v1::ListRetentionResponse {
        revision: caller.published.revision,
        retentions: found.into_iter().map(|(_, kept)| kept).collect(),
        next_page_token,
    }
    .into())
}

/// A client's place in the list: by date, those without one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Listed(Date, ClientId);

impl Listed {
    fn of(kept: Retention, client: ClientId) -> Self {
        Self(kept.kept_until.unwrap_or(Date::MAX), client)
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

impl FromStr for Listed {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (date, client) = text.split_once(' ').ok_or(())?;
        let date = date.parse().map_err(|_| ())?;
        Ok(Self(date, client.parse().map_err(|_| ())?))
    }
}

/// Erases a client.
pub(super) async fn erase(
    engine: &Engine,
    request: Request<v1::EraseClientRequest>,
) -> Answer<v1::EraseClientResponse> {
    let (caller, message) = call::open(request)?;
    let (options, client) = call::read(|f| {
        let write = message.write.as_ref();
        let options = call::options("EraseClient", &message, write, f);
        if write.is_none_or(|write| write.reason.is_empty()) {
            f.wrong::<()>("write.reason", "why, without the client's name");
        }
        let client: Option<ClientId> = f.id("client_id", &message.client_id);
        Some((options?, client?))
    })?;
    let write = options.write_of(RecordId::Client(client));
    let command = Command::EraseClient {
        client,
        give_up: message.give_up_balance,
    };
    let done = call::submit(engine, &caller, command, write).await?;
    Ok(v1::EraseClientResponse {
        revision: done.revision,
        kinds: client_record::show_erased(&done.changes, &done.erased),
    }
    .into())
}

fn today(caller: &Caller) -> Date {
    retention::today(caller.clinic(), caller.now)
}

#[cfg(test)]
mod tests;
