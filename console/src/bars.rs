//! BAR: parallel bars that are sound at the time asked about. A rope never counts.

use jiff::{Timestamp, ToSpan as _, civil, tz::TimeZone};
use treadwell_client::v1::{self, BarsState, Equipment};

use crate::tui::time;

/// The state of a room's bars at an instant, by its inspection and its site's outages.
pub(crate) fn state(
    room: &v1::Room,
    outages: &[v1::Outage],
    at: Timestamp,
    zone: &TimeZone,
) -> BarsState {
    let next = at.checked_add(1.second()).unwrap_or(at);
    match spans_out(room, outages, (at, next), zone) {
        None => BarsState::None,
        Some(out) if out.is_empty() => BarsState::Sound,
        Some(_) => BarsState::Out,
    }
}

/// When within a span of time a room's bars are not sound, in order and without overlaps; none for a room without bars.
pub(crate) fn spans_out(
    room: &v1::Room,
    outages: &[v1::Outage],
    (from, until): (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Option<Vec<(Timestamp, Timestamp)>> {
    if !room
        .equipment()
        .any(|piece| piece == Equipment::ParallelBars)
    {
        return None;
    }
    let mut out: Vec<(Timestamp, Timestamp)> = outages
        .iter()
        .filter(|outage| outage.room_id == room.id && outage.support_only)
        .map(|outage| {
            let start = outage.start.as_ref().map_or(from, time::instant);
            (start, outage.end.as_ref().map_or(until, time::instant))
        })
        .collect();
    let (good_from, good_until) = inspected(room, zone).unwrap_or((until, until));
    out.extend([(from, good_from), (good_until, until)]);
    let clipped = out
        .into_iter()
        .map(|(start, end)| (start.max(from), end.min(until)));
    let mut out: Vec<_> = clipped.filter(|(start, end)| start < end).collect();
    out.sort_unstable();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in out {
        match joined.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => joined.push((start, end)),
        }
    }
    Some(joined)
}

/// From when until when the room's last inspection is good; none when it never passed one.
fn inspected(room: &v1::Room, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let inspection = room.inspection.as_ref()?;
    let begins = |date: civil::Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp());
    let passed = time::date_of(inspection.passed_on.as_ref()?)?;
    let last = time::date_of(inspection.good_through.as_ref()?)?;
    Some((begins(passed)?, begins(last.tomorrow().ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = "America/Halifax";

    fn at(text: &str) -> Timestamp {
        format!("{text}:00-03:00").parse().expect("a time")
    }

    fn room(good_through: (i32, i32, i32)) -> v1::Room {
        let date = |(year, month, day)| Some(v1::LocalDate { year, month, day });
        v1::Room {
            id: "h1".to_owned(),
            equipment: vec![Equipment::Table.into(), Equipment::ParallelBars.into()],
            inspection: Some(v1::Inspection {
                passed_on: date((2026, 3, 31)),
                good_through: date(good_through),
                ..v1::Inspection::default()
            }),
            ..v1::Room::default()
        }
    }

    fn outage(support_only: bool, start: &str, end: Option<&str>) -> v1::Outage {
        v1::Outage {
            room_id: "h1".to_owned(),
            support_only,
            start: Some(time::wire(at(start))),
            end: end.map(|end| time::wire(at(end))),
            ..v1::Outage::default()
        }
    }

    #[test]
    fn bars_are_out_while_an_outage_lasts_and_after_their_inspection() {
        let outages = [
            outage(true, "2026-10-14T12:00", Some("2026-10-14T15:00")),
            outage(false, "2026-10-14T16:00", None),
        ];
        for (time, expected) in [
            ("2026-03-30T23:59", BarsState::Out),
            ("2026-03-31T00:00", BarsState::Sound),
            ("2026-10-14T11:59", BarsState::Sound),
            ("2026-10-14T12:00", BarsState::Out),
            ("2026-10-14T14:59", BarsState::Out),
            ("2026-10-14T15:00", BarsState::Sound),
            ("2026-10-14T17:00", BarsState::Sound),
            ("2026-10-20T23:59", BarsState::Sound),
            ("2026-10-21T00:00", BarsState::Out),
        ] {
            let found = state(&room((2026, 10, 20)), &outages, at(time), &time::zone(ZONE));
            assert_eq!(found, expected, "at {time}");
        }
    }

    #[test]
    fn a_rope_is_no_bar_and_bars_never_inspected_are_out() {
        let zone = time::zone(ZONE);
        let never = v1::Room {
            inspection: None,
            ..room((2026, 10, 20))
        };
        let now = at("2026-10-14T14:00");
        assert_eq!(state(&never, &[], now, &zone), BarsState::Out);
        let rope = v1::Room {
            equipment: vec![Equipment::Table.into(), Equipment::Rope.into()],
            ..never
        };
        assert_eq!(state(&rope, &[], now, &zone), BarsState::None);
    }

    #[test]
    fn spans_are_clipped_and_joined() {
        let outages = [
            outage(true, "2026-10-14T14:00", Some("2026-10-14T16:00")),
            outage(true, "2026-10-13T12:00", Some("2026-10-14T09:00")),
            outage(true, "2026-10-14T15:00", Some("2026-10-14T18:00")),
        ];
        let day = (at("2026-10-14T08:00"), at("2026-10-14T20:00"));
        let out = spans_out(&room((2026, 12, 31)), &outages, day, &time::zone(ZONE));
        let expected = vec![
            (at("2026-10-14T08:00"), at("2026-10-14T09:00")),
            (at("2026-10-14T14:00"), at("2026-10-14T18:00")),
        ];
        assert_eq!(out, Some(expected));
    }
}
