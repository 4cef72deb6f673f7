use treadwell_api::v1;
use treadwell_clinic::command::Actor;
use treadwell_clinic::model::{KeyHash, Record};

use super::fields::Fields;
use super::*;
use crate::access::{Class, View};
use crate::sample::told;
use crate::setup;

mod input;
mod round_trip;

/// Which fields a reader finds wrong.
fn wrong<T>(reader: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Vec<String> {
    match read(reader) {
        Ok(_) => Vec::new(),
        Err(Violations(found)) => found.into_iter().map(|it| it.field).collect(),
    }
}

/// The names and phones of the story's clients, and all that a view shows of its clinic, as text.
async fn shown(view: &View) -> (Vec<(String, String)>, String) {
    let (engine, _) = told().await;
    let published = engine.snapshot();
    let clinic = &published.clinic;
    let shown: Vec<_> = clinic
        .records()
        .filter_map(|(record, revision)| resource(clinic, &record, revision, view))
        .map(|resource| format!("{resource:?}"))
        .collect();
    let shown = shown.join("\n");
    let people = clinic
        .clients()
        .map(|it| (it.name.clone(), it.phone.clone()))
        .collect();
    (people, shown)
}

#[tokio::test]
async fn a_wallboard_learns_nobodys_name() {
    let view = View::of(
        treadwell_clinic::model::Role::Wallboard,
        Actor::system().sites,
    );
    assert_eq!(view.class, Class::Wallboard);
    let (people, text) = shown(&view).await;
    assert!(people.len() > 40 && text.contains("Appointment("));
    for (name, phone) in people {
        assert!(!text.contains(&name) && !text.contains(&phone), "{name}");
    }
    assert!(text.contains("A.L."), "initials are what is shown");
    assert!(!text.contains("Declaration(") && !text.contains("RuleSet("));
}

#[tokio::test]
async fn the_desk_sees_outcomes_and_no_reasons() {
    let role = treadwell_clinic::model::Role::FrontDesk;
    let (_, text) = shown(&View::of(role, Actor::system().sites)).await;
    assert!(text.contains("Appointment(") && text.contains("Client("));
    assert!(!text.contains("Declaration(") && !text.contains("Key("));
    assert!(
        !text.contains("ScreeningReason"),
        "why stays with those who treat"
    );
    assert!(
        !text.contains("Light pressure"),
        "a review's note is health data"
    );
    let (_, whole) = shown(&View::whole()).await;
    assert!(whole.contains("ScreeningReason") && whole.contains("Light pressure"));
    assert!(whole.contains("Declaration(") && whole.contains("Key("));
}

#[tokio::test]
async fn what_lies_at_another_site_is_out_of_sight() {
    let only = treadwell_clinic::model::Sites::Only(["dartmouth".parse().unwrap()].into());
    let view = View::of(treadwell_clinic::model::Role::Manager, only);
    let (engine, _) = told().await;
    let published = engine.snapshot();
    for (record, revision) in published.clinic.records() {
        let seen = resource(&published.clinic, &record, revision, &view).is_some();
        let here = match &record {
            Record::Room(room) => room.site.as_str() == "dartmouth",
            Record::Appointment(it) => it.slot.site.as_str() == "dartmouth",
            Record::Shift(shift) => shift.site.as_str() == "dartmouth",
            Record::Therapist(_) => true,
            _ => continue,
        };
        assert_eq!(seen, here, "{:?}", record.id());
    }
}

#[test]
fn words_for_places_where_names_must_not_show() {
    for (name, initials) in [
        ("Anna Lindqvist", "A.L."),
        ("  anna   von lindqvist ", "A.L."),
        ("Élodie", "É."),
        ("", ""),
    ] {
        assert_eq!(values::initials(name), initials);
    }
    assert_eq!(values::short_name("Yvette LeBlanc"), "LeBlanc");
    assert_eq!(
        values::short_name("Featherstonehaugh-Smythe"),
        "Featherstone"
    );
    assert_eq!(values::title("reflex-foot"), "Reflex foot");
}

/// A hash that stands for some secret's.
const HASH: KeyHash = KeyHash([7; 32]);

/// The sample clinic's catalog.
fn catalog() -> treadwell_clinic::command::Catalog {
    setup::load(crate::sample::CLINIC).unwrap().catalog
}

fn date(year: i32, month: i32, day: i32) -> v1::LocalDate {
    v1::LocalDate { year, month, day }
}
