//! What clients tell, in every text that holds it, each with a canary of its own.

use anyhow::{Context, Result, ensure};
use std::process::{Command, Stdio};
use treadwell_api::v1::{
    AddSessionAddendumRequest, Answer, AnswerKind, Appointment, BookAppointmentRequest,
    CancelAppointmentRequest, CancelReason, CreateClientRequest, CreateKeyRequest,
    CreateWaitlistEntryRequest, FinishSessionRequest, GetAccountRequest, GetCatalogRequest,
    IssueReceiptRequest, Key, LocalDate, PaymentMethod, PaymentPart, RecordDeclarationRequest,
    Role, SaveSessionNotesRequest, SessionNotes, SignSessionNotesRequest, StartSessionRequest,
    TakePaymentRequest, UpdateClientRequest, WaitlistEntry, WithdrawWaitlistEntryRequest,
    WriteOptions,
};
use treadwell_client::Client;
use treadwell_tests::{
    clinic_day::{once, start},
    process::{ServerProcess, binary},
};

use crate::told;

/// Every canary is this and a number.
pub(crate) const CANARY: &str = "Zebrafinch";

/// Hands out canaries.
#[derive(Default)]
pub(crate) struct Planted {
    count: usize,
}

impl Planted {
    pub(crate) fn text(&mut self) -> String {
        self.count += 1;
        format!("{CANARY}{}", self.count)
    }

    /// How many were handed out.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Write options with a canary in the request's id and one in the reason.
    pub(crate) fn write(&mut self) -> WriteOptions {
        WriteOptions {
            request_id: self.text(),
            reason: self.text(),
            ..WriteOptions::default()
        }
    }
}

