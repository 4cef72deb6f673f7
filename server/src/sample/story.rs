//! The demo's story: who comes, what goes well, and what stands at the demo's now.
//!
//! It is played day by day through [`Engine::submit`] at stepped times, so that nothing in the demo is
//! there that a person at the desk could not have made. [`scene`] is what has to be seen at the end,
//! [`filler`] the ordinary days around it. The same story comes out every time.

mod filler;
mod people;
mod scene;
mod training;
mod waitlist;

use jiff::Timestamp;
use thiserror::Error;
use treadwell_clinic::Command;
use treadwell_clinic::command::{Actor, CreateKey, RecordOwnItems};
use treadwell_clinic::id::{AppointmentId, KeyId, SiteId, TherapistId};
use treadwell_clinic::model::{OwnItem, RecordId, Role, Sites};

use crate::access::Secret;
use crate::clock::Injected;
use crate::engine::{Committed, Engine, EngineError, Write};
use crate::setup::{self, Mistakes};

#[cfg(test)]
mod tests;

/// A key of the demo, with its secret: the demo shows them all.
#[derive(Clone, Debug)]
pub struct DemoKey {
    /// Whom it names.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The secret.
    pub secret: Secret,
}

/// Why the story could not be played.
#[derive(Debug, Error)]
pub enum StoryError {
    /// The sample clinic's file is wrong.
    #[error("the sample clinic's file is wrong: {0}")]
    File(#[from] Mistakes),
    /// A command of the story was not done.
    #[error("{what} was not done at {at}: {error}")]
    Refused {
        /// What.
        what: &'static str,
        /// When in the story.
        at: Timestamp,
        /// Why.
        error: EngineError,
    },
    /// The system has no randomness for a secret.
    #[error("no secret could be made for a key")]
    NoRandomness,
    /// A command did not make what it should have made.
    #[error("{0} is not there")]
    Missing(&'static str),
}

/// Plays the story from where the clock stands to [`super::now`]. The clinic has to be empty. Gives the
/// keys that were made.
pub async fn seed(engine: &Engine, clock: &Injected) -> Result<Vec<DemoKey>, StoryError> {
    let mut stage = Stage {
        engine,
        clock,
        keys: Vec::new(),
        owner: Actor::system(),
        halifax: Actor::system(),
        dartmouth: Actor::system(),
        reviewer: Actor::system(),
    };
    let at = super::begins();
    clock.advance_to(at);
    let system = Actor::system();
    let file = setup::load(super::CLINIC)?;
    setup::import(engine, &system, file)
        .await
        .map_err(|error| StoryError::Refused {
            what: "loading the clinic",
            at,
            error,
        })?;
    stage.make_keys().await?;
    training::enter(&stage).await?;
    let clients = people::arrive(&stage).await?;
    let scene = scene::book(&stage, &clients).await?;
    filler::book(&stage, &clients.regulars).await?;
    waitlist::early(&stage, &clients).await?;
    filler::play_past_days(&stage, &clients, &scene).await?;
    scene::play(&stage, &clients, &scene).await?;
    waitlist::late(&stage, &clients).await?;
    clock.advance_to(super::now());
    engine.tick().await;
    Ok(stage.keys)
}

/// Where the story is played, and by whom.
struct Stage<'e> {
    engine: &'e Engine,
    clock: &'e Injected,
    keys: Vec<DemoKey>,
    owner: Actor,
    /// The front desk of Halifax.
    halifax: Actor,
    /// The front desk of Dartmouth.
    dartmouth: Actor,
    /// A therapist, who reviews screenings.
    reviewer: Actor,
}

impl Stage<'_> {
    /// Has a command done at a time, on behalf of somebody.
    async fn act(
        &self,
        at: Timestamp,
        actor: &Actor,
        what: &'static str,
        command: Command,
    ) -> Result<Committed, StoryError> {
        self.clock.advance_to(at);
        let answer = self
            .engine
            .submit(actor.clone(), command, Write::default())
            .await;
        answer.map_err(|error| StoryError::Refused { what, at, error })
    }

    /// The desk of a site.
    fn desk(&self, site: SiteId) -> &Actor {
        if site == site_id("dartmouth") {
            &self.dartmouth
        } else {
            &self.halifax
        }
    }

    async fn make_keys(&mut self) -> Result<(), StoryError> {
        self.owner = self
            .key("Nora Baker", Role::Owner, Sites::All, None)
            .await?;
        self.key("Tom Everett", Role::Manager, Sites::All, None)
            .await?;
        let only = |site| Sites::Only([site_id(site)].into());
        self.halifax = self
            .key("Desk Halifax", Role::FrontDesk, only("halifax"), None)
            .await?;
        self.dartmouth = self
            .key("Desk Dartmouth", Role::FrontDesk, only("dartmouth"), None)
            .await?;
        self.key("Front desk", Role::FrontDesk, Sites::All, None)
            .await?;
        let haddad = therapist_id("haddad");
        self.reviewer = self
            .key("Rana Haddad", Role::Therapist, Sites::All, Some(haddad))
            .await?;
        self.key("Booking website", Role::Integration, Sites::All, None)
            .await?;
        self.key("Lounge display", Role::Wallboard, Sites::All, None)
            .await?;
        Ok(())
    }

    async fn key(
        &mut self,
        name: &str,
        role: Role,
        sites: Sites,
        therapist: Option<TherapistId>,
    ) -> Result<Actor, StoryError> {
        let secret = Secret::generate().map_err(|_| StoryError::NoRandomness)?;
        let command = Command::CreateKey(CreateKey {
            hash: secret.hash(),
            name: name.to_owned(),
            role,
            sites: sites.clone(),
            therapist,
            expires: None,
        });
        let system = Actor::system();
        let done = self
            .act(super::begins(), &system, "making a key", command)
            .await?;
        let id = made(&done, |record| match record {
            RecordId::Key(id) => Some(id),
            _ => None,
        });
        let key: KeyId = id.ok_or(StoryError::Missing("a key"))?;
        self.keys.push(DemoKey {
            name: name.to_owned(),
            role,
            secret,
        });
        Ok(Actor {
            key,
            name: name.into(),
            role,
            sites,
            therapist,
        })
    }
}

/// The first record of a kind that a command was about.
fn made<T>(done: &Committed, pick: impl Fn(RecordId) -> Option<T>) -> Option<T> {
    done.reply.records.iter().find_map(|&record| pick(record))
}

/// What a session's therapist did for their own hygiene.
fn own(appointment: AppointmentId, items: Vec<OwnItem>) -> Command {
    Command::RecordOwnItems(RecordOwnItems { appointment, items })
}

fn site_id(text: &str) -> SiteId {
    SiteId::parse(text).expect("the story's ids are slugs")
}

fn therapist_id(text: &str) -> TherapistId {
    TherapistId::parse(text).expect("the story's ids are slugs")
}
