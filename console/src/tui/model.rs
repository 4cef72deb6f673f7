//! Everything that the screens show, as one value. It changes only in `update`.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use treadwell_api::v1;
use tui_input::Input;

use super::{
    call::Call,
    calls::Calls,
    dialogs::Dialog,
    event::{Effect, Purpose},
    failure::Failure,
    keys::{Command, Keymap},
    screens::{Screen, alerts, board, book, client, connection, day, free_rooms, stock, turnover},
    theme::Theme,
    time,
};

/// The smallest terminal that everything fits in.
pub(crate) const SMALLEST: (u16, u16) = (80, 24);

/// The state of the console.
#[derive(Debug)]
pub(crate) struct Model {
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    /// The clinic's time.
    pub(crate) clock: Clock,
    /// The link to the server.
    pub(crate) link: Link,
    /// The newest revision heard of.
    pub(crate) revision: u64,
    /// The key that is used.
    pub(crate) me: Option<v1::Key>,
    /// How the server is.
    pub(crate) status: Option<v1::GetStatusResponse>,
    /// Its address, for the Connection screen.
    pub(crate) server: String,
    /// Sites, rooms, services, rule sets, policy; empty until loaded.
    pub(crate) catalog: v1::GetCatalogResponse,
    /// All therapists; empty until loaded.
    pub(crate) therapists: Vec<v1::Therapist>,
    /// The live rooms, once loaded.
    pub(crate) live: Option<v1::GetBoardResponse>,
    /// The site to show first, if the configuration names one.
    pub(crate) home_site: Option<String>,
    /// The screen that is shown.
    pub(crate) screen: Screen,
    /// The Board's focus.
    pub(crate) board: board::State,
    /// What Free rooms asks and got.
    pub(crate) free_rooms: free_rooms::State,
    /// The day grid.
    pub(crate) day: day::State,
    /// The draft of a booking; it stays until it is booked or thrown away.
    pub(crate) book: book::Draft,
    /// The Client screen.
    pub(crate) client: client::State,
    /// The checklists.
    pub(crate) turnover: turnover::State,
    /// The Stock screen.
    pub(crate) stock: stock::State,
    /// The Alerts screen.
    pub(crate) alerts: alerts::State,
    /// The Connection screen.
    pub(crate) connection: connection::State,
    /// What lies over the screen.
    pub(crate) dialog: Option<Dialog>,
    /// A command that waits for its appointment to be read.
    pub(crate) pending: Option<Command>,
    /// The appointment that places are looked for, to move it there.
    pub(crate) moving: Option<Box<v1::Appointment>>,
    /// What lists are narrowed to.
    pub(crate) filter: Filter,
    /// The latest news for the person at the desk.
    pub(crate) notice: Option<Notice>,
    /// The keys in force.
    pub(crate) keymap: Keymap,
    /// The theme.
    pub(crate) theme: Theme,
    /// The mouse is captured.
    pub(crate) mouse: bool,
    /// No boxes, one column: for screen readers and logs.
    pub(crate) plain: bool,
    /// Calls under way.
    pub(crate) calls: Calls,
    /// Something that is shown has changed.
    pub(crate) dirty: bool,
}

/// What a new model needs to know.
#[derive(Debug)]
pub(crate) struct Start {
    /// Columns and rows of the terminal.
    pub(crate) size: (u16, u16),
    /// The server's address.
    pub(crate) server: String,
    /// The site to show first.
    pub(crate) site: Option<String>,
    /// The theme.
    pub(crate) theme: Theme,
    /// The keys in force.
    pub(crate) keymap: Keymap,
    /// Capture the mouse.
    pub(crate) mouse: bool,
    /// Append-only mode.
    pub(crate) plain: bool,
    /// What request ids begin with; unique for this run.
    pub(crate) request_prefix: String,
}

impl Model {
    /// A console that has not heard from its server yet.
    pub(crate) fn new(start: Start) -> Self {
        Self {
            size: start.size,
            clock: Clock::default(),
            link: Link::Connecting(None),
            revision: 0,
            me: None,
            status: None,
            server: start.server,
            catalog: v1::GetCatalogResponse::default(),
            therapists: Vec::new(),
            live: None,
            home_site: start.site,
            screen: Screen::Board,
            board: board::State::default(),
            free_rooms: free_rooms::State::default(),
            day: day::State::default(),
            book: book::Draft::default(),
            client: client::State::default(),
            turnover: turnover::State::default(),
            stock: stock::State::default(),
            alerts: alerts::State::default(),
            connection: connection::State::default(),
            dialog: None,
            pending: None,
            moving: None,
            filter: Filter::default(),
            notice: None,
            keymap: start.keymap,
            theme: start.theme,
            mouse: start.mouse,
            plain: start.plain,
            calls: Calls::new(start.request_prefix),
            dirty: true,
        }
    }

