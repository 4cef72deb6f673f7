use jiff::ToSpan;
use jiff::civil::{Weekday, time};

use crate::command::{
    Cancel, Command, MakeOffer, OfferedPlace, OpenOutage, Patch, Put, PutOnWaitlist,
    UpdateWaitlistEntry, WaitlistStep,
};
use crate::decide::desk::{
    Clients, DAY, Desk, actor, book_from, cell, limited_to, step, wish, with,
};
use crate::fixture::{minutes, room_id, service_id, site_id, therapist_id};
use crate::id::{AppointmentId, ClientId, OutageId, WaitlistId};
use crate::limits;
use crate::model::{
    CancelReason, OutageTarget, PassedOver, Policy, RecordId, Role, WaitState, WaitlistEntry,
    WaitlistWindow, Wanted, WantedTherapist, Weekdays, When,
};
use crate::refusal::Refusal;

mod freed;
mod sites;

fn wanted(service: &str) -> Wanted {
    Wanted {
        service: service_id(service),
        extensions: Vec::new(),
        sites: vec![site_id("halifax")],
        windows: Vec::new(),
        therapist: WantedTherapist::Anyone,
        note: String::new(),
    }
}

/// Today between two hours.
fn today(from: i8, until: i8) -> Vec<WaitlistWindow> {
    vec![WaitlistWindow {
        first: Some(DAY),
        last: Some(DAY),
        days: Weekdays::ALL,
        from: time(from, 0, 0, 0),
        until: time(until, 0, 0, 0),
    }]
}

fn entry(entry: WaitlistId) -> WaitlistStep {
    WaitlistStep { entry, etag: None }
}

fn offer(to: WaitlistId) -> Command {
    Command::MakeOffer(MakeOffer {
        entry: entry(to),
        place: None,
    })
}

fn offer_at(to: WaitlistId, hour: i8, minute: i8) -> Command {
    Command::MakeOffer(MakeOffer {
        entry: entry(to),
        place: Some(OfferedPlace {
            site: site_id("halifax"),
            start: cell(hour, minute),
            room: None,
            therapist: None,
        }),
    })
}

fn accept(of: WaitlistId) -> Command {
    Command::AcceptOffer {
        entry: entry(of),
        note: String::new(),
    }
}

fn decline(of: WaitlistId, pass_on: bool) -> Command {
    Command::DeclineOffer {
        entry: entry(of),
        pass_on,
    }
}

fn cancel(appointment: AppointmentId) -> Command {
    Command::Cancel(Cancel {
        step: step(appointment),
        reason: CancelReason::ClientRequest,
        note: String::new(),
    })
}

