//! Reading what nobody may see.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crossterm::{
    event::{Event, KeyCode, KeyModifiers, read},
    terminal::{disable_raw_mode, enable_raw_mode},
};

use super::failure::Failure;

/// A passphrase, as it is typed without being shown; where there is no terminal, the next line of standard input.
pub(crate) fn passphrase(prompt: &str) -> Result<String, Failure> {
    let typed = if is_asked() {
        unseen(prompt)
    } else {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.map(|_| line.trim_end_matches(['\r', '\n']).to_owned())
    };
    let typed = typed
        .map_err(|error| Failure::other(format!("the passphrase could not be read: {error}")))?;
    if typed.is_empty() {
        return Err(Failure::usage("no passphrase was given; nothing was done"));
    }
    Ok(typed)
}

/// A new passphrase: twice, where a slip could not be seen.
pub(crate) fn new_passphrase() -> Result<String, Failure> {
    let typed = passphrase("New passphrase, 15 characters or more")?;
    if is_asked() && passphrase("The same again")? != typed {
        return Err(Failure::usage("the two are not the same; nothing was done"));
    }
    Ok(typed)
}

/// Whether somebody sits at a terminal.
fn is_asked() -> bool {
    io::stdin().is_terminal()
}

fn unseen(prompt: &str) -> io::Result<String> {
    let mut out = io::stderr();
    write!(out, "{prompt}: ")?;
    out.flush()?;
    enable_raw_mode()?;
    let typed = typed();
    disable_raw_mode()?;
    writeln!(out)?;
    typed
}

fn typed() -> io::Result<String> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.is_release() {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(text),
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(io::ErrorKind::Interrupted.into());
            }
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => text.clear(),
            KeyCode::Char(letter) => text.push(letter),
            _ => {}
        }
    }
}
