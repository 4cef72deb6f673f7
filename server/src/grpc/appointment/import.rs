//! Importing appointments.

use tonic::Request;
use treadwell_api::v1;
use treadwell_clinic::Command;

use crate::convert;
use crate::engine::Engine;
use crate::grpc::call::{self, Answer};
use crate::grpc::import::{self, File};

pub(super) async fn appointments(
    engine: &Engine,
    request: Request<v1::ImportAppointmentsRequest>,
) -> Answer<v1::ImportAppointmentsResponse> {
    let (caller, message) = call::open(request)?;
    let options =
        call::read(|f| call::options("ImportAppointments", &message, message.write.as_ref(), f))?;
    let file = File::read(&message.lines, message.skip_existing, |line, f| {
        convert::import::read_appointment(line, f)
    })?;
    let (revision, results) = import::submit(
        engine,
        &caller,
        file,
        options.write,
        "appointment",
        |lines| Command::ImportAppointments(Box::new(lines)),
    )
    .await?;
    Ok(v1::ImportAppointmentsResponse { revision, results }.into())
}
