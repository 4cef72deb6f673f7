//! What each command does: one file for each family of commands.
//!
//! [`decide`] judges a command against a clinic and says which records change, or why nothing does. It
//! reads no clock, draws no number, and changes nothing itself: [`Clinic::apply`] does, once the
//! decision is durable.

mod absence;
mod appointment;
mod book;
mod catalog;
mod check;
mod client;
mod erase;
mod expire;
mod hold;
mod hygiene;
mod import;
mod inspection;
mod key;
mod lifecycle;
mod notes;
mod outage;
mod payment;
mod place;
mod prices;
mod receipt;
mod rejudge;
mod repair;
mod roster;
mod series;
mod session;
mod stock;
mod template;
mod training;
mod turnover;
mod undo;
mod waitlist;

use jiff::Timestamp;

use crate::availability;
use crate::clinic::Clinic;
use crate::command::{Command, Context, Rejudge, Revision, Scope};
use crate::id::{Ids, KeyId, SiteId};
use crate::limits;
use crate::model::{Blocker, Change, Record, RecordId, Site, Sites};
use crate::refusal::{Impossible, Refusal};
use crate::time::{Cell, Interval};

#[cfg(test)]
mod desk;
#[cfg(test)]
mod tests;

/// What a command does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The records that change, each at most once. Empty when everything is already as asked.
    pub changes: Vec<Change>,
    /// What the caller is told.
    pub reply: Reply,
    /// What has to be decided next, one after the other, each in a commit of its own and on behalf of the server:
    /// judging appointments again, offering what became free, or expiring more holds. What follows from one of them
    /// comes before the others.
    pub follow_up: Vec<Command>,
}

/// What the caller of a command is told besides the changed records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The records that the command was about, in the command's order. They are in the clinic after
    /// the commit, unless the command removed them.
    pub records: Vec<RecordId>,
    /// What keeps the session from being started, as judged at check-in.
    pub blockers: Vec<Blocker>,
    /// How many appointments were found to be unsound now and were not before: see
    /// [`crate::rules::is_newly_unsound`].
    pub flagged: u32,
    /// Those of a series that can not be had and are left out, by number.
    pub impossible: Vec<Impossible>,
}

