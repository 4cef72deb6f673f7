//! The ordinary days: who comes when, and how it goes.

use jiff::civil::{Date, Weekday, date};
use jiff::{SignedDuration, Timestamp};
use treadwell_clinic::Command;
use treadwell_clinic::command::{Actor, AttestFootCare, Book, BookSource, Cancel, Step};
use treadwell_clinic::id::{AppointmentId, ClientId, RoomId, ServiceId, SiteId};
use treadwell_clinic::model::{Appointment, CancelReason, Care, Modality, OwnItem, Phase, Wish};
use treadwell_clinic::time::{Cell, Zone};

use super::people::People;
use super::scene::{self, Scene};
use super::{Stage, StoryError, own, site_id};
use crate::engine::EngineError;
use crate::sample::{ZONE, local};

/// The days before the demo's, on which both sites were open.
const PAST: [Date; 4] = [
    date(2026, 10, 8),
    date(2026, 10, 9),
    date(2026, 10, 10),
    date(2026, 10, 13),
];

/// The day of the demo.
const TODAY: Date = date(2026, 10, 14);

/// The days after it for which somebody has booked.
const AHEAD: [Date; 6] = [
    date(2026, 10, 15),
    date(2026, 10, 16),
    date(2026, 10, 17),
    date(2026, 10, 19),
    date(2026, 10, 20),
    date(2026, 10, 21),
];

/// What is asked for, with the minutes that its room is taken; the more often the more popular.
const SERVICES: [(&str, u32); 12] = [
    ("ashiatsu-60", 75),
    ("ashiatsu-60", 75),
    ("ashiatsu-75", 90),
    ("ashiatsu-90", 105),
    ("hands-on-60", 75),
    ("hands-on-60", 75),
    ("hands-on-60", 75),
    ("hands-on-90", 105),
    ("combination-90", 105),
    ("reflex-foot-30", 45),
    ("reflex-foot-30", 45),
    ("reflex-foot-45", 60),
];

/// How often somebody asks for a place on a day, at each site. Some find none.
const ASKED: [(&str, u32); 2] = [("halifax", 48), ("dartmouth", 36)];

/// Numbers that look like chance and are the same in every demo (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        u32::try_from(mixed % u64::from(end.max(1))).unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let at = self.below(u32::try_from(of.len()).ok()?);
        of.get(usize::try_from(at).ok()?).copied()
    }
}

/// Books the ordinary days. Whoever finds no place goes without: the clinic refuses, as it should.
pub(super) async fn book(stage: &Stage<'_>, regulars: &[ClientId]) -> Result<(), StoryError> {
    let mut chance = Chance(20_261_014);
    for day in PAST.into_iter().chain([TODAY]).chain(AHEAD) {
        for (site, asked) in ASKED {
            for _ in 0..asked {
                if let Some(wish) = ask(&mut chance, day, site_id(site), regulars) {
                    try_to_book(stage, wish).await?;
                }
            }
        }
    }
    Ok(())
}

fn ask(chance: &mut Chance, day: Date, site: SiteId, regulars: &[ClientId]) -> Option<Wish> {
    let (service, minutes) = chance.pick(&SERVICES)?;
    let client = chance.pick(regulars)?;
    // Quarters of an hour from 08:00 to 18:45.
    let quarter = chance.below(44);
    let start = Cell::containing(local(day, 8, 0)).plus_cells(quarter * 3);
    let end = start.plus_cells(minutes / 5);
    // Around the demo's now the scene has the rooms for itself.
    let before = end <= Cell::containing(local(TODAY, 12, 45));
    let after = start >= Cell::containing(local(TODAY, 16, 30));
    (day != TODAY || before || after).then(|| Wish {
        client: Some(client),
        service: ServiceId::parse(service).expect("the story's ids are slugs"),
        extensions: Vec::new(),
        site,
        start,
        room: None,
        therapist: None,
    })
}

