//! The "When" of Book: where to look, the places found, and the one that is held.

use ratatui::layout::Rect;
use treadwell_api::v1;

use super::{Stop, list, outcome, places_shown};
use crate::tui::{
    event::Purpose,
    keys::Command,
    model::Model,
    pen::{FieldLook, Pen, Target, pad, width},
    screens::{self, offset, rows, scroll},
    theme::Role,
    time, words,
};

pub(super) fn when_words(model: &Model) -> (String, Role) {
    let draft = &model.book;
    if let Some(hold) = &draft.hold {
        let zone = model.zone(&hold.site_id);
        let start = hold
            .start
            .as_ref()
            .map(|start| time::day_and_clock(time::instant(start), &zone))
            .unwrap_or_default();
        let room = model.room_name(&hold.room_id);
        let who = model.therapist_name(&hold.therapist_id);
        return (
            format!(
                "{start}{}, {room} with {who}, [?] HELD {}",
                repeat_words(model),
                countdown(model, hold)
            ),
            Role::Held,
        );
    }
    if draft.lapsed {
        return (
            "the hold has lapsed; choose again".to_owned(),
            Role::Warning,
        );
    }
    if draft.wanted.is_some() {
        return ("asking for the place".to_owned(), Role::Dim);
    }
    (
        format!("no place chosen{}", looking_words(model)),
        Role::Dim,
    )
}

/// ` and every 14 days, 6 times`; empty for once, and as long as it can not be read.
fn repeat_words(model: &Model) -> String {
    let repeat = crate::when::repeat(model.book.repeat.value());
    repeat.map_or_else(String::new, |(days, times)| {
        let every = match (days, days % 7) {
            (1, _) => "day".to_owned(),
            (7, _) => "week".to_owned(),
            (_, 0) => format!("{} weeks", days / 7),
            _ => format!("{days} days"),
        };
        format!(" and every {every}, {times} times")
    })
}

/// `; looking in H3 from 2026-10-14 15:00`: what a new booking came with.
fn looking_words(model: &Model) -> String {
    let draft = &model.book;
    let room = draft.room.as_ref().map(|id| model.room_name(id));
    let site = || draft.site.as_ref().map(|id| model.site_name(id));
    let place = room.or_else(site).map(|place| format!(" in {place}"));
    let therapist = draft.therapist.as_ref();
    let therapist = therapist.map(|id| format!(" with {}", model.therapist_name(id)));
    let from = Some(draft.from.value().trim()).filter(|from| !from.is_empty());
    let from = from.map(|from| format!(" from {from}"));
    let parts: String = [place, therapist, from].into_iter().flatten().collect();
    if parts.is_empty() {
        parts
    } else {
        format!("; looking{parts}")
    }
}

/// `until 14:12 (4 min)`: whole minutes, so that an idle screen is painted once a minute at most.
fn countdown(model: &Model, hold: &v1::Hold) -> String {
    let zone = model.zone(&hold.site_id);
    let Some(until) = hold.expires_at.as_ref().map(time::instant) else {
        return String::new();
    };
    let left = time::minutes_until(until, model.now());
    format!("until {} ({left} min)", time::clock(until, &zone))
}

