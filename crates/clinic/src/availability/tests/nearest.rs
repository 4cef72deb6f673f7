//! What is offered instead of a place that can not be had.

use jiff::civil::date;

use super::search::{DAY, shown, slot};
use super::*;
use crate::fixture::*;
use crate::model::When;
use crate::time::Interval;

#[test]
fn the_nearest_alternatives_keep_the_therapist_where_they_can() {
    let noon = cell(DAY, 12, 0);
    let records = Records::small(DAY).with(appointment(1, 7, slot(&ashiatsu(), "h1", "ann", noon)));
    let clinic = records.clinic();
    let mut wish = wish(&ashiatsu(), "halifax", noon);
    (wish.room, wish.therapist) = (Some(room_id("h1")), Some(therapist_id("ann")));
    let near = |wish: &Wish, hour, count| {
        let now = local(DAY, hour, 0);
        shown(&nearest(&clinic, wish, Purpose::Book, None, now, count))
    };
    // The same time with bea, then the nearest before and after.
    assert_eq!(
        near(&wish, 8, 3),
        ["12:00 h2 bea", "11:45 h2 bea", "12:15 h2 bea"]
    );
    // Ann is back after her reset, at 13:10.
    assert_eq!(near(&wish, 8, 20)[10], "13:15 h1 ann");
    assert_eq!(
        near(&wish, 12, 2),
        ["12:00 h2 bea", "12:15 h2 bea"],
        "none is past"
    );
    // A start off the grid is an alternative itself.
    wish.start = cell(DAY, 12, 5);
    assert_eq!(near(&wish, 8, 2), ["12:05 h2 bea", "12:00 h2 bea"]);
    assert!(near(&wish, 22, 3).is_empty());
}

#[test]
fn an_excluded_clients_alternatives_begin_on_the_first_eligible_date() {
    let surgery = Some(("breast-implants", When::Date(date(2026, 12, 20))));
    let eligible = date(2027, 9, 20);
    let day = |day| Interval::new(cell(day, 9, 0), cell(day, 21, 0)).expect("12 hours");
    let records = Records::small(DAY)
        .with(shift(8, "bea", "halifax", day(date(2027, 9, 19))))
        .with(shift(9, "bea", "halifax", day(eligible)))
        .with(declaration(2, 2, local(DAY, 0, 0), surgery));
    let wish = Wish {
        client: Some(ClientId::new(2)),
        ..wish(&ashiatsu(), "halifax", cell(DAY, 12, 0))
    };
    let near = |records: &Records, purpose| {
        let now = local(DAY, 8, 0);
        let clinic = records.clinic();
        let found = nearest(&clinic, &wish, purpose, None, now, 2);
        let starts = found.iter().map(|proposal| proposal.slot.start());
        starts.collect::<Vec<_>>()
    };
    assert_eq!(
        near(&records, Purpose::Book),
        [cell(eligible, 9, 0), cell(eligible, 9, 15)]
    );
    assert_eq!(
        near(&records, Purpose::Hold),
        [cell(DAY, 12, 0), cell(DAY, 11, 45)]
    );
    // The last day that was looked at anyway is the eligible one, and there is nothing before the day after it.
    let soon = Some(("breast-implants", When::Date(date(2026, 5, 4))));
    let later = date(2027, 2, 5);
    let records = Records::small(DAY)
        .with(shift(8, "bea", "halifax", day(later)))
        .with(declaration(2, 2, local(DAY, 0, 0), soon));
    assert_eq!(
        near(&records, Purpose::Book),
        [cell(later, 9, 0), cell(later, 9, 15)]
    );
    let horizon_before = records.with(policy(20));
    assert!(near(&horizon_before, Purpose::Book).is_empty());
}
