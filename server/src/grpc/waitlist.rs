//! Who waits for a place, and whom to call when one is free.

mod lines;

use prost::Message;
use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_api::v1::waitlist_service_server::WaitlistService;
use treadwell_clinic::Command;
use treadwell_clinic::command::{MakeOffer, WaitlistStep};
use treadwell_clinic::id::WaitlistId;
use treadwell_clinic::limits;
use treadwell_clinic::model::{RecordId, WaitlistEntry};
use treadwell_clinic::time::Interval;
use treadwell_clinic::waitlist::{self, Place};

use super::availability::show_proposal;
use super::call::{self, Answer, Options, pick};
use super::page::{Page, paged};
use super::status;
use crate::access::Caller;
use crate::convert;
use crate::convert::fields::Fields;
use crate::engine::{Committed, Engine};

paged!(ListWaitlistEntriesRequest);

/// Places for an entry when the request does not say, and the most.
const PLACES: usize = 5;
const MAX_PLACES: i64 = 50;

/// The most entries of a page that tells what each could have.
const LINES_WITH_PLACES: usize = 50;

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    engine: Engine,
}

impl Service {
    /// The service on this engine.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Reads a step on one entry, has it done, and gives who called and what became of it. `command`
    /// reads what else the step needs.
    async fn step<M: Stepping>(
        &self,
        request: Request<M>,
        command: impl FnOnce(&M, WaitlistStep, &mut Fields<'_>) -> Option<Command>,
    ) -> Result<(Caller, Committed), Status> {
        let (caller, message) = call::open(request)?;
        let (options, command) = call::read(|f| {
            let options = call::options(M::METHOD, &message, message.write(), f);
            let id: Option<WaitlistId> = f.id("entry_id", message.entry_id());
            let etag = options.as_ref().and_then(|options| options.etag);
            // What else is wrong is told too, whatever the id.
            let entry = id.unwrap_or(WaitlistId::new(0));
            let command = command(&message, WaitlistStep { entry, etag }, f);
            id?;
            Some((options?, command?))
        })?;
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok((caller, done))
    }
}

/// Requests that name one entry to do something to.
trait Stepping: Message {
    const METHOD: &'static str;
    fn write(&self) -> Option<&v1::WriteOptions>;
    fn entry_id(&self) -> &str;
}

macro_rules! stepping {
    ($($request:ident),* $(,)?) => {$(
        impl Stepping for v1::$request {
            const METHOD: &'static str = stringify!($request);

            fn write(&self) -> Option<&v1::WriteOptions> {
                self.write.as_ref()
            }

            fn entry_id(&self) -> &str {
                &self.entry_id
            }
        }
    )*};
}

stepping!(
    WithdrawWaitlistEntryRequest,
    MakeOfferRequest,
    RecordContactRequest,
    AcceptOfferRequest,
    DeclineOfferRequest,
);

#[tonic::async_trait]
impl WaitlistService for Service {
    async fn create_waitlist_entry(
        &self,
        request: Request<v1::CreateWaitlistEntryRequest>,
    ) -> Answer<v1::CreateWaitlistEntryResponse> {
        let (caller, message) = call::open(request)?;
        let reached = call::sites(&caller, &[])?;
        let (options, put) = call::read(|f| {
            let options = call::options("CreateWaitlistEntry", &message, message.write.as_ref(), f);
            let entry = f.required("entry", message.entry.as_ref())?;
            let put = convert::waitlist::read(entry, &reached, &mut f.inside("entry"));
            Some((options?, put?))
        })?;
        let Options { write, .. } = options;
        let done = call::submit(&self.engine, &caller, Command::PutOnWaitlist(put), write).await?;
        Ok(v1::CreateWaitlistEntryResponse {
            revision: done.revision,
            entry: Some(call::answer(&done, &caller, pick!(WaitlistEntry))?),
        }
        .into())
    }

