//! What is shown to somebody who sees everything can be put again as it is.

use proptest::prelude::*;
use treadwell_clinic::model::{
    ChecklistItem, Effect, Equipment, EquipmentSet, Inspection, Policy, Room, Rule, RuleSet, Window,
};
use treadwell_clinic::time::Minutes;

use super::*;

#[test]
fn the_sample_catalog_survives_being_shown_and_put_again() {
    let catalog = catalog();
    for it in &catalog.sites {
        assert_eq!(read(|f| site::read(&site::show(it, 3), f)).as_ref(), Ok(it));
    }
    for it in &catalog.rooms {
        assert_eq!(read(|f| room::read(&room::show(it, 3), f)).as_ref(), Ok(it));
    }
    for it in &catalog.services {
        assert_eq!(
            read(|f| service::read(&service::show(it, 3), f)).as_ref(),
            Ok(it)
        );
    }
    for it in &catalog.rule_sets {
        assert_eq!(
            read(|f| rule_set::read(&rule_set::show(it, 3), f)).as_ref(),
            Ok(it)
        );
    }
    let clinic = treadwell_clinic::Clinic::default();
    for it in &catalog.therapists {
        let shown = therapist::show(it, 3, &clinic, &View::whole());
        assert_eq!(read(|f| therapist::read(&shown, f)).as_ref(), Ok(it));
    }
}

fn minutes(most: u16) -> impl Strategy<Value = Minutes> {
    (0..=most / 5).prop_map(|n| Minutes::new(n * 5).unwrap())
}

fn equipment() -> impl Strategy<Value = EquipmentSet> {
    prop::sample::subsequence(Equipment::ALL.to_vec(), 0..=4).prop_map(EquipmentSet::of)
}

fn day() -> impl Strategy<Value = jiff::civil::Date> {
    (1950_i16..2150, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| jiff::civil::date(y, m, d))
}

fn rooms() -> impl Strategy<Value = Room> {
    let inspection =
        (day(), 1_u16..=120).prop_map(|(passed, months)| Inspection { passed, months });
    (
        "[a-z0-9][a-z0-9-]{0,23}",
        "[A-Z][a-z]{0,30}",
        equipment(),
        minutes(120),
        prop::option::of(inspection),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(id, name, equipment, turnover, inspection, retired, rope)| Room {
                id: id.parse().unwrap(),
                site: "halifax".parse().unwrap(),
                name,
                equipment,
                turnover,
                checklist: rope.then(wipe_the_rope).into_iter().collect(),
                inspection,
                retired,
            },
        )
}

fn wipe_the_rope() -> ChecklistItem {
    ChecklistItem {
        id: "rope".parse().unwrap(),
        text: "Wipe the rope".to_owned(),
    }
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::Review),
        Just(Effect::Caution),
        Just(Effect::Exclude(Window::Ever)),
        Just(Effect::Exclude(Window::WhilePresent)),
        (1_u16..=240).prop_map(|n| Effect::Exclude(Window::Months(n))),
        (1_u16..=1_040).prop_map(|n| Effect::Exclude(Window::Weeks(n))),
        (1_u16..=1_000).prop_map(|n| Effect::Exclude(Window::Hours(n))),
    ]
}

fn rule_sets() -> impl Strategy<Value = RuleSet> {
    (prop::collection::vec(effect(), 0..20), 0_u32..1_000_000).prop_map(|(effects, version)| {
        let rules = effects.into_iter().enumerate().map(|(at, effect)| Rule {
            condition: format!("c{at}").parse().unwrap(),
            question: format!("Question {at}?"),
            effect,
        });
        RuleSet {
            id: "barefoot".parse().unwrap(),
            version,
            rules: rules.collect(),
        }
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    (
        prop::sample::select(vec![5_u16, 10, 15, 20, 30, 60]),
        1_u16..=1_440,
        1_u16..=1_000,
        0_u16..=720,
        1_u16..=120,
        minutes(180),
        1_u16..=1_000,
        0_u16..=60,
    )
        .prop_map(
            |(grid, hold, holds, notice, months, travel, horizon, undo)| Policy {
                grid: Minutes::new(grid).unwrap(),
                hold_minutes: hold,
                holds_per_key: holds,
                cancel_notice_hours: notice,
                declaration_months: months,
                travel,
                horizon_days: horizon,
                undo_minutes: undo,
                ..Policy::default()
            },
        )
}

proptest! {
    #[test]
    fn any_room(it in rooms()) {
        prop_assert_eq!(read(|f| room::read(&room::show(&it, 1), f)), Ok(it));
    }

    #[test]
    fn any_rule_set(it in rule_sets()) {
        prop_assert_eq!(read(|f| rule_set::read(&rule_set::show(&it, 1), f)), Ok(it));
    }

    #[test]
    fn any_policy(it in policies()) {
        prop_assert_eq!(read(|f| policy::read(&policy::show(&it, 1), f)), Ok(it));
    }

    #[test]
    fn a_mask_changes_what_it_names_and_nothing_else(
        before in policies(),
        update in policies(),
        named in prop::sample::subsequence(policy::MASK.to_vec(), 1..=policy::MASK.len()),
    ) {
        let mask = prost_types::FieldMask {
            paths: named.iter().map(|&path| path.to_owned()).collect(),
        };
        let patched = read(|f| {
            let shown = policy::show(&before, 0);
            policy::patch(shown, &policy::show(&update, 0), Some(&mask), f)
        })
        .unwrap();
        let after = read(|f| policy::read(&patched, f)).unwrap();
        let expect = |name: &str| if named.contains(&name) { &update } else { &before };
        prop_assert_eq!(after.grid, expect("proposal_grid_minutes").grid);
        prop_assert_eq!(after.hold_minutes, expect("hold_minutes").hold_minutes);
        prop_assert_eq!(after.holds_per_key, expect("holds_per_key").holds_per_key);
        prop_assert_eq!(after.cancel_notice_hours, expect("cancel_notice_hours").cancel_notice_hours);
        prop_assert_eq!(after.declaration_months, expect("declaration_months").declaration_months);
        prop_assert_eq!(after.travel, expect("travel_minutes").travel);
        prop_assert_eq!(after.horizon_days, expect("horizon_days").horizon_days);
        prop_assert_eq!(after.undo_minutes, expect("undo_minutes").undo_minutes);
    }
}
