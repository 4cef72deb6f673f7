use jiff::civil::{Date, date, time};
use jiff::{Span, ToSpan};
use proptest::prelude::*;

use crate::command::{Command, PutShift, PutTemplate};
use crate::decide::desk::{DAY, Desk, actor, cell, shift, wish, with};
use crate::fixture::{local, minutes, site_id, therapist_id};
use crate::id::{TemplateId, TherapistId};
use crate::model::{DayShift, RecordId, Role, Shift, WeekTemplate};
use crate::refusal::Refusal;
use crate::rules::left_out;
use crate::time::{Interval, Zone};

mod way;

fn day(from: (i8, i8), until: (i8, i8)) -> DayShift {
    DayShift {
        from: time(from.0, from.1, 0, 0),
        until: time(until.0 % 24, until.1, 0, 0),
        breaks: Vec::new(),
    }
}

/// Dan's template at Halifax: 9 to 17 on every weekday, from the day of the tests on.
fn weekdays(who: &str) -> PutTemplate {
    let mut days: [Vec<DayShift>; 7] = Default::default();
    for weekday in days.iter_mut().take(5) {
        weekday.push(day((9, 0), (17, 0)));
    }
    PutTemplate {
        template: None,
        therapist: therapist_id(who),
        site: site_id("halifax"),
        first: DAY.tomorrow().unwrap(),
        last: None,
        every_weeks: 1,
        days,
        etag: None,
    }
}

fn put(desk: &mut Desk, template: PutTemplate) -> TemplateId {
    let decision = desk.done(&Command::PutTemplate(template));
    match decision.reply.records[..] {
        [RecordId::WeekTemplate(id)] => id,
        ref other => panic!("a template was made, not {other:?}"),
    }
}

fn shifts_on(desk: &Desk, who: &str, on: Date) -> Vec<Shift> {
    let (from, until) = (local(on, 0, 0), local(on.tomorrow().unwrap(), 0, 0));
    let at = |instant| crate::time::Cell::exactly(instant).unwrap();
    let on = Interval::new(at(from), at(until)).unwrap();
    let shifts = desk.clinic.shifts_of(therapist_id(who), on);
    shifts.map(|shift| Shift::clone(shift)).collect()
}

fn days_with_shifts(desk: &Desk, who: TherapistId) -> usize {
    desk.clinic
        .shifts()
        .filter(|shift| shift.therapist == who && shift.template.is_some())
        .count()
}

#[test]
fn a_template_makes_the_shifts_of_a_year_and_more_as_days_come() {
    let (mut desk, _) = Desk::open();
    let id = put(&mut desk, weekdays("ann"));
    let made = days_with_shifts(&desk, therapist_id("ann"));
    let until = desk.clinic.template(id).unwrap().made_until;
    assert_eq!(until, DAY.checked_add(400.days()).unwrap());
    // Tuesday 24 November 2026 to Tuesday 28 December 2027: 57 weeks and a day, Monday to Friday.
    assert_eq!(made, 57 * 5 + 1);
    assert!(desk.clinic.templates_to_roll(desk.now).next().is_none());
    desk.now = local(DAY.checked_add(7.days()).unwrap(), 8, 0);
    desk.done(&Command::RollRoster);
    assert_eq!(days_with_shifts(&desk, therapist_id("ann")), made + 5);
    assert!(desk.clinic.templates_to_roll(desk.now).next().is_none());
    // Time passes without anybody having done something: there is nothing new to undo.
    assert_eq!(desk.refused(&Command::Undo).reason(), "UNDO_TOO_LATE");
}

