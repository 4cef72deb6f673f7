//! Pages: a token belongs to its query, and paging sees everything once while others write.

use std::collections::BTreeSet;

use anyhow::Result;
use treadwell_api::v1::{
    Client, CreateClientRequest, CreateClientResponse, ListAppointmentsRequest,
    ListAppointmentsResponse, ListClientsRequest, ListClientsResponse, ListHoldsRequest,
    ListHoldsResponse, Reason,
};
use treadwell_tests::{clinic_day::named, wire::refused};

use crate::clinic::{Clinic, said};

const CLIENTS: &str = "ClientService/ListClients";

fn page(query: &str, page_size: i32, page_token: &str) -> ListClientsRequest {
    ListClientsRequest {
        query: query.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_query_is_refused() -> Result<()> {
    let clinic = Clinic::open().await?;
    for n in 0..5 {
        clinic.client(&format!("Anna {n}")).await;
    }
    let ask = async |request: ListClientsRequest| -> Result<ListClientsResponse, _> {
        clinic.owner.ask(CLIENTS, &request).await
    };
    let first = said(ask(page("anna", 2, "")).await);
    let token = first.next_page_token.as_str();
    assert!(!token.is_empty());
    // The same query, also with another size, goes on.
    let second = said(ask(page("anna", 3, token)).await);
    assert_eq!(second.clients.len(), 3);
    assert_eq!(second.next_page_token, "");
    let turned: String = token.chars().rev().collect();
    for wrong in [
        page("ann", 2, token),
        page("", 2, token),
        page("anna", 2, &turned),
        page("anna", 2, "AAAA"),
        page("anna", 2, "not base 64 !"),
        page("anna", 2, &"A".repeat(10_000)),
    ] {
        refused(ask(wrong).await, Reason::PageTokenInvalid);
    }
    // Of another method.
    let list = ListAppointmentsRequest {
        page_token: token.to_owned(),
        ..ListAppointmentsRequest::default()
    };
    let answer: Result<ListAppointmentsResponse, _> = clinic
        .owner
        .ask("AppointmentService/ListAppointments", &list)
        .await;
    refused(answer, Reason::PageTokenInvalid);
    let list = ListHoldsRequest {
        page_token: token.to_owned(),
        ..ListHoldsRequest::default()
    };
    let answer: Result<ListHoldsResponse, _> = clinic
        .owner
        .ask("AppointmentService/ListHolds", &list)
        .await;
    refused(answer, Reason::PageTokenInvalid);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_sees_everything_once_while_others_write() -> Result<()> {
    let clinic = Clinic::open().await?;
    let mut there = BTreeSet::new();
    for n in 0..40 {
        there.insert(clinic.client(&format!("There before {n}")).await);
    }
    let writer = clinic.owner.clone();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        let mut made = 0;
        while stopped.try_recv().is_err() {
            let request = CreateClientRequest {
                write: named(format!("meanwhile {made}")),
                client: Some(Client {
                    name: format!("There meanwhile {made}"),
                    ..Client::default()
                }),
            };
            let _: CreateClientResponse =
                said(writer.ask("ClientService/CreateClient", &request).await);
            made += 1;
        }
        made
    });
    for size in [1, 3, 7, 50] {
        let mut seen = BTreeSet::new();
        let mut token = String::new();
        let mut revision = 0;
        loop {
            let answer: ListClientsResponse = said(
                clinic
                    .owner
                    .ask(CLIENTS, &page("There before", size, &token))
                    .await,
            );
            assert!(answer.revision >= revision, "pages do not go back in time");
            revision = answer.revision;
            assert!(answer.clients.len() <= usize::try_from(size)?);
            for client in answer.clients {
                assert!(seen.insert(client.id.clone()), "{} came twice", client.id);
            }
            token = answer.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, there, "pages of {size}");
    }
    // All of them, with what comes in between: still once each, and what was there is not missed.
    let mut seen = BTreeSet::new();
    let mut token = String::new();
    loop {
        let answer: ListClientsResponse =
            said(clinic.owner.ask(CLIENTS, &page("", 4, &token)).await);
        for client in answer.clients {
            assert!(seen.insert(client.id.clone()), "{} came twice", client.id);
        }
        token = answer.next_page_token;
        if token.is_empty() || seen.len() > 400 {
            break;
        }
    }
    assert!(seen.is_superset(&there));
    stop.send(()).ok();
    let made = writing.await?;
    assert!(made > 0, "somebody wrote meanwhile");
    clinic.is_sound().await
}
