//! Staff: who may do what until when, and what each has to show for it.

use ratatui::layout::Rect;
use treadwell_api::v1;

use crate::{
    standing,
    tui::{
        dialogs::{self, Dialog, Message},
        event::{Effect, Purpose},
        keys::Command,
        model::Model,
        pen::{Pen, Target, pad},
        screens::{self, Screen, find, offset, rows, scroll, step},
        search::Sieve,
        theme::Role,
        time,
    },
};

/// What everybody may do, and the focus.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// By therapist, once loaded.
    standings: Option<Vec<v1::Standing>>,
    /// The revision that they reflect.
    pub(crate) revision: u64,
    /// The therapist whom the focus goes to when they are loaded; none stays.
    wanted: Option<String>,
    /// The row in focus.
    at: usize,
}

/// Asks who may do what today.
pub(crate) fn refresh(model: &mut Model) -> Vec<Effect> {
    model.ask(Purpose::Staff, v1::GetEntitlementsRequest::default())
}

/// It has arrived.
pub(crate) fn loaded(model: &mut Model, answer: v1::GetEntitlementsResponse) {
    screens::relist(model, Screen::Staff, |model| {
        model.staff.revision = answer.revision;
        model.staff.standings = Some(answer.standings);
    });
    if let Some(wanted) = model.staff.wanted.take() {
        focus_on(model, Some(&wanted));
    }
}

/// The therapists as far as the filter lets them through.
fn shown(model: &Model) -> Vec<&v1::Standing> {
    let all: Vec<&v1::Standing> = model.staff.standings.iter().flatten().collect();
    let name = |it: &v1::Standing| model.therapist_name(&it.therapist_id);
    let sieve = Sieve::new(model.filter.input.value(), all.iter().map(|it| name(it)));
    all.into_iter()
        .filter(|it| sieve.passes(&name(it)))
        .collect()
}

fn focus(model: &Model) -> Option<v1::Standing> {
    let shown = shown(model);
    shown.get(model.staff.at).map(|it| (*it).clone())
}

/// The therapist in focus.
pub(crate) fn focus_id(model: &Model) -> Option<String> {
    focus(model).map(|it| it.therapist_id)
}

/// Puts the focus on this therapist; false when they are gone.
pub(crate) fn focus_on(model: &mut Model, id: Option<&str>) -> bool {
    let mut at = model.staff.at;
    let found = find(&mut at, &shown(model), id, |it| it.therapist_id.clone());
    model.staff.at = at;
    found
}

/// Opens the screen with the focus on a therapist.
pub(crate) fn open_at(model: &mut Model, therapist_id: &str) -> Vec<Effect> {
    model.staff.wanted = Some(therapist_id.to_owned());
    screens::open(model, Screen::Staff)
}

/// Whether Enter shows what the therapist in focus learned.
pub(crate) fn enter_opens_log(model: &Model) -> bool {
    focus_id(model).is_some_and(|id| dialogs::training::is_seen(model, &id))
}

/// Does a command of the screen: Enter shows what the therapist learned, to others than those who run the clinic and
/// themselves all of what they may do.
pub(crate) fn on(model: &mut Model, command: Command) -> Vec<Effect> {
    model.dirty = true;
    let Some(focus) = focus(model) else {
        return Vec::new();
    };
    match command {
        Command::Enter | Command::EditTraining
            if dialogs::training::is_seen(model, &focus.therapist_id) =>
        {
            dialogs::training::open_log(model, &focus.therapist_id)
        }
        Command::Enter => {
            let mut lines = describe(model, &focus).into_iter().map(|(text, _)| text);
            let title = lines.next().unwrap_or_default();
            let lines = lines.collect();
            dialogs::open(model, Dialog::Message(Message::new(title, lines)))
        }
        Command::Renew => dialogs::training::open_renewal(model, &focus),
        Command::AddTraining => dialogs::training::open(model, &focus.therapist_id),
        _ => {
            let count = shown(model).len();
            step(&mut model.staff.at, count, command);
            Vec::new()
        }
    }
}

/// Puts the focus where the click was.
pub(crate) fn click(model: &mut Model, target: Target) -> bool {
    let Target::Row(_, row) = target else {
        return false;
    };
    let same = model.staff.at == row;
    model.staff.at = row;
    same
}

/// Draws the screen: everybody, and what the one in focus may do.
pub(crate) fn draw(model: &Model, pen: &mut Pen, area: Rect) {
    const LIST: u16 = 30;
    let shown = shown(model);
    if shown.is_empty() {
        let text = if model.staff.standings.is_some() {
            "Nobody is listed.".to_owned()
        } else {
            screens::asking(model, Purpose::Staff)
        };
        screens::say(pen, area, &text);
        return;
    }
    let width = LIST.min(area.width);
    let list = Rect::new(area.x, area.y, width, area.height);
    let fit = rows(list.height);
    let first = scroll(model.staff.at, fit);
    for (at, it) in shown.iter().enumerate().skip(first).take(fit) {
        let text = line(model, it);
        let y = list.y + offset(at - first);
        pen.row(list, y, &text, at == model.staff.at, Target::Row(0, at));
    }
    let Some(focus) = shown.get(model.staff.at) else {
        return;
    };
    let (beside, below) = if model.plain {
        (0, offset(shown.len()) + 1)
    } else {
        (LIST + 2, 0)
    };
    let details = Rect::new(
        area.x + beside,
        area.y + below,
        area.width.saturating_sub(beside),
        area.height.saturating_sub(below),
    );
    for (y, (text, role)) in (details.y..details.bottom()).zip(describe(model, focus)) {
        pen.text(details, details.x, y, &text, role);
    }
}

/// `! Roy        7 of 9 services`: whoever has something that has expired is marked.
fn line(model: &Model, standing: &v1::Standing) -> String {
    let may = standing.services.iter().filter(|it| it.may).count();
    let lapsed = |it: &v1::LackingCredential| it.expired.is_some();
    let mut lacking = standing.services.iter().flat_map(|it| &it.lacking);
    let mark = if standing.registration_expired || lacking.any(lapsed) {
        '!'
    } else {
        ' '
    };
    let name = pad(&model.therapist_name(&standing.therapist_id), 13);
    let all = standing.services.len();
    format!("{mark} {name}{may} of {all}")
}

fn describe(model: &Model, standing: &v1::Standing) -> Vec<(String, Role)> {
    let on = standing.on.as_ref().and_then(time::date_of);
    let day = on.map(time::day).unwrap_or_default();
    let name = model.therapist_name(&standing.therapist_id);
    let registration = standing::registration(standing);
    let mut lines = vec![
        (format!("{name}, {day}"), Role::Title),
        (format!("Registration: {registration}"), Role::Text),
    ];
    let education = standing::education(standing);
    if !education.is_empty() {
        lines.push((format!("Education: {education}"), Role::Text));
    }
    for line in standing::lines(std::slice::from_ref(standing)) {
        let service = pad(&model.service_name(&line.service_id), 24);
        let (said, role) = if line.may {
            (line.may(), Role::Text)
        } else {
            (format!("NO: {}", line.because()), Role::Dim)
        };
        lines.push((format!("{service}{said}"), role));
    }
    lines
}
