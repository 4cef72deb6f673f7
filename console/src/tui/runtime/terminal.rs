//! The terminal: taken over at the start, given back at the end, on a signal, on an error and on a panic.

use std::{
    io::{self, BufWriter, Stdout, Write},
    panic,
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    style::force_color_output,
    terminal::{
        self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen,
        LeaveAlternateScreen,
    },
};
use ratatui::{
    backend::{Backend as _, CrosstermBackend},
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::plain::Plain;
use crate::tui::{model::Model, theme::Theme, view::paint};

/// The terminal is ours: there is something to restore.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// It was taken without the alternate screen.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// Room for a whole frame, so that it leaves in one write.
const FRAME_BYTES: usize = 64 * 1024;

type Screen = ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// The terminal that the console has taken over; dropping it gives it back.
pub(super) struct Terminal {
    output: Output,
    mouse: bool,
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
            let backend =
                CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, io::stdout()));
            Output::Screen(Box::new(ratatui::Terminal::new(backend)?))
        };
        let terminal = Self {
            output,
            mouse: mouse && !plain,
            theme: None,
            shown: None,
        };
        terminal.take()?;
        Ok(terminal)
    }

    fn take(&self) -> io::Result<()> {
        PLAIN.store(matches!(self.output, Output::Plain(_)), Ordering::SeqCst);
        TAKEN.store(true, Ordering::SeqCst);
        terminal::enable_raw_mode()?;
        if matches!(self.output, Output::Plain(_)) {
            return Ok(());
        }
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        if self.mouse {
            execute!(io::stdout(), EnableMouseCapture)?;
        }
        Ok(())
    }

    /// Draws if something that is shown has changed: in one synchronized update, so that no terminal shows half of it.
    pub(super) fn draw(&mut self, model: &mut Model) -> io::Result<()> {
        if !std::mem::take(&mut model.dirty) {
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
        let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, screen.backend().size()?)));
        let cursor = paint(model, &mut buffer);
        let frame = (buffer, cursor);
        if self.shown.as_ref() == Some(&frame) {
            // Much is read anew that has not changed: ratatui would still write resets and the cursor.
            return Ok(());
        }
        crossterm::queue!(screen.backend_mut(), BeginSynchronizedUpdate)?;
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
        self.mouse = on && matches!(self.output, Output::Screen(_));
        if self.mouse {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }

    /// Stops the process as Ctrl-Z does elsewhere; comes back when it is continued.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        restore()?;
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        self.take()?;
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
        // There is nobody left to tell when the terminal is gone.
        let _ = restore();
    }
}

/// Puts a text on the clipboard of the terminal, over ssh too.
pub(super) fn copy(text: &str) -> io::Result<()> {
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
}

/// Gives the terminal back: cursor, paste, mouse, screen, mode. Harmless when it was not taken.
fn restore() -> io::Result<()> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = io::stdout();
    if PLAIN.load(Ordering::SeqCst) {
        out.flush()?;
        return terminal::disable_raw_mode();
    }
    let written = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
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
