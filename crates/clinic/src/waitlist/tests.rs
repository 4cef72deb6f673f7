use jiff::civil::{Date, Weekday, date, time};
use proptest::prelude::*;

use super::*;
use crate::attention::{self, Matter};
use crate::fixture::{
    Records, appointment, ashiatsu, cell, client, declaration, halifax, local, minutes, room_id,
    service_id, site, site_id, therapist_id,
};
use crate::id::{ClientId, KeyId};
use crate::model::{
    Fault, Passed, PassedOver, Slot, WaitlistWindow, Wanted, WantedTherapist, Weekdays, Wish,
};

/// A Monday.
const DAY: Date = date(2026, 11, 23);

fn window(from: i8, until: i8) -> WaitlistWindow {
    WaitlistWindow {
        first: None,
        last: None,
        days: Weekdays::ALL,
        from: time(from, 0, 0, 0),
        until: time(until, 0, 0, 0),
    }
}

/// Client and entry have the same number; whoever has the lower one has waited longer.
fn entry(number: u64, wanted: Wanted) -> WaitlistEntry {
    WaitlistEntry {
        id: WaitlistId::new(number),
        client: ClientId::new(number),
        wanted,
        since: local(date(2026, 11, 1), 9, i8::try_from(number).unwrap()),
        by: KeyId::new(1),
        state: WaitState::Waiting,
        passed: Vec::new(),
    }
}

fn wanted(windows: Vec<WaitlistWindow>) -> Wanted {
    Wanted {
        service: service_id("ashiatsu-60"),
        extensions: Vec::new(),
        sites: vec![site_id("halifax")],
        windows,
        therapist: WantedTherapist::Anyone,
        note: String::new(),
    }
}

/// A day of the small clinic with screened clients 2 to 9.
fn records() -> Records {
    (3..10).fold(Records::small(DAY), |records, number| {
        let declared = declaration(number, number, local(DAY, 0, 0), None);
        records.with(client(number)).with(declared)
    })
}

fn slot(hour: i8, minute: i8) -> Place {
    let start = cell(DAY, hour, minute);
    Place::Slot {
        site: site_id("halifax"),
        starts: Interval::new(start, start.plus_cells(1)).unwrap(),
        room: Some(room_id("h1")),
        therapist: Some(therapist_id("ann")),
    }
}

#[test]
fn the_queue_says_who_is_first_and_why_the_others_are_not() {
    let elsewhere = Wanted {
        sites: vec![site_id("dartmouth")],
        ..wanted(vec![])
    };
    let with_bea = Wanted {
        therapist: WantedTherapist::Only(therapist_id("bea")),
        ..wanted(vec![])
    };
    let passed = WaitlistEntry {
        passed: vec![Passed {
            site: site_id("halifax"),
            therapist: therapist_id("bea"),
            time: Interval::new(cell(DAY, 9, 30), cell(DAY, 10, 30)).unwrap(),
            how: PassedOver::Declined,
            at: local(DAY, 8, 0),
        }],
        ..entry(6, wanted(vec![]))
    };
    let clinic = records()
        .with(entry(1, wanted(vec![])))
        .with(entry(3, elsewhere))
        .with(entry(4, wanted(vec![window(11, 20)])))
        .with(entry(5, with_bea))
        .with(passed)
        .with(entry(7, wanted(vec![window(10, 11)])))
        .with(entry(8, wanted(vec![])))
        .clinic();
    let told: Vec<_> = for_place(&clinic, &slot(10, 0), local(DAY, 8, 0)).collect();
    let positions: Vec<_> = told
        .iter()
        .map(|it| (it.position, it.entry.number()))
        .collect();
    assert_eq!(
        positions,
        [(1, 1), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8)]
    );
    // Client 1 has declared nothing.
    let Err(Unfit::NoPlace(none)) = &told[0].verdict else {
        panic!("{:?}", told[0]);
    };
    assert!(matches!(none.faults[..], [Fault::Screening(_)]));
    assert_eq!(told[1].verdict, Err(Unfit::OtherSite));
    assert_eq!(told[2].verdict, Err(Unfit::OutsideWindows));
    assert_eq!(told[3].verdict, Err(Unfit::OtherTherapist));
    assert_eq!(told[4].verdict, Err(Unfit::PassedBefore));
    for suggestion in &told[5..] {
        let proposal = suggestion.verdict.as_ref().unwrap();
        assert_eq!(proposal.slot.start(), cell(DAY, 10, 0));
        assert!(proposal.bars);
    }
}

