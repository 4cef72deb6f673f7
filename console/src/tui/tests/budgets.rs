//! What the screens may cost in bytes on the wire: the desk may be behind a slow ssh link. What they cost in time is
//! measured by `examples/paint.rs`.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};
use treadwell_api::v1::{GetBoardResponse, RoomState, RoomStatus};

use crate::tui::{
    model::Model,
    sample::{self, at, model},
    screens::board,
    theme::Theme,
    view::view,
};

/// First paint at 80x24 at most.
const FIRST_PAINT_BYTES: usize = 12_000;
/// A single event at most.
const EVENT_BYTES: usize = 250;
/// A writer that counts.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Screenful {
    terminal: Terminal<CrosstermBackend<Wire>>,
    wire: Wire,
}

impl Screenful {
    fn new(size: (u16, u16)) -> Self {
        let wire = Wire::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
        let terminal = Terminal::with_options(
            CrosstermBackend::new(wire.clone()),
            TerminalOptions { viewport },
        );
        Self {
            terminal: terminal.expect("a terminal in memory"),
            wire,
        }
    }

    /// Draws, and answers how many bytes that took; what wraps a frame in a synchronized update is counted too.
    fn draw(&mut self, model: &Model) -> usize {
        const SYNCHRONIZED: usize = "\x1b[?2026h\x1b[?2026l".len();
        self.wire.0.borrow_mut().clear();
        self.terminal
            .draw(|frame| view(model, frame))
            .expect("drawn in memory");
        self.wire.0.borrow().len() + SYNCHRONIZED
    }
}

/// Changes one room of the live board.
fn change(model: &mut Model, room: &str, change: impl Fn(&mut RoomStatus)) {
    let mut live: GetBoardResponse = sample::live();
    let rooms = live.sites.iter_mut().flat_map(|site| &mut site.rooms);
    rooms.filter(|found| found.room_id == room).for_each(change);
    board::loaded(model, live);
}

#[test]
fn the_first_paint_is_small() {
    for theme in Theme::ALL {
        let bytes = Screenful::new((80, 24)).draw(&model((80, 24), theme));
        assert!(
            bytes <= FIRST_PAINT_BYTES,
            "{bytes} bytes in {}",
            theme.name()
        );
    }
}

#[test]
fn an_event_writes_little() {
    type Event = fn(&mut RoomStatus);
    let events: [(&str, &str, Event); 5] = [
        ("h3", "a session starts", |room| {
            room.set_state(RoomState::InSession);
            room.therapist_name = "Walsh".to_owned();
            room.client_name = "Kim Ito".to_owned();
            room.appointment_id = "apt-1".to_owned();
            room.until = Some(at(15, 5));
            room.next_start = None;
        }),
        ("h2", "an item is ticked", |room| {
            if let Some(turnover) = &mut room.turnover {
                turnover.items[4].done_at = Some(at(14, 7));
            }
        }),
        ("h4", "a session is a minute longer over", |room| {
            room.late_minutes += 1;
        }),
        ("h5", "a hold ends", |room| {
            room.set_state(RoomState::Vacant);
            room.until = None;
        }),
        ("d4", "a room goes out", |room| {
            room.set_state(RoomState::Out);
            room.outage_reason = "leak".to_owned();
        }),
    ];
    for theme in Theme::ALL {
        for (room, what, event) in events {
            let mut model = model((80, 24), theme);
            let mut screen = Screenful::new((80, 24));
            screen.draw(&model);
            change(&mut model, room, event);
            let bytes = screen.draw(&model);
            assert!(
                bytes <= EVENT_BYTES,
                "{what}: {bytes} bytes in {}",
                theme.name()
            );
        }
    }
}