#[test]
fn what_a_person_changed_stays_when_the_template_changes() {
    let (mut desk, _) = Desk::open();
    let id = put(&mut desk, weekdays("ann"));
    let [tue, wed, thu] = [1, 2, 3].map(|days: i64| DAY.checked_add(days.days()).unwrap());
    let tuesday = shifts_on(&desk, "ann", tue).remove(0);
    let late = Interval::new(cell(12, 0).plus_cells(288), cell(20, 0).plus_cells(288)).unwrap();
    desk.done(&Command::PutShifts(vec![PutShift {
        shift: Some(tuesday.id),
        therapist: tuesday.therapist,
        site: tuesday.site,
        time: late,
        breaks: vec![],
        etag: None,
    }]));
    let wednesday = shifts_on(&desk, "ann", wed).remove(0);
    desk.done(&Command::RemoveShift {
        shift: wednesday.id,
        etag: None,
    });
    let mut earlier = weekdays("ann");
    earlier.template = Some(id);
    earlier.days[3] = vec![day((8, 0), (12, 0)), day((13, 0), (16, 0))];
    put(&mut desk, earlier.clone());
    assert_eq!(shifts_on(&desk, "ann", tue)[0].time, late);
    assert_eq!(shifts_on(&desk, "ann", tue)[0].template, None);
    assert_eq!(shifts_on(&desk, "ann", wed), []);
    assert_eq!(shifts_on(&desk, "ann", thu).len(), 2);
    // The template ends: its shifts go, the exception stays.
    desk.done(&Command::RemoveTemplate {
        template: id,
        etag: None,
    });
    assert_eq!(days_with_shifts(&desk, therapist_id("ann")), 0);
    assert_eq!(shifts_on(&desk, "ann", tue)[0].time, late);
    let gone = desk.refused(&Command::PutTemplate(earlier));
    assert_eq!(gone.reason(), "NOT_FOUND");
}

#[test]
fn the_other_shift_of_a_day_that_a_person_changed_stays() {
    let (mut desk, _) = Desk::open();
    let mut template = weekdays("ann");
    template.days[1] = vec![day((9, 0), (12, 0)), day((13, 0), (17, 0))];
    let id = put(&mut desk, template.clone());
    let tuesday = DAY.tomorrow().unwrap();
    let [morning, afternoon] = shifts_on(&desk, "ann", tuesday).try_into().unwrap();
    desk.done(&Command::RemoveShift {
        shift: morning.id,
        etag: None,
    });
    template.template = Some(id);
    template.days[2] = vec![day((10, 0), (12, 0))];
    put(&mut desk, template);
    assert_eq!(shifts_on(&desk, "ann", tuesday), [afternoon]);
}

#[test]
fn days_that_passed_while_nobody_looked_get_no_shifts() {
    let (mut desk, _) = Desk::open();
    put(&mut desk, weekdays("ann"));
    let made = days_with_shifts(&desk, therapist_id("ann"));
    let reach = desk.clinic.templates().next().unwrap().made_until;
    // Two years later: four hundred days ahead of then, and nothing in between.
    desk.now = local(DAY.checked_add(730.days()).unwrap(), 8, 0);
    desk.done(&Command::RollRoster);
    let missed = shifts_on(&desk, "ann", reach.checked_add(14.days()).unwrap());
    assert_eq!(missed, []);
    assert!(days_with_shifts(&desk, therapist_id("ann")) > made);
}

#[test]
fn shifts_made_when_the_clinic_looked_further_ahead_stay() {
    let (mut desk, _) = Desk::open();
    let mut template = weekdays("ann");
    template.template = Some(put(&mut desk, template.clone()));
    desk.done(&Command::PutPolicy(crate::command::Put {
        resource: crate::model::Policy {
            horizon_days: 30,
            ..crate::model::Policy::clone(desk.clinic.policy())
        },
        etag: None,
    }));
    let made = days_with_shifts(&desk, therapist_id("ann"));
    template.days[4][0].breaks = vec![(time(12, 0, 0, 0), time(12, 30, 0, 0))];
    put(&mut desk, template);
    assert_eq!(days_with_shifts(&desk, therapist_id("ann")), made);
    desk.done(&Command::Undo);
    assert_eq!(days_with_shifts(&desk, therapist_id("ann")), made);
}

#[test]
fn what_a_roll_covers_again_is_sound_again() {
    let (mut desk, clients) = Desk::open();
    put(&mut desk, weekdays("ann"));
    let reach = desk.clinic.templates().next().unwrap().made_until;
    let mut beyond = reach.checked_add(1.day()).unwrap();
    while beyond.weekday().to_monday_zero_offset() > 4 {
        beyond = beyond.checked_add(1.day()).unwrap();
    }
    let start = crate::time::Cell::exactly(local(beyond, 10, 0)).unwrap();
    // Booked in a shift of its own, which goes.
    let by_hand = PutShift {
        time: Interval::new(start, start.plus_cells(24)).unwrap(),
        ..shift("ann", "halifax", (0, 0), (1, 0))
    };
    desk.now = local(reach.checked_sub(390.days()).unwrap(), 8, 0);
    let shift = match desk.done(&Command::PutShifts(vec![by_hand])).reply.records[..] {
        [RecordId::Shift(id)] => id,
        ref other => panic!("a shift was made, not {other:?}"),
    };
    let mut later = with(wish("massage-60", 10, 0), "h3", "ann");
    later.start = start;
    let visit = desk.book(clients.clear, later);
    desk.done(&Command::RemoveShift { shift, etag: None });
    // So far ahead the declaration is too old by then.
    assert_eq!(desk.flags(visit), ["OFF_SHIFT", "SCREENING_INCOMPLETE"]);
    desk.done(&Command::RollRoster);
    assert_eq!(desk.flags(visit), ["SCREENING_INCOMPLETE"]);
}

