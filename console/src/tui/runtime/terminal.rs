//! The terminal: taken over at the start, given back at the end, on a signal, on an error and on a panic.

use std::{
    io::{self, BufWriter, Write},
    panic,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute, queue,
    style::force_color_output,
    terminal::{
        self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen,
        LeaveAlternateScreen,
    },
};
use ratatui::{
    TerminalOptions, Viewport,
    backend::{Backend as _, CrosstermBackend},
    buffer::Buffer,
    layout::{Position, Rect},
};

use tokio::sync::Notify;

use super::plain::Plain;
use crate::tui::{model::Model, theme::Theme, view::paint};

/// The terminal is ours: there is something to restore.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// It was taken without the alternate screen.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// A panic anywhere in the program has given the terminal back.
static LOST: LazyLock<Arc<Notify>> = LazyLock::new(Arc::default);

/// Room for a whole frame, so that it leaves in one write.
const FRAME_BYTES: usize = 64 * 1024;

type Out = BufWriter<Box<dyn Write + Send>>;
type Screen = ratatui::Terminal<CrosstermBackend<Out>>;

/// The terminal that the console has taken over; dropping it gives it back.
pub(in crate::tui) struct Terminal {
    output: Output,
    mouse: bool,
    /// Not the person's terminal: this size for ever, and nothing to take over or give back.
    detached: Option<Rect>,
    /// Rings when a panic has given the terminal back.
    lost: Arc<Notify>,
    /// The theme of the last frame: crossterm is told whether colour is wanted when it changes.
    theme: Option<Theme>,
    /// The last frame and its cursor: what looks the same is not written again.
    shown: Option<(Buffer, Option<Position>)>,
}

/// How the model reaches the person.
enum Output {
    /// A full screen.
    Screen(Box<Screen>),
    /// Lines, one after the other.
    Plain(Plain),
}

impl Terminal {
    /// Takes the terminal over.
    pub(super) fn open(plain: bool, mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        let output = if plain {
            Output::Plain(Plain::default())
        } else {
            let backend = backend(Box::new(io::stdout()));
            Output::Screen(Box::new(ratatui::Terminal::new(backend)?))
        };
        let mut terminal = Self {
            output,
            mouse: mouse && !plain,
            detached: None,
            lost: LOST.clone(),
            theme: None,
            shown: None,
        };
        terminal.take()?;
        Ok(terminal)
    }

    /// A screen of a fixed size that is written to `out`, for measurements and tests.
    pub(in crate::tui) fn detached(
        out: Box<dyn Write + Send>,
        size: (u16, u16),
    ) -> io::Result<Self> {
        let area = Rect::new(0, 0, size.0, size.1);
        let options = TerminalOptions {
            viewport: Viewport::Fixed(area),
        };
        let screen = ratatui::Terminal::with_options(backend(out), options)?;
        Ok(Self {
            output: Output::Screen(Box::new(screen)),
            mouse: false,
            detached: Some(area),
            lost: Arc::default(),
            theme: None,
            shown: None,
        })
    }

    fn take(&mut self) -> io::Result<()> {
        let plain = matches!(self.output, Output::Plain(_));
        PLAIN.store(plain, Ordering::SeqCst);
        TAKEN.store(true, Ordering::SeqCst);
        terminal::enable_raw_mode()?;
        enter(&mut io::stdout(), plain, self.mouse)
    }

    /// Whether the terminal is still ours: a panic elsewhere has given it back.
    fn is_ours(&self) -> bool {
        self.detached.is_some() || TAKEN.load(Ordering::SeqCst)
    }

    /// Rings when a panic anywhere in the program has given the terminal back, were it in a task that the console knows
    /// nothing of: nobody sees the console any more.
    pub(super) fn lost(&self) -> Arc<Notify> {
        self.lost.clone()
    }

    /// The terminal's size, where it is another one than the model knows. The signal of a new size is lost when it comes
    /// together with keys: crossterm reads the keys and forgets that there was a signal.
    pub(super) fn other_size(&self, model: &Model) -> Option<(u16, u16)> {
        let known = self.detached.is_some() || matches!(self.output, Output::Plain(_));
        let size = terminal::size().ok().filter(|_| !known)?;
        (size != model.size).then_some(size)
    }

