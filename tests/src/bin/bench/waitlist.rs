//! From a cancellation to the next offer: with the policy that lets the server offer places by itself, how long after a
//! cancellation is sent the offer to whoever waits for that place is with a watcher on another connection.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::{Timestamp, tz::TimeZone};
use tokio::time::timeout;
use tonic::Streaming;
use treadwell_api::v1::{
    Appointment, CancelAppointmentRequest, CancelReason, Client, CreateClientRequest,
    CreateWaitlistEntryRequest, LocalDate, Policy, ResourceKind, TimeOfDay, UpdatePolicyRequest,
    WaitlistEntry, WaitlistState, WaitlistWindow, WatchRequest, WatchResponse,
    WithdrawWaitlistEntryRequest, appointment_service_client::AppointmentServiceClient,
    catalog_service_client::CatalogServiceClient, client_service_client::ClientServiceClient,
    waitlist_service_client::WaitlistServiceClient, watch_event::Resource,
    watch_service_client::WatchServiceClient,
};

use crate::{
    book::Stream,
    connection::{Connection, Target},
    names,
    watch::{Delays, PATIENCE, Percentiles, head},
};

/// Cancellations whose offers are timed.
const CANCELLATIONS: u32 = 200;
/// Others who have waited longer, and for another time: the queue that is gone through.
pub(crate) const OTHERS_WAITING: u32 = 50;

/// Books, lets somebody wait for that place alone, cancels; one after another.
pub(crate) async fn delays(target: &Target, stream: &Stream) -> Result<Delays> {
    let mut connections = target.connect(2).await?;
    let (watcher, desk) = (connections.remove(0), connections.remove(0));
    let mut desk = Desk::new(desk);
    desk.offers_by_itself(true).await?;
    let mut waiting = Vec::new();
    for number in 0..OTHERS_WAITING {
        let booked = desk.book(stream).await?;
        // Their place is never free: it stays booked.
        waiting.push(desk.wait(&booked, &format!("Others {number}")).await?);
    }
    let request = WatchRequest {
        after_revision: Some(head(target).await?),
        kinds: vec![ResourceKind::WaitlistEntry.into()],
        ..Default::default()
    };
    let mut messages = WatchServiceClient::new(watcher)
        .watch(request)
        .await?
        .into_inner();
    let (mut acknowledged, mut seen) = (Vec::new(), Vec::new());
    for number in 0..CANCELLATIONS {
        let booked = desk.book(stream).await?;
        let entry = desk.wait(&booked, &format!("Next {number}")).await?;
        let cancel = CancelAppointmentRequest {
            appointment_id: booked.id,
            cancel_reason: CancelReason::Client.into(),
            ..Default::default()
        };
        let sent = Instant::now();
        let answered = async {
            desk.appointments.cancel_appointment(cancel).await?;
            Ok(sent.elapsed())
        };
        let (answered, offered): (Result<Duration>, _) =
            tokio::join!(answered, offer_to(&mut messages, &entry));
        seen.push(offered?.duration_since(sent));
        acknowledged.push(answered?);
        desk.withdraw(entry).await?;
    }
    for entry in waiting {
        desk.withdraw(entry).await?;
    }
    desk.offers_by_itself(false).await?;
    Ok(Delays {
        acknowledged: Percentiles::of(acknowledged),
        seen: Percentiles::of(seen),
    })
}

/// When the watcher had the offer to that entry.
async fn offer_to(messages: &mut Streaming<WatchResponse>, entry: &str) -> Result<Instant> {
    loop {
        let message = timeout(PATIENCE, messages.message())
            .await
            .context("the watcher saw no offer")??
            .context("the watch ended")?;
        let now = Instant::now();
        let offered = message.events.iter().any(|event| match &event.resource {
            Some(Resource::WaitlistEntry(seen)) => {
                seen.id == entry && seen.state() == WaitlistState::Offered
            }
            _ => false,
        });
        if offered {
            return Ok(now);
        }
    }
}

/// The connection that books, lets wait and cancels.
struct Desk {
    catalog: CatalogServiceClient<Connection>,
    clients: ClientServiceClient<Connection>,
    appointments: AppointmentServiceClient<Connection>,
    waitlist: WaitlistServiceClient<Connection>,
}

impl Desk {
    fn new(connection: Connection) -> Self {
        Self {
            catalog: CatalogServiceClient::new(connection.clone()),
            clients: ClientServiceClient::new(connection.clone()),
            appointments: AppointmentServiceClient::new(connection.clone()),
            waitlist: WaitlistServiceClient::new(connection),
        }
    }

    async fn offers_by_itself(&mut self, yes: bool) -> Result<()> {
        let request = UpdatePolicyRequest {
            policy: Some(Policy {
                waitlist_auto_offer: yes,
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["waitlist_auto_offer".to_owned()],
            }),
            ..Default::default()
        };
        self.catalog.update_policy(request).await?;
        Ok(())
    }

    async fn book(&mut self, stream: &Stream) -> Result<Appointment> {
        let request = stream.next().context("no booking is left to cancel")?;
        let booked = self.appointments.book_appointment(request).await?;
        let booked = booked.into_inner().appointment;
        booked.context("an answer without the appointment")
    }

    /// A new client waits for exactly that place: its therapist, at its time. Gives the entry's id.
    async fn wait(&mut self, place: &Appointment, name: &str) -> Result<String> {
        let client = CreateClientRequest {
            client: Some(Client {
                name: name.to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let client = self.clients.create_client(client).await?.into_inner();
        let entry = WaitlistEntry {
            client_id: client.client.context("an answer without the client")?.id,
            service_id: names::MASSAGE.to_owned(),
            site_ids: vec![place.site_id.clone()],
            windows: vec![window(place)?],
            therapist_id: place.therapist_id.clone(),
            therapist_only: true,
            ..Default::default()
        };
        let request = CreateWaitlistEntryRequest {
            entry: Some(entry),
            ..Default::default()
        };
        let made = self.waitlist.create_waitlist_entry(request).await?;
        let made = made
            .into_inner()
            .entry
            .context("an answer without the entry")?;
        ensure!(made.offer.is_none(), "the place was free already");
        Ok(made.id)
    }

    async fn withdraw(&mut self, entry_id: String) -> Result<()> {
        let request = WithdrawWaitlistEntryRequest {
            entry_id,
            ..Default::default()
        };
        self.waitlist.withdraw_waitlist_entry(request).await?;
        Ok(())
    }
}

/// The time of a place on its site's clock.
fn window(place: &Appointment) -> Result<WaitlistWindow> {
    let zone = TimeZone::get("America/Halifax")?;
    let local = |stamp: Option<prost_types::Timestamp>| {
        let stamp = stamp.context("a place without a time")?;
        anyhow::Ok(Timestamp::from_second(stamp.seconds)?.to_zoned(zone.clone()))
    };
    let (from, until) = (local(place.start)?, local(place.end)?);
    let date = Some(LocalDate {
        year: from.year().into(),
        month: from.month().into(),
        day: from.day().into(),
    });
    let time = |local: &jiff::Zoned| {
        Some(TimeOfDay {
            hour: local.hour().into(),
            minute: local.minute().into(),
        })
    };
    Ok(WaitlistWindow {
        first: date,
        last: date,
        weekdays: Vec::new(),
        from: time(&from),
        until: time(&until),
    })
}
