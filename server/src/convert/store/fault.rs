//! What stands against an appointment, which is kept with it.

use treadwell_api::store::v1 as stored;
use treadwell_clinic::id::{DeclarationId, OutageId};
use treadwell_clinic::model::{
    BarsFault, CredentialFault, Eligible, Fault, Outcome, OutcomeKind, Reason, Retired, Screening,
    Verdict,
};

use treadwell_clinic::time::Cell;

use super::value::{
    cell, date, date_form, equipment, equipment_forms, forms, id, ids, instant, instant_form, list,
    minutes, part, texts,
};
use super::{Bad, Stored};

impl Stored for Fault {
    type Form = stored::Fault;

    fn form(&self) -> stored::Fault {
        use stored::fault::Fault as Form;
        let fault = match self {
            Self::Retired(what) => Form::Retired(retired_form(*what).into()),
            Self::LacksEquipment { room, has } => Form::LacksEquipment(stored::LacksEquipment {
                room: room.to_string(),
                has: equipment_forms(*has),
            }),
            Self::Credential {
                therapist,
                kind,
                fault,
            } => Form::LacksCredential(stored::LacksCredential {
                therapist: therapist.to_string(),
                kind: kind.to_string(),
                expired: match fault {
                    CredentialFault::Missing => None,
                    CredentialFault::Expired(last) => Some(date_form(*last)),
                },
            }),
            Self::Closed { site, date } => Form::SiteClosed(stored::SiteClosed {
                site: site.to_string(),
                date: date_form(*date),
            }),
            Self::OffShift { therapist, site } => Form::OffShift(stored::OffShift {
                therapist: therapist.to_string(),
                site: site.to_string(),
            }),
            Self::RoomOut {
                room,
                outage,
                until,
            } => Form::RoomOut(stored::RoomOut {
                room: room.to_string(),
                outage: outage.number(),
                until: until.map(Cell::number),
            }),
            Self::BarsUnsound { room, fault } => Form::BarsUnsound(stored::BarsUnsound {
                room: room.to_string(),
                fault: Some(bars_form(*fault)),
            }),
            Self::Screening(screening) => Form::Screening(screening.form()),
            Self::RoomTaken { room, by } => Form::RoomTaken(stored::RoomTaken {
                room: room.to_string(),
                by: Some(by.form()),
            }),
            Self::TherapistTaken { therapist, by } => {
                Form::TherapistTaken(stored::TherapistTaken {
                    therapist: therapist.to_string(),
                    by: Some(by.form()),
                })
            }
            Self::Travel { therapist, by, gap } => Form::TravelTooShort(stored::TravelTooShort {
                therapist: therapist.to_string(),
                by: Some(by.form()),
                gap_minutes: gap.get().into(),
            }),
            Self::ClientTaken { by } => Form::ClientTaken(by.form()),
        };
        stored::Fault { fault: Some(fault) }
    }

    fn read(form: stored::Fault) -> Result<Self, Bad> {
        use stored::fault::Fault as Form;
        Ok(match form.fault.ok_or(Bad("flags"))? {
            Form::Retired(what) => Self::Retired(retired(what)?),
            Form::LacksEquipment(form) => Self::LacksEquipment {
                room: id("flags.room", &form.room)?,
                has: equipment("flags.has", &form.has)?,
            },
            Form::LacksCredential(form) => Self::Credential {
                therapist: id("flags.therapist", &form.therapist)?,
                kind: id("flags.kind", &form.kind)?,
                fault: match form.expired {
                    None => CredentialFault::Missing,
                    Some(last) => CredentialFault::Expired(date("flags.expired", last)?),
                },
            },
            Form::SiteClosed(form) => Self::Closed {
                site: id("flags.site", &form.site)?,
                date: date("flags.date", form.date)?,
            },
            Form::OffShift(form) => Self::OffShift {
                therapist: id("flags.therapist", &form.therapist)?,
                site: id("flags.site", &form.site)?,
            },
            Form::RoomOut(form) => Self::RoomOut {
                room: id("flags.room", &form.room)?,
                outage: OutageId::new(form.outage),
                until: form
                    .until
                    .map(|until| cell("flags.until", until))
                    .transpose()?,
            },
            Form::BarsUnsound(form) => Self::BarsUnsound {
                room: id("flags.room", &form.room)?,
                fault: bars(form.fault)?,
            },
            Form::Screening(form) => Self::Screening(Box::new(Screening::read(form)?)),
            Form::RoomTaken(form) => Self::RoomTaken {
                room: id("flags.room", &form.room)?,
                by: part("flags.by", form.by)?,
            },
            Form::TherapistTaken(form) => Self::TherapistTaken {
                therapist: id("flags.therapist", &form.therapist)?,
                by: part("flags.by", form.by)?,
            },
            Form::TravelTooShort(form) => Self::Travel {
                therapist: id("flags.therapist", &form.therapist)?,
                by: part("flags.by", form.by)?,
                gap: minutes("flags.gap_minutes", form.gap_minutes)?,
            },
            Form::ClientTaken(by) => Self::ClientTaken {
                by: Stored::read(by)?,
            },
        })
    }
}

