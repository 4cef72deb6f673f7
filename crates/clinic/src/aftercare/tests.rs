use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::fixture::{
    BAR_ROOM, Records, ashiatsu, foot, halifax, local, massage, policy, room, therapist_id,
};
use crate::model::{Advice, Modality, Session, Slot};

/// What a client is told after a session of a service that was over at a local time.
fn told(service: &Service, day: Date, hour: i8, minute: i8) -> Vec<String> {
    let finished = local(day, hour, minute);
    lines(&Guide::default(), service, finished, &halifax())
        .unwrap()
        .into_iter()
        .map(|line| line.text)
        .collect()
}

fn lifting(day: Date, hour: i8, minute: i8) -> String {
    let lines = told(&ashiatsu(), day, hour, minute);
    let found = lines.iter().find(|line| line.contains("lifting"));
    found.unwrap().clone()
}

#[test]
fn restrictions_end_a_day_after_the_actual_finish() {
    let day = date(2026, 10, 13);
    assert_eq!(
        told(&ashiatsu(), day, 15, 30),
        [
            "Drink plenty of water.",
            "Stretch gently.",
            "Take a hot shower or sit in a sauna.",
            "Use Biofreeze on the lower back as needed.",
            "No heavy lifting, not even a child over 35 lb, until Wed 15:30.",
            "No rough-contact sports, and none that twist the back, until Wed 15:30.",
            "No long sitting in a hard chair until Wed 15:30.",
            "No heavy drinking until Wed 15:30.",
            "Nothing else that is strenuous until Wed 15:30.",
        ]
    );
    // Never earlier than the 24 hours: 15:27 becomes 15:30, 15:31 becomes 15:35.
    assert!(lifting(day, 15, 27).ends_with("Wed 15:30."));
    assert!(lifting(day, 15, 31).ends_with("Wed 15:35."));
}

#[test]
fn a_foot_massage_asks_for_rest_until_midnight() {
    let day = date(2026, 10, 13);
    let finished = local(day, 15, 40);
    let lines = lines(&Guide::default(), &foot(), finished, &halifax()).unwrap();
    let rest = lines.iter().find(|line| line.until.is_some()).unwrap();
    assert_eq!(
        rest.text,
        "Take it easy for the rest of the day: nothing strenuous until midnight."
    );
    assert_eq!(rest.until, Some(local(date(2026, 10, 14), 0, 0)));
    // A session that ends in the first minutes of a day asks for all of that day.
    let late = super::lines(&Guide::default(), &foot(), local(day, 0, 2), &halifax()).unwrap();
    let until = late.iter().find_map(|line| line.until);
    assert_eq!(until, Some(local(date(2026, 10, 14), 0, 0)));
    assert!(
        told(&massage(), day, 15, 40)
            .iter()
            .all(|line| !line.contains("until"))
    );
}

#[test]
fn a_day_is_24_hours_when_the_clock_is_changed() {
    // Spring forward on 8 March 2026, back on 1 November.
    assert!(lifting(date(2026, 3, 7), 15, 30).ends_with("Sun 16:30."));
    assert!(lifting(date(2026, 10, 31), 15, 30).ends_with("Sun 14:30."));
    // 02:10 does not exist on the 8th; 01:10 is there twice on the 1st.
    assert!(lifting(date(2026, 3, 7), 2, 10).ends_with("Sun 03:10."));
    assert!(lifting(date(2026, 10, 31), 1, 10).ends_with("Sun 01:10."));
    let second = lifting(date(2026, 10, 31), 2, 10);
    assert!(
        second.ends_with("Sun 01:10 (after the clock went back)."),
        "{second}"
    );
    // Midnight is the local one on days of 23 and of 25 hours.
    for (day, hours) in [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)] {
        let begin = local(day, 0, 0);
        let line = lines(&Guide::default(), &foot(), begin, &halifax()).unwrap();
        let until = line.iter().find_map(|line| line.until).unwrap();
        assert_eq!(until.duration_since(begin).as_hours(), hours);
    }
}