#[test]
fn an_unchanged_shift_is_no_change_and_a_running_one_stays() {
    let (mut desk, _) = Desk::open();
    let mut template = weekdays("ann");
    template.first = DAY.checked_add(7.days()).unwrap();
    let id = put(&mut desk, template.clone());
    let before: Vec<Shift> = desk.clinic.shifts().map(|it| Shift::clone(it)).collect();
    template.template = Some(id);
    let again = desk.done(&Command::PutTemplate(template.clone()));
    assert!(again.changes.is_empty());
    let after: Vec<Shift> = desk.clinic.shifts().map(|it| Shift::clone(it)).collect();
    assert_eq!(before, after);
    // Monday at ten the shift of the day has begun.
    let monday = template.first;
    desk.now = local(monday, 10, 0);
    template.days[0] = vec![day((12, 0), (20, 0))];
    put(&mut desk, template);
    let running = shifts_on(&desk, "ann", monday);
    assert_eq!(running[0].time.minutes(), 8 * 60);
    let next = shifts_on(&desk, "ann", monday.checked_add(7.days()).unwrap());
    assert_eq!(next[0].time.start(), {
        let noon = local(monday.checked_add(7.days()).unwrap(), 12, 0);
        crate::time::Cell::exactly(noon).unwrap()
    });
}

#[test]
fn a_later_first_date_touches_only_what_comes_from_then_on() {
    let (mut desk, _) = Desk::open();
    let id = put(&mut desk, weekdays("ann"));
    let all = days_with_shifts(&desk, therapist_id("ann"));
    let before = desk.clinic.template(id).unwrap().made_until;
    // From the second Monday on two hours a day.
    let first = DAY.checked_add(14.days()).unwrap();
    let mut short = weekdays("ann");
    short.template = Some(id);
    short.first = first;
    for weekday in short.days.iter_mut().take(5) {
        *weekday = vec![day((10, 0), (12, 0))];
    }
    put(&mut desk, short.clone());
    assert_eq!(days_with_shifts(&desk, therapist_id("ann")), all);
    let hours = |desk: &Desk, days: i64| {
        let on = DAY.checked_add(days.days()).unwrap();
        let shifts = shifts_on(desk, "ann", on);
        shifts
            .iter()
            .map(|it| it.time.minutes())
            .collect::<Vec<_>>()
    };
    assert_eq!(hours(&desk, 1), [8 * 60], "the next day is as it was");
    assert_eq!(hours(&desk, 11), [8 * 60], "and the last one before");
    assert_eq!(hours(&desk, 14), [2 * 60]);
    // Written again the same, it changes nothing.
    let again = desk.done(&Command::PutTemplate(short.clone()));
    assert_eq!(again.changes, []);
    // Beyond what is made of the week as it is there would be a gap.
    short.first = before.tomorrow().unwrap();
    let refusal = desk.refused(&Command::PutTemplate(short));
    assert!(matches!(refusal, Refusal::Invalid(it) if it[0].field == "first"));
}

/// Bea's week at Halifax, to be put: on its second day she is at Dartmouth until so many minutes past 8.
fn after_an_early_shift_elsewhere(minutes: i8) -> (Desk, PutTemplate) {
    let (mut desk, _) = Desk::open();
    let tomorrow = |hour, minute| cell(hour, minute).plus_cells(288);
    let there = PutShift {
        time: Interval::new(tomorrow(7, 0), tomorrow(8, minutes)).unwrap(),
        ..shift("bea", "dartmouth", (7, 0), (8, 0))
    };
    desk.done(&Command::PutShifts(vec![there]));
    let mut week = weekdays("bea");
    week.first = DAY;
    (desk, week)
}

