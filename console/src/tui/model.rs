//! Everything that the screens show, as one value. It changes only in `update`.

mod forget;
mod link;

use std::{collections::BTreeSet, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use treadwell_api::v1;
use tui_input::Input;

use super::{
    ahead::Ahead,
    call::Call,
    calls::Calls,
    dialogs::{Dialog, drafts::Drafts, rules::Source},
    event::{Effect, Purpose},
    failure::{Failure, FailureKind},
    keys::{Command, Keymap},
    locked::Lock,
    screens::{
        self, Lost, Screen, alerts, board, book, client, connection, day, free_rooms, repair,
        reports, roster, staff, stock, turnover, waitlist,
    },
    theme::Theme,
    time,
};

pub(crate) use link::{Clock, Link};

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
    /// Who waits.
    pub(crate) waitlist: waitlist::State,
    /// Who works in the week that is looked at.
    pub(crate) roster: roster::State,
    /// The report that is looked at.
    pub(crate) reports: reports::State,
    /// The disruption that is mended.
    pub(crate) repair: repair::State,
    /// The Stock screen.
    pub(crate) stock: stock::State,
    /// The Alerts screen.
    pub(crate) alerts: alerts::State,
    /// The Staff screen.
    pub(crate) staff: staff::State,
    /// The Connection screen.
    pub(crate) connection: connection::State,
    /// Over everything, while nobody is at the desk.
    pub(crate) lock: Option<Lock>,
    /// After how long without a key it locks by itself; never without.
    pub(crate) lock_after: Option<Duration>,
    /// When something was typed, clicked or pasted last, on the own clock.
    pub(crate) heard: Duration,
    /// What lies over the screen.
    pub(crate) dialog: Option<Dialog>,
    /// Forms that were left before they had done their work.
    pub(crate) drafts: Drafts,
    /// A command that waits for what it is about to be read: its appointment, whose id this is; undo for what it would take
    /// back.
    pub(crate) pending: Option<(Command, String)>,
    /// What the last edit of a rule set was read from.
    pub(crate) rules_from: Option<Source>,
    /// The appointment whose notes are about to be written.
    pub(crate) noting: Option<Box<v1::Appointment>>,
    /// When, on the own clock, something that was gone lost the focus of the screen, and what.
    pub(crate) shifted: Option<(Duration, Lost)>,
    /// Keys that wait for one's own change.
    pub(crate) ahead: Ahead,
    /// What lists are narrowed to.
    pub(crate) filter: Filter,
    /// The latest news for the person at the desk.
    pub(crate) notice: Option<Notice>,
    /// How many news there were so far.
    told: u64,
    /// The keys in force.
    pub(crate) keymap: Keymap,
    /// The theme.
    pub(crate) theme: Theme,
    /// The mouse is captured.
    pub(crate) mouse: bool,
    /// No boxes, one column: for screen readers and logs.
    pub(crate) plain: bool,
    /// What the key's role may not see, of all that was asked for.
    pub(crate) denied: BTreeSet<Purpose>,
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
    /// After how long without a key the console locks by itself; never without.
    pub(crate) lock_after: Option<Duration>,
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
            waitlist: waitlist::State::default(),
            roster: roster::State::default(),
            reports: reports::State::default(),
            repair: repair::State::default(),
            stock: stock::State::default(),
            alerts: alerts::State::default(),
            staff: staff::State::default(),
            connection: connection::State::default(),
            lock: None,
            lock_after: start.lock_after,
            heard: Duration::ZERO,
            dialog: None,
            drafts: Drafts::default(),
            pending: None,
            rules_from: None,
            noting: None,
            shifted: None,
            ahead: Ahead::default(),
            filter: Filter::default(),
            notice: None,
            told: 0,
            keymap: start.keymap,
            theme: start.theme,
            mouse: start.mouse,
            plain: start.plain,
            denied: BTreeSet::new(),
            calls: Calls::new(start.request_prefix),
            dirty: true,
        }
    }

    /// Asks the server; while an older question of the same purpose is under way, the newest waits for it.
    pub(crate) fn ask(&mut self, purpose: Purpose, call: impl Into<Call>) -> Vec<Effect> {
        self.calls.ask(purpose, call.into())
    }

    /// Sends a change. Without a link, or while the one before is under way, nothing is sent: the answer says why.
    pub(crate) fn send(
        &mut self,
        purpose: Purpose,
        call: impl Into<Call>,
    ) -> Result<Vec<Effect>, String> {
        if !self.link.is_live() {
            return Err(self.failure_words(&Failure::unreachable()));
        }
        if self.calls.is_under_way(purpose) {
            return Err("Still sending the change before; try again in a moment.".to_owned());
        }
        Ok(self.calls.ask(purpose, call.into()))
    }

    /// Sends a change, or tells why not.
    pub(crate) fn write(&mut self, purpose: Purpose, call: impl Into<Call>) -> Vec<Effect> {
        self.send(purpose, call).unwrap_or_else(|problem| {
            self.warn(problem);
            Vec::new()
        })
    }

    /// Tells that something was done.
    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.tell(text.into(), false);
    }

    /// Tells that something was not done, or needs a look.
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.tell(text.into(), true);
    }

    fn tell(&mut self, text: String, warning: bool) {
        self.told += 1;
        self.notice = Some(Notice {
            text,
            warning,
            serial: self.told,
        });
        self.dirty = true;
    }

    /// Tells why a call failed, and what that means for what was typed.
    pub(crate) fn say_failed(&mut self, failure: &Failure) {
        self.warn(self.failure_words(failure));
    }

    /// Why a call failed, and what that means for what was typed.
    pub(crate) fn failure_words(&self, failure: &Failure) -> String {
        if failure.kind == FailureKind::Unreachable {
            format!(
                "{} Nothing was confirmed; what you typed is kept. Try again when LIVE.",
                self.link.words(self.clock.elapsed)
            )
        } else if failure.is_of_role() {
            screens::hand_over(self, "The role of this key may not do that.")
        } else {
            failure.all_lines().join(" ")
        }
    }

    /// The catalog has arrived; the configured site is one of its sites, by id or name, or is not known.
    pub(crate) fn take_catalog(&mut self, catalog: v1::GetCatalogResponse) {
        self.catalog = catalog;
        let sites = &self.catalog.sites;
        let Some(wanted) = self.home_site.take() else {
            return;
        };
        let by_id = sites.iter().find(|site| site.id == wanted);
        let named = || {
            let mut sites = sites.iter();
            sites.find(|site| site.name.to_lowercase() == wanted.to_lowercase())
        };
        if let Some(site) = by_id.or_else(named) {
            self.home_site = Some(site.id.clone());
        } else if sites.is_empty() {
            self.home_site = Some(wanted);
        } else {
            let known: Vec<&str> = sites.iter().map(|site| site.id.as_str()).collect();
            let known = known.join(", ");
            self.warn(format!(
                "The configured site {wanted:?} is not known here. The sites are: {known}."
            ));
        }
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

    /// The site that a screen shows: the one that was chosen there while it is known, else the first.
    pub(crate) fn site_or_first(&self, chosen: Option<&String>) -> String {
        let mut known = self.site_ids();
        let at = known.iter().position(|id| Some(id) == chosen);
        if known.is_empty() {
            return String::new();
        }
        known.swap_remove(at.unwrap_or(0))
    }

    /// The site after one, and the first after the last.
    pub(crate) fn site_after(&self, id: &str) -> Option<String> {
        let known = self.site_ids();
        let at = known.iter().position(|known| known == id).unwrap_or(0);
        known.get((at + 1) % known.len().max(1)).cloned()
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

    /// Whether the role runs the clinic: it changes who works, when, and what they have to show, and answers for its
    /// records.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.role(), v1::Role::Owner | v1::Role::Manager)
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

/// A line of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// What happened.
    pub(crate) text: String,
    /// It needs a look.
    pub(crate) warning: bool,
    /// Which of all news it is: the same words may be news again.
    pub(crate) serial: u64,
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
