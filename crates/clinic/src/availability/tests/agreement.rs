//! The search, the judge and the explanation agree with the brute-force clinic.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::oracle::{Ask, Triple, brute_force};
use super::world::{DAYS, case, services};
use super::*;
use crate::explain::explain;
use crate::fixture::*;
use crate::rooms::{self, FreeQuery};
use crate::rules::judge;

fn triple(proposal: &Proposal) -> Triple {
    (
        proposal.slot.start(),
        proposal.slot.room,
        proposal.slot.therapist,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn finds_every_combination_that_may_be((world, query) in case()) {
        let clinic = world.clinic();
        let now = world.origin().timestamp();
        let found = search(&clinic, &query, now).expect("all ids exist");
        let proposals: Vec<_> = found.proposals.iter().map(triple).collect();
        prop_assert_eq!(&proposals, &brute_force(&world, &query));
        for proposal in &found.proposals {
            let service = clinic.service(query.service).expect("exists");
            let room = clinic.room(proposal.slot.room).expect("exists");
            let slot = &proposal.slot;
            let plan = Slot::plan(service, &[], room, slot.therapist, slot.start());
            prop_assert_eq!(plan.as_ref(), Some(slot));
        }
        let few = Query { limit: 20, ..query.clone() };
        let few = search(&clinic, &few, now).expect("all ids exist").proposals;
        prop_assert_eq!(few.iter().map(triple).collect::<Vec<_>>(), &proposals[..proposals.len().min(20)]);
    }

    #[test]
    fn the_best_of_each_start_is_the_first_in_the_order_of_assignment((world, query) in case()) {
        let query = Query { answer: Answer::BestPerStart, sites: vec![query.sites[0]], ..query };
        let clinic = world.clinic();
        let found = search(&clinic, &query, world.origin().timestamp()).expect("all ids exist");
        let services = services();
        let service = services.iter().find(|it| it.id == query.service).expect("one of them");
        let site = world.sites.iter().find(|it| it.id == query.sites[0]).expect("one of them");
        let ask = Ask { world: &world, site, service, client: query.client, except: query.except };
        let all = brute_force(&world, &query);
        let starts: BTreeSet<_> = all.iter().map(|triple| triple.0).collect();
        let best = starts.iter().map(|start| {
            let here = all.iter().filter(|triple| triple.0 == *start);
            *here.min_by_key(|(start, room, by)| {
                let room = world.rooms.iter().find(|it| it.id == *room).expect("exists");
                let by = world.therapists.iter().find(|it| it.id == *by).expect("exists");
                ask.rank(room, by, *start)
            }).expect("a start has one")
        });
        let proposals: Vec<_> = found.proposals.iter().map(triple).collect();
        prop_assert_eq!(proposals, best.collect::<Vec<_>>());
        prop_assert_eq!(found.next.is_some() || !found.proposals.is_empty() || all.is_empty(), true);
    }

    #[test]
    fn nothing_stands_against_a_slot_if_and_only_if_it_is_offered(
        (world, query) in case(),
        steps in prop::collection::vec((0..DAYS, 90..200u32), 12),
    ) {
        let clinic = world.clinic();
        for (day, step) in steps {
            let start = world.origin().plus_cells(day * 288 + step);
            for room in &world.rooms {
                for therapist in &world.therapists {
                    let site = world.sites.iter().find(|it| it.id == room.site).expect("exists");
                    let service = clinic.service(query.service).expect("exists");
                    let slot = Slot::plan(service, &[], room, therapist.id, start).expect("fits");
                    let faults = judge(&clinic, &slot, query.client, query.except);
                    let one = Query {
                        sites: vec![site.id],
                        room: Some(room.id),
                        therapist: Some(therapist.id),
                        from: start,
                        until: start.plus_cells(1),
                        grid: Minutes::new(5),
                        ..query.clone()
                    };
                    let may_be = !brute_force(&world, &one).is_empty();
                    // Whoever does not work at the site has no shift there either.
                    prop_assert_eq!(faults.is_empty(), may_be, "{:?}: {:?}", slot, faults);
                    let mut wish = wish(service, site.id.as_str(), start);
                    (wish.client, wish.room, wish.therapist) =
                        (query.client, Some(room.id), Some(therapist.id));
                    let now = world.origin().timestamp();
                    let why = explain(&clinic, &wish, Purpose::Book, query.except, now);
                    let why = why.expect("all ids exist");
                    prop_assert_eq!(why.is_available(), may_be, "{:?}", why);
                    let chosen = choose(&clinic, &wish, Purpose::Book, query.except);
                    prop_assert_eq!(chosen.is_ok(), may_be);
                }
            }
        }
    }

    #[test]
    fn free_rooms_are_those_of_the_plan(
        (world, query) in case(),
        asks in prop::collection::vec((0..DAYS, 90..250u32, 1..30u16, any::<bool>()), 30),
    ) {
        let services = services();
        let clinic = world.clinic();
        for (day, step, minutes, bars) in asks {
            let (at, minutes) = (world.origin().plus_cells(day * 288 + step), minutes * 5);
            let sites = query.sites.clone();
            let free = FreeQuery { sites, at: Some(at), minutes: Minutes::new(minutes), bars };
            let found = rooms::free(&clinic, &free, world.origin().timestamp());
            let found = found.expect("the sites exist").rooms;
            let ids: Vec<_> = found.iter().map(|it| (it.room, it.bars, it.until)).collect();
            let mut wanted = Vec::new();
            for site in world.sites.iter().filter(|it| query.sites.contains(&it.id)) {
                let service = &services[1];
                let ask = Ask { world: &world, site, service, client: None, except: None };
                wanted.extend(ask.free_rooms(at, minutes, bars));
            }
            prop_assert_eq!(ids, wanted);
        }
    }
}

#[test]
fn the_oracle_itself_finds_something() {
    // Guards against a generator so hostile that both sides agree on nothing.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut found = 0;
    for _ in 0..60 {
        let (world, query) = case().new_tree(&mut runner).expect("a case").current();
        found += usize::from(!brute_force(&world, &query).is_empty());
    }
    assert!(found >= 20, "only {found} of 60 cases have a place at all");
}