    async fn update_waitlist_entry(
        &self,
        request: Request<v1::UpdateWaitlistEntryRequest>,
    ) -> Answer<v1::UpdateWaitlistEntryResponse> {
        let (caller, message) = call::open(request)?;
        let reached = call::sites(&caller, &[])?;
        let (options, update) = call::read(|f| {
            let options = call::options("UpdateWaitlistEntry", &message, message.write.as_ref(), f);
            let etag = options.as_ref().and_then(|options| options.etag);
            let entry = f.required("entry", message.entry.as_ref())?;
            let mask = message.update_mask.as_ref();
            let update = convert::waitlist::read_update(entry, mask, etag, &reached, f);
            Some((options?, update?))
        })?;
        let command = Command::UpdateWaitlistEntry(update);
        let done = call::submit(&self.engine, &caller, command, options.write).await?;
        Ok(v1::UpdateWaitlistEntryResponse {
            revision: done.revision,
            entry: Some(call::answer(&done, &caller, pick!(WaitlistEntry))?),
        }
        .into())
    }

    async fn withdraw_waitlist_entry(
        &self,
        request: Request<v1::WithdrawWaitlistEntryRequest>,
    ) -> Answer<v1::WithdrawWaitlistEntryResponse> {
        let command = |_: &v1::WithdrawWaitlistEntryRequest, step, _: &mut Fields<'_>| {
            Some(Command::WithdrawWaitlistEntry(step))
        };
        let (caller, done) = self.step(request, command).await?;
        Ok(v1::WithdrawWaitlistEntryResponse {
            revision: done.revision,
            entry: Some(call::answer(&done, &caller, pick!(WaitlistEntry))?),
        }
        .into())
    }

    async fn get_waitlist_entry(
        &self,
        request: Request<v1::GetWaitlistEntryRequest>,
    ) -> Answer<v1::GetWaitlistEntryResponse> {
        let (caller, message) = call::open(request)?;
        let id = call::read(|f| f.id("entry_id", &message.entry_id))?;
        let entry = find(&caller, id)?;
        Ok(v1::GetWaitlistEntryResponse {
            revision: caller.published.revision,
            entry: Some(lines::show(&caller, entry)),
        }
        .into())
    }

    async fn list_waitlist_entries(
        &self,
        request: Request<v1::ListWaitlistEntriesRequest>,
    ) -> Answer<v1::ListWaitlistEntriesResponse> {
        let (caller, message) = call::open(request)?;
        let page = Page::of(&message)?;
        let named = call::read(|f| {
            if message.with_places && page.size() > LINES_WITH_PLACES {
                let most = format!("at most {LINES_WITH_PLACES} with places");
                return f.wrong("page_size", most);
            }
            call::read_sites(&message.site_ids, f)
        })?;
        let sites = call::sites(&caller, &named)?;
        let after: Option<lines::Position> = page.after()?;
        let listed = lines::listed(&caller, &sites, message.include_ended, after);
        let (entries, next_page_token) =
            page.cut(listed.into_iter(), |(_, entry)| lines::Position::of(entry));
        let lines = entries.into_iter().map(|(position, entry)| {
            if message.with_places {
                lines::with_first_place(&caller, position, entry)
            } else {
                lines::line(&caller, position, entry)
            }
        });
        Ok(v1::ListWaitlistEntriesResponse {
            revision: caller.published.revision,
            lines: lines.collect(),
            next_page_token,
        }
        .into())
    }

    async fn suggest_for_slot(
        &self,
        request: Request<v1::SuggestForSlotRequest>,
    ) -> Answer<v1::SuggestForSlotResponse> {
        let (caller, message) = call::open(request)?;
        let place = call::read(|f| read_slot(&message, f))?;
        call::reach(&caller, place.site())?;
        let clinic = caller.clinic();
        let suggested = waitlist::for_place(clinic, &place, caller.now);
        let lines = suggested.filter_map(|it| lines::suggested(&caller, &place, &it));
        Ok(v1::SuggestForSlotResponse {
            revision: caller.published.revision,
            lines: lines.collect(),
        }
        .into())
    }

    async fn suggest_for_entry(
        &self,
        request: Request<v1::SuggestForEntryRequest>,
    ) -> Answer<v1::SuggestForEntryResponse> {
        let (caller, message) = call::open(request)?;
        let (id, limit) = call::read(|f| {
            let id: Option<WaitlistId> = f.id("entry_id", &message.entry_id);
            let limit = match message.limit {
                0 => Some(PLACES),
                limit => f.number("limit", limit, 1..=MAX_PLACES),
            };
            Some((id?, limit?))
        })?;
        let entry = find(&caller, id)?;
        let reached = |site| caller.view.reaches(site);
        let places = if entry.is_live() {
            waitlist::for_entry(caller.clinic(), entry, reached, caller.now, limit)
        } else {
            Vec::new()
        };
        Ok(v1::SuggestForEntryResponse {
            revision: caller.published.revision,
            places: places.iter().map(show_proposal).collect(),
        }
        .into())
    }

