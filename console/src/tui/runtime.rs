//! The only part of the screens that waits: it reads the terminal and the watch, performs effects, and draws when
//! something that is shown has changed.

mod doorbell;
pub(in crate::tui) mod perform;
mod plain;
mod terminal;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, io, pin::Pin, task::Poll, time::Duration};

use anyhow::Context as _;
use crossterm::event::{Event as TerminalEvent, EventStream};
use futures::{Stream, StreamExt as _};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::Instant,
};
use treadwell_client::Client;

use super::{
    event::{Effect, Event},
    keys::Keymap,
    locked::lock,
    model::{Model, Start},
    theme::Theme,
    update::{next_tick, update},
};
use doorbell::Doorbell;
pub(super) use terminal::Terminal;

/// What the console needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server and the key of the person at the desk.
    pub client: treadwell_client::Options,
    /// The theme.
    pub theme: Theme,
    /// The site to show first.
    pub site: Option<String>,
    /// Keys that replace those of the table: command name to key.
    pub keys: BTreeMap<String, String>,
    /// Capture the mouse.
    pub mouse: bool,
    /// After how long without a key the console locks by itself; never without.
    pub lock_after: Option<Duration>,
    /// Begin locked: nothing is shown before somebody has come in.
    pub lock_at_start: bool,
    /// Append lines instead of painting a screen.
    pub plain: bool,
}

/// Runs the console until the person leaves or the terminal goes away. The terminal is restored in any case.
///
/// # Errors
///
/// A key of the configuration that can not be used, an address or key that is none, a terminal that can not be used.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let keymap = Keymap::new(&options.keys)?;
    let client = Client::new(options.client.clone())?;
    let output =
        Terminal::open(options.plain, options.mouse).context("can not use this terminal")?;
    let gave_way = keymap.gave_way();
    let mut model = Model::new(Start {
        size: crossterm::terminal::size()?,
        server: options.client.server.clone(),
        site: options.site,
        theme: options.theme,
        keymap,
        mouse: options.mouse,
        lock_after: options.lock_after,
        plain: options.plain,
        request_prefix: treadwell_client::request_id(),
    });
    if let Some(words) = gave_way {
        model.say(words);
    }
    if options.lock_at_start {
        lock(&mut model);
    }
    let input = Box::pin(EventStream::new());
    let mut runtime = Runtime::new(model, output, input, client, options.client);
    runtime.run().await
}

/// Events of tasks that may wait; the tasks wait then too.
const WAITING: usize = 64;
/// Events that are taken before a draw, so that a burst is painted once.
const BURST: usize = 256;

/// What the terminal says.
pub(super) type Input = Pin<Box<dyn Stream<Item = io::Result<TerminalEvent>> + Send>>;

/// A console at work.
pub(super) struct Runtime {
    model: Model,
    output: Terminal,
    doorbell: Doorbell,
    client: Client,
    options: treadwell_client::Options,
    /// Calls under way, and the doorbell.
    tasks: JoinSet<()>,
    send: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
    input: Input,
    started: Instant,
    /// A dialog has just opened: what was typed before it is not heard.
    deaf: bool,
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

impl Runtime {
    /// A console that listens to its server from now on.
    pub(super) fn new(
        model: Model,
        output: Terminal,
        input: Input,
        client: Client,
        options: treadwell_client::Options,
    ) -> Self {
        let (send, events) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        Self {
            model,
            output,
            doorbell: Doorbell::start(&mut tasks, client.clone(), send.clone()),
            client,
            options,
            tasks,
            send,
            events,
            input,
            started: Instant::now(),
            deaf: false,
        }
    }

    /// Runs it until the person leaves, the terminal goes away, or a part of it fails.
    pub(super) async fn run(&mut self) -> anyhow::Result<()> {
        let mut stop = std::pin::pin!(terminal::stop_signal()?);
        let lost = self.output.lost();
        self.output.draw(&mut self.model)?;
        loop {
            let wake = next_tick(&self.model).unwrap_or(Duration::from_hours(1));
            let event = tokio::select! {
                () = &mut stop => return Ok(()),
                () = lost.notified() => anyhow::bail!("a part of the program has failed"),
                input = self.input.next() => match input {
                    Some(input) => translate(input.context("the terminal can not be read")?),
                    None => return Ok(()),
                },
                event = self.events.recv() => event,
                Some(ended) = self.tasks.join_next() => {
                    well(ended)?;
                    None
                }
                () = tokio::time::sleep_until(self.started + wake) => Some(Event::Tick(self.started.elapsed())),
            };
            if self.take(event)? == Next::Leave || self.take_ready().await? == Next::Leave {
                return Ok(());
            }
            while let Some(ended) = self.tasks.try_join_next() {
                well(ended)?;
            }
            if let Some((columns, rows)) = self.output.other_size(&self.model) {
                self.take(Some(Event::Resize(columns, rows)))?;
            }
            self.output.draw(&mut self.model)?;
        }
    }

