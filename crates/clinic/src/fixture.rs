//! Clinics for tests: records with sensible defaults, and a clinic made of them.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time, date, time};

use crate::clinic::Clinic;
use crate::id::{
    AppointmentId, ClientId, ConditionId, CredentialId, DeclarationId, HoldId, KeyId, OutageId,
    RoomId, RuleSetId, ServiceId, ShiftId, SiteId, TherapistId,
};
use crate::model::{
    Answer, Answered, Appointment, Charges, Client, Credential, Declaration, Equipment,
    EquipmentSet, Hold, Inspection, Modality, Opening, Outage, OutageTarget, Policy, Record, Room,
    RuleSet, Service, Shift, Site, Slot, State, Therapist, WeekHours, When, Wish,
};
use crate::time::{Cell, Interval, Minutes, Zone};

pub(crate) fn halifax() -> Zone {
    Zone::named("America/Halifax").expect("bundled")
}

pub(crate) fn site_id(slug: &str) -> SiteId {
    SiteId::parse(slug).expect("a slug")
}

pub(crate) fn room_id(slug: &str) -> RoomId {
    RoomId::parse(slug).expect("a slug")
}

pub(crate) fn therapist_id(slug: &str) -> TherapistId {
    TherapistId::parse(slug).expect("a slug")
}

pub(crate) fn service_id(slug: &str) -> ServiceId {
    ServiceId::parse(slug).expect("a slug")
}

pub(crate) fn ashiatsu_certificate() -> CredentialId {
    CredentialId::parse("ashiatsu").expect("a slug")
}

pub(crate) fn minutes(minutes: u16) -> Minutes {
    Minutes::new(minutes).expect("on the grid")
}

/// A local time at Halifax.
pub(crate) fn local(day: Date, hour: i8, minute: i8) -> Timestamp {
    halifax().instant(day, time(hour, minute, 0, 0))
}

/// The cell of a local time at Halifax.
pub(crate) fn cell(day: Date, hour: i8, minute: i8) -> Cell {
    Cell::exactly(local(day, hour, minute)).expect("on the grid")
}

pub(crate) fn opening(opens: i8, closes: i8) -> Opening {
    let at = |hour: i8| {
        if hour == 24 {
            Time::midnight()
        } else {
            time(hour, 0, 0, 0)
        }
    };
    Opening {
        opens: at(opens),
        closes: at(closes),
    }
}

/// A site at Halifax, open daily from 9 to 21.
pub(crate) fn site(slug: &str) -> Site {
    Site {
        id: site_id(slug),
        name: slug.to_owned(),
        address: "1 Street".to_owned(),
        phone: String::new(),
        zone: halifax(),
        hours: WeekHours::daily(opening(9, 21)),
        closures: Vec::new(),
    }
}

/// A room with this equipment, its support inspected long ago and for long.
pub(crate) fn room(slug: &str, site: &str, equipment: &[Equipment]) -> Room {
    Room {
        id: room_id(slug),
        site: site_id(site),
        name: slug.to_owned(),
        equipment: EquipmentSet::of(equipment.iter().copied()),
        turnover: Minutes::ZERO,
        checklist: Vec::new(),
        inspection: Some(Inspection {
            passed: date(2026, 1, 1),
            months: 120,
        }),
        retired: false,
    }
}

pub(crate) const BAR_ROOM: [Equipment; 2] = [Equipment::Table, Equipment::ParallelBars];

/// A therapist without credentials.
pub(crate) fn therapist(slug: &str, sites: &[&str]) -> Therapist {
    Therapist {
        id: therapist_id(slug),
        name: slug.to_owned(),
        sites: sites.iter().map(|site| site_id(site)).collect(),
        credentials: Vec::new(),
        registration: None,
        retired: false,
    }
}

/// A therapist certified for ashiatsu.
pub(crate) fn certified(slug: &str, sites: &[&str]) -> Therapist {
    let credential = Credential {
        kind: ashiatsu_certificate(),
        issuer: "School".to_owned(),
        number: "1".to_owned(),
        expires: None,
    };
    Therapist {
        credentials: vec![credential],
        ..therapist(slug, sites)
    }
}

/// Ashiatsu of 60 minutes: table with bars, certificate, 15 min turnover, 10 min reset.
pub(crate) fn ashiatsu() -> Service {
    Service {
        id: service_id("ashiatsu-60"),
        name: "Ashiatsu".to_owned(),
        modality: Modality::Barefoot,
        minutes: minutes(60),
        turnover: minutes(15),
        reset: minutes(10),
        accepts: vec![EquipmentSet::of(BAR_ROOM)],
        credentials: vec![ashiatsu_certificate()],
        rule_set: RuleSetId::parse("barefoot").expect("a slug"),
        checklist: Vec::new(),
        extensions: Vec::new(),
        consumes: Vec::new(),
        price_cents: 11_000,
        retired: false,
    }
}

/// Hands-on work of 60 minutes: a table, 15 min turnover, 5 min reset.
pub(crate) fn massage() -> Service {
    Service {
        id: service_id("massage-60"),
        name: "Massage".to_owned(),
        modality: Modality::HandsOn,
        reset: minutes(5),
        accepts: vec![EquipmentSet::of([Equipment::Table])],
        credentials: Vec::new(),
        rule_set: RuleSetId::parse("general").expect("a slug"),
        ..ashiatsu()
    }
}

