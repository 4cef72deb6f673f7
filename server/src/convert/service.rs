//! Services with their extensions and checklists.

use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::limits;
use treadwell_clinic::model::{ChecklistItem, EquipmentSet, Extension, Modality, Service};

use super::fields::Fields;
use super::{room, stock, values};

/// Reads a service.
pub fn read(service: &v1::Service, f: &mut Fields<'_>) -> Option<Service> {
    let id = f.id("id", &service.id);
    let name = f.text("name", &service.name, 1..=limits::NAME_CHARS);
    let modality = f.choice("modality", service.modality, modality);
    let afterwards = 0..=limits::AFTERWARDS.get();
    let minutes = f.minutes("minutes", service.minutes, 5..=limits::SESSION.get());
    let turnover = f.minutes(
        "turnover_minutes",
        service.turnover_minutes,
        afterwards.clone(),
    );
    let reset = f.minutes("reset_minutes", service.reset_minutes, afterwards);
    let accepts = read_accepts(&service.accepts, f);
    let credentials = f.ids(
        "credential_ids",
        &service.credential_ids,
        limits::CREDENTIALS,
    );
    let rule_set = f.id("rule_set_id", &service.rule_set_id);
    let checklist = read_checklist(&service.checklist, f);
    let extensions = read_extensions(&service.extensions, f);
    let consumes = stock::read_consumes(&service.consumes, f);
    let price_cents = f.cents("price_cents", service.price_cents);
    Some(Service {
        id: id?,
        name: name?,
        modality: modality?,
        minutes: minutes?,
        turnover: turnover?,
        reset: reset?,
        accepts: accepts?,
        credentials: credentials?,
        rule_set: rule_set?,
        checklist: checklist?,
        extensions: extensions?,
        consumes: consumes?,
        price_cents: price_cents?,
        retired: service.retired,
    })
}

fn read_accepts(sets: &[v1::EquipmentSet], f: &mut Fields<'_>) -> Option<Vec<EquipmentSet>> {
    f.count("accepts", sets.len(), 1..=limits::ACCEPTED_SETS)?;
    let mut read = Vec::with_capacity(sets.len());
    for (at, set) in sets.iter().enumerate() {
        read.extend(room::read_equipment(
            "all_of",
            &set.all_of,
            &mut f.item("accepts", at),
        ));
    }
    (read.len() == sets.len()).then_some(read)
}

/// Reads a checklist.
pub fn read_checklist(
    items: &[v1::ChecklistItem],
    f: &mut Fields<'_>,
) -> Option<Vec<ChecklistItem>> {
    f.count("checklist", items.len(), 0..=limits::CHECKLIST_ITEMS)?;
    let mut read: Vec<ChecklistItem> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let mut f = f.item("checklist", at);
        let id = f.id("id", &item.id);
        let text = f.text("label", &item.label, 1..=limits::REASON_CHARS);
        if let Some((id, text)) = id.zip(text) {
            if read.iter().any(|other| other.id == id) {
                f.wrong::<()>("id", "is there twice");
            }
            read.push(ChecklistItem { id, text });
        }
    }
    (read.len() == items.len()).then_some(read)
}

/// Shows a checklist.
pub fn show_checklist(checklist: &[ChecklistItem]) -> Vec<v1::ChecklistItem> {
    let show = |item: &ChecklistItem| v1::ChecklistItem {
        id: item.id.to_string(),
        label: item.text.clone(),
    };
    checklist.iter().map(show).collect()
}

fn read_extensions(extensions: &[v1::Extension], f: &mut Fields<'_>) -> Option<Vec<Extension>> {
    f.count("extensions", extensions.len(), 0..=limits::EXTENSIONS)?;
    let mut read: Vec<Extension> = Vec::with_capacity(extensions.len());
    for (at, extension) in extensions.iter().enumerate() {
        let mut f = f.item("extensions", at);
        let id = f.id("id", &extension.id);
        let name = f.text("name", &extension.name, 1..=limits::NAME_CHARS);
        let minutes = f.minutes("minutes", extension.minutes, 5..=limits::SESSION.get());
        let price = f.cents("price_cents", extension.price_cents);
        let (Some(id), Some(name), Some(minutes), Some(price_cents)) = (id, name, minutes, price)
        else {
            continue;
        };
        if read.iter().any(|other| other.id == id) {
            f.wrong::<()>("id", "is there twice");
        }
        read.push(Extension {
            id,
            name,
            minutes,
            price_cents,
        });
    }
    (read.len() == extensions.len()).then_some(read)
}

/// The modality that a message means; none when it says none.
pub const fn modality(modality: v1::Modality) -> Option<Modality> {
    match modality {
        v1::Modality::Unspecified => None,
        v1::Modality::Barefoot => Some(Modality::Barefoot),
        v1::Modality::HandsOn => Some(Modality::HandsOn),
        v1::Modality::Foot => Some(Modality::Foot),
        v1::Modality::Combination => Some(Modality::Combination),
    }
}

/// The API's word for a modality.
pub fn show_modality(modality: Modality) -> v1::Modality {
    match modality {
        Modality::Barefoot => v1::Modality::Barefoot,
        Modality::HandsOn => v1::Modality::HandsOn,
        Modality::Foot => v1::Modality::Foot,
        Modality::Combination => v1::Modality::Combination,
    }
}

/// Shows a service.
pub fn show(service: &Service, revision: Revision) -> v1::Service {
    v1::Service {
        id: service.id.to_string(),
        name: service.name.clone(),
        modality: show_modality(service.modality).into(),
        minutes: service.minutes.get().into(),
        turnover_minutes: service.turnover.get().into(),
        reset_minutes: service.reset.get().into(),
        accepts: service
            .accepts
            .iter()
            .map(|&set| v1::EquipmentSet {
                all_of: room::show_equipment(set),
            })
            .collect(),
        credential_ids: service
            .credentials
            .iter()
            .map(ToString::to_string)
            .collect(),
        rule_set_id: service.rule_set.to_string(),
        checklist: show_checklist(&service.checklist),
        extensions: service
            .extensions
            .iter()
            .map(|extension| v1::Extension {
                id: extension.id.to_string(),
                name: extension.name.clone(),
                minutes: extension.minutes.get().into(),
                price_cents: extension.price_cents.into(),
            })
            .collect(),
        price_cents: service.price_cents.into(),
        consumes: stock::show_consumes(&service.consumes),
        retired: service.retired,
        etag: values::etag(revision),
    }
}
