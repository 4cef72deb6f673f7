//! Nothing is decided for whoever is shut out by then, however long ago they came in.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use treadwell_clinic::command::{CreateKey, SetPassphrase};
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{RecordId, Role, Sites};
use treadwell_clinic::{Actor, Command};

use super::support::*;
use crate::access::{Entrance, Secret};
use crate::engine::{Committed, EngineError, Write};

impl World {
    /// Whoever has a new key of this role that reaches every site, and its secret.
    pub(crate) async fn somebody(&self, role: Role, expires: Option<Timestamp>) -> (Actor, Secret) {
        let secret = Secret::generate().unwrap();
        let made = self.done(new_key(&secret, role, expires)).await;
        let Some(&RecordId::Key(key)) = made.reply.records.first() else {
            panic!("expected a key, got {:?}", made.reply.records);
        };
        let actor = Actor {
            key,
            name: "Somebody".into(),
            role,
            sites: Sites::All,
            therapist: None,
        };
        (actor, secret)
    }

    /// Begins a submission of somebody's and lets the writer see it.
    async fn begin_as(
        &self,
        actor: &Actor,
        command: Command,
        write: Write,
    ) -> JoinHandle<Result<Committed, EngineError>> {
        let (engine, actor) = (self.engine.clone(), actor.clone());
        let task = tokio::spawn(async move { engine.submit(actor, command, write).await });
        settle().await;
        task
    }

    async fn ask_as(&self, actor: &Actor, write: Write) -> Result<Committed, EngineError> {
        let command = new_client("Ada Lovelace");
        self.engine.submit(actor.clone(), command, write).await
    }
}

fn new_key(secret: &Secret, role: Role, expires: Option<Timestamp>) -> Command {
    Command::CreateKey(CreateKey {
        hash: secret.hash(),
        name: "Somebody".to_owned(),
        role,
        sites: Sites::All,
        therapist: None,
        expires,
    })
}

#[tokio::test]
async fn nothing_is_decided_for_a_key_that_was_revoked_before_it_was_its_turn() {
    let world = World::new().await;
    world.somebody(Role::Owner, None).await;
    let (owner, _) = world.somebody(Role::Owner, None).await;
    let known = || request("known", 1);
    world.ask_as(&owner, known()).await.unwrap();
    let before = world.revision();
    let keys = || world.engine.snapshot().clinic.keys().count();
    let made = keys();

    world.journal.close_gate();
    // On its way to the disk. What comes now is decided for the group behind it.
    let first = world
        .begin_as(&owner, new_client("Before"), Write::default())
        .await;
    let revoke = Command::RevokeKey { key: owner.key };
    let revoked = world.begin(revoke, Write::default()).await;
    let another = new_key(&Secret::generate().unwrap(), Role::Owner, None);
    let mint = world.begin_as(&owner, another, Write::default()).await;
    let dry = Write {
        validate_only: true,
        ..Write::default()
    };
    let tried = world.begin_as(&owner, new_client("Tried"), dry).await;
    let repeated = world
        .begin_as(&owner, new_client("Ada Lovelace"), known())
        .await;
    let late = [mint, tried, repeated];
    assert!(
        !late.iter().any(JoinHandle::is_finished),
        "a crash could still take it back that the key was revoked"
    );
    world.journal.let_through(100);
    first.await.unwrap().unwrap();
    revoked.await.unwrap().unwrap();
    for late in late {
        assert_eq!(late.await.unwrap().unwrap_err(), EngineError::KeyGone);
    }
    assert_eq!(world.revision(), before + 2, "the first one, and the end");
    assert_eq!(keys(), made);
}

#[tokio::test]
async fn nothing_is_decided_for_a_key_that_has_expired_or_never_was() {
    let world = World::new().await;
    let end = morning() + SignedDuration::from_hours(1);
    let (desk, _) = world.somebody(Role::FrontDesk, Some(end)).await;
    world.ask_as(&desk, Write::default()).await.unwrap();
    world.clock.advance(Duration::from_hours(1));
    let expired = world.ask_as(&desk, Write::default()).await;
    assert_eq!(expired.unwrap_err(), EngineError::KeyGone);
    let nobody = Actor {
        key: KeyId::new(7),
        ..Actor::system()
    };
    let made_up = world.ask_as(&nobody, Write::default()).await;
    assert_eq!(made_up.unwrap_err(), EngineError::KeyGone);
}

#[tokio::test]
async fn nothing_is_decided_in_a_session_that_is_over() {
    let world = World::new().await;
    let (desk, _) = world.somebody(Role::FrontDesk, None).await;
    let opened = Entrance::by_passphrase(&world.engine, desk.key).await;
    let session = opened.session.unwrap();
    let in_session = || Write {
        session: Some(Arc::clone(&session)),
        ..Write::default()
    };
    let set = |passphrase| {
        let key = desk.key;
        Command::SetPassphrase(SetPassphrase { key, passphrase })
    };
    let published = world.engine.snapshot();
    let passphrase = published.clinic.key(desk.key).unwrap().passphrase.clone();
    world.ask_as(&desk, in_session()).await.unwrap();

    // What another passphrase ends nobody has come to close yet.
    world.journal.close_gate();
    let changed = world.begin(set(None), Write::default()).await;
    let late = world
        .begin_as(&desk, new_client("Late"), in_session())
        .await;
    let by_key = world
        .begin_as(&desk, new_client("By the key"), Write::default())
        .await;
    world.journal.let_through(1_000);
    changed.await.unwrap().unwrap();
    assert_eq!(late.await.unwrap().unwrap_err(), EngineError::KeyGone);
    by_key.await.unwrap().unwrap();

    world.done(set(passphrase)).await;
    world.ask_as(&desk, in_session()).await.unwrap();
    session.close();
    let closed = world.ask_as(&desk, in_session()).await;
    assert_eq!(closed.unwrap_err(), EngineError::KeyGone);
    world.ask_as(&desk, Write::default()).await.unwrap();
}
