//! Watches: a snapshot and every change after it, nothing missed and nothing repeated, whoever writes and however often the
//! line is lost.

use std::collections::BTreeMap;

use anyhow::Result;
use futures::future::join_all;
use treadwell_api::v1::{
    CancelAppointmentRequest, CancelAppointmentResponse, CancelReason, Client, CreateHoldRequest,
    CreateHoldResponse, Hold, Reason, ReleaseHoldRequest, ReleaseHoldResponse, ResourceKind, Role,
    UpdateClientRequest, UpdateClientResponse, WatchRequest, WatchResponse, watch_event::Resource,
};
use treadwell_tests::{
    clinic_day::{hands_on, named, start},
    seed::{Random, seed},
    wire::{No, Watching, Wire, refused},
};

use crate::clinic::{Clinic, book, said};

/// What a watcher knows: every resource by kind and id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Known {
    resources: BTreeMap<(ResourceKind, String), Resource>,
    /// The state is whole at this revision.
    revision: u64,
    /// Events that came since the state was whole.
    pending: Vec<(u64, Resource)>,
    /// The highest revision of any event.
    newest_event: u64,
}

impl Known {
    /// Takes a message; asserts that nothing of it came before, and that revisions go up.
    pub(crate) fn take(&mut self, message: WatchResponse) {
        if message.checkpoint {
            assert!(message.revision >= self.revision, "{message:?}");
            assert!(self.pending.is_empty(), "a checkpoint inside a commit");
            self.revision = message.revision;
            return;
        }
        let mut last = self.newest_event;
        for event in message.events {
            if !message.snapshot {
                assert!(
                    event.revision > self.revision && event.revision >= last,
                    "repeated or out of order: {event:?} after {} and {last}",
                    self.revision
                );
                last = event.revision;
            }
            let resource = event.resource.expect("an event says of what");
            self.pending.push((event.revision, resource));
        }
        self.newest_event = last;
        if message.commit_complete {
            for (_, resource) in std::mem::take(&mut self.pending) {
                self.apply(resource);
            }
            self.revision = message.revision;
            assert!(self.newest_event <= self.revision);
        }
    }

    fn apply(&mut self, resource: Resource) {
        if let Resource::Tombstone(gone) = &resource {
            let known = self.resources.remove(&(gone.kind(), gone.id.clone()));
            assert!(
                known.is_some(),
                "a tombstone of what was not there: {gone:?}"
            );
            return;
        }
        self.resources.insert(name(&resource), resource);
    }

    /// The line was lost: what was not whole never was.
    fn lost(&mut self) {
        self.pending.clear();
        self.newest_event = self.revision;
    }

    /// How many resources of a kind are known.
    pub(crate) fn count(&self, kind: ResourceKind) -> usize {
        self.resources.keys().filter(|key| key.0 == kind).count()
    }

    /// Whether it is known.
    pub(crate) fn has(&self, kind: ResourceKind, id: &str) -> bool {
        self.resources.contains_key(&(kind, id.to_owned()))
    }
}

fn name(resource: &Resource) -> (ResourceKind, String) {
    use ResourceKind as Kind;
    let (kind, id) = match resource {
        Resource::Tombstone(it) => (it.kind(), &it.id),
        Resource::Site(it) => (Kind::Site, &it.id),
        Resource::Room(it) => (Kind::Room, &it.id),
        Resource::Service(it) => (Kind::Service, &it.id),
        Resource::RuleSet(it) => (Kind::RuleSet, &it.id),
        Resource::Policy(_) => return (Kind::Policy, String::new()),
        Resource::Therapist(it) => (Kind::Therapist, &it.id),
        Resource::Shift(it) => (Kind::Shift, &it.id),
        Resource::Client(it) => (Kind::Client, &it.id),
        Resource::Declaration(it) => (Kind::Declaration, &it.id),
        Resource::Appointment(it) => (Kind::Appointment, &it.id),
        Resource::Hold(it) => (Kind::Hold, &it.id),
        Resource::Outage(it) => (Kind::Outage, &it.id),
        Resource::Turnover(it) => (Kind::Turnover, &it.room_id),
        Resource::Business(_) => return (Kind::Business, String::new()),
        Resource::PriceList(it) => (Kind::PriceList, &it.service_id),
        Resource::Payment(it) => (Kind::Payment, &it.id),
        Resource::Receipt(it) => return (Kind::Receipt, it.number.to_string()),
        Resource::WaitlistEntry(it) => (Kind::WaitlistEntry, &it.id),
        Resource::WeekTemplate(it) => (Kind::WeekTemplate, &it.id),
        Resource::TimeOff(it) => (Kind::TimeOff, &it.id),
        Resource::Key(it) => (Kind::Key, &it.id),
        Resource::SessionRecord(it) => (Kind::SessionRecord, &it.appointment_id),
        Resource::Aftercare(it) => (Kind::Aftercare, &it.appointment_id),
        Resource::StockItem(it) => {
            return (Kind::StockItem, format!("{}/{}", it.site_id, it.item_id));
        }
        Resource::StockMovement(it) => (Kind::StockMovement, &it.id),
        Resource::SupportInspection(it) => (Kind::SupportInspection, &it.id),
        Resource::SessionHygiene(it) => (Kind::SessionHygiene, &it.appointment_id),
        Resource::Training(it) => (Kind::Training, &it.id),
    };
    (kind, id.clone())
}

