//! Out of service: the room or only its bars, until when, why. On a room that is out: bring it back.

use treadwell_api::v1::{self, BarsState, RoomState};

use super::{
    ask::{self, Ask},
    form::{self, Form, Kind, choice, text},
};
use crate::tui::{
    event::{Effect, Purpose},
    model::Model,
    time,
};

/// Opens the dialog for a room.
pub(crate) fn open(model: &mut Model, room_id: Option<&str>) -> Vec<Effect> {
    let Some(room) = room_id.and_then(|id| model.live_room(id)).cloned() else {
        model.warn("There is no room in focus.");
        return Vec::new();
    };
    if !room.outage_id.is_empty() {
        return ask_end(model, &room);
    }
    let mut options = vec!["the room"];
    if room.bars() == BarsState::Sound {
        options.insert(0, "only its bars");
    }
    let lines = vec![
        format!("{} {}", room.name, model.site_name(&room.site_id)),
        "Until: a time like 17:00 or fri 9:00; empty when nobody knows yet.".to_owned(),
    ];
    let fields = vec![
        choice("what is out", options),
        text("until", ""),
        text("why", ""),
    ];
    form::open(
        model,
        Form::new("Out of service", lines, fields, Kind::Outage(room.room_id)),
    )
}

fn ask_end(model: &mut Model, room: &v1::RoomStatus) -> Vec<Effect> {
    let what = if room.state() == RoomState::Out {
        "The room"
    } else {
        "Its bars"
    };
    let until = time::clock_of(
        room.until
            .as_ref()
            .filter(|_| room.state() == RoomState::Out),
        &model.zone(&room.site_id),
    );
    let until = if until.is_empty() {
        String::new()
    } else {
        format!(" until {until}")
    };
    let lines = vec![
        format!("{} {}", room.name, model.site_name(&room.site_id)),
        format!("{what} is out{until}: {}.", room.outage_reason).replace("bars is", "bars are"),
        "End the outage now?".to_owned(),
    ];
    let call = v1::CloseOutageRequest {
        outage_id: room.outage_id.clone(),
        write: None,
    };
    ask::open(
        model,
        Ask::send("Back in service", lines, Purpose::Act, call),
    )
}