const fn retired_form(what: Retired) -> stored::RetiredThing {
    match what {
        Retired::Service => stored::RetiredThing::Service,
        Retired::Room => stored::RetiredThing::Room,
        Retired::Therapist => stored::RetiredThing::Therapist,
    }
}

fn retired(form: i32) -> Result<Retired, Bad> {
    match stored::RetiredThing::try_from(form) {
        Ok(stored::RetiredThing::Service) => Ok(Retired::Service),
        Ok(stored::RetiredThing::Room) => Ok(Retired::Room),
        Ok(stored::RetiredThing::Therapist) => Ok(Retired::Therapist),
        Ok(stored::RetiredThing::Unspecified) | Err(_) => Err(Bad("flags.retired")),
    }
}

fn bars_form(fault: BarsFault) -> stored::bars_unsound::Fault {
    use stored::bars_unsound::Fault as Form;
    match fault {
        BarsFault::NeverInspected => Form::NeverInspected(true),
        BarsFault::InspectionLapsed(from) => Form::Lapsed(date_form(from)),
        BarsFault::InspectedLater(on) => Form::InspectedLater(date_form(on)),
        BarsFault::Outage(outage) => Form::Outage(outage.number()),
    }
}

fn bars(form: Option<stored::bars_unsound::Fault>) -> Result<BarsFault, Bad> {
    use stored::bars_unsound::Fault as Form;
    const FIELD: &str = "flags.bars";
    Ok(match form.ok_or(Bad(FIELD))? {
        Form::NeverInspected(_) => BarsFault::NeverInspected,
        Form::Lapsed(from) => BarsFault::InspectionLapsed(date(FIELD, from)?),
        Form::InspectedLater(on) => BarsFault::InspectedLater(date(FIELD, on)?),
        Form::Outage(outage) => BarsFault::Outage(OutageId::new(outage)),
    })
}

/// What screening says, without its data.
pub(super) const fn outcome_form(kind: OutcomeKind) -> stored::ScreeningOutcome {
    match kind {
        OutcomeKind::Clear => stored::ScreeningOutcome::Clear,
        OutcomeKind::NeedsReview => stored::ScreeningOutcome::NeedsReview,
        OutcomeKind::Incomplete => stored::ScreeningOutcome::Incomplete,
        OutcomeKind::ExcludedUntil => stored::ScreeningOutcome::ExcludedUntil,
        OutcomeKind::Excluded => stored::ScreeningOutcome::Excluded,
    }
}

/// The same read back; none for no outcome.
pub(super) const fn outcome_of(form: stored::ScreeningOutcome) -> Option<OutcomeKind> {
    Some(match form {
        stored::ScreeningOutcome::Unspecified => return None,
        stored::ScreeningOutcome::Clear => OutcomeKind::Clear,
        stored::ScreeningOutcome::NeedsReview => OutcomeKind::NeedsReview,
        stored::ScreeningOutcome::Incomplete => OutcomeKind::Incomplete,
        stored::ScreeningOutcome::ExcludedUntil => OutcomeKind::ExcludedUntil,
        stored::ScreeningOutcome::Excluded => OutcomeKind::Excluded,
    })
}

