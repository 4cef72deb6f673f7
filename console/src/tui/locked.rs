//! The locked console: nobody at the desk, and nothing to be seen.
//!
//! What was begun stays as it is beneath the lock, for whoever locked it. They come back by the key that is used, or by their name and
//! passphrase. Whoever else signs in here takes the desk over, and finds nothing of it. Meanwhile nothing is read of anybody, and nobody
//! leaves: a console that is started anew might open by the key that it finds in its configuration.
//!
//! It locks as well when the server refuses the key that is used. That key does not open it, and nothing of what was begun stays.
//!
//! What it deliberately is not: a guard of the machine. Whoever may start programs as its user can read the configuration, too.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use treadwell_api::v1;
use tui_input::Input;

use super::{
    event::{Effect, LinkChange},
    failure::Failure,
    keys::Command,
    model::Model,
    pen::{FieldLook, Pen, wrap},
    screens::{self, offset},
    theme::Role,
    update,
};

/// What is typed into the lock.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    name: Input,
    secret: Input,
    on_name: bool,
    /// It has locked because nobody typed anything.
    by_itself: bool,
    /// It is being judged.
    asked: bool,
    /// Why the last one did not open it.
    problem: String,
}

/// What somebody shows to come in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Their key's name; of no matter when they show a key.
    pub(crate) name: String,
    /// A key, or a passphrase.
    pub(crate) secret: String,
    /// The server refuses the key that is used: it is asked about that one, too.
    pub(crate) ask: bool,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(..)")
    }
}

/// Who has come in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// Whoever has the key that is used.
    SameKey,
    /// The holder of this key, with a secret of theirs: the key's, or that of a session.
    With(Box<v1::Key>, String),
}

impl std::fmt::Debug for Came {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Came(..)")
    }
}

/// What keys begin with, and passphrases do not.
pub(crate) const KEY: &str = "tw_";

/// What the secrets of sessions begin with, which passphrases have opened.
pub(crate) const SESSION: &str = "tw_session_";

/// Locks the console now.
pub(crate) fn lock(model: &mut Model) -> Vec<Effect> {
    let name = model.me.as_ref().map(|me| me.name.clone());
    model.lock = Some(Lock {
        on_name: name.is_none(),
        name: name.unwrap_or_default().into(),
        ..Lock::default()
    });
    model.ahead.forget();
    model.calls.hold();
    model.dirty = true;
    Vec::new()
}

/// The server lets nobody in any more by what is used here, and whoever is at the desk sees nothing any more. When it `goes_on` a session
/// is over, and what was begun stays for whoever signs in again; nobody comes back by a key that is revoked.
pub(crate) fn shut_out(model: &mut Model, goes_on: bool) -> Vec<Effect> {
    let locked = model.lock.take();
    if !goes_on {
        let link = model.link.clone();
        model.forget();
        model.link = link;
    }
    lock(model);
    if let Some(locked) = locked {
        model.lock = Some(Lock {
            by_itself: false,
            ..locked
        });
    } else if let Some(lock) = &mut model.lock {
        // What somebody goes on typing is not shown, whatever it was meant for.
        lock.on_name = false;
    }
    vec![Effect::DropTypeahead]
}

fn is_display(model: &Model) -> bool {
    let me = model.me.as_ref();
    me.is_some_and(|me| me.role() == v1::Role::Wallboard)
}

/// When the console locks by itself, on its own clock. A display on the wall never does; whose key it is may not be known yet.
pub(crate) fn locks_at(model: &Model) -> Option<Duration> {
    let may = model.lock.is_none() && !is_display(model);
    let after = model.lock_after.filter(|_| may)?;
    Some(model.heard + after)
}

/// Time has passed.
pub(crate) fn tick(model: &mut Model) {
    if locks_at(model).is_some_and(|at| at <= model.clock.elapsed) {
        lock(model);
        if let Some(lock) = &mut model.lock {
            lock.by_itself = true;
        }
    }
}

/// It is known whose key is used. A display that could not say so in time was locked for nothing.
pub(crate) fn known(model: &mut Model) -> Vec<Effect> {
    let display = is_display(model);
    let Some(lock) = &mut model.lock else {
        return Vec::new();
    };
    if display && lock.by_itself {
        return open(model);
    }
    if let Some(me) = &model.me
        && lock.name.value().is_empty()
        && lock.secret.value().is_empty()
    {
        (lock.name, lock.on_name) = (me.name.clone().into(), false);
    }
    Vec::new()
}

/// A key, while it is locked.
pub(crate) fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let is_refused = model.link.is_refused();
    let Some(lock) = &mut model.lock else {
        return Vec::new();
    };
    model.dirty = true;
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if ctrl => {
            "Unlock it to leave.".clone_into(&mut lock.problem);
        }
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down => {
            lock.on_name = !lock.on_name;
        }
        KeyCode::Esc => lock.secret = Input::default(),
        KeyCode::Enter if lock.on_name => lock.on_name = false,
        KeyCode::Enter => return show(lock, is_refused),
        _ => {
            if let Some(request) = update::request(key) {
                update::apply(lock.field(), request);
            }
        }
    }
    Vec::new()
}

/// Text that is pasted into it.
pub(crate) fn on_paste(model: &mut Model, text: &str) {
    if let Some(lock) = &mut model.lock {
        model.dirty = true;
        for letter in text.chars().filter(|letter| !letter.is_control()) {
            update::apply(lock.field(), tui_input::InputRequest::InsertChar(letter));
        }
    }
}