/// A request for what comes after a revision.
pub(crate) fn after(revision: u64) -> WatchRequest {
    WatchRequest {
        after_revision: Some(revision),
        ..WatchRequest::default()
    }
}

/// Opens a watch with a snapshot and reads that.
pub(crate) async fn begin(wire: &Wire, request: &WatchRequest) -> Result<(Watching, Known), No> {
    let mut watching = wire.watch(request).await?;
    let mut known = Known::default();
    while known.revision == 0 {
        let message = watching.message().await?;
        assert!(message.snapshot, "a watch begins with its snapshot");
        known.take(message);
    }
    Ok((watching, known))
}

/// What a watch that begins now knows once it has caught up. A snapshot may be a little old.
async fn afresh(clinic: &Clinic, wire: &Wire) -> Known {
    let (mut watching, mut known) = said(begin(wire, &WatchRequest::default()).await);
    read_until(&mut watching, &mut known, clinic.revision().await).await;
    known
}

/// Asserts that two know the same, and says of what they do not.
fn agree(one: &Known, other: &Known, who: &str) {
    for (key, resource) in &other.resources {
        assert_eq!(one.resources.get(key), Some(resource), "{who}: {key:?}");
    }
    let more: Vec<_> = one
        .resources
        .keys()
        .filter(|key| !other.resources.contains_key(key))
        .collect();
    assert!(more.is_empty(), "{who}: {more:?} are gone");
}

/// Reads on until the state is whole at this revision or later.
pub(crate) async fn read_until(watching: &mut Watching, known: &mut Known, revision: u64) {
    while known.revision < revision {
        known.take(said(watching.message().await));
    }
}