impl Stored for Screening {
    type Form = stored::Screening;

    fn form(&self) -> stored::Screening {
        let mut form = stored::Screening {
            reasons: forms(&self.reasons),
            rule_set: self.rule_set.to_string(),
            version: self.version,
            declaration: self.declaration.map(DeclarationId::number),
            ..stored::Screening::default()
        };
        match &self.outcome {
            Outcome::Incomplete { unanswered } => form.unanswered = texts(unanswered),
            Outcome::ExcludedUntil(eligible) => form.eligible = Some(eligible.form()),
            Outcome::Clear | Outcome::NeedsReview | Outcome::Excluded => {}
        }
        form.outcome = outcome_form(self.outcome.kind()).into();
        form
    }

    fn read(form: stored::Screening) -> Result<Self, Bad> {
        Ok(Self {
            outcome: match outcome_of(form.outcome()).ok_or(Bad("screening.outcome"))? {
                OutcomeKind::Clear => Outcome::Clear,
                OutcomeKind::NeedsReview => Outcome::NeedsReview,
                OutcomeKind::Incomplete => Outcome::Incomplete {
                    unanswered: ids("screening.unanswered", &form.unanswered)?,
                },
                OutcomeKind::ExcludedUntil => {
                    Outcome::ExcludedUntil(part("screening.eligible", form.eligible)?)
                }
                OutcomeKind::Excluded => Outcome::Excluded,
            },
            reasons: list(form.reasons)?,
            rule_set: id("screening.rule_set", &form.rule_set)?,
            version: form.version,
            declaration: form.declaration.map(DeclarationId::new),
        })
    }
}

impl Stored for Eligible {
    type Form = stored::Eligible;

    fn form(&self) -> stored::Eligible {
        use stored::eligible::From;
        stored::Eligible {
            from: Some(match self {
                Self::Date(on) => From::Date(date_form(*on)),
                Self::Instant(at) => From::Instant(instant_form(*at)),
            }),
        }
    }

    fn read(form: stored::Eligible) -> Result<Self, Bad> {
        use stored::eligible::From;
        const FIELD: &str = "eligible";
        Ok(match form.from.ok_or(Bad(FIELD))? {
            From::Date(on) => Self::Date(date(FIELD, on)?),
            From::Instant(at) => Self::Instant(instant(FIELD, Some(at))?),
        })
    }
}

impl Stored for Reason {
    type Form = stored::ScreeningReason;

    fn form(&self) -> stored::ScreeningReason {
        use stored::screening_reason::Verdict as Form;
        stored::ScreeningReason {
            condition: self.condition.to_string(),
            verdict: Some(match self.verdict {
                Verdict::Caution => Form::Caution(true),
                Verdict::NeedsReview => Form::NeedsReview(true),
                Verdict::NotAsked => Form::NotAsked(true),
                Verdict::Outdated => Form::Outdated(true),
                Verdict::ExcludedUntil(eligible) => Form::ExcludedUntil(eligible.form()),
                Verdict::DateUnknown => Form::DateUnknown(true),
                Verdict::Excluded => Form::Excluded(true),
            }),
        }
    }

    fn read(form: stored::ScreeningReason) -> Result<Self, Bad> {
        use stored::screening_reason::Verdict as Form;
        Ok(Self {
            condition: id("reasons.condition", &form.condition)?,
            verdict: match form.verdict.ok_or(Bad("reasons.verdict"))? {
                Form::Caution(_) => Verdict::Caution,
                Form::NeedsReview(_) => Verdict::NeedsReview,
                Form::NotAsked(_) => Verdict::NotAsked,
                Form::Outdated(_) => Verdict::Outdated,
                Form::ExcludedUntil(form) => Verdict::ExcludedUntil(Eligible::read(form)?),
                Form::DateUnknown(_) => Verdict::DateUnknown,
                Form::Excluded(_) => Verdict::Excluded,
            },
        })
    }
}
