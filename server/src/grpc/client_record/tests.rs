//! A complete record goes through the queue of what takes long.

use std::sync::mpsc;
use std::time::Duration;

use tonic::Code;
use treadwell_clinic::Actor;
use treadwell_clinic::id::KeyId;
use treadwell_clinic::model::{Role, Sites};

use super::*;
use crate::access::View;
use crate::sample::told;

/// Somebody who may have records asks for one of the story's.
fn ask(engine: &Engine) -> Request<v1::ExportClientRecordRequest> {
    let published = engine.snapshot();
    let client = published.clinic.clients().next().unwrap().id;
    let mut request = Request::new(v1::ExportClientRecordRequest {
        client_id: client.to_string(),
        reason: "asked for it".to_owned(),
    });
    request.extensions_mut().insert(Caller {
        actor: Actor {
            key: KeyId::new(7),
            name: "someone".into(),
            role: Role::Owner,
            sites: Sites::All,
            therapist: None,
        },
        view: View::whole(),
        published,
        now: engine.now(),
    });
    request
}

#[tokio::test]
async fn the_journal_is_read_when_it_is_its_turn() {
    let (engine, _) = told().await;
    let turn = Turn::default();
    let place = turn.enter().unwrap();
    let (over, until) = mpsc::channel::<()>();
    let busy = tokio::spawn(async move {
        let work = move || until.recv().unwrap_or(());
        place.run("busy", work).await
    });
    tokio::task::yield_now().await;
    let parts = export(&engine, &turn, ask(&engine)).unwrap().into_inner();
    let mut sent = tokio::spawn(parts.collect::<Vec<_>>());
    let early = tokio::time::timeout(Duration::from_millis(100), &mut sent).await;
    assert!(early.is_err(), "it goes before others");
    over.send(()).unwrap();
    busy.await.unwrap().unwrap();
    let parts = sent.await.unwrap();
    let changes = parts.iter().filter(|part| {
        let part = part.as_ref().unwrap().part.as_ref();
        matches!(part, Some(Part::Change(_)))
    });
    assert!(changes.count() > 0);
    assert!(matches!(
        parts.last().unwrap().as_ref().unwrap().part,
        Some(Part::End(_))
    ));
}

#[tokio::test]
async fn it_is_refused_at_once_when_too_many_wait() {
    let (engine, _) = told().await;
    let turn = Turn::default();
    let full: Vec<_> = std::iter::from_fn(|| turn.enter().ok()).collect();
    let refused = export(&engine, &turn, ask(&engine)).err().unwrap();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let places = full.len();
    drop(full);
    let mut parts = export(&engine, &turn, ask(&engine)).unwrap().into_inner();
    while let Some(part) = parts.next().await {
        part.unwrap();
    }
    drop(parts);
    let again: Vec<_> = std::iter::from_fn(|| turn.enter().ok()).collect();
    assert_eq!(again.len(), places, "the place is given back");
}
