//! Rooms and their equipment.

use jiff::ToSpan;
use treadwell_api::v1;
use treadwell_clinic::command::Revision;
use treadwell_clinic::limits;
use treadwell_clinic::model::{Equipment, EquipmentSet, Inspection, Room};

use super::fields::Fields;
use super::{service, values};

/// Reads a room.
pub fn read(room: &v1::Room, f: &mut Fields<'_>) -> Option<Room> {
    let id = f.id("id", &room.id);
    let site = f.id("site_id", &room.site_id);
    let name = f.text("name", &room.name, 1..=limits::NAME_CHARS);
    let equipment = read_equipment("equipment", &room.equipment, f);
    let turnover = f.minutes(
        "turnover_minutes",
        room.turnover_minutes,
        0..=limits::AFTERWARDS.get(),
    );
    let checklist = service::read_checklist(&room.checklist, f);
    let inspection = match &room.inspection {
        None => Some(None),
        Some(inspection) => {
            let mut f = f.inside("inspection");
            let passed = f.date("passed_on", inspection.passed_on.as_ref());
            let months = f.number("months", inspection.months, 1..=120);
            passed
                .zip(months)
                .map(|(passed, months)| Some(Inspection { passed, months }))
        }
    };
    Some(Room {
        id: id?,
        site: site?,
        name: name?,
        equipment: equipment?,
        turnover: turnover?,
        checklist: checklist?,
        inspection: inspection?,
        retired: room.retired,
    })
}

/// Reads a set of equipment.
pub fn read_equipment(
    name: &'static str,
    kinds: &[i32],
    f: &mut Fields<'_>,
) -> Option<EquipmentSet> {
    f.count(name, kinds.len(), 0..=Equipment::ALL.len())?;
    let mut set = EquipmentSet::EMPTY;
    let mut good = true;
    for (at, &kind) in kinds.iter().enumerate() {
        match f
            .item(name, at)
            .choice("", kind, |kind: v1::Equipment| match kind {
                v1::Equipment::Unspecified => None,
                v1::Equipment::Table => Some(Equipment::Table),
                v1::Equipment::FootChair => Some(Equipment::FootChair),
                v1::Equipment::ParallelBars => Some(Equipment::ParallelBars),
                v1::Equipment::Rope => Some(Equipment::Rope),
            }) {
            Some(kind) => set = set.with(kind),
            None => good = false,
        }
    }
    good.then_some(set)
}

/// Shows a set of equipment.
pub fn show_equipment(set: EquipmentSet) -> Vec<i32> {
    set.iter()
        .map(|kind| match kind {
            Equipment::Table => v1::Equipment::Table.into(),
            Equipment::FootChair => v1::Equipment::FootChair.into(),
            Equipment::ParallelBars => v1::Equipment::ParallelBars.into(),
            Equipment::Rope => v1::Equipment::Rope.into(),
        })
        .collect()
}

/// Shows a room.
pub fn show(room: &Room, revision: Revision) -> v1::Room {
    v1::Room {
        id: room.id.to_string(),
        site_id: room.site.to_string(),
        name: room.name.clone(),
        equipment: show_equipment(room.equipment),
        inspection: room.inspection.map(|inspection| v1::Inspection {
            passed_on: Some(values::date(inspection.passed)),
            // The model knows the first day on which it is not good any more.
            good_through: inspection
                .lapses()
                .checked_sub(1.day())
                .ok()
                .map(values::date),
            months: inspection.months.into(),
        }),
        turnover_minutes: room.turnover.get().into(),
        checklist: service::show_checklist(&room.checklist),
        retired: room.retired,
        etag: values::etag(revision),
    }
}