/// Everybody books, holds, renames and cancels at the same time.
async fn work(wire: Wire, client: String, site: &'static str, seed: u64) -> Result<(), No> {
    let mut random = Random::new(seed);
    for n in 0..25 {
        let (days, quarters) = (random.below(6), random.below(36));
        let name = format!("{client} {n}");
        match random.below(4) {
            0 => {
                let hold = CreateHoldRequest {
                    write: named(&name),
                    hold: Some(Hold {
                        service_id: "hands-on-60".to_owned(),
                        site_id: site.to_owned(),
                        start: Some(start(days, quarters)),
                        ..Hold::default()
                    }),
                };
                let held: Result<CreateHoldResponse, _> =
                    wire.ask("AppointmentService/CreateHold", &hold).await;
                if let Ok(held) = held {
                    let release = ReleaseHoldRequest {
                        write: named(format!("{name} release")),
                        hold_id: held.hold.unwrap_or_default().id,
                    };
                    let _: ReleaseHoldResponse =
                        wire.ask("AppointmentService/ReleaseHold", &release).await?;
                }
            }
            1 => {
                let update = UpdateClientRequest {
                    write: named(&name),
                    client: Some(Client {
                        id: client.clone(),
                        name: "The Same".to_owned(),
                        note: name.clone(),
                        ..Client::default()
                    }),
                    update_mask: None,
                };
                let _: UpdateClientResponse =
                    wire.ask("ClientService/UpdateClient", &update).await?;
            }
            _ => {
                let booked = book(&wire, &hands_on(&name, &client, site, days, quarters)).await;
                if let (Ok(booked), 0) = (booked, random.below(2)) {
                    let cancel = CancelAppointmentRequest {
                        write: named(format!("{name} cancel")),
                        appointment_id: booked.id,
                        cancel_reason: CancelReason::Client.into(),
                        note: String::new(),
                    };
                    let _: CancelAppointmentResponse = wire
                        .ask("AppointmentService/CancelAppointment", &cancel)
                        .await?;
                }
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_or_repeated_under_writes_and_lost_lines() -> Result<()> {
    let seed = seed(52);
    println!("seed {seed}");
    let clinic = Clinic::open().await?;
    let mut clients = Vec::new();
    for _ in 0..6 {
        // All of one name, so that it is the same for those who see it and those who see initials.
        clients.push(clinic.client(&format!("The Same {}", clients.len())).await);
    }
    for client in &clients {
        rename(&clinic, client, "The Same").await;
    }
    let mut writers = Vec::new();
    for (n, client) in clients.iter().enumerate() {
        let wire = Wire::open(&clinic.server, clinic.folder.owner_key.as_str()).await?;
        let site = if n % 2 == 0 { "halifax" } else { "dartmouth" };
        writers.push(tokio::spawn(work(
            wire,
            client.clone(),
            site,
            seed + n as u64,
        )));
    }
    let roles = [
        Role::Owner,
        Role::FrontDesk,
        Role::Therapist,
        Role::Wallboard,
    ];
    let (done, finished) = tokio::sync::watch::channel(None);
    let mut watchers = Vec::new();
    for role in roles {
        let wire = clinic.connect(role).await?;
        let finished = finished.clone();
        let random = Random::new(seed + 100 + u64::from(i32::from(role).unsigned_abs()));
        watchers.push(tokio::spawn(follow(wire, random, finished)));
    }
    for writer in writers {
        said(writer.await?);
    }
    done.send_replace(Some(clinic.revision().await));
    for (role, watcher) in roles.into_iter().zip(watchers) {
        let (known, lines) = watcher.await?;
        assert!(lines > 3, "{role:?} lost its line {lines} times");
        let wire = clinic.connect(role).await?;
        let fresh = afresh(&clinic, &wire).await;
        assert_eq!(fresh.revision, known.revision, "{role:?}");
        agree(&known, &fresh, &format!("{role:?}"));
        assert!(fresh.count(ResourceKind::Appointment) > 10);
    }
    clinic.is_sound().await
}

/// Watches, dropping the line every few messages and resuming where it was; ends when all was heard.
async fn follow(
    wire: Wire,
    mut random: Random,
    finished: tokio::sync::watch::Receiver<Option<u64>>,
) -> (Known, u32) {
    let (mut watching, mut known) = said(begin(&wire, &WatchRequest::default()).await);
    let mut lines = 0;
    loop {
        for _ in 0..=random.below(6) {
            let end = *finished.borrow();
            if end.is_some_and(|end| known.revision >= end) {
                return (known, lines);
            }
            known.take(said(watching.message().await));
        }
        known.lost();
        lines += 1;
        watching = said(wire.watch(&after(known.revision)).await);
    }
}

async fn rename(clinic: &Clinic, client: &str, name: &str) {
    let update = UpdateClientRequest {
        write: None,
        client: Some(Client {
            id: client.to_owned(),
            name: name.to_owned(),
            ..Client::default()
        }),
        update_mask: None,
    };
    let _: UpdateClientResponse = said(
        clinic
            .owner
            .ask("ClientService/UpdateClient", &update)
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_of_one_thing_in_another_is_told_when_it_changes() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Ada Lovelace").await;
    said(clinic.book(&client, 0, 8).await);
    for role in [Role::FrontDesk, Role::Wallboard] {
        let wire = clinic.connect(role).await?;
        let (mut watching, mut known) = said(begin(&wire, &WatchRequest::default()).await);
        rename(&clinic, &client, &format!("Grace Hopper {role:?}")).await;
        read_until(&mut watching, &mut known, clinic.revision().await).await;
        agree(&known, &afresh(&clinic, &wire).await, &format!("{role:?}"));
    }
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_is_not_reached_is_out_of_range() -> Result<()> {
    let clinic = Clinic::open().await?;
    let newest = clinic.revision().await;
    for revision in [newest + 1, newest + 1_000_000, u64::MAX] {
        let no = refused(
            clinic.owner.watch(&after(revision)).await.map(|_| ()),
            Reason::RevisionOutOfRange,
        );
        assert_eq!(no.metadata["newest"], newest.to_string());
        assert!(no.metadata["oldest"].parse::<u64>()? <= newest);
    }
    // The newest itself is reached: there is nothing after it, which is told at once.
    let mut watching = said(clinic.owner.watch(&after(newest)).await);
    let message = said(watching.message().await);
    assert!(message.checkpoint, "{message:?}");
    assert_eq!(message.revision, newest);
    // From the beginning there is everything.
    let mut watching = said(clinic.owner.watch(&after(0)).await);
    let mut known = Known::default();
    read_until(&mut watching, &mut known, newest).await;
    agree(
        &known,
        &afresh(&clinic, &clinic.owner).await,
        "from the beginning",
    );
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_or_leaves_the_sight_gets_a_tombstone() -> Result<()> {
    let clinic = Clinic::open().await?;
    let (_, secret) = clinic.key("Halifax", Role::FrontDesk, &["halifax"]).await?;
    let desk = Wire::open(&clinic.server, secret.as_str()).await?;
    let (mut watching, mut known) = said(begin(&desk, &WatchRequest::default()).await);
    let hold = CreateHoldRequest {
        write: named("hold"),
        hold: Some(Hold {
            service_id: "hands-on-60".to_owned(),
            site_id: "halifax".to_owned(),
            start: Some(start(1, 8)),
            ..Hold::default()
        }),
    };
    let held: CreateHoldResponse = said(
        clinic
            .owner
            .ask("AppointmentService/CreateHold", &hold)
            .await,
    );
    let held_id = held.hold.unwrap_or_default().id;
    read_until(&mut watching, &mut known, held.revision).await;
    assert!(known.has(ResourceKind::Hold, &held_id));
    let release = ReleaseHoldRequest {
        write: named("release"),
        hold_id: held_id.clone(),
    };
    let released: ReleaseHoldResponse = said(
        clinic
            .owner
            .ask("AppointmentService/ReleaseHold", &release)
            .await,
    );
    read_until(&mut watching, &mut known, released.revision).await;
    assert!(!known.has(ResourceKind::Hold, &held_id), "it is gone");

    let client = clinic.client("Moves away").await;
    let booked = said(clinic.book(&client, 1, 8).await);
    let move_away = treadwell_api::v1::MoveAppointmentRequest {
        write: named("move"),
        appointment_id: booked.id.clone(),
        site_id: "dartmouth".to_owned(),
        ..Default::default()
    };
    read_until(&mut watching, &mut known, clinic.revision().await).await;
    assert!(known.has(ResourceKind::Appointment, &booked.id));
    let moved: treadwell_api::v1::MoveAppointmentResponse = said(
        clinic
            .owner
            .ask("AppointmentService/MoveAppointment", &move_away)
            .await,
    );
    read_until(&mut watching, &mut known, moved.revision).await;
    assert!(
        !known.has(ResourceKind::Appointment, &booked.id),
        "it has left the sight"
    );
    // A watch that resumes over all that knows no more than a fresh one.
    agree(&known, &afresh(&clinic, &desk).await, "a desk of one site");
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_watcher_misses_nothing_and_holds_nobody_up() -> Result<()> {
    let clinic = Clinic::open().await?;
    let client = clinic.client("Somebody").await;
    let slow_wire = clinic.connect(Role::Owner).await?;
    let (mut slow, mut slow_known) = said(begin(&slow_wire, &WatchRequest::default()).await);
    let quick_wire = clinic.connect(Role::Owner).await?;
    let (mut quick, mut quick_known) = said(begin(&quick_wire, &WatchRequest::default()).await);
    // More than the buffers between them hold, a note of 500 characters each.
    let notes = 400;
    let updates = (0..8).map(|worker| {
        let (wire, client) = (clinic.owner.clone(), client.clone());
        async move {
            for n in 0..notes / 8 {
                let update = UpdateClientRequest {
                    write: named(format!("{worker} {n}")),
                    client: Some(Client {
                        id: client.clone(),
                        name: "Somebody".to_owned(),
                        note: "é".repeat(500),
                        ..Client::default()
                    }),
                    update_mask: None,
                };
                let _: UpdateClientResponse =
                    said(wire.ask("ClientService/UpdateClient", &update).await);
            }
        }
    });
    join_all(updates).await;
    let newest = clinic.revision().await;
    read_until(&mut quick, &mut quick_known, newest).await;
    // Only now the slow one reads.
    read_until(&mut slow, &mut slow_known, newest).await;
    agree(&slow_known, &quick_known, "the slow one");
    clinic.is_sound().await
}
