//! Operation B, durable booking: conflict-free bookings, each answered when it is on disk.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result};
use treadwell_api::v1::{
    Appointment, BookAppointmentRequest, CancelAppointmentRequest, CancelReason, WriteOptions,
    appointment_service_client::AppointmentServiceClient,
};
use treadwell_tests::workload::{Booking, CLIENTS_PER_SITE, at};

use crate::{
    connection::{Connection, Target},
    measure::{Length, Worker, closed_loop},
    names,
    search::proto_time,
};

/// The bookings still to be made; each is made once, and once more after it was taken back.
#[derive(Clone)]
pub(crate) struct Stream {
    next: Arc<AtomicU32>,
    /// How often bookings were taken back: who books them anew asks for something new.
    turn: Arc<AtomicU32>,
    /// What was booked of this part of the stream, by id.
    booked: Arc<Mutex<Vec<String>>>,
    /// The first booking of this part.
    begin: u32,
    /// Bookings from this number on are not made in this run.
    end: u32,
    sites: u32,
    clients: Arc<Vec<String>>,
}

impl Stream {
    /// Bookings 0 to `end` over so many sites, for the clients that were loaded.
    pub(crate) fn new(sites: u32, end: u32, clients: Vec<String>) -> Self {
        Self {
            next: Arc::default(),
            turn: Arc::default(),
            booked: Arc::default(),
            begin: 0,
            end,
            sites,
            clients: Arc::new(clients),
        }
    }

    /// The same stream, ending after at most `count` more bookings.
    pub(crate) fn limited(&self, count: u32) -> Self {
        let made = self.next.load(Ordering::Relaxed).min(self.end);
        self.next.store(made, Ordering::Relaxed);
        Self {
            booked: Arc::default(),
            begin: made,
            end: self.end.min(made.saturating_add(count)),
            ..self.clone()
        }
    }

    /// Cancels what was booked of this part, so that the places can be booked anew.
    pub(crate) async fn take_back(&self, target: &Target) -> Result<()> {
        let connections = target.spread(CANCELLERS).await?;
        let workers = connections.into_iter().map(|connection| Canceller {
            client: AppointmentServiceClient::new(connection),
            booked: Arc::clone(&self.booked),
        });
        closed_loop(workers.collect(), Length::UNTIL_NOTHING_IS_LEFT).await?;
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.next.store(self.begin, Ordering::Relaxed);
        Ok(())
    }

    /// How many bookings were handed out so far.
    pub(crate) fn made(&self) -> u32 {
        self.next.load(Ordering::Relaxed).min(self.end)
    }

    /// How many days of the calendar there are bookings on so far, from the first day of the data set.
    pub(crate) fn days(&self) -> u32 {
        Booking::number(self.made(), self.sites).day
    }

    /// How many bookings there are in all.
    pub(crate) const fn total(&self) -> u32 {
        self.end
    }

    /// The next booking as a request, while there is one.
    pub(crate) fn next(&self) -> Option<BookAppointmentRequest> {
        let k = self.next.fetch_add(1, Ordering::Relaxed);
        (k < self.end).then(|| self.request(k))
    }

    fn request(&self, k: u32) -> BookAppointmentRequest {
        let booking = Booking::number(k, self.sites);
        let turn = self.turn.load(Ordering::Relaxed);
        let client = (booking.site - 1) * CLIENTS_PER_SITE + booking.client;
        BookAppointmentRequest {
            // A request id makes the write safe to repeat, as any real client's is.
            write: Some(WriteOptions {
                request_id: format!("bench-{k}-{turn}"),
                ..Default::default()
            }),
            appointment: Some(Appointment {
                client_id: self.clients[client as usize].clone(),
                service_id: names::MASSAGE.to_owned(),
                site_id: names::site(booking.site),
                room_id: names::room(booking.site, booking.room),
                therapist_id: names::therapist(booking.site, booking.room),
                start: Some(proto_time(at(booking.day, booking.minute))),
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}

/// Makes one booking after another; every one has to succeed.
pub(crate) struct Booker {
    client: AppointmentServiceClient<Connection>,
    stream: Stream,
}

impl Worker for Booker {
    async fn call(&mut self) -> Result<bool> {
        let Some(request) = self.stream.next() else {
            return Ok(false);
        };
        let answer = self.client.book_appointment(request).await?.into_inner();
        let id = answer.appointment.context("no appointment")?.id;
        let mut booked = self.stream.booked.lock().expect("nobody panics with it");
        booked.push(id);
        Ok(true)
    }
}

/// At once, to take bookings back.
const CANCELLERS: usize = 64;

/// Cancels one booking after another.
struct Canceller {
    client: AppointmentServiceClient<Connection>,
    booked: Arc<Mutex<Vec<String>>>,
}

impl Worker for Canceller {
    async fn call(&mut self) -> Result<bool> {
        let next = self.booked.lock().expect("nobody panics with it").pop();
        let Some(appointment_id) = next else {
            return Ok(false);
        };
        let cancel = CancelAppointmentRequest {
            appointment_id,
            cancel_reason: CancelReason::Client.into(),
            ..Default::default()
        };
        self.client.cancel_appointment(cancel).await?;
        Ok(true)
    }
}

/// So many workers on one stream.
pub(crate) async fn workers(
    target: &Target,
    in_flight: usize,
    stream: &Stream,
) -> Result<Vec<Booker>> {
    let connections = target.spread(in_flight).await?;
    Ok(connections
        .into_iter()
        .map(|connection| Booker {
            client: AppointmentServiceClient::new(connection),
            stream: stream.clone(),
        })
        .collect())
}
