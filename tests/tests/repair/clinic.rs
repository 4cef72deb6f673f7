//! A small day as a clinic, and what is planned for it.

use jiff::Timestamp;
use jiff::civil::{Time, date, time};
use treadwell_clinic::command::{Actor, ApplyRepair, Command, Context, RepairMove, Step};
use treadwell_clinic::id::{
    AppointmentId, ClientId, CredentialId, DeclarationId, Ids, KeyId, RoomId, RuleSetId, ShiftId,
    TherapistId,
};
use treadwell_clinic::model::{
    Answer, Answered, Appointment, Change, Charges, Client, Credential, Declaration, Equipment,
    EquipmentSet, Inspection, Modality, Opening, OutageTarget, Policy, Record, RuleSet, Service,
    Shift, Site, Sites, Slot, State, WeekHours,
};
use treadwell_clinic::model::{Room as RoomRecord, Therapist as TherapistRecord};
use treadwell_clinic::repair::{Cost, Disruption, Plan, plan};
use treadwell_clinic::time::{Cell, Interval, Minutes, Zone};
use treadwell_clinic::{Clinic, decide};

use super::day::{
    CLOSES, DAY, GAP, OPENS, Out, Place, Room, SERVICES, Small, Therapist, cost_of, is_swap,
};

fn slug<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a slug")
}

fn minutes(minutes: u32) -> Minutes {
    let minutes = u16::try_from(minutes).expect("small");
    Minutes::new(minutes).expect("a multiple of 5")
}

fn zone() -> Zone {
    Zone::named("America/Halifax").expect("bundled")
}

/// A minute after the day's midnight.
fn at(minute: u32) -> Cell {
    let midnight = zone().cell(DAY, Time::midnight()).expect("on the grid");
    midnight.plus_cells(minute / 5)
}

fn between(from: u32, until: u32) -> Interval {
    Interval::new(at(from), at(until)).expect("not empty")
}

fn now() -> Timestamp {
    at(8 * 60).timestamp()
}

/// Number as text, such as `r3`.
fn numbered<T: std::str::FromStr<Err: std::fmt::Debug>>(kind: &str, number: usize) -> T {
    slug(&format!("{kind}{number}"))
}

fn serial(number: usize) -> u64 {
    u64::try_from(number).expect("few") + 1
}

/// Barefoot work, work with the hands, and a foot massage.
fn services() -> [Service; 3] {
    let table = EquipmentSet::of([Equipment::Table]);
    let service = |id: &str, modality, number: usize, accepts, rules: &str| {
        let (length, turnover, reset) = SERVICES[number];
        Service {
            consumes: Vec::new(),
            id: slug(id),
            name: id.to_owned(),
            modality,
            minutes: minutes(length),
            turnover: minutes(turnover),
            reset: minutes(reset),
            accepts,
            credentials: Vec::new(),
            rule_set: slug::<RuleSetId>(rules),
            checklist: Vec::new(),
            extensions: Vec::new(),
            price_cents: 0,
            retired: false,
        }
    };
    let bars = vec![table.with(Equipment::ParallelBars)];
    let chair = vec![EquipmentSet::of([Equipment::FootChair]), table];
    [
        Service {
            credentials: vec![slug("ashiatsu")],
            ..service("ashiatsu", Modality::Barefoot, 0, bars, "barefoot")
        },
        service("massage", Modality::HandsOn, 1, vec![table], "general"),
        service("foot", Modality::Foot, 2, chair, "general"),
    ]
}

fn site(number: usize) -> Site {
    let hour = |minute: u32| {
        let hour = i8::try_from(minute / 60).expect("an hour");
        time(hour, 0, 0, 0)
    };
    Site {
        id: numbered("s", number),
        name: format!("Site {number}"),
        address: String::new(),
        phone: String::new(),
        zone: zone(),
        hours: WeekHours::daily(Opening {
            opens: hour(OPENS),
            closes: hour(CLOSES),
        }),
        closures: Vec::new(),
    }
}

