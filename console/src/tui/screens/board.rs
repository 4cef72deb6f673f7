//! The Board: every room of every site as it is now, and what needs a person.

mod view;

use treadwell_api::v1::{self, AttentionKind, RoomState};

use crate::tui::{
    dialogs,
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::Target,
    screens::{self, Screen, step},
    search::Sieve,
    visit, words,
};

pub(crate) use view::draw;

/// The list number of what needs a person, for clicks; sites have the numbers below it.
const NEEDS: usize = 1000;

/// Where the focus is.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct State {
    /// In the list of what needs a person, not among the rooms.
    pub(crate) in_needs: bool,
    /// Which site.
    pub(crate) site: usize,
    /// Which of its rooms.
    pub(crate) room: usize,
    /// Which need.
    pub(crate) need: usize,
}

/// The sites in the order in which they are shown.
pub(crate) fn sites(model: &Model) -> Vec<&v1::SiteBoard> {
    let mut sites: Vec<&v1::SiteBoard> = model.sites().collect();
    if let Some(home) = &model.home_site {
        sites.sort_by_key(|site| site.site_id != *home);
    }
    sites
}

/// A site's rooms as far as the filter lets them through.
pub(crate) fn rooms<'a>(model: &Model, site: &'a v1::SiteBoard) -> Vec<&'a v1::RoomStatus> {
    let wanted = model.filter.input.value();
    let texts = model
        .sites()
        .flat_map(|site| site.rooms.iter().map(|room| room_text(site, room)));
    let sieve = Sieve::new(wanted, texts);
    site.rooms
        .iter()
        .filter(|room| sieve.passes(&room_text(site, room)))
        .collect()
}

fn room_text(site: &v1::SiteBoard, room: &v1::RoomStatus) -> String {
    let (state, _) = words::room_state(room);
    let bars = words::bars(room.bars()).0;
    format!(
        "{} {} {} {} {} {}",
        room.name, site.name, bars, state, room.therapist_name, room.client_name
    )
}

/// What needs a person. The filter leaves it alone: nothing urgent may be hidden.
pub(crate) fn needs(model: &Model) -> Vec<&v1::Attention> {
    model.live.iter().flat_map(|live| &live.attention).collect()
}

/// The room in focus; with a need in focus, the need's room.
pub(crate) fn focus_room(model: &Model) -> Option<&v1::RoomStatus> {
    if model.board.in_needs {
        let need = needs(model).into_iter().nth(model.board.need)?;
        return model.live_room(&need.room_id);
    }
    let site = sites(model).into_iter().nth(model.board.site)?;
    rooms(model, site).into_iter().nth(model.board.room)
}

/// The site in focus.
pub(crate) fn focus_site(model: &Model) -> Option<String> {
    let site = sites(model).into_iter().nth(model.board.site)?;
    Some(site.site_id.clone())
}

/// The appointment in focus: in the room or due in it, otherwise the next one.
pub(crate) fn focus_visit(model: &Model) -> Option<visit::Focus> {
    if model.board.in_needs {
        let need = needs(model).into_iter().nth(model.board.need)?;
        if !need.appointment_id.is_empty() {
            return Some(visit::Focus::of_id(model, &need.appointment_id));
        }
    }
    let room = focus_room(model)?;
    let id = if room.appointment_id.is_empty() {
        &room.next_appointment_id
    } else {
        &room.appointment_id
    };
    (!id.is_empty()).then(|| visit::Focus::of_id(model, id))
}

/// Asks for the board.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.ask(Purpose::Board, v1::GetBoardRequest::default())
}

/// A board has arrived.
pub(crate) fn loaded(model: &mut Model, live: v1::GetBoardResponse) {
    if let Some(now) = &live.now {
        model.clock.told(crate::tui::time::instant(now));
    }
    screens::relist(model, Screen::Board, |model| model.live = Some(live));
}

/// What has the focus: a need, or a room.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    if model.board.in_needs {
        let need = needs(model).into_iter().nth(model.board.need)?;
        return Some(need_id(need));
    }
    focus_room(model).map(|room| room.room_id.clone())
}

/// A need's words change with every minute; what it is about does not.
fn need_id(need: &v1::Attention) -> String {
    let about = if need.room_id.is_empty() && need.appointment_id.is_empty() {
        &need.text
    } else {
        &need.appointment_id
    };
    format!("{} {} {} {about}", need.kind, need.site_id, need.room_id)
}

/// Puts the focus on the need or room with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let found = id.is_none_or(|id| find(model, id));
    clamp(model);
    found
}

fn find(model: &mut Model, id: &str) -> bool {
    if model.board.in_needs {
        let at = needs(model).iter().position(|need| need_id(need) == id);
        model.board.need = at.unwrap_or(model.board.need);
        return at.is_some();
    }
    let place = sites(model).iter().enumerate().find_map(|(at, site)| {
        let row = rooms(model, site)
            .iter()
            .position(|room| room.room_id == id)?;
        Some((at, row))
    });
    let state = &mut model.board;
    (state.site, state.room) = place.unwrap_or((state.site, state.room));
    place.is_some()
}

/// Keeps the focus on something that exists.
fn clamp(model: &mut Model) {
    let sites = sites(model);
    let site = model.board.site.min(sites.len().saturating_sub(1));
    let count = sites.get(site).map_or(0, |site| rooms(model, site).len());
    let needs = needs(model).len();
    let state = &mut model.board;
    state.site = site;
    state.room = state.room.min(count.saturating_sub(1));
    state.need = state.need.min(needs.saturating_sub(1));
    if needs == 0 {
        state.in_needs = false;
    }
}

