//! Waitlist: who waits, whom to call, and what becomes of the offer.

use ratatui::layout::Rect;
use treadwell_api::v1::{self, WaitlistState};

use crate::tui::{
    call::Answer,
    dialogs::ask::{self, Ask},
    event::{Effect, Purpose},
    keys::Command,
    model::Model,
    pen::{Pen, Target, pad, wrap},
    screens::{self, Screen, find, offset, rows, scroll, step},
    search::sift,
    theme::Role,
    time, words,
};

/// The list and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Who waits, longest first, once loaded.
    pub(crate) lines: Option<Vec<v1::WaitlistLine>>,
    /// The revision that they reflect.
    pub(crate) revision: u64,
    /// The entry that the focus goes to when it is loaded; empty stays.
    pub(crate) entry_id: String,
    /// The line in focus.
    at: usize,
}

/// The most that the server tells with places.
const MOST: i32 = 50;

/// Opens the screen with the focus on an entry.
pub(crate) fn open_at(model: &mut Model, entry_id: String) -> Vec<Effect> {
    model.waitlist.entry_id = entry_id;
    screens::open(model, Screen::Waitlist)
}

/// Asks for the list.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    let request = v1::ListWaitlistEntriesRequest {
        with_places: true,
        page_size: MOST,
        ..v1::ListWaitlistEntriesRequest::default()
    };
    model.ask(Purpose::Waitlist, request)
}

/// It has arrived.
pub(crate) fn loaded(model: &mut Model, answer: v1::ListWaitlistEntriesResponse) {
    screens::relist(model, Screen::Waitlist, |model| {
        model.waitlist.revision = answer.revision;
        model.waitlist.lines = Some(answer.lines);
    });
    let wanted = std::mem::take(&mut model.waitlist.entry_id);
    if !wanted.is_empty() {
        focus_on(model, Some(&wanted));
    }
}

/// The entry in focus.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    shown(model)
        .get(model.waitlist.at)
        .map(|line| line_id(line))
}

fn line_id(line: &v1::WaitlistLine) -> String {
    line.entry
        .as_ref()
        .map_or_else(String::new, |entry| entry.id.clone())
}

/// Puts the focus on the entry with this id; false when it is gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut at = model.waitlist.at;
    let found = find(&mut at, &shown(model), id, |line| line_id(line));
    model.waitlist.at = at;
    found
}

/// The lines as far as the filter lets them through.
fn shown(model: &Model) -> Vec<&v1::WaitlistLine> {
    let all: Vec<&v1::WaitlistLine> = model.waitlist.lines.iter().flatten().collect();
    let text = |line: &v1::WaitlistLine| {
        let entry = line.entry.clone().unwrap_or_default();
        format!(
            "{} {}",
            line.client_name,
            model.service_name(&entry.service_id)
        )
    };
    sift(model.filter.input.value(), all, |line| text(line))
}

/// Does a command of the screen.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    if command == Command::AddWish {
        let key = model.keymap.key_of(Command::AddWish);
        model.say(format!("Find who waits, then press {key}."));
        return screens::client::open(model);
    }
    let lines = shown(model);
    let count = lines.len();
    let Some((line, entry)) = lines
        .get(model.waitlist.at)
        .and_then(|line| Some(((*line).clone(), line.entry.clone()?)))
    else {
        return Vec::new();
    };
    if let Some(why) = in_the_way(model, command, &line.client_name, &entry) {
        model.warn(why);
        return Vec::new();
    }
    let entry_id = entry.id.clone();
    match command {
        Command::Enter => offer(model, &line, entry_id),
        Command::Contacted => {
            let write = None;
            model.write(Purpose::Act, v1::RecordContactRequest { write, entry_id })
        }
        Command::AcceptOffer => model.write(
            Purpose::Act,
            v1::AcceptOfferRequest {
                entry_id,
                ..v1::AcceptOfferRequest::default()
            },
        ),
        Command::DeclineOffer => {
            let lines = vec![
                format!("{}: {}", line.client_name, offer_words(model, &entry)),
                "They go on waiting; the place passes to the next whom it fits.".to_owned(),
            ];
            let call = v1::DeclineOfferRequest {
                write: None,
                entry_id,
                pass_on: true,
            };
            ask::open(
                model,
                Ask::send("Offer declined", lines, Purpose::Act, call),
            )
        }
        Command::Withdraw => {
            let lines = vec![
                format!("{}: {}", line.client_name, wants(model, &entry)),
                "Take them off the waitlist?".to_owned(),
            ];
            let write = None;
            let call = v1::WithdrawWaitlistEntryRequest { write, entry_id };
            ask::open(
                model,
                Ask::send("Off the waitlist", lines, Purpose::Act, call),
            )
        }
        _ => {
            step(&mut model.waitlist.at, count, command);
            Vec::new()
        }
    }
}

