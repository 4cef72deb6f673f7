//! Stock use once more: what was undone is struck out with its undo, and each figure is a sum over what is left.

use proptest::prelude::*;

use super::*;
use crate::id::{MovementId, StockItemId};
use crate::model::{MovementCause, StockItem, StockKind, StockMovement};

fn item_id(slug: &str) -> StockItemId {
    StockItemId::parse(slug).expect("a slug")
}

fn item(site: &str, slug: &str, level: u32, retired: bool) -> StockItem {
    StockItem {
        site: site_id(site),
        item: item_id(slug),
        name: slug.to_owned(),
        unit: "ml".to_owned(),
        kind: StockKind::Consumable,
        par: 0,
        level,
        retired,
    }
}

/// What is left to chance of a movement: how long after the one before in minutes, of which item, why, how much, and
/// whether it is taken back, how many minutes later.
type Chance = (i64, usize, u32, u32, Option<i64>);

const ITEMS: [(&str, &str); 3] = [("halifax", "lotion"), ("halifax", "oil"), ("berlin", "oil")];

/// Movements as they might be, the level never below 0; and the levels at the end.
fn moved(chances: &[Chance]) -> (Vec<StockMovement>, [u32; 3]) {
    let mut all: Vec<StockMovement> = Vec::new();
    let mut levels = [0_u32; 3];
    let mut at = local(MONDAY, 22, 0);
    for &(later, of, why, quantity, undone) in chances {
        at += SignedDuration::from_mins(later);
        let (site, slug) = ITEMS[of];
        let has = levels[of];
        let all_of_it = i64::from(quantity);
        let (cause, change, short) = match why {
            0 | 1 => (MovementCause::Receive, all_of_it, 0),
            2 => (MovementCause::CameFrom(site_id("truro")), all_of_it, 0),
            3 => (MovementCause::Use, -i64::from(quantity.min(has)), 0),
            4 => (MovementCause::Waste, -i64::from(quantity.min(has)), 0),
            5 => (
                MovementCause::SentTo(site_id("truro")),
                -i64::from(quantity.min(has)),
                0,
            ),
            6 => (MovementCause::Count, all_of_it - i64::from(has), 0),
            _ => (
                MovementCause::Session(AppointmentId::new(7)),
                -i64::from(quantity.min(has)),
                quantity.saturating_sub(has),
            ),
        };
        let mut add = |cause, change: i64, short, at| {
            let level = i64::from(levels[of]) + change;
            let Ok(level) = u32::try_from(level) else {
                return MovementId::new(0);
            };
            levels[of] = level;
            let id = MovementId::new(all.len() as u64 + 1);
            all.push(StockMovement {
                id,
                site: site_id(site),
                item: item_id(slug),
                cause,
                change: i32::try_from(change).unwrap(),
                level,
                short,
                reason: String::new(),
                by: KeyId::new(1),
                at,
            });
            id
        };
        let id = add(cause, change, short, at);
        if let Some(after) = undone {
            let at = at + SignedDuration::from_mins(after);
            add(MovementCause::TakenBack(id), -change, 0, at);
        }
    }
    (all, levels)
}

/// The figures in the order of [`StockUse`], from the movements that stand, of one item between two dates.
fn counted(stand: &[&StockMovement], zone: &Zone, from: Date, to: Date) -> [i64; 11] {
    let date = |it: &StockMovement| {
        it.at
            .to_zoned(jiff::tz::TimeZone::get(zone.name()).unwrap())
            .date()
    };
    let sum = |what: &dyn Fn(&StockMovement) -> bool| -> i64 {
        let inside = stand.iter().filter(|it| from <= date(it) && date(it) <= to);
        inside
            .filter(|it| what(it))
            .map(|it| i64::from(it.change).abs())
            .sum()
    };
    let level = |until: &dyn Fn(Date) -> bool| -> i64 {
        let before = stand.iter().filter(|it| until(date(it)));
        before.map(|it| i64::from(it.change)).sum()
    };
    let short = stand.iter().filter(|it| from <= date(it) && date(it) <= to);
    [
        level(&|date| date < from),
        sum(&|it| it.cause == MovementCause::Receive),
        sum(&|it| matches!(it.cause, MovementCause::CameFrom(_))),
        sum(&|it| it.cause == MovementCause::Count && it.change > 0),
        sum(&|it| matches!(it.cause, MovementCause::Session(_))),
        sum(&|it| it.cause == MovementCause::Use),
        sum(&|it| it.cause == MovementCause::Waste),
        sum(&|it| matches!(it.cause, MovementCause::SentTo(_))),
        sum(&|it| it.cause == MovementCause::Count && it.change < 0),
        level(&|date| date <= to),
        short.map(|it| i64::from(it.short)).sum(),
    ]
}

fn listed(it: StockUse) -> [i64; 11] {
    [
        it.opening,
        it.received,
        it.transferred_in,
        it.counted_more,
        it.used_in_sessions,
        it.used_by_hand,
        it.wasted,
        it.transferred_out,
        it.counted_less,
        it.closing,
        it.short,
    ]
}

