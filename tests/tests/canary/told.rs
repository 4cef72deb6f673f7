//! What else is told of a client, apart from the day's work: by a series, by a file, to a therapist, and to the audit trail.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use treadwell_api::v1::{
    AnnotateAuditEntryRequest, Answer, AnswerKind, Appointment, AppointmentLine, AuditKind,
    BookAppointmentRequest, BookSeriesRequest, CancelAppointmentRequest, CancelReason,
    CancelSeriesRequest, ClientLine, EventTime, ExportClientRecordRequest,
    ImportAppointmentsRequest, ImportClientsRequest, ListAuditEntriesRequest, LocalDate,
    OnImpossible, Review, ReviewDecision, ReviewScreeningRequest, SeriesScope,
    event_time::Precision,
};
use treadwell_client::Client;
use treadwell_tests::{clinic_day::start, process::ServerProcess};

use crate::plant::{Planted, declare, treats};

/// The day of what they once had, which is all that a declaration tells besides yes and no.
pub(crate) const EVENT: &str = "1987-05-09";

fn hands_on(client_id: &str, days: u32, quarters: u32, planted: &mut Planted) -> Appointment {
    Appointment {
        client_id: client_id.to_owned(),
        service_id: "hands-on-60".to_owned(),
        site_id: "halifax".to_owned(),
        start: Some(start(days, quarters)),
        note: planted.text(),
        ..Appointment::default()
    }
}

/// More about a client who is on file.
pub(crate) async fn more(
    server: &ServerProcess,
    owner: &Client,
    client_id: &str,
    planted: &mut Planted,
) -> Result<()> {
    series(owner, client_id, planted).await?;
    imported(owner, client_id, planted).await?;
    reviewed(server, owner, client_id, planted).await?;
    noted(owner, client_id, planted).await
}

async fn series(owner: &Client, client_id: &str, planted: &mut Planted) -> Result<()> {
    let booked = owner
        .book_series(BookSeriesRequest {
            write: Some(planted.write()),
            appointment: Some(hands_on(client_id, 3, 8, planted)),
            every_days: 7,
            times: 2,
            on_impossible: OnImpossible::FailAll.into(),
            ..BookSeriesRequest::default()
        })
        .await?;
    let first = booked.results.into_iter().find_map(|it| it.appointment);
    owner
        .cancel_series(CancelSeriesRequest {
            write: Some(planted.write()),
            appointment_id: first.context("booked")?.id,
            scope: SeriesScope::All.into(),
            cancel_reason: CancelReason::Other.into(),
            note: planted.text(),
        })
        .await?;
    Ok(())
}

async fn imported(owner: &Client, client_id: &str, planted: &mut Planted) -> Result<()> {
    let appointment = Appointment {
        external_id: planted.text(),
        ..hands_on(client_id, 2, 8, planted)
    };
    let line = AppointmentLine {
        line: 2,
        appointment: Some(appointment),
        ..AppointmentLine::default()
    };
    let done = owner
        .import_appointments(ImportAppointmentsRequest {
            write: Some(planted.write()),
            lines: vec![line],
            skip_existing: false,
        })
        .await?;
    let id = done.results.into_iter().next().context("a line")?.id;
    cancel(owner, id, planted).await
}

async fn cancel(owner: &Client, appointment_id: String, planted: &mut Planted) -> Result<()> {
    owner
        .cancel_appointment(CancelAppointmentRequest {
            write: Some(planted.write()),
            appointment_id,
            cancel_reason: CancelReason::Other.into(),
            note: planted.text(),
        })
        .await?;
    Ok(())
}

/// They say that they had something once, and a therapist decides what that means.
async fn reviewed(
    server: &ServerProcess,
    owner: &Client,
    client_id: &str,
    planted: &mut Planted,
) -> Result<()> {
    let date = LocalDate {
        year: 1987,
        month: 5,
        day: 9,
    };
    let once = |answer: Answer| Answer {
        kind: AnswerKind::Yes.into(),
        when: Some(EventTime {
            precision: Some(Precision::Date(date)),
        }),
        ..answer
    };
    declare(owner, client_id, planted, |answer| {
        if answer.condition_id == "fracture" {
            once(answer)
        } else {
            answer
        }
    })
    .await?;
    let booked = owner
        .book_appointment(BookAppointmentRequest {
            write: Some(planted.write()),
            appointment: Some(hands_on(client_id, 1, 20, planted)),
            ..BookAppointmentRequest::default()
        })
        .await?;
    let visit = booked.appointment.context("booked")?;
    let review = Review {
        decision: ReviewDecision::Modify.into(),
        note: planted.text(),
        ..Review::default()
    };
    treats(server, owner, &visit)
        .await?
        .review_screening(ReviewScreeningRequest {
            write: Some(planted.write()),
            appointment_id: visit.id.clone(),
            review: Some(review),
        })
        .await?;
    cancel(owner, visit.id, planted).await
}

/// Their record is read, with a reason; and something is written about that, and about what was changed.
async fn noted(owner: &Client, client_id: &str, planted: &mut Planted) -> Result<()> {
    let read = ExportClientRecordRequest {
        client_id: client_id.to_owned(),
        reason: planted.text(),
    };
    owner.export_client_record(read).await?;
    for kind in [AuditKind::Read, AuditKind::Change] {
        let theirs = ListAuditEntriesRequest {
            client_id: client_id.to_owned(),
            kinds: vec![kind.into()],
            page_size: 500,
            ..ListAuditEntriesRequest::default()
        };
        let listed = owner.list_audit_entries(theirs).await?;
        let last = listed.entries.into_iter().next_back();
        annotate(owner, last.context("an entry")?.id, planted).await?;
    }
    Ok(())
}

async fn annotate(owner: &Client, entry_id: String, planted: &mut Planted) -> Result<String> {
    let text = planted.text();
    let request = AnnotateAuditEntryRequest {
        entry_id,
        text: text.clone(),
    };
    owner.annotate_audit_entry(request).await?;
    Ok(text)
}

/// What stays: somebody else out of a file, and what is written about a change that is nobody's; gives the latter.
pub(crate) async fn of_others(owner: &Client, planted: &mut Planted) -> Result<String> {
    let line = ClientLine {
        line: 2,
        client: Some(treadwell_api::v1::Client {
            name: planted.text(),
            note: planted.text(),
            external_id: planted.text(),
            ..Default::default()
        }),
    };
    owner
        .import_clients(ImportClientsRequest {
            write: Some(planted.write()),
            lines: vec![line],
            skip_existing: false,
        })
        .await?;
    annotate(owner, "chg-1".to_owned(), planted).await
}

/// All that the audit trail tells, as text.
pub(crate) async fn trail(owner: &Client) -> Result<String> {
    let mut ask = ListAuditEntriesRequest {
        page_size: 500,
        ..ListAuditEntriesRequest::default()
    };
    let mut told = String::new();
    loop {
        let page = owner.list_audit_entries(ask.clone()).await?;
        write!(told, "{:?}", page.entries)?;
        if page.next_page_token.is_empty() {
            return Ok(told);
        }
        ask.page_token = page.next_page_token;
    }
}
