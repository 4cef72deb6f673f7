use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tonic::Code;
use treadwell_api::v1;
use treadwell_api::v1::client_record_entry::Resource;
use treadwell_api::v1::export_client_record_response::Part;
use treadwell_clinic::CommandKind;
use treadwell_clinic::model::{Appointment, Phase, Record, RecordId, Role};

use super::support::{Api, World, because, date, day, request, stamp, why};

/// A word that only this client's records hold.
const CANARY: &str = "Zebrafinch";

/// Longer than any record is kept.
const AGES: Duration = Duration::from_hours(31 * 366 * 24);

/// A client with a declaration, a cancelled appointment, a released hold and a withdrawn wish.
async fn somebody(api: &mut Api) -> String {
    let client = v1::Client {
        name: format!("{CANARY} Quill"),
        phone: "902-555-0199".to_owned(),
        born: date(1980, 3, 2),
        note: CANARY.to_owned(),
        ..v1::Client::default()
    };
    let create = v1::CreateClientRequest {
        write: request("create"),
        client: Some(client),
    };
    let made = api.client.create_client(create).await.unwrap();
    let id = made.into_inner().client.unwrap().id;
    let declare = v1::RecordDeclarationRequest {
        client_id: id.clone(),
        answers: vec![v1::Answer {
            condition_id: "osteoporosis".to_owned(),
            kind: v1::AnswerKind::Yes.into(),
            ..v1::Answer::default()
        }],
        ..v1::RecordDeclarationRequest::default()
    };
    api.client.record_declaration(declare).await.unwrap();
    let place = v1::Appointment {
        client_id: id.clone(),
        service_id: "hands-on-60".to_owned(),
        site_id: "halifax".to_owned(),
        start: stamp(day(27, 10, 0)),
        note: CANARY.to_owned(),
        ..v1::Appointment::default()
    };
    let hold = v1::CreateHoldRequest {
        write: None,
        hold: Some(v1::Hold {
            client_id: id.clone(),
            service_id: place.service_id.clone(),
            site_id: place.site_id.clone(),
            start: place.start,
            ..v1::Hold::default()
        }),
    };
    let held = api.appointment.create_hold(hold).await.unwrap();
    let release = v1::ReleaseHoldRequest {
        write: None,
        hold_id: held.into_inner().hold.unwrap().id,
    };
    api.appointment.release_hold(release).await.unwrap();
    let book = v1::BookAppointmentRequest {
        write: request("book"),
        appointment: Some(place),
        ..v1::BookAppointmentRequest::default()
    };
    let booked = api.appointment.book_appointment(book).await.unwrap();
    let cancel = v1::CancelAppointmentRequest {
        appointment_id: booked.into_inner().appointment.unwrap().id,
        cancel_reason: v1::CancelReason::Other.into(),
        note: CANARY.to_owned(),
        write: None,
    };
    api.appointment.cancel_appointment(cancel).await.unwrap();
    wait_and_withdraw(api, &id).await;
    id
}

async fn wait_and_withdraw(api: &mut Api, client_id: &str) {
    let wish = v1::CreateWaitlistEntryRequest {
        write: None,
        entry: Some(v1::WaitlistEntry {
            client_id: client_id.to_owned(),
            service_id: "hands-on-60".to_owned(),
            note: CANARY.to_owned(),
            ..v1::WaitlistEntry::default()
        }),
    };
    let made = api.waitlist.create_waitlist_entry(wish).await.unwrap();
    let withdraw = v1::WithdrawWaitlistEntryRequest {
        write: None,
        entry_id: made.into_inner().entry.unwrap().id,
    };
    let withdrawn = api.waitlist.withdraw_waitlist_entry(withdraw).await;
    withdrawn.unwrap();
}

fn export(client_id: &str, reason: &str) -> v1::ExportClientRecordRequest {
    v1::ExportClientRecordRequest {
        client_id: client_id.to_owned(),
        reason: reason.to_owned(),
    }
}

async fn exported(
    api: &mut Api,
    client_id: &str,
) -> Result<Vec<v1::ExportClientRecordResponse>, tonic::Status> {
    let asked = export(client_id, "the client asked for it");
    let mut stream = api.client.export_client_record(asked).await?.into_inner();
    let mut parts = Vec::new();
    while let Some(part) = stream.message().await? {
        parts.push(part);
    }
    Ok(parts)
}