/// Why a key does nothing for an entry as it stands.
fn in_the_way(
    model: &Model,
    command: Command,
    who: &str,
    entry: &v1::WaitlistEntry,
) -> Option<String> {
    let answers = matches!(
        command,
        Command::Contacted | Command::AcceptOffer | Command::DeclineOffer
    );
    if !answers && command != Command::Enter {
        return None;
    }
    let offered = entry.state() == WaitlistState::Offered;
    if offered && entry.offer.is_none() {
        return Some(format!(
            "Another site has offered {who} a place, and calls them."
        ));
    }
    if offered && !answers {
        let key = model.keymap.key_of(Command::Contacted);
        return Some(format!(
            "A place is held for {who} already. Call them, then press {key}."
        ));
    }
    (!offered && answers)
        .then(|| format!("Nothing is offered to {who} yet; Enter makes the offer."))
}

/// Enter: the offer of the place that the line tells.
fn offer(model: &mut Model, line: &v1::WaitlistLine, entry_id: String) -> Vec<Effect> {
    let Some(place) = &line.place else {
        model.warn(format!("{}: {}", line.client_name, line.reason));
        return Vec::new();
    };
    let call = v1::MakeOfferRequest {
        write: None,
        entry_id,
        start: place.start,
        site_id: place.site_id.clone(),
        room_id: place.room_id.clone(),
        therapist_id: place.therapist_id.clone(),
    };
    model.write(Purpose::Act, call)
}

/// Enter on the Board: offers the free place of the line to who comes first.
pub(crate) fn offer_from_board(model: &mut Model, need: &v1::Attention) -> Vec<Effect> {
    model.waitlist.entry_id.clone_from(&need.waitlist_entry_id);
    let call = v1::MakeOfferRequest {
        entry_id: need.waitlist_entry_id.clone(),
        start: need.start,
        site_id: need.site_id.clone(),
        room_id: need.room_id.clone(),
        ..v1::MakeOfferRequest::default()
    };
    model.write(Purpose::Act, call)
}

/// Something was done to an entry: what to say about it. The answers of other calls say nothing.
pub(crate) fn acted(model: &mut Model, answer: &Answer) {
    let text = match answer {
        Answer::MakeOffer(answer) => {
            let entry = answer.entry.clone().unwrap_or_default();
            model.waitlist.entry_id.clone_from(&entry.id);
            let key = model.keymap.key_of(Command::Contacted);
            let held = offer_words(model, &entry);
            format!("{held}. Call them, then press {key}.")
        }
        Answer::RecordContact(answer) => {
            let entry = answer.entry.clone().unwrap_or_default();
            offer_words(model, &entry)
        }
        Answer::AcceptOffer(answer) => {
            let booked = answer.appointment.clone().unwrap_or_default();
            format!("Booked: {}", crate::tui::visit::words(model, &booked))
        }
        Answer::DeclineOffer(answer) => match &answer.next {
            Some(next) => {
                model.waitlist.entry_id.clone_from(&next.id);
                format!("Declined. {}", offer_words(model, next))
            }
            None => "Declined. It fits nobody else who waits.".to_owned(),
        },
        Answer::CreateWaitlistEntry(answer) => {
            let entry = answer.entry.clone().unwrap_or_default();
            model.waitlist.entry_id.clone_from(&entry.id);
            format!("On the waitlist: {}", wants(model, &entry))
        }
        Answer::WithdrawWaitlistEntry(_) => "Off the waitlist.".to_owned(),
        _ => return,
    };
    model.say(text);
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    screens::click_row(&mut model.waitlist.at, target)
}

