//! What the screens take of time: for the benchmark in `examples/paint.rs`.
//!
//! Frames are measured on the sample data; keys and changes in a whole console, over a real server, on a terminal that
//! only takes note of when it was painted.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use crossterm::event::{Event as TerminalEvent, KeyEvent};
use futures::channel::mpsc as channel;
use tokio::sync::mpsc;
use treadwell_api::v1::{self, RoomState};
use treadwell_client::{Client, Options};

use super::{
    keys::{Chord, Keymap},
    model::{Model, Start},
    runtime::{Runtime, Terminal},
    sample,
    screens::{Screen, board},
    theme::Theme,
    time,
};

/// The largest terminal that the budgets are for.
const SIZE: (u16, u16) = (200, 50);
const FRAME_BUDGET: Duration = Duration::from_millis(2);
const KEY_BUDGET: Duration = Duration::from_millis(16);
const EVENT_BUDGET: Duration = Duration::from_millis(100);

/// How long something took, many times over.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What was measured.
    pub what: &'static str,
    /// What 99 of 100 may take.
    pub budget: Duration,
    times: Vec<Duration>,
}

impl Measured {
    fn new(what: &'static str, budget: Duration, mut times: Vec<Duration>) -> Self {
        times.sort();
        Self {
            what,
            budget,
            times,
        }
    }

    /// How often it was measured.
    pub fn count(&self) -> usize {
        self.times.len()
    }

    /// What half of them took at most.
    pub fn median(&self) -> Duration {
        self.at(50)
    }

    /// What 99 of 100 took at most.
    pub fn p99(&self) -> Duration {
        self.at(99)
    }

    fn at(&self, percent: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        let at = (self.times.len() * percent / 100).min(last);
        self.times.get(at).copied().unwrap_or_default()
    }
}

/// Building a frame at 200x50, comparing it with the one before, and encoding what differs.
///
/// # Errors
///
/// A buffer in memory that can not be drawn to, which does not happen.
pub fn frames() -> io::Result<Vec<Measured>> {
    const ROUNDS: i32 = 2000;
    type Change = fn(&mut Model, i32);
    let cases: [(&str, Screen, Change); 3] = [
        (
            "frame: a room of the Board changes",
            Screen::Board,
            |model, round| {
                let mut live = sample::live();
                let rooms = live.sites.iter_mut().flat_map(|site| &mut site.rooms);
                for room in rooms.filter(|room| room.room_id == "h4") {
                    room.late_minutes = round % 60;
                }
                board::loaded(model, live);
            },
        ),
        (
            "frame: the focus of the Day moves",
            Screen::Day,
            |model, round| {
                model.day.quarter = usize::try_from(round % 40).ok();
            },
        ),
        (
            "frame: another screen every time",
            Screen::Board,
            |model, round| {
                const SCREENS: [Screen; 4] =
                    [Screen::Board, Screen::Day, Screen::Book, Screen::FreeRooms];
                model.screen = SCREENS[usize::try_from(round % 4).unwrap_or(0)];
            },
        ),
    ];
    let mut all = Vec::new();
    for (what, screen, change) in cases {
        let mut model = sample::model(SIZE, Theme::Dark);
        model.screen = screen;
        let mut terminal = Terminal::detached(Box::new(io::sink()), SIZE)?;
        terminal.draw(&mut model)?;
        let mut times = Vec::new();
        for round in 0..ROUNDS {
            change(&mut model, round);
            model.dirty = true;
            let begun = Instant::now();
            terminal.draw(&mut model)?;
            times.push(begun.elapsed());
        }
        all.push(Measured::new(what, FRAME_BUDGET, times));
    }
    Ok(all)
}

/// A key at the desk to its paint, and a change by somebody else to its paint. The change is measured from when it is
/// sent, so its commit is part of that time; the watch event comes after it.
///
/// # Errors
///
/// A server that can not be reached, a key that it refuses, a clinic without a vacant room.
pub async fn paints(server: &str, desk: &str, other: &str) -> anyhow::Result<Vec<Measured>> {
    let options = Options::new(server, desk);
    let (keys, input) = channel::unbounded();
    let (painted, paints) = mpsc::unbounded_channel();
    let model = Model::new(Start {
        size: SIZE,
        server: server.to_owned(),
        site: None,
        theme: Theme::Dark,
        keymap: Keymap::new(&[].into())?,
        mouse: false,
        lock_after: None,
        plain: false,
        request_prefix: treadwell_client::request_id(),
    });
    let output = Terminal::detached(Box::new(Paper::new(painted)), SIZE)?;
    let client = Client::new(options.clone())?;
    let mut runtime = Runtime::new(model, output, Box::pin(input), client, options);
    let mut desk = Desk { keys, paints };
    let other = Client::new(Options::new(server, other))?;
    tokio::select! {
        left = runtime.run() => {
            left?;
            anyhow::bail!("the console has left")
        }
        measured = async {
            desk.quiet(START).await;
            let keys = desk.measure_keys().await?;
            Ok(vec![keys, desk.measure_changes(&other).await?])
        } => measured,
    }
}