fn erase(client_id: &str) -> v1::EraseClientRequest {
    v1::EraseClientRequest {
        write: Some(v1::WriteOptions {
            request_id: "erase".to_owned(),
            reason: "retention is over".to_owned(),
            ..v1::WriteOptions::default()
        }),
        client_id: client_id.to_owned(),
        give_up_balance: false,
    }
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|part| part == needle.as_bytes())
}

/// Everything that a watch brings from a revision on, or as a snapshot.
async fn watched(api: &mut Api, after_revision: Option<u64>, until: u64) -> Vec<u8> {
    let request = v1::WatchRequest {
        after_revision,
        ..v1::WatchRequest::default()
    };
    let mut watching = api.watch.watch(request).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(message) = watching.message().await.unwrap() {
        all.extend(message.encode_to_vec());
        if message.revision >= until && (message.commit_complete || message.checkpoint) {
            break;
        }
    }
    all
}

#[tokio::test]
async fn a_record_is_complete_and_of_one_revision() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let id = somebody(&mut owner).await;
    let parts = exported(&mut owner, &id).await.unwrap();
    let revision = world.server.engine().snapshot().revision;
    assert!(parts.iter().all(|part| part.revision == revision));
    let Some(Part::Head(head)) = &parts[0].part else {
        panic!("it begins with the head");
    };
    assert_eq!(head.reason, "the client asked for it");
    assert!(!head.retention.as_ref().unwrap().ended);
    let mut kinds = Vec::new();
    let mut verbs = Vec::new();
    for part in &parts[1..parts.len() - 1] {
        match part.part.as_ref().unwrap() {
            Part::Entry(entry) => kinds.push(match entry.resource.as_ref().unwrap() {
                Resource::Client(it) => format!("client {}", it.note),
                Resource::Declaration(it) => {
                    format!("declaration {}", it.answers[0].condition_id)
                }
                Resource::WaitlistEntry(it) => format!("wish {}", it.note),
                Resource::Appointment(it) => {
                    format!("appointment {}", it.cancellation.as_ref().unwrap().note)
                }
                other => panic!("{other:?}"),
            }),
            Part::Change(change) => {
                assert_eq!(change.changed_by_name, head_name(&world, change));
                verbs.push(change.verb.as_str());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        kinds,
        [
            "client Zebrafinch",
            "declaration osteoporosis",
            "wish Zebrafinch",
            "appointment Zebrafinch"
        ]
    );
    assert_eq!(
        verbs,
        [
            "create_client",
            "record_declaration",
            "hold",
            "release_hold",
            "book",
            "cancel",
            "put_on_waitlist",
            "withdraw_waitlist_entry"
        ]
    );
    let Some(Part::End(end)) = &parts[parts.len() - 1].part else {
        panic!("it ends with the end");
    };
    assert_eq!((end.entry_count, end.change_count), (4, 8));
}

fn head_name(world: &World, change: &v1::ClientRecordChange) -> String {
    let clinic = world.server.engine().snapshot();
    let key = clinic.clinic.key(change.changed_by.parse().unwrap());
    key.unwrap().name.clone()
}

#[tokio::test]
async fn only_who_answers_for_every_site_has_the_records() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let id = somebody(&mut owner).await;
    for role in [Role::FrontDesk, Role::Therapist, Role::Integration] {
        let mut api = world.api(role).await;
        let denied = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
        assert_eq!(why(exported(&mut api, &id).await), denied, "{role:?}");
        assert_eq!(why(api.client.erase_client(erase(&id)).await), denied);
        let list = v1::ListRetentionRequest::default();
        assert_eq!(why(api.client.list_retention(list).await), denied);
    }
    let mut manager = world.api(Role::Manager).await;
    exported(&mut manager, &id).await.unwrap();
    let denied = because(Code::PermissionDenied, "ROLE_NOT_ALLOWED");
    assert_eq!(why(manager.client.erase_client(erase(&id)).await), denied);
    let elsewhere = because(Code::PermissionDenied, "SITE_NOT_ALLOWED");
    let mut manager = world.api_at_halifax(v1::Role::Manager).await;
    assert_eq!(why(exported(&mut manager, &id).await), elsewhere);
    let list = v1::ListRetentionRequest::default();
    assert_eq!(why(manager.client.list_retention(list).await), elsewhere);
    let mut limited = world.api_at_halifax(v1::Role::Owner).await;
    assert_eq!(
        why(limited.client.erase_client(erase(&id)).await),
        elsewhere
    );

    let wrong = because(Code::InvalidArgument, "FIELDS_INVALID");
    let without = owner.client.export_client_record(export(&id, "")).await;
    assert_eq!(why(without), wrong);
    let without = v1::EraseClientRequest {
        write: None,
        ..erase(&id)
    };
    assert_eq!(why(owner.client.erase_client(without).await), wrong);
    let nobody = because(Code::NotFound, "NOT_FOUND");
    assert_eq!(why(exported(&mut owner, "cli-zz").await), nobody);
    assert_eq!(why(exported(&mut owner, "cli-0").await), nobody);
}

