//! Entries as the desk reads them: who, whom to call, in which order and why.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::availability::Proposal;
use treadwell_clinic::id::{SiteId, WaitlistId};
use treadwell_clinic::model::{RecordId, Site, WaitState, WaitlistEntry};
use treadwell_clinic::rules;
use treadwell_clinic::waitlist::{self, Place, Suggestion, Unfit};

use crate::access::Caller;
use crate::convert;
use crate::convert::words::Words;
use crate::grpc::availability::show_proposal;

/// Where an entry stands in a list: who has waited longest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(Timestamp, WaitlistId);

impl Position {
    pub(super) fn of(entry: &WaitlistEntry) -> Self {
        Self(entry.since, entry.id)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (since, id) = text.split_once(' ').ok_or(())?;
        let since = since.parse().map_err(|_| ())?;
        Ok(Self(since, id.parse().map_err(|_| ())?))
    }
}

/// Whether the caller sees an entry.
pub(super) fn reaches(caller: &Caller, entry: &WaitlistEntry) -> bool {
    let mut sites = entry.wanted.sites.iter();
    sites.any(|&site| caller.view.reaches(site))
}

/// The entries for some sites in their order, from behind `after` on, each with its place in the queue.
pub(super) fn listed<'c>(
    caller: &'c Caller,
    sites: &[SiteId],
    ended: bool,
    after: Option<Position>,
) -> Vec<(usize, &'c WaitlistEntry)> {
    let clinic = caller.clinic();
    let queue = clinic.waiting(None).map(AsRef::as_ref);
    let mut all: Vec<_> = (1..).zip(queue).collect();
    if ended {
        let others = clinic.waitlist_entries().map(AsRef::as_ref);
        let others = others.filter(|entry: &&WaitlistEntry| !entry.is_live());
        all.extend(others.map(|entry| (0, entry)));
        all.sort_by_key(|(_, entry)| Position::of(entry));
    }
    all.retain(|(_, entry)| {
        after.is_none_or(|after| after < Position::of(entry))
            && entry.wanted.sites.iter().any(|site| sites.contains(site))
    });
    all
}

/// An entry as it is shown.
pub(super) fn show(caller: &Caller, entry: &WaitlistEntry) -> v1::WaitlistEntry {
    let id = RecordId::WaitlistEntry(entry.id);
    let revision = caller.clinic().revision_of(&id).unwrap_or(0);
    convert::waitlist::show(entry, revision, caller.clinic(), &caller.view)
}

/// An entry without a place.
pub(super) fn line(caller: &Caller, position: usize, entry: &WaitlistEntry) -> v1::WaitlistLine {
    let client = caller.clinic().client(entry.client);
    v1::WaitlistLine {
        entry: Some(show(caller, entry)),
        position: i32::try_from(position).unwrap_or(i32::MAX),
        client_name: client.map(|it| it.name.clone()).unwrap_or_default(),
        client_phone: client.map(|it| it.phone.clone()).unwrap_or_default(),
        place: None,
        reason: standing(caller.clinic(), position, entry),
    }
}

/// An entry with the first place that its client could have at a site that the caller reaches, or why
/// there is none.
pub(super) fn with_first_place(
    caller: &Caller,
    position: usize,
    entry: &WaitlistEntry,
) -> v1::WaitlistLine {
    let mut line = line(caller, position, entry);
    if entry.state != WaitState::Waiting {
        return line;
    }
    let clinic = caller.clinic();
    let reached = |site| caller.view.reaches(site);
    let first = waitlist::for_entry(clinic, entry, reached, caller.now, 1).pop();
    let more = match &first {
        Some(first) => fits(clinic, first),
        None => nothing(clinic, entry, caller.now),
    };
    line.reason = format!("{} {more}", line.reason);
    line.place = first.as_ref().map(show_proposal);
    line
}

/// An entry that was held against a place; none when the caller does not see it.
pub(super) fn suggested(
    caller: &Caller,
    place: &Place,
    suggestion: &Suggestion,
) -> Option<v1::WaitlistLine> {
    let clinic = caller.clinic();
    let entry = clinic.waitlist_entry(suggestion.entry)?;
    // Who waits elsewhere is not asked about.
    if !entry.wanted.sites.contains(&place.site()) || !reaches(caller, entry) {
        return None;
    }
    let mut line = line(caller, suggestion.position, entry);
    let more = match &suggestion.verdict {
        Ok(proposal) => {
            line.place = Some(show_proposal(proposal));
            fits(clinic, proposal)
        }
        Err(unfit) => why_not(clinic, unfit),
    };
    line.reason = format!("{} {more}", line.reason);
    Some(line)
}

/// Why an entry has its place in the queue.
fn standing(clinic: &Clinic, position: usize, entry: &WaitlistEntry) -> String {
    let site = entry.wanted.sites.first().and_then(|&id| clinic.site(id));
    let since = site.map_or_else(|| entry.since.to_string(), |site| day(site, entry.since));
    match &entry.state {
        WaitState::Booked { .. } => format!("Waited since {since}, and got a place."),
        WaitState::Withdrawn { .. } => format!("Waited since {since}, and does not any more."),
        WaitState::Waiting | WaitState::Offered(_) if position == 1 => {
            format!("First: waits since {since}, longer than anyone.")
        }
        WaitState::Waiting | WaitState::Offered(_) => {
            format!("Number {position}: waits since {since}.")
        }
    }
}

fn fits(clinic: &Clinic, proposal: &Proposal) -> String {
    let slot = &proposal.slot;
    let words = Words(clinic);
    let start = clinic.site(slot.site).map_or_else(
        || slot.start().to_string(),
        |site| day(site, slot.start().timestamp()),
    );
    let (room, therapist) = (words.room(slot.room), words.therapist(slot.therapist));
    format!("{room} {start} with {therapist} fits.")
}

fn why_not(clinic: &Clinic, unfit: &Unfit) -> String {
    match unfit {
        Unfit::OfferOpen => "Another place is offered to them.".to_owned(),
        Unfit::OtherSite => "Waits for another site.".to_owned(),
        Unfit::OutsideWindows => "Can not be there then.".to_owned(),
        Unfit::OtherTherapist => "Wants another therapist, and nobody else.".to_owned(),
        Unfit::PassedBefore => "Was offered this place, and did not take it.".to_owned(),
        Unfit::NoPlace(none) => none.faults.first().map_or_else(
            || "Nobody and no room serves them.".to_owned(),
            |fault| Words(clinic).fault(fault),
        ),
    }
}

/// Why somebody can have nothing: what screening says now, or that nothing is free.
fn nothing(clinic: &Clinic, entry: &WaitlistEntry, now: Timestamp) -> String {
    let site = entry.wanted.sites.first().and_then(|&id| clinic.site(id));
    let screening = site.and_then(|site| {
        let service = clinic.service(entry.wanted.service)?;
        let barefoot = service.modality.is_barefoot();
        let found = rules::screen(clinic, entry.client, service, site, now);
        let against = barefoot && found.outcome != treadwell_clinic::model::Outcome::Clear;
        against.then(|| treadwell_clinic::model::Fault::Screening(Box::new(found)))
    });
    screening.map_or_else(
        || "Nothing that they want is free.".to_owned(),
        |fault| Words(clinic).fault(&fault),
    )
}

fn day(site: &Site, at: Timestamp) -> String {
    let local = site.zone.local(at);
    local.strftime("%a %-d %b %H:%M").to_string()
}