fn room(number: usize, it: &Room) -> RoomRecord {
    let equipment: &[Equipment] = match (it.bars, it.table) {
        (true, _) => &[Equipment::Table, Equipment::ParallelBars],
        (_, true) => &[Equipment::Table],
        _ => &[Equipment::FootChair],
    };
    RoomRecord {
        checklist: Vec::new(),
        id: numbered("r", number),
        site: numbered("s", it.site),
        name: format!("Room {number}"),
        equipment: EquipmentSet::of(equipment.iter().copied()),
        turnover: minutes(it.turnover),
        inspection: it.bars.then_some(Inspection {
            passed: date(2026, 1, 1),
            months: 120,
        }),
        retired: false,
    }
}

fn therapist(number: usize, it: &Therapist) -> TherapistRecord {
    let certificate = Credential {
        kind: slug::<CredentialId>("ashiatsu"),
        issuer: String::new(),
        number: String::new(),
        expires: None,
    };
    TherapistRecord {
        id: numbered("t", number),
        name: format!("Therapist {number}"),
        // Whoever works at one site only may still be on the list of both.
        sites: vec![numbered("s", 0), numbered("s", 1)],
        credentials: it.certified.then_some(certificate).into_iter().collect(),
        registration: None,
        retired: false,
    }
}

fn shift(number: usize, it: &Therapist) -> Shift {
    let time = between(it.shift.0, it.shift.1);
    let pause = between(it.pause.0, it.pause.1).intersection(time);
    Shift {
        template: None,
        id: ShiftId::new(serial(number)),
        therapist: numbered("t", number),
        site: numbered("s", it.site),
        time,
        breaks: pause.into_iter().collect(),
    }
}

fn client(number: usize) -> Client {
    Client {
        id: ClientId::new(serial(number)),
        name: format!("Client {number}"),
        phone: String::new(),
        email: String::new(),
        born: None,
        preferred: None,
        note: String::new(),
        external: String::new(),
        since: None,
    }
}

/// No to every question.
fn declaration(number: usize) -> Declaration {
    let rules = RuleSet::barefoot().rules;
    let mut answers: Vec<_> = rules
        .iter()
        .map(|rule| Answered {
            condition: rule.condition,
            answer: Answer::No,
            asked_at: at(0).timestamp(),
        })
        .collect();
    answers.sort_by_key(|answered| answered.condition);
    Declaration {
        id: DeclarationId::new(serial(number)),
        client: ClientId::new(serial(number)),
        at: at(0).timestamp(),
        by: KeyId::new(1),
        answers,
    }
}

fn appointment(number: usize, client: usize, slot: Slot) -> Appointment {
    Appointment {
        series: None,
        external: None,
        id: AppointmentId::new(serial(number)),
        client: ClientId::new(serial(client)),
        slot,
        state: State::Booked,
        review: None,
        reconfirmed: None,
        flags: Vec::new(),
        price_cents: 0,
        charges: Charges::default(),
        note: None,
        booked_by: KeyId::new(1),
        booked_at: Timestamp::UNIX_EPOCH,
    }
}

impl Small {
    pub(crate) fn clinic(&self) -> Clinic {
        let policy = Policy {
            grid: minutes(30),
            travel: minutes(GAP),
            ..Policy::default()
        };
        let mut records: Vec<Record> = vec![
            policy.into(),
            RuleSet::barefoot().into(),
            RuleSet::general().into(),
            site(0).into(),
            site(1).into(),
        ];
        records.extend(services().map(Record::from));
        for (number, declared) in self.declared.iter().enumerate() {
            records.push(client(number).into());
            if *declared {
                records.push(declaration(number).into());
            }
        }
        let rooms = self.rooms.iter().enumerate();
        let rooms: Vec<_> = rooms.map(|(number, it)| room(number, it)).collect();
        for (number, it) in self.therapists.iter().enumerate() {
            records.push(therapist(number, it).into());
            records.push(shift(number, it).into());
        }
        for (number, place) in self.booked.iter().enumerate() {
            let by: TherapistId = numbered("t", place.therapist);
            let service = &services()[place.service];
            let slot = Slot::plan(service, &[], &rooms[place.room], by, at(place.start));
            records.push(appointment(number, place.client, slot.expect("fits")).into());
        }
        records.extend(rooms.into_iter().map(Record::from));
        Clinic::from_records(records.into_iter().map(|record| (record, 1)), 1)
    }