#[tokio::test]
async fn whose_time_is_over_is_erased_and_stays_erased() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let mut manager = world.api(Role::Manager).await;
    let before = world.server.engine().snapshot().revision;
    let id = somebody(&mut owner).await;
    let early = owner.client.erase_client(erase(&id)).await.unwrap_err();
    let info = tonic_types::StatusExt::get_details_error_info(&early).unwrap();
    assert_eq!(info.reason, "RETENTION_NOT_ENDED");
    assert_eq!(info.metadata["kept_until"], "2036-10-27");
    let ended = v1::ListRetentionRequest {
        ended_only: true,
        ..v1::ListRetentionRequest::default()
    };
    let listed = owner.client.list_retention(ended.clone()).await.unwrap();
    assert_eq!(listed.into_inner().retentions, []);
    world.clock.advance(AGES);
    let listed = owner
        .client
        .list_retention(ended)
        .await
        .unwrap()
        .into_inner();
    let kept = listed.retentions.iter().find(|kept| kept.client_id == id);
    assert_eq!(kept.unwrap().kept_until, date(2036, 10, 27));

    // Somebody changed the client's note a moment ago, with a request that may be sent again.
    let update = v1::UpdateClientRequest {
        write: request("update"),
        client: Some(v1::Client {
            id: id.clone(),
            note: format!("{CANARY} again"),
            ..v1::Client::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["note".to_owned()],
        }),
    };
    manager.client.update_client(update.clone()).await.unwrap();
    let mut tried = erase(&id);
    tried.write.as_mut().unwrap().validate_only = true;
    let would = owner.client.erase_client(tried).await.unwrap().into_inner();
    assert_eq!(watched_for(&mut owner, &world).await, [true, true]);
    let done = owner
        .client
        .erase_client(erase(&id))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(would.kinds, done.kinds);
    let kinds: Vec<_> = done
        .kinds
        .iter()
        .map(|it| (it.kind.as_str(), it.removed_count, it.kept_count))
        .collect();
    assert_eq!(
        kinds,
        [
            ("client", 1, 0),
            ("declaration", 1, 0),
            ("appointment", 0, 1),
            ("waitlist_entry", 1, 0)
        ]
    );

    let erased = because(Code::FailedPrecondition, "CLIENT_ERASED");
    let mut world = world;
    for round in 0..2 {
        let mut owner = world.api(Role::Owner).await;
        let mut manager = world.api(Role::Manager).await;
        let get = v1::GetClientRequest {
            client_id: id.clone(),
            at: None,
        };
        let gone = because(Code::NotFound, "NOT_FOUND");
        assert_eq!(why(owner.client.get_client(get).await), gone);
        let find = v1::ListClientsRequest {
            query: CANARY.to_owned(),
            ..v1::ListClientsRequest::default()
        };
        let found = owner.client.list_clients(find).await.unwrap().into_inner();
        assert_eq!(found.clients, []);
        let again = owner.client.erase_client(erase(&id)).await.unwrap();
        assert_eq!(again.into_inner(), done, "round {round}");
        let again = manager.client.update_client(update.clone()).await;
        assert_eq!(why(again), erased);
        let undo = v1::UndoLastOperationRequest::default();
        let undone = manager.appointment.undo_last_operation(undo).await;
        assert_eq!(why(undone), erased);
        assert_eq!(watched_for(&mut owner, &world).await, [false, false]);
        let newest = world.server.engine().snapshot().revision;
        let since = watched(&mut owner, Some(before), newest).await;
        assert!(!holds(&since, CANARY));
        assert!(
            holds(&since, &id),
            "a tombstone says that the client is gone"
        );
        world = world.restarted().await;
    }
}

