//! The way between two sites takes longer from some day on.

use super::*;
use crate::command::Put;
use crate::model::Policy;

#[test]
fn a_day_that_stays_as_it_was_is_not_judged_by_a_longer_way() {
    let (mut desk, mut week) = after_an_early_shift_elsewhere(30);
    let id = put(&mut desk, week.clone());
    let next = DAY.tomorrow().unwrap();
    let of_the_week = |desk: &Desk| {
        let mut shifts = shifts_on(desk, "bea", next);
        shifts.retain(|it| it.template == Some(id));
        shifts
    };
    let before = of_the_week(&desk);
    assert_eq!(before.len(), 1);
    desk.done(&Command::PutPolicy(Put {
        resource: Policy {
            travel: minutes(60),
            ..desk.clinic.policy().clone()
        },
        etag: None,
    }));
    week.template = Some(id);
    week.days[4] = vec![day((10, 0), (12, 0))];
    put(&mut desk, week);
    assert_eq!(of_the_week(&desk), before);
}
