//! Who may do what, and until when.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::clinic::Clinic;
use crate::id::{CredentialId, ServiceId, SiteId, TherapistId};
use crate::model::{CredentialFault, Learned, Service, Therapist};
use crate::rules;

/// What a therapist has to show on a date, and what it entitles to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The therapist.
    pub therapist: TherapistId,
    /// Those of the sites that were asked about at which the therapist works; at least one.
    pub sites: Vec<SiteId>,
    /// The local date.
    pub on: Date,
    /// Whether the registration has expired by then. Of none it is not said.
    pub registration_expired: bool,
    /// Continuing education up to then.
    pub education: Education,
    /// Each service that is offered, by id.
    pub services: Vec<Entitlement>,
}

/// How much continuing education a therapist had in the period that the policy asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Education {
    /// The first date of the period; the last one is that of the report.
    pub since: Date,
    /// What ended in it, in minutes.
    pub minutes: u32,
    /// How many are asked for; 0 when none are.
    pub required: u32,
}

/// Whether a therapist may offer a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The service.
    pub service: ServiceId,
    /// What stands against it; nothing when they may.
    pub lacking: Vec<(CredentialId, CredentialFault)>,
    /// The last date on which they may, unless a credential is renewed; none when there is no end, or when they may not.
    pub until: Option<Date>,
}

/// What everybody who works at some sites may do on a date, by therapist: that of the first site at which they work there,
/// or the one that is asked about. Whether there is a room for it, or a shift, is not asked.
pub fn entitlements(
    clinic: &Clinic,
    sites: &[SiteId],
    on: Option<Date>,
    now: Timestamp,
) -> Vec<Standing> {
    let standing = |therapist: &Therapist| {
        let mut here = therapist.sites.clone();
        here.retain(|site| sites.contains(site));
        let first = clinic.site(*here.first()?)?;
        let on = on.unwrap_or_else(|| first.zone.local(now).date());
        let registration = therapist.registration.as_ref();
        let services = clinic.services().filter(|service| !service.retired);
        Some(Standing {
            therapist: therapist.id,
            sites: here,
            on,
            registration_expired: registration.is_some_and(|it| !it.is_valid(on)),
            education: education(clinic, therapist.id, on),
            services: services.map(|it| entitlement(therapist, it, on)).collect(),
        })
    };
    let working = clinic.therapists().filter(|it| !it.retired);
    working.filter_map(|it| standing(it)).collect()
}

fn entitlement(therapist: &Therapist, service: &Service, on: Date) -> Entitlement {
    let needed = &service.credentials;
    let lacking: Vec<_> = rules::lacking(therapist, needed, on).collect();
    let until = rules::entitled(therapist, needed).filter(|&last| last < Date::MAX);
    Entitlement {
        service: service.id,
        until: until.filter(|_| lacking.is_empty()),
        lacking,
    }
}

/// A therapist's continuing education in the period of the policy that ends with a date.
pub fn education(clinic: &Clinic, therapist: TherapistId, on: Date) -> Education {
    let policy = clinic.policy();
    let before = on.saturating_sub(i32::from(policy.education_months).months());
    let since = before.saturating_add(1.day());
    let counts = |it: &Learned| it.education && since <= it.last && it.last <= on;
    let counted = clinic.trainings().filter(|it| counts(&it.what));
    let minutes = counted
        .filter(|it| it.is_of(therapist))
        .map(|it| it.what.minutes);
    Education {
        since,
        minutes: minutes.fold(0, u32::saturating_add),
        required: policy.education_minutes,
    }
}
