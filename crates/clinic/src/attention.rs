//! What needs a person, at one site, now.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::alerts::{self, AlertMatter};
use crate::clinic::Clinic;
use crate::id::{AppointmentId, HoldId, OutageId, RoomId, SiteId, TherapistId, WaitlistId};
use crate::model::{Blocker, Outage, OutageTarget, Site, State};
use crate::rooms::{self, RoomState};
use crate::rules::{self, span};
use crate::time::Cell;

/// A hold is about to lapse when it has less than this left, in seconds.
pub const HOLD_ENDING_SECONDS: i64 = 60;

/// Something that needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Where.
    pub site: SiteId,
    /// Since when; for a hold: when it lapses.
    pub since: Timestamp,
    /// What it is about.
    pub matter: Matter,
}

/// What needs a person, the most urgent kinds first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A session goes on past its planned end.
    Over {
        /// The session's.
        appointment: AppointmentId,
        /// Where.
        room: RoomId,
    },
    /// A room's turnover is late.
    TurnoverLate {
        /// The room.
        room: RoomId,
        /// The session after which.
        appointment: AppointmentId,
    },
    /// A client is here, and rules or rooms keep the session from being started.
    BlockedArrival {
        /// The client's appointment.
        appointment: AppointmentId,
        /// The room that they are due in.
        room: RoomId,
    },
    /// A client has not come although their time has.
    LateArrival {
        /// The client's appointment.
        appointment: AppointmentId,
        /// The room that they are due in.
        room: RoomId,
    },
    /// An appointment that is still to come has become unsound.
    Flagged {
        /// Which.
        appointment: AppointmentId,
        /// Its room.
        room: RoomId,
    },
    /// A room, or its bars, are out of service.
    Out {
        /// The room.
        room: RoomId,
        /// What of it.
        target: OutageTarget,
        /// The outage.
        outage: OutageId,
    },
    /// A therapist has barefoot work today and has not attested their foot care.
    FootCare {
        /// The therapist.
        therapist: TherapistId,
        /// The local date.
        date: Date,
    },
    /// A hold is about to lapse.
    HoldEnding {
        /// Which.
        hold: HoldId,
        /// Its room.
        room: RoomId,
    },
    /// A place is offered to somebody on the waitlist, who has not answered yet.
    Offered {
        /// To whom.
        entry: WaitlistId,
        /// The room that is held.
        room: RoomId,
    },
    /// Somebody on the waitlist could have a place today.
    WaitlistFits {
        /// Who comes first.
        entry: WaitlistId,
        /// The room that they could have.
        room: RoomId,
        /// When.
        start: Cell,
        /// Whether they need parallel bars.
        bars: bool,
        /// How many of those who want such a place today could have that one.
        fitting: u16,
        /// How many they are.
        wanting: u16,
    },
    /// Stock, inspections or credentials need somebody soon.
    Upkeep {
        /// The most urgent of it.
        first: AlertMatter,
        /// How much there is of it.
        count: u16,
    },
}

impl Matter {
    /// Where it stands in the order of urgency; the lowest is the most urgent.
    pub const fn urgency(&self) -> u8 {
        match self {
            Self::Over { .. } => 0,
            Self::TurnoverLate { .. } => 1,
            Self::BlockedArrival { .. } => 2,
            Self::LateArrival { .. } => 3,
            Self::Flagged { .. } => 4,
            Self::Out { .. } => 5,
            Self::FootCare { .. } => 6,
            Self::HoldEnding { .. } => 7,
            Self::Offered { .. } => 8,
            Self::WaitlistFits { .. } => 9,
            Self::Upkeep { .. } => 10,
        }
    }
}

/// Everything at a site that needs a person at `now`, the most urgent first and of
/// one kind what has waited longest.
pub fn attention(clinic: &Clinic, site: &Site, now: Timestamp) -> Vec<Attention> {
    let live = clinic.without_expired(now);
    let clinic = &*live;
    let mut all = Vec::new();
    let mut add = |since, matter| {
        all.push(Attention {
            site: site.id,
            since,
            matter,
        });
    };
    rooms_and_outages(clinic, site, now, &mut add);
    todays(clinic, site, now, &mut add);
    for appointment in clinic.flagged_at(site.id, Cell::containing(now)) {
        let (id, room) = (appointment.id, appointment.slot.room);
        add(
            appointment.slot.start().timestamp(),
            Matter::Flagged {
                appointment: id,
                room,
            },
        );
    }
    for hold in clinic.holds().filter(|hold| hold.slot.site == site.id) {
        let left = hold.expires_at.duration_since(now).as_secs();
        if left < HOLD_ENDING_SECONDS {
            add(
                hold.expires_at,
                Matter::HoldEnding {
                    hold: hold.id,
                    room: hold.slot.room,
                },
            );
        }
    }
    crate::waitlist::attention(clinic, site, now, &mut add);
    // Late turnovers are told one by one.
    let soon: Vec<AlertMatter> = alerts::alerts(clinic, [site], now)
        .into_iter()
        .map(|alert| alert.matter)
        .filter(|matter| !matches!(matter, AlertMatter::TurnoverLate { .. }))
        .collect();
    if let Some(&first) = soon.first() {
        let count = u16::try_from(soon.len()).unwrap_or(u16::MAX);
        add(now, Matter::Upkeep { first, count });
    }
    // Stable: what is found in the order of ids stays in it.
    all.sort_by_key(|item| (item.matter.urgency(), item.since));
    all
}