#[test]
fn a_freed_time_is_used_from_its_start_or_from_nearby() {
    // ann works in h1 from 9 to 10 and from 11:10 on: 75 minutes are free between.
    let busy = |number, hour, minute| {
        let service = ashiatsu();
        let room = crate::fixture::room("h1", "halifax", &crate::fixture::BAR_ROOM);
        let start = cell(DAY, hour, minute);
        let slot = Slot::plan(&service, &[], &room, therapist_id("ann"), start).unwrap();
        appointment(number, number, slot)
    };
    let clinic = records()
        .with(busy(8, 9, 0))
        .with(busy(9, 11, 35))
        .with(entry(2, wanted(vec![])))
        .with(entry(3, wanted(vec![window(10, 21)])))
        .clinic();
    let freed = Place::Freed(Freed {
        site: site_id("halifax"),
        time: Interval::new(cell(DAY, 10, 20), cell(DAY, 11, 35)).unwrap(),
        room: Some(room_id("h1")),
        therapist: Some(therapist_id("ann")),
    });
    let now = local(DAY, 8, 0);
    for entry in clinic.waitlist_entries() {
        let found = fit(&clinic, entry, &freed, None, now).unwrap().slot;
        assert_eq!(
            (found.room, found.therapist),
            (room_id("h1"), therapist_id("ann"))
        );
        assert_eq!(found.start(), cell(DAY, 10, 20), "off the grid, and no gap");
    }
}

#[test]
fn the_room_alone_or_the_therapist_alone_will_do() {
    let freed = |room, therapist| {
        Place::Freed(Freed {
            site: site_id("halifax"),
            time: Interval::new(cell(DAY, 10, 0), cell(DAY, 11, 15)).unwrap(),
            room,
            therapist,
        })
    };
    let with_bea = Wanted {
        therapist: WantedTherapist::Only(therapist_id("bea")),
        ..wanted(vec![])
    };
    let clinic = records().with(entry(2, with_bea)).clinic();
    let entry = clinic.waitlist_entry(WaitlistId::new(2)).unwrap();
    let fits = |place| fit(&clinic, entry, &place, None, local(DAY, 8, 0));
    let both = fits(freed(Some(room_id("h1")), Some(therapist_id("ann")))).unwrap();
    assert_eq!(
        (both.slot.room, both.slot.therapist),
        (room_id("h1"), therapist_id("bea"))
    );
    let alone = fits(freed(None, Some(therapist_id("ann"))));
    assert_eq!(alone, Err(Unfit::OtherTherapist));
    // A chair serves no ashiatsu.
    let chair = fits(freed(Some(room_id("h6")), None));
    assert!(matches!(chair, Err(Unfit::NoPlace(_))), "{chair:?}");
}

#[test]
fn windows_are_local_time_and_hold_the_whole_session() {
    let zone = halifax();
    let at = |day: Date, window: WaitlistWindow| window.on(day, &zone).map(Interval::minutes);
    // In the night of 14 March 2027 the clock jumps from 2 to 3.
    assert_eq!(at(date(2027, 3, 14), window(1, 4)), Some(120));
    assert_eq!(at(DAY, window(1, 4)), Some(180));
    let dated = WaitlistWindow {
        first: Some(DAY),
        last: Some(DAY),
        ..window(9, 0)
    };
    assert_eq!(at(DAY, dated), Some(15 * 60), "midnight ends the day");
    assert_eq!(at(DAY.tomorrow().unwrap(), dated), None);
    let weekly = WaitlistWindow {
        days: Weekdays::of([Weekday::Tuesday]),
        ..window(9, 12)
    };
    assert_eq!(at(DAY, weekly), None);

    let all = Interval::new(cell(DAY, 0, 0), cell(date(2026, 11, 25), 0, 0)).unwrap();
    let starts = |windows| {
        let entry = entry(2, wanted(windows));
        let starts = allowed(&entry, &site("halifax"), all, 12);
        starts
            .into_iter()
            .map(|it| (it.start(), it.end()))
            .collect::<Vec<_>>()
    };
    let tomorrow = |hour, minute| cell(date(2026, 11, 24), hour, minute);
    assert_eq!(
        starts(vec![weekly, weekly]),
        [(tomorrow(9, 0), tomorrow(11, 5))],
        "the last session ends at 12"
    );
    let short = WaitlistWindow {
        until: time(9, 55, 0, 0),
        ..weekly
    };
    assert_eq!(starts(vec![short]), []);
}

