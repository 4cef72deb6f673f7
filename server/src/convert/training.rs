//! Training, renewals, and who may do what.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::{PutTraining, Renew, Renewed, Revision};
use treadwell_clinic::limits;
use treadwell_clinic::model::{CredentialFault, Learned, Training, TrainingKind};
use treadwell_clinic::report::{Education, Entitlement, Standing};

use super::fields::Fields;
use super::values;

/// Reads an entry of the training log.
pub fn read(
    training: &v1::Training,
    etag: Option<Revision>,
    f: &mut Fields<'_>,
) -> Option<PutTraining> {
    let id = f.optional_id("id", &training.id);
    if training.therapist_ids.is_empty() {
        f.wrong::<()>("therapist_ids", "at least one of them");
    }
    let participants = f.ids(
        "therapist_ids",
        &training.therapist_ids,
        limits::PARTICIPANTS,
    );
    let kind = f.choice("kind", training.kind, |kind| match kind {
        v1::TrainingKind::Unspecified => None,
        v1::TrainingKind::Session => Some(TrainingKind::Session),
        v1::TrainingKind::Workshop => Some(TrainingKind::Workshop),
        v1::TrainingKind::Seminar => Some(TrainingKind::Seminar),
        v1::TrainingKind::Course => Some(TrainingKind::Course),
        v1::TrainingKind::Other => Some(TrainingKind::Other),
    });
    let title = f.text("title", &training.title, 1..=limits::NAME_CHARS);
    let provider = f.text("provider", &training.provider, 0..=limits::NAME_CHARS);
    let subject = f.text("subject", &training.subject, 0..=limits::NAME_CHARS);
    let first = f.date("first", training.first.as_ref());
    let last = f.date("last", training.last.as_ref());
    let most = i64::from(limits::TRAINING);
    let minutes: Option<u32> = f.number("minutes", training.minutes, 1..=most);
    if minutes.is_some_and(|minutes| minutes % Training::QUARTER != 0) {
        f.wrong::<()>("minutes", "whole quarters of an hour");
    }
    let certificate = f.text("certificate", &training.certificate, 0..=limits::NAME_CHARS);
    let note = f.note("note", &training.note, 0..=limits::NOTE_CHARS);
    let what = Learned {
        participants: participants?,
        kind: kind?,
        title: title?,
        provider: provider?,
        subject: subject?,
        first: first?,
        last: last?,
        minutes: minutes?,
        education: training.education,
        certificate: certificate?,
        note: note?,
    };
    Some(PutTraining {
        training: id?,
        what,
        etag,
    })
}

/// Reads a renewal.
pub fn read_renewal(
    renewal: &v1::RenewCredentialRequest,
    etag: Option<Revision>,
    f: &mut Fields<'_>,
) -> Option<Renew> {
    use v1::renew_credential_request::Renewed as Asked;

    let therapist = f.id("therapist_id", &renewal.therapist_id);
    let what = match &renewal.renewed {
        Some(Asked::CredentialId(id)) => f.id("credential_id", id).map(Renewed::Credential),
        Some(Asked::Registration(true)) => Some(Renewed::Registration),
        Some(Asked::Registration(false)) => f.wrong("registration", "true, or a credential_id"),
        None => f.wrong("credential_id", "what is renewed, or `registration`"),
    };
    let number = f.text("number", &renewal.number, 0..=limits::NAME_CHARS);
    let expires = f.date("valid_through", renewal.valid_through.as_ref());
    Some(Renew {
        therapist: therapist?,
        what: what?,
        number: number?,
        expires: expires?,
        etag,
    })
}

/// Shows an entry of the training log.
pub fn show(training: &Training, revision: Revision) -> v1::Training {
    let what = &training.what;
    let kind = match what.kind {
        TrainingKind::Session => v1::TrainingKind::Session,
        TrainingKind::Workshop => v1::TrainingKind::Workshop,
        TrainingKind::Seminar => v1::TrainingKind::Seminar,
        TrainingKind::Course => v1::TrainingKind::Course,
        TrainingKind::Other => v1::TrainingKind::Other,
    };
    let participants = what.participants.iter();
    v1::Training {
        id: training.id.to_string(),
        therapist_ids: participants.map(ToString::to_string).collect(),
        kind: kind.into(),
        title: what.title.clone(),
        provider: what.provider.clone(),
        subject: what.subject.clone(),
        first: Some(values::date(what.first)),
        last: Some(values::date(what.last)),
        minutes: minutes(what.minutes),
        education: what.education,
        certificate: what.certificate.clone(),
        note: what.note.clone(),
        recorded_by: training.by.to_string(),
        recorded_at: Some(values::instant(training.at)),
        etag: values::etag(revision),
    }
}

/// Shows what a therapist may do; continuing education only to those who see their training.
pub fn show_standing(standing: &Standing, clinic: &Clinic, training: bool) -> v1::Standing {
    let therapist = clinic.therapist(standing.therapist);
    let registration = therapist.and_then(|it| it.registration.as_ref());
    v1::Standing {
        therapist_id: standing.therapist.to_string(),
        site_ids: standing.sites.iter().map(ToString::to_string).collect(),
        on: Some(values::date(standing.on)),
        registration: registration.map_or_else(String::new, |it| it.association.clone()),
        registration_number: registration.map_or_else(String::new, |it| it.number.clone()),
        registration_valid_through: registration.and_then(|it| it.expires).map(values::date),
        registration_expired: standing.registration_expired,
        education: training.then(|| show_education(&standing.education)),
        services: standing.services.iter().map(show_entitlement).collect(),
    }
}

fn show_education(education: &Education) -> v1::Education {
    v1::Education {
        since: Some(values::date(education.since)),
        minutes: education.minutes.into(),
        required_minutes: minutes(education.required),
    }
}

fn show_entitlement(entitlement: &Entitlement) -> v1::Entitlement {
    let lacking = entitlement.lacking.iter().map(|(kind, fault)| {
        let expired = match fault {
            CredentialFault::Missing => None,
            CredentialFault::Expired(last) => Some(values::date(*last)),
        };
        v1::LackingCredential {
            credential_id: kind.to_string(),
            expired,
        }
    });
    v1::Entitlement {
        service_id: entitlement.service.to_string(),
        may: entitlement.lacking.is_empty(),
        valid_through: entitlement.until.map(values::date),
        lacking: lacking.collect(),
    }
}

/// Minutes of training, which are limited to far less than 31 bits.
fn minutes(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
