//! Concurrent clients race for the same places over real sockets: one winner each, and the others are told who it was.

#![allow(clippy::print_stdout, reason = "the seed and the counts are a result")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::{Context, Result};
use futures::future::join_all;
use tokio::sync::Barrier;
use treadwell_api::v1::{
    Appointment, AppointmentState, BookAppointmentRequest, CreateHoldRequest, GetStatusRequest,
    Hold, ListAppointmentsRequest, VerifyRequest,
};
use treadwell_client::{Client, Error};
use treadwell_tests::{
    clinic_day::{self, BEGINS, hands_on, named, once, start},
    process::{Folder, Options, ServerProcess},
    seed::{Random, rounds, seed},
};

/// How many race at once.
const RACERS: usize = 32;

struct Clinic {
    /// The folder goes when this does.
    _folder: Folder,
    server: ServerProcess,
    racers: Vec<Client>,
    clients: Vec<String>,
}

impl Clinic {
    async fn open() -> Result<Self> {
        let folder = Folder::sample(Some(BEGINS))?;
        let options = Options {
            clock_start: Some(BEGINS.to_owned()),
            ..Options::default()
        };
        let server = ServerProcess::start(&folder, &options).await?;
        let racers: Vec<Client> = (0..RACERS)
            .map(|_| once(&server, &folder.owner_key))
            .collect::<Result<_>>()?;
        let mut clients = Vec::new();
        for n in 0..RACERS {
            clients.push(clinic_day::client(&racers[0], &format!("Racer {n}")).await?);
        }
        for racer in &racers {
            // Each has its connection before the first race.
            racer.get_status(GetStatusRequest {}).await?;
        }
        Ok(Self {
            _folder: folder,
            server,
            racers,
            clients,
        })
    }

    /// All racers do the same at the same moment.
    async fn race<T, F>(&self, run: impl Fn(Client, usize) -> F) -> Vec<T>
    where
        F: Future<Output = T>,
    {
        let line = Arc::new(Barrier::new(RACERS));
        let runs = self.racers.iter().enumerate().map(|(n, racer)| {
            let (line, run) = (Arc::clone(&line), run(racer.clone(), n));
            async move {
                line.wait().await;
                run.await
            }
        });
        join_all(runs).await
    }

    async fn appointments(&self) -> Result<Vec<Appointment>> {
        let mut all = Vec::new();
        let mut request = ListAppointmentsRequest {
            page_size: 500,
            ..ListAppointmentsRequest::default()
        };
        loop {
            let page = self.racers[0].list_appointments(request.clone()).await?;
            all.extend(page.appointments);
            if page.next_page_token.is_empty() {
                return Ok(all);
            }
            request.page_token = page.next_page_token;
        }
    }
}

