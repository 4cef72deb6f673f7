//! Repairs of disrupted days against an exact solution that tries everything: how often the plan is the cheapest one there
//! is, whether what is planned is sound, and whether it can be applied as it is.
//!
//! `TREADWELL_SEED` and `TREADWELL_ROUNDS` choose another run; a round is one day on which something is hit.

#![allow(clippy::print_stdout, reason = "the figures are a result")]

mod clinic;
mod day;
mod exact;

use treadwell_clinic::repair::Cost;
use treadwell_tests::seed::{Random, rounds, seed};

use day::Small;
use exact::least;

/// By how much a cost exceeds another, in the first figure that differs.
fn more(cost: Cost, least: Cost) -> Cost {
    let figures = |it: Cost| {
        [
            it.unplaced,
            it.modality,
            it.site,
            it.therapist,
            it.minutes,
            it.others,
        ]
    };
    let mut both = figures(cost).into_iter().zip(figures(least));
    let first = both.position(|(more, less)| more != less);
    let only = |at: usize| match first {
        Some(first) if first == at => figures(cost)[at] - figures(least)[at],
        _ => 0,
    };
    Cost {
        unplaced: only(0),
        modality: only(1),
        site: only(2),
        therapist: only(3),
        minutes: only(4),
        others: only(5),
    }
}

#[test]
fn plans_of_small_days_are_nearly_always_the_cheapest() {
    let (seed, rounds) = (seed(20_270_302), rounds(1_000));
    let mut random = Random::new(seed);
    let (mut days, mut optimal, mut proven, mut hits) = (0, 0, 0, 0);
    let (mut excess, mut total) = (Cost::default(), Cost::default());
    while days < rounds {
        let day = Small::random(&mut random);
        if day.hits().is_empty() {
            continue;
        }
        days += 1;
        hits += day.hits().len();
        let plan = day.plan(&day.clinic());
        let cost = day.judge(&plan);
        assert_eq!(plan.cost, cost, "what the plan says that it costs: {day:?}");
        day.apply(&plan);
        let least = least(&day);
        assert!(least <= cost, "the exact solution is not: {day:?}");
        assert!(
            !plan.proven || cost == least,
            "{cost:?} > {least:?}: {day:?}"
        );
        total = total + least;
        proven += u64::from(plan.proven);
        optimal += u64::from(cost == least);
        excess = excess + more(cost, least);
    }
    println!("seed {seed}: {days} days, {hits} hit; {optimal} optimal, {proven} proven so");
    println!("least cost of all {total:?}");
    println!("in all more than that, in the first figure that differs: {excess:?}");
    assert!(
        optimal * 100 >= days * 95,
        "only {optimal} of {days} are optimal"
    );
}
