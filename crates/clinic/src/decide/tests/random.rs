//! Random days at the desk: whatever is asked in whatever order, the invariants hold.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::availability::{self, Answer, Purpose, Query};
use crate::command::{
    AttestFootCare, Book, BookSource, Cancel, Command, Move, MoveTo, NewPlace, OpenOutage, Put,
    PutShift,
};
use crate::decide::desk::{Desk, actor, cell, declaration, item, shift, step};
use crate::fixture::{certified, minutes, room_id, service_id, site_id, therapist_id};
use crate::id::{AppointmentId, ClientId, HoldId};
use crate::model::{CancelReason, Care, OutageTarget, Role, When, Wish};
use crate::time::{Cell, Interval};

mod laws;
mod series;
mod waitlist;

use laws::{
    agendas_agree, nothing_is_booked_twice, owners_agree, undone, what_is_unsound_is_flagged,
};

/// Something to ask; the indexes choose among what there is.
#[derive(Clone, Debug)]
enum Ask {
    Hold(Index, Place),
    Book(Index, Place, bool),
    BookHold(Index, Index, bool),
    Step(Index, u8),
    Extend(Index, u16),
    Move(Index, Place),
    MoveToHold(Index, Index),
    Items(Index, bool),
    Outage(Index, bool, u32, u32),
    CloseOutage(Index),
    Shift(Index, u32, u32),
    RemoveShift(Index),
    Declare(Index, u8),
    Credential(Index, bool),
    FootCare(Index),
    Undo,
    Later(u8),
    Someone(u8),
    Wait(waitlist::Ask),
    Series(series::Ask),
}

/// A place in the day; most wishes leave something to choose.
#[derive(Clone, Debug)]
struct Place {
    service: Index,
    start: u32,
    room: Option<Index>,
    therapist: Option<Index>,
}

fn place() -> impl Strategy<Value = Place> {
    let some = || proptest::option::of(any::<Index>());
    (any::<Index>(), 0..40_u32, some(), some()).prop_map(|(service, start, room, therapist)| {
        Place {
            service,
            start,
            room,
            therapist,
        }
    })
}

fn walk_in() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.2)
}

fn ask() -> impl Strategy<Value = Ask> {
    let index = any::<Index>;
    prop_oneof![
        2 => (index(), place()).prop_map(|(who, at)| Ask::Hold(who, at)),
        7 => (index(), place(), walk_in()).prop_map(|(who, at, here)| Ask::Book(who, at, here)),
        2 => (index(), index(), walk_in())
            .prop_map(|(hold, who, here)| Ask::BookHold(hold, who, here)),
        9 => (index(), any::<u8>()).prop_map(|(which, verb)| Ask::Step(which, verb)),
        1 => (index(), 1..12_u16).prop_map(|(which, by)| Ask::Extend(which, by)),
        3 => (index(), place()).prop_map(|(which, at)| Ask::Move(which, at)),
        1 => (index(), index()).prop_map(|(which, hold)| Ask::MoveToHold(which, hold)),
        2 => (index(), any::<bool>()).prop_map(|(room, all)| Ask::Items(room, all)),
        1 => (index(), any::<bool>(), 0..100_u32, 1..60_u32)
            .prop_map(|(room, bars, from, cells)| Ask::Outage(room, bars, from, cells)),
        1 => index().prop_map(Ask::CloseOutage),
        1 => (index(), 0..140_u32, 1..80_u32).prop_map(|(who, from, cells)| Ask::Shift(who, from, cells)),
        1 => index().prop_map(Ask::RemoveShift),
        1 => (index(), any::<u8>()).prop_map(|(who, what)| Ask::Declare(who, what)),
        1 => (index(), any::<bool>()).prop_map(|(who, valid)| Ask::Credential(who, valid)),
        1 => index().prop_map(Ask::FootCare),
        3 => Just(Ask::Undo),
        4 => (1..40_u8).prop_map(Ask::Later),
        1 => (1..3_u8).prop_map(Ask::Someone),
        8 => waitlist::ask().prop_map(Ask::Wait),
        6 => series::ask().prop_map(Ask::Series),
    ]
}

const ROOMS: [&str; 6] = ["h1", "h2", "h3", "h5", "h6", "d1"];
const THERAPISTS: [&str; 3] = ["ann", "bea", "cas"];

