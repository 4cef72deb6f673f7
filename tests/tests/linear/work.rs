//! Clients who work at once, on few places and on each other's appointments and holds, and write down what they are told.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use anyhow::{Result, ensure};
use tokio::sync::watch;
use treadwell_client::Client;
use treadwell_tests::seed::Random;

use crate::{
    calls::{DAYS, ROOMS, send},
    history::{Answer, Call, Look, Open, Part, Recorder, Shown},
};

/// Starts that are asked for: quarters of an hour from the opening on.
const QUARTERS: u32 = 36;
/// So many things of each part are remembered by everybody; older ones are forgotten.
const REMEMBERED: usize = 8;
/// How long a call may take, unless it is one with a short deadline.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the clients may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Work,
    /// The server is known to be down: nothing new is asked.
    Wait,
    Over,
}

/// What everybody knows to work on, with the etags as they were told last. It may have changed since.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<BTreeMap<Part, VecDeque<Shown>>>);

impl Board {
    fn learn(&self, shown: &[Shown]) {
        let mut board = self.0.lock().expect("nobody panics with it");
        for it in shown.iter().filter(|it| it.state != Look::Cancelled) {
            let things = board.entry(it.part).or_default();
            things.retain(|known| known.id != it.id);
            things.push_back(it.clone());
            if things.len() > REMEMBERED {
                things.pop_front();
            }
        }
    }

    /// What was used up is asked for again only by whoever has already begun to.
    fn forget(&self, part: Part, id: &str) {
        let mut board = self.0.lock().expect("nobody panics with it");
        if let Some(things) = board.get_mut(&part) {
            things.retain(|known| known.id != id);
        }
    }

    fn pick(&self, part: Part, holds: bool, random: &mut Random) -> Option<Shown> {
        let board = self.0.lock().expect("nobody panics with it");
        let fits = |it: &&Shown| (it.state == Look::Held) == holds;
        let fitting: Vec<&Shown> = board.get(&part)?.iter().filter(fits).collect();
        (!fitting.is_empty()).then(|| (*random.choose(&fitting)).clone())
    }
}

/// One client.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) number: usize,
    /// Where changes go.
    pub(crate) desk: Client,
    /// Where reads go: to the same, unless the system is wrong on purpose.
    pub(crate) reader: Client,
    /// The client of the clinic for each room.
    pub(crate) clients: Vec<String>,
    pub(crate) random: Random,
    pub(crate) board: Arc<Board>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) stage: watch::Receiver<Stage>,
}

impl Worker {
    /// Works until it is over.
    pub(crate) async fn work(mut self) -> Result<()> {
        while self.may_go_on().await {
            let part = Part {
                room: u8::try_from(self.random.below(ROOMS.into()))?,
                day: u8::try_from(self.random.below(DAYS.into()))?,
            };
            let call = self.next(part);
            self.ask(part, call).await?;
        }
        Ok(())
    }

    async fn may_go_on(&mut self) -> bool {
        let stage = self.stage.wait_for(|stage| *stage != Stage::Wait).await;
        stage.is_ok_and(|stage| *stage == Stage::Work)
    }

    fn next(&mut self, part: Part) -> Call {
        let random = &mut self.random;
        let minute = random.below(QUARTERS) * 15;
        let hold = self.board.pick(part, true, random).map(|it| it.id);
        let appointment = self.board.pick(part, false, random).map(|it| {
            let is_careful = random.below(3) == 0;
            let etag = if is_careful { it.etag } else { String::new() };
            (it.id, etag)
        });
        match (random.below(100), hold, appointment) {
            (22..32, ..) => Call::Hold { minute },
            (32..42, Some(hold), _) => Call::BookHeld { hold },
            (42..48, Some(hold), _) => Call::Release { hold },
            (48..56, _, Some((id, etag))) => Call::Confirm { id, etag },
            (56..72, _, Some((id, etag))) => Call::Cancel { id, etag },
            (72..80, _, Some((id, etag))) => Call::Move { id, etag, minute },
            (80..86, _, Some((id, _))) => Call::Get { id },
            (86..94, ..) => Call::List,
            (94..100, ..) => Call::DaySheet,
            _ => Call::Book { minute },
        }
    }

    fn learn(&mut self, open: &Open, shown: &[Shown]) {
        self.board.learn(shown);
        match &open.call {
            Call::BookHeld { hold } | Call::Release { hold } => self.board.forget(open.part, hold),
            // Now and then somebody goes on with what is cancelled.
            Call::Cancel { id, .. } if self.random.below(4) > 0 => {
                self.board.forget(open.part, id);
            }
            _ => {}
        }
    }

    /// Asks until there is an answer, or leaves a change open.
    async fn ask(&mut self, part: Part, call: Call) -> Result<()> {
        let open = Open {
            number: self.recorder.number(),
            worker: self.number,
            part,
            call,
            invoked: self.recorder.now(),
        };
        let mut is_unsure = false;
        loop {
            let sent = self.recorder.now();
            let patience = match self.random.below(12) {
                0 => Duration::from_millis(u64::from(1 + self.random.below(30))),
                _ => PATIENCE,
            };
            let desk = if open.call.is_change() {
                &self.desk
            } else {
                &self.reader
            };
            let desk = desk.with_timeout(patience);
            let client = &self.clients[usize::from(part.room)];
            if let Some(answer) = send(&desk, open.number, part, &open.call, client).await? {
                let answered = self.recorder.now();
                let invoked = if let Answer::Done { shown, .. } = &answer {
                    self.learn(&open, shown);
                    open.invoked
                } else {
                    if is_unsure {
                        // This call was refused; an earlier one may be acted on yet.
                        self.recorder.leave_open(open.clone());
                    }
                    sent
                };
                self.recorder.add(open.answered(invoked, answered, answer));
                return Ok(());
            }
            self.recorder.unknown.fetch_add(1, Ordering::Relaxed);
            if !open.call.is_change() {
                return Ok(());
            }
            is_unsure = true;
            if self.random.below(4) == 0 || !self.may_go_on().await {
                self.recorder.leave_open(open);
                return Ok(());
            }
        }
    }
}

/// Asks once more for everything that is open, now that nothing can be on its way any more. What was done before `revision`
/// was done at some time since it was first asked for, and the rest now or never.
pub(crate) async fn settle(
    desk: &Client,
    clients: &[Vec<String>],
    revision: u64,
    recorder: &Recorder,
) -> Result<usize> {
    let open = recorder.take_open();
    let count = open.len();
    for open in open {
        let sent = recorder.now();
        let client = &clients[open.worker][usize::from(open.part.room)];
        let answer = send(desk, open.number, open.part, &open.call, client).await?;
        ensure!(
            answer.is_some(),
            "{open:?} is not answered by a server that is well"
        );
        let answer = answer.expect("it was looked at");
        let invoked = match &answer {
            Answer::Done { revision: at, .. } if *at <= revision => open.invoked,
            _ => sent,
        };
        recorder.add(open.answered(invoked, recorder.now(), answer));
    }
    Ok(count)
}
