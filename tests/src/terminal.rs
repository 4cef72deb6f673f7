//! A terminal that a person could sit at: a program in a pseudo-terminal, its screen, and keys for it.
//!
//! [`Terminal`] spawns a program, keeps every byte that it writes, and shows the screen that those bytes make (with the
//! `vt100` emulator, not with the product's own drawing code). Waiting is always for a condition, with a deadline; a wait
//! that ends in vain panics with the screen, so that a failure shows what a person would have seen.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system,
};
use rustix::process::Signal;
use unicode_width::UnicodeWidthStr as _;
use vt100::{MouseProtocolMode, Parser, Screen};

use crate::process::send;

/// How long anything may take to show, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the end of a program is looked for; there is nothing to wait on.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Where a synchronized update begins: what follows is not shown before its end.
const UPDATE_BEGINS: &[u8] = b"\x1b[?2026h";
/// Where it ends. The console draws every frame in one.
const UPDATE_ENDS: &[u8] = b"\x1b[?2026l";
/// A program asks where the cursor is, and waits for the answer.
const WHERE_IS_THE_CURSOR: &[u8] = b"\x1b[6n";

/// A program in a terminal of its own. Dropping it kills the program.
pub struct Terminal {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the terminal's modes can be read after the program has ended.
    _slave: Box<dyn SlavePty + Send>,
    writer: Writer,
    child: Box<dyn Child + Send + Sync>,
    /// The modes before the program began.
    modes: String,
}

/// Keys of the test, and answers of the terminal.
type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

fn write(writer: &Writer, bytes: &[u8]) -> std::io::Result<()> {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    writer.write_all(bytes)?;
    writer.flush()
}

/// What the reading thread and the test share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser,
    /// Every byte that was written.
    log: Vec<u8>,
    /// Within a synchronized update.
    updating: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes what the program has written; gives what the terminal answers.
    fn take(&mut self, bytes: &[u8]) -> Option<String> {
        self.parser.process(bytes);
        // A sequence may be cut in two by the reads.
        let before = |sequence: &[u8]| self.log.len().saturating_sub(sequence.len() - 1);
        let (from, asked) = (before(UPDATE_BEGINS), before(WHERE_IS_THE_CURSOR));
        self.log.extend_from_slice(bytes);
        let tail = &self.log[from..];
        let (begins, ends) = (last(tail, UPDATE_BEGINS), last(tail, UPDATE_ENDS));
        if begins.is_some() || ends.is_some() {
            self.updating = begins > ends;
        }
        last(&self.log[asked..], WHERE_IS_THE_CURSOR)?;
        let (row, column) = self.parser.screen().cursor_position();
        Some(format!("\x1b[{};{}R", row + 1, column + 1))
    }
}

fn last(bytes: &[u8], sequence: &[u8]) -> Option<usize> {
    bytes
        .windows(sequence.len())
        .rposition(|window| window == sequence)
}

/// Columns and rows as the emulator wants them.
fn cells(columns: u16, rows: u16) -> (NonZeroU16, NonZeroU16) {
    let positive = |number| NonZeroU16::new(number).expect("a terminal has rows and columns");
    (positive(rows), positive(columns))
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        ..PtySize::default()
    }
}

