//! Keys, mouse and pasted text, as they come from the terminal.

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use tui_input::{Input, InputRequest};

use crate::tui::{
    ahead,
    dialogs::{self, Dialog},
    event::Effect,
    keys::{Command, Place},
    locked,
    model::{Filter, Model, SMALLEST},
    pen::Target,
    screens::{self, Screen, free_rooms},
    update::command,
    view,
};

fn too_small(model: &Model) -> bool {
    !model.plain && (model.size.0 < SMALLEST.0 || model.size.1 < SMALLEST.1)
}

pub(super) fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.is_release() {
        return Vec::new();
    }
    if model.lock.is_some() {
        return locked::on_key(model, key);
    }
    if too_small(model) {
        return if is_ctrl_c(key) {
            vec![Effect::Quit]
        } else {
            Vec::new()
        };
    }
    if model.notice.take().is_some() {
        model.dirty = true;
    }
    let place = model
        .dialog
        .as_ref()
        .map_or_else(|| screens::place(model), dialogs::place);
    if is_lock(model, place, key) {
        return locked::lock(model);
    }
    if filtering(model) {
        return on_filter_key(model, key);
    }
    let typing = field(model).is_some();
    if !typing && is_lost_letter(model, key) {
        return Vec::new();
    }
    let meant = model.keymap.command(place, typing, key);
    let meant = meant.or_else(|| answers(model, place, key));
    if let Some(meant) = meant.or_else(|| dialogs::beyond(model, key)) {
        if key.kind == KeyEventKind::Repeat && (screens::acts(meant) || meant == Command::Yes) {
            // What a held key did once it does not do to what is in focus next.
            return Vec::new();
        }
        if ahead::too_early(model, meant, key) {
            return Vec::new();
        }
        return command(model, meant);
    }
    // Esc and a letter in quick succession arrive as Alt and the letter.
    let bare = KeyModifiers::SHIFT.contains(key.modifiers) && key.kind == KeyEventKind::Press;
    let letter = match key.code {
        KeyCode::Char(letter) if bare => Some(letter),
        _ => None,
    };
    let digit = letter.filter(char::is_ascii_digit);
    if let (Some(digit), Screen::FreeRooms, None, false) =
        (digit, model.screen, &model.dialog, typing)
    {
        model.dirty = true;
        return free_rooms::digit(model, digit);
    }
    if let (Some(letter), Some(Dialog::Menu(_))) = (letter, &model.dialog) {
        model.dirty = true;
        return dialogs::menu::letter(model, letter).unwrap_or_default();
    }
    match request(key) {
        Some(request) if typing => edit(model, |input| apply(input, request)),
        _ => Vec::new(),
    }
}

/// The key that locks does so wherever one is, in a dialog and in the middle of a word too, unless it was given another meaning there.
fn is_lock(model: &Model, place: Place, key: KeyEvent) -> bool {
    let lock = Some(Command::Lock);
    let here = model.keymap.command(place, true, key);
    (here.is_none() || here == lock) && model.keymap.command(Place::Everywhere, true, key) == lock
}

/// In a form letters are text, also where the focus is on no text: they choose nothing there.
fn is_lost_letter(model: &Model, key: KeyEvent) -> bool {
    let letter = matches!(key.code, KeyCode::Char(letter) if letter != ' ');
    let plain = !key.modifiers.contains(KeyModifiers::CONTROL);
    letter && plain && matches!(model.dialog, Some(Dialog::Form(_)))
}

