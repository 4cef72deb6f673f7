//! The workload against figures printed by the reference generator.

use super::*;

fn appointments(sites: u32) -> usize {
    (1..=sites)
        .flat_map(|site| (0..DAYS).map(move |day| site_day(site, day).len()))
        .sum()
}

#[test]
fn the_data_sets_have_the_published_size() {
    assert_eq!(appointments(DataSet::Clinic.sites()), 6_281);
    assert_eq!(appointments(DataSet::Chain.sites()), 628_834);
}

#[test]
fn a_days_appointments_are_those_of_the_reference() {
    let day = site_day(1, 0);
    assert_eq!(day.len(), 35);
    assert_eq!(
        day[0],
        Appointment {
            room: 0,
            therapist: 2,
            client: 678,
            minute: 0,
            ashiatsu: true
        }
    );
    assert_eq!(
        site_day(200, 89).last(),
        Some(&Appointment {
            room: 5,
            therapist: 1,
            client: 693,
            minute: 660,
            ashiatsu: false
        })
    );
}

#[test]
fn days_open_at_nine_local_time_on_both_sides_of_the_clock_change() {
    assert_eq!(open(0).as_second(), 1_799_067_600);
    assert_eq!(open(69).as_second(), 1_805_025_600);
}

#[test]
fn searches_answer_what_the_reference_oracle_answers() {
    let ends = |site, first_day, grid| {
        let places = Search { site, first_day }.places(grid);
        assert_eq!(places.len(), PLACES);
        let flat = |place: &(Timestamp, u32, u32)| (place.0.as_second(), place.1, place.2);
        (flat(&places[0]), flat(&places[PLACES - 1]))
    };
    assert_eq!(
        ends(1, 0, 15),
        ((1_799_088_300, 2, 4), (1_799_096_400, 2, 4))
    );
    assert_eq!(
        ends(2, 68, 15),
        ((1_804_959_000, 2, 0), (1_804_965_300, 4, 4))
    );
    assert_eq!(
        ends(2, 75, 5),
        ((1_805_555_700, 0, 4), (1_805_583_300, 2, 0))
    );
}

#[test]
fn bookings_never_clash_with_each_other() {
    let mut rooms = std::collections::BTreeSet::new();
    let mut clients = std::collections::BTreeSet::new();
    for k in 0..50_000 {
        let booking = Booking::number(k, 2);
        assert!(rooms.insert((booking.site, booking.room, booking.day, booking.minute)));
        assert!(clients.insert((booking.site, booking.client, booking.day, booking.minute)));
        assert!(booking.client < CLIENTS_PER_SITE && booking.minute <= LAST_START);
    }
}