/// A client with something in every text; gives their id.
pub(crate) async fn somebody(
    server: &ServerProcess,
    owner: &Client,
    planted: &mut Planted,
) -> Result<String> {
    let made = owner
        .create_client(CreateClientRequest {
            write: Some(planted.write()),
            client: Some(treadwell_api::v1::Client {
                name: planted.text(),
                phone: "902-555-0173".to_owned(),
                email: format!("{}@example.org", planted.text()),
                born: Some(LocalDate {
                    year: 1980,
                    month: 3,
                    day: 2,
                }),
                note: planted.text(),
                external_id: planted.text(),
                ..Default::default()
            }),
        })
        .await?;
    let id = made.client.context("the client")?.id;
    owner
        .update_client(UpdateClientRequest {
            write: Some(planted.write()),
            client: Some(treadwell_api::v1::Client {
                id: id.clone(),
                note: planted.text(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["note".to_owned()],
            }),
        })
        .await?;
    declare(owner, &id, planted, |no| no).await?;
    session(server, owner, &id, planted).await?;
    cancelled(owner, &id, planted).await?;
    waited(owner, &id, planted).await?;
    told::more(server, owner, &id, planted).await?;
    Ok(id)
}

/// Declares a no to everything that is asked, but where `otherwise` answers.
pub(crate) async fn declare(
    owner: &Client,
    client_id: &str,
    planted: &mut Planted,
    otherwise: impl Fn(Answer) -> Answer,
) -> Result<()> {
    let catalog = owner.get_catalog(GetCatalogRequest {}).await?;
    let rules = catalog.rule_sets.iter().flat_map(|set| &set.rules);
    let mut conditions: Vec<_> = rules.map(|rule| rule.condition_id.clone()).collect();
    conditions.sort();
    conditions.dedup();
    let answers = conditions.into_iter().map(|condition_id| {
        otherwise(Answer {
            condition_id,
            kind: AnswerKind::No.into(),
            ..Answer::default()
        })
    });
    owner
        .record_declaration(RecordDeclarationRequest {
            write: Some(planted.write()),
            client_id: client_id.to_owned(),
            answers: answers.collect(),
            replace: true,
        })
        .await?;
    Ok(())
}

/// A session with notes, a payment and a receipt.
async fn session(
    server: &ServerProcess,
    owner: &Client,
    client_id: &str,
    planted: &mut Planted,
) -> Result<()> {
    let booked = owner
        .book_appointment(BookAppointmentRequest {
            write: Some(planted.write()),
            appointment: Some(Appointment {
                client_id: client_id.to_owned(),
                service_id: "hands-on-60".to_owned(),
                site_id: "halifax".to_owned(),
                start: Some(start(0, 4)),
                note: planted.text(),
                ..Appointment::default()
            }),
            walk_in: true,
            ..BookAppointmentRequest::default()
        })
        .await?;
    let visit = booked.appointment.context("booked")?;
    let appointment_id = visit.id.clone();
    owner
        .start_session(StartSessionRequest {
            write: Some(planted.write()),
            appointment_id: appointment_id.clone(),
        })
        .await?;
    owner
        .finish_session(FinishSessionRequest {
            write: Some(planted.write()),
            appointment_id: appointment_id.clone(),
            stopped_early_reason: planted.text(),
        })
        .await?;
    notes(server, owner, &visit, planted).await?;
    let ask = GetAccountRequest {
        appointment_id: appointment_id.clone(),
    };
    let account = owner
        .get_account(ask)
        .await?
        .account
        .context("an account")?;
    owner
        .take_payment(TakePaymentRequest {
            write: Some(planted.write()),
            appointment_id: appointment_id.clone(),
            parts: vec![PaymentPart {
                method: PaymentMethod::Card.into(),
                cents: account.due_cents,
            }],
            note: planted.text(),
        })
        .await?;
    let issue = IssueReceiptRequest {
        write: Some(planted.write()),
        appointment_id,
    };
    owner.issue_receipt(issue).await?;
    Ok(())
}

/// Whoever treats at a visit.
pub(crate) async fn treats(
    server: &ServerProcess,
    owner: &Client,
    visit: &Appointment,
) -> Result<Client> {
    let made = owner
        .create_key(CreateKeyRequest {
            write: None,
            key: Some(Key {
                name: "Who treats".to_owned(),
                role: Role::Therapist.into(),
                site_ids: vec!["halifax".to_owned()],
                therapist_id: visit.therapist_id.clone(),
                ..Key::default()
            }),
        })
        .await?;
    once(server, &made.secret)
}

async fn notes(
    server: &ServerProcess,
    owner: &Client,
    visit: &Appointment,
    planted: &mut Planted,
) -> Result<()> {
    let therapist = treats(server, owner, visit).await?;
    let notes = SessionNotes {
        feedback: planted.text(),
        modifications: planted.text(),
        referral: planted.text(),
        ..SessionNotes::default()
    };
    therapist
        .save_session_notes(SaveSessionNotesRequest {
            write: Some(planted.write()),
            appointment_id: visit.id.clone(),
            notes: Some(notes),
        })
        .await?;
    therapist
        .sign_session_notes(SignSessionNotesRequest {
            write: Some(planted.write()),
            appointment_id: visit.id.clone(),
        })
        .await?;
    therapist
        .add_session_addendum(AddSessionAddendumRequest {
            write: Some(planted.write()),
            appointment_id: visit.id.clone(),
            text: planted.text(),
        })
        .await?;
    Ok(())
}

async fn cancelled(owner: &Client, client_id: &str, planted: &mut Planted) -> Result<()> {
    let booked = owner
        .book_appointment(BookAppointmentRequest {
            write: Some(planted.write()),
            appointment: Some(Appointment {
                client_id: client_id.to_owned(),
                service_id: "hands-on-60".to_owned(),
                site_id: "halifax".to_owned(),
                start: Some(start(1, 8)),
                note: planted.text(),
                ..Appointment::default()
            }),
            ..BookAppointmentRequest::default()
        })
        .await?;
    owner
        .cancel_appointment(CancelAppointmentRequest {
            write: Some(planted.write()),
            appointment_id: booked.appointment.context("booked")?.id,
            cancel_reason: CancelReason::Other.into(),
            note: planted.text(),
        })
        .await?;
    Ok(())
}

async fn waited(owner: &Client, client_id: &str, planted: &mut Planted) -> Result<()> {
    let made = owner
        .create_waitlist_entry(CreateWaitlistEntryRequest {
            write: Some(planted.write()),
            entry: Some(WaitlistEntry {
                client_id: client_id.to_owned(),
                service_id: "hands-on-60".to_owned(),
                note: planted.text(),
                ..WaitlistEntry::default()
            }),
        })
        .await?;
    let withdraw = WithdrawWaitlistEntryRequest {
        write: Some(planted.write()),
        entry_id: made.entry.context("the entry")?.id,
    };
    owner.withdraw_waitlist_entry(withdraw).await?;
    Ok(())
}

/// A client made by the command line; gives their name.
pub(crate) fn by_hand(server: &ServerProcess, key: &str, planted: &mut Planted) -> Result<String> {
    let name = planted.text();
    let done = Command::new(binary("treadwell")?)
        .args(["--server", &server.address().to_string(), "--key", key])
        .args(["clients", "add", &name])
        .args(["--phone", "902-555-0173", "--note", &planted.text()])
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{said}");
    Ok(name)
}