/// Decides a command: what it changes, or why it is refused.
pub fn decide(clinic: &Clinic, command: &Command, context: &Context) -> Result<Decision, Refusal> {
    let mut work = Work::new(clinic, context);
    match command {
        Command::ImportCatalog(catalog) => catalog::import(&mut work, catalog)?,
        Command::PutSite(put) => catalog::put_site(&mut work, put)?,
        Command::PutRoom(put) => catalog::put_room(&mut work, put)?,
        Command::PutRuleSet(put) => catalog::put_rule_set(&mut work, put)?,
        Command::PutService(put) => catalog::put_service(&mut work, put)?,
        Command::PutPolicy(put) => catalog::put_policy(&mut work, put)?,
        Command::PutTherapist(put) => catalog::put_therapist(&mut work, put)?,
        Command::Renew(renew) => training::renew(&mut work, renew)?,
        Command::PutTraining(put) => training::put(&mut work, put)?,
        Command::RemoveTraining { training, etag } => {
            training::remove(&mut work, *training, *etag)?;
        }
        Command::AttestFootCare(entry) => roster::attest_foot_care(&mut work, entry)?,
        Command::PutShifts(shifts) => roster::put_shifts(&mut work, shifts)?,
        Command::RemoveShift { shift, etag } => roster::remove_shift(&mut work, *shift, *etag)?,
        Command::PutTemplate(put) => template::put(&mut work, put)?,
        Command::RemoveTemplate { template, etag } => {
            template::remove(&mut work, *template, *etag)?;
        }
        Command::PutAbsence(put) => absence::put(&mut work, put)?,
        Command::RemoveAbsence { absence, etag } => absence::remove(&mut work, *absence, *etag)?,
        Command::RollRoster => template::roll(&mut work),
        Command::Rewrite(records) => work.rewrite(records),
        Command::CreateClient(new) => client::create(&mut work, new)?,
        Command::ImportClients(clients) => import::import(&mut work, clients)?,
        Command::UpdateClient(update) => client::update(&mut work, update)?,
        Command::EraseClient { client, give_up } => erase::erase(&mut work, *client, *give_up)?,
        Command::RecordDeclaration(new) => client::record_declaration(&mut work, new)?,
        Command::ReviewScreening(review) => client::review_screening(&mut work, review)?,
        Command::Hold(wish) => hold::hold(&mut work, wish)?,
        Command::ReleaseHold { hold } => hold::release(&mut work, *hold)?,
        Command::Book(book) => book::book(&mut work, book)?,
        Command::ImportAppointments(booked) => import::import(&mut work, booked)?,
        Command::Confirm(step) => lifecycle::confirm(&mut work, *step)?,
        Command::Move(to) => book::move_to(&mut work, to)?,
        Command::Cancel(cancel) => lifecycle::cancel(&mut work, cancel)?,
        Command::BookSeries(book) => series::book(&mut work, book)?,
        Command::MoveSeries(to) => series::move_to(&mut work, to)?,
        Command::CancelSeries(cancel) => series::cancel(&mut work, cancel)?,
        Command::NoShow(step) => lifecycle::no_show(&mut work, *step)?,
        Command::CheckIn(step) => lifecycle::check_in(&mut work, *step)?,
        Command::Reconfirm(step) => lifecycle::reconfirm(&mut work, *step)?,
        Command::Start(step) => session::start(&mut work, *step)?,
        Command::Extend { step, by } => session::extend(&mut work, *step, *by)?,
        Command::Finish { step, stopped } => session::finish(&mut work, *step, stopped.as_deref())?,
        Command::CompleteItems { room, items } => turnover::complete(&mut work, *room, items)?,
        Command::CompleteTurnover { room } => turnover::complete_all(&mut work, *room)?,
        Command::OpenOutage(open) => outage::open(&mut work, open)?,
        Command::CloseOutage { outage, etag } => outage::close(&mut work, *outage, *etag)?,
        Command::SaveNotes(save) => notes::save(&mut work, save)?,
        Command::SignNotes(step) => notes::sign(&mut work, *step)?,
        Command::AddAddendum { step, text } => notes::add_addendum(&mut work, *step, text)?,
        Command::IssueAftercare { appointment } => {
            notes::issue_aftercare(&mut work, *appointment)?;
        }
        Command::PutBusiness(put) => prices::put_business(&mut work, put)?,
        Command::PutPriceList(put) => prices::put_price_list(&mut work, put)?,
        Command::TakePayment(pay) => payment::take(&mut work, pay)?,
        Command::Refund(pay) => payment::refund(&mut work, pay)?,
        Command::IssueReceipt(step) => receipt::issue(&mut work, *step)?,
        Command::ReissueReceipt { receipt, etag } => {
            receipt::reissue(&mut work, *receipt, *etag)?;
        }
        Command::VoidReceipt(void) => receipt::void(&mut work, void)?,
        Command::CreateKey(create) => key::create(&mut work, create)?,
        Command::RevokeKey { key } => key::revoke(&mut work, *key)?,
        Command::SetPassphrase(set) => key::set_passphrase(&mut work, set)?,
        Command::PutStockItem(put) => stock::put(&mut work, put)?,
        Command::MoveStock(movement) => stock::move_stock(&mut work, movement)?,
        Command::TakeStock(count) => stock::take(&mut work, count)?,
        Command::RecordInspection(new) => inspection::record(&mut work, new)?,
        Command::RecordOwnItems(done) => hygiene::record_own(&mut work, done)?,
        Command::Undo => undo::undo(&mut work)?,
        Command::Expire => expire::expire(&mut work),
        Command::Rejudge(rejudge) => rejudge::rejudge(&mut work, rejudge),
        Command::PutOnWaitlist(new) => waitlist::put(&mut work, new)?,
        Command::UpdateWaitlistEntry(update) => waitlist::update(&mut work, update)?,
        Command::WithdrawWaitlistEntry(step) => waitlist::withdraw(&mut work, *step)?,
        Command::MakeOffer(offer) => waitlist::offer(&mut work, offer)?,
        Command::RecordContact(step) => waitlist::contact(&mut work, *step)?,
        Command::AcceptOffer { entry, note } => waitlist::accept(&mut work, *entry, note)?,
        Command::DeclineOffer { entry, pass_on } => {
            waitlist::decline(&mut work, *entry, *pass_on)?;
        }
        Command::OfferFreed(freed) => waitlist::offer_freed(&mut work, freed)?,
        Command::ApplyRepair(moves) => repair::apply(&mut work, moves)?,
    }
    repair::follow(&mut work);
    rejudge::after_clashes(&mut work);
    // Nothing is offered before what stands by it is judged again.
    waitlist::follow(&mut work, command.kind());
    Ok(work.decision)
}