fn chances() -> impl Strategy<Value = Vec<Chance>> {
    // Some come shortly before or after midnight, so that their undo may come on another date.
    let later = prop_oneof![0..10_i64, 115..126_i64, 0..3_000_i64];
    let one = (
        later,
        0..3_usize,
        0..9_u32,
        0..40_u32,
        prop::option::weighted(0.3, 0..10_i64),
    );
    prop::collection::vec(one, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn stock_use_is_what_the_movements_that_stand_add_up_to(
        chances in chances(),
        (skip, days) in (0..12_i64, 1..12_i64),
        by in prop::sample::select(vec![Period::Day, Period::Week, Period::Month]),
    ) {
        let (all, levels) = moved(&chances);
        let sites = [site("halifax"), Site { zone: Zone::named("Europe/Berlin").unwrap(), ..site("berlin") }];
        let mut records = Records::new().with(sites[0].clone()).with(sites[1].clone());
        for ((at, slug), level) in ITEMS.into_iter().zip(levels) {
            records = records.with(item(at, slug, level, false));
        }
        for movement in &all {
            records = records.with(movement.clone());
        }
        let clinic = records.clinic();
        let undone: Vec<MovementId> = all.iter().filter_map(|it| match it.cause {
            MovementCause::TakenBack(id) => Some(id),
            _ => None,
        }).collect();
        let first = MONDAY + (skip - 2).days();
        let range = Range::new(first, first + (days - 1).days(), by).unwrap();
        for here in &sites {
            let rows = stock_use(&clinic, here, &range);
            let starts: Vec<Date> = range.periods().collect();
            let kept: Vec<_> = ITEMS.into_iter().filter(|(at, _)| *at == here.id.as_str()).collect();
            prop_assert_eq!(rows.len(), starts.len() * kept.len());
            for (at, row) in rows.iter().enumerate() {
                let (period, (_, slug)) = (at / kept.len(), kept[at % kept.len()]);
                prop_assert_eq!((row.period, row.figures.item), (starts[period], item_id(slug)));
                let stand: Vec<&StockMovement> = all.iter().filter(|it| {
                    it.site == here.id
                        && it.item == item_id(slug)
                        && !matches!(it.cause, MovementCause::TakenBack(_))
                        && !undone.contains(&it.id)
                }).collect();
                let next = starts.get(period + 1).map(|next| next.yesterday().unwrap());
                let (from, to) = (starts[period].max(first), next.unwrap_or(range.last));
                let found = listed(row.figures);
                prop_assert_eq!(found, counted(&stand, &here.zone, from, to), "{} {}", slug, from);
                let [opening, received, came, more, sessions, hand, wasted, sent, less, closing, _] = found;
                prop_assert_eq!(opening + received + came + more, closing + sessions + hand + wasted + sent + less);
            }
        }
        // Up to now it ends with what is there.
        let all_of_it = Range::new(MONDAY, MONDAY + 1_000.days(), Period::Month).unwrap();
        let there = sites.iter().flat_map(|here| {
            let rows = stock_use(&clinic, here, &all_of_it);
            let last = rows.last().map(|row| row.period);
            rows.into_iter().filter(move |row| Some(row.period) == last)
        });
        let closing: Vec<i64> = there.map(|row| row.figures.closing).collect();
        prop_assert_eq!(closing, levels.map(i64::from));
    }
}

#[test]
fn what_is_undone_after_midnight_never_was_on_the_day_before() {
    let at = |minutes| local(DAY, 23, 55) + SignedDuration::from_mins(minutes);
    let movement = |number, cause, change, short, at| StockMovement {
        id: MovementId::new(number),
        site: site_id("halifax"),
        item: item_id("oil"),
        cause,
        change,
        level: 0,
        short,
        reason: String::new(),
        by: KeyId::new(1),
        at,
    };
    let session = MovementCause::Session(AppointmentId::new(7));
    let taken = MovementCause::TakenBack(MovementId::new(2));
    let clinic = Records::small(DAY)
        .with(item("halifax", "oil", 30, false))
        .with(movement(1, MovementCause::Receive, 30, 0, at(0)))
        .with(movement(2, session, -30, 10, at(1)))
        .with(movement(3, taken, 30, 0, at(9)))
        .with(item("halifax", "rope", 0, true))
        .clinic();
    let two_days = Range::new(DAY, next_day(DAY), Period::Day).unwrap();
    let rows = stock_use(&clinic, the_site(&clinic), &two_days);
    let found: Vec<_> = rows.iter().map(|row| listed(row.figures)).collect();
    let expected = [
        [0, 30, 0, 0, 0, 0, 0, 0, 0, 30, 0],
        [30, 0, 0, 0, 0, 0, 0, 0, 0, 30, 0],
    ];
    assert_eq!(found, expected, "and nothing of what is retired");
}
