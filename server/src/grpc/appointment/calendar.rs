//! Calendars of therapists and rooms, as files.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tonic::{Request, Status};
use treadwell_api::v1;
use treadwell_clinic::id::{RoomId, TherapistId};
use treadwell_clinic::time::{Cell, Interval};

use crate::calendar::{self, Asked, Owner};
use crate::convert::Violations;
use crate::convert::fields::Fields;
use crate::grpc::call::{self, Answer};
use crate::grpc::status;
use crate::grpc::turn::Turn;

/// How far a file reaches where the request does not say.
const BACK: SignedDuration = SignedDuration::from_hours(31 * 24);
/// See [`BACK`].
const AHEAD: SignedDuration = SignedDuration::from_hours(180 * 24);
/// The longest time of a file.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

pub(super) async fn calendar(
    turn: &Turn,
    clinic_id: &str,
    request: Request<v1::GetCalendarRequest>,
) -> Answer<v1::GetCalendarResponse> {
    let (caller, message) = call::open(request)?;
    let (of, from, until) = call::read(|f| {
        let of = read_owner(message.of.as_ref(), f);
        let from = f.optional_instant("from", message.from.as_ref());
        let until = f.optional_instant("until", message.until.as_ref());
        Some((of?, from?, until?))
    })?;
    let file_name = match of {
        Owner::Therapist(id) => format!("therapist-{id}.ics"),
        Owner::Room(id) => {
            if let Some(room) = caller.clinic().room(id) {
                call::reach(&caller, room.site)?;
            }
            format!("room-{id}.ics")
        }
    };
    let time = time(from, until, caller.now)?;
    let asked = Asked {
        of,
        time,
        made: caller.now,
        clinic: clinic_id.to_owned(),
    };
    let (published, view) = (Arc::clone(&caller.published), caller.view.clone());
    // It may be long, and nobody waits for it at the desk.
    let work = move || calendar::file(&published.clinic, &asked, &view);
    let file = turn.enter()?.run("calendar", work).await?;
    let calendar = file.ok_or_else(|| match of {
        Owner::Therapist(id) => status::not_found("therapist", id.as_str()),
        Owner::Room(id) => status::not_found("room", id.as_str()),
    })?;
    Ok(v1::GetCalendarResponse {
        revision: caller.published.revision,
        calendar,
        file_name,
    }
    .into())
}

fn read_owner(of: Option<&v1::get_calendar_request::Of>, f: &mut Fields<'_>) -> Option<Owner> {
    use v1::get_calendar_request::Of;
    match of {
        None => f.wrong("of", "a therapist or a room"),
        Some(Of::TherapistId(id)) => {
            let id: Option<TherapistId> = f.id("therapist_id", id);
            id.map(Owner::Therapist)
        }
        Some(Of::RoomId(id)) => {
            let id: Option<RoomId> = f.id("room_id", id);
            id.map(Owner::Room)
        }
    }
}

fn time(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Interval, Status> {
    let from = from.unwrap_or_else(|| now.saturating_sub(BACK).unwrap_or(now));
    let until = until.unwrap_or_else(|| now.saturating_add(AHEAD).unwrap_or(now));
    let wrong = |expected| status::fields(Violations::one("until", expected));
    if until.duration_since(from) > LONGEST {
        return Err(wrong("at most 366 days after `from`"));
    }
    Interval::new(Cell::at_or_after(from), Cell::at_or_after(until))
        .ok_or_else(|| wrong("later than `from`"))
}
