//! Whose foot care of today is attested: without it a barefoot session can not be started.

use treadwell_api::v1;

use super::menu::{Action, Item, Menu};
use crate::tui::{
    event::{Effect, Purpose},
    model::Model,
    time,
};

/// Opens the list of therapists who have not attested today.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    let zone = model.home_zone();
    let today = time::local_date(zone.to_datetime(model.now()).date());
    let mine = model
        .me
        .as_ref()
        .map(|key| key.therapist_id.clone())
        .filter(|id| !id.is_empty());
    let open = model.therapists.iter().filter(|therapist| {
        !therapist.retired
            && !therapist.credentials.is_empty()
            && therapist.foot_care_attested_on.as_ref() != Some(&today)
            && mine.as_ref().is_none_or(|id| *id == therapist.id)
    });
    let items: Vec<Item> = open
        .map(|therapist| Item {
            key: String::new(),
            label: therapist.name.clone(),
            action: Action::Attest(therapist.id.clone()),
        })
        .collect();
    if items.is_empty() {
        model.say("Everybody's foot care of today is attested.");
        return Vec::new();
    }
    let lines = vec!["Feet cared for today, no nail polish:".to_owned()];
    super::menu::open(model, Menu::new("Foot care", lines, items))
}

/// Sends the attestation.
pub(crate) fn send(model: &mut Model, therapist_id: String) -> Vec<Effect> {
    model.write(
        Purpose::Act,
        v1::AttestFootCareRequest {
            therapist_id,
            ..v1::AttestFootCareRequest::default()
        },
    )
}