#[test]
fn a_shift_in_the_way_is_left_in_peace_and_named() {
    // Bea is on shift at Halifax from 9 to 21 on the day itself, and tomorrow at Dartmouth until 8:45.
    let (mut desk, mut week) = after_an_early_shift_elsewhere(45);
    let id = put(&mut desk, week.clone());
    let [today, next, after] = [0, 1, 2].map(|days: i64| DAY.checked_add(days.days()).unwrap());
    let made = |desk: &Desk, on| {
        let shifts = shifts_on(desk, "bea", on);
        shifts.iter().filter(|it| it.template == Some(id)).count()
    };
    assert_eq!([today, next, after].map(|on| made(&desk, on)), [0, 0, 1]);
    let left_out = |desk: &Desk| {
        let template = desk.clinic.template(id).unwrap();
        let all = left_out(&desk.clinic, template, desk.now).into_iter();
        all.map(|it| (it.date, it.by.travel)).collect::<Vec<_>>()
    };
    assert_eq!(left_out(&desk), [(today, None), (next, Some(minutes(30)))]);
    // Once it is not in the way any more, the week put again has its day.
    let there = shifts_on(&desk, "bea", next).remove(0).id;
    desk.done(&Command::RemoveShift {
        shift: there,
        etag: None,
    });
    week.template = Some(id);
    put(&mut desk, week);
    assert_eq!([today, next, after].map(|on| made(&desk, on)), [0, 1, 1]);
    assert_eq!(left_out(&desk), [(today, None)]);
}

type Spoil = fn(&mut PutTemplate);

