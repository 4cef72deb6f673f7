//! Things to choose from: what can be done with a room or an appointment, minutes, places to move to.

// Writing to a String can not fail: the results of `write!` are dropped.
use std::fmt::Write as _;

use ratatui::layout::Rect;
use treadwell_api::v1;

use super::{Dialog, ask, attest, form, health, hygiene, middle, outage, record, series, training};
use crate::tui::{
    event::{Effect, Purpose},
    keys::{self, Command, Place},
    model::Model,
    pen::{Pen, Target, pad, wrap},
    screens::{self, offset, rows, scroll, step},
    theme::Role,
    time, visit, words,
};

/// A list with a title.
#[derive(Debug)]
pub(crate) struct Menu {
    title: String,
    lines: Vec<String>,
    items: Vec<Item>,
    /// The entry in focus.
    pub(crate) at: usize,
}

/// One entry.
#[derive(Debug)]
pub(crate) struct Item {
    /// The key that chooses it at once; empty for none.
    pub(crate) key: String,
    /// What it says.
    pub(crate) label: String,
    /// What it does.
    pub(crate) action: Action,
}

/// What an entry does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// A command about an appointment.
    Visit(Command, visit::Focus),
    /// Take this room out of service, or bring it back.
    Outage(String),
    /// Begin a booking in this room.
    BookIn(String),
    /// Lengthen by so many minutes.
    Extend(String, i32),
    /// Move the appointment there.
    MoveTo(Box<form::Moving>, Box<v1::Proposal>),
    /// Say what was done for a therapist's feet.
    FootCare(String),
    /// Attest a therapist's foot care.
    Attest(String, attest::Care),
    /// Something about the notes on a session, or its aftercare.
    Record(record::Step, Box<v1::Appointment>),
    /// Record some of a therapist's own items of a session.
    Own(String, Vec<v1::OwnItem>),
    /// Record an inspection of what hangs over this room's table.
    Inspect(String),
    /// The client of this appointment says that nothing has changed.
    Unchanged(String),
    /// Ask this client the questions.
    Questions(String),
    /// Book this place in the stead of a refused one.
    Instead(Box<v1::Appointment>),
    /// Show this rule set.
    Rules(String),
    /// Correct or remove this entry of the training log.
    Training(Box<v1::Training>),
}

impl Menu {
    /// A menu with the focus on its first entry.
    pub(crate) fn new(title: &str, lines: Vec<String>, items: Vec<Item>) -> Self {
        Self {
            title: title.to_owned(),
            lines,
            items,
            at: 0,
        }
    }
}

/// Opens a menu.
pub(crate) fn open(model: &mut Model, menu: Menu) -> Vec<Effect> {
    super::open(model, Dialog::Menu(menu))
}

/// What can be done with a room and the appointment in it.
pub(crate) fn open_for_room(model: &mut Model, room: &v1::RoomStatus) -> Vec<Effect> {
    let id = if room.appointment_id.is_empty() {
        &room.next_appointment_id
    } else {
        &room.appointment_id
    };
    let mut items = Vec::new();
    if !id.is_empty() {
        let focus = visit::Focus::of_id(model, id);
        items.extend(visit_items(model, &focus));
    }
    items.push(Item {
        key: model.keymap.key_at(Place::Everywhere, Command::Book),
        label: "Book in this room".to_owned(),
        action: Action::BookIn(room.room_id.clone()),
    });
    let out = if room.outage_id.is_empty() {
        "Out of service: the room or its bars"
    } else {
        "End the outage"
    };
    items.push(Item {
        key: model.keymap.key_at(Place::Board, Command::Outage),
        label: out.to_owned(),
        action: Action::Outage(room.room_id.clone()),
    });
    if is_inspected_by(model, &room.room_id) {
        items.push(Item {
            key: String::new(),
            label: "Record an inspection of its bars or rope".to_owned(),
            action: Action::Inspect(room.room_id.clone()),
        });
    }
    let zone = model.zone(&room.site_id);
    let (state, _) = words::room_state(room);
    let mut line = format!("{state} {} {}", room.therapist_name, room.client_name);
    if room.until.is_some() {
        let _ = write!(
            line,
            " until {}",
            time::clock_of(room.until.as_ref(), &zone)
        );
    }
    if room.appointment_id.is_empty()
        && let Some(next) = &room.next_start
    {
        let _ = write!(line, ", next client {}", time::clock_of(Some(next), &zone));
    }
    open(model, Menu::new(&room.name, vec![line], items))
}

/// Whether something hangs over the room's table, and the person at the desk may record what was found there.
fn is_inspected_by(model: &Model, room_id: &str) -> bool {
    let overhead = [v1::Equipment::ParallelBars, v1::Equipment::Rope];
    let room = model.catalog.rooms.iter().find(|room| room.id == room_id);
    model.runs() && room.is_some_and(|room| room.equipment().any(|kind| overhead.contains(&kind)))
}

