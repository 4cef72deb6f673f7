mod behind;
mod money;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use tokio::sync::watch;
use treadwell_api::v1;
use treadwell_api::v1::watch_event::Resource;
use treadwell_clinic::command::{Catalog, CreateKey, EarlierAnswers, RecordDeclaration};
use treadwell_clinic::id::{KeyId, SiteId};
use treadwell_clinic::model::{
    Answer, Equipment, EquipmentSet, KeyHash, RecordId, Role, Room, Sites,
};
use treadwell_clinic::time::Minutes;
use treadwell_clinic::{Clinic, Command, Revision};

use super::cursor::{Begin, Cursor, Next};
use super::event::{Event, Shown};
use super::filter::{Filter, ViewClass};
use super::frame::{Frame, checkpoint};
use super::snapshot::Snapshots;
use crate::access::{Pass, View};
use crate::engine::tests::support::{World, at, book, options};
use crate::engine::{HistoryError, Options, Write};

const IDLE: Duration = Duration::from_secs(5);

mod retold;
mod sessions;

/// A watch over a small clinic.
struct Watching {
    key: KeyId,
    cursor: Cursor,
    stop: watch::Sender<bool>,
}

impl Watching {
    async fn begin(world: &World, role: Role, after: Option<Revision>) -> Self {
        let key = key(world, role).await;
        Self::by(world, key, &View::of(role, Sites::All), after)
    }

    fn by(world: &World, key: KeyId, view: &View, after: Option<Revision>) -> Self {
        Self::with(world, Pass { key, session: None }, view, after)
    }

    fn with(world: &World, pass: Pass, view: &View, after: Option<Revision>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let begin = if let Some(revision) = after {
            Begin::After(revision)
        } else {
            let published = world.engine.snapshot();
            Begin::Snapshot(Snapshots::default().take(&published, ViewClass::of(view)))
        };
        let filter = Filter::new(view, &[], Vec::new());
        let engine = world.engine.clone();
        Self {
            key: pass.key,
            cursor: Cursor::new(engine, pass, filter, begin, stopping, IDLE),
            stop,
        }
    }

