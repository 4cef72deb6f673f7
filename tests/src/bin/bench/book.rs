//! Operation B, durable booking: conflict-free bookings, each answered when it is on disk.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use anyhow::Result;
use treadwell_api::v1::{
    Appointment, BookAppointmentRequest, WriteOptions,
    appointment_service_client::AppointmentServiceClient,
};
use treadwell_tests::workload::{Booking, CLIENTS_PER_SITE, at};

use crate::{
    connection::{Connection, Target},
    measure::Worker,
    names,
    search::proto_time,
};

/// The bookings still to be made; each is made once.
#[derive(Clone)]
pub(crate) struct Stream {
    next: Arc<AtomicU32>,
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
            end: self.end.min(made.saturating_add(count)),
            ..self.clone()
        }
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
        let client = (booking.site - 1) * CLIENTS_PER_SITE + booking.client;
        BookAppointmentRequest {
            // A request id makes the write safe to repeat, as any real client's is.
            write: Some(WriteOptions {
                request_id: format!("bench-{k}"),
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
        self.client.book_appointment(request).await?;
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