async fn try_to_book(stage: &Stage<'_>, wish: Wish) -> Result<(), StoryError> {
    let desk = stage.desk(wish.site);
    let command = Command::Book(Book {
        source: BookSource::Wish(wish),
        walk_in: false,
        note: String::new(),
    });
    match stage
        .act(super::super::begins(), desk, "a booking", command)
        .await
    {
        Ok(_)
        | Err(StoryError::Refused {
            error: EngineError::Refused(_),
            ..
        }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Plays the days before the demo's, and its morning.
pub(super) async fn play_past_days(
    stage: &Stage<'_>,
    people: &People,
    scene: &Scene,
) -> Result<(), StoryError> {
    let mut chance = Chance(14);
    for day in PAST {
        attest(stage, day).await?;
        play(stage, plan(stage, day, &mut chance)).await?;
    }
    scene::day_before(stage, people).await?;
    attest(stage, TODAY).await?;
    scene::morning(stage, scene).await?;
    let noon = Cell::containing(local(TODAY, 12, 45));
    let morning = plan(stage, TODAY, &mut chance)
        .into_iter()
        .filter(|event| event.room_until <= noon)
        .collect();
    play(stage, morning).await
}

/// Everybody who works barefoot attests that their feet are cared for.
async fn attest(stage: &Stage<'_>, day: Date) -> Result<(), StoryError> {
    let clinic = stage.engine.snapshot();
    for therapist in clinic.clinic.therapists() {
        let Some(&site) = therapist.sites.first() else {
            continue;
        };
        let command = Command::AttestFootCare(AttestFootCare {
            therapist: therapist.id,
            site,
            care: Care {
                soak: true,
                scrub: true,
                pedicure: day.weekday() == Weekday::Tuesday,
            },
            polish_free: true,
        });
        stage
            .act(local(day, 7, 45), &stage.owner, "foot care", command)
            .await?;
    }
    Ok(())
}

/// Something that happens to an appointment.
struct Event {
    at: Timestamp,
    /// What goes first at the same time: rooms are freed before they are used.
    order: u8,
    site: SiteId,
    room_until: Cell,
    what: What,
}

enum What {
    Step(AppointmentId, fn(Step) -> Command),
    /// What the therapist did for their own hygiene by then.
    Own(AppointmentId, Vec<OwnItem>),
    Ready(RoomId),
}

/// How a day goes: most come and are treated, some cancel in the morning, some do not come.
fn plan(stage: &Stage<'_>, day: Date, chance: &mut Chance) -> Vec<Event> {
    let published = stage.engine.snapshot();
    let clinic = &published.clinic;
    let zone = Zone::named(ZONE).expect("the bundled database has Halifax");
    let mut events = Vec::new();
    for site in clinic.sites() {
        let appointments = zone.day(day).into_iter();
        for appointment in appointments.flat_map(|day| clinic.appointments_at(site.id, day)) {
            let waits = appointment.flags.is_empty();
            let service = clinic.service(appointment.slot.service);
            if let Some(service) = service
                && waits
                && matches!(appointment.state.phase(), Phase::Booked | Phase::Confirmed)
            {
                plan_one(appointment, service.modality, day, chance, &mut events);
            }
        }
    }
    events.sort_by_key(|event| (event.at, event.order));
    events
}

fn plan_one(
    appointment: &Appointment,
    modality: Modality,
    day: Date,
    chance: &mut Chance,
    events: &mut Vec<Event>,
) {
    let slot = &appointment.slot;
    let (start, end) = (
        slot.planned.start().timestamp(),
        slot.planned.end().timestamp(),
    );
    let minutes =
        |at: Timestamp, by: i64| at.checked_add(SignedDuration::from_mins(by)).unwrap_or(at);
    let mut add = |at, order, what| {
        events.push(Event {
            at,
            order,
            site: slot.site,
            room_until: slot.occupies.room.end(),
            what,
        });
    };
    let id = appointment.id;
    match chance.below(20) {
        0 => add(local(day, 7, 50), 0, What::Step(id, cancel)),
        1 => add(minutes(start, 15), 0, What::Step(id, Command::NoShow)),
        luck => {
            if luck > 10 {
                add(local(day, 7, 48), 0, What::Step(id, Command::Confirm));
            }
            let early = i64::from(chance.below(9));
            add(
                minutes(start, -3 - early),
                3,
                What::Step(id, Command::Reconfirm),
            );
            let (before, after): (Vec<_>, Vec<_>) = OwnItem::of(modality)
                .iter()
                .partition(|item| item.has_come(Phase::Arrived));
            add(minutes(start, -1), 3, What::Own(id, before));
            add(start, 4, What::Step(id, Command::Start));
            add(end, 1, What::Step(id, finish));
            // Now and then somebody forgets to record it.
            if luck != 7 {
                add(minutes(end, 3), 2, What::Own(id, after));
            }
            add(minutes(end, 9), 2, What::Ready(slot.room));
        }
    }
}

fn cancel(step: Step) -> Command {
    Command::Cancel(Cancel {
        step,
        reason: CancelReason::ClientRequest,
        note: String::new(),
    })
}

fn finish(step: Step) -> Command {
    Command::Finish {
        step,
        stopped: None,
    }
}

async fn play(stage: &Stage<'_>, events: Vec<Event>) -> Result<(), StoryError> {
    for event in events {
        let actor: &Actor = stage.desk(event.site);
        let (what, command) = match event.what {
            What::Step(appointment, command) => (
                "a step",
                command(Step {
                    appointment,
                    etag: None,
                }),
            ),
            What::Own(appointment, items) => ("own items", own(appointment, items)),
            What::Ready(room) => ("making a room ready", Command::CompleteTurnover { room }),
        };
        stage.act(event.at, actor, what, command).await?;
    }
    Ok(())
}