fn is_ctrl_c(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// What is typed goes into the filter. A dialog that has opened since takes the keys first.
fn filtering(model: &Model) -> bool {
    model.filter.open && model.dialog.is_none()
}

/// A "yes" whose date is still empty can be taken back: in the empty date the keys that answer go on answering.
fn answers(model: &Model, place: Place, key: KeyEvent) -> Option<Command> {
    if model.dialog.is_some() || !screens::awaits_date(model) {
        return None;
    }
    let meant = model.keymap.command(place, false, key)?;
    screens::questions::is_answer(meant).then_some(meant)
}

/// The text field with the focus: of the dialog, of the filter or of the screen.
fn field(model: &mut Model) -> Option<&mut Input> {
    if model.dialog.is_some() {
        return model.dialog.as_mut().and_then(dialogs::field);
    }
    if model.filter.open {
        return Some(&mut model.filter.input);
    }
    screens::field(model)
}

/// Edits the text with the focus; what follows from another text is asked for once, however much was typed.
fn edit(model: &mut Model, edit: impl FnOnce(&mut Input) -> bool) -> Vec<Effect> {
    model.dirty = true;
    // A question that comes late would take the next keys for its answer.
    model
        .pending
        .take_if(|(command, _)| *command == Command::Undo);
    if filtering(model) {
        screens::refilter(model, |filter| {
            edit(&mut filter.input);
        });
        return Vec::new();
    }
    let changed = field(model).is_some_and(edit);
    match &mut model.dialog {
        Some(Dialog::Palette(palette)) => {
            palette.at = 0;
            Vec::new()
        }
        None if changed => screens::typed(model),
        _ => Vec::new(),
    }
}

/// Does one edit; true when the text is another one now.
pub(crate) fn apply(input: &mut Input, request: InputRequest) -> bool {
    /// No field of the API takes more.
    const LONGEST: usize = 500;
    if matches!(request, InputRequest::InsertChar(_)) && input.value().chars().count() >= LONGEST {
        return false;
    }
    input.handle(request).is_some_and(|change| change.value)
}

pub(crate) fn request(key: KeyEvent) -> Option<InputRequest> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char(letter) if !ctrl && !key.modifiers.contains(KeyModifiers::ALT) => {
            InputRequest::InsertChar(letter)
        }
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// While the filter is typed: Enter keeps it, Esc clears it, arrows go through what is left.
fn on_filter_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.dirty = true;
    match key.code {
        KeyCode::Enter => model.filter.open = false,
        KeyCode::Esc => screens::refilter(model, |filter| *filter = Filter::default()),
        KeyCode::Up => return screens::on(model, Command::Up),
        KeyCode::Down => return screens::on(model, Command::Down),
        _ if is_ctrl_c(key) => return command(model, Command::Quit),
        _ => {
            if let Some(request) = request(key) {
                return edit(model, |input| apply(input, request));
            }
        }
    }
    Vec::new()
}

/// A line break would be Enter: what is pasted never presses a key.
pub(super) fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if model.lock.is_some() {
        locked::on_paste(model, text);
        return Vec::new();
    }
    if too_small(model) {
        return Vec::new();
    }
    edit(model, |input| {
        let mut changed = false;
        for letter in text.chars().filter(|letter| !letter.is_control()) {
            changed |= apply(input, InputRequest::InsertChar(letter));
        }
        changed
    })
}

pub(super) fn on_mouse(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    if model.lock.is_some() {
        return Vec::new();
    }
    let step = match mouse.kind {
        MouseEventKind::ScrollUp => Command::Up,
        MouseEventKind::ScrollDown => Command::Down,
        MouseEventKind::Down(MouseButton::Left) => return on_click(model, mouse),
        _ => return Vec::new(),
    };
    if too_small(model) {
        return Vec::new();
    }
    if model.dialog.is_some() {
        dialogs::on(model, step)
    } else {
        screens::on(model, step)
    }
}

fn on_click(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    let Some(target) = view::target_at(model, mouse.column, mouse.row) else {
        return Vec::new();
    };
    model.dirty = true;
    if let Target::Command(meant) = target {
        return command(model, meant);
    }
    let (again, acts) = if model.dialog.is_some() {
        (dialogs::click(model, target), Command::Enter)
    } else {
        (screens::click(model, target), screens::again(model))
    };
    if again {
        command(model, acts)
    } else {
        Vec::new()
    }
}