impl Desk {
    #[track_caller]
    fn waits(&mut self, client: ClientId, wanted: Wanted) -> WaitlistId {
        let put = Command::PutOnWaitlist(PutOnWaitlist { client, wanted });
        match self.done(&put).reply.records[..] {
            [RecordId::WaitlistEntry(id)] => id,
            ref other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn entry(&self, id: WaitlistId) -> &WaitlistEntry {
        self.clinic.waitlist_entry(id).expect("it was put there")
    }

    fn policy(&mut self, policy: Policy) {
        self.done(&Command::PutPolicy(Put {
            resource: policy,
            etag: None,
        }));
    }

    fn offers_by_itself(&mut self) {
        self.policy(Policy {
            waitlist_auto_offer: true,
            ..Policy::default()
        });
    }

    /// Fills every bar room and certified therapist of Halifax from 9 to 21 with 60-minute sessions of
    /// other clients. Answers what stands at 10:10 in h1.
    fn full(&mut self) -> AppointmentId {
        let mut found = None;
        for (room, therapist) in [("h1", "ann"), ("h2", "bea")] {
            for at in 0..9 {
                let client = self.new_client("Somebody");
                self.declare(client, None);
                let mut place = with(wish("ashiatsu-60", 9, 0), room, therapist);
                place.start = place.start.plus(minutes(at * 75));
                let start = place.start;
                let appointment = self.book(client, place);
                if room == "h1" && start == cell(10, 15) {
                    found = Some(appointment);
                }
            }
        }
        found.expect("one of h1 starts at 10:15")
    }
}

fn second(desk: &mut Desk) -> ClientId {
    let client = desk.new_client("Second");
    desk.declare(client, None);
    client
}

#[test]
fn an_offer_holds_the_place_until_the_client_was_told_and_then_for_their_answer() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let id = desk.waits(clear, wanted("ashiatsu-60"));
    let told = desk.done(&offer(id));
    let RecordId::Hold(hold) = told.reply.records[1] else {
        panic!("{:?}", told.reply);
    };
    let held = desk.clinic.hold(hold).unwrap().clone();
    assert_eq!(held.slot.start(), cell(9, 0), "the earliest");
    assert_eq!(held.expires_at, desk.now + 10.minutes());
    assert_eq!(desk.entry(id).offer().unwrap().hold, hold);

    desk.now += 9.minutes();
    desk.done(&Command::RecordContact(entry(id)));
    let until = desk.now + 30.minutes();
    assert_eq!(desk.clinic.hold(hold).unwrap().expires_at, until);
    assert_eq!(desk.entry(id).offer().unwrap().expires_at, until);
    let again = desk.refused(&Command::RecordContact(entry(id)));
    assert_eq!(again.reason(), "CONTACT_RECORDED");

    let booked = desk.done(&accept(id));
    let RecordId::Appointment(appointment) = booked.reply.records[0] else {
        panic!("{:?}", booked.reply);
    };
    assert_eq!(desk.appointment(appointment).slot, held.slot);
    assert!(desk.clinic.hold(hold).is_none());
    let at = desk.now;
    assert_eq!(desk.entry(id).state, WaitState::Booked { appointment, at });
    assert_eq!(desk.refused(&accept(id)).reason(), "NOT_WAITING");
}

#[test]
fn an_offer_that_lapses_or_is_declined_is_not_made_again() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let id = desk.waits(
        clear,
        Wanted {
            windows: today(9, 11),
            ..wanted("ashiatsu-60")
        },
    );
    desk.done(&offer_at(id, 9, 0));
    desk.now += 10.minutes();
    assert_eq!(desk.refused(&accept(id)).reason(), "HOLD_EXPIRED");
    desk.done(&Command::Expire);
    let how: Vec<_> = desk.entry(id).passed.iter().map(|it| it.how).collect();
    assert_eq!(how, [PassedOver::Lapsed]);
    assert_eq!(desk.entry(id).state, WaitState::Waiting);
    assert_eq!(desk.refused(&accept(id)).reason(), "NO_OFFER");

    // 9:15 is the same hour again.
    assert_eq!(desk.refused(&offer_at(id, 9, 15)).reason(), "PASSED_BEFORE");
    desk.done(&offer_at(id, 10, 0));
    desk.done(&decline(id, false));
    let how: Vec<_> = desk.entry(id).passed.iter().map(|it| it.how).collect();
    assert_eq!(how, [PassedOver::Lapsed, PassedOver::Declined]);
    assert_eq!(desk.refused(&offer(id)).reason(), "NOTHING_FITS");

    // Who wants something else now has passed over nothing of it.
    desk.done(&Command::UpdateWaitlistEntry(UpdateWaitlistEntry {
        entry: entry(id),
        service: Patch::Keep,
        extensions: Patch::Keep,
        sites: Patch::Keep,
        windows: Patch::Set(today(9, 12)),
        therapist: Patch::Keep,
        note: Patch::Keep,
    }));
    desk.done(&offer_at(id, 9, 0));
}

#[test]
fn another_therapist_is_another_place_to_who_asks_for_one() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let id = desk.waits(
        clear,
        Wanted {
            therapist: WantedTherapist::Preferred(therapist_id("bea")),
            windows: today(9, 10),
            ..wanted("ashiatsu-60")
        },
    );
    desk.done(&offer(id));
    let offered = |desk: &Desk| desk.entry(id).offer().unwrap().slot.therapist;
    assert_eq!(offered(&desk), therapist_id("bea"));
    desk.done(&decline(id, false));
    let with_ann = Command::MakeOffer(MakeOffer {
        entry: entry(id),
        place: Some(OfferedPlace {
            site: site_id("halifax"),
            start: cell(9, 0),
            room: None,
            therapist: Some(therapist_id("ann")),
        }),
    });
    desk.done(&with_ann);
    assert_eq!(offered(&desk), therapist_id("ann"));
}