    /// Draws if something that is shown has changed: in one synchronized update, so that no terminal shows half of it.
    pub(in crate::tui) fn draw(&mut self, model: &mut Model) -> io::Result<()> {
        if !self.is_ours() || !std::mem::take(&mut model.dirty) {
            return Ok(());
        }
        let screen = match &mut self.output {
            Output::Screen(screen) => screen,
            Output::Plain(plain) => return plain.print(model, &mut io::stdout()),
        };
        if self.theme != Some(model.theme) {
            // crossterm reads NO_COLOR by itself and then writes resets in the place of colours; the theme decides instead.
            force_color_output(model.theme != Theme::Mono);
            self.theme = Some(model.theme);
        }
        let area = match self.detached {
            Some(area) => area,
            None => Rect::from((Position::ORIGIN, screen.backend().size()?)),
        };
        let mut buffer = Buffer::empty(area);
        let cursor = paint(model, &mut buffer);
        let frame = (buffer, cursor);
        if self.shown.as_ref() == Some(&frame) {
            // Much is read anew that has not changed: ratatui would still write resets and the cursor.
            return Ok(());
        }
        queue!(screen.backend_mut(), BeginSynchronizedUpdate)?;
        screen.draw(|next| {
            let cursor = if next.area() == frame.0.area {
                next.buffer_mut().clone_from(&frame.0);
                cursor
            } else {
                // The terminal has got another size in between.
                paint(model, next.buffer_mut())
            };
            if let Some(cursor) = cursor {
                next.set_cursor_position(cursor);
            }
        })?;
        self.shown = Some(frame);
        execute!(screen.backend_mut(), EndSynchronizedUpdate)
    }

    /// The terminal has another size: what it shows of the last frame is not known.
    pub(super) fn resized(&mut self) {
        self.shown = None;
    }

    /// The next draw paints everything.
    pub(super) fn repaint(&mut self) -> io::Result<()> {
        self.shown = None;
        if let Output::Screen(screen) = &mut self.output {
            screen.clear()?;
        }
        Ok(())
    }

    /// Captures the mouse, or leaves it to the terminal.
    pub(super) fn mouse(&mut self, on: bool) -> io::Result<()> {
        let Output::Screen(screen) = &mut self.output else {
            return Ok(());
        };
        self.mouse = on;
        if on {
            execute!(screen.backend_mut(), EnableMouseCapture)
        } else {
            execute!(screen.backend_mut(), DisableMouseCapture)
        }
    }

    /// Puts a text on the clipboard of the terminal, over ssh too.
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        let copy = CopyToClipboard::to_clipboard_from(text);
        match &mut self.output {
            Output::Screen(screen) => execute!(screen.backend_mut(), copy),
            Output::Plain(_) => execute!(io::stdout(), copy),
        }
    }

    /// Stops the process as Ctrl-Z does elsewhere; comes back when it is continued.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        if self.detached.is_none() {
            restore()?;
            rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
            self.take()?;
        }
        self.repaint()
    }

    /// This system has no such thing: nothing happens.
    #[cfg(not(unix))]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.repaint()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.detached.is_none() {
            // There is nobody left to tell when the terminal is gone.
            let _ = restore();
        }
    }
}

fn backend(out: Box<dyn Write + Send>) -> CrosstermBackend<Out> {
    CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, out))
}

/// Asks the terminal for what the console needs. Pasted text is bracketed in plain mode too: a line break in it is not Enter.
fn enter(out: &mut impl Write, plain: bool, mouse: bool) -> io::Result<()> {
    if !plain {
        queue!(out, EnterAlternateScreen)?;
    }
    queue!(out, EnableBracketedPaste)?;
    if mouse {
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// Takes back what [`enter`] asked for.
fn leave(out: &mut impl Write, plain: bool) -> io::Result<()> {
    if plain {
        return execute!(out, DisableBracketedPaste);
    }
    execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    )
}

/// Gives the terminal back: cursor, paste, mouse, screen, mode. Harmless when it was not taken.
fn restore() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let written = leave(&mut io::stdout(), PLAIN.load(Ordering::SeqCst));
    terminal::disable_raw_mode()?;
    written
}

/// A panic's message belongs on a restored terminal.
fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // The message matters more than a terminal that is gone.
            let _ = restore();
            LOST.notify_one();
            before(panic);
        }));
    });
}

/// Resolves when the system asks the process to end.
#[cfg(unix)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves when the system asks the process to end.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASTE_ON: &str = "\x1b[?2004h";
    const PASTE_OFF: &str = "\x1b[?2004l";
    const OTHER_SCREEN: &str = "\x1b[?1049";

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).expect("memory takes everything");
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn pasted_text_is_bracketed_in_both_modes() {
        for plain in [false, true] {
            let on = written(|out| enter(out, plain, false));
            let off = written(|out| leave(out, plain));
            assert!(on.contains(PASTE_ON), "plain {plain}: {on:?}");
            assert!(off.contains(PASTE_OFF), "plain {plain}: {off:?}");
            let switches = (on.contains(OTHER_SCREEN), off.contains(OTHER_SCREEN));
            assert_eq!(switches, (!plain, !plain), "plain keeps to the one screen");
        }
    }
}
