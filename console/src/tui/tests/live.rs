//! Scripts of keys against a real server in this process: the sample clinic, its rules and its journal.

mod record;
mod repair;
mod reports;
mod roster;
mod rules;
mod staff;
mod waitlist;

use std::{collections::VecDeque, net::SocketAddr, path::Path, time::Duration};

use treadwell_api::v1::{AppointmentState, ListAppointmentsRequest};
use treadwell_client::{Client, Options, WatchOptions};
use treadwell_server::sample::Demo;

use super::{desk::parse, pictures::text};
use crate::tui::{
    event::{Effect, Event, LinkChange},
    failure::FailureKind,
    keys::Keymap,
    model::{Model, Start},
    runtime::perform::{export, go_on, perform, read_rules},
    sample::picture,
    screens::Screen,
    theme::Theme,
    update::update,
};

/// A desk at the demo's server.
struct Desk {
    model: Model,
    client: Client,
    quit: bool,
}

async fn open(folder: &Path) -> Demo {
    let listen: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    treadwell_server::sample::open(folder, listen)
        .await
        .expect("the demo opens")
}

fn client(demo: &Demo, key: &str) -> Client {
    Client::new(Options::new(demo.handle.address().to_string(), key)).expect("a client")
}

impl Desk {
    async fn sit(demo: &Demo, size: (u16, u16)) -> Self {
        Self::sit_as(demo, &demo.desk, size).await
    }

    async fn sit_as(demo: &Demo, key: &str, size: (u16, u16)) -> Self {
        let mut desk = Self {
            model: Model::new(Start {
                size,
                server: demo.handle.address().to_string(),
                site: Some("halifax".to_owned()),
                theme: Theme::Mono,
                keymap: Keymap::new(&[].into()).expect("no conflict"),
                mouse: false,
                lock_after: None,
                plain: false,
                request_prefix: treadwell_client::request_id(),
            }),
            client: client(demo, key),
            quit: false,
        };
        desk.event(Event::Link(LinkChange::Live)).await;
        desk
    }

    /// Lets something happen, and waits until nothing is under way any more.
    async fn event(&mut self, event: Event) {
        let mut waiting: VecDeque<Effect> = update(&mut self.model, event).into();
        while let Some(effect) = waiting.pop_front() {
            match effect {
                Effect::Call(ticket, call) => {
                    let answer = Box::pin(perform(&self.client, *call)).await;
                    if answer
                        .as_ref()
                        .err()
                        .is_some_and(|failure| failure.kind == FailureKind::Unreachable)
                    {
                        waiting.extend(update(
                            &mut self.model,
                            Event::Link(LinkChange::Lost("gone".to_owned())),
                        ));
                    }
                    waiting.extend(update(&mut self.model, Event::Answer(ticket, answer)));
                }
                Effect::Export(purpose, request, path) => {
                    let done = Box::pin(export(&self.client, *request, &path)).await;
                    waiting.extend(update(&mut self.model, Event::Exported(purpose, done)));
                }
                Effect::GoOn(made) => {
                    let done = Event::WentOn(go_on(&made));
                    waiting.extend(update(&mut self.model, done));
                }
                Effect::ReadRules(path) => {
                    let read = Event::RulesRead(read_rules(&path));
                    waiting.extend(update(&mut self.model, read));
                }
                Effect::Quit => self.quit = true,
                _ => {}
            }
        }
    }

    /// Types text into the field in focus, in the place of what stands in it.
    async fn types(&mut self, text: &str) {
        self.keys("<ctrl-u>").await;
        for letter in text.chars() {
            self.keys(&letter.to_string()).await;
        }
    }

    async fn keys(&mut self, script: &str) {
        for chord in parse(script) {
            self.event(Event::Key(chord.event())).await;
        }
    }

    fn screen(&self) -> String {
        text(&picture(&self.model))
    }

    #[track_caller]
    fn sees(&self, wanted: &str) {
        let screen = self.screen();
        let flowing = screen.replace('\n', " ");
        assert!(
            screen.contains(wanted) || flowing.contains(wanted),
            "{wanted:?} is not on the screen:\n{screen}"
        );
    }

    /// Puts the board's focus on a room.
    async fn focus(&mut self, room: &str) {
        self.keys("g").await;
        self.model.board.in_needs = false;
        let sites = crate::tui::screens::board::sites(&self.model);
        let place = sites.iter().enumerate().find_map(|(site, board)| {
            let row = board.rooms.iter().position(|found| found.room_id == room)?;
            Some((site, row))
        });
        let (site, row) = place.expect("the room is on the board");
        self.model.board.site = site;
        self.model.board.room = row;
        // As if by a click.
        self.model.shifted = None;
    }
}

