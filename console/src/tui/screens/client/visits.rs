//! A client's appointments: what is to come first, then what was.

use treadwell_api::v1;

use super::view;
use crate::tui::{
    event::{Effect, Purpose},
    model::Model,
    screens::{self, Screen},
    search::Sieve,
    time,
};

/// Asks for what is to come, and what may still change.
pub(super) fn coming(model: &Model) -> v1::ListAppointmentsRequest {
    v1::ListAppointmentsRequest {
        from: Some(yesterday(model)),
        ..of_client(&model.client.id)
    }
}

fn of_client(id: &str) -> v1::ListAppointmentsRequest {
    const MOST: i32 = 500;
    v1::ListAppointmentsRequest {
        client_id: id.to_owned(),
        page_size: MOST,
        ..v1::ListAppointmentsRequest::default()
    }
}

/// Where what is to come, and may still change, meets what was: the beginning of yesterday.
fn yesterday(model: &Model) -> prost_types::Timestamp {
    let zone = model.home_zone();
    let today = zone.to_datetime(model.now()).date();
    let first = today.yesterday().unwrap_or(today).to_zoned(zone);
    time::wire(first.map_or(model.now(), |first| first.timestamp()))
}

/// The appointments as far as the filter lets them through: what is to come first, the nearest on top; then what was, the
/// latest on top.
pub(super) fn visits_shown(model: &Model) -> Vec<&v1::Appointment> {
    const LONGEST_SECONDS: i64 = 6 * 3600;
    let all = || model.client.past.iter().chain(&model.client.coming);
    let sieve = Sieve::new(
        model.filter.input.value(),
        all().map(|visit| view::visit_line(model, visit)),
    );
    let mut shown: Vec<&v1::Appointment> = all()
        .filter(|visit| sieve.passes(&view::visit_line(model, visit)))
        .collect();
    let now = model.now().as_second();
    shown.sort_by_key(|visit| {
        let start = visit.start.as_ref().map_or(0, |start| start.seconds);
        let past = start + LONGEST_SECONDS < now;
        (past, if past { -start } else { start })
    });
    shown
}

/// A page of their appointments has arrived. After what is to come what was is asked for.
pub(crate) fn visits(
    model: &mut Model,
    purpose: Purpose,
    asked: v1::ListAppointmentsRequest,
    answer: v1::ListAppointmentsResponse,
) -> Vec<Effect> {
    if asked.client_id != model.client.id {
        return Vec::new();
    }
    screens::relist(model, Screen::Client, |model| {
        let state = &mut model.client;
        let list = if purpose == Purpose::Visits {
            state.revision = answer.revision;
            &mut state.coming
        } else {
            &mut state.past
        };
        if asked.page_token.is_empty() {
            list.clear();
        }
        list.extend(answer.appointments);
    });
    if !answer.next_page_token.is_empty() {
        let next = v1::ListAppointmentsRequest {
            page_token: answer.next_page_token,
            ..asked
        };
        return model.ask(purpose, next);
    }
    if std::mem::replace(&mut model.client.asked_past, true) {
        return Vec::new();
    }
    let past = v1::ListAppointmentsRequest {
        until: asked.from,
        ..of_client(&asked.client_id)
    };
    model.ask(Purpose::PastVisits, past)
}
