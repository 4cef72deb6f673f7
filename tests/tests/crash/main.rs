//! `kill -9` while booking, with a ledger outside the server: nothing acknowledged is missing, nothing is half done, and
//! what was under way can be asked for again and is acted on once.
//!
//! `TREADWELL_SEED` and `TREADWELL_ROUNDS` choose another run; a round is one kill.

#![allow(clippy::print_stdout, reason = "the seed and the counts are a result")]

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use treadwell_api::v1::{
    Appointment, AppointmentState, CancelAppointmentRequest, CancelReason,
    ConfirmAppointmentRequest, GetAppointmentRequest, GetStatusRequest, ListAppointmentsRequest,
    VerifyRequest,
};
use treadwell_client::{Client, Error};
use treadwell_tests::{
    clinic_day::{self, BEGINS, hands_on, named, once},
    process::{Folder, Options, ServerProcess},
    seed::{Random, rounds, seed},
};

/// How many book at once.
const WORKERS: usize = 8;

/// What one worker asked for.
#[derive(Clone, Debug)]
enum Ask {
    Book {
        request_id: String,
        site: &'static str,
        days: u32,
        quarters: u32,
    },
    Confirm {
        request_id: String,
        id: String,
    },
    Cancel {
        request_id: String,
        id: String,
    },
}

/// What one worker knows to be true, because the server said so.
#[derive(Debug)]
struct Ledger {
    client_id: String,
    random: Random,
    count: u32,
    /// The last acknowledged state of each appointment.
    acknowledged: BTreeMap<String, Appointment>,
    /// Asked and not answered: done, or not done, but not half.
    open: Option<Ask>,
    /// The newest revision of an answer.
    revision: u64,
    /// Bookings that were refused.
    refused: u32,
}

impl Ledger {
    fn next(&mut self, worker: usize) -> Ask {
        self.count += 1;
        let request_id = format!("worker {worker} request {}", self.count);
        let is_open = |it: &&Appointment| it.state() == AppointmentState::Booked;
        let booked = self
            .acknowledged
            .values()
            .find(is_open)
            .map(|it| it.id.clone());
        match (self.random.below(4), booked) {
            (0, Some(id)) => Ask::Confirm { request_id, id },
            (1, Some(id)) => Ask::Cancel { request_id, id },
            _ => Ask::Book {
                request_id,
                site: if self.random.below(2) == 0 {
                    "halifax"
                } else {
                    "dartmouth"
                },
                days: self.random.below(50),
                quarters: self.random.below(40),
            },
        }
    }

    /// Sends it and writes down what came back. Fails when the server is gone.
    async fn ask(&mut self, desk: &Client, ask: Ask) -> Result<(), Error> {
        self.open = Some(ask.clone());
        let answer = match send(desk, &ask, &self.client_id).await {
            Ok(answer) => Some(answer),
            Err(error) if error.refusal().is_some() => None,
            Err(error) => return Err(error),
        };
        self.open = None;
        match answer {
            Some((appointment, revision)) => {
                self.revision = self.revision.max(revision);
                self.acknowledged
                    .insert(appointment.id.clone(), appointment);
            }
            None => self.refused += 1,
        }
        Ok(())
    }
}