/// Foot massage of 30 minutes: a foot chair or a table, 15 min turnover, 5 min reset.
pub(crate) fn foot() -> Service {
    Service {
        id: service_id("foot-30"),
        name: "Foot massage".to_owned(),
        modality: Modality::Foot,
        minutes: minutes(30),
        accepts: vec![
            EquipmentSet::of([Equipment::FootChair]),
            EquipmentSet::of([Equipment::Table]),
        ],
        ..massage()
    }
}

pub(crate) fn client(number: u64) -> Client {
    Client {
        id: ClientId::new(number),
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

/// Answers no to every question of the barefoot rules but one.
pub(crate) fn declaration(
    number: u64,
    client: u64,
    asked: Timestamp,
    yes: Option<(&str, When)>,
) -> Declaration {
    let mut answers: Vec<Answered> = RuleSet::barefoot()
        .rules
        .iter()
        .map(|rule| {
            let yes = yes.filter(|(slug, _)| ConditionId::parse(slug) == Ok(rule.condition));
            let answer = yes.map_or(Answer::No, |(_, when)| Answer::Yes(when));
            Answered {
                condition: rule.condition,
                answer,
                asked_at: asked,
            }
        })
        .collect();
    answers.sort_by_key(|answered| answered.condition);
    Declaration {
        id: DeclarationId::new(number),
        client: ClientId::new(client),
        at: asked,
        by: KeyId::new(1),
        answers,
    }
}

pub(crate) fn shift(number: u64, therapist: &str, site: &str, time: Interval) -> Shift {
    Shift {
        id: ShiftId::new(number),
        therapist: therapist_id(therapist),
        site: site_id(site),
        time,
        breaks: Vec::new(),
        template: None,
    }
}

pub(crate) fn appointment(number: u64, client: u64, slot: Slot) -> Appointment {
    Appointment {
        id: AppointmentId::new(number),
        client: ClientId::new(client),
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
        series: None,
        external: None,
    }
}

pub(crate) fn hold(number: u64, client: Option<u64>, slot: Slot, expires_at: Timestamp) -> Hold {
    Hold {
        id: HoldId::new(number),
        client: client.map(ClientId::new),
        slot,
        moves: None,
        expires_at,
        made_by: KeyId::new(1),
    }
}

pub(crate) fn outage(
    number: u64,
    room: &Room,
    target: OutageTarget,
    from: Cell,
    until: Option<Cell>,
) -> Outage {
    Outage {
        id: OutageId::new(number),
        site: room.site,
        room: room.id,
        target,
        from,
        until,
        reason: "broken".to_owned(),
        opened_by: KeyId::new(1),
        opened_at: from.timestamp(),
        closed: None,
    }
}

pub(crate) fn wish(service: &Service, site: &str, start: Cell) -> Wish {
    Wish {
        client: None,
        service: service.id,
        extensions: Vec::new(),
        site: site_id(site),
        start,
        room: None,
        therapist: None,
    }
}

/// Records gathered for a clinic.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records(Vec<Record>);

impl Records {
    /// The shipped rule sets and the three services above.
    pub(crate) fn new() -> Self {
        Self::default()
            .with(RuleSet::barefoot())
            .with(RuleSet::general())
            .with(ashiatsu())
            .with(massage())
            .with(foot())
    }

    /// One site with two bar rooms, a table, a rope and a chair; two certified
    /// therapists and one who is not, on shift from 9 to 21 on `day`; a client 1
    /// without, and a client 2 with a declaration.
    pub(crate) fn small(day: Date) -> Self {
        let all_day = Interval::new(cell(day, 9, 0), cell(day, 21, 0)).expect("12 hours");
        let mut records = Self::new()
            .with(site("halifax"))
            .with(room("h1", "halifax", &BAR_ROOM))
            .with(room("h2", "halifax", &BAR_ROOM))
            .with(room("h3", "halifax", &[Equipment::Table]))
            .with(room("h5", "halifax", &[Equipment::Table, Equipment::Rope]))
            .with(room("h6", "halifax", &[Equipment::FootChair]))
            .with(certified("ann", &["halifax"]))
            .with(certified("bea", &["halifax"]))
            .with(therapist("cas", &["halifax"]))
            .with(client(1))
            .with(client(2))
            .with(declaration(1, 2, local(day, 0, 0), None));
        for (number, who) in (1..).zip(["ann", "bea", "cas"]) {
            records = records.with(shift(number, who, "halifax", all_day));
        }
        records
    }

    /// The records and one more.
    #[must_use]
    pub(crate) fn with<T>(mut self, record: T) -> Self
    where
        Record: From<Arc<T>>,
    {
        self.0.push(Arc::new(record).into());
        self
    }

    /// The clinic of these records.
    pub(crate) fn clinic(&self) -> Clinic {
        Clinic::from_records(self.0.iter().map(|record| (record.clone(), 1)), 1)
    }
}

/// The shipped policy with another horizon.
pub(crate) fn policy(horizon_days: u16) -> Policy {
    Policy {
        horizon_days,
        ..Policy::default()
    }
}
