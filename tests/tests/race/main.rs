//! Concurrent clients race for the same places over real sockets: one winner each, and the others are told who it was.
//!
//! `TREADWELL_SEED` and `TREADWELL_ROUNDS` choose another run. What a round takes it gives back, so that any number of rounds
//! finds free places within the roster.

#![allow(clippy::print_stdout, reason = "the seed and the counts are a result")]

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context, Result};
use futures::future::join_all;
use tokio::sync::Barrier;
use treadwell_api::v1::{
    Appointment, AppointmentState, BookAppointmentRequest, CancelAppointmentRequest, CancelReason,
    CreateHoldRequest, GetStatusRequest, Hold, ListAppointmentsRequest, Proposal,
    ReleaseHoldRequest, SearchAvailabilityRequest, VerifyRequest,
};
use treadwell_client::{Client, Error};
use treadwell_tests::{
    clinic_day::{self, BEGINS, hands_on, named, once, start},
    process::{Folder, Options, ServerProcess},
    seed::{Random, rounds, seed},
};

/// How many race at once.
const RACERS: usize = 32;
/// Days of which a race may be for a place: a search looks a fortnight further, and the sample's roster is made for 8 weeks.
const DAYS: u32 = 40;

struct Clinic {
    /// The folder goes when this does.
    _folder: Folder,
    /// The server ends when this goes.
    _server: ServerProcess,
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
            _server: server,
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

    /// A place in the room of the races that can be had, on a day drawn at random: the search knows hours and shifts.
    async fn place(&self, random: &mut Random) -> Result<Proposal> {
        let search = SearchAvailabilityRequest {
            site_ids: vec!["halifax".to_owned()],
            service_id: "hands-on-60".to_owned(),
            room_id: "h3".to_owned(),
            from: Some(start(random.below(DAYS), random.below(40))),
            limit: 1,
            ..SearchAvailabilityRequest::default()
        };
        let found = self.racers[0].search_availability(search).await?;
        found.proposals.into_iter().next().context("a free place")
    }

    /// Gives a place back.
    async fn cancel(&self, appointment_id: &str) -> Result<()> {
        let request = CancelAppointmentRequest {
            write: named(format!("cancel {appointment_id}")),
            appointment_id: appointment_id.to_owned(),
            cancel_reason: CancelReason::Mistake.into(),
            note: String::new(),
        };
        self.racers[0].cancel_appointment(request).await?;
        Ok(())
    }

    /// Every appointment there is, the cancelled too.
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

/// Asks for a place that only one can have.
fn booking(request_id: &str, client_id: &str, place: &Proposal) -> BookAppointmentRequest {
    BookAppointmentRequest {
        write: named(request_id),
        appointment: Some(Appointment {
            client_id: client_id.to_owned(),
            service_id: "hands-on-60".to_owned(),
            site_id: place.site_id.clone(),
            room_id: place.room_id.clone(),
            start: place.start,
            ..Appointment::default()
        }),
        ..BookAppointmentRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_gets_the_place_and_the_others_are_told_who() -> Result<()> {
    let clinic = Clinic::open().await?;
    let seed = seed(32);
    println!("seed {seed}");
    let mut random = Random::new(seed);
    for round in 0..rounds(12) {
        let place = clinic.place(&mut random).await?;
        let results = clinic
            .race(|racer, n| {
                let request = booking(&format!("{round} {n}"), &clinic.clients[n], &place);
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
        clinic.cancel(&winners[0]).await?;
    }
    sound(&clinic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_gets_the_hold() -> Result<()> {
    let clinic = Clinic::open().await?;
    let mut random = Random::new(seed(31));
    for round in 0..rounds(6) {
        let place = clinic.place(&mut random).await?;
        let results = clinic
            .race(|racer, n| {
                let hold = Hold {
                    service_id: "hands-on-60".to_owned(),
                    site_id: place.site_id.clone(),
                    room_id: place.room_id.clone(),
                    start: place.start,
                    ..Hold::default()
                };
                let request = CreateHoldRequest {
                    write: named(format!("hold {round} {n}")),
                    hold: Some(hold),
                };
                async move { racer.create_hold(request).await }
            })
            .await;
        let winners: Vec<String> = results
            .iter()
            .filter_map(|result| Some(result.as_ref().ok()?.hold.as_ref()?.id.clone()))
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: {results:?}");
        let release = ReleaseHoldRequest {
            write: named(format!("release {round}")),
            hold_id: winners[0].clone(),
        };
        clinic.racers[0].release_hold(release).await?;
    }
    sound(&clinic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_by_many_connections_at_once_is_acted_on_once() -> Result<()> {
    let clinic = Clinic::open().await?;
    let mut random = Random::new(seed(30));
    for round in 0..rounds(6) {
        let place = clinic.place(&mut random).await?;
        let results = clinic
            .race(|racer, _| {
                let request = booking(&format!("the same {round}"), &clinic.clients[0], &place);
                async move { racer.book_appointment(request).await }
            })
            .await;
        let ids: BTreeSet<String> = results
            .into_iter()
            .map(|result| Ok(result?.appointment.unwrap_or_default().id))
            .collect::<Result<_, Error>>()?;
        assert_eq!(ids.len(), 1, "round {round}: one appointment, told to all");
        for id in &ids {
            clinic.cancel(id).await?;
        }
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
    for round in 0..rounds(1) {
        let booked: Vec<Vec<Appointment>> = clinic
            .race(|racer, n| {
                let client = clinic.clients[n].clone();
                let random = Random::new(seed + round * RACERS as u64 + n as u64);
                async move { crowd(racer, format!("{round} {n}"), client, random).await }
            })
            .await;
        let mine: BTreeSet<String> = booked.into_iter().flatten().map(|it| it.id).collect();
        let there = clinic.appointments().await?.into_iter();
        let theirs: BTreeSet<String> = there.filter(is_live).map(|it| it.id).collect();
        assert_eq!(theirs, mine, "what was acknowledged is what there is");
        assert!(mine.len() > 60, "only {} were booked", mine.len());
        sound(&clinic).await?;
        for id in &mine {
            clinic.cancel(id).await?;
        }
    }
    Ok(())
}

/// Asks for many places without looking whether they are free; gives what was booked.
async fn crowd(
    racer: Client,
    name: String,
    client: String,
    mut random: Random,
) -> Vec<Appointment> {
    let mut booked = Vec::new();
    for k in 0..30 {
        let site = *random.choose(&["halifax", "dartmouth"]);
        let (days, quarters) = (random.below(3), random.below(36));
        let request = hands_on(&format!("{name} {k}"), &client, site, days, quarters);
        match racer.book_appointment(request).await {
            Ok(answer) => booked.extend(answer.appointment),
            Err(error) => assert!(error.refusal().is_some(), "{error:?}"),
        }
    }
    booked
}

fn is_live(appointment: &Appointment) -> bool {
    appointment.state() != AppointmentState::Cancelled
}

/// Nothing shares a client, a therapist or a room, and the store verifies.
async fn sound(clinic: &Clinic) -> Result<()> {
    let all = clinic.appointments().await?.into_iter();
    let live: Vec<Appointment> = all.filter(is_live).collect();
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
    Ok(())
}