/// Draws the screen.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    const DETAIL: u16 = 5;
    let lines = shown(model);
    if lines.is_empty() {
        let text = if model.waitlist.lines.is_some() {
            "Nobody waits.".to_owned()
        } else {
            screens::asking(model, Purpose::Waitlist)
        };
        screens::say(pen, area, &text);
        return;
    }
    let name = if area.width >= 120 { 28 } else { 18 };
    let head = format!(
        " {:>3} {} {} what fits",
        "",
        pad("client", name),
        pad("phone", 14)
    );
    pen.text(area, area.x, area.y, &head, Role::Dim);
    let fit = rows(area.height.saturating_sub(DETAIL + 1));
    let first = scroll(model.waitlist.at, fit);
    for (row, line) in lines.iter().enumerate().skip(first).take(fit) {
        let entry = line.entry.clone().unwrap_or_default();
        let text = format!(
            "{:>3} {} {} {}",
            line.position,
            pad(&line.client_name, name),
            pad(&line.client_phone, 14),
            fits(model, line, &entry)
        );
        let y = area.y + 1 + offset(row - first);
        let focus = row == model.waitlist.at;
        pen.row(area, y, &text, focus, Target::Row(0, row));
    }
    let Some(line) = lines.get(model.waitlist.at) else {
        return;
    };
    let y = area.bottom().saturating_sub(DETAIL);
    pen.rule(area, y);
    let entry = line.entry.clone().unwrap_or_default();
    let mut detail = vec![wants(model, &entry), line.reason.clone()];
    if !entry.note.is_empty() {
        detail.push(entry.note.clone());
    }
    let wrapped = detail
        .iter()
        .flat_map(|text| wrap(text, usize::from(area.width.saturating_sub(2))));
    for (at, text) in wrapped.take(rows(DETAIL - 1)).enumerate() {
        pen.text(area, area.x + 1, y + 1 + offset(at), &text, Role::Text);
    }
}

/// The last column: the place that fits, or where the offer stands.
fn fits(model: &Model, line: &v1::WaitlistLine, entry: &v1::WaitlistEntry) -> String {
    if entry.state() == WaitlistState::Offered {
        return format!("[?] {}", offer_words(model, entry));
    }
    match &line.place {
        Some(place) => {
            let zone = model.zone(&place.site_id);
            let start = place.start.as_ref().map(time::instant);
            let when = start.map_or_else(String::new, |at| time::near(at, model.now(), &zone));
            let bars = if place.bars { " BAR" } else { "" };
            format!("{}{bars} {when}", model.room_name(&place.room_id))
        }
        None => "-".to_owned(),
    }
}

/// Where an offer stands, with the time that is left.
fn offer_words(model: &Model, entry: &v1::WaitlistEntry) -> String {
    let Some(offer) = &entry.offer else {
        return "offered at another site".to_owned();
    };
    let zone = model.zone(&offer.site_id);
    let start = offer.start.as_ref().map(time::instant);
    let when = start.map_or_else(String::new, |at| time::near(at, model.now(), &zone));
    let until = time::clock_of(offer.expires_at.as_ref(), &zone);
    let left = offer.expires_at.as_ref().map_or(0, |at| {
        time::minutes_until(time::instant(at), model.now()).max(0)
    });
    let told = if offer.contacted_at.is_some() {
        "answers by"
    } else {
        "call by"
    };
    let room = model.room_name(&offer.room_id);
    format!("{room} {when}, {told} {until} ({left} min)")
}

/// What somebody waits for.
fn wants(model: &Model, entry: &v1::WaitlistEntry) -> String {
    let sites = entry.site_ids.iter().map(|id| model.site_name(id));
    words::wish(
        entry,
        &model.service_name(&entry.service_id),
        &sites.collect::<Vec<_>>(),
        &model.therapist_name(&entry.therapist_id),
    )
}
