//! Nobody at the desk finds out by trying what a client has declared.

use std::collections::BTreeSet;

use anyhow::Result;
use treadwell_api::v1::{
    Answer, AnswerKind, GetCatalogRequest, GetCatalogResponse, Reason, RecordDeclarationRequest,
    RecordDeclarationResponse, Role, ScreeningOutcome, WriteOptions,
};
use treadwell_tests::{clinic_day::named, wire::refused};

use super::{audited::audited, send};
use crate::clinic::{Clinic, said};

/// The answer that is on file and is not to be found out.
const HIDDEN: &str = "fracture";

fn answer(condition: &str, kind: AnswerKind) -> Answer {
    Answer {
        condition_id: condition.to_owned(),
        kind: kind.into(),
        ..Answer::default()
    }
}

/// Everything that anybody is asked about.
async fn conditions(clinic: &Clinic) -> BTreeSet<String> {
    let method = "CatalogService/GetCatalog";
    let asked = clinic.owner.ask(method, &GetCatalogRequest {}).await;
    let catalog: GetCatalogResponse = said(asked);
    let rules = catalog.rule_sets.into_iter().flat_map(|set| set.rules);
    rules.map(|rule| rule.condition_id).collect()
}

/// A client who has said no to everything but this.
async fn client(clinic: &Clinic, name: &str, hidden: AnswerKind) -> String {
    let id = clinic.client(name).await;
    let all = conditions(clinic).await;
    let answers = all.iter().map(|condition| {
        let kind = if condition == HIDDEN {
            hidden
        } else {
            AnswerKind::No
        };
        answer(condition, kind)
    });
    let declares = RecordDeclarationRequest {
        write: named(name),
        client_id: id.clone(),
        answers: answers.collect(),
        replace: true,
    };
    said(send(&clinic.owner, "ClientService/RecordDeclaration", &declares).await);
    id
}

/// What would become of it if the client said no to everything else.
fn tries(all: &BTreeSet<String>, client: &str, replace: bool) -> RecordDeclarationRequest {
    let others = all.iter().filter(|condition| *condition != HIDDEN);
    RecordDeclarationRequest {
        write: Some(WriteOptions {
            validate_only: true,
            ..WriteOptions::default()
        }),
        client_id: client.to_owned(),
        answers: others.map(|it| answer(it, AnswerKind::No)).collect(),
        replace,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_is_told_the_same_of_clients_who_have_declared_different_things() -> Result<()> {
    let clinic = Clinic::open().await?;
    let all = conditions(&clinic).await;
    let clients = [
        client(&clinic, "Canaria One", AnswerKind::Yes).await,
        client(&clinic, "Canaria Two", AnswerKind::No).await,
    ];
    let desk = clinic.of(Role::FrontDesk);
    let method = "ClientService/RecordDeclaration";
    let (mut refusals, mut answers) = (Vec::new(), Vec::new());
    for client in &clients {
        let kept = send(&desk, method, &tries(&all, client, false)).await;
        let no = refused(kept, Reason::FieldsInvalid);
        assert_eq!(no.fields, ["write.validate_only"]);
        refusals.push(no.everything());
        // What is sent alone tells of nothing else.
        answers.push(said(send(&desk, method, &tries(&all, client, true)).await));
    }
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(answers[0], answers[1]);
    let told: RecordDeclarationResponse =
        said(desk.ask(method, &tries(&all, &clients[0], true)).await);
    let open = told.screenings.iter().flat_map(|it| &it.unanswered);
    assert!(open.clone().count() > 0 && open.clone().all(|it| it.condition_id == HIDDEN));
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_know_may_try_and_has_read_what_is_on_file() -> Result<()> {
    let clinic = Clinic::open().await?;
    let all = conditions(&clinic).await;
    for (role, name, hidden) in [
        (Role::Therapist, "Canaria One", AnswerKind::Yes),
        (Role::Manager, "Canaria Two", AnswerKind::No),
    ] {
        let client = client(&clinic, name, hidden).await;
        let before = audited(&clinic, &client)?;
        let tried: RecordDeclarationResponse = said(
            clinic
                .of(role)
                .ask(
                    "ClientService/RecordDeclaration",
                    &tries(&all, &client, false),
                )
                .await,
        );
        let clear = |it: &treadwell_api::v1::Screening| it.outcome() == ScreeningOutcome::Clear;
        let all_clear = tried.screenings.iter().all(clear);
        assert_eq!(all_clear, hidden == AnswerKind::No);
        assert!(audited(&clinic, &client)? > before, "{role:?}");
    }
    clinic.is_sound().await
}