/// Fails unless the passphrase of a key is the actor's to see to. What is done about one without a command, such as lifting a lock, is judged
/// as setting it is: otherwise somebody could guess on at a passphrase that they may not set.
pub fn sees_to_passphrase(clinic: &Clinic, key: KeyId, context: &Context) -> Result<(), Refusal> {
    key::with_passphrase(&Work::new(clinic, context), key).map(drop)
}

/// A decision in the making.
struct Work<'a> {
    clinic: &'a Clinic,
    context: &'a Context,
    ids: Ids,
    decision: Decision,
}

impl<'a> Work<'a> {
    fn new(clinic: &'a Clinic, context: &'a Context) -> Self {
        Self {
            clinic,
            context,
            ids: context.ids,
            decision: Decision::default(),
        }
    }

    /// The same command's work on another clinic, to judge there what has not happened here yet.
    fn on<'b>(&self, clinic: &'b Clinic) -> Work<'b>
    where
        'a: 'b,
    {
        Work::new(clinic, self.context)
    }

    fn now(&self) -> Timestamp {
        self.context.now
    }

    /// The cell in which now lies: the earliest in which anything may begin.
    fn now_cell(&self) -> Cell {
        Cell::containing(self.context.now)
    }

    /// All of the time from the current cell on.
    fn future(&self) -> Interval {
        let last = Interval::new(Cell::MAX.minus_cells(1), Cell::MAX);
        Interval::new(self.now_cell(), Cell::MAX)
            .or(last)
            .expect("the last cell of all is an interval")
    }

    /// A fresh serial number.
    fn fresh(&mut self) -> Result<u64, Refusal> {
        self.ids.take().ok_or(Refusal::TooMany)
    }

    /// A record comes into being, and the caller is told of it.
    fn create(&mut self, record: impl Into<Record>) {
        let change = Change::create(record);
        self.decision.reply.records.push(change.id());
        self.decision.changes.push(change);
    }

    /// A record changes, and the caller is told of it. One that is already as asked does not change.
    fn update(&mut self, before: impl Into<Record>, after: impl Into<Record>) {
        let change = Change::update(before, after);
        self.decision.reply.records.push(change.id());
        self.note(change);
    }

    /// A record changes because another one does.
    fn update_too(&mut self, before: impl Into<Record>, after: impl Into<Record>) {
        self.note(Change::update(before, after));
    }

    /// Records stay as they are, and are written again. Those that are gone are nothing to write.
    fn rewrite(&mut self, records: &[RecordId]) {
        let records = records.iter().filter_map(|id| self.clinic.get(id));
        let changes = records.map(|record| Change::update(record.clone(), record));
        self.decision.changes.extend(changes);
    }

    fn note(&mut self, change: Change) {
        if change.before() != change.after() {
            self.decision.changes.push(change);
        }
    }

    /// A record comes into being because another one changes.
    fn create_too(&mut self, record: impl Into<Record>) {
        self.decision.changes.push(Change::create(record));
    }

    /// A record ceases to be.
    fn remove(&mut self, record: impl Into<Record>) {
        self.decision.changes.push(Change::remove(record));
    }

    /// The caller is told of a record that is already as asked, or is removed.
    fn mention(&mut self, id: RecordId) {
        self.decision.reply.records.push(id);
    }

    /// Future appointments have to be judged again. Two scopes at once become all.
    fn rejudge(&mut self, scope: Scope) {
        let follow_up = &mut self.decision.follow_up;
        let earlier = follow_up.iter_mut().find_map(|next| match next {
            Command::Rejudge(rejudge) => Some(rejudge),
            _ => None,
        });
        match earlier {
            Some(earlier) if earlier.scope == scope => earlier.after = None,
            Some(earlier) => {
                *earlier = Rejudge {
                    scope: Scope::All,
                    after: None,
                }
            }
            None => follow_up.push(Command::Rejudge(Rejudge { scope, after: None })),
        }
    }

    /// Fails unless the actor may act at a site.
    fn allow(&self, site: SiteId) -> Result<(), Refusal> {
        if self.context.actor.sites.allow(site) {
            Ok(())
        } else {
            Err(Refusal::SiteNotAllowed { site })
        }
    }

    /// Fails unless the actor may act at the site of a record that they name by its id: one out of reach is as one that
    /// does not exist, so that nobody learns by asking what there is elsewhere.
    fn reaches(&self, what: RecordId, site: SiteId) -> Result<(), Refusal> {
        self.allow(site).map_err(|_| Refusal::NotFound { what })
    }

    /// Fails unless the actor may act at every site: what belongs to the clinic as a whole is not for
    /// those who are limited to some.
    fn everywhere(&self) -> Result<(), Refusal> {
        let Sites::Only(own) = &self.context.actor.sites else {
            return Ok(());
        };
        let elsewhere = self.clinic.sites().find(|site| !own.contains(&site.id));
        Err(elsewhere.map_or_else(
            || check::invalid("sites", "some sites, as this key itself is limited to some"),
            |site| Refusal::SiteNotAllowed { site: site.id },
        ))
    }

    /// A site at which the actor may act.
    fn site(&self, site: SiteId) -> Result<&'a Site, Refusal> {
        self.allow(site)?;
        let found = self.clinic.site(site).map(AsRef::as_ref);
        found.ok_or(Refusal::NotFound {
            what: RecordId::Site(site),
        })
    }

    /// Fails when the record has changed since the caller read it. A record that does not exist has
    /// the revision 0; so has the policy that there is before any was put.
    fn fresh_enough(&self, what: RecordId, etag: Option<Revision>) -> Result<(), Refusal> {
        let Some(expected) = etag else {
            return Ok(());
        };
        let found = self.clinic.revision_of(&what).unwrap_or(0);
        if expected == found {
            Ok(())
        } else if expected == 0 && what != RecordId::Policy {
            Err(Refusal::AlreadyExists { what })
        } else {
            Err(Refusal::Stale {
                what,
                expected,
                found,
            })
        }
    }

    /// Fails unless a booking may begin at `start`: not in the past, nor beyond the horizon.
    fn bookable(&self, site: &Site, start: Cell) -> Result<(), Refusal> {
        self.not_past(start)?;
        let end = availability::horizon(self.clinic, &site.zone, self.now());
        not_after(start, end)
    }

    fn not_past(&self, at: Cell) -> Result<(), Refusal> {
        let earliest = self.now_cell();
        if at < earliest {
            return Err(Refusal::Past { at, earliest });
        }
        Ok(())
    }

    /// Fails when `at` lies further ahead than the calendar reaches.
    fn in_calendar(&self, at: Cell) -> Result<(), Refusal> {
        let reach = u32::from(limits::CALENDAR_DAYS) * 24 * 12;
        not_after(at, self.now_cell().plus_cells(reach))
    }
}

/// Fails unless `at` lies before `end`.
fn not_after(at: Cell, end: Cell) -> Result<(), Refusal> {
    if at < end {
        return Ok(());
    }
    Err(Refusal::TooFarAhead {
        at,
        latest: end.minus_cells(1),
    })
}
