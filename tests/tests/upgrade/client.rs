//! A client that was frozen with a release, at today's server on that release's store.

use anyhow::{Context, Result, ensure};
use prost_reflect::{DynamicMessage, Value};
use treadwell_api::v1::{GetStatusRequest, VerifyRequest};
use treadwell_tests::{
    clinic_day,
    frozen::{self, Call, Told},
    process::{Folder, Options, ServerProcess},
    wire::Wire,
};

use crate::frozen_api::{Api, bytes, field, without_revisions};

async fn serve(told: &Told) -> Result<(Folder, ServerProcess)> {
    let folder = Folder::copy_of(&frozen::store(1), &told.owner_key)?;
    let options = Options {
        clock_start: Some(told.now.clone()),
        ..Options::default()
    };
    let server = ServerProcess::start(&folder, &options).await?;
    Ok((folder, server))
}

/// Everything that the old server told is told again, record for record, as the old client reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_client_is_told_what_it_was_told() -> Result<()> {
    let told = Told::read(&frozen::store(1))?;
    let (_folder, server) = serve(&told).await?;
    let api = Api::of(1)?;
    let wire = Wire::open(&server, told.owner_key.as_str()).await?;
    for call in &told.calls {
        let now = ask(&wire, call)
            .await
            .with_context(|| call.method.clone())?;
        let [before, now] = [&call.answers, &now].map(|answers| read(&api, &call.method, answers));
        assert_eq!(before?, now?, "{}", call.method);
    }
    let owner = clinic_day::once(&server, &told.owner_key)?;
    let verified = owner.verify(VerifyRequest {}).await?;
    ensure!(verified.sound, "{:?}", verified.problems);
    let status = owner.get_status(GetStatusRequest {}).await?;
    assert_eq!((verified.store_format, status.store_format), (2, 2));
    Ok(())
}

async fn ask(wire: &Wire, call: &Call) -> Result<Vec<Vec<u8>>> {
    let no = |no| anyhow::anyhow!("{no:?}");
    if !call.method.ends_with("/Watch") {
        let answer = wire.bytes(&call.method, call.request.clone()).await;
        return Ok(vec![answer.map_err(no)?.to_vec()]);
    }
    let mut watching = wire
        .stream(&call.method, call.request.clone())
        .await
        .map_err(no)?;
    let mut answers = Vec::new();
    loop {
        let next = watching.next().await.map_err(no)?;
        let (bytes, message) = next.context("the watch goes on")?;
        answers.push(bytes.to_vec());
        if message.commit_complete {
            return Ok(answers);
        }
    }
}

/// The answers, the events of a watch however they are cut into messages. Which history they are of is another thing each time.
fn read(api: &Api, method: &str, answers: &[Vec<u8>]) -> Result<Vec<Value>> {
    let mut read = Vec::new();
    for answer in answers {
        let answer = api.answer(method, answer)?;
        if method.ends_with("/Watch") {
            match field(&answer, "events")? {
                Value::List(events) => read.extend(events),
                other => anyhow::bail!("{other:?}"),
            }
        } else {
            read.push(Value::Message(answer));
        }
    }
    read.iter_mut().for_each(without_revisions);
    ensure!(!read.is_empty(), "{method} tells nothing");
    Ok(read)
}

/// It searches, registers a client, books what was offered, and finds it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_client_books_at_todays_server() -> Result<()> {
    let told = Told::read(&frozen::store(1))?;
    let (_folder, server) = serve(&told).await?;
    let api = Api::of(1)?;
    let wire = Wire::open(&server, told.owner_key.as_str()).await?;
    let call = async |method: &'static str, request: &DynamicMessage| {
        let answer = wire.bytes(method, bytes(request)).await;
        let answer = answer.map_err(|no| anyhow::anyhow!("{method}: {no:?}"))?;
        api.answer(method, &answer)
    };
    let mut person = api.message("Client")?;
    person.set_field_by_name("name", Value::String("Gustav Exempel".to_owned()));
    let mut request = api.request("ClientService/CreateClient")?;
    request.set_field_by_name("client", Value::Message(person));
    let made = call("ClientService/CreateClient", &request).await?;
    let client_id = field(&made, "client.id")?;

    let search = "AvailabilityService/SearchAvailability";
    let asked = told.calls.iter().find(|call| call.method == search);
    let asked = &asked.context("a search was recorded")?.request;
    let request = DynamicMessage::decode(api.method(search)?.input(), asked.as_slice())?;
    let found = call(search, &request).await?;
    let mut appointment = api.message("Appointment")?;
    appointment.set_field_by_name("client_id", client_id.clone());
    appointment.set_field_by_name("service_id", Value::String("hands-on-60".to_owned()));
    for name in ["site_id", "room_id", "therapist_id", "start"] {
        appointment.set_field_by_name(name, field(&found, &format!("proposals.{name}"))?);
    }
    let mut request = api.request("AppointmentService/BookAppointment")?;
    request.set_field_by_name("appointment", Value::Message(appointment));
    let booked = call("AppointmentService/BookAppointment", &request).await?;

    let mut request = api.request("AppointmentService/GetAppointment")?;
    request.set_field_by_name("appointment_id", field(&booked, "appointment.id")?);
    let got = call("AppointmentService/GetAppointment", &request).await?;
    assert_eq!(field(&got, "appointment.client_id")?, client_id);
    assert_eq!(field(&got, "appointment")?, field(&booked, "appointment")?);
    Ok(())
}