    /// Everything that has happened already, before one draw for all of it.
    async fn take_ready(&mut self) -> anyhow::Result<Next> {
        for _ in 0..BURST {
            let event = if let Ok(event) = self.events.try_recv() {
                Some(event)
            } else {
                match ready(&mut self.input).await {
                    Some(Some(input)) => self.heed(translate(input?)),
                    Some(None) => return Ok(Next::Leave),
                    None => break,
                }
            };
            if self.take(event)? == Next::Leave {
                return Ok(Next::Leave);
            }
        }
        self.deaf = false;
        Ok(Next::GoOn)
    }

    /// Keys typed before a dialog opened were not meant for it; a new size still counts.
    fn heed(&self, event: Option<Event>) -> Option<Event> {
        event.filter(|event| !self.deaf || matches!(event, Event::Resize(..)))
    }

    fn take(&mut self, event: Option<Event>) -> anyhow::Result<Next> {
        let Some(event) = event else {
            return Ok(Next::GoOn);
        };
        if matches!(event, Event::Resize(..)) {
            self.output.resized();
        }
        let mut effects = update(&mut self.model, Event::Tick(self.started.elapsed()));
        effects.extend(update(&mut self.model, event));
        for effect in effects {
            if self.perform(effect)? == Next::Leave {
                return Ok(Next::Leave);
            }
        }
        Ok(Next::GoOn)
    }

    fn perform(&mut self, effect: Effect) -> anyhow::Result<Next> {
        match effect {
            Effect::Call(ticket, call) => {
                let (client, send) = (self.client.clone(), self.send.clone());
                self.tasks.spawn(async move {
                    let answer = Box::pin(perform::perform(&client, *call)).await;
                    // The receiver is gone only when the console is.
                    let _ = send.send(Event::Answer(ticket, answer)).await;
                });
            }
            Effect::Export(purpose, request, path) => {
                let (client, send) = (self.client.clone(), self.send.clone());
                self.tasks.spawn(async move {
                    let done = Box::pin(perform::export(&client, *request, &path)).await;
                    // As above.
                    let _ = send.send(Event::Exported(purpose, done)).await;
                });
            }
            Effect::GoOn(made) => {
                let send = self.send.clone();
                self.tasks.spawn(async move {
                    // As above.
                    let _ = send.send(Event::WentOn(perform::go_on(&made))).await;
                });
            }
            Effect::ReadRules(path) => {
                let send = self.send.clone();
                self.tasks.spawn(async move {
                    // As above.
                    let _ = send
                        .send(Event::RulesRead(perform::read_rules(&path)))
                        .await;
                });
            }
            Effect::Copy(text) => self.output.copy(&text)?,
            Effect::Mouse(on) => self.output.mouse(on)?,
            Effect::SignIn(key) => self.sign_in(key),
            Effect::Present(shown) => {
                let (options, send) = (self.options.clone(), self.send.clone());
                self.tasks.spawn(async move {
                    let came = Box::pin(perform::present(options, shown)).await;
                    // As above.
                    let _ = send.send(Event::Came(came)).await;
                });
            }
            Effect::SignOut(secret) => {
                let options = self.options.clone();
                self.tasks.spawn(perform::sign_out(options, secret));
            }
            Effect::DropTypeahead => self.deaf = true,
            Effect::Repaint => self.output.repaint()?,
            Effect::Suspend => {
                self.output.suspend()?;
                self.model.dirty = true;
            }
            Effect::Quit => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    /// From now on another person calls; what the one before was asking for is dropped, and what was said of it and not
    /// heard yet too.
    fn sign_in(&mut self, key: String) {
        let mut options = self.options.clone();
        options.key = key;
        match Client::new(options.clone()) {
            Ok(client) => {
                self.tasks.abort_all();
                (self.send, self.events) = mpsc::channel(WAITING);
                self.doorbell = Doorbell::start(&mut self.tasks, client.clone(), self.send.clone());
                self.client = client;
                self.options = options;
            }
            Err(error) => {
                let refused = super::event::LinkChange::Refused(error.to_string());
                update(&mut self.model, Event::Link(refused));
            }
        }
    }
}

/// A task has ended. After a panic in one the terminal is given back already, and what it was to do will never be done:
/// the console leaves.
fn well(ended: Result<(), JoinError>) -> anyhow::Result<()> {
    match ended {
        Err(error) if error.is_panic() => anyhow::bail!("a part of the console has failed"),
        _ => Ok(()),
    }
}

/// What the terminal has sent already. The stream keeps the waker of the poll that found nothing, so it is polled with the
/// task's own: a poll with another one would lose the next key.
async fn ready(input: &mut Input) -> Option<Option<io::Result<TerminalEvent>>> {
    std::future::poll_fn(|context| match input.poll_next_unpin(context) {
        Poll::Ready(input) => Poll::Ready(Some(input)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn translate(input: TerminalEvent) -> Option<Event> {
    match input {
        TerminalEvent::Key(key) => Some(Event::Key(key)),
        TerminalEvent::Mouse(mouse) => Some(Event::Mouse(mouse)),
        TerminalEvent::Paste(text) => Some(Event::Paste(text)),
        TerminalEvent::Resize(columns, rows) => Some(Event::Resize(columns, rows)),
        TerminalEvent::FocusGained | TerminalEvent::FocusLost => None,
    }
}