#[test]
fn the_desk_is_told_whom_a_place_of_today_fits() {
    let clinic = records()
        .with(entry(2, wanted(vec![window(13, 15)])))
        .with(entry(3, wanted(vec![window(18, 20)])))
        .clinic();
    let halifax = clinic.site(site_id("halifax")).unwrap();
    let matters = |now| {
        let all = attention::attention(&clinic, halifax, now);
        let matters = all.into_iter().map(|it| it.matter);
        matters
            .filter(|it| matches!(it, Matter::WaitlistFits { .. }))
            .collect::<Vec<_>>()
    };
    let expected = Matter::WaitlistFits {
        entry: WaitlistId::new(2),
        room: room_id("h1"),
        start: cell(DAY, 13, 0),
        bars: true,
        fitting: 1,
        wanting: 2,
    };
    assert_eq!(matters(local(DAY, 8, 0)), [expected]);
    assert_eq!(matters(local(DAY, 20, 0)), []);
}

fn windows() -> impl Strategy<Value = Vec<WaitlistWindow>> {
    proptest::collection::vec(
        (8..20_i8, 1..6_i8).prop_map(|(from, hours)| window(from, (from + hours).min(23))),
        0..3,
    )
}

proptest! {
    /// Whatever fits can be booked as it is and is wished for; where nothing fits, no start that is
    /// wished for can be booked.
    #[test]
    fn what_fits_can_be_booked_and_what_can_be_booked_fits(
        windows in windows(),
        from in 0..120_u32,
        length in 1..40_u32,
        busy in proptest::collection::vec((0..40_u32, any::<bool>()), 0..6),
        only in proptest::option::of(any::<bool>()),
        room in any::<bool>(),
        therapist in any::<bool>(),
    ) {
        let mut records = records();
        let mut number = 3;
        let mut taken: Vec<Slot> = Vec::new();
        for (at, second) in busy {
            let (room, by) = if second { ("h2", "bea") } else { ("h1", "ann") };
            let room = crate::fixture::room(room, "halifax", &crate::fixture::BAR_ROOM);
            let start = cell(DAY, 9, 0).plus(minutes(u16::try_from(at).unwrap() * 15));
            let slot = Slot::plan(&ashiatsu(), &[], &room, therapist_id(by), start).unwrap();
            let clash = |other: &Slot| other.room == slot.room && other.occupies.room.overlaps(slot.occupies.room);
            if !taken.iter().any(clash) {
                records = records.with(appointment(number, number, slot.clone()));
                taken.push(slot);
                number += 1;
            }
        }
        let by = only.map(|ann| therapist_id(if ann { "ann" } else { "bea" }));
        let wanted = Wanted {
            therapist: by.map_or(WantedTherapist::Anyone, WantedTherapist::Only),
            ..wanted(windows)
        };
        let clinic = records.with(entry(2, wanted)).clinic();
        let entry = clinic.waitlist_entry(WaitlistId::new(2)).unwrap();
        let halifax = clinic.site(site_id("halifax")).unwrap();
        let now = local(DAY, 9, 0);
        let starts = Interval::new(cell(DAY, 9, 0).plus_cells(from), cell(DAY, 9, 0).plus_cells(from + length)).unwrap();
        let (room, therapist) = (room.then(|| room_id("h1")), therapist.then(|| therapist_id("ann")));
        let place = Place::Slot { site: site_id("halifax"), starts, room, therapist };
        let booked = |start: Cell, room, therapist| {
            let wish = Wish {
                client: Some(entry.client),
                service: entry.wanted.service,
                extensions: Vec::new(),
                site: site_id("halifax"),
                start,
                room,
                therapist,
            };
            availability::choose(&clinic, &wish, Purpose::Book, None).is_ok()
        };
        if let Ok(proposal) = fit(&clinic, entry, &place, None, now) {
            let slot = proposal.slot;
            prop_assert!(starts.contains(slot.start()));
            prop_assert!(booked(slot.start(), Some(slot.room), Some(slot.therapist)));
            prop_assert!(is_wished(&clinic, entry, halifax, slot.start(), Some(slot.therapist)));
            prop_assert!(room.is_none_or(|room| room == slot.room));
            prop_assert!(therapist.is_none_or(|by| by == slot.therapist));
        } else {
            let named = therapist.or(entry.wanted.therapist.only());
            // On the grid on which proposals start.
            let grid = (0..length).map(|at| starts.start().plus_cells(at)).filter(|it| it.number().is_multiple_of(3));
            for start in grid {
                let wished = is_wished(&clinic, entry, halifax, start, therapist);
                prop_assert!(!(wished && booked(start, room, named)), "{start} is not told");
            }
        }
        let first = for_entry(&clinic, entry, |_| true, now, 3);
        for proposal in first {
            let slot = proposal.slot;
            prop_assert!(booked(slot.start(), Some(slot.room), Some(slot.therapist)));
            prop_assert!(is_wished(&clinic, entry, halifax, slot.start(), Some(slot.therapist)));
        }
    }
}