    /// Asks the server; while an older question of the same purpose is under way, the newest waits for it.
    pub(crate) fn ask(&mut self, purpose: Purpose, call: impl Into<Call>) -> Vec<Effect> {
        self.calls.ask(purpose, call.into())
    }

    /// Sends a change. Without a link nothing is sent, and the person is told so.
    pub(crate) fn write(&mut self, purpose: Purpose, call: impl Into<Call>) -> Vec<Effect> {
        if !self.link.is_live() {
            self.say_failed(&Failure::unreachable());
            return Vec::new();
        }
        if self.calls.is_under_way(purpose) {
            self.warn("Still sending the change before; try again in a moment.");
            return Vec::new();
        }
        self.calls.ask(purpose, call.into())
    }

    /// Tells that something was done.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            warning: false,
        });
        self.dirty = true;
    }

    /// Tells that something was not done, or needs a look.
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            warning: true,
        });
        self.dirty = true;
    }

    /// Tells why a call failed, and what that means for what was typed.
    pub(crate) fn say_failed(&mut self, failure: &Failure) {
        let text = if failure.kind == super::failure::FailureKind::Unreachable {
            format!(
                "{} Nothing was confirmed; what you typed is kept. Try again when LIVE.",
                self.link.words(self.clock.elapsed)
            )
        } else {
            failure.all_lines().join(" ")
        };
        self.warn(text);
    }

    /// The clinic's now; the epoch before the server told it.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The zone of a site; UTC for an unknown one.
    pub(crate) fn zone(&self, site_id: &str) -> TimeZone {
        let live = self
            .sites()
            .find(|site| site.site_id == site_id)
            .map(|site| site.time_zone.as_str());
        let listed = || {
            self.catalog
                .sites
                .iter()
                .find(|site| site.id == site_id)
                .map(|site| site.time_zone.as_str())
        };
        live.or_else(listed).map_or(TimeZone::UTC, time::zone)
    }

    /// The zone that times without a site are shown in: the first site's.
    pub(crate) fn home_zone(&self) -> TimeZone {
        self.site_ids()
            .first()
            .map_or(TimeZone::UTC, |site| self.zone(site))
    }

    /// The boards of the sites, as loaded.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &v1::SiteBoard> {
        self.live.iter().flat_map(|live| &live.sites)
    }

    /// The ids of the sites, the home site first.
    pub(crate) fn site_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = if self.live.is_some() {
            self.sites().map(|site| site.site_id.clone()).collect()
        } else {
            self.catalog
                .sites
                .iter()
                .map(|site| site.id.clone())
                .collect()
        };
        if let Some(home) = &self.home_site {
            ids.sort_by_key(|id| id != home);
        }
        ids
    }

    /// A site's name, or its id.
    pub(crate) fn site_name(&self, id: &str) -> String {
        let live = self
            .sites()
            .find(|site| site.site_id == id)
            .map(|site| site.name.clone());
        let listed = || {
            self.catalog
                .sites
                .iter()
                .find(|site| site.id == id)
                .map(|site| site.name.clone())
        };
        live.or_else(listed).unwrap_or_else(|| id.to_owned())
    }

    /// A room's name, or its id.
    pub(crate) fn room_name(&self, id: &str) -> String {
        let live = self
            .sites()
            .flat_map(|site| &site.rooms)
            .find(|room| room.room_id == id)
            .map(|room| room.name.clone());
        let listed = || {
            self.catalog
                .rooms
                .iter()
                .find(|room| room.id == id)
                .map(|room| room.name.clone())
        };
        live.or_else(listed).unwrap_or_else(|| id.to_owned())
    }

    /// A therapist's short name, or their id.
    pub(crate) fn therapist_name(&self, id: &str) -> String {
        let known = self.therapists.iter().find(|therapist| therapist.id == id);
        known.map_or_else(|| id.to_owned(), |therapist| therapist.short_name.clone())
    }

    /// A service's name, or its id.
    pub(crate) fn service_name(&self, id: &str) -> String {
        self.service(id)
            .map_or_else(|| id.to_owned(), |service| service.name.clone())
    }

    /// A service.
    pub(crate) fn service(&self, id: &str) -> Option<&v1::Service> {
        self.catalog
            .services
            .iter()
            .find(|service| service.id == id)
    }

    /// A live room by its id.
    pub(crate) fn live_room(&self, id: &str) -> Option<&v1::RoomStatus> {
        self.sites()
            .flat_map(|site| &site.rooms)
            .find(|room| room.room_id == id)
    }

    /// The role of the key that is used.
    pub(crate) fn role(&self) -> v1::Role {
        self.me
            .as_ref()
            .map_or(v1::Role::Unspecified, v1::Key::role)
    }

    /// Whether the role gets stored health answers back.
    pub(crate) fn sees_answers(&self) -> bool {
        matches!(
            self.role(),
            v1::Role::Owner | v1::Role::Manager | v1::Role::Therapist
        )
    }

    /// Whether the key may keep and book places.
    pub(crate) fn books(&self) -> bool {
        matches!(
            self.role(),
            v1::Role::Owner | v1::Role::Manager | v1::Role::FrontDesk | v1::Role::Therapist
        )
    }
}

