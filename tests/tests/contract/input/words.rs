//! Texts, enum values, masks, lists and ids that are wrong.

use anyhow::Result;
use prost_types::FieldMask;
use treadwell_api::v1::{
    Answer, AnswerKind, CancelAppointmentRequest, CancelReason, Client, CreateClientRequest,
    CreateKeyRequest, FinishSessionRequest, GetAppointmentRequest, GetBoardRequest,
    GetTherapistRequest, Key, ListAppointmentsRequest, Policy, PutRoomRequest,
    RecordDeclarationRequest, Role, Room, UpdateClientRequest, UpdatePolicyRequest, WatchRequest,
};

use super::{Wrong, all_refused, no, s};
use crate::clinic::Clinic;

fn client(change: fn(&mut Client)) -> CreateClientRequest {
    let mut client = Client {
        name: "Ada".to_owned(),
        ..Client::default()
    };
    change(&mut client);
    CreateClientRequest {
        client: Some(client),
        ..CreateClientRequest::default()
    }
}

fn update(id: &str, paths: Vec<String>) -> UpdateClientRequest {
    UpdateClientRequest {
        client: Some(Client {
            id: id.to_owned(),
            name: "Ada".to_owned(),
            ..Client::default()
        }),
        update_mask: Some(FieldMask { paths }),
        ..UpdateClientRequest::default()
    }
}

fn policy(paths: Vec<String>) -> UpdatePolicyRequest {
    UpdatePolicyRequest {
        policy: Some(Policy::default()),
        update_mask: Some(FieldMask { paths }),
        ..UpdatePolicyRequest::default()
    }
}

fn key(role: i32) -> CreateKeyRequest {
    CreateKeyRequest {
        key: Some(Key {
            name: "A key".to_owned(),
            role,
            ..Key::default()
        }),
        ..CreateKeyRequest::default()
    }
}

fn cancel(cancel_reason: i32) -> CancelAppointmentRequest {
    CancelAppointmentRequest {
        appointment_id: "apt-1".to_owned(),
        cancel_reason,
        ..CancelAppointmentRequest::default()
    }
}

fn finish(stopped_early_reason: String) -> FinishSessionRequest {
    FinishSessionRequest {
        appointment_id: "apt-1".to_owned(),
        stopped_early_reason,
        ..FinishSessionRequest::default()
    }
}

fn room(equipment: Vec<i32>) -> PutRoomRequest {
    PutRoomRequest {
        room: Some(Room {
            id: "h7".to_owned(),
            site_id: "halifax".to_owned(),
            name: "H7".to_owned(),
            equipment,
            ..Room::default()
        }),
        ..PutRoomRequest::default()
    }
}

fn answers(client: &str, answers: Vec<Answer>) -> RecordDeclarationRequest {
    RecordDeclarationRequest {
        client_id: client.to_owned(),
        answers,
        ..RecordDeclarationRequest::default()
    }
}

fn declare(client: &str, kind: i32) -> RecordDeclarationRequest {
    let answer = Answer {
        kind,
        ..no("fracture")
    };
    answers(client, vec![answer])
}

fn texts(id: &str) -> Vec<Wrong> {
    wrong! {
        "no client": CreateClientRequest::default() => ["client"];
        "no name": client(|it| it.name = String::new()) => ["client.name"];
        "a name of blanks": client(|it| it.name = s("   ")) => ["client.name"];
        "an overlong name": client(|it| it.name = "é".repeat(81)) => ["client.name"];
        "a very long name": client(|it| it.name = "x".repeat(900_000)) => ["client.name"];
        "a control character": client(|it| it.name = s("A\u{7}da")) => ["client.name"];
        "two lines": client(|it| it.phone = s("902\n555")) => ["client.phone"];
        "an overlong note": client(|it| it.note = "n".repeat(501)) => ["client.note"];
        "an unknown field in a mask": update(id, vec![s("shoe_size")]) => ["update_mask.paths[0]"];
        "a mask of 10,000 fields": update(id, vec![s("name"); 10_000]) => ["update_mask.paths"];
        "a mask of 10,000 policies": policy(vec![s("hold_minutes"); 10_000]) => ["update_mask.paths"];
    }
}

fn enums(id: &str) -> Vec<Wrong> {
    wrong! {
        "a role that is none": key(Role::Unspecified.into()) => ["key.role"];
        "an unknown role": key(99) => ["key.role"];
        "a negative role": key(-1) => ["key.role"];
        "no reason to cancel": cancel(CancelReason::Unspecified.into()) => ["cancel_reason"];
        "an unknown reason to cancel": cancel(1_000) => ["cancel_reason"];
        "a reason that is output only": cancel(CancelReason::Undone.into()) => ["cancel_reason"];
        "no equipment meant": room(vec![1, 0]) => ["room.equipment[1]"];
        "unknown equipment": room(vec![77]) => ["room.equipment[0]"];
        "no answer meant": declare(id, AnswerKind::Unspecified.into()) => ["answers[0].kind"];
        "an unknown answer": declare(id, 44) => ["answers[0].kind"];
    }
}

fn lists_and_ids(id: &str) -> Vec<Wrong> {
    wrong! {
        "no answers": answers(id, Vec::new()) => ["answers"];
        "10,000 answers":
            answers(id, vec![no("fracture"); 10_000])
            => ["answers"];
        "an answer twice": answers(id, vec![no("fracture"), no("fracture")]) => ["answers[1].condition_id"];
        "an unknown kind to watch": WatchRequest { kinds: vec![1, 88], ..Default::default() } => ["kinds"];
        "an unspecified kind to watch": WatchRequest { kinds: vec![0], ..Default::default() } => ["kinds"];
        "10,000 sites": GetBoardRequest { site_ids: vec![s("halifax"); 10_000] } => ["site_ids"];
        "an unknown state": ListAppointmentsRequest { states: vec![3, 55], ..Default::default() } => ["states[1]"];
        "an overlong reason to stop": finish("x".repeat(201)) => ["stopped_early_reason"];
        "an id of another kind": GetAppointmentRequest { appointment_id: s("cli-1") } => ["appointment_id"];
        "an id that is a path": GetTherapistRequest { therapist_id: s("../../etc/passwd") } => ["therapist_id"];
        "an overlong id": GetTherapistRequest { therapist_id: "a".repeat(100_000) } => ["therapist_id"];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_enums_masks_and_lists_that_are_wrong_are_named() -> Result<()> {
    let clinic = Clinic::open().await?;
    let id = clinic.client("Somebody").await;
    all_refused(&clinic, texts(&id)).await?;
    all_refused(&clinic, enums(&id)).await?;
    all_refused(&clinic, lists_and_ids(&id)).await?;
    Ok(())
}