/// A place that only one can have.
fn place(request_id: &str, client_id: &str, days: u32, quarters: u32) -> BookAppointmentRequest {
    let mut request = hands_on(request_id, client_id, "halifax", days, quarters);
    if let Some(appointment) = &mut request.appointment {
        "h3".clone_into(&mut appointment.room_id);
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_gets_the_place_and_the_others_are_told_who() -> Result<()> {
    let clinic = Clinic::open().await?;
    let mut random = Random::new(seed(32));
    for round in 0..rounds(12) {
        let (days, quarters) = (
            u32::try_from(round / 4)?,
            u32::try_from(round % 4)? * 6 + random.below(2),
        );
        let results = clinic
            .race(|racer, n| {
                let request = place(&format!("{round} {n}"), &clinic.clients[n], days, quarters);
                async move { racer.book_appointment(request).await }
            })
            .await;
        let winners: Vec<String> = results
            .iter()
            .filter_map(|result| Some(result.as_ref().ok()?.appointment.as_ref()?.id.clone()))
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: {results:?}");
        for result in results.iter().filter_map(|result| result.as_ref().err()) {
            let refusal = result
                .refusal()
                .with_context(|| format!("round {round}: {result:?}"))?;
            let booking = refusal
                .booking
                .as_ref()
                .context("a refused booking says why")?;
            assert!(
                booking.clashing_ids.contains(&winners[0]),
                "round {round}: {refusal:?}"
            );
            assert!(
                !booking.alternatives.is_empty(),
                "round {round}: {refusal:?}"
            );
        }
    }
    sound(&clinic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_gets_the_hold() -> Result<()> {
    let clinic = Clinic::open().await?;
    for round in 0..rounds(6) {
        let results = clinic
            .race(|racer, n| {
                let hold = Hold {
                    service_id: "hands-on-60".to_owned(),
                    site_id: "halifax".to_owned(),
                    room_id: "h3".to_owned(),
                    start: Some(start(1, u32::try_from(round).unwrap_or(0) * 5)),
                    ..Hold::default()
                };
                let request = CreateHoldRequest {
                    write: named(format!("hold {round} {n}")),
                    hold: Some(hold),
                };
                async move { racer.create_hold(request).await }
            })
            .await;
        let winners = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(winners, 1, "round {round}: {results:?}");
    }
    sound(&clinic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_by_many_connections_at_once_is_acted_on_once() -> Result<()> {
    let clinic = Clinic::open().await?;
    for round in 0..rounds(6) {
        let quarters = u32::try_from(round)? * 5;
        let results = clinic
            .race(|racer, _| {
                let request = place(
                    &format!("the same {round}"),
                    &clinic.clients[0],
                    2,
                    quarters,
                );
                async move { racer.book_appointment(request).await }
            })
            .await;
        let ids: BTreeSet<String> = results
            .into_iter()
            .map(|result| Ok(result?.appointment.unwrap_or_default().id))
            .collect::<Result<_, Error>>()?;
        assert_eq!(ids.len(), 1, "round {round}: one appointment, told to all");
    }
    assert_eq!(
        clinic.appointments().await?.len(),
        usize::try_from(rounds(6))?
    );
    sound(&clinic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_fills_the_week_without_a_double_booking() -> Result<()> {
    let clinic = Clinic::open().await?;
    let seed = seed(33);
    println!("seed {seed}");
    let booked: Vec<Vec<Appointment>> = clinic
        .race(|racer, n| {
            let client = clinic.clients[n].clone();
            async move {
                let mut random = Random::new(seed + n as u64);
                let mut booked = Vec::new();
                for k in 0..30 {
                    let site = if random.below(2) == 0 {
                        "halifax"
                    } else {
                        "dartmouth"
                    };
                    let request = hands_on(
                        &format!("{n} {k}"),
                        &client,
                        site,
                        random.below(3),
                        random.below(36),
                    );
                    match racer.book_appointment(request).await {
                        Ok(answer) => booked.extend(answer.appointment),
                        Err(error) => assert!(error.refusal().is_some(), "{error:?}"),
                    }
                }
                booked
            }
        })
        .await;
    let mine: BTreeMap<String, Appointment> = booked
        .into_iter()
        .flatten()
        .map(|it| (it.id.clone(), it))
        .collect();
    let theirs: BTreeSet<String> = clinic
        .appointments()
        .await?
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(
        theirs,
        mine.keys().cloned().collect(),
        "what was acknowledged is what there is"
    );
    assert!(mine.len() > 60, "only {} were booked", mine.len());
    sound(&clinic).await
}

/// Nothing shares a client, a therapist or a room, and the store verifies.
async fn sound(clinic: &Clinic) -> Result<()> {
    let live: Vec<Appointment> = clinic
        .appointments()
        .await?
        .into_iter()
        .filter(|it| it.state() != AppointmentState::Cancelled)
        .collect();
    let seconds = |at: &Option<prost_types::Timestamp>| at.as_ref().map_or(0, |at| at.seconds);
    for (n, a) in live.iter().enumerate() {
        for b in &live[n + 1..] {
            let apart = |ends: fn(&Appointment) -> &Option<prost_types::Timestamp>| {
                seconds(ends(a)) <= seconds(&b.start) || seconds(ends(b)) <= seconds(&a.start)
            };
            assert!(
                a.room_id != b.room_id || apart(|it| &it.room_until),
                "{a:?} {b:?}"
            );
            assert!(
                a.therapist_id != b.therapist_id || apart(|it| &it.therapist_until),
                "{a:?} {b:?}"
            );
            assert!(
                a.client_id != b.client_id || apart(|it| &it.client_until),
                "{a:?} {b:?}"
            );
        }
    }
    let verified = clinic.racers[0].verify(VerifyRequest {}).await?;
    assert!(verified.sound, "{:?}", verified.problems);
    assert!(clinic.server.id() > 0);
    Ok(())
}