#[test]
fn only_what_is_wished_can_be_offered() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let id = desk.waits(
        clear,
        Wanted {
            windows: vec![WaitlistWindow {
                first: None,
                last: None,
                days: Weekdays::of([Weekday::Monday]),
                from: time(10, 0, 0, 0),
                until: time(12, 0, 0, 0),
            }],
            therapist: WantedTherapist::Only(therapist_id("bea")),
            ..wanted("ashiatsu-60")
        },
    );
    for (hour, minute) in [(9, 55), (11, 5), (14, 0)] {
        let refusal = desk.refused(&offer_at(id, hour, minute));
        assert_eq!(refusal.reason(), "NOT_WISHED", "{hour}:{minute}");
    }
    let at = OfferedPlace {
        site: site_id("halifax"),
        start: cell(10, 0),
        room: None,
        therapist: Some(therapist_id("ann")),
    };
    let make = |place| {
        Command::MakeOffer(MakeOffer {
            entry: entry(id),
            place: Some(place),
        })
    };
    assert_eq!(desk.refused(&make(at)).reason(), "NOT_WISHED");
    let elsewhere = OfferedPlace {
        site: site_id("dartmouth"),
        therapist: None,
        ..at
    };
    assert_eq!(desk.refused(&make(elsewhere)).reason(), "NOT_WISHED");
    desk.done(&offer_at(id, 11, 0));
    assert_eq!(
        desk.entry(id).offer().unwrap().slot.therapist,
        therapist_id("bea")
    );
    assert_eq!(desk.refused(&offer(id)).reason(), "OFFER_OPEN");
}

#[test]
fn who_could_not_be_booked_is_offered_nothing() {
    let (mut desk, Clients { silent, clear }) = Desk::open();
    let id = desk.waits(silent, wanted("ashiatsu-60"));
    assert_eq!(desk.refused(&offer(id)).reason(), "NOTHING_FITS");
    let refusal = desk.refused(&offer_at(id, 10, 0));
    assert_eq!(refusal.reason(), "SCREENING_INCOMPLETE");
    // Judged at the place's start: six months after the fracture it can be booked.
    let fracture = When::Date(jiff::civil::date(2026, 5, 25));
    desk.declare(clear, Some(("fracture", fracture)));
    let id = desk.waits(clear, wanted("ashiatsu-60"));
    let open_the_next_days = |desk: &mut Desk| {
        let shifts = [24_i8, 25].map(|day| crate::command::PutShift {
            time: crate::time::Interval::new(
                crate::fixture::cell(jiff::civil::date(2026, 11, day), 9, 0),
                crate::fixture::cell(jiff::civil::date(2026, 11, day), 12, 0),
            )
            .unwrap(),
            ..crate::decide::desk::shift("ann", "halifax", (9, 0), (12, 0))
        });
        desk.done(&Command::PutShifts(shifts.to_vec()));
    };
    open_the_next_days(&mut desk);
    desk.done(&offer(id));
    let start = desk.entry(id).offer().unwrap().slot.start();
    let eligible = jiff::civil::date(2026, 11, 25);
    assert_eq!(start, crate::fixture::cell(eligible, 9, 0));
}

#[test]
fn two_offers_never_hold_one_place() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let next = second(&mut desk);
    let cancelled = desk.full();
    let first = desk.waits(clear, wanted("ashiatsu-60"));
    let second = desk.waits(next, wanted("ashiatsu-60"));
    desk.done(&cancel(cancelled));
    desk.done(&offer_at(first, 10, 15));
    assert_eq!(
        desk.refused(&offer_at(second, 10, 15)).reason(),
        "ROOM_TAKEN"
    );
    assert_eq!(desk.refused(&offer(second)).reason(), "NOTHING_FITS");
}

#[test]
fn an_entry_follows_its_hold_whatever_becomes_of_it() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let id = desk.waits(clear, wanted("ashiatsu-60"));
    let hold = |desk: &Desk| desk.entry(id).offer().unwrap().hold;
    desk.done(&offer(id));
    let given_up = hold(&desk);
    desk.done(&Command::ReleaseHold { hold: given_up });
    assert_eq!(desk.entry(id).passed[0].how, PassedOver::Released);
    desk.done(&Command::Undo);
    assert_eq!(hold(&desk), given_up);
    assert_eq!(desk.entry(id).passed, []);

    let (hold, client) = (given_up, None);
    let source = crate::command::BookSource::Hold { hold, client };
    desk.done(&book_from(source));
    assert!(matches!(desk.entry(id).state, WaitState::Booked { .. }));
    desk.done(&Command::Undo);
    assert_eq!(desk.entry(id).state, WaitState::Waiting);
}

