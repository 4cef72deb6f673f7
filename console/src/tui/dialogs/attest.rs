//! Whose foot care of today is attested: without it a barefoot session can not be started.

use treadwell_api::v1;

use super::menu::{Action, Item, Menu};
use crate::{
    hygiene::is_ready,
    tui::{
        event::{Effect, Purpose},
        model::Model,
        time,
    },
};

/// Opens the list of therapists who have not attested today.
pub(crate) fn open(model: &mut Model) -> Vec<Effect> {
    let zone = model.home_zone();
    let date = zone.to_datetime(model.now()).date();
    let today = time::local_date(date);
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
            action: Action::FootCare(therapist.id.clone()),
        })
        .collect();
    let ready: Vec<&str> = model
        .therapists
        .iter()
        .filter(|it| is_ready(it, &model.catalog.services, date))
        .map(|it| it.short_name.as_str())
        .collect();
    let ready = if ready.is_empty() {
        "Nobody is ready for barefoot work today yet.".to_owned()
    } else {
        format!("Ready for barefoot work today: {}.", ready.join(", "))
    };
    if items.is_empty() {
        model.say(format!("Everybody's foot care is attested. {ready}"));
        return Vec::new();
    }
    let lines = vec![ready, "Feet cared for today, no nail polish:".to_owned()];
    super::menu::open(model, Menu::new("Foot care", lines, items))
}

/// What was done for the feet today, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Care {
    soak: bool,
    scrub: bool,
    pedicure: bool,
}

/// What is usual, the least first: nothing but a look at the nails has to be done every day.
const CARE: [(&str, [bool; 3]); 4] = [
    ("no polish", [false, false, false]),
    ("no polish; soaked", [true, false, false]),
    ("no polish; soaked and scrubbed", [true, true, false]),
    ("no polish; soaked, scrubbed, pedicure", [true, true, true]),
];

/// Opens the list of what was done for a therapist's feet.
pub(super) fn open_care(model: &mut Model, therapist_id: &str) -> Vec<Effect> {
    let items = CARE.map(|(label, [soak, scrub, pedicure])| {
        let care = Care {
            soak,
            scrub,
            pedicure,
        };
        Item {
            key: String::new(),
            label: label.to_owned(),
            action: Action::Attest(therapist_id.to_owned(), care),
        }
    });
    let lines = vec![format!("{}, today:", model.therapist_name(therapist_id))];
    super::menu::open(model, Menu::new("Foot care", lines, items.into()))
}

/// Sends the attestation.
pub(super) fn send(model: &mut Model, therapist_id: String, care: Care) -> Vec<Effect> {
    let call = v1::AttestFootCareRequest {
        therapist_id,
        soak: care.soak,
        scrub: care.scrub,
        pedicure: care.pedicure,
        ..v1::AttestFootCareRequest::default()
    };
    model.write(Purpose::Act, call)
}
