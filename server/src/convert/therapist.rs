//! Therapists and their credentials.

use treadwell_api::v1;
use treadwell_clinic::Clinic;
use treadwell_clinic::command::Revision;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Credential, Registration, Therapist};

use super::fields::Fields;
use super::values;
use crate::access::{Class, View};

/// Reads a therapist. The foot-care date is not part of what is read: it has a call of its own.
pub fn read(therapist: &v1::Therapist, f: &mut Fields<'_>) -> Option<Therapist> {
    let id = f.id("id", &therapist.id);
    let name = f.text("name", &therapist.name, 1..=limits::NAME_CHARS);
    if therapist.site_ids.is_empty() {
        f.wrong::<()>("site_ids", "at least one of them");
    }
    let sites = f.ids("site_ids", &therapist.site_ids, limits::SITES_PER_THERAPIST);
    let credentials = read_credentials(&therapist.credentials, f);
    let association = f.text(
        "registration",
        &therapist.registration,
        0..=limits::NAME_CHARS,
    );
    let number = f.text(
        "registration_number",
        &therapist.registration_number,
        0..=limits::NAME_CHARS,
    );
    let expires = f.optional_date(
        "registration_valid_through",
        therapist.registration_valid_through.as_ref(),
    );
    let registration = match (association, number, expires) {
        (Some(association), Some(number), Some(expires)) if association.is_empty() => {
            if number.is_empty() && expires.is_none() {
                Some(None)
            } else {
                f.wrong("registration", "the association that gave the number")
            }
        }
        (Some(association), Some(number), Some(expires)) => Some(Some(Registration {
            association,
            number,
            expires,
        })),
        _ => None,
    };
    Some(Therapist {
        id: id?,
        name: name?,
        sites: sites?,
        credentials: credentials?,
        registration: registration?,
        retired: therapist.retired,
    })
}

fn read_credentials(credentials: &[v1::Credential], f: &mut Fields<'_>) -> Option<Vec<Credential>> {
    f.count("credentials", credentials.len(), 0..=limits::CREDENTIALS)?;
    let mut read: Vec<Credential> = Vec::with_capacity(credentials.len());
    for (at, credential) in credentials.iter().enumerate() {
        let mut f = f.item("credentials", at);
        let kind = f.id("id", &credential.id);
        let issuer = f.text("issuer", &credential.issuer, 0..=limits::NAME_CHARS);
        let number = f.text("number", &credential.number, 0..=limits::NAME_CHARS);
        let expires = f.optional_date("valid_through", credential.valid_through.as_ref());
        let (Some(kind), Some(issuer), Some(number), Some(expires)) =
            (kind, issuer, number, expires)
        else {
            continue;
        };
        if read.iter().any(|other| other.kind == kind) {
            f.wrong::<()>("id", "is there twice");
        }
        read.push(Credential {
            kind,
            issuer,
            number,
            expires,
        });
    }
    (read.len() == credentials.len()).then_some(read)
}

/// Shows a therapist. A wallboard gets the names alone.
pub fn show(
    therapist: &Therapist,
    revision: Revision,
    clinic: &Clinic,
    view: &View,
) -> v1::Therapist {
    let mut shown = v1::Therapist {
        id: therapist.id.to_string(),
        name: therapist.name.clone(),
        short_name: values::short_name(&therapist.name),
        site_ids: therapist.sites.iter().map(ToString::to_string).collect(),
        retired: therapist.retired,
        etag: values::etag(revision),
        ..v1::Therapist::default()
    };
    if view.class == Class::Wallboard {
        return shown;
    }
    shown.credentials = therapist
        .credentials
        .iter()
        .map(|credential| v1::Credential {
            id: credential.kind.to_string(),
            issuer: credential.issuer.clone(),
            number: credential.number.clone(),
            valid_through: credential.expires.map(values::date),
        })
        .collect();
    if let Some(registration) = &therapist.registration {
        shown.registration.clone_from(&registration.association);
        shown.registration_number.clone_from(&registration.number);
        shown.registration_valid_through = registration.expires.map(values::date);
    }
    shown.foot_care_attested_on = clinic
        .foot_care_log(therapist.id)
        .rfind(|entry| entry.polish_free)
        .map(|entry| values::date(entry.date));
    shown
}