impl Lock {
    fn field(&mut self) -> &mut Input {
        if self.on_name {
            &mut self.name
        } else {
            &mut self.secret
        }
    }
}

fn show(lock: &mut Lock, ask: bool) -> Vec<Effect> {
    if lock.asked || lock.secret.value().is_empty() {
        return Vec::new();
    }
    let secret = std::mem::take(&mut lock.secret);
    (lock.asked, lock.problem) = (true, String::new());
    let typed = secret.value();
    let secret = if typed.trim().starts_with(KEY) {
        typed.trim()
    } else {
        typed
    };
    vec![Effect::Present(Shown {
        name: lock.name.value().trim().to_owned(),
        secret: secret.to_owned(),
        ask,
    })]
}

/// What came of it.
pub(crate) fn came(model: &mut Model, came: Result<Came, Failure>) -> Vec<Effect> {
    let is_over = model.link.is_refused();
    let Some(lock) = &mut model.lock else {
        // It is open already; whoever has signed in meanwhile goes again.
        return match came {
            Ok(Came::With(_, secret)) => vec![Effect::SignOut(secret)],
            _ => Vec::new(),
        };
    };
    model.dirty = true;
    let (key, secret) = match came {
        Err(failure) => {
            (lock.asked, lock.problem) = (false, sentence(&failure.message));
            return Vec::new();
        }
        // It was shown before the server refused it.
        Ok(Came::SameKey) if is_over => {
            (lock.asked, lock.problem) = (false, "The server refuses that key.".to_owned());
            return Vec::new();
        }
        Ok(Came::SameKey) => return open(model),
        Ok(Came::With(key, secret)) => (key, secret),
    };
    if model.me.as_ref().is_none_or(|me| me.id != key.id) {
        return hand_over(model, secret);
    }
    if is_over {
        // By what they were signed in before nothing is asked any more.
        model.calls.forget();
        model.notice = None;
    }
    let mut effects = open(model);
    if is_over {
        effects.extend(update::link(model, LinkChange::Connecting(None)));
        effects.push(Effect::SignIn(secret));
    } else {
        effects.push(Effect::SignOut(secret));
    }
    effects
}

/// What a server says goes on in a line of its own words; here it stands alone.
pub(crate) fn sentence(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(char::to_uppercase);
    let mut sentence: String = first.into_iter().flatten().chain(letters).collect();
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

fn open(model: &mut Model) -> Vec<Effect> {
    model.lock = None;
    model.heard = model.clock.elapsed;
    model.dirty = true;
    let mut effects = model.calls.go_on();
    // What was shown may be as old as the lock.
    if model.link.is_live() {
        effects.extend(screens::refresh(model));
    }
    effects
}

/// Another person has the desk. Nothing of the one before stays: neither what they saw nor what they were about to write.
pub(crate) fn hand_over(model: &mut Model, secret: String) -> Vec<Effect> {
    model.forget();
    model.heard = model.clock.elapsed;
    vec![Effect::SignIn(secret)]
}

/// Why it is locked, and who opens it.
fn about(model: &Model) -> String {
    const BACK: &str = "Whoever else signs in takes over the desk, and finds nothing of it.";
    if !model.link.is_refused() {
        return format!(
            "What was begun here stays for whoever locked it: they come back by the key that is used, or by name and passphrase. {BACK}"
        );
    }
    let refused = sentence(&model.link.words(model.clock.elapsed));
    if model.me.is_none() {
        return format!(
            "{refused} Nothing of what was begun here is left. Show another key, or sign in by name and passphrase."
        );
    }
    format!(
        "{refused} What was begun here stays for whoever was signed in: they come back by name and passphrase. {BACK}"
    )
}

/// Draws the lock, and nothing else.
pub(crate) fn draw(model: &Model, lock: &Lock, pen: &mut Pen, area: Rect) {
    let x = area.x + 2;
    let columns = usize::from(area.width.saturating_sub(4));
    let paragraph = |pen: &mut Pen, top: u16, words: &str, role: Role| {
        let lines = wrap(words, columns);
        for (row, text) in lines.iter().enumerate() {
            pen.text(area, x, top + offset(row), text, role);
        }
        top + offset(lines.len())
    };
    paragraph(pen, area.y + 2, "This console is locked.", Role::Title);
    let at = 1 + paragraph(pen, area.y + 4, &about(model), Role::Text);
    let fields = [
        ("name               ", &lock.name, false),
        ("key or passphrase  ", &lock.secret, true),
    ];
    for (row, (label, input, masked)) in fields.into_iter().enumerate() {
        let look = FieldLook {
            masked,
            ..FieldLook::new(lock.on_name != masked, 46)
        };
        let inside = Rect::new(
            area.x + 1,
            area.y,
            area.width.saturating_sub(2),
            area.height,
        );
        pen.field(inside, at + offset(row), label, input, look);
    }
    let (said, role) = if lock.asked {
        ("Asking the server...", Role::Dim)
    } else {
        (lock.problem.as_str(), Role::Warning)
    };
    paragraph(pen, at + 3, said, role);
    let keys = format!(
        "{} unlocks, Tab goes to the other line. It has to be unlocked to leave.",
        model.keymap.key_of(Command::Enter)
    );
    let last = area.bottom().saturating_sub(2).min(at + 8);
    paragraph(pen, last, &keys, Role::Dim);
}
