//! What flow tests need of a clinic: connections with the owner's key that never retry, clients, and places to book.

use std::time::Duration;

use anyhow::Result;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use treadwell_api::v1::{Appointment, BookAppointmentRequest, CreateClientRequest, WriteOptions};
use treadwell_client::{Client, Options, Retry};

use crate::process::ServerProcess;

/// The instant at which the sample clinic is made for flow tests: the evening of a holiday, before a week of shifts.
pub const BEGINS: &str = "2026-10-12T20:00:00Z";

/// The first working day after [`BEGINS`].
pub const FIRST_DAY: Date = jiff::civil::date(2026, 10, 13);

/// A client of a server that sends each call once: what it is told is what happened.
pub fn once(server: &ServerProcess, key: &str) -> Result<Client> {
    let options = Options {
        timeout: Duration::from_secs(20),
        retry: Retry {
            attempts: 1,
            ..Retry::default()
        },
        ..Options::new(server.url(), key)
    };
    Ok(Client::new(options)?)
}

/// Write options of a request with a name of its own.
pub fn named(request_id: impl Into<String>) -> Option<WriteOptions> {
    Some(WriteOptions {
        request_id: request_id.into(),
        ..WriteOptions::default()
    })
}

/// A new client of the clinic.
pub async fn client(desk: &Client, name: &str) -> Result<String> {
    let answer = desk
        .create_client(CreateClientRequest {
            write: named(format!("client {name}")),
            client: Some(treadwell_api::v1::Client {
                name: name.to_owned(),
                ..Default::default()
            }),
        })
        .await?;
    Ok(answer.client.unwrap_or_default().id)
}

/// A quarter of an hour in Halifax: `quarters` after 09:00, `days` after [`FIRST_DAY`].
pub fn start(days: u32, quarters: u32) -> prost_types::Timestamp {
    let halifax = TimeZone::get("America/Halifax").expect("the bundled database has it");
    let opens = (FIRST_DAY + i64::from(days).days()).at(9, 0, 0, 0);
    let opens = opens.to_zoned(halifax).expect("a day of this century");
    stamp(opens.timestamp() + (i64::from(quarters) * 15).minutes())
}

/// An instant as the API writes it.
pub fn stamp(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.as_second(),
        nanos: 0,
    }
}

/// A request for hands-on work, in a room and by a therapist of the clinic's choice.
pub fn hands_on(
    request_id: &str,
    client_id: &str,
    site_id: &str,
    days: u32,
    quarters: u32,
) -> BookAppointmentRequest {
    BookAppointmentRequest {
        write: named(request_id),
        appointment: Some(Appointment {
            client_id: client_id.to_owned(),
            service_id: "hands-on-60".to_owned(),
            site_id: site_id.to_owned(),
            start: Some(start(days, quarters)),
            ..Appointment::default()
        }),
        ..BookAppointmentRequest::default()
    }
}