/// The clinic's time: what the server said last, carried on by a clock that never jumps.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Clock {
    /// What the server said, and when on the own clock.
    told: Option<(Timestamp, Duration)>,
    /// The own clock: time since the console started.
    pub(crate) elapsed: Duration,
}

/// Below this a difference is the way of the message, not a clock that was set.
const SAME_TIME_SECONDS: i64 = 2;

impl Clock {
    /// The clinic's now, once the server has told it.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        let (told, at) = self.told?;
        let passed = self.elapsed.saturating_sub(at);
        let passed = jiff::SignedDuration::try_from(passed).ok()?;
        told.checked_add(passed).ok()
    }

    /// The server says that it is `now`.
    pub(crate) fn told(&mut self, now: Timestamp) {
        let same = self
            .now()
            .is_some_and(|own| (own.as_second() - now.as_second()).abs() <= SAME_TIME_SECONDS);
        if !same {
            self.told = Some((now, self.elapsed));
        }
    }

    /// Minutes since the epoch; what the header's clock shows changes with it.
    pub(crate) fn minute(&self) -> Option<i64> {
        self.now().map(|now| now.as_second().div_euclid(60))
    }
}

/// The link as the header shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing was heard yet; why the latest attempt failed.
    Connecting(Option<String>),
    /// The server was heard, when on the own clock.
    Live(Duration),
    /// Lost: when the server was heard last, and why.
    Stale(Duration, String),
    /// The server refuses the key.
    Refused(String),
}

impl Link {
    /// Changes can be sent.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }

    /// When the server was heard last.
    pub(crate) fn heard(&self) -> Option<Duration> {
        match self {
            Self::Live(heard) | Self::Stale(heard, _) => Some(*heard),
            Self::Connecting(_) | Self::Refused(_) => None,
        }
    }

    /// `LIVE`, `STALE 30s`: coarse, so that an idle screen is not painted for it.
    pub(crate) fn label(&self, elapsed: Duration) -> String {
        match self {
            Self::Connecting(_) => "connecting".to_owned(),
            Self::Live(heard) => format!("LIVE {}", coarse(elapsed.saturating_sub(*heard), true)),
            Self::Stale(heard, _) => {
                format!("STALE {}", coarse(elapsed.saturating_sub(*heard), false))
            }
            Self::Refused(_) => "NO ACCESS".to_owned(),
        }
    }

    /// The link in a sentence.
    pub(crate) fn words(&self, elapsed: Duration) -> String {
        match self {
            Self::Connecting(None) => "Connecting to the server.".to_owned(),
            Self::Connecting(Some(problem)) => format!("No connection yet: {problem}."),
            Self::Live(_) => "The server did not answer.".to_owned(),
            Self::Stale(heard, problem) => {
                format!(
                    "No connection for {}: {problem}.",
                    coarse(elapsed.saturating_sub(*heard), false)
                )
            }
            Self::Refused(problem) => format!("The server refuses this key: {problem}"),
        }
    }
}

/// An age in steps that mean something to a person. While live only minutes count: the server is heard every few seconds.
fn coarse(age: Duration, live: bool) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 if live => "<1m".to_owned(),
        0..10 => "<10s".to_owned(),
        10..30 => "10s".to_owned(),
        30..60 => "30s".to_owned(),
        60..3600 => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3600),
    }
}

/// A line of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// What happened.
    pub(crate) text: String,
    /// It needs a look.
    pub(crate) warning: bool,
}

/// The filter that `/` opens.
#[derive(Debug, Default, Clone)]
pub(crate) struct Filter {
    /// What is typed.
    pub(crate) input: Input,
    /// The field has the focus.
    pub(crate) open: bool,
}

impl Filter {
    /// Something is filtered.
    pub(crate) fn is_set(&self) -> bool {
        !self.input.value().trim().is_empty()
    }
}