    pub(crate) fn disruptions(&self) -> Vec<Disruption> {
        let out = self.out.iter().map(|out| match *out {
            Out::Room(room, from, until) | Out::Bars(room, from, until) => Disruption::Out {
                room: numbered::<RoomId>("r", room),
                target: match out {
                    Out::Bars(..) => OutageTarget::Bars,
                    _ => OutageTarget::Room,
                },
                from: at(from),
                until: Some(at(until)),
            },
            Out::Therapist(who, from, until) => Disruption::Absent {
                therapist: numbered("t", who),
                time: between(from, until),
            },
        });
        out.collect()
    }

    pub(crate) fn plan(&self, clinic: &Clinic) -> Plan {
        plan(clinic, &self.disruptions(), &Sites::All, now()).expect("all of it exists")
    }

    /// Applies a plan as it is, which nothing may stand against.
    pub(crate) fn apply(&self, plan: &Plan) {
        let moves: Vec<_> = plan
            .mends
            .iter()
            .filter_map(|mend| {
                let to = mend.to.as_ref()?;
                Some(RepairMove {
                    step: Step {
                        appointment: mend.appointment.id,
                        etag: Some(1),
                    },
                    service: (to.service != mend.appointment.slot.service).then_some(to.service),
                    site: to.site,
                    start: to.start(),
                    room: to.room,
                    therapist: to.therapist,
                })
            })
            .collect();
        if moves.is_empty() {
            return;
        }
        let swaps = plan.mends.iter().filter(|mend| mend.is_swap()).count();
        let calls = moves.len() - swaps;
        let context = Context {
            now: now(),
            actor: Actor::system(),
            ids: Ids::new(2),
        };
        let command = Command::ApplyRepair(ApplyRepair { moves });
        let decision = decide(&self.clinic(), &command, &context);
        let changes = decision.expect("what is planned can be done").changes;
        let holds = |change: &&Change| matches!(change.after(), Some(Record::Hold(_)));
        assert_eq!(changes.iter().filter(holds).count(), calls);
        assert_eq!(changes.len() - calls, swaps);
    }

    /// The place of a slot, as this telling has it.
    fn place(&self, number: usize, slot: &Slot) -> Place {
        let number_of = |id: &str| id[1..].parse().expect("a number");
        let service = services().iter().position(|it| it.id == slot.service);
        Place {
            client: self.booked[number].client,
            service: service.expect("one of them"),
            site: number_of(slot.site.as_str()),
            room: number_of(slot.room.as_str()),
            therapist: number_of(slot.therapist.as_str()),
            start: slot.start().since(at(0)) * 5,
        }
    }

    /// The cost of a plan as this telling has it, when it is sound: nothing clashes, neither at once nor when all
    /// or some agree.
    pub(crate) fn judge(&self, plan: &Plan) -> Cost {
        let index = |id: AppointmentId| usize::try_from(id.number()).expect("small") - 1;
        let mut cost = Cost::default();
        let mut taken: Vec<(usize, Place)> = Vec::new();
        let hits = self.hits();
        let mut told: Vec<usize> = Vec::new();
        let mut stay: Vec<usize> = (0..self.booked.len()).collect();
        for mend in &plan.mends {
            let number = index(mend.appointment.id);
            let present = self.booked[number];
            if hits.contains(&number) {
                told.push(number);
                assert!(!mend.faults.is_empty());
            }
            let Some(to) = &mend.to else {
                cost.unplaced += 1;
                continue;
            };
            let place = self.place(number, to);
            assert!(self.may_be(&place), "{place:?} is not sound");
            assert!(place != present);
            let swaps = is_swap(&present, &place);
            assert_eq!(mend.is_swap(), swaps);
            if swaps {
                stay.retain(|it| *it != number);
            }
            cost = cost + cost_of(&present, &place);
            if !hits.contains(&number) {
                assert!(swaps, "nobody else is asked to come at another time");
                cost.others += 1;
            }
            taken.push((number, place));
        }
        told.sort_unstable();
        assert_eq!(told, hits);
        taken.extend(stay.into_iter().map(|it| (it, self.booked[it])));
        for (at, (one, a)) in taken.iter().enumerate() {
            for (other, b) in &taken[..at] {
                assert!(one == other || !self.clash(a, b), "{a:?} and {b:?} clash");
            }
        }
        cost
    }
}
