//! A clinic's website books for a new client: search, screen, book, move, cancel; and what each refusal offers instead.
//!
//! ```sh
//! TREADWELL_SERVER=127.0.0.1:7450 TREADWELL_KEY=tw_... cargo run -p treadwell-client --example online_booking
//! ```
//!
//! The key's role is `integration`: it books, and learns of screening its outcome only, never a client's answers.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use anyhow::{Context, Result, bail};
use jiff::{Timestamp, ToSpan};
use treadwell_client::{Client, Error, Options, v1};

const SITE: &str = "halifax";
const WISHED: &str = "ashiatsu-60";

/// The clinic as the website sees it. The client gives each change a request id and repeats what is safe to repeat.
struct Website {
    clinic: Client,
    tomorrow: Timestamp,
}

impl Website {
    async fn open() -> Result<Self> {
        let clinic = Client::new(Options::from_env()?)?;
        // The clinic's own clock: a demo does not live today.
        let board = clinic.get_board(v1::GetBoardRequest::default()).await?;
        let now = Timestamp::from_second(board.now.unwrap_or_default().seconds)?;
        Ok(Self {
            clinic,
            tomorrow: now + 24.hours(),
        })
    }

    async fn new_client(&self, name: &str) -> Result<String> {
        let client = v1::Client {
            name: name.to_owned(),
            phone: "+1 902 555 0110".to_owned(),
            ..Default::default()
        };
        let request = v1::CreateClientRequest {
            client: Some(client),
            ..Default::default()
        };
        let made = self.clinic.create_client(request).await?;
        Ok(made.client.context("no client in the answer")?.id)
    }

    /// The next places, best first. With the client known, screening is part of the search; what is to be moved does not stand in
    /// its own way.
    async fn search(&self, service: &str, client: &str, moving: &str) -> Result<Vec<v1::Proposal>> {
        let request = v1::SearchAvailabilityRequest {
            site_ids: vec![SITE.to_owned()],
            service_id: service.to_owned(),
            client_id: client.to_owned(),
            moving_appointment_id: moving.to_owned(),
            from: Some(stamp(self.tomorrow)),
            limit: 5,
            ..Default::default()
        };
        let found = self.clinic.search_availability(request).await?.proposals;
        if found.is_empty() {
            bail!("nothing is free in the coming weeks");
        }
        Ok(found)
    }

    /// Books a whole place, as it was offered.
    async fn book(&self, client: &str, place: &v1::Appointment) -> Result<v1::Appointment, Error> {
        let appointment = v1::Appointment {
            client_id: client.to_owned(),
            ..place.clone()
        };
        let request = v1::BookAppointmentRequest {
            appointment: Some(appointment),
            ..Default::default()
        };
        let booked = self.clinic.book_appointment(request).await?;
        Ok(booked.appointment.unwrap_or_default())
    }

    /// Every refusal has a reason for the program, a sentence for people, and mostly something else to be had.
    fn explain(error: &Error) -> Option<v1::Alternative> {
        let refusal = error.refusal()?;
        let reason = refusal.reason.map_or("?", |reason| reason.as_str_name());
        println!("refused, {reason}: {}", refusal.message);
        let booking = refusal.booking.as_ref()?;
        for other in &booking.alternatives {
            let what = format!("{} {} {}", other.start, other.room_id, other.service_id);
            println!("  instead: {}", what.trim());
        }
        booking.alternatives.first().cloned()
    }
}

/// What a search proposes for a service.
fn proposed(service: &str, place: v1::Proposal) -> v1::Appointment {
    v1::Appointment {
        service_id: service.to_owned(),
        site_id: place.site_id,
        room_id: place.room_id,
        therapist_id: place.therapist_id,
        start: place.start,
        ..Default::default()
    }
}

/// What a refusal offers instead: a whole place with its service, sound for the very client who was refused.
fn offered(other: v1::Alternative) -> Result<v1::Appointment> {
    Ok(v1::Appointment {
        service_id: other.service_id,
        extension_ids: other.extension_ids,
        site_id: other.site_id,
        room_id: other.room_id,
        therapist_id: other.therapist_id,
        start: Some(stamp(other.start.parse()?)),
        ..Default::default()
    })
}

/// An instant as people read it.
fn at(start: Option<prost_types::Timestamp>) -> Result<Timestamp> {
    Ok(Timestamp::from_second(start.unwrap_or_default().seconds)?)
}

fn stamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: 0,
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let website = Website::open().await?;
    let client = website.new_client("Robin Example").await?;

    // Barefoot work needs the screening's questions answered, which only the clinic's people can record.
    let place = website.search(WISHED, &client, "").await?.remove(0);
    let request = v1::ScreenRequest {
        client_id: client.clone(),
        service_id: WISHED.to_owned(),
        at: place.start,
        ..Default::default()
    };
    let screening = website.clinic.screen(request).await?.screenings.pop();
    let screening = screening.context("no screening in the answer")?;
    let open = screening.unanswered.len();
    println!(
        "screening: {:?}, {open} questions to be asked",
        screening.outcome()
    );
    let refused = website.book(&client, &proposed(WISHED, place)).await;
    let instead = refused.err().as_ref().and_then(Website::explain);

    // What screening allows instead: other work, subject to a therapist's review on the day itself.
    let place = offered(instead.context("nothing is offered instead")?)?;
    let booked = website.book(&client, &place).await?;
    let service = &booked.service_id;
    println!("booked {service} {}: {}", at(booked.start)?, booked.id);

    // Somebody else wants the same place, is told what is in the way, and takes what is near.
    let other = website.new_client("Sasha Example").await?;
    let near = match website.book(&other, &place).await {
        Err(error) => Website::explain(&error).context("nothing else is near")?,
        Ok(twice) => bail!("{} was booked over {}", twice.id, booked.id),
    };
    let second = website.book(&other, &offered(near)?).await?;
    println!("and near {}: {}", at(second.start)?, second.id);

    let later = website.search(service, &client, &booked.id).await?.pop();
    let later = later.context("no other place")?;
    let request = v1::MoveAppointmentRequest {
        // The etag says which state the client was shown; had somebody changed it since, this would be ABORTED.
        write: Some(v1::WriteOptions {
            etag: booked.etag.clone(),
            ..Default::default()
        }),
        appointment_id: booked.id.clone(),
        start: later.start,
        room_id: later.room_id,
        therapist_id: later.therapist_id,
        ..Default::default()
    };
    let moved = website.clinic.move_appointment(request).await?.appointment;
    println!("moved to {}", at(moved.unwrap_or_default().start)?);

    for appointment_id in [booked.id, second.id] {
        let request = v1::CancelAppointmentRequest {
            appointment_id,
            cancel_reason: v1::CancelReason::Client.into(),
            ..Default::default()
        };
        let cancelled = website.clinic.cancel_appointment(request).await?;
        let cancellation = cancelled.appointment.and_then(|it| it.cancellation);
        let late = cancellation.is_some_and(|it| it.late);
        println!("cancelled, {}", if late { "late" } else { "in time" });
    }
    Ok(())
}