pub(super) fn draw_when(model: &Model, pen: &mut Pen, area: Rect) {
    let draft = &model.book;
    let listing = Rect::new(
        area.x,
        area.y + 3,
        area.width,
        area.height.saturating_sub(3),
    );
    draw_places(model, pen, listing);
    let any = |chosen: Option<String>, all: &str| chosen.unwrap_or_else(|| all.to_owned());
    let site = any(
        draft.site.as_ref().map(|id| model.site_name(id)),
        "all sites",
    );
    let therapist = any(
        draft.therapist.as_ref().map(|id| model.therapist_name(id)),
        "any therapist",
    );
    let line = area.y + 1;
    let mut x = area.x;
    for (stop, text) in [(Stop::Site, site), (Stop::Therapist, therapist)] {
        let focus = draft.stop == stop;
        let shown = format!("< {text} >");
        let place = Rect::new(x, line, width(&shown) + 1, 1);
        let number = Stop::ALL
            .iter()
            .position(|other| *other == stop)
            .unwrap_or(0);
        pen.row(place, line, &shown, focus, Target::Row(list::STOPS, number));
        x = place.right() + 2;
    }
    if let Some(room) = &draft.room {
        pen.text(
            area,
            x,
            line,
            &format!(
                "only {} (Left/Right at the site: all its rooms)",
                model.room_name(room)
            ),
            Role::Dim,
        );
    }
    let asking = "Asking for the places from then on; these are from before.";
    let behind = (draft.behind && draft.places.is_some()).then_some(asking);
    let unread = outcome::repeat_problem(draft);
    if let Some(problem) = draft.from_problem.as_deref().or(unread).or(behind) {
        pen.text(area, area.x + 1, area.y + 2, problem, Role::Warning);
    }
    pen.field(
        area,
        area.y,
        "from (empty: now) ",
        &draft.from,
        FieldLook::new(draft.stop == Stop::From, 22),
    );
    let right = Rect::new(area.x + 43, area.y, area.width.saturating_sub(43), 1);
    pen.field(
        right,
        area.y,
        "repeat (2w 6) ",
        &draft.repeat,
        FieldLook::new(draft.stop == Stop::Repeat, 12),
    );
}

fn draw_places(model: &Model, pen: &mut Pen, area: Rect) {
    let draft = &model.book;
    let Some(places) = &draft.places else {
        let text = if draft.service.is_none() {
            "Choose what first; proposals follow.".to_owned()
        } else {
            screens::asking(model, Purpose::Proposals)
        };
        screens::say(pen, area, &text);
        return;
    };
    if places.proposals.is_empty() {
        let zone = model.home_zone();
        let next = places.next_available.as_ref().map(time::instant);
        let next = next.map_or_else(
            || "none within the booking horizon".to_owned(),
            |at| time::day_and_clock(at, &zone),
        );
        pen.text(
            area,
            area.x + 1,
            area.y,
            &format!("Nothing is free there. The next: {next}."),
            Role::Text,
        );
        let why = model.keymap.key_of(Command::Why);
        let hint = format!("{why} explains why a time is not offered.");
        pen.text(area, area.x + 1, area.y + 1, &hint, Role::Dim);
        return;
    }
    let fit = rows(area.height);
    let focus = draft.stop == Stop::Places;
    for (line, (row, place)) in places_shown(model)
        .into_iter()
        .enumerate()
        .skip(scroll(draft.place_at, fit))
        .take(fit)
        .enumerate()
    {
        let text = proposal_words(model, place);
        pen.row(
            area,
            area.y + offset(line),
            &text,
            focus && row == draft.place_at,
            Target::Row(list::PLACES, row),
        );
    }
}

/// `Wed 14 Oct 14:15  Halifax H1 BAR  Chen (ashiatsu)  earliest`.
pub(crate) fn proposal_words(model: &Model, place: &v1::Proposal) -> String {
    let zone = model.zone(&place.site_id);
    let start = place
        .start
        .as_ref()
        .map(|start| time::day_and_clock(time::instant(start), &zone))
        .unwrap_or_default();
    let bars = if place.bars { "BAR" } else { "-" };
    let credential = if place.credential_id.is_empty() {
        String::new()
    } else {
        format!(" ({})", place.credential_id)
    };
    format!(
        "{} {} {} {} {}",
        pad(&start, 16),
        pad(
            &format!(
                "{} {}",
                model.site_name(&place.site_id),
                model.room_name(&place.room_id)
            ),
            13
        ),
        pad(bars, 3),
        pad(
            &format!("{}{credential}", model.therapist_name(&place.therapist_id)),
            18
        ),
        words::rank(&place.rank_reasons)
    )
}