#[tokio::test]
async fn the_board_shows_every_state_of_the_sample_clinic() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let desk = Desk::sit(&demo, (80, 24)).await;
    for word in [
        "VACANT",
        "HELD",
        "IN SESSION",
        "OVER",
        "TURNOVER",
        "OUT",
        "bar-out",
        "NEEDS YOU",
    ] {
        desk.sees(word);
    }
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_booking_is_made_seen_by_others_and_undone() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    let owner = client(&demo, &demo.owner);
    let from = desk.model.revision;
    desk.keys("bAnna L<enter><enter><enter>").await;
    desk.sees("[?] HELD until");
    desk.sees("ready: Enter books");
    desk.keys("<enter>").await;
    desk.sees("Booked: Anna Lindqvist");
    assert_eq!(desk.model.screen, Screen::Board);
    let asked = ListAppointmentsRequest {
        client_id: String::new(),
        states: vec![AppointmentState::Booked.into()],
        page_size: 500,
        ..ListAppointmentsRequest::default()
    };
    let count = |client: Client| {
        let asked = asked.clone();
        async move {
            client
                .list_appointments(asked)
                .await
                .expect("listed")
                .appointments
                .len()
        }
    };
    let booked = count(owner.clone()).await;
    desk.keys("u").await;
    desk.sees("Anna Lindqvist");
    desk.keys("y").await;
    desk.sees("Undone");
    assert_eq!(count(owner.clone()).await, booked - 1);
    let mut watch = owner.watch(WatchOptions {
        after: Some(from),
        ..WatchOptions::default()
    });
    let newest = loop {
        let event = tokio::time::timeout(Duration::from_secs(10), watch.next())
            .await
            .expect("the watch tells");
        if let Some(treadwell_client::Event::Commit(change)) = event {
            break change.revision;
        }
    };
    assert!(
        newest > from,
        "the hold, the booking and the undo rang the bell"
    );
    drop(watch);
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_session_is_paid_and_its_receipt_is_shown_as_it_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let owner = client(&demo, &demo.owner);
    let mut desk = Desk::sit(&demo, (80, 40)).await;
    desk.focus("h4").await;
    desk.keys("p").await;
    desk.sees("Take a payment");
    desk.keys("<tab><backspace><backspace><backspace><backspace><backspace><backspace><backspace>")
        .await;
    desk.keys("1,5<tab><enter>").await;
    desk.sees("The amount: dollars and cents");
    desk.keys("<esc>p<right><tab><ctrl-u>119.70<tab><enter>")
        .await;
    // All of it was offered, so nothing is due; the session still runs.
    desk.sees("Due: 0.00.");
    desk.keys("<esc>nyp").await;
    desk.sees("Issue the receipt");
    desk.keys("y").await;
    desk.sees("RECEIPT 1 ");
    let request = treadwell_api::v1::GetReceiptRequest { number: 1 };
    let kept = owner.get_receipt(request).await.expect("it is kept");
    for line in crate::receipt::lines(&kept.receipt.expect("a receipt")) {
        desk.sees(line.trim());
    }
    desk.keys("<space>").await;
    desk.sees("DUPLICATE 1");
    desk.keys("<esc>p").await;
    desk.sees("DUPLICATE 1");
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_session_ends_a_room_is_turned_over_and_a_client_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.focus("h4").await;
    desk.sees("[!] OVER");
    desk.keys("ny").await;
    desk.sees("ended; the room is in turnover");
    desk.keys("s").await;
    desk.sees("Not done");
    desk.keys("<esc>t").await;
    desk.sees("H4 Halifax  0 of 5");
    desk.focus("h4").await;
    desk.keys("<enter><enter>").await;
    desk.sees("H4 is ready");
    desk.focus("d4").await;
    desk.keys("i").await;
    desk.sees("Has anything changed since");
    desk.keys("n").await;
    desk.sees("checked in");
    desk.keys("s").await;
    desk.sees("in session");
    let room = desk.model.live_room("d4").expect("on the board");
    assert_eq!(room.state(), treadwell_api::v1::RoomState::InSession);
    demo.handle.stop().await;
}

#[tokio::test]
async fn the_draft_survives_a_restart_of_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let demo = open(&data).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.keys("bAnna L<enter><enter><enter>").await;
    desk.sees("[?] HELD until");
    demo.handle.stop().await;
    desk.event(Event::Link(LinkChange::Lost("reset".to_owned())))
        .await;
    desk.keys("<enter>").await;
    desk.sees("Not booked. There is no connection; the draft is kept.");
    let demo = open(&data).await;
    desk.client = client(&demo, &demo.desk);
    desk.event(Event::Link(LinkChange::Live)).await;
    desk.keys("<enter>").await;
    desk.sees("Booked: Anna Lindqvist");
    demo.handle.stop().await;
}

#[tokio::test]
async fn a_room_goes_out_and_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 24)).await;
    desk.focus("d1").await;
    desk.keys("x<right><tab><tab>a leak<enter>").await;
    desk.sees("Room D1 until further notice: a leak.");
    desk.keys("y").await;
    desk.sees("Out of service.");
    desk.sees("[x] OUT");
    desk.focus("d1").await;
    desk.keys("xy").await;
    desk.sees("Back in service.");
    demo.handle.stop().await;
}

#[tokio::test]
async fn answers_change_the_outcome_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (80, 40)).await;
    desk.keys("bPia Novak<enter><enter><enter>").await;
    desk.sees("<not asked>");
    let open = desk.model.book.questions.open();
    assert!(open > 1);
    desk.keys(&"n".repeat(open - 1)).await;
    desk.keys("y<ctrl-r>").await;
    desk.sees("EXCLUDED");
    desk.keys("<enter>").await;
    desk.sees("Not this, but");
    demo.handle.stop().await;
}

#[tokio::test]
async fn every_screen_opens_without_a_complaint() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = open(&folder.path().join("demo")).await;
    let mut desk = Desk::sit(&demo, (120, 40)).await;
    for (keys, wanted) in [
        ("f", "free,"),
        ("<tab>18:00<tab>75<tab>", "until closing"),
        ("<esc>d", "freeBAR"),
        ("v", "by therapist"),
        (">", "< Thu 15 Oct >"),
        ("L", "Dartmouth"),
        ("<esc><f2>", "You are   Front desk"),
        ("<esc>t", "[~] H2"),
        ("<esc>cChen<esc>:walk<enter><esc>?", "Keys"),
        ("<esc>q", "NEEDS YOU"),
    ] {
        desk.keys(keys).await;
        desk.sees(wanted);
        let warned = desk.model.notice.as_ref().filter(|notice| notice.warning);
        assert!(warned.is_none(), "after {keys:?}: {warned:?}");
    }
    assert!(desk.quit);
    demo.handle.stop().await;
}
