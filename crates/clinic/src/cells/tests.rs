use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn cell(number: u32) -> Cell {
    Cell::new(number).expect("small")
}

fn interval(start: u32, len: u32) -> Interval {
    Interval::new(cell(start), cell(start + len)).expect("not empty")
}

fn mask(bits: &BTreeSet<u32>) -> Mask {
    bits.iter()
        .fold(Mask::NONE, |all, &bit| all | Mask::range(bit, bit + 1))
}

fn bits() -> impl Strategy<Value = BTreeSet<u32>> {
    // Runs rather than single bits, so that long starts exist.
    prop::collection::vec((0..Mask::CELLS, 1..90u32), 0..8).prop_map(|runs| {
        runs.into_iter()
            .flat_map(|(from, len)| from..(from + len).min(Mask::CELLS))
            .collect()
    })
}

proptest! {
    #[test]
    fn starts_are_where_all_the_cells_are_set(set in bits(), len in 1..120u32) {
        let found: BTreeSet<u32> = mask(&set).starts(len).bits().collect();
        let wanted = (0..Mask::CELLS).filter(|i| (*i..i + len).all(|bit| set.contains(&bit))).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn dilating_adds_the_neighbours(set in bits(), reach in 0..60u32) {
        let found: BTreeSet<u32> = mask(&set).dilate(reach).bits().collect();
        let wanted = (0..Mask::CELLS)
            .filter(|i| (i.saturating_sub(reach)..=i + reach).any(|bit| set.contains(&bit)))
            .collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn ranges_and_grids_are_what_they_say(from in 0..600u32, until in 0..600u32, origin in 0..2000u32, step in 1..40u32) {
        let found: BTreeSet<u32> = Mask::range(from, until).bits().collect();
        prop_assert_eq!(found, (from..until.min(Mask::CELLS)).collect());
        let found: BTreeSet<u32> = Mask::hourly(origin, step as usize).bits().collect();
        // 2,040 is a multiple of 12 and greater than any origin.
        let in_the_hour = |bit: u32| (bit + 2_040 - origin) % 12;
        let wanted = (0..Mask::CELLS).filter(|&bit| in_the_hour(bit).is_multiple_of(step)).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn first_finds_the_next_set_bit(set in bits(), from in 0..600u32) {
        prop_assert_eq!(mask(&set).first(from), set.range(from..).next().copied());
        prop_assert_eq!(mask(&set).has(from), set.contains(&from));
    }

    #[test]
    fn runs_are_counted_both_ways(set in bits(), at in 0..Mask::CELLS) {
        let mask = mask(&set);
        let from = (at..Mask::CELLS).take_while(|bit| set.contains(bit)).count();
        prop_assert_eq!(mask.run_from(at), u32::try_from(from).expect("small"));
        let before = (0..at).rev().take_while(|bit| set.contains(bit)).count();
        prop_assert_eq!(mask.run_before(at), u32::try_from(before).expect("small"));
    }

    #[test]
    fn an_occupancy_is_a_set_of_cells(
        steps in prop::collection::vec((any::<bool>(), 0..9000u32, 1..3000u32), 1..12),
        probe in 0..12_000u32,
        len in 1..3000u32,
    ) {
        let mut occupancy = Occupancy::default();
        let mut set = BTreeSet::new();
        for (add, start, len) in steps {
            if add {
                occupancy.set(interval(start, len));
                set.extend(start..start + len);
            } else {
                occupancy.clear(interval(start, len));
                set.retain(|n| !(start..start + len).contains(n));
            }
        }
        let window: BTreeSet<u32> = occupancy.window(cell(probe)).bits().map(|bit| probe + bit).collect();
        prop_assert_eq!(window, set.range(probe..probe + Mask::CELLS).copied().collect());
        prop_assert_eq!(occupancy.is_free(interval(probe, len)), set.range(probe..probe + len).next().is_none());
        prop_assert_eq!(occupancy.covers(interval(probe, len)), (probe..probe + len).all(|n| set.contains(&n)));
        prop_assert_eq!(occupancy.next_taken(cell(probe)).map(Cell::number), set.range(probe..).next().copied());
        prop_assert_eq!(occupancy.is_empty(), set.is_empty());

        let mut rebuilt = Occupancy::default();
        for &n in set.iter().rev() {
            rebuilt.set(interval(n, 1));
        }
        prop_assert_eq!(occupancy, rebuilt);
    }
}