/// Whether a watch from the beginning, and a snapshot, hold the canary.
async fn watched_for(api: &mut Api, world: &World) -> [bool; 2] {
    let newest = world.server.engine().snapshot().revision;
    let since = watched(api, Some(0), newest).await;
    let snapshot = watched(api, None, newest).await;
    [holds(&since, CANARY), holds(&snapshot, CANARY)]
}

/// Somebody of the story who had one session, with whom nothing is open any more but the sum that they owe: who, for which
/// session, and how much.
async fn debtor(world: &World, api: &mut Api) -> (String, String, i64) {
    let published = world.server.engine().snapshot();
    let clinic = &published.clinic;
    let others = |visit: &Appointment| {
        let records = clinic.records_of(visit.client).into_iter();
        let records = records.map(|(record, _)| record);
        let own = RecordId::Appointment(visit.id);
        records.filter(move |record| record.id() != own)
    };
    let is_simple = |record: Record| match record {
        Record::Hold(_) | Record::Payment(_) => false,
        Record::WaitlistEntry(entry) => !entry.is_live(),
        Record::Appointment(it) => it.state.phase() == Phase::Cancelled || it.is_ahead(),
        _ => true,
    };
    let owes =
        |it: &Arc<Appointment>| it.state.phase() == Phase::Completed && others(it).all(is_simple);
    let visit = clinic.appointments().find(|&it| owes(it)).unwrap();
    for record in others(visit) {
        if let Record::Appointment(it) = record
            && it.is_ahead()
        {
            let cancel = v1::CancelAppointmentRequest {
                appointment_id: it.id.to_string(),
                cancel_reason: v1::CancelReason::Other.into(),
                note: "moved away".to_owned(),
                ..v1::CancelAppointmentRequest::default()
            };
            api.appointment.cancel_appointment(cancel).await.unwrap();
        }
    }
    let ask = v1::GetAccountRequest {
        appointment_id: visit.id.to_string(),
    };
    let account = api.receipt.get_account(ask).await.unwrap().into_inner();
    let due = account.account.unwrap().due_cents;
    (visit.client.to_string(), visit.id.to_string(), due)
}

#[tokio::test]
async fn an_old_open_sum_is_given_up_only_when_that_is_said() {
    let world = World::new().await;
    let mut owner = world.api(Role::Owner).await;
    let (id, visit, due) = debtor(&world, &mut owner).await;
    world.clock.advance(AGES);
    let kept = owner.client.erase_client(erase(&id)).await.unwrap_err();
    let unsettled = because(Code::FailedPrecondition, "CLIENT_NOT_SETTLED");
    let open = tonic_types::StatusExt::get_details_precondition_failure(&kept).unwrap();
    let open: Vec<_> = open
        .violations
        .into_iter()
        .map(|it| (it.subject, it.description))
        .collect();
    let sum = format!("{}.{:02}", due / 100, due % 100);
    let said = format!(
        "{sum} of appointment {visit} is still to be paid, or to be given up with the erasure"
    );
    assert_eq!(open, [(format!("appointment/{visit}"), said)]);
    assert_eq!(why::<()>(Err(kept)), unsettled);
    let there = v1::GetClientRequest {
        client_id: id.clone(),
        at: None,
    };
    owner.client.get_client(there.clone()).await.unwrap();

    let give_up = v1::EraseClientRequest {
        give_up_balance: true,
        ..erase(&id)
    };
    let done = owner
        .client
        .erase_client(give_up)
        .await
        .unwrap()
        .into_inner();
    let gone = because(Code::NotFound, "NOT_FOUND");
    assert_eq!(why(owner.client.get_client(there).await), gone);
    // The session stays, as nobody's.
    let stays = v1::GetAppointmentRequest {
        appointment_id: visit,
    };
    let stays = owner.appointment.get_appointment(stays).await.unwrap();
    assert_eq!(stays.into_inner().appointment.unwrap().client_id, "");
    // Who did it, and why, is in the journal.
    let engine = world.server.engine();
    let (published, history) = (engine.snapshot(), engine.history());
    let commits = history
        .read(done.revision - 1, &published, 1)
        .await
        .unwrap();
    let by = published.clinic.key(commits[0].commit.by).unwrap();
    assert_eq!(
        (commits[0].commit.kind, by.role),
        (CommandKind::EraseClient, Role::Owner)
    );
    let reason = history.reason(done.revision).await.unwrap();
    assert_eq!(reason, "retention is over");
}