/// What became late after `since` and by `now`, at every site, by when it did: sessions that go on past
/// their planned end, and turnovers. Asked for one stretch of time after the other it tells each once.
pub fn became_late(clinic: &Clinic, since: Timestamp, now: Timestamp) -> Vec<Attention> {
    let over = clinic
        .sessions()
        .filter(|session| rooms::is_over(session, now) && !rooms::is_over(session, since))
        .map(|session| Attention {
            site: session.slot.site,
            since: session.slot.planned.end().timestamp(),
            matter: Matter::Over {
                appointment: session.id,
                room: session.slot.room,
            },
        });
    let late = clinic
        .turnovers()
        .filter(|turnover| turnover.is_late(now) && !turnover.is_late(since))
        .map(|turnover| Attention {
            site: turnover.site,
            since: turnover.due,
            matter: Matter::TurnoverLate {
                room: turnover.room,
                appointment: turnover.appointment,
            },
        });
    let mut all: Vec<_> = over.chain(late).collect();
    all.sort_by_key(|item| item.since);
    all
}

fn rooms_and_outages(
    clinic: &Clinic,
    site: &Site,
    now: Timestamp,
    add: &mut impl FnMut(Timestamp, Matter),
) {
    let present = span(Cell::containing(now), 1);
    for room in clinic.rooms_at(site.id).filter(|room| !room.retired) {
        let id = room.id;
        match rooms::state(clinic, room, now) {
            RoomState::Over(appointment) => {
                let end = clinic
                    .appointment(appointment)
                    .map(|it| it.slot.planned.end());
                let since = end.map_or(now, Cell::timestamp);
                add(
                    since,
                    Matter::Over {
                        appointment,
                        room: id,
                    },
                );
            }
            RoomState::Turnover {
                appointment,
                due,
                late: true,
            } => {
                add(
                    due,
                    Matter::TurnoverLate {
                        room: id,
                        appointment,
                    },
                );
            }
            _ => {}
        }
        for outage in present
            .into_iter()
            .flat_map(|present| clinic.outages_in(id, present))
        {
            let Outage {
                id: outage,
                target,
                opened_at,
                ..
            } = **outage;
            add(
                opened_at,
                Matter::Out {
                    room: id,
                    target,
                    outage,
                },
            );
        }
    }
}

/// What appointments that have not started ask for: today's, and those near enough for their clients to
/// come.
fn todays(clinic: &Clinic, site: &Site, now: Timestamp, add: &mut impl FnMut(Timestamp, Matter)) {
    let date = site.zone.local(now).date();
    let Some(due) = rules::arrivals(site, now) else {
        return;
    };
    let mut unattested: Vec<TherapistId> = Vec::new();
    for appointment in clinic
        .appointments_at(site.id, due)
        .filter(|it| it.is_ahead())
    {
        let slot = &appointment.slot;
        let (id, room, start) = (appointment.id, slot.room, slot.start().timestamp());
        if let State::Arrived { arrived } = appointment.state {
            if is_blocked(&rules::blockers(clinic, appointment, now), start <= now) {
                add(
                    arrived,
                    Matter::BlockedArrival {
                        appointment: id,
                        room,
                    },
                );
            }
        } else if start < now {
            add(
                start,
                Matter::LateArrival {
                    appointment: id,
                    room,
                },
            );
        }
        let barefoot = site.zone.date(slot.start()) == date
            && clinic
                .service(slot.service)
                .is_some_and(|it| it.modality.is_barefoot());
        let attested = clinic
            .foot_care(slot.therapist, date)
            .is_some_and(|it| it.polish_free);
        if barefoot && !attested && !unattested.contains(&slot.therapist) {
            unattested.push(slot.therapist);
            add(
                start,
                Matter::FootCare {
                    therapist: slot.therapist,
                    date,
                },
            );
        }
    }
}

/// Whether a client who is here can not be taken in. Before their time it is no
/// matter that room and therapist are still at work.
fn is_blocked(blockers: &[Blocker], is_time: bool) -> bool {
    blockers.iter().any(|blocker| match blocker {
        Blocker::TooEarly { .. } => false,
        Blocker::RoomInSession { .. }
        | Blocker::TherapistInSession { .. }
        | Blocker::RoomInTurnover { .. } => is_time,
        Blocker::FootCare { .. }
        | Blocker::Fault(_)
        | Blocker::NotReconfirmed { .. }
        | Blocker::ReviewNeeded(_)
        | Blocker::ReviewDeclined => true,
    })
}
