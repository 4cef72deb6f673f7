//! Watches of those who came in by a passphrase.

use treadwell_clinic::command::SetPassphrase;

use super::*;
use crate::access::{Noted, Porter};

#[tokio::test]
async fn a_watch_ends_with_the_passphrase_that_opened_it_also_when_whoever_changed_it_is_gone() {
    let world = World::with(options()).await;
    let porter = Porter::new(10);
    let key = key(&world, Role::FrontDesk).await;
    // As the service would set it, if it were not cut off right after the change.
    let set = async |passphrase: &str| {
        let passphrase = Some(porter.hash(passphrase.to_owned()).await.unwrap());
        world
            .done(Command::SetPassphrase(SetPassphrase { key, passphrase }))
            .await
    };
    set("correct horse battery staple").await;
    let sign_in = async |passphrase: &str| {
        let published = world.engine.snapshot();
        let (noted, id) = (Noted::default(), key.to_string());
        let passphrase = passphrase.to_owned();
        let now = world.engine.now();
        let opened = porter.sign_in(&noted, &id, passphrase, &published.clinic, now);
        let secret = opened.await.unwrap().secret;
        let (_, session) = porter.session(&secret.hash(), &published.clinic).unwrap();
        let session = Some(session);
        Pass { key, session }
    };
    let pass = sign_in("correct horse battery staple").await;
    let view = View::of(Role::FrontDesk, Sites::All);
    let after = Some(world.revision());
    let mut theirs = Watching::with(&world, pass.clone(), &view, after);
    let mut of_the_key = Watching::by(&world, key, &view, after);
    theirs.until(world.revision()).await;
    of_the_key.until(world.revision()).await;
    set("another four good words").await;
    assert!(matches!(theirs.cursor.next().await, Next::KeyGone));
    of_the_key.until(world.revision()).await;
    assert!(!pass.is_good(&world.engine.snapshot().clinic, world.engine.now()));
    let again = sign_in("another four good words").await;
    assert!(again.is_good(&world.engine.snapshot().clinic, world.engine.now()));
}