/// What can be done with an appointment; it is read first.
pub(crate) fn open_for_visit(model: &mut Model, id: &str) -> Vec<Effect> {
    visit::read_then(model, Command::Enter, id.to_owned())
}

/// The menu of an appointment that has been read.
pub(crate) fn show_visit(model: &mut Model, visit: &v1::Appointment) -> Vec<Effect> {
    let focus = visit::Focus {
        id: visit.id.clone(),
        state: visit.state(),
    };
    let mut lines = vec![
        visit::words(model, visit),
        format!("It is {}.", words::appointment_state(visit.state())),
    ];
    if let Some(place) = &visit.series {
        lines.push(format!(
            "Number {} of {} in a series.",
            place.number, place.of
        ));
    }
    if let Some(screening) = &visit.screening {
        lines.push(format!("Screening: {}", words::screening(screening)));
    }
    lines.extend(health::cautions(visit));
    if let Some(said) = visit
        .reconfirmation
        .as_ref()
        .and_then(|it| it.recorded_at.as_ref())
    {
        let at = time::clock_of(Some(said), &model.zone(&visit.site_id));
        lines.push(format!("Nothing has changed, said at {at}."));
    }
    if !visit.client_phone.is_empty() {
        lines.push(format!("Phone {}", visit.client_phone));
    }
    lines.extend(visit.flags.iter().map(|flag| format!("! {}", flag.text)));
    let items = visit_items(model, &focus);
    open(model, Menu::new("Appointment", lines, items))
}

fn visit_items(model: &Model, focus: &visit::Focus) -> Vec<Item> {
    let allowed = visit::COMMANDS
        .into_iter()
        .filter(|command| visit::is_likely(*command, focus.state) && visit::may(model, *command));
    allowed
        .filter_map(|command| {
            let entry = keys::entry(command)?;
            Some(Item {
                key: model.keymap.key_at(Place::Visit, command),
                label: entry.text.to_owned(),
                action: Action::Visit(command, focus.clone()),
            })
        })
        .collect()
}

/// Lengths that a session may be extended by, minutes.
const EXTENSIONS: [i32; 5] = [5, 10, 15, 20, 30];

/// By how much to extend.
pub(crate) fn open_extend(model: &mut Model, visit: &v1::Appointment) -> Vec<Effect> {
    let zone = model.zone(&visit.site_id);
    let items = EXTENSIONS
        .into_iter()
        .map(|minutes| {
            let end = visit
                .end
                .as_ref()
                .map(|end| time::instant(end).as_second() + i64::from(minutes) * 60);
            let until = end.and_then(|end| jiff::Timestamp::from_second(end).ok());
            let until = until
                .map(|until| time::clock(until, &zone))
                .unwrap_or_default();
            Item {
                key: String::new(),
                label: format!("{minutes} minutes, until {until}"),
                action: Action::Extend(visit.id.clone(), minutes),
            }
        })
        .collect();
    let lines = vec![visit::words(model, visit)];
    open(model, Menu::new("Extend", lines, items))
}

/// Where an appointment could go, for the form that asked; when it is not open any more nobody wants to know.
pub(crate) fn open_places(
    model: &mut Model,
    found: &v1::SearchAvailabilityResponse,
) -> Vec<Effect> {
    let Some(moving) = form::moving(model) else {
        return Vec::new();
    };
    let visit = &moving.visit;
    let items: Vec<Item> = found
        .proposals
        .iter()
        .map(|place| Item {
            key: String::new(),
            label: screens::book::proposal_words(model, place),
            action: Action::MoveTo(Box::new(moving.clone()), Box::new(place.clone())),
        })
        .collect();
    let lines = vec![visit::words(model, visit), "Move to:".to_owned()];
    if !items.is_empty() {
        return open(model, Menu::new("Move", lines, items));
    }
    let zone = model.zone(&visit.site_id);
    let next = found.next_available.as_ref();
    let next = next.map(|next| time::day_and_clock(time::instant(next), &zone));
    let next = next.map(|next| format!(" The next is {next}."));
    let problem = format!("No place was found there.{}", next.unwrap_or_default());
    if let Some(Dialog::Form(form)) = &mut model.dialog {
        form.stay(problem);
    }
    Vec::new()
}

/// A letter that stands before an entry chooses it; none when no entry has it.
pub(crate) fn letter(model: &mut Model, letter: char) -> Option<Vec<Effect>> {
    let Some(Dialog::Menu(menu)) = &model.dialog else {
        return None;
    };
    let mut key = [0; 4];
    let key = letter.encode_utf8(&mut key);
    let chosen = menu.items.iter().find(|item| item.key == *key)?;
    let action = chosen.action.clone();
    model.dialog = None;
    Some(run(model, action))
}