#[test]
fn steps_on_the_waitlist_can_be_undone() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let id = desk.waits(clear, wanted("ashiatsu-60"));
    desk.done(&offer(id));
    desk.done(&Command::Undo);
    assert_eq!(desk.entry(id).state, WaitState::Waiting);
    assert_eq!(desk.clinic.holds().count(), 0);
    desk.done(&offer(id));
    desk.done(&Command::WithdrawWaitlistEntry(entry(id)));
    assert_eq!(desk.clinic.holds().count(), 0);
    desk.done(&Command::Undo);
    assert_eq!(desk.entry(id).state, WaitState::Waiting);
    desk.done(&Command::WithdrawWaitlistEntry(entry(id)));
    assert_eq!(desk.refused(&offer(id)).reason(), "NOT_WAITING");
}

#[test]
fn offers_count_among_the_holds_of_a_key() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    desk.policy(Policy {
        holds_per_key: 1,
        ..Policy::default()
    });
    desk.hold(wish("massage-60", 15, 0));
    let id = desk.waits(clear, wanted("ashiatsu-60"));
    assert_eq!(desk.refused(&offer(id)).reason(), "TOO_MANY_HOLDS");
}

#[test]
fn what_is_waited_for_has_to_exist_and_to_be_a_few_things() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let put = |wanted| {
        Command::PutOnWaitlist(PutOnWaitlist {
            client: clear,
            wanted,
        })
    };
    let mut unordered = today(12, 10);
    unordered[0].last = Some(DAY.yesterday().unwrap());
    let wrong = desk.refused(&put(Wanted {
        sites: Vec::new(),
        windows: unordered,
        ..wanted("ashiatsu-60")
    }));
    let Refusal::Invalid(violations) = wrong else {
        panic!("{wrong:?}");
    };
    let fields: Vec<_> = violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["sites", "windows[0].last", "windows[0].until"]);
    let unknown = desk.refused(&put(Wanted {
        therapist: WantedTherapist::Only(therapist_id("zoe")),
        ..wanted("ashiatsu-60")
    }));
    assert_eq!(unknown.reason(), "NOT_FOUND");
    let calf = Wanted {
        extensions: vec!["calf".parse().unwrap()],
        ..wanted("ashiatsu-60")
    };
    assert_eq!(desk.refused(&put(calf)).reason(), "NOT_AN_EXTENSION");
    for _ in 0..limits::WAITLIST_PER_CLIENT {
        desk.done(&put(wanted("massage-60")));
    }
    let more = desk.refused(&put(wanted("massage-60")));
    assert_eq!(more.reason(), "TOO_MANY_WISHES");
}

#[test]
fn a_desk_deals_with_who_waits_for_one_of_its_sites() {
    let (mut desk, Clients { clear, .. }) = Desk::open();
    let both = Wanted {
        sites: vec![site_id("halifax"), site_id("dartmouth")],
        ..wanted("ashiatsu-60")
    };
    let id = desk.waits(clear, both.clone());
    let away = desk.waits(clear, wanted("ashiatsu-60"));
    desk.act_as(limited_to(2, Role::FrontDesk, "dartmouth"));
    let refusal = desk.refused(&Command::WithdrawWaitlistEntry(entry(away)));
    assert_eq!(refusal.reason(), "NOT_FOUND");
    let elsewhere = desk.refused(&offer_at(id, 10, 0));
    assert_eq!(elsewhere.reason(), "SITE_NOT_ALLOWED");
    let client = clear;
    let put = Command::PutOnWaitlist(PutOnWaitlist {
        client,
        wanted: both,
    });
    assert_eq!(desk.refused(&put).reason(), "SITE_NOT_ALLOWED");
    // bea works at Halifax only today, so that Dartmouth has nothing to offer.
    assert_eq!(desk.refused(&offer(id)).reason(), "NOTHING_FITS");
    desk.done(&Command::WithdrawWaitlistEntry(entry(id)));
    desk.act_as(actor(1, Role::Owner));
}
