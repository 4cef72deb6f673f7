//! Faults in plain words, for people. No health information: of a screening only
//! the outcome.

use jiff::civil::Date;

use crate::clinic::Clinic;
use crate::id::{CredentialId, RoomId, SiteId, TherapistId};
use crate::model::{BarsFault, CredentialFault, Eligible, Fault, Occupant, Outcome, Retired, Site};
use crate::time::{Cell, Interval, Zone};

/// A fault in plain words, such as `H4 is taken 14:00-15:15 (apt-4w800)`. Times are
/// local to the site, with the date where it may be another one.
pub fn text(clinic: &Clinic, fault: &Fault) -> String {
    match fault {
        Fault::Retired(Retired::Service) => "the service is no longer offered".to_owned(),
        Fault::Retired(Retired::Room) => "the room is no longer used".to_owned(),
        Fault::Retired(Retired::Therapist) => "the therapist takes no new work".to_owned(),
        Fault::LacksEquipment { room, .. } => {
            format!(
                "{} does not have what the service needs",
                room_name(clinic, *room)
            )
        }
        Fault::Credential {
            therapist,
            kind,
            fault,
        } => credential(&therapist_name(clinic, *therapist), *kind, *fault),
        Fault::Closed { site, date } => {
            format!(
                "{} is not open for all of it on {date}",
                site_name(clinic, *site)
            )
        }
        Fault::OffShift { therapist, site } => {
            let who = therapist_name(clinic, *therapist);
            format!(
                "{who} is not on shift at {} for all of it",
                site_name(clinic, *site)
            )
        }
        Fault::RoomOut { room, until, .. } => out(clinic, *room, *until),
        Fault::BarsUnsound { room, fault } => {
            format!("the bars of {} {}", room_name(clinic, *room), bars(*fault))
        }
        Fault::Screening(screening) => {
            outcome(&screening.outcome).to_owned() + &until(&screening.outcome)
        }
        Fault::RoomTaken { room, by } => {
            format!(
                "{} is taken {}",
                room_name(clinic, *room),
                occupant(clinic, *by, Whose::Room)
            )
        }
        Fault::TherapistTaken { therapist, by } => {
            let who = therapist_name(clinic, *therapist);
            format!("{who} is taken {}", occupant(clinic, *by, Whose::Therapist))
        }
        Fault::Travel { therapist, by, gap } => {
            let who = therapist_name(clinic, *therapist);
            let site = clinic
                .slot_of(*by)
                .map_or_else(String::new, |slot| site_name(clinic, slot.site));
            let when = occupant(clinic, *by, Whose::Therapist);
            format!("{who} needs {gap} between here and {site}, and is there {when}")
        }
        Fault::ClientTaken { by } => {
            format!(
                "the client has another appointment {}",
                occupant(clinic, *by, Whose::Client)
            )
        }
    }
}

fn credential(who: &str, kind: CredentialId, fault: CredentialFault) -> String {
    match fault {
        CredentialFault::Missing => format!("{who} does not hold the credential {kind}"),
        CredentialFault::Expired(last) => {
            format!("{who}'s credential {kind} is valid until {last} only")
        }
    }
}

fn out(clinic: &Clinic, room: RoomId, until: Option<Cell>) -> String {
    let until = until.and_then(|until| Some(date_time(room_site(clinic, room)?, until)));
    let until = until.unwrap_or_else(|| "further notice".to_owned());
    format!(
        "{} is out of service until {until}",
        room_name(clinic, room)
    )
}

fn bars(fault: BarsFault) -> String {
    match fault {
        BarsFault::NeverInspected => "have no passed inspection".to_owned(),
        BarsFault::InspectionLapsed(date) => format!("have to be inspected again by {date}"),
        BarsFault::InspectedLater(date) => format!("were not inspected before {date}"),
        BarsFault::Outage(_) => "are out of service".to_owned(),
    }
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Clear => "screening is clear",
        Outcome::NeedsReview => "a therapist has to review the screening",
        Outcome::Incomplete { .. } => "screening questions are not all answered",
        Outcome::ExcludedUntil(_) | Outcome::Excluded => "screening excludes the client",
    }
}

fn until(outcome: &Outcome) -> String {
    match outcome {
        Outcome::ExcludedUntil(Eligible::Date(date)) => format!(" until {date}"),
        Outcome::ExcludedUntil(Eligible::Instant(at)) => {
            format!(" until {}", at.strftime("%Y-%m-%d %H:%M UTC"))
        }
        _ => String::new(),
    }
}

/// Whose time an occupant takes.
#[derive(Clone, Copy)]
enum Whose {
    Client,
    Therapist,
    Room,
}

/// When an occupant takes somebody's time, and its id.
fn occupant(clinic: &Clinic, by: Occupant, whose: Whose) -> String {
    let place = clinic
        .slot_of(by)
        .and_then(|slot| Some((slot, clinic.site(slot.site)?)));
    let Some((slot, site)) = place else {
        return format!("({by})");
    };
    let time = match whose {
        Whose::Client => slot.occupies.client,
        Whose::Therapist => slot.occupies.therapist,
        Whose::Room => slot.occupies.room,
    };
    format!("{} ({by})", span(&site.zone, time))
}

fn span(zone: &Zone, time: Interval) -> String {
    let clock = |cell| zone.time(cell).strftime("%H:%M").to_string();
    format!("{}-{}", clock(time.start()), clock(time.end()))
}

fn date_time(site: &Site, cell: Cell) -> String {
    let date: Date = site.zone.date(cell);
    format!("{date} {}", site.zone.time(cell).strftime("%H:%M"))
}

fn room_site(clinic: &Clinic, room: RoomId) -> Option<&Site> {
    clinic.site(clinic.room(room)?.site).map(|site| &**site)
}

fn room_name(clinic: &Clinic, id: RoomId) -> String {
    clinic
        .room(id)
        .map_or_else(|| id.to_string(), |room| room.name.clone())
}

fn therapist_name(clinic: &Clinic, id: TherapistId) -> String {
    clinic
        .therapist(id)
        .map_or_else(|| id.to_string(), |therapist| therapist.name.clone())
}

fn site_name(clinic: &Clinic, id: SiteId) -> String {
    clinic
        .site(id)
        .map_or_else(|| id.to_string(), |site| site.name.clone())
}