fn pick(at: Index, names: &[&'static str]) -> &'static str {
    names[at.index(names.len())]
}

fn wish(desk: &Desk, who: Index, place: &Place) -> Wish {
    let services = ["ashiatsu-60", "massage-60", "foot-30"];
    let clients: Vec<ClientId> = desk.clinic.clients().map(|client| client.id).collect();
    let room = place.room.map(|at| pick(at, &ROOMS));
    let site = if room == Some("d1") {
        "dartmouth"
    } else {
        "halifax"
    };
    Wish {
        client: Some(*who.get(&clients)),
        service: service_id(pick(place.service, &services)),
        extensions: Vec::new(),
        site: site_id(site),
        start: cell(9, 0).plus_cells(place.start * 3),
        room: room.map(room_id),
        therapist: place
            .therapist
            .map(|at| therapist_id(pick(at, &THERAPISTS))),
    }
}

/// One of what there is, or an id that nothing has.
fn some_appointment(desk: &Desk, which: Index) -> AppointmentId {
    let ids: Vec<_> = desk.clinic.appointments().map(|a| a.id).collect();
    ids.get(which.index(ids.len() + 1))
        .copied()
        .unwrap_or(AppointmentId::new(3))
}

fn some_hold(desk: &Desk, which: Index) -> HoldId {
    let ids: Vec<_> = desk.clinic.holds().map(|hold| hold.id).collect();
    ids.get(which.index(ids.len() + 1))
        .copied()
        .unwrap_or(HoldId::new(3))
}

/// The command, or `None` when time passes or somebody else comes to the desk.
fn command(desk: &mut Desk, ask: &Ask) -> Option<Command> {
    Some(match ask {
        Ask::Hold(who, at) => Command::Hold(wish(desk, *who, at)),
        Ask::Book(who, at, here) => book(BookSource::Wish(wish(desk, *who, at)), *here),
        Ask::BookHold(which, who, here) => {
            let clients: Vec<ClientId> = desk.clinic.clients().map(|client| client.id).collect();
            let hold = some_hold(desk, *which);
            let client = Some(*who.get(&clients));
            book(BookSource::Hold { hold, client }, *here)
        }
        Ask::Step(which, verb) => a_step(some_appointment(desk, *which), *verb),
        Ask::Extend(which, by) => Command::Extend {
            step: step(some_appointment(desk, *which)),
            by: minutes(by * 5),
        },
        Ask::Move(which, at) => {
            let to = wish(desk, *which, at);
            Command::Move(Move {
                step: step(some_appointment(desk, *which)),
                to: MoveTo::Place(NewPlace {
                    start: Some(to.start),
                    site: Some(to.site),
                    room: to.room,
                    therapist: to.therapist,
                    ..NewPlace::default()
                }),
            })
        }
        Ask::MoveToHold(which, hold) => Command::Move(Move {
            step: step(some_appointment(desk, *which)),
            to: MoveTo::Hold(some_hold(desk, *hold)),
        }),
        _ => return around(desk, ask),
    })
}

/// The commands that do not deal with one appointment.
fn around(desk: &mut Desk, ask: &Ask) -> Option<Command> {
    Some(match ask {
        Ask::Items(room, all) => {
            let room = room_id(pick(*room, &ROOMS));
            if *all {
                Command::CompleteTurnover { room }
            } else {
                let items = vec![item("mats")];
                Command::CompleteItems { room, items }
            }
        }
        Ask::Outage(room, bars, from, cells) => {
            let from = cell(8, 0).plus_cells(*from);
            Command::OpenOutage(OpenOutage {
                room: room_id(pick(*room, &ROOMS)),
                target: if *bars {
                    OutageTarget::Bars
                } else {
                    OutageTarget::Room
                },
                from: Some(from),
                until: Some(from.plus_cells(*cells)),
                reason: "broken".to_owned(),
            })
        }
        Ask::CloseOutage(which) => {
            let ids: Vec<_> = desk.clinic.outages().map(|outage| outage.id).collect();
            let outage = *ids.get(which.index(ids.len().max(1)))?;
            Command::CloseOutage { outage, etag: None }
        }
        Ask::Shift(who, from, cells) => {
            let from = cell(8, 0).plus_cells(*from);
            let dartmouth = from.number().is_multiple_of(2);
            let site = if dartmouth { "dartmouth" } else { "halifax" };
            Command::PutShifts(vec![PutShift {
                time: Interval::new(from, from.plus_cells(*cells))?,
                ..shift(pick(*who, &THERAPISTS), site, (9, 0), (10, 0))
            }])
        }
        Ask::RemoveShift(which) => {
            let ids: Vec<_> = desk.clinic.shifts().map(|shift| shift.id).collect();
            let shift = *ids.get(which.index(ids.len().max(1)))?;
            Command::RemoveShift { shift, etag: None }
        }
        _ => return people(desk, ask),
    })
}

/// The commands about people, and those that are none.
fn people(desk: &mut Desk, ask: &Ask) -> Option<Command> {
    Some(match ask {
        Ask::Declare(who, what) => {
            let clients: Vec<ClientId> = desk.clinic.clients().map(|client| client.id).collect();
            let yes = match what % 4 {
                0 => Some(("phlebitis", When::Unknown)),
                1 => Some(("fracture", When::Date(date(2026, 5, 20)))),
                _ => None,
            };
            Command::RecordDeclaration(declaration(*who.get(&clients), yes))
        }
        Ask::Credential(who, valid) => {
            let who = pick(*who, &["ann", "bea"]);
            let mut resource = certified(who, &["halifax", "dartmouth"]);
            resource.credentials[0].expires = (!valid).then_some(date(2026, 11, 22));
            Command::PutTherapist(Put {
                resource,
                etag: None,
            })
        }
        Ask::FootCare(who) => Command::AttestFootCare(AttestFootCare {
            therapist: therapist_id(pick(*who, &THERAPISTS)),
            site: site_id("halifax"),
            care: Care::default(),
            polish_free: true,
        }),
        Ask::Undo => Command::Undo,
        Ask::Later(minutes) => {
            desk.now += i64::from(*minutes).minutes();
            Command::Expire
        }
        Ask::Someone(key) => {
            desk.act_as(actor(u64::from(*key), Role::Owner));
            return None;
        }
        Ask::Wait(ask) => return waitlist::command(desk, ask),
        Ask::Series(ask) => series::command(desk, ask),
        _ => return None,
    })
}

fn book(source: BookSource, walk_in: bool) -> Command {
    Command::Book(Book {
        source,
        walk_in,
        note: String::new(),
    })
}

fn a_step(appointment: AppointmentId, verb: u8) -> Command {
    match verb % 10 {
        0 => Command::Confirm(step(appointment)),
        1 => Command::Cancel(Cancel {
            step: step(appointment),
            reason: CancelReason::ClientRequest,
            note: String::new(),
        }),
        2 => Command::NoShow(step(appointment)),
        3..=4 => Command::CheckIn(step(appointment)),
        5 => Command::Reconfirm(step(appointment)),
        6 | 7 => Command::Start(step(appointment)),
        _ => Command::Finish {
            step: step(appointment),
            stopped: None,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn invariants_hold_in_any_order(asks in proptest::collection::vec(ask(), 1..120)) {
        let (mut desk, clients) = Desk::open();
        desk.declare(clients.silent, None);
        for name in ["Three", "Four", "Five"] {
            let client = desk.new_client(name);
            desk.declare(client, None);
        }
        series::open(&mut desk);
        let base = desk.commits.len();
        let start = desk.clinic.clone();
        // The state before each key's latest operation, for undo.
        let mut before_last = std::collections::BTreeMap::new();
        for ask in asks {
            let Some(command) = command(&mut desk, &ask) else { continue };
            let before = desk.clinic.clone();
            let untouched = desk.commits.len();
            let Ok(decision) = desk.ask(&command) else {
                prop_assert!(desk.clinic == before, "a refusal changed something");
                continue;
            };
            nothing_is_booked_twice(&desk.clinic)?;
            agendas_agree(&desk.clinic)?;
            owners_agree(&desk.clinic)?;
            waitlist::offers_are_their_holds(&desk.clinic)?;
            what_is_unsound_is_flagged(&desk.clinic, Cell::containing(desk.now))?;
            if command == Command::Undo {
                if let Some((clinic, commits)) = before_last.remove(&desk.actor.key)
                    && commits + 1 == untouched
                {
                    prop_assert!(undone(&clinic, &desk.clinic), "undo left something of {:?}", desk.commits[untouched - 1]);
                }
            } else if command.kind().is_operation() && !decision.changes.is_empty() {
                before_last.insert(desk.actor.key, (before, untouched));
            }
        }
        let mut replayed = start;
        for commit in &desk.commits[base..] {
            replayed.apply(commit);
        }
        prop_assert!(replayed == desk.clinic, "replay makes another clinic");
    }

    #[test]
    fn what_search_offers_is_accepted(
        asks in proptest::collection::vec(ask(), 1..60),
        who: Index,
        at in place(),
        every: bool,
    ) {
        let (mut desk, clients) = Desk::open();
        desk.declare(clients.silent, None);
        for ask in asks {
            if let Some(command) = command(&mut desk, &ask) {
                // Whether it is accepted does not matter here.
                let _ = desk.ask(&command);
            }
        }
        let wish = wish(&desk, who, &at);
        let query = Query {
            sites: vec![],
            service: wish.service,
            extensions: vec![],
            client: wish.client,
            therapist: wish.therapist,
            prefer: None,
            room: wish.room,
            from: cell(8, 0),
            until: cell(23, 0),
            grid: None,
            limit: 12,
            answer: if every { Answer::EveryCombination } else { Answer::BestPerStart },
            purpose: Purpose::Book,
            except: None,
        };
        let found = availability::search(&desk.clinic, &query, desk.now).unwrap();
        for proposal in found.proposals {
            let mut desk = Desk {
                clinic: desk.clinic.clone(),
                now: desk.now,
                actor: desk.actor.clone(),
                commits: desk.commits.clone(),
            };
            let slot = proposal.slot;
            let exact = Wish {
                site: slot.site,
                start: slot.start(),
                room: Some(slot.room),
                therapist: Some(slot.therapist),
                ..wish.clone()
            };
            let booked = desk.ask(&book(BookSource::Wish(exact), false));
            prop_assert!(booked.is_ok(), "{slot:?} is offered, and then {booked:?}");
        }
    }
}