#[test]
fn a_template_is_well_formed() {
    let (mut desk, _) = Desk::open();
    let cases: [(&str, Spoil); 9] = [
        ("last", |it| it.last = Some(date(2026, 1, 1))),
        ("every_weeks", |it| it.every_weeks = 0),
        ("every_weeks", |it| it.every_weeks = 9),
        ("days", |it| it.days = Default::default()),
        ("days[0].shifts", |it| {
            it.days[0] = vec![day((9, 0), (12, 0)), day((11, 0), (14, 0))];
        }),
        ("days[0].shifts", |it| {
            it.days[0] = vec![day((9, 0), (24, 0)), day((10, 0), (14, 0))];
        }),
        ("days[0].shifts[0].until", |it| {
            it.days[0] = vec![day((12, 0), (9, 0))];
        }),
        ("days[0].shifts[0].times", |it| {
            it.days[0] = vec![day((9, 1), (12, 0))];
        }),
        ("days[0].shifts[0].breaks", |it| {
            it.days[0][0].breaks = vec![(time(8, 0, 0, 0), time(9, 30, 0, 0))];
        }),
    ];
    for (field, spoil) in cases {
        let mut template = weekdays("bea");
        spoil(&mut template);
        match desk.refused(&Command::PutTemplate(template)) {
            Refusal::Invalid(violations) => {
                let fields: Vec<_> = violations.iter().map(|it| it.field.as_str()).collect();
                assert!(fields.contains(&field), "{field}: {fields:?}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    let elsewhere = PutTemplate {
        site: site_id("dartmouth"),
        ..weekdays("ann")
    };
    assert_eq!(
        desk.refused(&Command::PutTemplate(elsewhere)).reason(),
        "THERAPIST_OF_ANOTHER_SITE"
    );
}

#[test]
fn whom_a_template_no_longer_covers_is_flagged() {
    let (mut desk, clients) = Desk::open();
    let id = put(&mut desk, weekdays("ann"));
    let mut tomorrow = with(wish("massage-60", 10, 0), "h3", "ann");
    tomorrow.start = tomorrow.start.plus_cells(288);
    let visit = desk.book(clients.clear, tomorrow);
    assert!(desk.flags(visit).is_empty());
    let mut shorter = weekdays("ann");
    shorter.template = Some(id);
    shorter.days[1] = vec![day((12, 0), (17, 0))];
    put(&mut desk, shorter);
    assert_eq!(desk.flags(visit), ["OFF_SHIFT"]);
    desk.done(&Command::RemoveTemplate {
        template: id,
        etag: None,
    });
    assert_eq!(desk.flags(visit), ["OFF_SHIFT"]);
}

#[test]
fn a_roll_leaves_out_what_a_person_put_there() {
    let (mut desk, _) = Desk::open();
    put(&mut desk, weekdays("ann"));
    let reach = desk.clinic.templates().next().unwrap().made_until;
    // A day beyond the reach of today, where somebody puts a shift by hand.
    let later = reach.checked_add(1.day()).unwrap();
    let start = crate::time::Cell::exactly(local(later, 10, 0)).unwrap();
    let by_hand = PutShift {
        time: Interval::new(start, start.plus_cells(12)).unwrap(),
        ..shift("ann", "halifax", (0, 0), (1, 0))
    };
    desk.done(&Command::PutShifts(vec![by_hand]));
    desk.now = local(DAY.checked_add(2.days()).unwrap(), 8, 0);
    desk.done(&Command::RollRoster);
    let there = shifts_on(&desk, "ann", later);
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].template, None);
    let after = shifts_on(&desk, "ann", later.checked_add(1.day()).unwrap());
    assert!(after.iter().all(|it| it.template.is_some()) && after.len() == 1);
}

#[test]
fn a_manager_of_one_site_keeps_to_it() {
    let (mut desk, _) = Desk::open();
    desk.act_as(actor(1, Role::Owner));
    let id = put(&mut desk, weekdays("ann"));
    let mut limited = actor(2, Role::Manager);
    limited.sites = crate::model::Sites::Only([site_id("dartmouth")].into());
    desk.act_as(limited);
    let refused = desk.refused(&Command::RemoveTemplate {
        template: id,
        etag: None,
    });
    assert_eq!(refused.reason(), "NOT_FOUND");
    assert_eq!(
        desk.refused(&Command::PutTemplate(weekdays("ann")))
            .reason(),
        "SITE_NOT_ALLOWED"
    );
}

/// The shifts of a template by walking its dates one by one, with week numbers counted in days.
fn oracle(template: &WeekTemplate, zone: &Zone, from: Date, until: Date) -> Vec<(Date, Interval)> {
    let mut monday = template.first;
    while monday.weekday() != jiff::civil::Weekday::Monday {
        monday = monday.yesterday().unwrap();
    }
    let mut found = Vec::new();
    let (mut at, mut days) = (monday, 0_u32);
    while at <= until {
        let in_force = at >= template.first && template.last.is_none_or(|last| at <= last);
        let its_week = (days / 7) % u32::from(template.every_weeks) == 0;
        if at >= from && in_force && its_week && !template.except.contains(&at) {
            let index = usize::try_from(days % 7).unwrap();
            for shift in &template.days[index] {
                let end = if shift.until == time(0, 0, 0, 0) {
                    zone.end_of(at)
                } else {
                    zone.instant(at, shift.until)
                };
                let at_cell = crate::time::Cell::at_or_after;
                let time = Interval::new(at_cell(zone.instant(at, shift.from)), at_cell(end));
                found.extend(time.map(|time| (at, time)));
            }
        }
        at = at.tomorrow().unwrap();
        days += 1;
    }
    found
}

proptest! {
    #[test]
    fn a_template_says_the_dates_that_a_calendar_says(
        start in 0_i64..900, length in prop::option::of(0_i64..200), every in 1_u8..=8,
        pattern in prop::collection::vec((0_i8..24, 1_i8..=24), 7), holes in prop::collection::btree_set(0_i64..300, 0..12),
        from in -30_i64..200, window in 0_i64..120,
    ) {
        let first = date(2026, 1, 1).checked_add(Span::new().days(start)).unwrap();
        let plus = |days: i64| first.checked_add(Span::new().days(days)).unwrap();
        let mut days: [Vec<DayShift>; 7] = Default::default();
        for (slot, (from, until)) in days.iter_mut().zip(pattern) {
            if from < until {
                slot.push(day((from, 0), (until, 0)));
            }
        }
        let template = WeekTemplate {
            id: TemplateId::new(1),
            therapist: therapist_id("ann"),
            site: site_id("halifax"),
            first,
            last: length.map(plus),
            every_weeks: every,
            days,
            except: holes.into_iter().map(plus).collect(),
            made_until: first,
        };
        let zone = Zone::named("America/Halifax").unwrap();
        let (from, until) = (plus(from), plus(from + window));
        let found: Vec<_> = template
            .shifts(&zone, from, until)
            .into_iter()
            .map(|shift| (shift.date, shift.time))
            .collect();
        prop_assert_eq!(found, oracle(&template, &zone, from, until));
    }
}
