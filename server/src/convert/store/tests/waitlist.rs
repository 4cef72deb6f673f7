use jiff::civil::{Weekday, date, time};
use treadwell_clinic::id::{AppointmentId, ClientId, HoldId, KeyId, WaitlistId};
use treadwell_clinic::model::{
    Contact, Freed, Offer, Passed, PassedOver, Record, WaitState, WaitlistEntry, WaitlistWindow,
    Wanted, WantedTherapist, Weekdays,
};

use super::samples::{id, instant, slot};

/// Entries of the waitlist in which every variant occurs.
pub(super) fn waitlist() -> Vec<Record> {
    let window = WaitlistWindow {
        first: None,
        last: None,
        days: Weekdays::ALL,
        from: time(9, 0, 0, 0),
        until: time(0, 0, 0, 0),
    };
    let plain = WaitlistEntry {
        id: WaitlistId::new(9),
        client: ClientId::new(4_096),
        wanted: Wanted {
            service: id("ashiatsu-60"),
            extensions: vec![id("calf")],
            sites: vec![id("halifax"), id("dartmouth")],
            windows: vec![
                window,
                WaitlistWindow {
                    first: Some(date(2026, 10, 14)),
                    last: Some(date(2026, 10, 21)),
                    days: Weekdays::of([Weekday::Monday, Weekday::Sunday]),
                    from: time(13, 5, 0, 0),
                    until: time(20, 0, 0, 0),
                },
            ],
            therapist: WantedTherapist::Anyone,
            note: String::new(),
        },
        since: instant(5),
        by: KeyId::new(5),
        state: WaitState::Waiting,
        passed: [
            PassedOver::Declined,
            PassedOver::Lapsed,
            PassedOver::Released,
        ]
        .map(|how| Passed {
            site: id("halifax"),
            therapist: id("chen"),
            time: slot().planned,
            how,
            at: instant(8),
        })
        .into(),
    };
    let (offer, told) = offers();
    let states = [
        WaitState::Offered(Box::new(offer)),
        WaitState::Offered(Box::new(told)),
        WaitState::Booked {
            appointment: AppointmentId::new(4),
            at: instant(11),
        },
        WaitState::Withdrawn {
            at: instant(12),
            by: KeyId::new(5),
        },
    ];
    let by_state = states.map(|state| WaitlistEntry {
        state,
        ..plain.clone()
    });
    let chen = id("chen");
    let by_therapist = [
        WantedTherapist::Preferred(chen),
        WantedTherapist::Only(chen),
    ]
    .map(|therapist| WaitlistEntry {
        wanted: Wanted {
            therapist,
            windows: Vec::new(),
            note: "Calls back after work".to_owned(),
            ..plain.wanted.clone()
        },
        passed: Vec::new(),
        ..plain.clone()
    });
    std::iter::once(plain.clone())
        .chain(by_state)
        .chain(by_therapist)
        .map(Record::from)
        .collect()
}

/// An offer of which nobody has told the client yet, which carries what is offered next, and one of which they were told.
fn offers() -> (Offer, Offer) {
    let offer = Offer {
        hold: HoldId::new(77),
        slot: slot(),
        at: instant(9),
        by: KeyId::new(0),
        expires_at: instant(600_000),
        contact: None,
        rest: vec![
            Freed {
                site: id("halifax"),
                time: slot().planned,
                room: Some(id("h1")),
                therapist: Some(id("chen")),
            },
            Freed {
                site: id("halifax"),
                time: slot().planned,
                room: None,
                therapist: None,
            },
        ],
    };
    let told = Offer {
        contact: Some(Contact {
            at: instant(10),
            by: KeyId::new(5),
        }),
        rest: Vec::new(),
        ..offer.clone()
    };
    (offer, told)
}
