//! The numbers of receipts have no gap and are given once: among many clients over real sockets, and across kill -9.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use anyhow::{Context, Result};
use futures::future::join_all;
use treadwell_api::v1::{
    Answer, AnswerKind, Appointment, BookAppointmentRequest, FinishSessionRequest,
    GetAccountRequest, GetCatalogRequest, IssueReceiptRequest, ListReceiptsRequest, PaymentMethod,
    PaymentPart, Reason, Receipt, RecordDeclarationRequest, StartSessionRequest,
    TakePaymentRequest, VerifyRequest, VoidReceiptRequest, WriteOptions,
};
use treadwell_client::Client;
use treadwell_tests::{
    clinic_day::{self, BEGINS, named, once},
    process::{Folder, Options, ServerProcess},
    seed::{Random, rounds, seed},
};

/// How many issue at once.
const RACERS: usize = 32;

/// The morning on which the sessions are: ten o'clock in Halifax, on a working day.
const MORNING: &str = "2026-10-13T13:00:00Z";

/// Acknowledged numbers, and for which appointment.
type Ledger = Mutex<BTreeMap<i32, String>>;

async fn serve(folder: &Folder) -> Result<ServerProcess> {
    let options = Options {
        clock_start: Some(MORNING.to_owned()),
        ..Options::default()
    };
    ServerProcess::start(folder, &options).await
}

/// Sessions that are over and paid, as many as there are rooms with a table and therapists at Halifax.
async fn paid_sessions(desk: &Client) -> Result<Vec<String>> {
    let mut paid = Vec::new();
    for room in ["h1", "h2", "h3", "h4", "h5"] {
        let client_id = clinic_day::client(desk, &format!("Client of {room}")).await?;
        declare(desk, &client_id).await?;
        let request = BookAppointmentRequest {
            write: named(format!("walk-in {room}")),
            appointment: Some(Appointment {
                client_id,
                service_id: "hands-on-60".to_owned(),
                site_id: "halifax".to_owned(),
                room_id: room.to_owned(),
                start: Some(clinic_day::start(0, 4)),
                ..Appointment::default()
            }),
            walk_in: true,
            ..BookAppointmentRequest::default()
        };
        // There are fewer therapists than rooms: what can not be had is left out.
        let Ok(booked) = desk.book_appointment(request).await else {
            continue;
        };
        let appointment_id = booked.appointment.context("booked")?.id;
        desk.start_session(StartSessionRequest {
            appointment_id: appointment_id.clone(),
            ..StartSessionRequest::default()
        })
        .await?;
        desk.finish_session(FinishSessionRequest {
            appointment_id: appointment_id.clone(),
            ..FinishSessionRequest::default()
        })
        .await?;
        pay(desk, &appointment_id).await?;
        paid.push(appointment_id);
    }
    assert!(paid.len() >= 2, "{paid:?}");
    Ok(paid)
}

async fn declare(desk: &Client, client_id: &str) -> Result<()> {
    let catalog = desk.get_catalog(GetCatalogRequest {}).await?;
    let rules = catalog.rule_sets.iter().flat_map(|set| &set.rules);
    let mut answers: Vec<Answer> = Vec::new();
    for rule in rules {
        if !answers
            .iter()
            .any(|it| it.condition_id == rule.condition_id)
        {
            answers.push(Answer {
                condition_id: rule.condition_id.clone(),
                kind: AnswerKind::No.into(),
                ..Answer::default()
            });
        }
    }
    desk.record_declaration(RecordDeclarationRequest {
        client_id: client_id.to_owned(),
        answers,
        replace: true,
        ..RecordDeclarationRequest::default()
    })
    .await?;
    Ok(())
}

async fn pay(desk: &Client, appointment_id: &str) -> Result<()> {
    let ask = GetAccountRequest {
        appointment_id: appointment_id.to_owned(),
    };
    let account = desk.get_account(ask).await?.account.context("an account")?;
    desk.take_payment(TakePaymentRequest {
        appointment_id: appointment_id.to_owned(),
        parts: vec![PaymentPart {
            method: PaymentMethod::Card.into(),
            cents: account.due_cents,
        }],
        ..TakePaymentRequest::default()
    })
    .await?;
    Ok(())
}