    async fn message(&mut self) -> v1::WatchResponse {
        match self.cursor.next().await {
            Next::Message(bytes) => v1::WatchResponse::decode(bytes).unwrap(),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    /// Everything up to a revision at which the state is whole.
    async fn until(&mut self, revision: Revision) -> Vec<v1::WatchEvent> {
        let mut events = Vec::new();
        loop {
            let message = self.message().await;
            events.extend(message.events);
            if (message.commit_complete || message.checkpoint) && message.revision >= revision {
                return events;
            }
        }
    }
}

async fn key(world: &World, role: Role) -> KeyId {
    let mut hash = [0; 32];
    hash[0] = u8::try_from(world.revision() % 251).unwrap();
    let created = world
        .done(Command::CreateKey(CreateKey {
            hash: KeyHash(hash),
            name: format!("{role:?}"),
            role,
            sites: Sites::All,
            therapist: (role == Role::Therapist).then(|| "chen".parse().unwrap()),
            expires: None,
        }))
        .await;
    match created.reply.records[..] {
        [RecordId::Key(id)] => id,
        ref other => panic!("expected a key, got {other:?}"),
    }
}

async fn declare(world: &World) {
    let client = world.clients()[0];
    let declaration = RecordDeclaration {
        client,
        answers: vec![("fracture".parse().unwrap(), Answer::No)],
        earlier: EarlierAnswers::Keep,
        asked_at: None,
    };
    world.done(Command::RecordDeclaration(declaration)).await;
}

/// What a client knows after these events: by kind and id, the whole resource.
fn fold(events: &[v1::WatchEvent]) -> BTreeMap<(i32, String), Resource> {
    let mut known = BTreeMap::new();
    for event in events {
        match event.resource.clone().expect("every event has a resource") {
            Resource::Tombstone(gone) => {
                known.remove(&(gone.kind, gone.id));
            }
            resource => {
                known.insert(name(&resource), resource);
            }
        }
    }
    known
}

fn name(resource: &Resource) -> (i32, String) {
    let (kind, id) = match resource {
        Resource::Tombstone(r) => return (r.kind, r.id.clone()),
        Resource::Site(r) => (v1::ResourceKind::Site, &r.id),
        Resource::Room(r) => (v1::ResourceKind::Room, &r.id),
        Resource::Service(r) => (v1::ResourceKind::Service, &r.id),
        Resource::RuleSet(r) => (v1::ResourceKind::RuleSet, &r.id),
        Resource::Policy(_) => return (v1::ResourceKind::Policy.into(), String::new()),
        Resource::Therapist(r) => (v1::ResourceKind::Therapist, &r.id),
        Resource::WeekTemplate(r) => (v1::ResourceKind::WeekTemplate, &r.id),
        Resource::TimeOff(r) => (v1::ResourceKind::TimeOff, &r.id),
        Resource::Shift(r) => (v1::ResourceKind::Shift, &r.id),
        Resource::Client(r) => (v1::ResourceKind::Client, &r.id),
        Resource::Declaration(r) => (v1::ResourceKind::Declaration, &r.id),
        Resource::Appointment(r) => (v1::ResourceKind::Appointment, &r.id),
        Resource::Hold(r) => (v1::ResourceKind::Hold, &r.id),
        Resource::Outage(r) => (v1::ResourceKind::Outage, &r.id),
        Resource::Turnover(r) => (v1::ResourceKind::Turnover, &r.room_id),
        Resource::Business(_) => return (v1::ResourceKind::Business.into(), String::new()),
        Resource::PriceList(r) => (v1::ResourceKind::PriceList, &r.service_id),
        Resource::Payment(r) => (v1::ResourceKind::Payment, &r.id),
        Resource::Receipt(r) => {
            return (v1::ResourceKind::Receipt.into(), r.number.to_string());
        }
        Resource::WaitlistEntry(r) => (v1::ResourceKind::WaitlistEntry, &r.id),
        Resource::Key(r) => (v1::ResourceKind::Key, &r.id),
        Resource::SessionRecord(r) => (v1::ResourceKind::SessionRecord, &r.appointment_id),
        Resource::Aftercare(r) => (v1::ResourceKind::Aftercare, &r.appointment_id),
        Resource::StockItem(r) => {
            let id = format!("{}/{}", r.site_id, r.item_id);
            return (v1::ResourceKind::StockItem.into(), id);
        }
        Resource::StockMovement(r) => (v1::ResourceKind::StockMovement, &r.id),
        Resource::SupportInspection(r) => (v1::ResourceKind::SupportInspection, &r.id),
        Resource::SessionHygiene(r) => (v1::ResourceKind::SessionHygiene, &r.appointment_id),
        Resource::Training(r) => (v1::ResourceKind::Training, &r.id),
    };
    (kind.into(), id.clone())
}

#[test]
fn frames_are_the_generated_message() {
    let event = v1::WatchEvent {
        revision: 300,
        resource: Some(Resource::Site(v1::Site {
            id: "halifax".to_owned(),
            ..v1::Site::default()
        })),
    };
    let encoded = super::frame::event(&event);
    let mut frame = Frame::default();
    frame.push(&encoded);
    frame.push(&encoded);
    let read = |bytes: Bytes| v1::WatchResponse::decode(bytes).unwrap();
    let expected = v1::WatchResponse {
        revision: 300,
        events: vec![event.clone(), event],
        commit_complete: true,
        ..v1::WatchResponse::default()
    };
    assert_eq!(read(frame.commit(300, true)), expected);
    assert!(frame.is_empty(), "a frame is used again");
    assert_eq!(
        read(frame.snapshot(7, false)),
        v1::WatchResponse {
            revision: 7,
            snapshot: true,
            ..v1::WatchResponse::default()
        }
    );
    assert_eq!(
        read(checkpoint(9)),
        v1::WatchResponse {
            revision: 9,
            checkpoint: true,
            ..v1::WatchResponse::default()
        }
    );
}

#[tokio::test]
async fn a_snapshot_and_what_follows_is_the_clinic() {
    let world = World::new().await;
    let mut early = Watching::begin(&world, Role::Owner, None).await;
    let snapshot = early.message().await;
    assert!(snapshot.snapshot && snapshot.commit_complete);
    let mut events = snapshot.events;

    let made = world
        .done(Command::Hold(crate::engine::tests::support::wish(
            None,
            at(1),
        )))
        .await;
    let Some(&RecordId::Hold(hold)) = made.reply.records.first() else {
        panic!("expected a hold, got {:?}", made.reply.records);
    };
    declare(&world).await;
    world.done(Command::ReleaseHold { hold }).await;
    let last = world.done(book(world.clients()[0], at(3))).await.revision;
    events.extend(early.until(last).await);

    let mut late = Watching::begin(&world, Role::Owner, None).await;
    let now = world.revision();
    events.extend(early.until(now).await);
    let fresh = late.until(now).await;
    assert_eq!(fold(&events), fold(&fresh));
    assert!(fold(&events).len() > 8);
}

#[tokio::test]
async fn a_watch_goes_on_after_any_revision_without_gap_or_repeat() {
    let world = World::new().await;
    for hour in [1, 3, 5, 7] {
        world.done(book(world.clients()[0], at(hour))).await;
    }
    let key = key(&world, Role::Owner).await;
    let newest = world.revision();
    let view = View::of(Role::Owner, Sites::All);
    let all = Watching::by(&world, key, &view, Some(0))
        .until(newest)
        .await;
    assert!(all.is_sorted_by_key(|event| event.revision));
    for after in 0..newest {
        let some = Watching::by(&world, key, &view, Some(after))
            .until(newest)
            .await;
        let expected: Vec<_> = all
            .iter()
            .filter(|event| event.revision > after)
            .cloned()
            .collect();
        assert_eq!(some, expected, "after revision {after}");
    }
}

#[tokio::test]
async fn what_a_commit_looks_like_is_encoded_once_for_a_class() {
    let world = World::new().await;
    let before = world.revision();
    world.client("Alan Turing").await;
    let published = world.engine.snapshot();
    let seen = |role| {
        let class = ViewClass::of(&View::of(role, Sites::All));
        let history = world.engine.history();
        let published = &published;
        async move {
            let recent = history.read(before, published, 1).await.unwrap().remove(0);
            Arc::clone(
                recent
                    .seen
                    .by(class, &recent.commit, &recent.erased, &published.clinic),
            )
        }
    };
    // The desk sees who paid what, an integration does not.
    assert!(!Arc::ptr_eq(
        &seen(Role::FrontDesk).await,
        &seen(Role::Integration).await
    ));
    assert!(Arc::ptr_eq(
        &seen(Role::Owner).await,
        &seen(Role::Manager).await
    ));
    assert!(!Arc::ptr_eq(
        &seen(Role::Owner).await,
        &seen(Role::Therapist).await
    ));
    assert!(
        seen(Role::Wallboard).await.is_empty(),
        "no client on the wall"
    );
}

#[tokio::test]
async fn health_and_keys_reach_only_those_who_may_see_them() {
    let world = World::new().await;
    declare(&world).await;
    let roles = [
        (Role::Owner, true, true),
        (Role::Manager, true, true),
        (Role::Therapist, true, false),
        (Role::FrontDesk, false, false),
        (Role::Integration, false, false),
        (Role::Wallboard, false, false),
    ];
    for (role, health, keys) in roles {
        let key = key(&world, role).await;
        declare(&world).await;
        let newest = world.revision();
        for after in [None, Some(0)] {
            let mut watching = Watching::by(&world, key, &View::of(role, Sites::All), after);
            // Those who see nothing of the last commit are told so by a checkpoint.
            tokio::time::pause();
            let events = watching.until(newest).await;
            tokio::time::resume();
            let has = |kind: v1::ResourceKind| {
                events
                    .iter()
                    .filter_map(|event| event.resource.as_ref())
                    .any(|resource| name(resource).0 == i32::from(kind))
            };
            assert_eq!(has(v1::ResourceKind::Declaration), health, "{role:?}");
            assert_eq!(has(v1::ResourceKind::Key), keys, "{role:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_watch_is_told_that_nothing_has_changed() {
    let world = World::new().await;
    let mut watching = Watching::begin(&world, Role::Owner, None).await;
    let revision = watching.message().await.revision;
    for _ in 0..3 {
        let begun = tokio::time::Instant::now();
        let message = watching.message().await;
        assert_eq!((message.checkpoint, message.revision), (true, revision));
        assert_eq!(begun.elapsed(), IDLE);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_with_nothing_to_catch_up_with_is_told_so_at_once() {
    let world = World::new().await;
    let key = key(&world, Role::Owner).await;
    let revision = world.revision();
    let view = View::of(Role::Owner, Sites::All);
    let mut watching = Watching::by(&world, key, &view, Some(revision));
    let begun = tokio::time::Instant::now();
    let message = watching.message().await;
    assert_eq!((message.checkpoint, message.revision), (true, revision));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_watch_ends_when_its_key_does() {
    let world = World::new().await;
    let key = key(&world, Role::FrontDesk).await;
    let view = View::of(Role::FrontDesk, Sites::All);
    let mut watching = Watching::by(&world, key, &view, None);
    watching.message().await;
    world.done(Command::RevokeKey { key }).await;
    assert!(matches!(watching.cursor.next().await, Next::KeyGone));
}

#[tokio::test]
async fn a_watch_is_told_where_to_go_on_before_the_server_stops() {
    let world = World::new().await;
    let mut watching = Watching::begin(&world, Role::Owner, None).await;
    let revision = watching.message().await.revision;
    watching.stop.send_replace(true);
    let message = watching.message().await;
    assert_eq!((message.checkpoint, message.revision), (true, revision));
    assert!(matches!(watching.cursor.next().await, Next::Stopping));
}

#[tokio::test]
async fn a_large_commit_spans_messages_and_only_the_last_is_whole() {
    let world = World::with(Options {
        history_commits: 4,
        ..options()
    })
    .await;
    let key = key(&world, Role::Owner).await;
    let view = View::of(Role::Owner, Sites::All);
    let before = world.revision();
    let rooms = (0..4_000).map(|number| Room {
        id: format!("room-{number}").parse().unwrap(),
        site: "halifax".parse().unwrap(),
        name: format!("Room number {number}, of many that have long names"),
        equipment: EquipmentSet::EMPTY,
        turnover: Minutes::ZERO,
        checklist: Vec::new(),
        inspection: None,
        retired: false,
    });
    let catalog = Catalog {
        rooms: rooms.collect(),
        ..Catalog::default()
    };
    let imported = world
        .done(Command::ImportCatalog(Box::new(catalog)))
        .await
        .revision;
    for after in [None, Some(before)] {
        let mut watching = Watching::by(&world, key, &view, after);
        let mut messages = Vec::new();
        let mut rooms = 0;
        while rooms < 4_000 {
            let message = watching.message().await;
            assert!(message.encoded_len() < 1 << 18);
            rooms += message
                .events
                .iter()
                .filter(|event| event.revision == imported)
                .count();
            messages.push(message);
        }
        assert!(messages.len() > 1);
        let (last, earlier) = messages.split_last().unwrap();
        assert!(last.commit_complete || after.is_none());
        assert!(earlier.iter().all(|message| !message.commit_complete));
    }
}

#[tokio::test]
async fn a_history_that_is_gone_is_said_so() {
    let error = HistoryError::Gone { oldest: 7 };
    assert_eq!(error.to_string(), "the history begins after revision 7");
}

#[test]
fn what_leaves_the_sites_in_sight_becomes_a_tombstone() {
    let site = |text: &str| text.parse::<SiteId>().unwrap();
    let event = Event {
        about: None,
        kind: v1::ResourceKind::Appointment,
        before: Some([site("halifax")].into()),
        after: Some(Shown {
            sites: [site("dartmouth")].into(),
            bytes: Bytes::from_static(b"shown"),
            parted: None,
        }),
        gone: Bytes::from_static(b"gone"),
    };
    let pick = |sites: &[&str], kinds: &[v1::ResourceKind]| {
        let only: Vec<SiteId> = sites.iter().copied().map(site).collect();
        let view = View::of(Role::Owner, Sites::All);
        Filter::new(&view, &only, kinds.to_vec())
            .pick(&event, &Clinic::default())
            .map(Cow::into_owned)
    };
    assert_eq!(pick(&[], &[]).as_deref(), Some(&b"shown"[..]));
    assert_eq!(pick(&["dartmouth"], &[]).as_deref(), Some(&b"shown"[..]));
    assert_eq!(pick(&["halifax"], &[]).as_deref(), Some(&b"gone"[..]));
    assert_eq!(
        pick(&["halifax", "dartmouth"], &[]).as_deref(),
        Some(&b"shown"[..])
    );
    assert_eq!(pick(&["truro"], &[]), None);
    assert_eq!(pick(&[], &[v1::ResourceKind::Client]), None);
}

#[test]
fn a_watch_never_reaches_past_its_key() {
    let halifax: SiteId = "halifax".parse().unwrap();
    let view = View::of(Role::FrontDesk, Sites::Only([halifax].into()));
    let asked = ["dartmouth".parse().unwrap()];
    let filter = Filter::new(&view, &asked, Vec::new());
    let event = Event {
        about: None,
        kind: v1::ResourceKind::Appointment,
        before: None,
        after: Some(Shown {
            sites: asked.into(),
            bytes: Bytes::from_static(b"shown"),
            parted: None,
        }),
        gone: Bytes::new(),
    };
    assert_eq!(filter.pick(&event, &Clinic::default()), None);
}