    async fn make_offer(
        &self,
        request: Request<v1::MakeOfferRequest>,
    ) -> Answer<v1::MakeOfferResponse> {
        let command = |message: &v1::MakeOfferRequest, entry, f: &mut Fields<'_>| {
            let place = convert::waitlist::read_place(message, f)?;
            Some(Command::MakeOffer(MakeOffer { entry, place }))
        };
        let (caller, done) = self.step(request, command).await?;
        Ok(v1::MakeOfferResponse {
            revision: done.revision,
            entry: Some(call::answer(&done, &caller, pick!(WaitlistEntry))?),
            hold: Some(call::answer(&done, &caller, pick!(Hold))?),
        }
        .into())
    }

    async fn record_contact(
        &self,
        request: Request<v1::RecordContactRequest>,
    ) -> Answer<v1::RecordContactResponse> {
        let command = |_: &v1::RecordContactRequest, step, _: &mut Fields<'_>| {
            Some(Command::RecordContact(step))
        };
        let (caller, done) = self.step(request, command).await?;
        Ok(v1::RecordContactResponse {
            revision: done.revision,
            entry: Some(call::answer(&done, &caller, pick!(WaitlistEntry))?),
        }
        .into())
    }

    async fn accept_offer(
        &self,
        request: Request<v1::AcceptOfferRequest>,
    ) -> Answer<v1::AcceptOfferResponse> {
        let command = |message: &v1::AcceptOfferRequest, entry, f: &mut Fields<'_>| {
            let note = f.note("note", &message.note, 0..=limits::NOTE_CHARS)?;
            Some(Command::AcceptOffer { entry, note })
        };
        let (caller, done) = self.step(request, command).await?;
        Ok(v1::AcceptOfferResponse {
            revision: done.revision,
            appointment: Some(call::answer(&done, &caller, pick!(Appointment))?),
        }
        .into())
    }

    async fn decline_offer(
        &self,
        request: Request<v1::DeclineOfferRequest>,
    ) -> Answer<v1::DeclineOfferResponse> {
        let command = |message: &v1::DeclineOfferRequest, entry, _: &mut Fields<'_>| {
            let pass_on = message.pass_on;
            Some(Command::DeclineOffer { entry, pass_on })
        };
        let (caller, done) = self.step(request, command).await?;
        let mut entries = call::answers(&done, &caller, pick!(WaitlistEntry));
        let declined = entries.next();
        let entry = declined.ok_or_else(|| status::internal("a declined offer has its entry"))?;
        Ok(v1::DeclineOfferResponse {
            revision: done.revision,
            entry: Some(entry),
            next: entries.next(),
        }
        .into())
    }
}

/// An entry that the caller sees: of one of their sites at least.
fn find(caller: &Caller, id: WaitlistId) -> Result<&WaitlistEntry, Status> {
    let entry = caller.clinic().waitlist_entry(id);
    let seen = |entry: &&_| lines::reaches(caller, entry);
    let what = RecordId::WaitlistEntry(id);
    entry
        .map(AsRef::as_ref)
        .filter(seen)
        .ok_or_else(|| status::not_found(what.kind().name(), what.name()))
}

fn read_slot(message: &v1::SuggestForSlotRequest, f: &mut Fields<'_>) -> Option<Place> {
    let site = f.id("site_id", &message.site_id);
    let start = f.cell("start", message.start.as_ref());
    let until = f.optional_cell("until", message.until.as_ref());
    let room = f.optional_id("room_id", &message.room_id);
    let therapist = f.optional_id("therapist_id", &message.therapist_id);
    let start = start?;
    let until = until?.unwrap_or(start.plus_cells(1));
    let longest = u32::from(limits::SEARCH_DAYS) * 24 * 12;
    let starts = match Interval::new(start, until) {
        Some(starts) if starts.cells() <= longest => starts,
        Some(_) => return f.wrong("until", "at most 31 days after the start"),
        None => return f.wrong("until", "later than the start"),
    };
    Some(Place::Slot {
        site: site?,
        starts,
        room: room?,
        therapist: therapist?,
    })
}
