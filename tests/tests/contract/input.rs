//! Requests that are wrong: every wrong field is named, by a documented error, and nothing is done.

use anyhow::Result;
use prost::Message;
use treadwell_api::v1::{
    Answer, AnswerKind, Appointment, BookAppointmentRequest, Client, CreateClientRequest,
    CreateHoldRequest, Hold, Reason, RecordDeclarationRequest, WriteOptions,
};
use treadwell_tests::wire::{DETAILS_LIMIT, No, refused};

use crate::clinic::{Clinic, call, method_of, today};

/// A list of [`Wrong`] requests, a line each: what is wrong, the message, and which fields are named, or another reason.
macro_rules! wrong {
    ($($what:literal: $message:expr => $expected:tt;)*) => {
        vec![$(super::Wrong::new($what, &$message, $crate::input::expected!($expected))),*]
    };
}

/// A reason and the fields that it names.
macro_rules! expected {
    ([$($field:literal),*]) => { (treadwell_api::v1::Reason::FieldsInvalid, &[$($field),*]) };
    ($reason:ident) => { (treadwell_api::v1::Reason::$reason, &[]) };
}

use expected;

mod missing;
mod times;
mod words;

/// A request with something wrong.
struct Wrong {
    what: &'static str,
    method: (String, bool),
    body: Vec<u8>,
    reason: Reason,
    /// The fields that are named, all of them, in order.
    fields: &'static [&'static str],
}

impl Wrong {
    fn new<M: Message>(
        what: &'static str,
        message: &M,
        (reason, fields): (Reason, &'static [&'static str]),
    ) -> Self {
        Self {
            what,
            method: method_of::<M>(),
            body: message.encode_to_vec(),
            reason,
            fields,
        }
    }
}

fn s(text: &str) -> String {
    text.to_owned()
}

/// Sends them all; gives the refusals. Nothing is changed by any of them.
async fn all_refused(clinic: &Clinic, wrong: Vec<Wrong>) -> Result<Vec<No>> {
    let before = clinic.revision().await;
    let mut refusals = Vec::new();
    for it in wrong {
        let answer = call(&clinic.owner, &it.method, it.body).await;
        assert!(answer.is_err(), "{}: accepted", it.what);
        let no = refused(answer, it.reason);
        assert_eq!(no.fields, it.fields, "{}: {no:?}", it.what);
        refusals.push(no);
    }
    assert_eq!(clinic.revision().await, before, "nothing was changed");
    clinic.is_sound().await?;
    Ok(refusals)
}

const BOOK: &str = "AppointmentService/BookAppointment";

/// A booking that would be made.
fn good(client: &str) -> Appointment {
    Appointment {
        client_id: client.to_owned(),
        service_id: "hands-on-60".to_owned(),
        site_id: "halifax".to_owned(),
        start: today(11 * 60),
        ..Appointment::default()
    }
}

fn booking(appointment: Appointment) -> BookAppointmentRequest {
    BookAppointmentRequest {
        appointment: Some(appointment),
        ..BookAppointmentRequest::default()
    }
}

fn no(condition: &str) -> Answer {
    Answer {
        condition_id: condition.to_owned(),
        kind: AnswerKind::No.into(),
        ..Answer::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_wrong_fields_are_all_named_at_once() -> Result<()> {
    let clinic = Clinic::open().await?;
    let write = || {
        Some(WriteOptions {
            request_id: "x".repeat(65),
            etag: "yesterday".to_owned(),
            reason: "r".repeat(201),
            ..WriteOptions::default()
        })
    };
    let book = BookAppointmentRequest {
        write: write(),
        appointment: Some(Appointment {
            client_id: "client 7".to_owned(),
            service_id: "Hands On".to_owned(),
            site_id: String::new(),
            room_id: "H 1".to_owned(),
            therapist_id: "?".to_owned(),
            extension_ids: vec!["??".to_owned()],
            note: "n".repeat(501),
            start: today(661),
            ..Appointment::default()
        }),
        ..BookAppointmentRequest::default()
    };
    let hold = CreateHoldRequest {
        write: write(),
        hold: Some(Hold {
            client_id: "client 7".to_owned(),
            service_id: "Hands On".to_owned(),
            start: today(661),
            ..Hold::default()
        }),
    };
    let many = RecordDeclarationRequest {
        write: write(),
        client_id: "nobody".to_owned(),
        answers: (0..100).map(|n| no(&format!("Not A Slug {n}"))).collect(),
        replace: false,
    };
    let before = clinic.revision().await;
    for (method, body, expected) in [
        (
            BOOK,
            book.encode_to_vec(),
            [
                "write.request_id",
                "write.etag",
                "write.reason",
                "appointment.client_id",
                "appointment.service_id",
                "appointment.site_id",
                "appointment.room_id",
                "appointment.therapist_id",
                "appointment.extension_ids[0]",
                "appointment.note",
                "appointment.start",
            ]
            .as_slice(),
        ),
        (
            "AppointmentService/CreateHold",
            hold.encode_to_vec(),
            &[
                "write.request_id",
                "write.etag",
                "write.reason",
                "hold.client_id",
                "hold.service_id",
                "hold.site_id",
                "hold.start",
            ],
        ),
    ] {
        let answer = call(&clinic.owner, &(method.to_owned(), false), body).await;
        let no = refused(answer, Reason::FieldsInvalid);
        let mut found: Vec<&str> = no.fields.iter().map(String::as_str).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
    // More than fit are counted.
    let method = ("ClientService/RecordDeclaration".to_owned(), false);
    let answer = call(&clinic.owner, &method, many.encode_to_vec()).await;
    let no = refused(answer, Reason::FieldsInvalid);
    assert!(no.fields.len() > 10, "{no:?}");
    assert!(no.everything().contains("_MORE"), "{no:?}");
    assert!(
        no.details.len() > DETAILS_LIMIT / 3,
        "the room is used: {no:?}"
    );
    assert_eq!(clinic.revision().await, before);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_or_no_message_is_refused_in_kind() -> Result<()> {
    let clinic = Clinic::open().await?;
    let before = clinic.revision().await;
    let huge = CreateClientRequest {
        client: Some(Client {
            name: "x".repeat(2 << 20),
            ..Client::default()
        }),
        ..CreateClientRequest::default()
    };
    let create = ("ClientService/CreateClient".to_owned(), false);
    let watch = ("WatchService/Watch".to_owned(), true);
    for method in [&create, &watch] {
        let answer = call(&clinic.owner, method, huge.encode_to_vec()).await;
        refused(answer, Reason::MessageTooLarge);
        // Field 1 as a message of 100 bytes, of which there are three.
        let answer = call(&clinic.owner, method, vec![0x0a, 100, 1, 2, 3]).await;
        refused(answer, Reason::MessageMalformed);
    }
    assert_eq!(clinic.revision().await, before);
    clinic.is_sound().await
}