#[test]
fn what_clients_are_told_is_data() {
    let advice = Advice {
        modality: Modality::HandsOn,
        source: String::new(),
        items: vec![AdviceItem {
            text: "Nothing until {until}, please.".to_owned(),
            lasting: Lasting::Hours(2),
        }],
    };
    let guide = Guide {
        advice: vec![advice],
        ..Guide::default()
    };
    let finished = local(date(2026, 10, 13), 15, 30);
    let of = |service: &Service| lines(&guide, service, finished, &halifax());
    assert_eq!(
        of(&massage()).unwrap()[0].text,
        "Nothing until Tue 17:30, please."
    );
    assert_eq!(of(&ashiatsu()), None);
}

/// A clinic whose guide says this after ashiatsu, and its appointment that is over.
fn finished(text: &str) -> (Clinic, Appointment) {
    let day = date(2026, 10, 13);
    let mut figures = policy(400);
    figures.guide.advice[0].items[0].text = text.to_owned();
    let clinic = Records::small(day).with(figures).clinic();
    let start = crate::fixture::cell(day, 14, 0);
    let h1 = room("h1", "halifax", &BAR_ROOM);
    let slot = Slot::plan(&ashiatsu(), &[], &h1, therapist_id("ann"), start).unwrap();
    let at = |hour, minute| local(day, hour, minute);
    let session = Session {
        arrived: at(13, 50),
        started: at(14, 0),
        finished: at(14, 58),
        stopped: None,
        ready: None,
    };
    let appointment = Appointment {
        state: State::Completed(Box::new(session)),
        ..crate::fixture::appointment(1, 1, slot)
    };
    (clinic, appointment)
}

#[test]
fn the_page_can_be_printed() {
    let (clinic, appointment) = finished("Drink plenty of water.");
    let sheet = sheet(&clinic, &appointment).unwrap();
    let page = page(&clinic, &appointment, &sheet);
    let expected = "\
halifax
1 Street
--------------------------------------------------------------------------------
AFTER YOUR SESSION

For        Client 1
Treatment  Ashiatsu
Therapist  ann
Finished   Tue 13 Oct 2026, 14:58
--------------------------------------------------------------------------------
- Drink plenty of water.
";
    assert!(page.starts_with(expected), "{page}");
    assert!(page.contains("until Wed 15:00."), "{page}");
    assert_eq!(text(&sheet).lines().count(), 9);
}

#[test]
fn there_is_no_sheet_before_the_session_is_over() {
    let (clinic, mut appointment) = finished("Rest.");
    appointment.state = State::Booked;
    assert_eq!(sheet(&clinic, &appointment), None);
}

proptest! {
    /// Whatever a manager writes, every line fits, and no word is lost.
    #[test]
    fn no_line_is_wider_than_the_page(text in "[a-z\u{e9}\u{4e2d}]{1,170}( [a-z]{1,12}){0,6}") {
        let (clinic, appointment) = finished(&text);
        let sheet = sheet(&clinic, &appointment).unwrap();
        let page = page(&clinic, &appointment, &sheet);
        for line in page.lines() {
            prop_assert!(line.chars().count() <= PAGE_WIDTH, "{line}");
        }
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert!(letters(&page).contains(&letters(&text)));
    }

    /// Restrictions hold for the 24 hours at least and 5 minutes longer at most, whatever the clock does.
    #[test]
    fn a_restriction_holds_for_its_hours(seconds in 0_i64..400 * 86_400) {
        let finished = Timestamp::from_second(1_780_000_000 + seconds).unwrap();
        let lines = lines(&Guide::default(), &ashiatsu(), finished, &halifax()).unwrap();
        for until in lines.iter().filter_map(|line| line.until) {
            let held = until.duration_since(finished).as_secs();
            prop_assert!((86_400..86_700).contains(&held), "{held}");
        }
    }
}
