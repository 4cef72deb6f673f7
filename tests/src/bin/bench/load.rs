//! Loads a data set through the product: every record by the call that a user's program would make.

use std::{future::Future, time::Instant};

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use treadwell_api::v1::{
    Answer, AnswerKind, Appointment, BookAppointmentRequest, Client, CreateClientRequest,
    PutShiftRequest, RecordDeclarationRequest, Shift, WriteOptions,
    appointment_service_client::AppointmentServiceClient,
    client_service_client::ClientServiceClient, roster_service_client::RosterServiceClient,
};
use treadwell_tests::workload::{
    BOOKINGS_PER_ROOM_DAY, CLIENTS_PER_SITE, DAYS, DataSet, FIRST_BOOKING_DAY, PER_SITE, at, open,
    site_day,
};

use crate::{
    catalog,
    connection::{Connection, Target},
    names,
    search::proto_time,
};

/// Calls in flight while loading.
const IN_FLIGHT: usize = 256;
/// A shift takes so many minutes from opening: 09:00 to 21:00.
const SHIFT_MINUTES: u32 = 720;

/// What is known of a loaded data set.
pub(crate) struct Loaded {
    /// The clients' ids by site and index within it.
    pub(crate) clients: Vec<String>,
    /// Commits made by loading.
    pub(crate) commits: usize,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
}

/// Days after the data set's own that need shifts, so that `bookings` bookings of operation B fit.
pub(crate) fn booking_days(bookings: u32, sites: u32) -> u32 {
    bookings.div_ceil(BOOKINGS_PER_ROOM_DAY * PER_SITE * sites)
}

/// Loads a data set, and shifts for so many bookings after it.
pub(crate) async fn load(target: &Target, data_set: DataSet, bookings: u32) -> Result<Loaded> {
    let began = Instant::now();
    let sites = data_set.sites();
    let connections = target.connect(8).await?;
    let conditions = catalog::put(&connections[0], sites).await?;
    let shifts = put_shifts(&connections, sites, DAYS, 0).await?
        + put_shifts(
            &connections,
            sites,
            booking_days(bookings, sites),
            FIRST_BOOKING_DAY,
        )
        .await?;
    let clients = create_clients(&connections, sites).await?;
    declare(&connections, &clients, &conditions).await?;
    let appointments = book(&connections, sites, &clients).await?;
    Ok(Loaded {
        commits: shifts + 2 * clients.len() + appointments,
        clients,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Makes a call for each job, many at once, and gives the answers in the order of the jobs.
async fn each<J, A, F>(
    connections: &[Connection],
    jobs: impl Iterator<Item = J>,
    call: impl Fn(Connection, J) -> F,
) -> Result<Vec<A>>
where
    F: Future<Output = Result<A>>,
{
    stream::iter(jobs.enumerate())
        .map(|(number, job)| call(connections[number % connections.len()].clone(), job))
        .buffered(IN_FLIGHT)
        .try_collect()
        .await
}

async fn put_shifts(
    connections: &[Connection],
    sites: u32,
    days: u32,
    first_day: u32,
) -> Result<usize> {
    let jobs = (first_day..first_day + days).flat_map(move |day| {
        (1..=sites).flat_map(move |site| (0..PER_SITE).map(move |index| (site, index, day)))
    });
    let done = each(
        connections,
        jobs,
        |connection, (site, index, day)| async move {
            let shift = Shift {
                therapist_id: names::therapist(site, index),
                site_id: names::site(site),
                start: Some(proto_time(open(day))),
                end: Some(proto_time(at(day, SHIFT_MINUTES))),
                ..Default::default()
            };
            let request = PutShiftRequest {
                write: Some(WriteOptions::default()),
                shift: Some(shift),
            };
            RosterServiceClient::new(connection)
                .put_shift(request)
                .await
                .context("a shift was refused")?;
            Ok(())
        },
    );
    Ok(done.await?.len())
}

async fn create_clients(connections: &[Connection], sites: u32) -> Result<Vec<String>> {
    each(
        connections,
        0..sites * CLIENTS_PER_SITE,
        |connection, number| async move {
            let client = Client {
                name: name(number),
                phone: format!("+1902555{:04}", number % 10_000),
                ..Default::default()
            };
            let request = CreateClientRequest {
                write: Some(WriteOptions::default()),
                client: Some(client),
            };
            let answer = ClientServiceClient::new(connection)
                .create_client(request)
                .await
                .context("a client was refused")?;
            Ok(answer
                .into_inner()
                .client
                .context("an answer without the client")?
                .id)
        },
    )
    .await
}

/// A name as the reference generator gives it.
fn name(number: u32) -> String {
    const GIVEN: [&str; 20] = [
        "Ada", "Ben", "Chloe", "Dev", "Emma", "Finn", "Grace", "Hugo", "Iris", "Jack", "Kira",
        "Liam", "Maya", "Noah", "Olive", "Paul", "Quinn", "Rosa", "Sam", "Tara",
    ];
    const FAMILY: [&str; 20] = [
        "MacDonald",
        "Leblanc",
        "Fraser",
        "Chisholm",
        "Boudreau",
        "Comeau",
        "Doucet",
        "Gillis",
        "Murphy",
        "Ross",
        "Smith",
        "Surette",
        "Theriault",
        "White",
        "Young",
        "Zwicker",
        "Campbell",
        "Amirault",
        "Burke",
        "Cameron",
    ];
    format!(
        "{} {} {number}",
        GIVEN[number as usize % 20],
        FAMILY[number as usize / 20 % 20]
    )
}

/// Everybody answers no to every question.
async fn declare(
    connections: &[Connection],
    clients: &[String],
    conditions: &[String],
) -> Result<()> {
    let answers: Vec<Answer> = conditions
        .iter()
        .map(|condition| Answer {
            condition_id: condition.clone(),
            kind: AnswerKind::No.into(),
            ..Default::default()
        })
        .collect();
    each(connections, clients.iter(), |connection, client| {
        let request = RecordDeclarationRequest {
            write: Some(WriteOptions::default()),
            client_id: client.clone(),
            answers: answers.clone(),
            replace: false,
        };
        async move {
            ClientServiceClient::new(connection)
                .record_declaration(request)
                .await
                .context("a declaration was refused")?;
            Ok(())
        }
    })
    .await?;
    Ok(())
}

async fn book(connections: &[Connection], sites: u32, clients: &[String]) -> Result<usize> {
    let jobs = (0..DAYS).flat_map(move |day| {
        (1..=sites).flat_map(move |site| {
            site_day(site, day)
                .into_iter()
                .map(move |appointment| (site, day, appointment))
        })
    });
    let done = each(
        connections,
        jobs,
        |connection, (site, day, planned)| async move {
            let client = (site - 1) * CLIENTS_PER_SITE + planned.client;
            let service = if planned.ashiatsu {
                names::ASHIATSU
            } else {
                names::MASSAGE
            };
            let appointment = Appointment {
                client_id: clients[client as usize].clone(),
                service_id: service.to_owned(),
                site_id: names::site(site),
                room_id: names::room(site, planned.room),
                therapist_id: names::therapist(site, planned.therapist),
                start: Some(proto_time(at(day, planned.minute))),
                ..Default::default()
            };
            let request = BookAppointmentRequest {
                write: Some(WriteOptions::default()),
                appointment: Some(appointment),
                ..Default::default()
            };
            AppointmentServiceClient::new(connection)
                .book_appointment(request)
                .await
                .with_context(|| {
                    format!(
                        "the workload's booking {planned:?} of site {site}, day {day} was refused"
                    )
                })?;
            Ok(())
        },
    );
    Ok(done.await?.len())
}