/// Does a command of the menu.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Dialog::Menu(menu)) = &mut model.dialog else {
        return Vec::new();
    };
    if command != Command::Enter {
        step(&mut menu.at, menu.items.len(), command);
        return Vec::new();
    }
    let Some(action) = menu.items.get(menu.at).map(|item| item.action.clone()) else {
        return Vec::new();
    };
    model.dialog = None;
    run(model, action)
}

fn run(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Visit(command, focus) => visit::command(model, Some(focus), command),
        Action::Outage(room_id) => outage::open(model, Some(&room_id)),
        Action::BookIn(room_id) => screens::book::open_in_room(model, room_id, None),
        Action::Extend(appointment_id, minutes) => {
            let call = v1::ExtendSessionRequest {
                appointment_id,
                minutes,
                write: None,
            };
            model.write(Purpose::Act, call)
        }
        Action::MoveTo(moving, place) => ask_move(model, &moving, &place),
        Action::FootCare(therapist_id) => attest::open_care(model, &therapist_id),
        Action::Attest(therapist_id, care) => attest::send(model, therapist_id, care),
        Action::Record(step, visit) => record::run(model, step, *visit),
        Action::Own(id, items) => hygiene::send_own(model, id, items),
        Action::Inspect(room_id) => hygiene::open_inspection(model, room_id),
        Action::Unchanged(appointment_id) => health::unchanged(model, appointment_id),
        Action::Questions(client_id) => screens::client::ask(model, client_id),
        Action::Instead(place) => screens::book::book_instead(model, *place),
        Action::Rules(id) => health::open_rule_set(model, id),
        Action::Training(entry) => training::open_entry(model, *entry),
    }
}

fn ask_move(model: &mut Model, moving: &form::Moving, place: &v1::Proposal) -> Vec<Effect> {
    let visit = &moving.visit;
    let write = Some(v1::WriteOptions {
        etag: visit.etag.clone(),
        ..v1::WriteOptions::default()
    });
    let extensions = (moving.extension_ids != visit.extension_ids).then(|| v1::ExtensionList {
        extension_ids: moving.extension_ids.clone(),
    });
    if let Some(scope) = moving.scope {
        let call = v1::MoveSeriesRequest {
            write,
            appointment_id: visit.id.clone(),
            scope: scope.into(),
            start: place.start,
            site_id: changed(&place.site_id, &visit.site_id),
            // The others keep theirs where they can, as this one does unless another therapist was chosen.
            room_id: String::new(),
            therapist_id: changed(&place.therapist_id, &visit.therapist_id),
            extensions,
            on_impossible: v1::OnImpossible::Skip.into(),
        };
        return series::try_out(model, call.into());
    }
    let lines = vec![
        format!("From {}", visit::words(model, visit)),
        format!("to   {}", screens::book::proposal_words(model, place)),
    ];
    let call = v1::MoveAppointmentRequest {
        write,
        appointment_id: visit.id.clone(),
        start: place.start,
        site_id: place.site_id.clone(),
        room_id: place.room_id.clone(),
        therapist_id: place.therapist_id.clone(),
        hold_id: String::new(),
        extensions,
    };
    let mut asked = ask::Ask::send("Move", lines, Purpose::Act, call);
    asked.form = Some(form::Topic::Move);
    ask::open(model, asked)
}

/// What is asked for where it differs from what there is.
fn changed(asked: &str, now: &str) -> String {
    if asked == now {
        String::new()
    } else {
        asked.to_owned()
    }
}

/// Draws the menu.
pub(crate) fn draw(model: &Model, menu: &Menu, pen: &mut Pen, screen: Rect) {
    let columns = usize::from(screen.width.saturating_sub(8)).min(76);
    let lines: Vec<String> = menu
        .lines
        .iter()
        .flat_map(|line| wrap(line, columns))
        .collect();
    let inner = pen.frame(
        middle(screen, columns, lines.len() + menu.items.len() + 3),
        &menu.title,
    );
    for (line, text) in lines.iter().enumerate() {
        pen.text(inner, inner.x, inner.y + offset(line), text, Role::Text);
    }
    let top = inner.y + offset(lines.len()) + 1;
    let fit = rows(inner.bottom().saturating_sub(top + 1));
    let first = scroll(menu.at, fit);
    let keyed = menu.items.iter().any(|item| !item.key.is_empty());
    for (line, (row, item)) in menu
        .items
        .iter()
        .enumerate()
        .skip(first)
        .take(fit)
        .enumerate()
    {
        let label = if keyed {
            format!("{} {}", pad(&item.key, 4), item.label)
        } else {
            item.label.clone()
        };
        pen.row(
            inner,
            top + offset(line),
            &label,
            row == menu.at,
            Target::Row(0, row),
        );
    }
    let enter = model.keymap.key_of(Command::Enter);
    let keys = format!("{enter} chooses, {} closes.", super::close_key(model));
    let last = inner.bottom().saturating_sub(1);
    pen.text(inner, inner.x, last, &keys, Role::Dim);
}