/// Until the first screen is loaded.
const START: Duration = Duration::from_secs(1);
/// Nothing follows any more.
const QUIET: Duration = Duration::from_millis(30);

/// Takes what is painted, and tells when a frame was whole.
struct Paper {
    end: Vec<u8>,
    painted: mpsc::UnboundedSender<Instant>,
}

/// The end of a synchronized update.
const FRAME_END: &[u8] = b"\x1b[?2026l";

impl Paper {
    fn new(painted: mpsc::UnboundedSender<Instant>) -> Self {
        Self {
            end: Vec::new(),
            painted,
        }
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.end.extend_from_slice(bytes);
        let surplus = self.end.len().saturating_sub(FRAME_END.len());
        self.end.drain(..surplus);
        if self.end == FRAME_END {
            // Whoever measures may have seen enough.
            let _ = self.painted.send(Instant::now());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whoever sits in front of the console.
struct Desk {
    keys: channel::UnboundedSender<io::Result<TerminalEvent>>,
    paints: mpsc::UnboundedReceiver<Instant>,
}

impl Desk {
    /// Waits until nothing was painted for so long.
    async fn quiet(&mut self, long: Duration) {
        while let Ok(Some(_)) = tokio::time::timeout(long, self.paints.recv()).await {}
    }

    async fn next_paint(&mut self, since: Instant) -> anyhow::Result<Duration> {
        const PATIENCE: Duration = Duration::from_secs(10);
        match tokio::time::timeout(PATIENCE, self.paints.recv()).await {
            Ok(Some(at)) => Ok(at.saturating_duration_since(since)),
            _ => anyhow::bail!("nothing was painted"),
        }
    }

    /// Keys that only move the focus, and keys that open another screen, which is painted before the server answers.
    async fn measure_keys(&mut self) -> anyhow::Result<Measured> {
        const ROUNDS: usize = 60;
        const KEYS: [&str; 8] = ["down", "up", "tab", "shift-tab", "d", "right", "left", "g"];
        let keys: Option<Vec<KeyEvent>> = KEYS
            .iter()
            .map(|key| Chord::parse(key).map(Chord::event))
            .collect();
        let keys = keys.unwrap_or_default();
        let mut times = Vec::new();
        for key in keys.iter().cycle().take(ROUNDS * KEYS.len()) {
            let begun = Instant::now();
            self.keys.unbounded_send(Ok(TerminalEvent::Key(*key)))?;
            times.push(self.next_paint(begun).await?);
            self.quiet(QUIET).await;
        }
        Ok(Measured::new("key to paint", KEY_BUDGET, times))
    }

    /// A room goes out of service and comes back, again and again.
    async fn measure_changes(&mut self, other: &Client) -> anyhow::Result<Measured> {
        const ROUNDS: usize = 60;
        let board = other.get_board(v1::GetBoardRequest::default()).await?;
        let vacant = board
            .sites
            .iter()
            .flat_map(|site| &site.rooms)
            .find(|room| room.state() == RoomState::Vacant && room.outage_id.is_empty());
        let room = vacant.ok_or_else(|| anyhow::anyhow!("no room is vacant"))?;
        let now = board.now.as_ref().map(time::instant).unwrap_or_default();
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let open = v1::OpenOutageRequest {
                write: None,
                outage: Some(v1::Outage {
                    room_id: room.room_id.clone(),
                    start: Some(time::wire(time::this_mark(now))),
                    reason: "measured".to_owned(),
                    ..v1::Outage::default()
                }),
            };
            let begun = Instant::now();
            let opened = other.open_outage(open).await?;
            times.push(self.next_paint(begun).await?);
            self.quiet(QUIET).await;
            let close = v1::CloseOutageRequest {
                outage_id: opened.outage.map(|outage| outage.id).unwrap_or_default(),
                write: None,
            };
            let begun = Instant::now();
            other.close_outage(close).await?;
            times.push(self.next_paint(begun).await?);
            self.quiet(QUIET).await;
        }
        let what = "change by another client to paint";
        Ok(Measured::new(what, EVENT_BUDGET, times))
    }
}
