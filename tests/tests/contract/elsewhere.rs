//! What is at a site that a key does not reach is, for its holder, as what does not exist: whatever is asked, the answers
//! are the same to the byte, but for the id that was asked for.

use std::collections::BTreeMap;

use anyhow::Result;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{FieldDescriptorProto, FileDescriptorSet};
use treadwell_api::v1::{
    CreateHoldRequest, CreateHoldResponse, CreateWaitlistEntryRequest, CreateWaitlistEntryResponse,
    Hold, OpenOutageRequest, OpenOutageResponse, Outage, Role, WaitlistEntry,
};
use treadwell_clinic::id::{AppointmentId, HoldId, KeyId, OutageId, WaitlistId};
use treadwell_tests::clinic_day::{hands_on, named, start};
use treadwell_tests::wire::Wire;

use crate::clinic::{Clinic, book, call, methods, said};

/// Far beyond every serial that the clinic has given.
const NEVER_GIVEN: u64 = 40 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_by_asking_what_there_is_at_a_site_out_of_reach() -> Result<()> {
    let clinic = Clinic::open().await?;
    let there = at_dartmouth(&clinic).await?;
    let (mut asked, mut not_found) = (0, 0);
    for role in [
        Role::Owner,
        Role::Manager,
        Role::FrontDesk,
        Role::Therapist,
        Role::Integration,
    ] {
        let name = format!("{role:?} of Halifax");
        let (_, secret) = clinic.key(&name, role, &["halifax"]).await?;
        let desk = clinic.owner.with_key(Some(&secret));
        for method in methods() {
            for field in named_ids(&method.0, &there) {
                let (real, made_up) = &there[field.name()];
                let known = answer(&desk, &method, &field, real).await;
                let unknown = answer(&desk, &method, &field, made_up).await;
                assert_eq!(known, unknown, "{role:?} asks {} for {real}", method.0);
                asked += 1;
                not_found += u32::from(known.contains("NOT_FOUND"));
            }
        }
    }
    println!("{asked} questions, {not_found} answered by NOT_FOUND");
    assert!(asked > 100 && not_found > 60, "{asked}, {not_found}");
    clinic.is_sound().await
}

/// A thing of each kind at Dartmouth, and an id of that kind that was never given, by the name that fields of requests have
/// for it.
async fn at_dartmouth(clinic: &Clinic) -> Result<BTreeMap<&'static str, (String, String)>> {
    let client = clinic.client("Somebody").await;
    let booked = said(
        book(
            &clinic.owner,
            &hands_on("there", &client, "dartmouth", 1, 8),
        )
        .await,
    );
    let hold = CreateHoldRequest {
        write: named("held there"),
        hold: Some(Hold {
            client_id: client.clone(),
            service_id: "hands-on-60".to_owned(),
            site_id: "dartmouth".to_owned(),
            start: Some(start(1, 16)),
            ..Hold::default()
        }),
    };
    let wire = &clinic.owner;
    let held: CreateHoldResponse = said(wire.ask("AppointmentService/CreateHold", &hold).await);
    let entry = CreateWaitlistEntryRequest {
        write: named("waits there"),
        entry: Some(WaitlistEntry {
            client_id: client,
            service_id: "hands-on-60".to_owned(),
            site_ids: vec!["dartmouth".to_owned()],
            ..WaitlistEntry::default()
        }),
    };
    let method = "WaitlistService/CreateWaitlistEntry";
    let waits: CreateWaitlistEntryResponse = said(wire.ask(method, &entry).await);
    let outage = OpenOutageRequest {
        write: named("out there"),
        outage: Some(Outage {
            room_id: "d1".to_owned(),
            reason: "a loose bracket".to_owned(),
            support_only: true,
            ..Outage::default()
        }),
    };
    let out: OpenOutageResponse = said(wire.ask("CatalogService/OpenOutage", &outage).await);
    let (key, _) = clinic
        .key("Desk there", Role::FrontDesk, &["dartmouth"])
        .await?;
    let never = NEVER_GIVEN;
    Ok(BTreeMap::from([
        (
            "appointment_id",
            (booked.id, AppointmentId::new(never).to_string()),
        ),
        (
            "hold_id",
            (
                held.hold.unwrap_or_default().id,
                HoldId::new(never).to_string(),
            ),
        ),
        (
            "entry_id",
            (
                waits.entry.unwrap_or_default().id,
                WaitlistId::new(never).to_string(),
            ),
        ),
        (
            "outage_id",
            (
                out.outage.unwrap_or_default().id,
                OutageId::new(never).to_string(),
            ),
        ),
        ("key_id", (key, KeyId::new(never).to_string())),
    ]))
}

/// The fields of a method's request that name one of these.
fn named_ids(
    method: &str,
    there: &BTreeMap<&'static str, (String, String)>,
) -> Vec<FieldDescriptorProto> {
    let set = FileDescriptorSet::decode(treadwell_api::DESCRIPTOR_SET).expect("it is one");
    let name = method.split('/').nth(1).expect("service/method");
    let messages = set.file.iter().filter(|it| it.package() == "treadwell.v1");
    let request = messages
        .flat_map(|file| &file.message_type)
        .find(|it| it.name() == format!("{name}Request"));
    let fields = request.map_or(&[][..], |it| &it.field);
    let names = |field: &&FieldDescriptorProto| {
        field.r#type() == Type::String
            && field.label() != Label::Repeated
            && there.contains_key(field.name())
    };
    fields.iter().filter(names).cloned().collect()
}

/// All that is told when a method is asked for a thing, without its id.
async fn answer(
    wire: &Wire,
    method: &(String, bool),
    field: &FieldDescriptorProto,
    id: &str,
) -> String {
    let mut body = Vec::new();
    let number = u32::try_from(field.number()).expect("numbers are positive");
    encode_key(number, WireType::LengthDelimited, &mut body);
    encode_varint(id.len() as u64, &mut body);
    body.extend_from_slice(id.as_bytes());
    match call(wire, method, body).await {
        Ok(()) => "it is answered".to_owned(),
        Err(no) => format!(
            "{:?} {} {:?} {:?} {:?} {:?} {:?}",
            no.code, no.message, no.reason, no.metadata, no.fields, no.rules, no.booking
        )
        .replace(id, "the id"),
    }
}