/// One of the crowd: tries, issues and makes void again, until the server is gone.
async fn race(racer: Client, mut random: Random, paid: &[String], ledger: &Ledger) {
    loop {
        let appointment_id = random.choose(paid).clone();
        let dry = random.below(4) == 0;
        let request = IssueReceiptRequest {
            write: Some(WriteOptions {
                validate_only: dry,
                ..WriteOptions::default()
            }),
            appointment_id: appointment_id.clone(),
        };
        let number = match racer.issue_receipt(request).await {
            Ok(answer) if dry => {
                assert!(answer.receipt.is_some());
                continue;
            }
            Ok(answer) => answer.receipt.unwrap_or_default().number,
            Err(error) => {
                let Some(refusal) = error.refusal() else {
                    return; // The server is gone.
                };
                let known = [Some(Reason::ReceiptStands), Some(Reason::WritesStopped)];
                assert!(known.contains(&refusal.reason), "{refusal:?}");
                continue;
            }
        };
        let before = ledger
            .lock()
            .expect("no racer panics")
            .insert(number, appointment_id);
        assert_eq!(before, None, "number {number} was given twice");
        let void = VoidReceiptRequest {
            number,
            void_reason: "the next one's turn".to_owned(),
            ..VoidReceiptRequest::default()
        };
        if racer.void_receipt(void).await.is_err() {
            return;
        }
    }
}

/// Every receipt there is.
async fn all(desk: &Client) -> Result<Vec<Receipt>> {
    let mut all = Vec::new();
    let mut request = ListReceiptsRequest {
        page_size: 500,
        ..ListReceiptsRequest::default()
    };
    loop {
        let page = desk.list_receipts(request.clone()).await?;
        all.extend(page.receipts);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// The numbers are 1, 2, 3 ..., what was acknowledged is there, and of an appointment at most one stands.
async fn no_gap(desk: &Client, ledger: &Ledger) -> Result<Vec<Receipt>> {
    let receipts = all(desk).await?;
    let numbers: Vec<i32> = receipts.iter().map(|receipt| receipt.number).collect();
    let expected: Vec<i32> = (1..=i32::try_from(receipts.len())?).collect();
    assert_eq!(numbers, expected);
    for (number, appointment_id) in &*ledger.lock().expect("no racer panics") {
        let kept = receipts.get(usize::try_from(*number)? - 1);
        let kept = kept.with_context(|| format!("number {number} was acknowledged and is lost"))?;
        assert_eq!(kept.appointment_id, *appointment_id, "number {number}");
    }
    let mut standing: Vec<_> = receipts.iter().filter(|it| it.voided.is_none()).collect();
    let count = standing.len();
    standing.sort_by_key(|receipt| receipt.appointment_id.clone());
    standing.dedup_by_key(|receipt| receipt.appointment_id.clone());
    assert_eq!(
        standing.len(),
        count,
        "two receipts of one appointment stand"
    );
    let verified = desk.verify(VerifyRequest {}).await?;
    assert!(verified.sound, "{:?}", verified.problems);
    Ok(receipts)
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gap_among_many_clients_and_across_kills() -> Result<()> {
    let folder = Folder::sample(Some(BEGINS))?;
    let mut server = serve(&folder).await?;
    let client = once(&server, &folder.owner_key)?;
    let paid = Box::pin(paid_sessions(&client)).await?;
    let ledger = Ledger::default();
    let mut random = Random::new(seed(22));
    for round in 0..rounds(4) {
        let desk = once(&server, &folder.owner_key)?;
        // What a kill left standing is made void, so that the race goes on.
        for receipt in all(&desk).await?.iter().filter(|it| it.voided.is_none()) {
            desk.void_receipt(VoidReceiptRequest {
                number: receipt.number,
                void_reason: "left over".to_owned(),
                ..VoidReceiptRequest::default()
            })
            .await?;
        }
        let mut racers = Vec::new();
        for _ in 0..RACERS {
            let racer = once(&server, &folder.owner_key)?;
            let random = Random::new(random.next_u64());
            racers.push(race(racer, random, &paid, &ledger));
        }
        let given = ledger.lock().expect("no racer panics").len();
        let kill = async {
            while ledger.lock().expect("no racer panics").len() < given + 40 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            server.kill()
        };
        let (killed, _) = futures::future::join(kill, join_all(racers)).await;
        killed?;
        server = serve(&folder).await?;
        let desk = once(&server, &folder.owner_key)?;
        let receipts = no_gap(&desk, &ledger).await?;
        assert!(receipts.len() >= given + 40, "round {round}");
    }
    Ok(())
}