/// Does a command of the board.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Enter if model.board.in_needs => return act_on_need(model),
        Command::Enter => return open_room(model),
        Command::Outage => {
            let room = focus_room(model).map(|room| room.room_id.clone());
            return dialogs::outage::open(model, room.as_deref());
        }
        Command::Attest => return dialogs::attest::open(model),
        Command::Back => {
            model.board.in_needs = false;
        }
        Command::Left | Command::Right | Command::NextPane | Command::PreviousPane => {
            change_pane(model, command);
        }
        _ if visit::is_command(command) => {
            let focus = focus_visit(model);
            return visit::command(model, focus, command);
        }
        _ => move_focus(model, command),
    }
    model.dirty = true;
    Vec::new()
}

fn change_pane(model: &mut Model, command: Command) {
    let sites = sites(model).len();
    let has_needs = !needs(model).is_empty();
    let state = &mut model.board;
    match command {
        Command::Left => {
            state.site = state.site.saturating_sub(1);
            state.in_needs = false;
        }
        Command::Right => {
            state.site += 1;
            state.in_needs = false;
        }
        _ => {
            let panes = sites + usize::from(has_needs);
            let here = if state.in_needs { sites } else { state.site };
            let step = if command == Command::NextPane {
                1
            } else {
                panes.max(1) - 1
            };
            let there = (here + step) % panes.max(1);
            state.in_needs = there == sites && has_needs;
            if !state.in_needs {
                state.site = there;
            }
        }
    }
    clamp(model);
}

fn move_focus(model: &mut Model, command: Command) {
    let needs = needs(model).len();
    let count = sites(model)
        .get(model.board.site)
        .map_or(0, |site| rooms(model, site).len());
    let state = &mut model.board;
    match command {
        Command::Down if !state.in_needs && state.room + 1 >= count && needs > 0 => {
            state.in_needs = true;
            state.need = 0;
        }
        Command::Up if state.in_needs && state.need == 0 => state.in_needs = false,
        _ if state.in_needs => {
            step(&mut state.need, needs, command);
        }
        _ => {
            step(&mut state.room, count, command);
        }
    }
    clamp(model);
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(list, row) = target else {
        return false;
    };
    let before = model.board;
    let state = &mut model.board;
    if list == NEEDS {
        state.in_needs = true;
        state.need = row;
    } else {
        state.in_needs = false;
        state.site = list;
        state.room = row;
    }
    clamp(model);
    let now = model.board;
    before.in_needs == now.in_needs
        && (before.site, before.room, before.need) == (now.site, now.room, now.need)
}

/// Enter on a room: what can be done there.
fn open_room(model: &mut Model) -> Vec<Effect> {
    let Some(room) = focus_room(model).cloned() else {
        return Vec::new();
    };
    if room.state() == RoomState::Turnover {
        return screens::turnover::open(model, &room.room_id);
    }
    dialogs::menu::open_for_room(model, &room)
}

/// Enter on something that needs a person.
fn act_on_need(model: &mut Model) -> Vec<Effect> {
    let Some(need) = needs(model).into_iter().nth(model.board.need).cloned() else {
        return Vec::new();
    };
    match need.kind() {
        AttentionKind::TurnoverLate => screens::turnover::open(model, &need.room_id),
        AttentionKind::Out => dialogs::outage::open(model, Some(&need.room_id)),
        AttentionKind::FootCare => dialogs::attest::open(model),
        AttentionKind::HoldEnding => go_on_booking(model, &need),
        AttentionKind::OfferOpen => screens::waitlist::open_at(model, need.waitlist_entry_id),
        AttentionKind::WaitlistFits => screens::waitlist::offer_from_board(model, &need),
        AttentionKind::Upkeep => screens::open(model, Screen::Alerts),
        _ if !need.appointment_id.is_empty() => {
            dialogs::menu::open_for_visit(model, &need.appointment_id)
        }
        _ => open_room(model),
    }
}

/// The hold may be that of the draft here, or of another desk.
fn go_on_booking(model: &mut Model, need: &v1::Attention) -> Vec<Effect> {
    let own = model.book.hold.as_ref();
    if own.is_some_and(|hold| hold.room_id == need.room_id) {
        return screens::open(model, Screen::Book);
    }
    model.warn("Another desk holds that place; it is free again if it is not booked by then.");
    Vec::new()
}

/// What Enter does with a need, for the end of its line.
pub(crate) fn need_action(kind: AttentionKind) -> &'static str {
    match kind {
        AttentionKind::Over => "Enter: end or extend",
        AttentionKind::TurnoverLate => "Enter: open checklist",
        AttentionKind::BlockedArrival => "Enter: see what blocks",
        AttentionKind::LateArrival => "Enter: check in, no-show",
        AttentionKind::Flagged => "Enter: move or cancel",
        AttentionKind::Out => "Enter: end the outage",
        AttentionKind::FootCare => "Enter: attest",
        AttentionKind::HoldEnding => "Enter: go on booking",
        AttentionKind::OfferOpen => "Enter: note the answer",
        AttentionKind::WaitlistFits => "Enter: make offer",
        AttentionKind::Upkeep => "Enter: see alerts",
        AttentionKind::Unspecified => "Enter",
    }
}

/// The symbol before a need.
pub(crate) fn need_symbol(kind: AttentionKind) -> &'static str {
    match kind {
        AttentionKind::Over => "!",
        AttentionKind::TurnoverLate => "~",
        AttentionKind::BlockedArrival | AttentionKind::LateArrival => "@",
        AttentionKind::Flagged => "^",
        AttentionKind::Out => "x",
        AttentionKind::FootCare | AttentionKind::Upkeep => "*",
        AttentionKind::HoldEnding => "?",
        AttentionKind::OfferOpen | AttentionKind::WaitlistFits => "+",
        AttentionKind::Unspecified => ".",
    }
}