impl Terminal {
    /// Starts a program in a terminal of so many columns and rows.
    pub fn start(command: CommandBuilder, (columns, rows): (u16, u16)) -> Result<Self> {
        let pair = native_pty_system().openpty(pty_size(columns, rows))?;
        let modes = modes(&*pair.master)?;
        let mut reader = pair.master.try_clone_reader()?;
        let writer: Writer = Arc::new(Mutex::new(pair.master.take_writer()?));
        let child = pair
            .slave
            .spawn_command(command)
            .context("the program can not be started")?;
        let (rows, columns) = cells(columns, rows);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                parser: Parser::new(rows, columns, 0),
                log: Vec::new(),
                updating: false,
            }),
            changed: Condvar::new(),
        });
        let (reading, answering) = (Arc::clone(&shared), Arc::clone(&writer));
        thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            // It ends, or fails, when the terminal is closed.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let answer = reading.lock().take(&bytes[..count]);
                reading.changed.notify_all();
                if let Some(answer) = answer {
                    // A program that has ended in between needs no answer.
                    let _ = write(&answering, answer.as_bytes());
                }
            }
        });
        Ok(Self {
            shared,
            master: pair.master,
            _slave: pair.slave,
            writer,
            child,
            modes,
        })
    }

    /// Types keys: letters as they stand, others by name, as in `b<tab>Anna<enter>`.
    ///
    /// # Panics
    ///
    /// On a name that is none, and on `<esc>` before other keys: a terminal can not tell that from Alt and a letter.
    #[track_caller]
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        let mut bytes = Vec::new();
        let mut rest = keys;
        while let Some(letter) = rest.chars().next() {
            let name = rest
                .strip_prefix('<')
                .and_then(|rest| rest.split_once('>'))
                .filter(|(name, _)| name.len() > 1);
            if let Some((name, after)) = name {
                assert!(
                    name != "esc" || after.is_empty(),
                    "wait after <esc>: {keys}"
                );
                bytes.extend_from_slice(&key(name));
                rest = after;
            } else {
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[letter.len_utf8()..];
            }
        }
        self.send(&bytes)
    }

    /// Pastes a text, as a terminal with bracketed paste does.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes())
    }

    /// Clicks on a text that stands on the screen, with the left button.
    ///
    /// # Panics
    ///
    /// When it does not stand there, or the program does not ask for the mouse.
    #[track_caller]
    pub fn click(&mut self, text: &str) -> &mut Self {
        let (row, column) = {
            let state = self.shared.lock();
            let screen = state.parser.screen();
            let mode = screen.mouse_protocol_mode();
            assert_ne!(mode, MouseProtocolMode::None, "the mouse is the terminal's");
            let (_, columns) = screen.size();
            let found = screen
                .rows(0, columns.get())
                .enumerate()
                .find_map(|(row, line)| {
                    let before = line.split_once(text)?.0;
                    Some((row, before.width()))
                });
            found.unwrap_or_else(|| panic!("no {text} to click on:\n{}", screen.contents()))
        };
        // As the SGR protocol counts, from 1: pressed, and let go.
        let place = format!("{};{}", column + 1, row + 1);
        self.send(format!("\x1b[<0;{place}M\x1b[<0;{place}m").as_bytes())
    }

    fn send(&mut self, bytes: &[u8]) -> &mut Self {
        write(&self.writer, bytes).expect("the terminal is open as long as this lives");
        self
    }

    /// Makes the terminal larger or smaller.
    pub fn resize(&mut self, columns: u16, rows: u16) -> Result<()> {
        let size = cells(columns, rows);
        self.shared.lock().parser.set_size(size.0, size.1);
        self.master.resize(pty_size(columns, rows))
    }

    /// Waits until the text stands on the screen.
    #[track_caller]
    pub fn sees(&self, text: &str) -> &Self {
        self.until(text, |screen| shows(screen, text))
    }

    /// Waits until one line has all these texts.
    #[track_caller]
    pub fn sees_line(&self, texts: &[&str]) -> &Self {
        self.until(&texts.join(" ... "), |screen| {
            let (_, columns) = screen.size();
            screen
                .rows(0, columns.get())
                .any(|line| texts.iter().all(|text| line.contains(text)))
        })
    }

    /// Waits until the cursor stands on a row with this text: a key before has been acted on.
    #[track_caller]
    pub fn stands_on(&self, text: &str) -> &Self {
        self.until(&format!("the cursor on {text}"), |screen| {
            place(screen).1.contains(text)
        })
    }

    /// Waits until the text does not stand on the screen any more.
    #[track_caller]
    pub fn misses(&self, text: &str) -> &Self {
        self.until(&format!("no {text}"), |screen| !shows(screen, text))
    }

    /// Waits until a whole frame fulfils the condition.
    ///
    /// # Panics
    ///
    /// When that takes too long; the message says what was waited for, and has the screen.
    #[track_caller]
    pub fn until(&self, what: &str, condition: impl Fn(&Screen) -> bool) -> &Self {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        while state.updating || !condition(state.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let screen = state.parser.screen().contents();
            assert!(!left.is_zero(), "waited in vain for: {what}\n{screen}");
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        self
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        self.shared.lock().parser.screen().contents()
    }

    /// Presses a key until the focus is on a line with this text.
    #[track_caller]
    pub fn go(&mut self, press: &str, text: &str) -> &mut Self {
        self.press(press, text, |screen| place(screen).1.contains(text))
    }

    /// Presses a key that moves the focus, or changes what it is on, until the text stands on the screen.
    #[track_caller]
    pub fn turn(&mut self, press: &str, text: &str) -> &mut Self {
        self.press(press, text, |screen| shows(screen, text))
    }

    #[track_caller]
    fn press(&mut self, press: &str, text: &str, done: impl Fn(&Screen) -> bool) -> &mut Self {
        const MOST: usize = 60;
        for _ in 0..MOST {
            let (before, found) = {
                let state = self.shared.lock();
                let screen = state.parser.screen();
                (place(screen), done(screen))
            };
            if found {
                return self;
            }
            self.keys(press);
            self.until(&format!("{press} moves on from {}", before.1), |screen| {
                place(screen) != before
            });
        }
        panic!(
            "{MOST} times {press} does not lead to: {text}\n{}",
            self.text()
        );
    }

    /// How many bytes were written so far.
    pub fn written(&self) -> usize {
        self.shared.lock().log.len()
    }

    /// What was written after the first so many bytes.
    pub fn written_after(&self, mark: usize) -> Vec<u8> {
        self.shared.lock().log[mark..].to_vec()
    }

    /// The program's process.
    pub fn id(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        send(self.id().context("the program has ended")?, signal)
    }

    /// Waits until the program has ended.
    ///
    /// # Panics
    ///
    /// When it goes on.
    #[track_caller]
    pub fn ends(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status,
                Ok(None) => {}
                Err(error) => panic!("the program's end can not be awaited: {error}"),
            }
            assert!(Instant::now() < deadline, "it goes on:\n{}", self.text());
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Asserts that the program has the terminal for itself: only then does [`Terminal::is_restored`] say something.
    #[track_caller]
    pub fn is_taken(&self) -> &Self {
        self.until("a terminal that is taken over", |screen| {
            screen.alternate_screen()
                && screen.bracketed_paste()
                && screen.mouse_protocol_mode() != MouseProtocolMode::None
        });
        let now = modes(&*self.master).expect("the terminal is open");
        assert_ne!(now, self.modes, "raw mode");
        self
    }

    /// Waits until the terminal is as it was before the program began: modes, screen, mouse, paste and cursor.
    #[track_caller]
    pub fn is_restored(&self) -> &Self {
        self.until("a terminal that is given back", |screen| {
            !screen.alternate_screen()
                && !screen.bracketed_paste()
                && !screen.hide_cursor()
                && screen.mouse_protocol_mode() == MouseProtocolMode::None
        });
        let now = modes(&*self.master).expect("the terminal is open");
        assert_eq!(now, self.modes, "the terminal's modes");
        self
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Frames that were drawn in these bytes.
pub fn frames(bytes: &[u8]) -> usize {
    bytes
        .windows(UPDATE_ENDS.len())
        .filter(|window| *window == UPDATE_ENDS)
        .count()
}

/// The parameters of every SGR sequence (colours and attributes) in these bytes.
pub fn sgr(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    for part in text.split("\x1b[").skip(1) {
        let end = part.find(|letter: char| !letter.is_ascii_digit() && letter != ';');
        if let Some(end) = end
            && part[end..].starts_with('m')
        {
            found.push(part[..end].to_owned());
        }
    }
    found
}

fn shows(screen: &Screen, text: &str) -> bool {
    screen.contents().contains(text)
}

/// Where the cursor stands, and the line that it is in: the console parks it on what has the focus.
fn place(screen: &Screen) -> ((u16, u16), String) {
    let cursor = screen.cursor_position();
    let (_, columns) = screen.size();
    let line = screen.rows(0, columns.get()).nth(usize::from(cursor.0));
    (cursor, line.unwrap_or_default())
}

/// The terminal's modes (raw or not, echo, signals) in one comparable text.
fn modes(master: &dyn MasterPty) -> Result<String> {
    let modes = master
        .get_termios()
        .context("the terminal has no modes to read")?;
    Ok(format!(
        "{:?} {:?} {:?}",
        modes.input_flags, modes.output_flags, modes.local_flags
    ))
}

/// What a terminal sends for a key.
fn key(name: &str) -> Vec<u8> {
    if let Some(letter) = name.strip_prefix("ctrl-") {
        let letter = letter.bytes().next().expect("ctrl and a letter");
        return vec![letter & 0x1f];
    }
    let bytes: &[u8] = match name {
        "enter" => b"\r",
        "tab" => b"\t",
        "shift-tab" => b"\x1b[Z",
        "esc" => b"\x1b",
        "space" => b" ",
        "backspace" => b"\x7f",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        "home" => b"\x1b[H",
        "end" => b"\x1b[F",
        "f5" => b"\x1b[15~",
        "f7" => b"\x1b[18~",
        "f9" => b"\x1b[20~",
        other => panic!("no such key: {other}"),
    };
    bytes.to_vec()
}