async fn send(desk: &Client, ask: &Ask, client_id: &str) -> Result<(Appointment, u64), Error> {
    let (appointment, revision) = match ask {
        Ask::Book {
            request_id,
            site,
            days,
            quarters,
        } => {
            let answer = desk
                .book_appointment(hands_on(request_id, client_id, site, *days, *quarters))
                .await?;
            (answer.appointment, answer.revision)
        }
        Ask::Confirm { request_id, id } => {
            let request = ConfirmAppointmentRequest {
                write: named(request_id),
                appointment_id: id.clone(),
            };
            let answer = desk.confirm_appointment(request).await?;
            (answer.appointment, answer.revision)
        }
        Ask::Cancel { request_id, id } => {
            let request = CancelAppointmentRequest {
                write: named(request_id),
                appointment_id: id.clone(),
                cancel_reason: CancelReason::Client.into(),
                note: String::new(),
            };
            let answer = desk.cancel_appointment(request).await?;
            (answer.appointment, answer.revision)
        }
    };
    Ok((appointment.unwrap_or_default(), revision))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_by_a_kill() -> Result<()> {
    let (seed, rounds) = (seed(9), rounds(25));
    println!("seed {seed}, {rounds} kills");
    let mut random = Random::new(seed);
    let folder = Folder::sample(Some(BEGINS))?;
    let options = Options {
        clock_start: Some(BEGINS.to_owned()),
        ..Options::default()
    };
    let mut server = ServerProcess::start(&folder, &options).await?;
    let mut ledgers = ledgers(&server, &folder, &mut random).await?;
    for round in 0..rounds {
        let until = Duration::from_micros(500 + u64::from(random.below(120_000)));
        work_until_killed(server, &folder, &mut ledgers, until).await?;
        server = ServerProcess::start(&folder, &options)
            .await
            .with_context(|| format!("round {round}"))?;
        let desk = once(&server, &folder.owner_key)?;
        for ledger in &mut ledgers {
            settle(&desk, ledger)
                .await
                .with_context(|| format!("seed {seed} round {round}"))?;
        }
        let verified = desk.verify(VerifyRequest {}).await?;
        ensure!(
            verified.sound,
            "seed {seed} round {round}: {:?}",
            verified.problems
        );
    }
    let acknowledged: usize = ledgers.iter().map(|ledger| ledger.acknowledged.len()).sum();
    let refused: u32 = ledgers.iter().map(|ledger| ledger.refused).sum();
    println!(
        "{rounds} kills, {acknowledged} appointments acknowledged and found, {refused} refused"
    );
    assert!(
        acknowledged as u64 > rounds,
        "hardly anything was booked: {acknowledged}"
    );
    Ok(())
}

async fn ledgers(
    server: &ServerProcess,
    folder: &Folder,
    random: &mut Random,
) -> Result<Vec<Ledger>> {
    let desk = once(server, &folder.owner_key)?;
    let mut ledgers = Vec::new();
    for worker in 0..WORKERS {
        ledgers.push(Ledger {
            client_id: clinic_day::client(&desk, &format!("Client of worker {worker}")).await?,
            random: Random::new(random.next_u64()),
            count: 0,
            acknowledged: BTreeMap::new(),
            open: None,
            revision: 0,
            refused: 0,
        });
    }
    Ok(ledgers)
}

/// Everybody works until the server is killed under them.
async fn work_until_killed(
    server: ServerProcess,
    folder: &Folder,
    ledgers: &mut [Ledger],
    until: Duration,
) -> Result<()> {
    let mut desks = Vec::new();
    for _ in 0..ledgers.len() {
        let desk = once(&server, &folder.owner_key)?;
        desk.get_status(GetStatusRequest {}).await?;
        desks.push(desk);
    }
    let work =
        ledgers
            .iter_mut()
            .zip(&desks)
            .enumerate()
            .map(|(worker, (ledger, desk))| async move {
                loop {
                    let ask = ledger.next(worker);
                    if ledger.ask(desk, ask).await.is_err() {
                        return;
                    }
                }
            });
    let kill = async {
        tokio::time::sleep(until).await;
        server.kill()
    };
    let (_, killed) = futures::join!(join_all(work), kill);
    killed
}

/// After the restart: what was acknowledged is there, and what was under way is asked for again.
async fn settle(desk: &Client, ledger: &mut Ledger) -> Result<()> {
    let status = desk.get_status(GetStatusRequest {}).await?;
    ensure!(
        status.revision >= ledger.revision,
        "revision {} was acknowledged, {} is there",
        ledger.revision,
        status.revision
    );
    let touched = match &ledger.open {
        Some(Ask::Confirm { id, .. } | Ask::Cancel { id, .. }) => Some(id.clone()),
        _ => None,
    };
    for (id, known) in &ledger.acknowledged {
        let request = GetAppointmentRequest {
            appointment_id: id.clone(),
        };
        let found = desk
            .get_appointment(request)
            .await
            .with_context(|| format!("{id} was acknowledged"))?;
        let found = found.appointment.unwrap_or_default();
        if Some(id) != touched.as_ref() {
            ensure!(
                found == *known,
                "{id} was acknowledged as {known:?}, and is {found:?}"
            );
        }
    }
    if let Some(ask) = ledger.open.take() {
        let before = count(desk, &ledger.client_id).await?;
        ledger.ask(desk, ask.clone()).await?;
        // Once more: the same request is acted on once.
        let first = ledger.acknowledged.clone();
        let refused = ledger.refused;
        ledger.ask(desk, ask.clone()).await?;
        ensure!(
            first == ledger.acknowledged,
            "{ask:?} was answered differently the second time"
        );
        ledger.refused = refused;
        let after = count(desk, &ledger.client_id).await?;
        ensure!(after <= before + 1, "{ask:?} was acted on more than once");
    }
    let there = count(desk, &ledger.client_id).await?;
    ensure!(
        there == ledger.acknowledged.len(),
        "{there} are there, {} were acknowledged",
        ledger.acknowledged.len()
    );
    Ok(())
}

/// How many appointments a client has, cancelled ones too.
async fn count(desk: &Client, client_id: &str) -> Result<usize> {
    let mut request = ListAppointmentsRequest {
        client_id: client_id.to_owned(),
        page_size: 500,
        ..ListAppointmentsRequest::default()
    };
    let mut count = 0;
    loop {
        let page = desk.list_appointments(request.clone()).await?;
        count += page.appointments.len();
        if page.next_page_token.is_empty() {
            return Ok(count);
        }
        request.page_token = page.next_page_token;
    }
}
