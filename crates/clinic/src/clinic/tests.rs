use jiff::SignedDuration;
use jiff::civil::date;

use super::*;
use crate::fixture::{
    BAR_ROOM, Records, ashiatsu, cell, hold, local, massage, room, room_id, therapist_id,
};
use crate::model::Slot;

#[test]
fn a_reader_sees_no_hold_that_has_expired() {
    let day = date(2027, 1, 4);
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let (massage, ashiatsu) = (massage(), ashiatsu());
    let slot = |service, hour| {
        let start = cell(day, hour, 0);
        Slot::plan(service, &[], &h1, therapist_id("ann"), start).expect("fits")
    };
    let (at, later) = (local(day, 9, 5), local(day, 9, 6));
    let staying = Records::small(day).with(hold(5, None, slot(&massage, 15), later));
    let clinic = staying
        .clone()
        .with(hold(3, Some(2), slot(&ashiatsu, 12), at))
        .with(hold(4, None, slot(&massage, 10), at))
        .clinic();
    let before = at - SignedDuration::from_nanos(1);
    assert!(matches!(clinic.without_expired(before), Cow::Borrowed(_)));
    let live = clinic.without_expired(at);
    assert!(*live == staying.clinic(), "those are gone, and all of them");
    assert_eq!(clinic.holds().count(), 3, "the clinic itself stays");
    let all = crate::time::Interval::new(cell(day, 9, 0), cell(day, 21, 0)).expect("12 hours");
    assert_eq!(clinic.room_agenda(room_id("h1"), all).count(), 3);
}
