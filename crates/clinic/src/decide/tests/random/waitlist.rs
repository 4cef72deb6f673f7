//! The waitlist in random days.

use jiff::civil::time;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{pick, place, wish};
use crate::clinic::Clinic;
use crate::command::{
    Command, MakeOffer, OfferedPlace, Patch, Put, PutOnWaitlist, UpdateWaitlistEntry, WaitlistStep,
};
use crate::decide::desk::Desk;
use crate::fixture::{site_id, therapist_id};
use crate::id::WaitlistId;
use crate::model::{
    Policy, Record, WaitState, WaitlistEntry, WaitlistWindow, Wanted, WantedTherapist, Weekdays,
};

/// Something to ask of the waitlist.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Put(Index, super::Place, i8, u8),
    Change(Index, i8),
    Offer(Index, Option<super::Place>),
    Step(Index, u8),
    ByItself(bool),
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    let index = any::<Index>;
    prop_oneof![
        4 => (index(), place(), 8..20_i8, any::<u8>()).prop_map(|(who, at, from, what)| Ask::Put(who, at, from, what)),
        1 => (index(), 8..20_i8).prop_map(|(which, from)| Ask::Change(which, from)),
        4 => (index(), proptest::option::of(place())).prop_map(|(which, at)| Ask::Offer(which, at)),
        5 => (index(), any::<u8>()).prop_map(|(which, verb)| Ask::Step(which, verb)),
        1 => any::<bool>().prop_map(Ask::ByItself),
    ]
}

fn window(from: i8) -> WaitlistWindow {
    WaitlistWindow {
        first: None,
        last: None,
        days: Weekdays::ALL,
        from: time(from, 0, 0, 0),
        until: time((from + 4).min(23), 0, 0, 0),
    }
}

fn some_entry(desk: &Desk, which: Index) -> WaitlistStep {
    let ids: Vec<_> = desk.clinic.waitlist_entries().map(|it| it.id).collect();
    let entry = ids.get(which.index(ids.len() + 1)).copied();
    WaitlistStep {
        entry: entry.unwrap_or(WaitlistId::new(3)),
        etag: None,
    }
}

pub(super) fn command(desk: &Desk, ask: &Ask) -> Option<Command> {
    Some(match ask {
        Ask::Put(who, at, from, what) => {
            let wish = wish(desk, *who, at);
            let named = therapist_id(pick(at.service, &super::THERAPISTS));
            Command::PutOnWaitlist(PutOnWaitlist {
                client: wish.client?,
                wanted: Wanted {
                    service: wish.service,
                    extensions: Vec::new(),
                    sites: match what % 3 {
                        0 => vec![wish.site],
                        _ => vec![site_id("halifax"), site_id("dartmouth")],
                    },
                    windows: if what % 2 == 0 {
                        Vec::new()
                    } else {
                        vec![window(*from)]
                    },
                    therapist: match what % 4 {
                        0 => WantedTherapist::Preferred(named),
                        1 => WantedTherapist::Only(named),
                        _ => WantedTherapist::Anyone,
                    },
                    note: String::new(),
                },
            })
        }
        Ask::Change(which, from) => Command::UpdateWaitlistEntry(UpdateWaitlistEntry {
            entry: some_entry(desk, *which),
            service: Patch::Keep,
            extensions: Patch::Keep,
            sites: Patch::Keep,
            windows: Patch::Set(vec![window(*from)]),
            therapist: Patch::Keep,
            note: Patch::Keep,
        }),
        Ask::Offer(which, at) => Command::MakeOffer(MakeOffer {
            entry: some_entry(desk, *which),
            place: at.as_ref().map(|at| {
                let wish = wish(desk, *which, at);
                OfferedPlace {
                    site: wish.site,
                    start: wish.start,
                    room: wish.room,
                    therapist: wish.therapist,
                }
            }),
        }),
        Ask::Step(which, verb) => {
            let entry = some_entry(desk, *which);
            match verb % 5 {
                0 => Command::WithdrawWaitlistEntry(entry),
                1 => Command::RecordContact(entry),
                2 | 3 => Command::AcceptOffer {
                    entry,
                    note: String::new(),
                },
                _ => Command::DeclineOffer {
                    entry,
                    pass_on: verb % 2 == 0,
                },
            }
        }
        Ask::ByItself(by_itself) => Command::PutPolicy(Put {
            resource: Policy {
                waitlist_auto_offer: *by_itself,
                ..Policy::default()
            },
            etag: None,
        }),
    })
}

/// Each open offer has its hold, which is for the same client and ends with it, and no other has it.
pub(super) fn offers_are_their_holds(clinic: &Clinic) -> Result<(), TestCaseError> {
    for entry in clinic.waitlist_entries() {
        let Some(offer) = entry.offer() else { continue };
        let Some(hold) = clinic.hold(offer.hold) else {
            return Err(TestCaseError::fail(format!(
                "{} has no hold any more",
                entry.id
            )));
        };
        prop_assert_eq!(&hold.slot, &offer.slot);
        prop_assert_eq!(hold.expires_at, offer.expires_at);
        prop_assert_eq!(hold.client, Some(entry.client));
        prop_assert_eq!(clinic.offered_by(offer.hold), Some(entry));
    }
    let live = clinic.waitlist_entries().filter(|entry| entry.is_live());
    prop_assert_eq!(clinic.waiting(None).count(), live.count());
    Ok(())
}

/// The entry as undo gives it back: a hold that was used or given up does not come back.
pub(super) fn without_offer(entry: &WaitlistEntry) -> Record {
    let state = match entry.state {
        WaitState::Offered(_) => WaitState::Waiting,
        ref other => other.clone(),
    };
    Record::from(WaitlistEntry {
        state,
        ..entry.clone()
    })
}
