//! What looks otherwise although it was not changed is told again.

use treadwell_clinic::Command;
use treadwell_clinic::command::{OpenOutage, Patch, Put, UpdateClient};
use treadwell_clinic::id::ClientId;
use treadwell_clinic::model::{OutageTarget, Room};

use super::*;
use crate::engine::tests::support::{appointment, declare as declare_well, put_therapist};

const ROLES: [Role; 5] = [
    Role::Owner,
    Role::Therapist,
    Role::FrontDesk,
    Role::Integration,
    Role::Wallboard,
];

fn rename(client: ClientId, name: &str, phone: &str) -> Command {
    Command::UpdateClient(UpdateClient {
        client,
        name: Patch::Set(name.to_owned()),
        phone: Patch::Set(phone.to_owned()),
        email: Patch::Keep,
        born: Patch::Keep,
        preferred: Patch::Keep,
        note: Patch::Keep,
        etag: None,
    })
}

/// What a role knows by watching is what it would be shown now.
async fn assert_current(
    world: &World,
    watching: &mut Watching,
    role: Role,
    known: &mut Vec<v1::WatchEvent>,
) {
    let newest = world.revision();
    known.extend(watching.until(newest).await);
    let fresh = Watching::by(world, watching.key, &View::of(role, Sites::All), None)
        .until(newest)
        .await;
    assert_eq!(fold(known), fold(&fresh), "{role:?}");
}

#[tokio::test(start_paused = true)]
async fn whatever_is_shown_with_an_appointment_changes_with_it() {
    let world = World::new().await;
    let client = world.clients()[0];
    for hour in [1, 4] {
        world.done(book(client, at(hour))).await;
    }
    for role in ROLES {
        let mut watching = Watching::begin(&world, role, None).await;
        let mut known = watching.message().await.events;
        for command in [
            rename(client, "Ada King", "902-555-0111"),
            rename(client, "Ada King", "902-555-0112"),
            declare_well(client),
            // Unsound, then called by another name.
            Command::OpenOutage(OpenOutage {
                room: "h1".parse().unwrap(),
                target: OutageTarget::Room,
                from: Some(at(0)),
                until: None,
                reason: "The floor is wet".to_owned(),
            }),
            room("H1 by the window"),
            put_therapist(true),
            put_therapist(false),
            Command::Undo,
            room("H1"),
            rename(client, "Ada Lovelace", ""),
        ] {
            // An undo of what can not be undone is nothing to watch.
            let _refused = world.submit(command, Write::default()).await;
            assert_current(&world, &mut watching, role, &mut known).await;
        }
    }
}

fn room(name: &str) -> Command {
    Command::PutRoom(Put {
        resource: Room {
            id: "h1".parse().unwrap(),
            site: "halifax".parse().unwrap(),
            name: name.to_owned(),
            equipment: EquipmentSet::of([Equipment::Table]),
            checklist: Vec::new(),
            turnover: Minutes::ZERO,
            inspection: None,
            retired: false,
        },
        etag: None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_display_learns_new_initials_with_the_commit_that_changed_the_name() {
    let world = World::new().await;
    let client = world.clients()[0];
    let booked = world.done(book(client, at(1))).await;
    let id = appointment(&booked).to_string();
    let mut watching = Watching::begin(&world, Role::Wallboard, None).await;
    watching.message().await;
    let renamed = world.done(rename(client, "Brook Oduya", "")).await;
    let events = watching.until(renamed.revision).await;
    let [event] = &events[..] else {
        panic!("expected one appointment, got {events:?}");
    };
    assert_eq!(event.revision, renamed.revision);
    let Some(Resource::Appointment(shown)) = &event.resource else {
        panic!("expected an appointment, got {event:?}");
    };
    assert_eq!(
        (shown.id.as_str(), shown.client_name.as_str()),
        (id.as_str(), "B.O.")
    );
    assert_eq!(
        shown.etag,
        booked.revision.to_string(),
        "it was not changed itself"
    );
    // What nobody is shown is not told again.
    let update = UpdateClient {
        client,
        name: Patch::Keep,
        phone: Patch::Keep,
        email: Patch::Keep,
        born: Patch::Keep,
        preferred: Patch::Keep,
        note: Patch::Set("likes the window".to_owned()),
        etag: None,
    };
    let noted = world.done(Command::UpdateClient(update)).await;
    assert!(watching.until(noted.revision).await.is_empty());
}
